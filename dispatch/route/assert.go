package route

import (
	"fmt"
	"math"

	"fettle/dispatch"
)

// verify recomputes the plan in hand from nothing and compares every incremental value with it: times of every node, stock
// and size of every route, who is absent, which routes are empty, and the total cost. It returns the first difference.
func (s *search) verify() error {
	if s.misgauged != nil {
		return fmt.Errorf("iteration %d: %w", s.iteration, s.misgauged)
	}
	if err := s.verifyKept(); err != nil {
		return fmt.Errorf("iteration %d: %w", s.iteration, err)
	}
	var total int64
	seen := make([]bool, s.n)
	for r := range s.routes {
		c, err := s.verifyRoute(int32(r), seen)
		if err != nil {
			return fmt.Errorf("iteration %d, route %d: %w", s.iteration, r, err)
		}
		total += c
	}
	for v := int32(0); v < s.n; v++ {
		absent := s.absentAt[v] >= 0 && int(s.absentAt[v]) < len(s.absent) && s.absent[s.absentAt[v]] == v
		if absent == seen[v] {
			return fmt.Errorf("iteration %d: visit %d absent %t, on a route %t", s.iteration, v, absent, seen[v])
		}
		if absent {
			total += s.prize[v]
		}
	}
	if total += s.fairness() + s.duties(); total != s.current {
		return fmt.Errorf("iteration %d: cost kept %d, recomputed %d", s.iteration, s.current, total)
	}
	return nil
}

func (s *search) verifyRoute(r int32, seen []bool) (int64, error) {
	size := int32(0)
	loads := make([]int32, s.dims)
	dep := s.first[s.start(r)]
	for v := s.nodes[s.start(r)].next; v >= 0; v = s.nodes[v].next {
		var err error
		if dep, err = s.verifyNode(r, v, dep); err != nil {
			return 0, err
		}
		if v < s.n {
			size++
			seen[v] = true
			for d := range loads {
				loads[d] += s.demand[int(v)*s.dims+d]
			}
		}
	}
	if size != s.routes[r].size || (size == 0) != (s.emptyAt[r] >= 0) {
		return 0, fmt.Errorf("size kept %d, counted %d, place among the empty %d", s.routes[r].size, size, s.emptyAt[r])
	}
	for d := range loads {
		if loads[d] != s.loads[int(r)*s.dims+d] {
			return 0, fmt.Errorf("stock %d kept %d, recomputed %d", d, s.loads[int(r)*s.dims+d], loads[d])
		}
	}
	return s.verifyCost(r, size)
}

// verifyNode compares what is kept about a node, given the departure from the one before, and returns its own departure.
func (s *search) verifyNode(r, v, dep int32) (int32, error) {
	nd := &s.nodes[v]
	prev := &s.nodes[nd.prev]
	if prev.next != v || nd.route != r || nd.leg != s.travel(r, nd.prev, v) || prev.nextLeg != nd.leg || prev.nextLst != nd.lst {
		return 0, fmt.Errorf("node %d: links, route, leg or what is kept of the next stop are wrong", v)
	}
	dep += nd.leg
	if nd.next >= 0 {
		dep = s.open(v, dep) + s.onSite(r, v)
		next := &s.nodes[nd.next]
		if lst := s.latest(v, next.lst-next.leg-s.onSite(r, v)); lst != nd.lst {
			return 0, fmt.Errorf("node %d: latest time kept %d, recomputed %d", v, nd.lst, lst)
		}
	}
	if dep != nd.dep {
		return 0, fmt.Errorf("node %d: departure kept %d, recomputed %d", v, nd.dep, dep)
	}
	return dep, nil
}

// verifyCost walks the route with the model: what it says is the truth for plain and rich problems alike.
func (s *search) verifyCost(r, size int32) (int64, error) {
	stops := s.collect(r, nil)
	c, ok := s.walk.Cost(&s.m.Routes[r], stops)
	if s.soft && s.routes[r].over != 0 {
		return s.verifyOver(r, ok)
	}
	if !ok {
		return 0, fmt.Errorf("breaks rule %s at stop %d of %v by %d", s.walk.Fail.Reason, s.walk.Fail.Stop, stops, s.walk.Fail.Short)
	}
	if size == 0 {
		if len(stops) > 0 {
			return 0, fmt.Errorf("has depot stops but no visit")
		}
		return 0, nil
	}
	if lasts := int64(s.walk.Sum.End) - int64(s.walk.Sum.Departure); s.heads != nil && (s.m.Routes[r].MaxDuty < math.MaxInt32 || s.m.Routes[r].Rates.Duty != 0) &&
		(s.heads[s.end(r)].length != lasts || s.tails[s.start(r)].length != lasts) {
		return 0, fmt.Errorf("duty kept %d and %d, recomputed %d", s.heads[s.end(r)].length, s.tails[s.start(r)].length, lasts)
	}
	if s.rich && (c != s.routes[r].cost || s.walk.Work != s.routes[r].workload) {
		return 0, fmt.Errorf("cost kept %d, recomputed %d", s.routes[r].cost, c)
	}
	return c, nil
}

// verifyOver compares what is kept of a route that passes its longest duty; walked says that a walk found it feasible.
func (s *search) verifyOver(r int32, walked bool) (int64, error) {
	over, fail := s.routes[r].over, &s.walk.Fail
	if walked || fail.Reason != dispatch.ReasonMaxDuty || fail.Short != over || s.heads[s.end(r)].length != s.tails[s.start(r)].length {
		return 0, fmt.Errorf("longest duty passed by %d, recomputed %d (%s)", over, fail.Short, fail.Reason)
	}
	return s.legsCost(r), nil
}

// legsCost adds up what a route of a plain problem costs.
func (s *search) legsCost(r int32) int64 {
	cost := s.fixed[r] - s.rate[r]*int64(s.travel(r, s.start(r), s.end(r)))
	for v := s.nodes[s.start(r)].next; v >= 0; v = s.nodes[v].next {
		cost += s.rate[r] * int64(s.nodes[v].leg)
		if v < s.n {
			cost += s.extra(r, v)
		}
	}
	return cost
}
