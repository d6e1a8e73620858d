package route

import (
	"fmt"
	"math"
)

// A rich problem whose time on duty follows from spans (constraint.Model.Straight) is gauged: what an insertion costs is
// told in constant time, and so is what can be on board before the first depot stop. Only the position that wins is
// walked, and not even that one where nothing else matters (exact.go); should the walk refuse it, every position is walked
// after all.

// probe is one visit against one route.
type probe struct {
	v, r    int32
	one     span  // the visit
	carried bool  // what it needs can be on board from the start
	opens   bool  // the route is empty
	fixed   int64 // cost that does not depend on the position
	length  int64 // of the route without the visit
}

// probe prepares a visit for the positions of a route; false where static rules, sizes or stock forbid them all.
func (s *search) probe(r, v int32) (probe, bool) {
	opens := s.routes[r].size == 0
	if !s.servable(r, v) || !s.mayServe(r, v) {
		return probe{}, false
	}
	rates := &s.m.Routes[r].Rates
	x := probe{v: v, r: r, one: s.alone(v, r), carried: s.carries(r, v), opens: opens}
	x.fixed = rates.OnSite*x.one.length + s.extra(r, v)
	if opens {
		x.fixed += rates.Fixed
	} else {
		x.length = s.heads[s.end(r)].length
	}
	return x, true
}

// probeNext is probe without the empty routes that would not be opened next.
func (s *search) probeNext(r, v int32) (probe, bool) {
	x, ok := s.probe(r, v)
	return x, ok && (!x.opens || s.nextEmpty(r))
}

// costs is what the route of a probe costs more for some travel and a new length.
func (s *search) costs(x *probe, travel, length int64) int64 {
	rates := &s.m.Routes[x.r].Rates
	delta := x.fixed + rates.Travel*travel + rates.Duty*(length-x.length)
	if x.opens && delta > 0 {
		return s.cheaper(delta)
	}
	return delta
}

// cheapestGauged finds the best place of a visit by gauge; confirm must walk it.
func (s *search) cheapestGauged(v int32) place {
	if s.kept != nil {
		return s.cheapestKept(v)
	}
	best := nowhere()
	s.gaugeNeighbours(&best, v)
	return best
}

// gaugeNeighbours gauges the positions next to neighbours of a visit and to depot stops, empty routes near it and, where
// nothing else fits or now and then by chance, new depot stops.
func (s *search) gaugeNeighbours(best *place, v int32) {
	for _, c := range s.lists.pred[v] {
		s.gaugeBehind(best, v, c.node)
	}
	for _, c := range s.lists.succ[v] {
		if s.nodes[c.node].route >= 0 {
			s.gaugeBehind(best, v, s.nodes[c.node].prev)
		}
	}
	tries := s.tune.Types
	for _, t := range s.lists.types[v] {
		if list := s.empty[t]; len(list) > 0 && tries > 0 {
			s.gaugeBehind(best, v, s.start(list[len(list)-1]))
			tries--
		}
	}
	fetch := best.p < 0 || s.rng.unit() < s.tune.Fetch
	for r := range s.depots {
		for _, depot := range s.depots[r] {
			s.gaugeBehind(best, v, depot)
		}
		if !fetch || len(s.depots[r]) == 0 {
			continue
		}
		if x, ok := s.probeNext(int32(r), v); ok && !x.carried {
			s.gaugeDepots(best, &x)
		}
	}
}

// gaugeBehind gauges the position behind node p, if that is on a route.
func (s *search) gaugeBehind(best *place, v, p int32) {
	if r := s.nodes[p].route; r >= 0 {
		if x, ok := s.probeNext(r, v); ok {
			s.gauge(best, &x, p)
		}
	}
}

// gauge takes the position behind node p as the best so far if it is.
func (s *search) gauge(best *place, x *probe, p int32) {
	u := &s.nodes[p]
	in := s.travel(x.r, p, x.v)
	begin := max(u.dep+in, s.first[x.v])
	if begin > s.last[x.v] || !x.carried && !s.supplied[p] {
		return
	}
	out := s.travel(x.r, x.v, u.next)
	if begin+int32(x.one.length)+out > u.nextLst {
		return
	}
	length := s.heads[p].then(int64(in), x.one).then(int64(out), s.tails[u.next]).length
	travel := int64(in + out)
	if !x.opens {
		travel -= int64(u.nextLeg)
	}
	s.propose(best, place{p: p, delta: s.costs(x, travel, length), depot: -1, tail: -1}, x.r, length)
}

// propose takes a place if it is the cheapest so far, keeps the longest duty and is not overlooked.
func (s *search) propose(best *place, at place, r int32, length int64) {
	if at.delta >= best.delta || length > int64(s.m.Routes[r].MaxDuty) {
		return
	}
	if s.blink--; s.blink <= 0 {
		s.blink = s.rng.geometric(s.tune.Blink)
		return
	}
	*best = at
}

// gaugeDepots gauges the visit together with a stop, anywhere before it, at each depot of the route that has one left.
func (s *search) gaugeDepots(best *place, x *probe) {
	tried := int32(-1)
	for _, depot := range s.depots[x.r] {
		if s.nodes[depot].route >= 0 || s.depotOf[depot-s.n] == tried {
			continue
		}
		tried = s.depotOf[depot-s.n]
		for after := s.start(x.r); after != s.end(x.r); after = s.nodes[after].next {
			s.gaugeFetch(best, x, depot, after)
		}
	}
}

// gaugeFetch gauges the visit everywhere behind a new depot stop that stands behind node after.
func (s *search) gaugeFetch(best *place, x *probe, depot, after int32) {
	u := &s.nodes[after]
	there, back, one := s.travel(x.r, after, depot), s.travel(x.r, depot, u.next), s.alone(depot, x.r)
	now := max(u.dep+there, s.first[depot])
	if now > s.last[depot] {
		return
	}
	now += int32(one.length)
	run := s.heads[after].then(int64(there), one)
	detour := int64(there + back)
	if !x.opens {
		detour -= int64(u.nextLeg)
		if s.costs(x, detour, run.then(int64(back), s.tails[u.next]).length) >= best.delta {
			return // too dear without the visit
		}
	}
	for p, at := after, depot; p != s.end(x.r); {
		next := s.nodes[p].next
		in, out, leg := s.travel(x.r, at, x.v), s.travel(x.r, x.v, next), s.travel(x.r, at, next)
		begin := max(now+in, s.first[x.v])
		if begin > s.last[x.v] {
			return
		}
		if begin+int32(x.one.length)+out <= s.nodes[next].lst {
			length := run.then(int64(in), x.one).then(int64(out), s.tails[next]).length
			delta := s.costs(x, detour+int64(in+out-leg), length)
			s.propose(best, place{p: p, delta: delta, depot: depot, after: after, tail: -1}, x.r, length)
		}
		if now = max(now+leg, s.first[next]); now > s.nodes[next].lst {
			return
		}
		one = s.alone(next, x.r)
		run, now = run.then(int64(leg), one), now+int32(one.length)
		p, at = next, next
	}
}

// confirm walks a place that was found by gauge and sets its true cost.
func (s *search) confirm(v int32, at *place) bool {
	if s.exact && !s.checked {
		return true
	}
	r := s.nodes[at.p].route
	s.stops = s.stops[:0]
	for x := s.start(r); x != s.end(r); x = s.nodes[x].next {
		if x != s.start(r) {
			s.stops = append(s.stops, s.code(x))
		}
		if at.depot >= 0 && x == at.after {
			s.stops = append(s.stops, s.code(at.depot))
		}
		if x == at.p {
			s.stops = append(s.stops, v)
		}
	}
	gauged := at.delta
	at.delta = math.MaxInt64
	s.offer(at, r, *at)
	if s.exact && at.delta == math.MaxInt64 {
		s.misgauged = fmt.Errorf("visit %d behind node %d: gauged %d, refused by rule %s", v, at.p, gauged, s.walk.Fail.Reason)
	}
	if s.checked && at.delta < math.MaxInt64 && at.delta != gauged && s.m.Routes[r].Rates.Overtime == 0 {
		s.misgauged = fmt.Errorf("visit %d behind node %d: gauged %d, walked %d", v, at.p, gauged, at.delta)
	}
	return at.delta < math.MaxInt64
}

// bestStand finds the cheapest place of a depot stop on a route without it. In a gauged problem only what is cheaper by
// gauge is walked.
func (s *search) bestStand(r, depot int32) place {
	best, least := nowhere(), int64(math.MaxInt64)
	bare := s.collect(r, s.bare[:0])
	s.bare = bare
	for i, at := 0, s.start(r); at != s.end(r); i, at = i+1, s.nodes[at].next {
		gauge, ok := s.gaugeStand(r, at, depot)
		if !ok || gauge >= least {
			continue
		}
		was := best.p
		s.stops = append(append(append(s.stops[:0], bare[:i]...), s.code(depot)), bare[i:]...)
		if s.offer(&best, r, place{p: at, depot: -1, tail: -1}); best.p != was && s.gauged {
			least = gauge
		}
	}
	return best
}

// gaugeStand is the cost of a depot stop behind node p, but for what is the same at every p; false when it comes too late.
func (s *search) gaugeStand(r, p, depot int32) (int64, bool) {
	if !s.gauged {
		return 0, true
	}
	u, one, rates := &s.nodes[p], s.alone(depot, r), &s.m.Routes[r].Rates
	in, out := s.travel(r, p, depot), s.travel(r, depot, u.next)
	begin := max(u.dep+in, s.first[depot])
	if begin > s.last[depot] || begin+int32(one.length)+out > u.nextLst {
		return 0, false
	}
	length := s.heads[p].then(int64(in), one).then(int64(out), s.tails[u.next]).length
	return rates.Travel*int64(in+out-u.nextLeg) + rates.Duty*length, true
}

// carries reports whether what visit v needs can be on board of a route before its first depot stop. It may be wrong in
// favour of v, never against it.
func (s *search) carries(r, v int32) bool {
	if len(s.depots[r]) == 0 {
		return true
	}
	if !s.stowed[r] {
		s.stow(r)
	}
	for d := 0; d < s.dims; d++ {
		if s.spare[int(r)*s.dims+d] < s.demand[int(v)*s.dims+d] {
			return false
		}
	}
	return s.m.Tooled(&s.m.Routes[r], v)
}

// stow renews what is known of the stock of a route: the room that its visits before the first depot stop leave, and which
// nodes come later. O(length of the route).
func (s *search) stow(r int32) {
	s.stowed[r] = true
	spare := s.spare[int(r)*s.dims : (int(r)+1)*s.dims]
	copy(spare, s.hold[int(r)*s.dims:])
	passed := false
	for x := s.start(r); x != s.end(r); x = s.nodes[x].next {
		passed = passed || x >= s.n && x != s.start(r)
		s.supplied[x] = passed
		if x < s.n && !passed {
			for d := range spare {
				spare[d] -= s.demand[int(x)*s.dims+d]
			}
		}
	}
}
