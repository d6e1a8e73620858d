package check

import "fettle/dispatch"

// breaksInOrder reports whether the break stops of the plan are those of the shift, each once and in order; else that is a
// fault, and the checker places the breaks itself to judge the rest.
func (t *tour) breaksInOrder(order []int) bool {
	if t.countVisits() == 0 {
		return true // the route as a whole is a fault already
	}
	good := len(order) == len(t.duty.Breaks)
	for i, b := range order {
		good = good && b == i
	}
	if !good {
		t.fault(dispatch.ReasonBreak, -1, 0, "Technician %s must take the %d breaks of the shift once each and in order; the plan takes %v.",
			t.who.ID, len(t.duty.Breaks), order)
	}
	return good
}

// record leaves at an instant, takes counts[k] breaks on leg k, and writes stops and times into the result.
func (t *tour) record(s *search, leave int64, counts []int) {
	t.result.Departure = tick(leave)
	now, taken := leave, 0
	for k := range s.nodes {
		n := &s.nodes[k]
		rest, far := n.travel, n.distance
		for range counts[k] {
			now, rest, far = t.recordBreak(s, taken, now, rest, far)
			taken++
		}
		now += rest
		if k == len(t.stops) {
			t.result.End, t.result.EndTravel, t.result.EndDistance = tick(now), tick(rest), far
			return
		}
		stop := t.stops[k]
		stop.Travel, stop.Distance, stop.Arrival = tick(rest), far, tick(now)
		begin, missed := opening(n.windows, max(now, n.floor))
		if missed > 0 {
			t.closed(k, max(now, n.floor), missed)
		}
		now = begin + n.entry + n.work
		stop.Start, stop.Entry, stop.End = tick(begin), tick(n.entry), tick(now)
		stop.Late = lateness(t.visit(k), begin)
		t.result.Stops = append(t.result.Stops, stop)
	}
}

// recordBreak takes the next break on the way. It returns when the break is over, and what is left of the leg.
func (t *tour) recordBreak(s *search, index int, now, rest, far int64) (after, travel, distance int64) {
	b := &s.breaks[index]
	begin, missed := opening(b.Windows, now)
	if missed > 0 {
		stop := int32(-1)
		if t.breakStops != nil {
			stop = t.breakStops[index]
		}
		t.stopFault(dispatch.ReasonBreak, stop, missed, "Technician %s cannot begin break %s before %s: %s too late.",
			t.who.ID, breakName(b, index), clock(t.p, tick(now)), length(t.p, missed))
	}
	driven := min(rest, begin-now)
	share := int64(0)
	if rest > 0 {
		share = far * driven / rest
	}
	end := begin + int64(b.Duration)
	t.result.Stops = append(t.result.Stops, dispatch.Stop{
		Kind: dispatch.StopBreak, Visit: -1, Break: int32(index), Depot: -1, Travel: tick(driven), Distance: share,
		Arrival: tick(now + driven), Start: tick(begin), End: tick(end),
	})
	return end, rest - driven, far - share
}

// lateness is how far after the due instant the work starts.
func lateness(v *dispatch.Visit, start int64) dispatch.Tick {
	if v == nil || v.Due == dispatch.NoTick {
		return 0
	}
	return tick(max(0, start-int64(v.Due)))
}

func breakName(b *dispatch.Break, index int) string {
	if b.ID != "" {
		return b.ID
	}
	return sentence("%d", index)
}
