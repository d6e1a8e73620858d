package constraint

import "fettle/dispatch"

// timeWithBreaks is time for a route with breaks: the earliest departure from each stop for each number of breaks taken.
func (w *Walker) timeWithBreaks(r *Route, stops []int32) bool {
	end, ok := w.forwardBreaks(r, stops, r.Start)
	if !ok {
		return false
	}
	w.Sum.Departure, w.Sum.End = r.Start, end
	if !r.leavesLate() && !w.m.lateness {
		return true
	}
	w.Sum.Departure = min(w.backwardBreaks(r, stops, end), r.LatestStart)
	w.lateOnChosen(r, stops)
	return true
}

// lateOnChosen renews the lateness for the departure that was chosen; late must be filled.
func (w *Walker) lateOnChosen(r *Route, stops []int32) {
	if !w.m.lateness {
		return
	}
	w.Sum.Late, w.Sum.MostLate = 0, 0
	w.chosen(r, stops, w.Sum.Departure, func(_ int, v, _, start int32) {
		if v >= 0 && v < w.m.Visits {
			w.Sum.Late += w.m.late(v, start)
			w.Sum.MostLate = max(w.Sum.MostLate, start-w.m.due[v])
		}
	})
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
			if start := windows.open(w.notBefore(v, to[b])); start <= windows.last {
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

// backwardBreaks fills late: late[i*(B+1)+b] is the latest arrival at stop i (the end for i = len(stops)) with b breaks taken
// before it, such that the route ends at end and keeps the rule of time; -never when there is no way. It returns the latest
// departure. forwardBreaks must have filled early from the departure in Walker.from.
func (w *Walker) backwardBreaks(r *Route, stops []int32, end int32) int32 {
	b1 := len(r.breaks) + 1
	n := len(stops)
	w.late = grow(w.late, (n+2)*b1)
	for b := range b1 {
		w.late[n*b1+b] = -never
	}
	w.late[n*b1+b1-1] = end
	next := r.EndPlace
	for i := n - 1; i >= 0; i-- {
		prev := int32(-1)
		if i > 0 {
			prev = w.m.before(stops[i-1])
		}
		place, windows, enter, work := w.stop(r, stops[i], prev)
		at := w.late[i*b1 : (i+1)*b1]
		for a := range at {
			leave, earliest := w.leaveBy(r, i+1, a, r.travel.leg(place, next)), w.early[(i+1)*b1+a]
			if at[a] = -never; leave == -never || earliest == never || leave < earliest {
				continue // who arrives in time may still have to wait, for a link, until it is too late
			}
			by := min(leave-enter-work, w.startBy(r, stops[i], earliest-enter-work))
			if by = windows.latest(by); by >= windows.first {
				at[a] = by
			}
		}
		next = place
	}
	return w.leaveBy(r, 0, 0, r.travel.leg(r.StartPlace, next))
}

// depart is the departure that is kept of a feasible route; early and late are filled then.
func (w *Walker) depart(r *Route, stops []int32) int32 {
	end, _ := w.forwardBreaks(r, stops, w.from)
	last := w.backwardBreaks(r, stops, end)
	if r.leavesLate() {
		return w.Sum.Departure
	}
	return min(last, r.LatestStart)
}

// leaveBy is the latest departure on a leg of d ticks to stop i when a breaks were taken before the leg.
func (w *Walker) leaveBy(r *Route, i, a int, d int32) int32 {
	b1 := len(r.breaks) + 1
	latest := int32(-never)
	for b := a; b < b1; b++ {
		by := w.late[i*b1+b]
		if by == -never {
			continue
		}
		if t, ok := driveLatest(by, d, r.breaks[a:b]); ok && t > latest {
			latest = t
		}
	}
	return latest
}

// chosen runs a route from a departure so as to meet the end that late was filled for, each break on the earliest leg that
// allows it. f is called for each stop with its index, its code (-1 for the end, -2-k for break k), arrival and start.
func (w *Walker) chosen(r *Route, stops []int32, departure int32, f func(i int, v, arrival, start int32)) {
	b1 := len(r.breaks) + 1
	now, at, prev, taken := departure, r.StartPlace, int32(-1), 0
	for i := 0; i <= len(stops); i++ {
		place := r.EndPlace
		var windows *windowSet
		var enter, work int32
		v := int32(-1)
		if i < len(stops) {
			v = stops[i]
			place, windows, enter, work = w.stop(r, v, prev)
		}
		d := r.travel.leg(at, place)
		upTo := taken
		for b := b1 - 1; b > taken; b-- {
			if t, ok := drive(now, d, r.breaks[taken:b]); ok && t <= w.late[i*b1+b] {
				upTo = b
				break
			}
		}
		for ; taken < upTo; taken++ {
			start := r.breaks[taken].windows.open(now)
			driven := min(d, start-now)
			f(i, int32(-2-taken), now+driven, start)
			d -= driven
			now = start + r.breaks[taken].duration
		}
		arrival := now + d
		if v < 0 {
			f(i, -1, arrival, arrival)
			return
		}
		start := windows.open(w.notBefore(v, arrival))
		f(i, v, arrival, start)
		now = start + enter + work
		at, prev = place, w.m.before(v)
	}
}

// notBefore is t, or the later instant that links want of a stop.
func (w *Walker) notBefore(v, t int32) int32 {
	if w.floor == nil || v >= w.m.Visits {
		return t
	}
	return max(t, w.floor[v])
}

// Starts writes when work starts at each visit of a feasible route, by visit. The last walk must have been of this route, in
// a problem with lateness or links.
func (w *Walker) Starts(r *Route, stops, start []int32) {
	if len(r.breaks) == 0 {
		for i, v := range stops {
			if v < w.m.Visits {
				start[v] = w.early[i]
			}
		}
		return
	}
	w.chosen(r, stops, w.depart(r, stops), func(_ int, v, _, at int32) {
		if v >= 0 && v < w.m.Visits {
			start[v] = at
		}
	})
}

func grow(s []int32, n int) []int32 {
	if cap(s) < n {
		return make([]int32, n+n/2)
	}
	return s[:n]
}
