package constraint

import "fettle/dispatch"

// timeWithBreaks is time for a route with breaks: the earliest departure from each stop for each number of breaks taken.
func (w *Walker) timeWithBreaks(r *Route, stops []int32) bool {
	end, ok := w.forwardBreaks(r, stops, r.Start)
	if !ok {
		return false
	}
	w.Sum.Departure, w.Sum.End = r.Start, end
	if r.Rates.Duty == 0 && !w.m.lateness {
		return true
	}
	w.Sum.Departure = min(w.backwardBreaks(r, stops, end), r.LatestStart)
	if w.m.lateness {
		w.forwardBreaks(r, stops, w.Sum.Departure)
		w.Sum.Late = 0
		w.chosen(r, stops, func(_ int, v, _, start int32) {
			if v >= 0 && v < w.m.Visits {
				w.Sum.Late += w.m.late(v, start)
			}
		})
	}
	return true
}

// forwardBreaks fills early: early[i*(B+1)+b] is the earliest departure from stop i-1 (the start for i = 0) with b breaks
// taken, never when there is no way.
func (w *Walker) forwardBreaks(r *Route, stops []int32, departure int32) (end int32, ok bool) {
	b1 := len(r.breaks) + 1
	w.early = grow(w.early, (len(stops)+2)*b1)
	w.early[0] = departure
	for b := 1; b < b1; b++ {
		w.early[b] = never
	}
	at, prev := r.StartPlace, int32(-1)
	for i, v := range stops {
		place, windows, enter, work := w.stop(r, v, prev)
		from, to := w.early[i*b1:(i+1)*b1], w.early[(i+1)*b1:(i+2)*b1]
		w.legs(r, from, to, r.travel.leg(at, place))
		reached := false
		best := int32(never)
		for b := range to {
			if to[b] == never {
				continue
			}
			best = min(best, to[b])
			if start := windows.open(to[b]); start <= windows.last {
				to[b], reached = start+enter+work, true
			} else {
				to[b] = never
			}
		}
		if !reached {
			if best == never {
				return 0, w.fail(dispatch.ReasonBreak, i, 0)
			}
			return 0, w.fail(dispatch.ReasonWindowClosed, i, int64(best-windows.last))
		}
		at, prev = place, w.m.before(v)
	}
	n := len(stops)
	from, to := w.early[n*b1:(n+1)*b1], w.early[(n+1)*b1:(n+2)*b1]
	w.legs(r, from, to, r.travel.leg(at, r.EndPlace))
	end = to[b1-1]
	if end == never {
		return 0, w.fail(dispatch.ReasonBreak, n, 0)
	}
	if end > r.LatestEnd {
		return 0, w.fail(dispatch.ReasonOutOfShift, n, int64(end-r.LatestEnd))
	}
	return end, true
}

// legs sets to[b] to the earliest arrival after a leg of d ticks with b breaks taken in all.
func (w *Walker) legs(r *Route, from, to []int32, d int32) {
	for b := range to {
		to[b] = never
		for a := 0; a <= b; a++ {
			if from[a] == never {
				continue
			}
			if t, ok := drive(from[a], d, r.breaks[a:b]); ok && t < to[b] {
				to[b] = t
			}
		}
	}
}

// backwardBreaks is the latest departure of a feasible route that ends at end. late[b] is the latest arrival at the stop
// in hand with b breaks taken before it, -never when there is no way.
func (w *Walker) backwardBreaks(r *Route, stops []int32, end int32) int32 {
	b1 := len(r.breaks) + 1
	w.late = grow(w.late, 2*b1)
	now, before := w.late[:b1], w.late[b1:2*b1]
	for b := range now {
		now[b] = -never
	}
	now[b1-1] = end
	next := r.EndPlace
	for i := len(stops) - 1; i >= -1; i-- {
		place := r.StartPlace
		var windows *windowSet
		var enter, work int32
		if i >= 0 {
			prev := int32(-1)
			if i > 0 {
				prev = w.m.before(stops[i-1])
			}
			place, windows, enter, work = w.stop(r, stops[i], prev)
		}
		d := r.travel.leg(place, next)
		for a := range before {
			before[a] = -never
			for b := a; b < b1; b++ {
				if now[b] == -never {
					continue
				}
				if t, ok := driveLatest(now[b], d, r.breaks[a:b]); ok && t > before[a] {
					before[a] = t
				}
			}
			if i >= 0 && before[a] != -never {
				if before[a] = windows.latest(before[a] - enter - work); before[a] < windows.first {
					before[a] = -never
				}
			}
		}
		now, before = before, now
		next = place
	}
	return now[0]
}

// chosen replays the way that reaches the earliest end in early, from the end backwards to learn which leg takes which
// break (as early in the route as possible), then forwards: f is called for each stop with its index, its code (-1 for the
// end, -2-k for break k), arrival and start.
func (w *Walker) chosen(r *Route, stops []int32, f func(i int, v, arrival, start int32)) {
	b1 := len(r.breaks) + 1
	n := len(stops)
	taken := make([]int, n+2) // breaks taken when leaving stop i-1; taken[n+1] at the end
	taken[n+1] = b1 - 1
	for i := n; i >= 0; i-- {
		taken[i] = w.cameWith(r, stops, i, taken[i+1])
	}
	now, at, prev := w.early[0], r.StartPlace, int32(-1)
	for i := 0; i <= n; i++ {
		place := r.EndPlace
		var windows *windowSet
		var enter, work int32
		v := int32(-1)
		if i < n {
			v = stops[i]
			place, windows, enter, work = w.stop(r, v, prev)
		}
		d := r.travel.leg(at, place)
		for b := taken[i]; b < taken[i+1]; b++ {
			start := r.breaks[b].windows.open(now)
			driven := min(d, start-now)
			f(i, int32(-2-b), now+driven, start)
			d -= driven
			now = start + r.breaks[b].duration
		}
		arrival := now + d
		if i == n {
			f(i, -1, arrival, arrival)
			return
		}
		start := windows.open(arrival)
		f(i, v, arrival, start)
		now = start + enter + work
		at, prev = place, w.m.before(v)
	}
}

// cameWith finds with how many breaks stop i-1 was left on the way to stop i that has b of them taken: the most that give
// the same time, so that breaks come early.
func (w *Walker) cameWith(r *Route, stops []int32, i, b int) int {
	b1 := len(r.breaks) + 1
	prev := int32(-1)
	at, place := r.StartPlace, r.EndPlace
	if i > 0 {
		before := int32(-1)
		if i > 1 {
			before = w.m.before(stops[i-2])
		}
		at, _, _, _ = w.stop(r, stops[i-1], before)
		prev = w.m.before(stops[i-1])
	}
	var windows *windowSet
	var enter, work int32
	if i < len(stops) {
		place, windows, enter, work = w.stop(r, stops[i], prev)
	}
	d := r.travel.leg(at, place)
	for a := b; a >= 0; a-- {
		from := w.early[i*b1+a]
		if from == never {
			continue
		}
		t, ok := drive(from, d, r.breaks[a:b])
		if !ok {
			continue
		}
		if windows != nil {
			if t = windows.open(t); t > windows.last {
				continue
			}
			t += enter + work
		}
		if t == w.early[(i+1)*b1+b] {
			return a
		}
	}
	return b
}

func grow(s []int32, n int) []int32 {
	if cap(s) < n {
		return make([]int32, n+n/2)
	}
	return s[:n]
}
