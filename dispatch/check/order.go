package check

import "fettle/dispatch"

// orders demands that the starts of linked visits lie in the gap of their link, and that a visit which depends on another
// is not served without it.
func (j *judge) orders(tours []*tour) {
	at := j.spots(tours)
	for i := range j.p.Links {
		l := &j.p.Links[i]
		first, ok1 := at[l.First]
		second, ok2 := at[l.Second]
		if !ok2 || !ok1 {
			if ok2 && !l.Both {
				tours[second.tour].fault(l.Reason(), second.stop, 0, "Visit %s is served without visit %s, which must come before it.",
					j.p.Visits[l.Second].ID, j.p.Visits[l.First].ID)
			}
			continue
		}
		j.gap(l, tours[first.tour], tours[second.tour])
	}
}

// gap judges the gap of a link between the recomputed starts of its visits.
func (j *judge) gap(l *dispatch.Link, first, second *tour) {
	k := second.indexOf(l.Second)
	gap := second.startOf(l.Second) - first.startOf(l.First)
	name1, name2 := j.p.Visits[l.First].ID, j.p.Visits[l.Second].ID
	if short := int64(l.MinGap) - gap; short > 0 {
		second.fault(l.Reason(), k, short, "Visit %s starts %s after visit %s, which is %s too soon.", name2, length(j.p, gap), name1, length(j.p, short))
	}
	if over := gap - int64(l.MaxGap); l.Limited() && over > 0 {
		second.fault(l.Reason(), k, over, "Visit %s starts %s after visit %s, which is %s too late.", name2, length(j.p, gap), name1, length(j.p, over))
	}
}

// indexOf is the kept stop of a visit.
func (t *tour) indexOf(v int32) int {
	for k := range t.stops {
		if t.visit(k) != nil && t.stops[k].Visit == v {
			return k
		}
	}
	return -1
}

// startOf is when work at a visit starts.
func (t *tour) startOf(v int32) int64 {
	for i := range t.result.Stops {
		if s := &t.result.Stops[i]; s.Kind == dispatch.StopVisit && s.Visit == v {
			return int64(s.Start)
		}
	}
	return never
}

// linkRounds is how many rounds of times there are beyond two for each linked visit and one for each of its windows.
const linkRounds = 8

// meet finds the instants before which linked visits do not start: in rounds, every route runs as early as it can, then each
// link raises the visit that starts too early for it, and the routes of those run again; breaks are taken as the checker
// places them. When the rounds run out, or a route
// cannot be run, what was raised until then stays, and the judgement of the plan finds the fault.
func (j *judge) meet(plan *dispatch.Plan) {
	if len(j.p.Links) == 0 {
		return
	}
	rounds := linkRounds
	j.tied, j.floor = make(map[int32]bool), make(map[int32]int64)
	for i := range j.p.Links {
		for _, v := range []int32{j.p.Links[i].First, j.p.Links[i].Second} {
			if !j.tied[v] {
				j.tied[v] = true
				rounds += 2 + len(j.p.Visits[v].Windows)
			}
		}
	}
	quiet := &judge{p: j.p, tied: j.tied, floor: j.floor, free: true}
	tours, source := quiet.linkedTours(plan)
	at := quiet.spots(tours)
	for range rounds {
		again := quiet.raise(tours, at)
		if len(again) == 0 {
			return
		}
		for i := range again {
			r := &plan.Routes[source[i]]
			tours[i] = quiet.tour(int32(source[i]), r.Technician, r.Shift, r.Stops)
		}
	}
}

// linkedTours are the routes of a plan that exist and have a linked visit, and the index of each in the plan.
func (j *judge) linkedTours(plan *dispatch.Plan) (tours []*tour, source []int) {
	for i := range plan.Routes {
		r := &plan.Routes[i]
		if t := j.tour(int32(i), r.Technician, r.Shift, r.Stops); t != nil && t.held() {
			tours, source = append(tours, t), append(source, i)
		}
	}
	return tours, source
}

// raise applies every link to the starts of this round; it returns the tours that have to run again.
func (j *judge) raise(tours []*tour, at map[int32]spot) map[int]bool {
	again := make(map[int]bool)
	lift := func(v int32, start, by int64) {
		if start >= by {
			return
		}
		if old, ok := j.floor[v]; !ok || by > old {
			j.floor[v] = by
		}
		again[at[v].tour] = true
	}
	for i := range j.p.Links {
		l := &j.p.Links[i]
		first, ok1 := at[l.First]
		second, ok2 := at[l.Second]
		if !ok1 || !ok2 {
			continue
		}
		a, b := tours[first.tour].startOf(l.First), tours[second.tour].startOf(l.Second)
		lift(l.Second, b, a+int64(l.MinGap))
		if l.Limited() {
			lift(l.First, a, b-int64(l.MaxGap))
		}
	}
	return again
}

// held reports whether the route has a linked visit: then everything on it happens as early as it can.
func (t *tour) held() bool {
	for k := range t.stops {
		if t.visit(k) != nil && t.tied[t.stops[k].Visit] {
			return true
		}
	}
	return false
}

// floorOf is the instant before which links do not let the k-th kept stop start.
func (t *tour) floorOf(k int) int64 {
	if t.visit(k) == nil {
		return never
	}
	if by, ok := t.floor[t.stops[k].Visit]; ok {
		return by
	}
	return never
}
