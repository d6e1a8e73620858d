package check

import "fettle/dispatch"

// visitWindows are the instants at which work at the k-th kept stop may start: the visit's windows or, when its start is
// pinned, that instant alone, which must lie in a window all the same. A promise may cut them.
func (t *tour) visitWindows(k int, v *dispatch.Visit) []dispatch.TimeWindow {
	if v.Pin == nil || v.Pin.Start == dispatch.NoTick {
		return awaited(&t.p.Policy, v, v.Windows)
	}
	at := v.Pin.Start
	inside := len(v.Windows) == 0
	for _, w := range v.Windows {
		inside = inside || w.Contains(at)
	}
	if !inside {
		t.fault(dispatch.ReasonWindowClosed, k, 0, "Visit %s is pinned to %s, which lies in none of its windows.", v.ID, clock(t.p, at))
	}
	return []dispatch.TimeWindow{{Start: at, End: at + 1}}
}

// closed reports that the technician arrives after the last instant at which the k-th kept stop could start.
func (t *tour) closed(k int, arrival, missed int64) {
	when, late := clock(t.p, tick(arrival)), length(t.p, missed)
	v := t.visit(k)
	switch {
	case v == nil:
		t.fault(RuleDepot, k, missed, "Technician %s reaches depot %d at %s, %s too late for its last window.", t.who.ID, t.stops[k].Depot, when, late)
	case v.Pin != nil && v.Pin.Start != dispatch.NoTick:
		t.fault(dispatch.ReasonPinned, k, missed, "Technician %s reaches visit %s at %s, but its start is pinned to %s: %s too late.",
			t.who.ID, v.ID, when, clock(t.p, v.Pin.Start), late)
	default:
		t.fault(dispatch.ReasonWindowClosed, k, missed, "Technician %s reaches visit %s at %s, %s too late for its last window.", t.who.ID, v.ID, when, late)
	}
}
