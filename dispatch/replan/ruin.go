package replan

import (
	"cmp"
	"slices"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
)

// table is what insertion reads of a route.
type table struct {
	early, leave []int32
	gaps         []spot
	visits       int32
}

// spot is a place between two stops.
type spot struct {
	dep, arrive, room int32
	from, to, leg     int32
}

// choice is a place for a visit, with what it costs as far as can be told without a walk.
type choice struct {
	cost      int64
	code      int32
	route, at int32
	price     int64
}

// mostChoices is how many places of a visit are walked.
const mostChoices = 3

// refresh renews cost and gaps of a route, and reports whether it is feasible. A route without a visit has no stops.
func (s *search) refresh(r int32) bool {
	m, route, t := s.part.m, &s.part.m.Routes[r], &s.tables[r]
	t.visits = 0
	for _, code := range s.stops[r] {
		if code < m.Visits {
			t.visits++
		}
	}
	if t.visits == 0 {
		s.stops[r] = s.stops[r][:0]
	}
	t.gaps = t.gaps[:0]
	cost, ok := s.part.walk.Cost(route, s.stops[r])
	if !ok {
		return false
	}
	s.costs[r] = cost
	t.early, t.leave, ok = s.part.walk.Times(route, s.stops[r], t.early, t.leave)
	if !ok || s.part.routes[r].closed {
		return ok
	}
	for i := 0; i <= len(s.stops[r]); i++ {
		gap, from, to := s.gap(r, int32(i))
		g := spot{from: from, to: to, leg: route.Leg(from, to)}
		g.dep, g.arrive, g.room = m.Room(route, &gap)
		t.gaps = append(t.gaps, g)
	}
	return true
}

// gap is the gap before stop at of a route and the places of its ends.
func (s *search) gap(r, at int32) (g constraint.Gap, from, to int32) {
	route, t, stops := &s.part.m.Routes[r], &s.tables[r], s.stops[r]
	g.Prev, g.Next = -1, -1
	from, to = route.StartPlace, route.EndPlace
	if at > 0 {
		g.Prev = stops[at-1]
		from = s.placeOf(route, g.Prev)
	}
	if int(at) < len(stops) {
		g.Next = stops[at]
		to = s.placeOf(route, g.Next)
	}
	count, _ := route.Breaks()
	b1 := int32(count + 1)
	g.Early, g.Leave = t.early[at*b1:(at+1)*b1], t.leave[at*b1:(at+1)*b1]
	return g, from, to
}

func (s *search) placeOf(route *constraint.Route, code int32) int32 {
	if code >= s.part.m.Visits {
		return route.Depots[code-s.part.m.Visits].Place
	}
	return s.part.m.Place(code)
}

func (s *search) startIteration() {
	s.removed, s.journal, s.saved = s.removed[:0], s.journal[:0], s.saved[:0]
}

// save remembers a route before its first change in an iteration.
func (s *search) save(r int32) {
	if !slices.Contains(s.saved, r) {
		s.saved = append(s.saved, r)
		s.backup[r], s.before[r] = append(s.backup[r][:0], s.stops[r]...), s.costs[r]
	}
}

// revert takes an iteration back.
func (s *search) revert() {
	for k := len(s.journal) - 1; k >= 0; k-- {
		u := &s.journal[k]
		s.setAt(u.visit, u.at, u.kept, false)
	}
	for _, r := range s.saved {
		s.total += s.before[r] - s.costs[r]
		s.stops[r] = append(s.stops[r][:0], s.backup[r]...)
		s.refresh(r)
	}
	s.startIteration()
}

// setAt notes which route has a visit, and how.
func (s *search) setAt(v, r int32, kept, note bool) {
	if note {
		s.journal = append(s.journal, undo{v, s.at[v], s.kept[v]})
	}
	if s.at[v] < 0 {
		s.total -= s.part.prize[v]
	}
	if s.part.held[v] >= 0 && !s.kept[v] {
		s.moved--
	}
	s.at[v], s.kept[v] = r, kept
	if r < 0 {
		s.total += s.part.prize[v]
	}
	if s.part.held[v] >= 0 && !kept {
		s.moved++
	}
}

// ruin takes strings of visits out of routes near each other, and lists the visits near by that nobody has. It reports
// whether the routes are feasible without them: where a stop on the way makes it shorter they may not be.
func (s *search) ruin() bool {
	seed := s.open[s.rng.IntN(len(s.open))]
	if hot := s.part.hot; len(hot) > 0 && s.rng.IntN(3) == 0 {
		seed = hot[s.rng.IntN(len(hot))]
	}
	want, ok := 1+s.rng.IntN(3), true
	for _, v := range s.part.near[seed] {
		r := s.at[v]
		switch {
		case r < 0:
			s.removed = append(s.removed, v)
		case want > 0 && !slices.Contains(s.saved, r):
			want--
			ok = s.takeString(r, v) && ok
		}
	}
	for _, v := range s.part.hot {
		if s.at[v] < 0 && !slices.Contains(s.removed, v) {
			s.removed = append(s.removed, v)
		}
	}
	return ok
}

// takeString takes a visit and some of those beside it off its route, and reports whether the rest is feasible.
func (s *search) takeString(r, v int32) bool {
	const longest = 4
	done := int(s.part.routes[r].done)
	stops := s.stops[r]
	at := slices.IndexFunc(stops, func(code int32) bool { return code < s.part.m.Visits && s.part.base[code] == v })
	length := 1 + s.rng.IntN(min(longest, len(stops)-done))
	from := max(done, at-s.rng.IntN(length))
	to := min(from+length, len(stops))
	s.save(r)
	keep := s.stops[r][:from]
	for _, code := range stops[from:to] {
		if code >= s.part.m.Visits {
			keep = append(keep, code)
			continue
		}
		gone := s.part.base[code]
		s.setAt(gone, -1, false, true)
		s.removed = append(s.removed, gone)
	}
	s.stops[r] = append(keep, stops[to:]...)
	cost := s.costs[r]
	ok := s.refresh(r)
	s.total += s.costs[r] - cost
	return ok
}

// sortRemoved decides which visit chooses its place first.
func (s *search) sortRemoved() {
	s.rng.Shuffle(len(s.removed), func(i, j int) { s.removed[i], s.removed[j] = s.removed[j], s.removed[i] })
	switch s.rng.IntN(4) {
	case 0, 1:
		slices.SortStableFunc(s.removed, func(a, b int32) int { return cmp.Compare(s.part.prize[b], s.part.prize[a]) })
	case 2:
		slices.SortStableFunc(s.removed, func(a, b int32) int { return cmp.Compare(s.last[a], s.last[b]) })
	}
}

// insert gives a visit the cheapest place, where one that breaks its promise counts price more. It stays out when that
// costs less.
func (s *search) insert(v int32, price int64, blink bool) {
	s.choices = s.choices[:0]
	if s.at[v] >= 0 {
		return
	}
	limit := s.part.prize[v]
	if held := s.part.held[v]; held >= 0 {
		s.scan(s.part.home[v], held, 0, limit+price, blink)
		limit += price
	} else {
		price = 0
	}
	if price < noPrice || len(s.choices) == 0 {
		for r := range s.part.routes {
			if !s.fixed[v] || int32(r) == s.part.home[v] {
				s.scan(int32(r), v, price, limit, blink)
			}
		}
	}
	best, found := choice{cost: limit}, false
	for _, c := range s.choices {
		if found && c.cost >= best.cost {
			break
		}
		if cost, ok := s.part.walk.Cost(&s.part.m.Routes[c.route], s.with(c.route, c.code, c.at)); ok {
			if c.cost = cost - s.costs[c.route] + c.price; c.cost < best.cost {
				best, found = c, true
			}
		}
	}
	if found {
		s.put(v, &best)
	}
}

// with is a route with one more stop; it holds until the next call.
func (s *search) with(r, code, at int32) []int32 {
	s.scratch = append(append(append(s.scratch[:0], s.stops[r][:at]...), code), s.stops[r][at:]...)
	return s.scratch
}

func (s *search) put(v int32, c *choice) {
	s.save(c.route)
	s.stops[c.route] = slices.Insert(s.stops[c.route], int(c.at), c.code)
	s.setAt(v, c.route, c.code != v, true)
	cost := s.costs[c.route]
	s.refresh(c.route)
	s.total += s.costs[c.route] - cost
}

// scan collects the cheapest places of a visit on a route.
func (s *search) scan(r, code int32, price, limit int64, blink bool) {
	m, route, t := s.part.m, &s.part.m.Routes[r], &s.tables[r]
	if len(t.gaps) == 0 || t.visits >= route.MaxVisits || !m.Allowed(route.Class, code) {
		return
	}
	work := m.OnSite(route, code)
	base := price + m.Static(route.Class, code) + (route.Rates.OnSite+route.Rates.Duty)*int64(work)
	if t.visits == 0 {
		base += route.Rates.Fixed
	}
	first, last := s.first[code], s.last[code]
	for i := int(s.part.routes[r].done); i < len(t.gaps); i++ {
		g := &t.gaps[i]
		if g.dep > last || g.room < work || g.arrive < first+work || (blink && s.rng.Uint32()&63 == 0) {
			continue
		}
		s.look(choice{base, code, r, int32(i), price}, g, limit, work)
	}
}

// look takes one place among the choices, if it is feasible as far as times go and cheap enough.
func (s *search) look(c choice, g *spot, limit int64, work int32) {
	m, route, t := s.part.m, &s.part.m.Routes[c.route], &s.tables[c.route]
	place, rates := m.Place(c.code), &route.Rates
	in, out := route.Leg(g.from, place), route.Leg(place, g.to)
	if max(in, out) >= dispatch.Unreachable || in+out+work > g.room || g.dep+in > s.last[c.code] {
		return
	}
	extra := int64(in) + int64(out)
	if t.visits > 0 {
		extra -= int64(g.leg)
	}
	c.cost += (rates.Travel + rates.Duty) * extra
	if rates.Distance != 0 {
		c.cost += rates.Distance * (route.Metres(g.from, place) + route.Metres(place, g.to) - route.Metres(g.from, g.to))
	}
	if c.cost >= s.cut(limit) {
		return
	}
	gap, _, _ := s.gap(c.route, c.at)
	start, ok := m.Fits(route, &gap, c.code, in, out)
	if !ok {
		return
	}
	if c.cost += m.Lateness(c.code, start); c.cost < s.cut(limit) {
		s.choose(c)
	}
}

// cut is the cost from which another choice is of no interest.
func (s *search) cut(limit int64) int64 {
	if len(s.choices) == mostChoices {
		return min(limit, s.choices[mostChoices-1].cost)
	}
	return limit
}

func (s *search) choose(c choice) {
	k := len(s.choices)
	for k > 0 && c.cost < s.choices[k-1].cost {
		k--
	}
	if len(s.choices) == mostChoices {
		s.choices = s.choices[:mostChoices-1]
	}
	s.choices = slices.Insert(s.choices, k, c)
}
