package route

import (
	"fmt"
	"slices"
)

// exchangeNear is how many likely successors of a visit exchangeWalked looks at, and exchangeTeam with how many other
// technicians it tries to exchange a whole day.
const exchangeNear, exchangeTeam = 12, 3

// exchangesWalked tries a few exchanges, each of which is final when taken.
func (s *search) exchangesWalked() {
	for k := 0; k < s.tune.TailsWalked; k++ {
		s.before = s.current
		if s.exchangeWalked() {
			s.accept()
		}
	}
}

// exchangeWalked tries one exchange of tails about a random visit in a problem whose routes must be walked, by even chance
// the exchange of all visits of two technicians. It takes the best that the annealing accepts, which is then final.
func (s *search) exchangeWalked() bool {
	u := s.rng.below(s.n)
	r1 := s.nodes[u].route
	if r1 < 0 || s.frozen != nil {
		return false
	}
	bestU, bestW, best := int32(-1), int32(-1), s.threshold()
	try := func(u, pw int32) {
		if delta, ok := s.joinTails(u, pw); ok && delta < best {
			bestU, bestW, best = u, pw, delta
		}
	}
	if s.rng.next()&1 == 0 {
		for range exchangeTeam {
			if r2 := s.rng.below(int32(len(s.routes))); s.m.Routes[r2].Type != s.m.Routes[r1].Type {
				try(s.start(r1), s.start(r2))
			}
		}
	} else {
		for _, c := range s.lists.succ[u][:min(exchangeNear, len(s.lists.succ[u]))] {
			w := &s.nodes[c.node]
			if w.route >= 0 && w.route != r1 && s.nodes[u].dep+s.travel(r1, u, c.node) <= s.last[c.node] {
				try(u, w.prev)
			}
		}
	}
	if bestU < 0 {
		return false
	}
	was, fair := s.current, s.fair
	s.takeTails(bestU, bestW)
	if took := s.current - was - (s.fair - fair); s.checked && took != best {
		s.misgauged = fmt.Errorf("exchange behind nodes %d and %d: priced %d, took %d", bestU, bestW, best, took)
	}
	return true
}

// joinTails walks the two routes that the exchange of what follows u and pw would make, and returns what they cost more.
func (s *search) joinTails(u, pw int32) (int64, bool) {
	r1, r2 := s.nodes[u].route, s.nodes[pw].route
	if !s.tailServable(pw, r1) || !s.tailServable(u, r2) {
		return 0, false
	}
	if s.exact {
		return s.joinFitted(u, pw)
	}
	s.stops = s.joined(s.stops[:0], u, pw)
	first, ok := s.walk.Cost(&s.m.Routes[r1], s.stops)
	if !ok {
		return 0, false
	}
	s.stops = s.joined(s.stops[:0], pw, u)
	second, ok := s.walk.Cost(&s.m.Routes[r2], s.stops)
	return first + second - s.routes[r1].cost - s.routes[r2].cost, ok
}

// tailServable reports whether route r may serve all that follows node a, as far as static rules and depots go.
func (s *search) tailServable(a, r int32) bool {
	for x := s.nodes[a].next; s.nodes[x].next >= 0; x = s.nodes[x].next {
		if x < s.n && !s.servable(r, x) || x >= s.n && !s.exact && int(s.depotOf[x-s.n]) >= len(s.m.Routes[r].Depots) {
			return false
		}
	}
	return true
}

// joined lists the stops of the route of a up to a, then what follows b.
func (s *search) joined(into []int32, a, b int32) []int32 {
	for x := s.start(s.nodes[a].route); x != a; {
		x = s.nodes[x].next
		into = append(into, s.code(x))
	}
	for x := s.nodes[b].next; s.nodes[x].next >= 0; x = s.nodes[x].next {
		into = append(into, s.code(x))
	}
	return into
}

// takeTails makes the exchange that joinTails priced.
func (s *search) takeTails(u, pw int32) {
	r1, r2 := s.nodes[u].route, s.nodes[pw].route
	first, second := s.joined(nil, u, pw), s.joined(nil, pw, u)
	for _, r := range [2]int32{r1, r2} {
		if a, b := s.nodes[s.start(r)].next, s.nodes[s.end(r)].prev; a != s.end(r) {
			s.unlink(a, b)
		}
	}
	s.rebuild(r1, s.supplyStops(r1, first))
	s.rebuild(r2, s.supplyStops(r2, second))
	s.settleFairness()
}

// rebuild links stops to an empty route and books its cost. A route left with depot stops alone loses them.
func (s *search) rebuild(r int32, stops []int32) {
	if !slices.ContainsFunc(stops, func(v int32) bool { return v < s.n }) {
		stops = nil
	}
	at := s.start(r)
	for _, v := range stops {
		if v >= s.n {
			v = s.freeDepot(r, v-s.n)
		}
		s.link(at, v)
		at = v
	}
	s.reprice(r)
}

// freeDepot is an unused node of a route for one of its depots.
func (s *search) freeDepot(r, depot int32) int32 {
	for _, node := range s.depots[r] {
		if s.nodes[node].route < 0 && s.depotOf[node-s.n] == depot {
			return node
		}
	}
	return -1 // not reached: the walk has counted the stops
}
