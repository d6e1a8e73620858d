package route

// Where gauges decide everything (constraint.Model.Exact), the search does not walk routes at all: spans give time on duty
// and feasible times, and what is on board before the first depot stop decides stock and tools. Assert mode compares every
// cost with a walk.

// book sets the cost of a route from its legs and span; its rules must be known to hold. O(length of the route).
func (s *search) book(r int32) {
	rs, route := s.touchRoute(r), &s.m.Routes[r]
	var cost, work int64
	if rs.size > 0 {
		var legs int64
		for x := s.nodes[s.start(r)].next; ; x = s.nodes[x].next {
			legs += int64(s.nodes[x].leg)
			if s.nodes[x].next < 0 {
				break
			}
			if x < s.n {
				work += int64(s.onSite(r, x))
				cost += s.extra(r, x)
			}
		}
		rates := &route.Rates
		cost += rates.Fixed + rates.Travel*legs + rates.Duty*s.heads[s.end(r)].length + rates.OnSite*work
	}
	s.current += cost - rs.cost
	rs.cost, rs.workload = cost, work
}

// settle renews the cost of a route that this iteration changed; false when it is infeasible.
func (s *search) settle(r int32) bool {
	if !s.exact {
		return s.reprice(r)
	}
	s.book(r)
	return true
}

// wants finds the first visit on a route that could not have what it needs if one of the route's depot stops were left
// out; -1 when all could. O(length of the route).
func (s *search) wants(r, without int32) int32 {
	s.onBoard = append(s.onBoard[:0], s.hold[int(r)*s.dims:(int(r)+1)*s.dims]...)
	route := &s.m.Routes[r]
	for x := s.nodes[s.start(r)].next; x != s.end(r); x = s.nodes[x].next {
		if x >= s.n {
			if x != without {
				return -1
			}
			continue
		}
		if !s.m.Tooled(route, x) {
			return x
		}
		for d := range s.onBoard {
			if s.onBoard[d] -= s.demand[int(x)*s.dims+d]; s.onBoard[d] < 0 {
				return x
			}
		}
	}
	return -1
}

// trimDepots takes out the depot stops of a route that none of its visits needs.
func (s *search) trimDepots(r int32) {
	for _, depot := range s.depots[r] {
		if s.nodes[depot].route >= 0 && s.wants(r, depot) < 0 {
			s.unlink(depot, depot)
		}
	}
}

// shiftDepots moves each depot stop of a route to where it is cheapest by gauge, which is no later than before the first
// visit that needs it.
func (s *search) shiftDepots(r int32) {
	for _, depot := range s.depots[r] {
		if s.nodes[depot].route < 0 {
			continue
		}
		want, was := s.wants(r, depot), s.nodes[depot].prev
		s.unlink(depot, depot)
		to, least := was, int64(0)
		if gauge, ok := s.gaugeStand(r, was, depot); ok {
			least = gauge
		}
		for at := s.start(r); at != s.end(r) && want >= 0; at = s.nodes[at].next {
			if gauge, ok := s.gaugeStand(r, at, depot); ok && gauge < least {
				to, least = at, gauge
			}
			if s.nodes[at].next == want {
				break
			}
		}
		s.link(to, depot)
		s.book(r)
	}
}
