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
// where that helps. The end that counts is the earliest for which some departure keeps the duty, promises or not: where even
// the latest departure is too early for an end (a visit or break with several windows), the next end that a later departure
// gives. From the first departure that keeps the duty the rule of time holds as if the shift began there, so that breaks and
// departure make no visit later than that one does, or its promise asks for. O(stops * (breaks+1)^2) for each of those
// ends, of which there are no more than windows.
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
	for end := s.End; ; {
		w.anyhow = true
		last := min(w.latest(r, stops, end), r.LatestStart)
		w.anyhow = false
		if least = min(least, end-last); least <= r.MaxDuty {
			w.leaveFrom(r, stops, end-r.MaxDuty, end)
			return true
		}
		if last == r.LatestStart || int64(end)-int64(last) == busy {
			break // no later departure, or nothing to save by one
		}
		var ok bool
		if end, ok = w.earliest(r, stops, last+1); !ok {
			break
		}
	}
	return w.fail(dispatch.ReasonMaxDuty, -1, int64(least)-int64(r.MaxDuty))
}

// leaveFrom times a route anew for a shift that begins at from, a departure that keeps the end, and sums its lateness.
func (w *Walker) leaveFrom(r *Route, stops []int32, from, end int32) {
	w.from = from
	w.earliest(r, stops, from)
	w.Sum.Departure, w.Sum.End = min(w.latest(r, stops, end), r.LatestStart), end
	switch {
	case len(r.breaks) > 0:
		w.lateOnChosen(r, stops)
	case w.m.lateness:
		w.Sum.Late, w.Sum.MostLate = 0, 0
		w.forward(r, stops, w.Sum.Departure)
	}
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
