package route

// swapVisits tries to exchange a random visit with one of another route, each in the other's place, or by even chance to
// move it there alone: where vans are full, ruin and recreate hardly finds an exchange. The places are those behind the
// likely predecessors of the visit; times, stock and cost of each are tested in constant time. A move is taken if the
// annealing accepts it; it is then final, so the iteration's journal must be closed.
func (s *search) swapVisits() bool {
	u := s.rng.below(s.n)
	r := s.nodes[u].route
	if r < 0 || s.static != nil {
		return false
	}
	alone := s.rng.next()&1 == 0
	best, bestDelta := int32(-1), s.threshold()
	list := s.lists.pred[u]
	for _, c := range list[:min(len(list), s.tune.Swapped)] {
		p := &s.nodes[c.node]
		if p.route < 0 || p.route == r || p.dep+c.d > s.last[u] || s.rate[p.route] != s.rate[r] {
			continue
		}
		delta, ok := int64(0), false
		if alone || p.next >= s.n {
			delta, ok = s.moveCost(u, c.node, bestDelta)
		} else {
			delta, ok = s.swapCost(u, p.next, bestDelta)
		}
		if ok {
			best, bestDelta = c.node, delta
		}
	}
	if best < 0 {
		return false
	}
	before, v := s.nodes[u].prev, s.nodes[best].next
	s.unlink(u, u)
	if !alone && v < s.n {
		s.unlink(v, v)
		s.link(before, v)
	}
	s.link(best, u)
	return true
}

// moveCost prices and tests that u goes behind node p of another route.
func (s *search) moveCost(u, p int32, limit int64) (int64, bool) {
	nu, np := &s.nodes[u], &s.nodes[p]
	r1, r2 := nu.route, np.route
	closed := s.travel(r1, nu.prev, nu.next)
	in, out := s.travel(r2, p, u), s.travel(r2, u, np.next)
	delta := s.rate[r1] * int64(in+out-np.nextLeg+closed-nu.leg-nu.nextLeg)
	if s.routes[r1].size == 1 {
		delta -= s.fixed[r1]
	}
	if delta-s.dutySaved(r1, r2) >= limit || s.nodes[nu.prev].dep+closed > nu.nextLst || !s.passes(u, p, in, out, np.nextLst) ||
		!s.mayServe(r2, u) {
		return 0, false
	}
	if s.heads != nil {
		left, ok := s.dutyBecomes(r1, s.heads[nu.prev].then(int64(closed), s.tails[nu.next]))
		joined, fits := s.dutyVia(r2, p, u, np.next)
		delta += left + joined
		return delta, ok && fits && delta < limit
	}
	return delta, true
}

// swapCost prices and tests that u and v, of different routes, change places.
func (s *search) swapCost(u, v int32, limit int64) (int64, bool) {
	nu, nv := &s.nodes[u], &s.nodes[v]
	r1, r2 := nu.route, nv.route
	in, out := s.travel(r2, nv.prev, u), s.travel(r2, u, nv.next)
	back, on := s.travel(r1, nu.prev, v), s.travel(r1, v, nu.next)
	delta := s.rate[r1] * int64(in+out-nv.leg-nv.nextLeg+back+on-nu.leg-nu.nextLeg)
	if delta-s.dutySaved(r1, r2) >= limit || !s.passes(u, nv.prev, in, out, nv.nextLst) ||
		!s.passes(v, nu.prev, back, on, nu.nextLst) || !s.swapFits(u, v) {
		return 0, false
	}
	if s.heads != nil {
		first, ok := s.dutyVia(r1, nu.prev, v, nu.next)
		second, fits := s.dutyVia(r2, nv.prev, u, nv.next)
		delta += first + second
		return delta, ok && fits && delta < limit
	}
	return delta, true
}

// passes reports whether visit v can follow node p, by legs of in and out ticks, and leave for a stop that must be reached
// by the tick by.
func (s *search) passes(v, p, in, out, by int32) bool {
	begin := s.open(v, s.nodes[p].dep+in)
	return begin <= s.last[v] && begin+s.onSite(s.nodes[p].route, v)+out <= by
}

// swapFits reports whether skills and stock let u and v change routes.
func (s *search) swapFits(u, v int32) bool {
	r1, r2 := s.nodes[u].route, s.nodes[v].route
	if !s.servable(r2, u) || !s.servable(r1, v) {
		return false
	}
	for d := 0; d < s.dims; d++ {
		more := s.demand[int(u)*s.dims+d] - s.demand[int(v)*s.dims+d]
		if s.loads[int(r2)*s.dims+d]+more > s.capacity[int(r2)*s.dims+d] || s.loads[int(r1)*s.dims+d]-more > s.capacity[int(r1)*s.dims+d] {
			return false
		}
	}
	return true
}
