package route

import "math"

// A longest duty is tested in constant time in plain problems: every node keeps the span of its route up to it and from it
// on, and joining two spans tells how long the whole lasts when it leaves as late as it may. Vidal, Crainic, Gendreau and
// Prins (2013), "A hybrid genetic algorithm with adaptive diversity management for a large class of vehicle routing
// problems with time-windows", Computers & Operations Research 40(1), 475-489, section 3.4.1, without time warp: spans are
// joined only where the windows are known to be kept. Rich problems leave the rule to the walk.

// span is a run of stops: the least time from its beginning to its end, and the beginnings between first and last that
// take no more; before first it waits, after last a window is missed.
type span struct{ length, first, last int64 }

// then joins two runs with a leg of d ticks between them.
func (a span) then(d int64, b span) span {
	d += a.length
	wait := max(b.first-d-a.last, 0)
	return span{length: d + b.length + wait, first: max(b.first-d, a.first) - wait, last: min(b.last-d, a.last)}
}

// alone is the run that is one stop.
func (s *search) alone(i, r int32) span {
	return span{length: int64(s.onSite(r, i)), first: int64(s.first[i]), last: int64(s.last[i])}
}

// limitDuty makes room for the spans where some technician has a longest duty and routes are not walked.
func (s *search) limitDuty() {
	limited, paid := false, false
	s.gauged = s.rich && s.m.Straight()
	for i := range s.m.Routes {
		paid = paid || s.m.Routes[i].Rates.Duty != 0
		limited = limited || s.m.Routes[i].MaxDuty != math.MaxInt32
		s.gauged = s.gauged && s.m.Routes[i].Rates.Distance == 0
	}
	s.paid, s.exact = s.gauged && paid, s.gauged && s.m.Exact()
	if s.gauged || limited && !s.rich {
		s.heads, s.tails = make([]span, len(s.nodes)), make([]span, len(s.nodes))
	}
}

// renewHeads renews the spans up to each node from i to the end of its route.
func (s *search) renewHeads(i int32) {
	if s.heads == nil {
		return
	}
	for r := s.nodes[i].route; i >= 0; i = s.nodes[i].next {
		nd := &s.nodes[i]
		one := s.alone(i, r)
		if nd.prev >= 0 {
			one = s.heads[nd.prev].then(int64(nd.leg), one)
		}
		s.heads[i] = one
	}
}

// renewTails renews the spans from each node on, from i back to the start of its route.
func (s *search) renewTails(i int32) {
	if s.heads == nil {
		return
	}
	for r := s.nodes[i].route; i >= 0; i = s.nodes[i].prev {
		nd := &s.nodes[i]
		one := s.alone(i, r)
		if nd.next >= 0 {
			one = one.then(int64(nd.nextLeg), s.tails[nd.next])
		}
		s.tails[i] = one
	}
}

// renewSpans renews all spans of a route.
func (s *search) renewSpans(r int32) {
	s.renewHeads(s.start(r))
	s.renewTails(s.end(r))
}

// dutyFits reports whether visit v may stand after node p as far as the longest duty goes.
func (s *search) dutyFits(p, v int32) bool {
	u := &s.nodes[p]
	most := s.m.Routes[u.route].MaxDuty
	if most == math.MaxInt32 {
		return true
	}
	head := s.heads[p].then(int64(s.travel(u.route, p, v)), s.alone(v, u.route))
	return head.then(int64(s.travel(u.route, v, u.next)), s.tails[u.next]).length <= int64(most)
}

// dutyKept reports whether a route keeps its longest duty.
func (s *search) dutyKept(r int32) bool {
	return s.heads == nil || s.soft || s.routes[r].size == 0 || s.heads[s.end(r)].length <= int64(s.m.Routes[r].MaxDuty)
}

// dutyJoins is what route r pays more for its duty when it goes on after node a with the rest of another route of its type
// from b on, over a leg of d ticks; false when the longest duty is a rule and broken.
func (s *search) dutyJoins(r, a, b, d int32) (int64, bool) {
	if s.heads == nil {
		return 0, true
	}
	return s.dutyBecomes(r, s.heads[a].then(int64(d), s.tails[b]))
}

// dutyBecomes is what route r pays more for its duty when it becomes a run; false when the longest duty is a rule and broken.
func (s *search) dutyBecomes(r int32, run span) (int64, bool) {
	over := s.overDuty(r, run.length)
	if !s.soft {
		return 0, over == 0
	}
	return s.dutyOf(over) - s.dutyOf(s.routes[r].over), true
}
