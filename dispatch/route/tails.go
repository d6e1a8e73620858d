package route

import "math"

// exchangeTails tries one 2-opt* move about a random visit: its route goes on with the tail of another and that one with
// the rest of the first (Potvin and Rousseau 1995). The times of both joints decide feasibility in constant time. A move is
// taken if the annealing accepts it; it is then final, so the iteration's journal must be closed.
func (s *search) exchangeTails() bool {
	u := s.rng.below(s.n)
	r1 := s.nodes[u].route
	if r1 < 0 || !s.lists.uniform {
		return false
	}
	bestW, bestDelta := int32(-1), s.threshold()
	for _, c := range s.lists.succ[u] {
		w := &s.nodes[c.node]
		if w.route < 0 || w.route == r1 || s.nodes[u].dep+c.d > s.last[c.node] {
			continue
		}
		var delta int64
		var ok bool
		if s.m.Routes[r1].Type == s.m.Routes[w.route].Type {
			delta, ok = s.tailsAlike(u, c, bestDelta)
		} else {
			delta, ok = s.tailsUnlike(u, c, bestDelta)
		}
		if ok && s.tailsFit(r1, u, w.route, w.prev) {
			bestW, bestDelta = c.node, delta
		}
	}
	if bestW < 0 {
		return false
	}
	s.swapTails(u, s.nodes[bestW].prev, bestDelta)
	return true
}

// tailsAlike prices and tests the exchange between routes of one type, in constant time.
func (s *search) tailsAlike(u int32, c candidate, limit int64) (int64, bool) {
	w := &s.nodes[c.node]
	pw, nu := w.prev, s.nodes[u].next
	cross := s.travel(w.route, pw, nu)
	delta := s.rate[w.route] * int64(c.d+cross-w.leg-s.nodes[nu].leg)
	if delta-s.dutySaved(s.nodes[u].route, w.route) >= limit || s.nodes[u].dep+c.d > w.lst || s.nodes[pw].dep+cross > s.nodes[nu].lst {
		return 0, false
	}
	first, ok := s.dutyJoins(s.nodes[u].route, u, c.node, c.d)
	if !ok {
		return 0, false
	}
	second, ok := s.dutyJoins(w.route, pw, nu, cross)
	delta += first + second
	return delta, ok && delta < limit
}

// tailsUnlike prices the exchange between routes whose ends, shifts or skills differ, and runs both tails through again.
// O(length of the tails).
func (s *search) tailsUnlike(u int32, c candidate, limit int64) (int64, bool) {
	w := &s.nodes[c.node]
	r1, r2 := s.nodes[u].route, w.route
	if s.static != nil || s.rate[r1] != s.rate[r2] || !s.servable(r1, c.node) {
		return 0, false
	}
	pw, nu, e1, e2 := w.prev, s.nodes[u].next, s.end(r1), s.end(r2)
	last2 := s.nodes[e2].prev
	extra := c.d - w.leg + s.travel(r1, last2, e1) - s.nodes[e2].leg - s.nodes[nu].leg
	if nu == e1 {
		extra += s.travel(r2, pw, e2)
	} else {
		extra += s.travel(r2, pw, nu) + s.travel(r2, s.nodes[e1].prev, e2) - s.nodes[e1].leg
	}
	delta := s.rate[r1] * int64(extra)
	if delta-s.dutySaved(r1, r2) >= limit {
		return 0, false
	}
	first, ok := s.tailRuns(u, c.node, r1, e2)
	if !ok {
		return 0, false
	}
	second, ok := s.tailRuns(pw, nu, r2, e1)
	delta += first + second
	return delta, ok && delta < limit
}

// tailRuns reports whether route r can go on after node a with the stops from b up to the end node of the route they are
// on now, and what it then pays more for its duty.
func (s *search) tailRuns(a, b, r, end int32) (int64, bool) {
	now := s.nodes[a].dep
	var run span
	if s.heads != nil {
		run = s.heads[a]
	}
	for ; b != end; b = s.nodes[b].next {
		leg := s.travel(r, a, b)
		now = s.open(b, now+leg)
		if now > s.last[b] || !s.servable(r, b) {
			return 0, false
		}
		now += s.onSite(r, b)
		if s.heads != nil {
			run = run.then(int64(leg), s.alone(b, r))
		}
		a = b
	}
	leg := s.travel(r, a, s.end(r))
	if now+leg > s.last[s.end(r)] || s.heads == nil {
		return 0, now+leg <= s.last[s.end(r)]
	}
	return s.dutyBecomes(r, run.then(int64(leg), s.alone(s.end(r), r)))
}

// threshold is how much worse a plan the annealing accepts now.
func (s *search) threshold() int64 {
	return int64(math.Ceil(-s.temperature * math.Log(1-s.rng.unit())))
}

// tailsFit tests sizes and stock of both routes after u and pw exchanged their tails. O(length of the routes).
func (s *search) tailsFit(r1, u, r2, pw int32) bool {
	size1, size2 := s.routes[r1].size, s.routes[r2].size
	head1, head2 := int32(0), int32(0)
	s.headLoad = s.headLoad[:0]
	for d := 0; d < 2*s.dims; d++ {
		s.headLoad = append(s.headLoad, 0)
	}
	for x := u; x < s.n; x = s.nodes[x].prev {
		head1++
		for d := 0; d < s.dims; d++ {
			s.headLoad[d] += s.demand[int(x)*s.dims+d]
		}
	}
	for x := pw; x < s.n; x = s.nodes[x].prev {
		head2++
		for d := 0; d < s.dims; d++ {
			s.headLoad[s.dims+d] += s.demand[int(x)*s.dims+d]
		}
	}
	if head1+size2-head2 > s.maxVisits[r1] || head2+size1-head1 > s.maxVisits[r2] {
		return false
	}
	for d := 0; d < s.dims; d++ {
		h1, h2 := s.headLoad[d], s.headLoad[s.dims+d]
		l1, l2 := s.loads[int(r1)*s.dims+d], s.loads[int(r2)*s.dims+d]
		if h1+l2-h2 > s.capacity[int(r1)*s.dims+d] || h2+l1-h1 > s.capacity[int(r2)*s.dims+d] {
			return false
		}
	}
	return true
}

// swapTails joins u with what follows pw and pw with what follows u.
func (s *search) swapTails(u, pw int32, delta int64) {
	r1, r2 := s.nodes[u].route, s.nodes[pw].route
	s.touchRoute(r1)
	s.touchRoute(r2)
	nu, w := s.nodes[u].next, s.nodes[pw].next
	e1, e2 := s.end(r1), s.end(r2)
	last1, last2 := s.nodes[e1].prev, s.nodes[e2].prev
	s.moveTail(nu, e1, r1, r2)
	s.moveTail(w, e2, r2, r1)
	s.current += delta
	join := func(a, b int32, r int32) {
		s.touch(a).next = b
		nb := s.touch(b)
		nb.prev, nb.leg = a, s.travel(r, a, b)
	}
	if w == e2 {
		join(u, e1, r1)
	} else {
		join(u, w, r1)
		join(last2, e1, r1)
	}
	if nu == e1 {
		join(pw, e2, r2)
	} else {
		join(pw, nu, r2)
		join(last1, e2, r2)
	}
	s.refresh(r1)
	s.refresh(r2)
	for _, r := range [2]int32{r1, r2} {
		if s.routes[r].size == 0 {
			s.putEmpty(r)
			s.current -= s.fixed[r]
		}
		s.noteDuty(r) // delta has what it pays
	}
}

// moveTail books the visits from v up to the end node as visits of another route.
func (s *search) moveTail(v, end, from, to int32) {
	for ; v != end; v = s.nodes[v].next {
		s.touch(v).route = to
		s.routes[from].size--
		s.routes[to].size++
		s.addLoad(from, v, -1)
		s.addLoad(to, v, 1)
	}
}

// refresh renews all times of a route.
func (s *search) refresh(r int32) {
	dep := s.nodes[s.start(r)].dep
	for x := s.nodes[s.start(r)].next; ; x = s.nodes[x].next {
		nd := s.touch(x)
		dep += nd.leg
		if nd.next >= 0 {
			dep = s.open(x, dep) + s.onSite(r, x)
		}
		nd.dep = dep
		if nd.next < 0 {
			break
		}
	}
	for x := s.nodes[s.end(r)].prev; x >= 0; x = s.nodes[x].prev {
		nd := s.touch(x)
		next := &s.nodes[nd.next]
		nd.nextLeg, nd.nextLst = next.leg, next.lst
		if nd.prev < 0 {
			nd.lst = next.lst - next.leg
			break
		}
		nd.lst = s.latest(x, next.lst-next.leg-s.onSite(r, x))
	}
	s.renewSpans(r)
}
