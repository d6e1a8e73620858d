package constraint

import (
	"math"
	"slices"

	"fettle/dispatch"
)

// leavesLate reports whether the technician leaves as late as the end of the route allows: time on duty is paid or limited.
func (r *Route) leavesLate() bool { return r.Rates.Duty != 0 || r.MaxDuty != math.MaxInt32 }

// dutyLimited reports whether some route has a longest duty.
func (m *Model) dutyLimited() bool {
	return slices.ContainsFunc(m.Routes, func(r Route) bool { return r.MaxDuty != math.MaxInt32 })
}

// dutyKept holds a route that keeps its times otherwise to the technician's longest duty, and moves its departure and end
// where that helps: the departure later than promises would have it, but no later than needed; where even the latest
// departure is too early for the earliest end (a visit or break with several windows), the end to the next one that a
// later departure gives. O(stops * (breaks+1)^2) for each of those ends, of which there are no more than windows.
func (w *Walker) dutyKept(r *Route, stops []int32) bool {
	s := &w.Sum
	least := s.End - s.Departure
	if r.MaxDuty == math.MaxInt32 || least <= r.MaxDuty {
		return true
	}
	if w.held {
		return w.fail(dispatch.ReasonMaxDuty, -1, int64(least)-int64(r.MaxDuty))
	}
	busy := w.busy(r, stops)
	for end, kind := s.End, s.Departure; ; {
		w.anyhow = true
		last := min(w.latest(r, stops, end), r.LatestStart)
		w.anyhow = false
		if least = min(least, end-last); least <= r.MaxDuty {
			w.free = kind < end-r.MaxDuty
			s.Departure, s.End = max(kind, end-r.MaxDuty), end
			w.renewLateness(r, stops)
			return true
		}
		if last == r.LatestStart || int64(end)-int64(last) == busy {
			break // no later departure, or nothing to save by one
		}
		var ok bool
		if end, ok = w.earliest(r, stops, last+1); !ok {
			break
		}
		w.from = last + 1
		kind = min(w.latest(r, stops, end), r.LatestStart)
	}
	return w.fail(dispatch.ReasonMaxDuty, -1, int64(least)-int64(r.MaxDuty))
}

// busy is what a route lasts without any waiting.
func (w *Walker) busy(r *Route, stops []int32) int64 {
	_, ticks := r.Breaks()
	ticks += w.Sum.Travel + w.Sum.OnSite
	for _, v := range stops {
		if v >= w.m.Visits {
			ticks += int64(r.Depots[v-w.m.Visits].Duration)
		}
	}
	return ticks
}

// earliest runs a route from a departure and returns its earliest end.
func (w *Walker) earliest(r *Route, stops []int32, departure int32) (end int32, ok bool) {
	if len(r.breaks) > 0 {
		return w.forwardBreaks(r, stops, departure)
	}
	return w.forward(r, stops, departure)
}

// latest is the latest departure for an end that earliest gave.
func (w *Walker) latest(r *Route, stops []int32, end int32) int32 {
	if len(r.breaks) > 0 {
		return w.backwardBreaks(r, stops, end)
	}
	return w.backward(r, stops, end)
}

// renewLateness sums lateness anew for a departure that dutyKept chose.
func (w *Walker) renewLateness(r *Route, stops []int32) {
	if !w.m.lateness {
		return
	}
	if len(r.breaks) > 0 {
		w.depart(r, stops)
		w.lateOnChosen(r, stops)
		return
	}
	w.Sum.Late, w.Sum.MostLate = 0, 0
	w.forward(r, stops, w.Sum.Departure)
}
