package route

import "math"

// Where a longest duty binds most routes, hardly any plan next to a feasible one is feasible. Annealing of a plain problem
// may therefore pass the longest duty at a price for each tick, which follows how often the plan in hand keeps it (as in
// Vidal et al. 2013, section 4.4). Only plans that keep it can become the best.

// dutyKeptShare is how often the plan in hand should keep the longest duties, dutyPace how fast the price follows, and
// dutyUnit the fixed point of the price.
const dutyKeptShare, dutyPace, dutyUnit = 0.2, 0.02, 64

// leastDuty and mostDuty bound the price.
const leastDuty, mostDuty = 0.5, 30

// soften lets plans pass the longest duty from now on, or forbids it again to plans that keep it.
func (s *search) soften(on bool) {
	s.soft = on && s.heads != nil && !s.rich
	if s.soft && s.dutyPrice == 0 {
		s.setDutyPrice(1)
	}
}

// followDuty renews the price of a tick above the longest duty.
func (s *search) followDuty() {
	if !s.soft {
		return
	}
	by := math.Exp(dutyPace * dutyKeptShare)
	if s.over == 0 {
		by = math.Exp(-dutyPace * (1 - dutyKeptShare))
	}
	s.setDutyPrice(min(max(s.dutyPriced*by, leastDuty), mostDuty))
}

// setDutyPrice sets the price in units of the least cost of a tick of travel.
func (s *search) setDutyPrice(price float64) {
	s.dutyPriced = price
	if s.over > 0 {
		s.current -= s.duties()
	}
	s.dutyPrice = max(int64(price*dutyUnit*float64(max(s.leastRate, 1))), 1)
	if s.over > 0 {
		s.current += s.duties()
	}
}

// duties is what all routes pay.
func (s *search) duties() int64 {
	var sum int64
	for r := range s.routes {
		sum += s.dutyOf(s.routes[r].over)
	}
	return sum
}

// dutyOf is the price of so many ticks above the longest duty.
func (s *search) dutyOf(over int64) int64 { return over * s.dutyPrice / dutyUnit }

// overDuty is by how much a span is longer than the longest duty of a route.
func (s *search) overDuty(r int32, length int64) int64 {
	return max(length-int64(s.m.Routes[r].MaxDuty), 0)
}

// noteDuty renews by how much a route, which touchRoute has saved, passes the longest duty and returns what it pays more.
func (s *search) noteDuty(r int32) int64 {
	if !s.soft {
		return 0
	}
	rs, over := &s.routes[r], int64(0)
	if rs.size > 0 {
		over = s.overDuty(r, s.heads[s.end(r)].length)
	}
	pay := s.dutyOf(over) - s.dutyOf(rs.over)
	s.over += over - rs.over
	rs.over = over
	return pay
}

// dutyPays is what visit v behind node p adds to the price of duty; false when the longest duty is a rule and broken.
func (s *search) dutyPays(p, v int32) (int64, bool) {
	if !s.soft {
		return 0, s.heads == nil || s.dutyFits(p, v)
	}
	u := &s.nodes[p]
	r := u.route
	head := s.heads[p].then(int64(s.travel(r, p, v)), s.alone(v, r))
	over := s.overDuty(r, head.then(int64(s.travel(r, v, u.next)), s.tails[u.next]).length)
	if over == 0 {
		return 0, true
	}
	return s.dutyOf(over) - s.dutyOf(s.routes[r].over), true
}

// dutySaved is the most that two routes can save of what they pay for their duty.
func (s *search) dutySaved(a, b int32) int64 {
	if s.over == 0 {
		return 0
	}
	return s.dutyOf(s.routes[a].over) + s.dutyOf(s.routes[b].over)
}

// dutyVia is dutyBecomes for a route that goes from node a, with what is before it now, by visit v to node b and on.
func (s *search) dutyVia(r, a, v, b int32) (int64, bool) {
	head := s.heads[a].then(int64(s.travel(r, a, v)), s.alone(v, r))
	return s.dutyBecomes(r, head.then(int64(s.travel(r, v, b)), s.tails[b]))
}
