package check

import "fettle/dispatch"

// withinDuty finds the departure of a route whose technician has a longest duty. end is the earliest end and leave the
// departure that the promises allow for it, limit the latest departure of the shift. When that is too long a duty, the
// technician leaves as much later as the duty needs, promises or not; and when no departure is late enough for that end,
// the next departure gives the next end, and so on. The tables of s are then those of the end that counts. When nothing
// helps, or a linked visit keeps every start at the earliest, that is a fault, by what the shortest duty is too long, and the schedule is the one without a longest duty.
func (t *tour) withinDuty(s *search, end, leave, limit int64) int64 {
	most := int64(t.who.MaxDuty)
	if most == 0 || end-leave <= most {
		return leave
	}
	latestEnd := int64(t.duty.End) + int64(t.duty.Overtime)
	shortest, busy := end-leave, s.busy()
	if t.held() {
		t.tooLong(shortest)
		return leave
	}
	for at, kind := end, leave; ; {
		s.anyhow = true
		last := min(s.latest(at), limit)
		if at-last <= most {
			if kind >= at-most {
				s.anyhow = false
				s.latest(at)
			}
			return max(kind, at-most)
		}
		s.anyhow = false
		shortest = min(shortest, at-last)
		next := s.earliest(last + 1)
		// Where nothing on the way waits no duty is shorter.
		if last >= limit || next.missed > 0 || at-last == busy || next.at > latestEnd {
			break
		}
		at = next.at
		kind = min(s.latest(at), limit)
	}
	t.tooLong(shortest)
	s.earliest(int64(t.duty.Start))
	s.latest(end)
	return leave
}

// tooLong reports a duty that is longer than the longest.
func (t *tour) tooLong(duty int64) {
	t.fault(dispatch.ReasonMaxDuty, -1, duty-int64(t.who.MaxDuty), "Technician %s is on duty %s, at most %s is allowed.",
		t.who.ID, length(t.p, duty), length(t.p, int64(t.who.MaxDuty)))
}

// busy is what the route lasts when it never waits.
func (s *search) busy() int64 {
	var sum int64
	for i := range s.nodes {
		sum += s.nodes[i].travel + s.nodes[i].entry + s.nodes[i].work
	}
	for i := range s.breaks {
		sum += int64(s.breaks[i].Duration)
	}
	return sum
}
