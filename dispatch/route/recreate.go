package route

import (
	"math"
	"slices"
)

// place is where a visit goes: after node p, at a cost. Depot and second are used by rich problems: a depot stop that goes
// in with it, and the place of the other half of a pair.
type place struct {
	p     int32 // -1 when there is none
	delta int64 // with the discount of this iteration on opening a route
	depot int32 // depot node to link first, -1 for none
	after int32 // node after which the depot goes
	tail  int32 // node after which the second of a pair goes; the pair's first when they touch
}

func nowhere() place { return place{p: -1, delta: math.MaxInt64, depot: -1, tail: -1} }

// recreate inserts the removed visits one after the other where each is cheapest, overlooking a position now and then:
// greedy insertion with blinks, Christiaens and Vanden Berghe (2020), section 3.3, over candidate positions only.
func (s *search) recreate() {
	s.order()
	s.discount = 1
	if s.rng.unit() < s.tune.Discount {
		s.discount = s.rng.unit()
	}
	for _, v := range s.removed {
		if s.nodes[v].route >= 0 {
			continue // the second half of a pair that went in with the first
		}
		s.insert(v)
	}
}

// insert puts a visit where it is cheapest, if that costs less than leaving it out. A visit of a pinned order is placed at
// the start or not at all where the order runs over several shifts, for a route knows only its own.
func (s *search) insert(v int32) {
	if s.frozen != nil && s.frozen[v] && s.shiftwork {
		return
	}
	if at := s.cheapest(v); at.p >= 0 && (s.squeezing || at.delta < s.prizeOf(v)) {
		s.put(v, at)
	}
}

func (s *search) prizeOf(v int32) int64 {
	if !s.rich {
		return s.prize[v]
	}
	if other, _ := s.m.Partner(v); other >= 0 {
		return s.prize[v] + s.prize[other]
	}
	return s.prize[v]
}

// order sorts the removed visits by a key drawn at random: SISR's four, the three of time windows, and value density.
func (s *search) order() {
	type weighted struct {
		weight int32
		key    func(v int32) float64
	}
	orders := [...]weighted{
		{4, func(int32) float64 { return s.rng.unit() }},
		{4, func(v int32) float64 { return -s.size(v) }},
		{2, func(v int32) float64 { return -float64(s.home[v]) }},
		{1, func(v int32) float64 { return float64(s.home[v]) }},
		{2, func(v int32) float64 { return float64(s.last[v]) - float64(s.first[v]) }},
		{2, func(v int32) float64 { return float64(s.first[v]) }},
		{2, func(v int32) float64 { return -float64(s.last[v]) }},
		{s.tune.byValue(s.optional), func(v int32) float64 { return -float64(s.prize[v]) / (s.size(v) + s.edge) }},
	}
	total := int32(0)
	for i := range orders {
		total += orders[i].weight
	}
	draw := s.rng.below(total)
	k := 0
	for draw >= orders[k].weight {
		draw -= orders[k].weight
		k++
	}
	s.keys = s.keys[:0]
	for _, v := range s.removed {
		s.keys = append(s.keys, orders[k].key(v))
	}
	sortByKey(s.removed, s.keys)
}

// size is how much room a visit takes: its stock where stock is limited, else its time on site.
func (s *search) size(v int32) float64 {
	if s.dims > 0 {
		return float64(s.demand[int(v)*s.dims])
	}
	return float64(s.workOf[v])
}

// sortByKey sorts both slices by key; insertion sort, for they are short.
func sortByKey(items []int32, keys []float64) {
	if len(items) > 60 {
		index := make([]int, len(items))
		for i := range index {
			index[i] = i
		}
		slices.SortStableFunc(index, func(a, b int) int {
			switch {
			case keys[a] < keys[b]:
				return -1
			case keys[a] > keys[b]:
				return 1
			}
			return 0
		})
		was := slices.Clone(items)
		for i, k := range index {
			items[i] = was[k]
		}
		return
	}
	for i := 1; i < len(items); i++ {
		for j := i; j > 0 && keys[j] < keys[j-1]; j-- {
			keys[j], keys[j-1] = keys[j-1], keys[j]
			items[j], items[j-1] = items[j-1], items[j]
		}
	}
}

// cheapest finds the best place of a visit.
func (s *search) cheapest(v int32) place {
	if s.rich {
		return s.cheapestRich(v)
	}
	best := nowhere()
	if s.flat && (s.several == nil || s.several[v] == nil) {
		s.scanTable(&best, v)
	} else {
		s.scan(&best, v)
	}
	if s.unused > 0 && (!s.squeezing || s.usedRoutes() < s.mayUse) {
		s.openRoutes(&best, v)
	}
	return best
}

// scanTable tries the positions after likely predecessors and before likely successors of v. Both travel times of a
// position are read from v's own row of the table (and of its transpose), which stays in the fastest cache. Each position
// is judged by one branch that is nearly always taken: both time windows and the cost to beat are folded into the sign of
// one number, and absent visits fail by their times (absentDep, absentLst). A position that would not win need not be
// overlooked by chance, so blinks are drawn for winners only.
func (s *search) scanTable(best *place, v int32) {
	first, last, work := s.first[v], s.last[v], s.work[v]
	at := int(s.place[v]) * s.side
	row, column := s.table[at:at+s.side], s.transposed[at:at+s.side]
	nodes, places := s.nodes, s.place
	toBeat := int32(math.MaxInt32 / 2)
	for _, c := range s.lists.pred[v] {
		u := &nodes[c.node]
		out := row[places[u.next]]
		arrive := u.dep + c.d
		leave := max(arrive, first) + work
		extra := c.d + out - u.nextLeg
		if (last-arrive)|(u.nextLst-leave-out)|(toBeat-1-extra) < 0 {
			continue
		}
		if s.win(best, v, c.node, u.route, extra) {
			toBeat = s.extraToBeat(best, extra)
		}
	}
	for _, c := range s.lists.succ[v] {
		q := &nodes[c.node]
		in := column[places[q.prev]]
		arrive := nodes[q.prev].dep + in
		leave := max(arrive, first) + work
		extra := in + c.d - q.leg
		if (last-arrive)|(q.lst-leave-c.d)|(toBeat-1-extra) < 0 {
			continue
		}
		if s.win(best, v, q.prev, q.route, extra) {
			toBeat = s.extraToBeat(best, extra)
		}
	}
}

// win takes a position that is cheaper than the best so far, unless it is overlooked or the route may not serve the visit.
func (s *search) win(best *place, v, p, r, extra int32) bool {
	if s.blink--; s.blink <= 0 {
		s.blink = s.rng.geometric(s.tune.Blink)
		return false
	}
	if !s.mayServe(r, v) {
		return false
	}
	delta := s.rate[r] * int64(extra)
	if s.heads != nil {
		pay, ok := s.dutyPays(p, v)
		if delta += pay; !ok || delta >= best.delta {
			return false
		}
	}
	best.p, best.delta = p, delta
	return true
}

// extraToBeat is the extra travel from which no position can beat the best so far, which has this much.
func (s *search) extraToBeat(best *place, extra int32) int32 {
	if !s.soft || s.leastRate == 0 {
		return extra
	}
	return int32(min(best.delta/s.leastRate+1, math.MaxInt32/2))
}

// scan is scanTable for problems without a table of travel times, with several tables, rates or static costs, or with
// several windows: the first branch judges by lower bounds.
func (s *search) scan(best *place, v int32) {
	first, last, work := s.first[v], s.last[v], s.work[v]
	least := s.lists.leastOut[v]
	toBeat := int32(math.MaxInt32 / 2)
	roomAfter, roomBefore := s.roomAfter, s.roomBefore
	for _, c := range s.lists.pred[v] {
		if roomAfter[c.node] < c.d+work+least {
			continue
		}
		u := &s.nodes[c.node]
		arrive := u.dep + c.d
		leave := max(arrive, first) + work
		if (last-arrive)|(u.nextLst-leave-least)|(toBeat-1-c.d-least+u.nextLeg) < 0 || !s.servable(u.route, v) {
			continue
		}
		s.tryBetween(best, v, c.node, u, c.d, -1)
		toBeat = s.toBeat(best)
	}
	least = s.lists.leastIn[v]
	for _, c := range s.lists.succ[v] {
		if roomBefore[c.node] < c.d+work+least {
			continue
		}
		q := &s.nodes[c.node]
		u := &s.nodes[q.prev]
		arrive := u.dep + least
		leave := max(arrive, first) + work
		if (last-arrive)|(q.lst-leave-c.d)|(toBeat-1-c.d-least+q.leg) < 0 || !s.servable(q.route, v) {
			continue
		}
		s.tryBetween(best, v, q.prev, u, -1, c.d)
		toBeat = s.toBeat(best)
	}
}

// toBeat is the extra travel from which a position cannot beat the best so far, whatever the route; more than any extra
// travel where routes differ in rate.
func (s *search) toBeat(best *place) int32 {
	if best.p < 0 || s.leastRate == 0 || !s.lists.uniform {
		return math.MaxInt32 / 2
	}
	return int32(min(best.delta/s.leastRate+1, math.MaxInt32/2))
}

// tryBetween tests the position behind node p = u; in and out are the travel times to and from v where the lists know
// them.
func (s *search) tryBetween(best *place, v, p int32, u *node, in, out int32) {
	if in < 0 || !s.lists.uniform {
		in = s.travel(u.route, p, v)
	}
	begin := s.open(v, u.dep+in)
	if begin > s.last[v] || begin+s.work[v] > u.nextLst {
		return
	}
	if out < 0 || !s.lists.uniform {
		out = s.travel(u.route, v, u.next)
	}
	if begin+s.work[v]+out > u.nextLst {
		return
	}
	s.consider(best, v, p, u.route, in+out-u.nextLeg)
}

// servable is the cheap part of mayServe.
func (s *search) servable(r, v int32) bool {
	return s.oneClass || s.allowed[int(v)*s.classes+int(s.class[r])]
}

// consider takes a position as the best so far if it is, is not overlooked, and the route may serve the visit.
func (s *search) consider(best *place, v, p, r, extra int32) {
	delta := s.rate[r]*int64(extra) + s.extra(r, v)
	if delta >= best.delta {
		return
	}
	if s.blink--; s.blink <= 0 {
		s.blink = s.rng.geometric(s.tune.Blink)
		return
	}
	if !s.mayServe(r, v) {
		return
	}
	if pay, ok := s.dutyPays(p, v); ok && delta+pay < best.delta {
		best.p, best.delta = p, delta+pay
	}
}

// mayServe tests the static rules, the number of visits and stock.
func (s *search) mayServe(r, v int32) bool {
	if !s.oneClass && !s.allowed[int(v)*s.classes+int(s.class[r])] {
		return false
	}
	return s.routes[r].size < s.maxVisits[r] && (s.dims == 0 || s.fits(r, v))
}

// openRoutes tries an empty route of each type near the visit.
func (s *search) openRoutes(best *place, v int32) {
	tries := s.tune.Types
	for _, t := range s.lists.types[v] {
		list := s.empty[t]
		if len(list) == 0 {
			continue
		}
		if tries--; tries < 0 {
			return
		}
		r := list[len(list)-1]
		p := s.start(r)
		q := &s.nodes[s.nodes[p].next]
		in, out := s.travel(r, p, v), s.travel(r, v, s.nodes[p].next)
		begin := s.open(v, s.nodes[p].dep+in)
		if begin > s.last[v] || begin+s.work[v]+out > q.lst || !s.mayServe(r, v) {
			continue
		}
		pay := s.rate[r]*int64(in+out-q.leg) + s.extra(r, v) + s.fixed[r]
		if delta := s.cheaper(pay); delta < best.delta && (s.heads == nil || s.dutyFits(p, v)) {
			best.p, best.delta = p, delta
		}
	}
}

// cheaper applies the iteration's discount on opening a route.
func (s *search) cheaper(pay int64) int64 {
	if s.discount == 1 {
		return pay
	}
	return int64(float64(pay) * s.discount)
}

// put links a visit where cheapest said, with its depot stop or the other half of its pair.
func (s *search) put(v int32, at place) {
	if !s.rich {
		s.link(at.p, v)
		return
	}
	s.putRich(v, at)
}
