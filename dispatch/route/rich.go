package route

// cheapestRich finds the best place of a visit in a problem whose routes must be walked. The linked times leave out breaks
// and entry, so they only rule positions out; what they let through is walked.
func (s *search) cheapestRich(v int32) place {
	other, second := s.m.Partner(v)
	if other >= 0 {
		if second {
			v = other
		}
		return s.cheapestPair(v)
	}
	if s.gauged {
		if best := s.cheapestGauged(v); best.p < 0 || s.confirm(v, &best) {
			return best
		}
	}
	return s.cheapestWalked(v)
}

// cheapestWalked finds the best place of a visit that is in no pair by walking every position that its times allow.
func (s *search) cheapestWalked(v int32) place {
	best := nowhere()
	for _, c := range s.lists.pred[v] {
		if s.nodes[c.node].route >= 0 {
			s.tryAfter(&best, v, c.node)
		}
	}
	for _, c := range s.lists.succ[v] {
		if s.nodes[c.node].route >= 0 {
			s.tryAfter(&best, v, s.nodes[c.node].prev)
		}
	}
	for r := range s.depots {
		for _, depot := range s.depots[r] {
			if s.nodes[depot].route >= 0 {
				s.tryAfter(&best, v, depot)
			}
		}
	}
	tries := s.tune.Types
	for _, t := range s.lists.types[v] {
		if list := s.empty[t]; len(list) > 0 && tries > 0 {
			s.tryAfter(&best, v, s.start(list[len(list)-1]))
			tries--
		}
	}
	if best.p < 0 || s.rng.unit() < s.tune.Fetch {
		s.cheapestWithDepot(&best, v)
	}
	return best
}

// possible tests a position with the linked times, which are optimistic, and with the longest duty in a plain problem.
func (s *search) possible(v, p int32) bool {
	u := &s.nodes[p]
	r := u.route
	begin := s.open(v, u.dep+s.travel(r, p, v))
	return begin <= s.last[v] && begin+s.onSite(r, v)+s.travel(r, v, u.next) <= s.nodes[u.next].lst &&
		(s.heads == nil || s.dutyFits(p, v))
}

// tryAfter walks the route of p with v after it and takes the place if it is the cheapest so far.
func (s *search) tryAfter(best *place, v, p int32) {
	r := s.nodes[p].route
	if !s.mayServe(r, v) || !s.possible(v, p) {
		return
	}
	if s.blink--; s.blink == 0 {
		s.blink = s.rng.geometric(s.tune.Blink)
		return
	}
	if s.travelOnly {
		extra := s.travel(r, p, v) + s.travel(r, v, s.nodes[p].next) - s.nodes[s.nodes[p].next].leg
		if s.rate[r]*int64(extra) >= best.delta {
			return
		}
	}
	s.stops = s.stops[:0]
	for x := s.nodes[s.start(r)].next; ; x = s.nodes[x].next {
		if s.nodes[x].prev == p {
			s.stops = append(s.stops, v)
		}
		if s.nodes[x].next < 0 {
			break
		}
		s.stops = append(s.stops, s.code(x))
	}
	s.offer(best, r, place{p: p, depot: -1, tail: -1})
}

// offer prices the route in stops and takes the place if it is the cheapest so far.
func (s *search) offer(best *place, r int32, at place) {
	cost, ok := s.walk.Cost(&s.m.Routes[r], s.stops)
	if !ok {
		return
	}
	at.delta = cost - s.routes[r].cost
	if s.routes[r].size == 0 && at.delta > 0 {
		at.delta = s.cheaper(at.delta)
	}
	if at.delta < best.delta {
		*best = at
	}
}

// cheapestWithDepot tries to insert a visit together with a depot stop somewhere before it, for stock or a tool that is
// not on board.
func (s *search) cheapestWithDepot(best *place, v int32) {
	for r := int32(0); r < int32(len(s.routes)); r++ {
		if len(s.depots[r]) == 0 || !s.mayServe(r, v) || (s.routes[r].size == 0 && !s.nextEmpty(r)) {
			continue
		}
		for _, depot := range s.depots[r] {
			if s.nodes[depot].route < 0 {
				s.tryWithDepot(best, r, v, depot)
			}
		}
	}
}

// nextEmpty reports whether r is the empty route of its type that would be opened next.
func (s *search) nextEmpty(r int32) bool {
	list := s.empty[s.m.Routes[r].Type]
	return list[len(list)-1] == r
}

func (s *search) tryWithDepot(best *place, r, v, depot int32) {
	for p := s.start(r); s.nodes[p].next >= 0; p = s.nodes[p].next {
		if !s.possible(v, p) {
			continue
		}
		for after := s.start(r); ; after = s.nodes[after].next {
			s.stops = s.stops[:0]
			for x := s.start(r); s.nodes[x].next >= 0; x = s.nodes[x].next {
				if x != s.start(r) {
					s.stops = append(s.stops, s.code(x))
				}
				if x == after {
					s.stops = append(s.stops, s.code(depot))
				}
				if x == p {
					s.stops = append(s.stops, v)
				}
			}
			s.offer(best, r, place{p: p, depot: depot, after: after, tail: -1})
			if after == p {
				break
			}
		}
	}
}

// cheapestPair finds the best places of the first visit of a pair and, on the same route, of the second after it.
func (s *search) cheapestPair(first int32) place {
	second, _ := s.m.Partner(first)
	best := nowhere()
	for r := int32(0); r < int32(len(s.routes)); r++ {
		if !s.mayServe(r, first) || !s.mayServe(r, second) || (s.routes[r].size == 0 && !s.nextEmpty(r)) {
			continue
		}
		for p := s.start(r); s.nodes[p].next >= 0; p = s.nodes[p].next {
			if !s.possible(first, p) {
				continue
			}
			for tail := p; s.nodes[tail].next >= 0; tail = s.nodes[tail].next {
				if tail == p || s.possible(second, tail) {
					s.tryPair(&best, r, first, second, p, tail)
				}
			}
		}
	}
	return best
}

func (s *search) tryPair(best *place, r, first, second, p, tail int32) {
	if s.blink--; s.blink == 0 {
		s.blink = s.rng.geometric(s.tune.Blink)
		return
	}
	s.stops = s.stops[:0]
	for x := s.start(r); s.nodes[x].next >= 0; x = s.nodes[x].next {
		if x != s.start(r) {
			s.stops = append(s.stops, s.code(x))
		}
		if x == p {
			s.stops = append(s.stops, first)
		}
		if x == tail {
			s.stops = append(s.stops, second)
		}
	}
	s.offer(best, r, place{p: p, depot: -1, tail: tail})
}

// putRich links what the place says and books the route's new cost.
func (s *search) putRich(v int32, at place) {
	r := s.nodes[at.p].route
	if at.tail >= 0 {
		other, second := s.m.Partner(v)
		if second {
			v, other = other, v
		}
		tail := at.tail
		s.link(at.p, v)
		if tail == at.p {
			tail = v
		}
		s.link(tail, other)
	} else {
		s.link(at.p, v)
		if at.depot >= 0 {
			s.link(at.after, at.depot)
		}
	}
	s.settle(r)
}

// moveDepots looks for a better place of each depot stop on a route.
func (s *search) moveDepots(r int32) {
	if s.exact {
		s.shiftDepots(r)
		return
	}
	for _, depot := range s.depots[r] {
		if s.nodes[depot].route < 0 {
			continue
		}
		was := s.nodes[depot].prev
		s.unlink(depot, depot)
		best := s.bestStand(r, depot)
		if best.p < 0 {
			best.p = was
		}
		s.link(best.p, depot)
		s.reprice(r)
	}
}
