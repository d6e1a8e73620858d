package route

import "math"

// A long search of a problem in which every visit finds a place does not anneal once: it anneals several times from
// nothing, and then once more from the best plan found, no hotter than Rewarm, while routes of the plans that the others
// ended with are put in place of its own now and then. What is alike in several good plans is mostly right; where they
// differ, a whole route is a step that ruin and recreate would hardly find (as in the crossover of Nagata and Braysi 2009,
// "Edge assembly-based memetic algorithm for the capacitated vehicle routing problem", Networks 54(4), 205-215).

// elite is a plan that an earlier part of the search ended with.
type elite struct {
	stops   [][]int32 // by route
	routeOf []int32   // by visit, -1 when absent
}

// forecastAt is the share of the budget at which the number of iterations is forecast.
const forecastAt = 0.01

// heat is the temperature at a share of the budget, in mean legs. It begins the next part of the search when it is time.
func (s *search) heat(share float64) float64 {
	if s.parts == 0 && share >= forecastAt {
		s.forecast(float64(s.iteration) / share)
	}
	if s.squeezer == maybe && s.parts < 2 && share >= squeezeAt {
		s.weighSqueeze()
	}
	hot, cold, warm := s.tune.Hot, s.tune.Cold, s.tune.Rewarm
	if s.paid {
		hot, cold, warm = s.tune.HotPaid, s.tune.ColdPaid, s.tune.RewarmPaid
	}
	if s.parts < 2 {
		return hot * math.Pow(cold/hot, share)
	}
	alone := s.tune.Apart / float64(s.parts)
	part := min(int(share/alone), s.parts)
	if part > s.part {
		s.part = part
		s.endPart()
	}
	if part < s.parts {
		return s.partHeat(hot, cold, share/alone-float64(part))
	}
	return warm * math.Pow(cold/warm, (share-s.tune.Apart)/(1-s.tune.Apart))
}

// partHeat is the temperature at a share of a part of the search. The second part squeezes first, if one does.
func (s *search) partHeat(hot, cold, share float64) float64 {
	if s.squeezer != yes || s.part != 1 {
		return hot * math.Pow(cold/hot, share)
	}
	if share < squeezeShare {
		return s.tune.Rewarm
	}
	if s.squeezing {
		s.squeezed()
	}
	return s.tune.Rewarm * math.Pow(cold/s.tune.Rewarm, (share-squeezeShare)/(1-squeezeShare))
}

// shortRoute is the mean number of visits below which routes are short.
const shortRoute = 12

// forecast fits the search to the number of iterations that it has time for. Where stock is short and routes with it, few
// iterations do better from a colder start; long routes need the heat to find their number.
func (s *search) forecast(iterations float64) {
	if s.parts = s.plan(iterations); s.parts > 1 && s.n > fewVisits {
		s.tune.Removed = s.tune.RemovedMany
	}
	if brief := iterations < s.tune.Brief*float64(s.n); brief && s.short() {
		s.tune.Hot = s.tune.HotBrief
	} else if !brief {
		s.squeezer = maybe
	}
	s.soften(s.parts > 1)
}

// short reports whether routes are short and stock may be what makes them so.
func (s *search) short() bool { return s.dims > 0 && shortRoute*s.usedRoutes() > int(s.n) }

// fewestParts and mostParts are how often a search anneals from nothing, if more than once.
const fewestParts, mostParts = 3, 40

// plan tells how many times the search anneals from nothing when it has time for so many iterations.
func (s *search) plan(iterations float64) int {
	parts := int(iterations * s.tune.Apart / (s.tune.Enough * float64(s.n)))
	if s.frozen != nil || s.warmed || s.leastPrize > 0 || parts < fewestParts {
		return 1
	}
	return min(parts, mostParts)
}

// endPart keeps the plan in hand among the elite and goes on from nothing, or at last from the best plan.
func (s *search) endPart() {
	if s.squeezing { // a long pause skipped its end
		s.squeezed()
	}
	e := elite{stops: make([][]int32, len(s.routes)), routeOf: make([]int32, s.n)}
	for v := range e.routeOf {
		e.routeOf[v] = s.nodes[v].route
	}
	for r := range s.routes {
		e.stops[r] = s.collect(int32(r), nil)
	}
	s.elites = append(s.elites, e)
	if s.merging() {
		s.load(&s.best)
		return
	}
	if s.squeezer == maybe {
		s.weighSqueeze()
	}
	soft := s.soft
	s.soften(false)
	s.clear()
	s.removed = append(s.removed[:0], s.absent...)
	s.before = s.current
	s.recreateAll(&clock{})
	s.accept()
	s.soften(soft)
	if s.squeezer == yes && s.part == 1 {
		s.squeeze()
	}
}

// importing reports whether this iteration takes over a route of an elite plan.
func (s *search) importing() bool { return s.merging() && s.rng.unit() < s.tune.Import }

// merging reports whether the search is in its last part of several.
func (s *search) merging() bool { return s.part > 0 && s.part == s.parts }

// importRoute puts a route of an elite plan in place of that of a random visit, and what this displaces among removed. It
// reports whether there was anything to change and the routes left over keep their rules.
func (s *search) importRoute() bool {
	s.removed, s.touched = s.removed[:0], s.touched[:0]
	e := &s.elites[s.rng.below(int32(len(s.elites)))]
	u := s.rng.below(s.n)
	from, r := e.routeOf[u], s.nodes[u].route
	switch {
	case from < 0 && r < 0:
		return false
	case from < 0: // it did without this visit, and perhaps without its route
		return s.vacate(r, nil) && s.settleRuin()
	case r < 0:
		list := s.empty[s.m.Routes[from].Type]
		if len(list) == 0 {
			return false
		}
		r = list[len(list)-1]
	default:
		r = s.counterpart(r, from, e.stops[from])
	}
	same := int32(0)
	size := int32(0)
	for _, v := range e.stops[from] {
		if v < s.n {
			size++
			s.seen[v] = s.epoch
			if s.nodes[v].route == r {
				same++
			}
		}
	}
	if same == s.routes[r].size && same == size || !s.vacate(r, e.stops[from]) {
		return false
	}
	at := s.start(r)
	for _, v := range e.stops[from] {
		if v >= s.n {
			v = s.freeDepot(r, v-s.n)
		}
		s.link(at, v)
		at = v
	}
	return s.settleRuin()
}

// counterpart is the route in whose place route from of another plan, with these stops, is put: that of the visit in hand
// if it is of the same type, else the one of the type that has most of the stops, else an empty one.
func (s *search) counterpart(r, from int32, stops []int32) int32 {
	kind := s.m.Routes[from].Type
	if s.m.Routes[r].Type == kind {
		return r
	}
	if len(s.lists.routesOf[kind]) == 1 {
		return from
	}
	best, most := from, 0
	if list := s.empty[kind]; len(list) > 0 {
		best = list[len(list)-1]
	}
	for _, v := range stops {
		if v >= s.n || s.nodes[v].route < 0 || s.m.Routes[s.nodes[v].route].Type != kind {
			continue
		}
		shared := 0
		for _, w := range stops {
			if w < s.n && s.nodes[w].route == s.nodes[v].route {
				shared++
			}
		}
		if shared > most {
			best, most = s.nodes[v].route, shared
		}
	}
	return best
}

// vacate empties route r and takes the visits of list, which are stamped as seen, off all routes. What else was on r is
// among removed then, and the routes that changed are among touched.
func (s *search) vacate(r int32, list []int32) bool {
	ok := true
	s.ruined[r], s.touched = s.epoch, append(s.touched, r)
	for _, v := range list {
		if v >= s.n {
			continue
		}
		if at := s.nodes[v].route; at >= 0 && at != r {
			ok = s.unlink(v, v) && ok
			if s.ruined[at] != s.epoch {
				s.ruined[at] = s.epoch
				s.touched = append(s.touched, at)
			}
		}
	}
	for v := s.nodes[s.start(r)].next; v != s.end(r); v = s.nodes[v].next {
		if v < s.n && s.seen[v] != s.epoch {
			s.removed = append(s.removed, v)
		}
	}
	if first := s.nodes[s.start(r)].next; first != s.end(r) {
		s.unlink(first, s.nodes[s.end(r)].prev)
	}
	return ok
}
