package explain

import (
	"math"
	"slices"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
)

// placement is one way to put a unit on a route. Nodes are those of the route's line before.
type placement struct {
	route int32
	p     int32 // node after which the visit, or the first of a pair, goes; none when there is no placement
	tail  int32 // node after which the second of a pair goes, p or later; none for a single visit
	depot int32 // depot stop that goes in as well; none for no such stop
	after int32 // node after which it goes, p or before
	cost  int64 // of the route afterwards
}

// nowhere is no placement on a route.
func nowhere(r int32) placement {
	return placement{route: r, p: none, tail: none, depot: none, after: none}
}

// miss is a placement that is not allowed, and by how much.
type miss struct {
	at     placement
	reason dispatch.Reason // "" when there is no miss
	short  int64
	visit  int32 // whose window or stock the rule is about; none for the route as a whole
	walked bool  // reason and visit are final; else short is a lower bound from the laid-out times
}

// nearness ranks rules by how readily people bend them: a few minutes first, then limits, then what is not on board, then
// order.
func nearness(why dispatch.Reason) int {
	switch why {
	case dispatch.ReasonWindowClosed, dispatch.ReasonOutOfShift, dispatch.ReasonMaxTravel, dispatch.ReasonMaxDuty:
		return 0
	case dispatch.ReasonBreak:
		return 1
	case dispatch.ReasonMaxDistance, dispatch.ReasonMaxVisits:
		return 2
	case dispatch.ReasonCapacity:
		return 3
	case dispatch.ReasonToolMissing:
		return 4
	case dispatch.ReasonUnreachable:
		return 6
	case "":
		return math.MaxInt
	}
	return 5
}

// nearer reports whether m misses by less than o.
func (m *miss) nearer(o *miss) bool {
	if a, b := nearness(m.reason), nearness(o.reason); a != b {
		return a < b
	}
	return m.reason != "" && m.short < o.short
}

// scan looks for the cheapest placement of a unit on one route.
type scan struct {
	b      *board
	u      unit
	r      int32
	route  *constraint.Route
	l      *line
	limit  int64   // placements that add this much to the route or more are not wanted
	except []int32 // an order of the route that is not wanted either; nil for none
	misses bool    // whether near is wanted
	bound  bool    // whether floor is a lower bound
	fixed  int64   // part of floor that does not depend on the position
	best   placement
	// near is the nearest miss. The caller may set it before, to see only nearer ones.
	near miss
	dear bool // there is a placement, or may be one, that the limit keeps out
}

// noLimit wants every placement.
const noLimit = int64(math.MaxInt64)

// newScan prepares a scan of line l of route r for every placement.
func (b *board) newScan(r int32, l *line, u unit) *scan {
	return &scan{b: b, u: u, r: r, route: &b.m.Routes[r], l: l, limit: noLimit, misses: true}
}

// run does the scan; afterwards best is the cheapest placement below the limit, if any, and near the nearest miss if misses
// are wanted. Beside a single visit a depot stop may go in, where the technician has depots. O(stops) for a visit that the
// laid-out times rule out; each position that they leave is walked.
func (s *scan) run() {
	s.best = nowhere(s.r)
	if why, short := s.closed(); why != "" {
		s.missed(miss{at: nowhere(s.r), reason: why, short: short, visit: none, walked: true})
		return
	}
	s.prepare()
	if s.u.tail != none {
		s.pairs()
	} else {
		s.singles()
	}
	if s.u.tail == none {
		s.depots()
	}
}

// closed tests what holds for the route whatever the position.
func (s *scan) closed() (dispatch.Reason, int64) {
	if s.l.broken != "" {
		return s.l.broken, 0
	}
	more := int32(1)
	if s.u.tail != none {
		more = 2
	}
	if over := int64(s.l.visits) + int64(more) - int64(s.route.MaxVisits); over > 0 {
		return dispatch.ReasonMaxVisits, over
	}
	if s.route.Capacity == nil || len(s.route.Depots) > 0 {
		return "", 0
	}
	for d, load := range s.l.stock {
		s.u.each(func(v int32) { load += int64(s.b.stock[int(v)*s.b.dims+d]) })
		if over := load - int64(s.route.Capacity[d%(s.b.dims/2)]); over > 0 {
			return dispatch.ReasonCapacity, over
		}
	}
	return "", 0
}

// prepare sets the part of the lower bound that every position shares. It needs rates that are not negative, and a route
// without a rate for distance.
func (s *scan) prepare() {
	rates := &s.route.Rates
	s.bound = rates.Distance == 0 && min(rates.Fixed, rates.Travel, rates.Duty, rates.OnSite, rates.Overtime) >= 0
	s.fixed = rates.OnSite*s.b.onSite(s.r, s.u) - s.l.spare
	s.u.each(func(v int32) { s.fixed += s.b.m.Static(s.route.Class, v) })
	if s.l.visits == 0 {
		s.fixed += rates.Fixed
	}
}

// singles tries one visit after each node.
func (s *scan) singles() {
	v := s.u.head
	l, h, place := s.l, &s.b.hours[v], s.b.m.Place(v)
	work := int64(s.b.m.OnSite(s.route, v))
	s.b.work += int64(len(l.stops) + 1)
	for p := range int32(len(l.stops) + 1) {
		// First without the ways, then with the way that leaves, whose row of the table stays in the cache, then with the one
		// that leads here, whose column does not.
		begin := int64(max(l.dep[p], h.first))
		if low := max(begin-int64(h.last), begin+work-int64(l.arrive[p]), work-int64(l.room[p])); low > 0 && !s.mayMiss(low) {
			if begin > int64(h.last) {
				break // later nodes are left later still
			}
			continue
		}
		out := s.route.Leg(place, l.place[p+1])
		if low := work + int64(out) + max(begin-int64(l.arrive[p]), -int64(l.room[p])); low > 0 && !s.mayMiss(low) {
			continue
		}
		in := s.route.Leg(l.place[p], place)
		if in >= dispatch.Unreachable || out >= dispatch.Unreachable {
			s.missed(miss{at: s.single(p), reason: dispatch.ReasonUnreachable, visit: v, walked: true})
			continue
		}
		if short := s.short(p, v, in, out); short > 0 {
			s.missed(miss{at: s.single(p), reason: dispatch.ReasonWindowClosed, short: short, visit: v})
			continue
		}
		extra := int64(in) + int64(out)
		if len(l.stops) > 0 { // an unused route pays no way from its start to its end
			extra -= int64(s.route.Leg(l.place[p], l.place[p+1]))
		}
		if sum := l.travel + extra; sum > s.route.MaxTravel {
			s.missed(miss{at: s.single(p), reason: dispatch.ReasonMaxTravel, short: sum - s.route.MaxTravel, visit: none, walked: true})
			continue
		}
		if s.limit != noLimit && s.bound && s.fixed+s.route.Rates.Travel*extra >= s.limit {
			s.dear = true
			continue
		}
		s.try(s.single(p))
	}
}

// mayMiss reports whether a miss by at least low ticks is of interest.
func (s *scan) mayMiss(low int64) bool {
	return s.misses && s.best.p == none && (nearness(s.near.reason) > 0 || low < s.near.short)
}

func (s *scan) single(p int32) placement {
	at := nowhere(s.r)
	at.p = p
	return at
}

// short is by how many ticks visit v after node p misses its own windows or those of what follows, by the laid-out times;
// 0 when it may fit.
func (s *scan) short(p, v, in, out int32) int64 {
	h := &s.b.hours[v]
	begin := h.open(plus(s.l.dep[p], in))
	if begin > h.last {
		return int64(begin) - int64(h.last)
	}
	busy := int64(s.b.m.OnSite(s.route, v)) + int64(out)
	return max(0, int64(begin)+busy-int64(s.l.arrive[p]), int64(in)+busy-int64(s.l.room[p]))
}

// shortAt is short with the legs looked up.
func (s *scan) shortAt(p, v int32) int64 {
	place := s.b.m.Place(v)
	return s.short(p, v, s.route.Leg(s.l.place[p], place), s.route.Leg(place, s.l.place[p+1]))
}

// pairs tries the first visit after each node and the second after that or a later one. The times between the two are
// carried along from the first, for a detour may also be a short cut: travel times need not keep the triangle inequality.
// O(stops^2).
func (s *scan) pairs() {
	for p := range int32(len(s.l.stops) + 1) {
		now, ok := s.arrive(s.l.dep[p], s.l.place[p], s.u.head, p, p)
		at := s.b.m.Place(s.u.head)
		for tail := p; ok; tail++ {
			s.b.work++
			s.second(now, at, p, tail)
			if int(tail) == len(s.l.stops) {
				break
			}
			now, ok = s.arrive(now, at, s.l.stops[tail], p, tail)
			at = s.l.place[tail+1]
		}
	}
}

// arrive goes on to a stop and gives the earliest departure from it; false when its window is missed.
func (s *scan) arrive(now, from, code, p, tail int32) (int32, bool) {
	h, work := s.b.stop(s.r, code)
	begin := h.open(plus(now, s.route.Leg(from, s.b.place(s.route, code))))
	if begin > h.last {
		s.missed(miss{at: s.both(p, tail), reason: dispatch.ReasonWindowClosed, short: int64(begin) - int64(h.last), visit: s.u.head})
		return 0, false
	}
	return plus(begin, work), true
}

// second tries the second visit of a pair after node tail, left at now.
func (s *scan) second(now, from, p, tail int32) {
	v := s.u.tail
	h, place := &s.b.hours[v], s.b.m.Place(v)
	begin := h.open(plus(now, s.route.Leg(from, place)))
	short := int64(begin) - int64(h.last)
	if short <= 0 {
		short = int64(begin) + int64(s.b.m.OnSite(s.route, v)) + int64(s.route.Leg(place, s.l.place[tail+1])) - int64(s.l.arrive[tail])
	}
	if short > 0 {
		s.missed(miss{at: s.both(p, tail), reason: dispatch.ReasonWindowClosed, short: short, visit: v})
		return
	}
	s.try(s.both(p, tail))
}

func (s *scan) both(p, tail int32) placement {
	at := s.single(p)
	at.tail = tail
	return at
}

// depots tries the visit together with one more depot stop before it. O(stops^2 * depots) walks.
func (s *scan) depots() {
	for k := range s.route.Depots {
		if s.stopsAt(int32(k)) >= max(s.route.Depots[k].MaxStops, 1) {
			continue
		}
		for p := range int32(len(s.l.stops) + 1) {
			for after := range p + 1 {
				at := s.single(p)
				at.depot, at.after = int32(k), after
				s.try(at)
			}
		}
	}
}

// stopsAt counts the stops at a depot.
func (s *scan) stopsAt(depot int32) (n int32) {
	for _, code := range s.l.stops {
		if code == s.b.m.Visits+depot {
			n++
		}
	}
	return n
}

// try walks a placement.
func (s *scan) try(at placement) {
	stops := s.b.with(s.l, s.u, at)
	if s.except != nil && slices.Equal(stops, s.except) {
		return
	}
	s.b.work += 3 * int64(len(stops)) // a stop walked takes about as long as three positions
	cost, ok := s.b.w.Cost(s.route, stops)
	if !ok {
		if s.misses && s.best.p == none {
			s.missed(s.b.failed(at, stops))
		}
		return
	}
	if pay := cost - s.l.cost; pay < s.limit {
		at.cost = cost
		s.best, s.limit = at, pay
	} else {
		s.dear = true
	}
}

func (s *scan) missed(m miss) {
	if s.misses && s.best.p == none && m.nearer(&s.near) {
		s.near = m
	}
}

// failed is the miss that the walker has just met.
func (b *board) failed(at placement, stops []int32) miss {
	f := &b.w.Fail
	m := miss{at: at, reason: f.Reason, short: f.Short, visit: none, walked: true}
	if f.Stop >= 0 && f.Stop < len(stops) && stops[f.Stop] < b.m.Visits {
		m.visit = stops[f.Stop]
	}
	return m
}

// settled finds the rule behind a miss that only the laid-out times have shown.
func (b *board) settled(l *line, u unit, m miss) miss {
	if m.walked || m.reason == "" {
		return m
	}
	stops := b.with(l, u, m.at)
	if b.w.Walk(&b.m.Routes[m.at.route], stops) {
		return m // cannot be: the laid-out times are optimistic
	}
	out := b.failed(m.at, stops)
	if nearness(out.reason) == 0 {
		out.short = max(out.short, m.short)
	}
	return out
}

// with gives the stops of a line with a unit placed on it. The slice is valid until the next call.
func (b *board) with(l *line, u unit, at placement) []int32 {
	out := b.buf[:0]
	for node := range int32(len(l.stops) + 1) {
		if node > 0 {
			out = append(out, l.stops[node-1])
		}
		if at.depot != none && node == at.after {
			out = append(out, b.m.Visits+at.depot)
		}
		if node == at.p {
			out = append(out, u.head)
		}
		if u.tail != none && node == at.tail {
			out = append(out, u.tail)
		}
	}
	b.buf = out
	return out
}

// ranksKept reports whether the unit may go on route r as far as pinned ranks on the technician's other shifts go: ranks
// rise over all shifts in order of their start.
func (b *board) ranksKept(r int32, u unit) bool {
	if !b.ranked {
		return true
	}
	kept := true
	u.each(func(v int32) {
		rank, _ := b.m.Rank(v)
		for _, o := range b.of[b.m.Routes[r].Technician] {
			if rank == 0 || o == r {
				continue
			}
			for _, code := range b.lines[o].stops {
				if code >= b.m.Visits || u.has(code) {
					continue
				}
				other, _ := b.m.Rank(code)
				if other != 0 && other != rank && (other < rank) != b.before(o, r) {
					kept = false
				}
			}
		}
	})
	return kept
}

// before reports whether one shift of a technician comes before another.
func (b *board) before(o, r int32) bool {
	x, y := &b.m.Routes[o], &b.m.Routes[r]
	return x.Start < y.Start || (x.Start == y.Start && x.Shift < y.Shift)
}
