package check

// depots limits how often a route stops at each depot: MaxStops, where 0 means once. Their windows are kept by schedule.
func (t *tour) depots() {
	count := make(map[int32]int32)
	for k := range t.stops {
		if t.visit(k) != nil {
			continue
		}
		d := t.stops[k].Depot
		limit := max(t.who.Depots[d].MaxStops, 1)
		if count[d]++; count[d] == limit+1 {
			t.fault(RuleDepot, k, 1, "Technician %s stops at depot %d more than %d times.", t.who.ID, d, limit)
		}
	}
}
