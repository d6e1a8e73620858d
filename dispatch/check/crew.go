package check

// crews demands what links want of who serves what: both visits or neither where the link says Both, two technicians where
// it says Apart.
func (j *judge) crews(tours []*tour) {
	at := j.spots(tours)
	for i := range j.p.Links {
		l := &j.p.Links[i]
		first, ok1 := at[l.First]
		second, ok2 := at[l.Second]
		name1, name2 := j.p.Visits[l.First].ID, j.p.Visits[l.Second].ID
		switch {
		case l.Both && ok1 && !ok2:
			tours[first.tour].fault(l.Reason(), first.stop, 0, "Visit %s is served without visit %s: both are served or neither.", name1, name2)
		case l.Both && ok2 && !ok1:
			tours[second.tour].fault(l.Reason(), second.stop, 0, "Visit %s is served without visit %s: both are served or neither.", name2, name1)
		case l.Apart && ok1 && ok2 && tours[first.tour].technician == tours[second.tour].technician:
			tours[second.tour].fault(l.Reason(), second.stop, 0, "Visits %s and %s need two different technicians; %s does both.",
				name1, name2, tours[first.tour].who.ID)
		}
	}
}

// spots is where each visit of the plan is served first.
func (j *judge) spots(tours []*tour) map[int32]spot {
	at := make(map[int32]spot)
	for i, t := range tours {
		for k := range t.stops {
			if _, twice := at[t.stops[k].Visit]; t.visit(k) != nil && !twice {
				at[t.stops[k].Visit] = spot{i, k}
			}
		}
	}
	return at
}
