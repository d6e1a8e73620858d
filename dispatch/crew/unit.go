package crew

import (
	"cmp"
	"slices"
)

// seat is a place for a visit: behind node p.
type seat struct {
	p     int32
	price int64
}

// together moves a whole unit of several visits, a crew or services one after the other: all are taken off and put in again,
// the first near one of its neighbours, the others wherever that is cheapest about then.
func (s *search) together(limit int64) bool {
	if len(s.tied) == 0 {
		return false
	}
	v := s.tied[s.rng.below(int32(len(s.tied)))]
	unit := s.unit[v]
	if s.route[v] < 0 || len(unit) < 2 {
		return false
	}
	for _, u := range unit {
		s.remove(u)
	}
	if !s.reseat(unit, v) {
		return false
	}
	return s.worthwhile(limit, s.delta+s.lost)
}

// reseat puts the visits of a unit, which stand nowhere, on routes; v goes first.
func (s *search) reseat(unit []int32, v int32) bool {
	p := s.spot(v)
	if p < 0 || !s.may(s.route[p], v) {
		return false
	}
	low, high := s.bounds(v, s.key[p], s.key[s.next[p]])
	if high-low < 2 {
		return false
	}
	s.insert(p, v)
	crewLow, crewHigh := low, high
	for _, u := range s.mates[v] {
		if p = s.seatWithin(u, crewLow, crewHigh); p < 0 {
			return false
		}
		crewLow, crewHigh = s.bounds(u, max(crewLow, s.key[p]), min(crewHigh, s.key[s.next[p]]))
		if crewHigh-crewLow < 2 {
			return false
		}
		s.insert(p, u)
	}
	s.setKey(v, between(crewLow, crewHigh))
	for _, u := range unit {
		if s.route[u] < 0 && !s.follow(u) {
			return false
		}
	}
	return true
}

// follow seats a visit whose unit is seated in part, and its crew, by the keys of its links.
func (s *search) follow(v int32) bool {
	if other, second := s.m.Partner(v); other >= 0 && s.route[other] >= 0 {
		return s.beside(other, v, second)
	}
	low, high := s.bounds(v, -lastKey, lastKey)
	for i := range s.in[v] {
		if e := &s.in[v][i]; s.route[e.other] >= 0 {
			at := s.key[e.other]
			low = max(low, at+int64(e.min)<<keyStep/2)
			if e.limited {
				high = min(high, at+int64(e.max)<<keyStep*2+1<<(keyStep+12))
			}
		}
	}
	for i := range s.out[v] {
		if e := &s.out[v][i]; s.route[e.other] >= 0 && e.limited {
			low = max(low, s.key[e.other]-int64(e.max)<<keyStep*2-1<<(keyStep+12))
		}
	}
	for _, u := range append([]int32{v}, s.mates[v]...) {
		p := s.seatWithin(u, low, high)
		if p < 0 {
			return false
		}
		low, high = s.bounds(u, max(low, s.key[p]), min(high, s.key[s.next[p]]))
		if high-low < 2 {
			return false
		}
		s.insert(p, u)
	}
	s.setKey(v, between(low, high))
	return true
}

// beside puts the visit of a pair on the route of the other one: behind it, perhaps later, or right before it.
func (s *search) beside(other, v int32, second bool) bool {
	p := s.prev[other]
	if second {
		for p = other; s.next[p] < s.n && s.rng.below(3) == 0; {
			p = s.next[p]
		}
	}
	s.insert(p, v)
	s.setKey(v, s.key[p]+1)
	return true
}

// seatWithin is the cheapest of some places for v whose keys meet the range from low to high, each overlooked now and then;
// -1 when there is none.
func (s *search) seatWithin(v int32, low, high int64) int32 {
	best, bestPrice := int32(-1), int64(0)
	try := func(p int32) {
		q := s.next[p]
		if max(s.key[p], low)+2 > min(s.key[q], high) || s.rng.below(4) == 0 || !s.may(s.route[p], v) {
			return
		}
		r := s.route[p]
		price := s.price(r, p, v) + s.price(r, v, q) - s.price(r, p, q) + s.own(r, v)
		if best < 0 || price < bestPrice {
			best, bestPrice = p, price
		}
	}
	near := s.near[v]
	for _, u := range near[:min(len(near), nearSeats)] {
		if s.route[u] >= 0 {
			try(u)
			if p := s.prev[u]; p >= s.n {
				try(p)
			}
		}
	}
	if mid := low/2 + high/2; best < 0 || s.rng.below(8) == 0 {
		r := s.rng.below(s.r)
		try(s.behind(s.begin(r), mid))
	}
	return best
}

// nearSeats is how many neighbours of a visit are looked at for a seat.
const nearSeats = 30

// bring serves a unit that is left out, perhaps instead of another one.
func (s *search) bring() bool {
	if len(s.absent) == 0 {
		return false
	}
	head := s.absent[s.rng.below(int32(len(s.absent)))]
	unit := s.unit[head]
	if s.rng.next()&1 == 0 && !s.giveWay(head) || !s.mayServe(unit) {
		return false
	}
	s.serve(head)
	return s.reseat(unit, unit[0])
}

// giveWay leaves out a unit near v.
func (s *search) giveWay(v int32) bool {
	near := s.near[v]
	if len(near) == 0 {
		return false
	}
	u := near[s.pick(int32(len(near)))]
	if s.route[u] < 0 || !s.mayLeave(s.unit[u]) || s.unit[u][0] == s.unit[v][0] {
		return false
	}
	return s.drop(s.unit[u])
}

// drop leaves a unit out.
func (s *search) drop(unit []int32) bool {
	for _, v := range unit {
		s.remove(v)
	}
	s.leaveOut(unit[0])
	return true
}

// mayServe reports whether all that the unit depends on is served, mayLeave whether nothing that is served depends on it.
func (s *search) mayServe(unit []int32) bool {
	for _, v := range unit {
		for i := range s.m.Problem.Links {
			l := &s.m.Problem.Links[i]
			if l.Second == v && s.route[l.First] < 0 && !slices.Contains(unit, l.First) {
				return false
			}
		}
	}
	return true
}

func (s *search) mayLeave(unit []int32) bool {
	for _, v := range unit {
		for i := range s.m.Problem.Links {
			l := &s.m.Problem.Links[i]
			if l.First == v && s.route[l.Second] >= 0 && !slices.Contains(unit, l.Second) {
				return false
			}
		}
	}
	return true
}

// fill serves what is left out wherever that costs the plan least, if it costs less than leaving it out: what closes soonest
// first, then what nothing waits for. It stops when the budget ends.
func (s *search) fill(c *clock) {
	order := slices.Clone(s.absent)
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(s.deadline(a), s.deadline(b)), cmp.Compare(a, b))
	})
	for again := true; again; {
		again = false
		for i, head := range order {
			if i%16 == 15 {
				if _, more, _ := c.now(0); !more {
					return
				}
			}
			if s.route[head] < 0 && s.mayServe(s.unit[head]) && s.cheapest(s.unit[head]) {
				again = true
			}
		}
	}
}

func (s *search) deadline(head int32) int32 {
	t := s.last[head]
	for _, v := range s.unit[head] {
		t = min(t, s.last[v], s.due[v])
	}
	return t
}

// tuples is how many combinations of seats for the visits of a unit are tried.
const tuples = 144

// cheapest serves a unit at the best of some combinations of seats; false when none is better than leaving it out.
func (s *search) cheapest(unit []int32) bool {
	each := tuples
	for n := 1; n < len(unit); n++ {
		each = max(int(float64(each)/12), 3)
	}
	if len(unit) == 2 {
		each = 12
	}
	seats := make([][]seat, len(unit))
	for i, v := range unit {
		if seats[i] = s.seats(v, each); len(seats[i]) == 0 {
			return false
		}
	}
	at, best := make([]int, len(unit)), []int(nil)
	least := int64(0)
	for more := true; more; more = advance(at, seats) {
		if delta, ok := s.tryTuple(unit, seats, at); ok && delta < least {
			least, best = delta, slices.Clone(at)
		}
		s.undo()
	}
	if best == nil {
		return false
	}
	delta, _ := s.tryTuple(unit, seats, best)
	s.take(delta)
	return true
}

func advance(at []int, seats [][]seat) bool {
	for i := range at {
		if at[i]++; at[i] < len(seats[i]) {
			return true
		}
		at[i] = 0
	}
	return false
}

// tryTuple serves a unit at given seats and prices that.
func (s *search) tryTuple(unit []int32, seats [][]seat, at []int) (int64, bool) {
	s.serve(unit[0])
	for i, v := range unit {
		if s.route[v] < 0 && !s.placeCrew(unit, seats, at, i) {
			return 0, false
		}
	}
	return s.priced(noLimit)
}

const noLimit = int64(1) << 60

// placeCrew puts the i-th visit of a unit and its crew on their seats, with one key.
func (s *search) placeCrew(unit []int32, seats [][]seat, at []int, i int) bool {
	low, high := -lastKey, lastKey
	for k := i; k < len(unit); k++ {
		v := unit[k]
		if s.head[v] != s.head[unit[i]] {
			continue
		}
		p := seats[k][at[k]].p
		if !s.may(s.route[p], v) {
			return false
		}
		low, high = s.bounds(v, max(low, s.key[p]), min(high, s.key[s.next[p]]))
		s.insert(p, v)
	}
	key := between(low, high)
	if key == noKey && s.swift {
		return false
	}
	s.setKey(unit[i], key)
	return true
}

// seats lists the places for v that look cheapest by travel and, roughly, lateness, at most so many.
func (s *search) seats(v int32, most int) []seat {
	var out []seat
	for r := range s.r {
		if !s.may(r, v) {
			continue
		}
		for p := s.begin(r); p != s.end(r); p = s.next[p] {
			q := s.next[p]
			t := max(s.start[p]+s.work[p]+s.leg(r, p, v), s.first[v])
			if t > s.last[v] {
				break
			}
			price := s.price(r, p, v) + s.price(r, v, q) - s.price(r, p, q) + s.own(r, v) + s.m.Lateness(v, t)
			if q < s.n {
				by := t + s.work[v] + s.leg(r, v, q)
				if by > s.last[q] {
					continue
				}
				price += s.m.Lateness(q, by)
			}
			out = append(out, seat{p, price})
		}
	}
	slices.SortFunc(out, func(a, b seat) int { return cmp.Or(cmp.Compare(a.price, b.price), cmp.Compare(a.p, b.p)) })
	return out[:min(most, len(out))]
}
