package route

import "fmt"

// What the best place of a visit on one route is and what it costs changes only with the route, and an iteration changes a
// few of them: so a gauged problem keeps, for each visit and route, what was found last. Every change gives a route a new
// version; undo brings back the old one, and with it what was kept. The idea is as old as insertion heuristics; see Ropke
// and Pisinger (2006), "An adaptive large neighborhood search heuristic for the pickup and delivery problem with time
// windows", Transportation Science 40(4), section 3.2.2.

// mostKept is the greatest number of pairs of a visit and a route that are kept.
const mostKept = 1 << 18

// kept is the best place of a visit on a route of some version, before the discount on opening it.
type kept struct {
	version int64
	delta   int64
	p       int32 // -1 for none
	depot   int32
	after   int32
}

// keep makes room for what is kept, unless there are too many pairs.
func (s *search) keep() {
	if pairs := int(s.n) * len(s.routes); s.gauged && pairs <= mostKept {
		s.kept = make([]kept, pairs)
	}
}

// change gives a route that touchRoute has saved a new version.
func (s *search) change(rs *routeState) {
	s.versions++
	rs.version = s.versions
}

// cheapestKept finds the best place of a visit by what is kept, renewing what is out of date. Chance overlooks a route
// where gauging would overlook a position.
func (s *search) cheapestKept(v int32) place {
	best := nowhere()
	row := s.kept[int(v)*len(s.routes):][:len(s.routes)]
	for r := range row {
		k := &row[r]
		if !s.servable(int32(r), v) {
			continue
		}
		if k.version != s.routes[r].version {
			s.renewKept(k, int32(r), v)
		}
		if k.p < 0 || k.delta >= best.delta && s.discount == 1 {
			continue
		}
		delta := k.delta
		if s.routes[r].size == 0 {
			if !s.nextEmpty(int32(r)) {
				continue
			}
			if delta > 0 {
				delta = s.cheaper(delta)
			}
		}
		if delta >= best.delta {
			continue
		}
		if s.blink--; s.blink <= 0 {
			s.blink = s.rng.geometric(s.tune.Blink)
			continue
		}
		best = place{p: k.p, delta: delta, depot: k.depot, after: k.after, tail: -1}
	}
	return best
}

// renewKept gauges a visit everywhere on a route.
func (s *search) renewKept(k *kept, r, v int32) {
	best := s.gaugeRoute(r, v)
	*k = kept{version: s.routes[r].version, delta: best.delta, p: best.p, depot: best.depot, after: best.after}
}

// gaugeRoute is the best place of a visit on a route by gauge, without chance and discount.
func (s *search) gaugeRoute(r, v int32) place {
	best := nowhere()
	x, ok := s.probe(r, v)
	if !ok {
		return best
	}
	discount, blink := s.discount, s.blink
	s.discount, s.blink = 1, 1<<30
	last, need := s.last[v], s.first[v]+int32(x.one.length)
	for p := s.start(r); p != s.end(r); p = s.nodes[p].next {
		u := &s.nodes[p]
		if u.dep > last {
			break // departures only grow along the route
		}
		if u.nextLst >= need {
			s.gauge(&best, &x, p)
		}
	}
	if !x.carried {
		s.gaugeDepots(&best, &x)
	}
	s.discount, s.blink = discount, blink
	return best
}

// verifyKept gauges what is kept of every visit and route again.
func (s *search) verifyKept() error {
	for i := range s.kept {
		r, v := int32(i%len(s.routes)), int32(i/len(s.routes))
		if k := &s.kept[i]; k.version == s.routes[r].version && s.nodes[v].route < 0 {
			if best := s.gaugeRoute(r, v); best.p != k.p || best.delta != k.delta {
				return fmt.Errorf("visit %d on route %d: kept %d behind node %d, gauged %d behind %d", v, r, k.delta, k.p, best.delta, best.p)
			}
		}
	}
	return nil
}
