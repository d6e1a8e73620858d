package check

import "fettle/dispatch"

// withinDuty finds the departure of a route whose technician has a longest duty. end is the earliest end and leave the
// departure that the promises allow for it, limit the latest departure of the shift. When that is too long a duty, the end
// that counts is the earliest for which some departure keeps the duty, promises or not: where no departure is late enough
// for an end, the next departure gives the next end, and so on. The route is then timed as if the shift began at the first
// departure that keeps the duty: what starts then is the earliest that promises can ask for, and as for any shift the
// technician leaves as late as makes no visit later than that. The tables of s are those of that departure and end.
// When nothing helps, or a linked visit keeps every start at the earliest, that is a fault, by what the shortest duty is too
// long, and the schedule is the one without a longest duty.
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
	for at := end; ; {
		last := s.latestAnyhow(at, limit)
		if at-last <= most {
			s.earliest(at - most)
			return min(s.latest(at), limit)
		}
		shortest = min(shortest, at-last)
		next := s.earliest(last + 1)
		// Where nothing on the way waits no duty is shorter.
		if last >= limit || next.missed > 0 || at-last == busy || next.at > latestEnd {
			break
		}
		at = next.at
	}
	t.tooLong(shortest)
	s.earliest(int64(t.duty.Start))
	s.latest(end)
	return leave
}

// latestAnyhow is the latest departure for an end, promises or not, and no later than limit.
func (s *search) latestAnyhow(end, limit int64) int64 {
	s.anyhow = true
	last := min(s.latest(end), limit)
	s.anyhow = false
	return last
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
