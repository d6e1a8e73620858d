package route

// Exchanges between technicians in an exact problem (exact.go) are tested without walks, and with the depot stops that the
// result needs instead of those that the routes had: technicians differ in what they have on board from the start, so a
// day often suits another only with a stop at a depot, or makes one needless.

// supply is a route made of visits alone, with the best place of the depot stop that it needs, if any.
type supply struct {
	cost  int64
	depot int32 // index among the depots of the route's technician, -1 for none
	at    int32 // number of visits before it
}

// timing is what is known of one position of a list of visits on a route that does not exist yet.
type timing struct {
	head, tail span
	dep, lst   int32 // earliest departure and latest arrival
	in         int32 // leg from the one before
}

// fit prices a list of visits as a route; false when it cannot be one. All visits must be servable. O(length of the list).
func (s *search) fit(r int32, visits []int32) (supply, bool) {
	out := supply{depot: -1}
	if len(visits) == 0 {
		return out, true
	}
	if len(visits) > int(s.maxVisits[r]) {
		return out, false
	}
	want := s.wantsOf(r, visits)
	if want >= 0 && len(s.depots[r]) == 0 {
		return out, false
	}
	legs, ok := s.timeForward(r, visits)
	if !ok {
		return out, false
	}
	rates := &s.m.Routes[r].Rates
	cost := rates.Fixed
	for _, v := range visits {
		cost += rates.OnSite*int64(s.onSite(r, v)) + s.extra(r, v)
	}
	length := s.timings[len(visits)+1].head.length
	if want >= 0 {
		s.timeBackward(r, visits)
		var detour int64
		if out.depot, out.at, detour, length = s.bestSupply(r, visits, want); out.depot < 0 {
			return out, false
		}
		legs += detour
	}
	out.cost = cost + rates.Travel*legs + rates.Duty*length
	return out, length <= int64(s.m.Routes[r].MaxDuty)
}

// wantsOf is the index of the first visit that cannot have what it needs without a depot stop; -1 when all can.
func (s *search) wantsOf(r int32, visits []int32) int32 {
	s.onBoard = append(s.onBoard[:0], s.hold[int(r)*s.dims:(int(r)+1)*s.dims]...)
	for i, v := range visits {
		if !s.m.Tooled(&s.m.Routes[r], v) {
			return int32(i)
		}
		for d := range s.onBoard {
			if s.onBoard[d] -= s.demand[int(v)*s.dims+d]; s.onBoard[d] < 0 {
				return int32(i)
			}
		}
	}
	return -1
}

// nodeAt is the node at a position of a list of visits on a route: 0 is its start, one behind the visits its end.
func (s *search) nodeAt(r int32, visits []int32, i int) int32 {
	switch i {
	case 0:
		return s.start(r)
	case len(visits) + 1:
		return s.end(r)
	}
	return visits[i-1]
}

// timeForward fills in the earliest departures and heads, and returns the sum of legs; false when a window is missed.
func (s *search) timeForward(r int32, visits []int32) (legs int64, ok bool) {
	s.timings = s.timings[:0]
	at := s.start(r)
	s.timings = append(s.timings, timing{head: s.alone(at, r), dep: s.first[at]})
	for i := 1; i <= len(visits)+1; i++ {
		before, x := &s.timings[i-1], s.nodeAt(r, visits, i)
		leg, one := s.travel(r, at, x), s.alone(x, r)
		begin := max(before.dep+leg, s.first[x])
		if begin > s.last[x] {
			return 0, false
		}
		s.timings = append(s.timings, timing{head: before.head.then(int64(leg), one), dep: begin + int32(one.length), in: leg})
		legs, at = legs+int64(leg), x
	}
	return legs, true
}

// timeBackward fills in the latest arrivals and tails.
func (s *search) timeBackward(r int32, visits []int32) {
	last := len(visits) + 1
	end := s.end(r)
	s.timings[last].tail, s.timings[last].lst = s.alone(end, r), s.last[end]
	for i := last - 1; i > 0; i-- {
		here, next, one := &s.timings[i], &s.timings[i+1], s.alone(s.nodeAt(r, visits, i), r)
		here.tail = one.then(int64(next.in), next.tail)
		here.lst = min(int32(one.last), next.lst-next.in-int32(one.length))
	}
}

// bestSupply finds the cheapest depot stop no later than before the visit that wants it: -1 when there is none.
func (s *search) bestSupply(r int32, visits []int32, want int32) (depot, at int32, detour, length int64) {
	rates, least, tried := &s.m.Routes[r].Rates, int64(0), int32(-1)
	depot = -1
	for _, node := range s.depots[r] {
		if s.depotOf[node-s.n] == tried {
			continue
		}
		tried = s.depotOf[node-s.n]
		one := s.alone(node, r)
		for i := int32(0); i <= want; i++ {
			before, next := &s.timings[i], &s.timings[i+1]
			a, b := s.nodeAt(r, visits, int(i)), s.nodeAt(r, visits, int(i)+1)
			in, out := s.travel(r, a, node), s.travel(r, node, b)
			begin := max(before.dep+in, s.first[node])
			if begin > s.last[node] || begin+int32(one.length)+out > next.lst {
				continue
			}
			more := int64(in + out - next.in)
			whole := before.head.then(int64(in), one).then(int64(out), next.tail).length
			if pays := rates.Travel*more + rates.Duty*whole; depot < 0 || pays < least {
				depot, at, detour, length, least = tried, i, more, whole, pays
			}
		}
	}
	return depot, at, detour, length
}

// joinFitted prices the two routes that the exchange of what follows u and pw would make, with the depot stops they need.
func (s *search) joinFitted(u, pw int32) (int64, bool) {
	r1, r2 := s.nodes[u].route, s.nodes[pw].route
	s.stops = s.visitsOnly(s.joined(s.stops[:0], u, pw))
	first, ok := s.fit(r1, s.stops)
	if !ok {
		return 0, false
	}
	s.stops = s.visitsOnly(s.joined(s.stops[:0], pw, u))
	second, ok := s.fit(r2, s.stops)
	return first.cost + second.cost - s.routes[r1].cost - s.routes[r2].cost, ok
}

// visitsOnly leaves the depot stops out.
func (s *search) visitsOnly(stops []int32) []int32 {
	out := stops[:0]
	for _, v := range stops {
		if v < s.n {
			out = append(out, v)
		}
	}
	return out
}

// supplyStops is a list of stops for a route that must fit, with the depot stop that it needs instead of those it has.
func (s *search) supplyStops(r int32, stops []int32) []int32 {
	if !s.exact {
		return stops
	}
	visits := s.visitsOnly(stops)
	at, _ := s.fit(r, visits)
	if at.depot < 0 {
		return visits
	}
	out := append([]int32(nil), visits[:at.at]...)
	out = append(out, s.n+at.depot)
	return append(out, visits[at.at:]...)
}
