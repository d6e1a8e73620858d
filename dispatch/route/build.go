package route

import (
	"math"
	"slices"

	"fettle/dispatch/constraint"
)

// newSearch lays out the nodes, routes and tables of a search, all empty.
func newSearch(m *constraint.Model, l *lists, seed uint64, tune Tuning) *search {
	n, routes := m.Visits, int32(len(m.Routes))
	s := &search{m: m, walk: m.NewWalker(), rng: rng{seed}, tune: tune, n: n, rich: !m.Plain(), lists: l}
	if n > manyVisits {
		s.tune.Removed = tune.RemovedMany
	}
	s.fewRemoved = min(s.tune.Removed, leastRemoved+float64(n)/perRemoved)
	depots := s.numberDepots()
	total := int(n + 2*routes + depots)
	s.nodes, s.stamps = make([]node, total), make([]int32, total)
	s.roomAfter, s.roomBefore = make([]int32, total), make([]int32, total)
	s.routes = make([]routeState, routes)
	s.ruined = make([]int32, routes)
	s.placeNodes(total)
	s.priceRoutes()
	s.loadStock()
	s.truePrize, s.prize = make([]int64, n), make([]int64, n)
	s.absentAt = make([]int32, n)
	for v := int32(0); v < n; v++ {
		s.truePrize[v] = m.Unserved(v)
		s.prize[v] = s.truePrize[v]
		s.nodes[v].route = -1
	}
	s.freeze()
	s.limitDuty()
	s.keep()
	s.stowed, s.supplied, s.spare = make([]bool, routes), make([]bool, total), make([]int32, s.dims*int(routes))
	s.describe()
	s.epoch = 1
	s.clear()
	s.blink = s.rng.geometric(tune.Blink)
	s.best.cost = math.MaxInt64
	s.best.stops = make([][]int32, routes)
	return s
}

// describe tabulates what the inner loops ask of routes and visits.
func (s *search) describe() {
	s.allowed, s.classes = s.m.AllowedTable(), int(s.m.Classes)
	s.oneClass = !slices.Contains(s.allowed, false)
	s.roomy = !s.oneClass
	s.describeRoutes()
	s.home, s.workOf, s.seen = make([]int32, s.n), make([]int32, s.n), make([]int32, s.n)
	for v := int32(0); v < s.n; v++ {
		s.optional = s.optional || s.truePrize[v] != s.truePrize[0]
		if len(s.m.Routes) > 0 {
			s.describeVisit(v)
		}
	}
}

func (s *search) describeRoutes() {
	m := s.m
	s.class, s.maxVisits = make([]int32, len(m.Routes)), make([]int32, len(m.Routes))
	s.travelOnly, s.flat = true, s.table != nil && s.static == nil
	for i := range m.Routes {
		r := &m.Routes[i]
		s.class[i], s.maxVisits[i] = r.Class, r.MaxVisits
		s.flat = s.flat && s.rate[i] == s.rate[0]
		if i == 0 || s.rate[i] < s.leastRate {
			s.leastRate = s.rate[i]
		}
		s.shiftwork = s.shiftwork || (i > 0 && m.Routes[i-1].Technician == r.Technician)
		s.travelOnly = s.travelOnly && r.Rates.Duty == 0 && r.Rates.Distance == 0 && r.Rates.OnSite >= 0
	}
}

func (s *search) describeVisit(v int32) {
	s.workOf[v] = s.m.OnSite(&s.m.Routes[0], v)
	if types := s.lists.types[v]; len(types) > 0 {
		r := s.lists.routesOf[types[0]][0]
		s.home[v] = s.travel(r, s.start(r), v)
	}
}

// mostDepotStops is how often the search lets a route stop at one depot, whatever the depot allows.
const mostDepotStops = 4

// numberDepots gives each route a node for each stop that it may make at a depot.
func (s *search) numberDepots() int32 {
	first := s.n + 2*int32(len(s.m.Routes))
	next := first
	for i := range s.m.Routes {
		r := &s.m.Routes[i]
		var own []int32
		for k := range r.Depots {
			for c := int32(0); c < min(max(r.Depots[k].MaxStops, 1), mostDepotStops); c++ {
				own = append(own, next)
				next++
			}
		}
		s.depots = append(s.depots, own)
	}
	return next - first
}

func (s *search) placeNodes(total int) {
	m := s.m
	s.place, s.first, s.last = make([]int32, total), make([]int32, total), make([]int32, total)
	s.depotWork, s.depotOf = make([]int32, total-int(s.n)), make([]int32, total-int(s.n))
	for v := int32(0); v < s.n; v++ {
		s.place[v] = m.Place(v)
		s.setWindows(v, func(f func(first, last int32)) { m.Windows(v, f) })
	}
	for i := range m.Routes {
		r := &m.Routes[i]
		a, b := s.start(int32(i)), s.end(int32(i))
		s.place[a], s.place[b] = r.StartPlace, r.EndPlace
		s.first[a], s.last[a], s.first[b], s.last[b] = r.Start, r.LatestStart, math.MinInt32, r.LatestEnd
		k, copies := 0, int32(0)
		for _, node := range s.depots[i] {
			if copies == min(max(r.Depots[k].MaxStops, 1), mostDepotStops) {
				k, copies = k+1, 0
			}
			copies++
			s.place[node] = r.Depots[k].Place
			s.depotOf[node-s.n], s.depotWork[node-s.n] = int32(k), int32(r.Depots[k].Duration)
			s.setWindows(node, func(f func(first, last int32)) { m.DepotWindows(int32(i), int32(k), f) })
		}
	}
	if m.Uniform() && len(m.Routes) > 0 {
		s.arrange()
	}
	if m.Alike() && len(m.Routes) > 0 {
		s.work = make([]int32, total)
		for v := int32(0); v < s.n; v++ {
			s.work[v] = m.OnSite(&m.Routes[0], v)
		}
		copy(s.work[s.n:], s.depotWork)
	}
}

func (s *search) setWindows(node int32, each func(func(first, last int32))) {
	var all [][2]int32
	each(func(first, last int32) { all = append(all, [2]int32{first, last}) })
	s.first[node], s.last[node] = all[0][0], all[len(all)-1][1]
	if len(all) > 1 {
		if s.several == nil {
			s.several = make([][][2]int32, len(s.nodes))
		}
		s.several[node] = all
	}
}

func (s *search) priceRoutes() {
	m := s.m
	s.rate, s.fixed = make([]int64, len(m.Routes)), make([]int64, len(m.Routes))
	for i := range m.Routes {
		s.rate[i], s.fixed[i] = m.Routes[i].Rates.Travel, m.Routes[i].Rates.Fixed
		// An unused technician does not travel from start to end, a used one's legs replace that way: opening pays for it.
		s.fixed[i] += s.rate[i] * int64(s.travel(int32(i), s.start(int32(i)), s.end(int32(i))))
	}
	s.static = m.StaticTable()
}

// loadStock sets the totals that an insertion is tested against. A route with depots may take on more, so its limit is
// left to the walk.
func (s *search) loadStock() {
	m := s.m
	s.demand = m.StockTotals()
	if s.demand == nil {
		return
	}
	dims := len(m.Problem.Dimensions)
	s.dims = 2 * dims
	s.capacity, s.loads, s.hold = make([]int32, s.dims*len(m.Routes)), make([]int32, s.dims*len(m.Routes)), make([]int32, s.dims*len(m.Routes))
	for i := range m.Routes {
		r := &m.Routes[i]
		for d := 0; d < s.dims; d++ {
			limit := int32(math.MaxInt32 / 2)
			if r.Capacity != nil && len(r.Depots) == 0 {
				limit = r.Capacity[d%dims]
			}
			s.capacity[i*s.dims+d] = limit
			if s.hold[i*s.dims+d] = math.MaxInt32 / 2; r.Capacity != nil {
				s.hold[i*s.dims+d] = r.Capacity[d%dims]
			}
		}
	}
	s.dropUnusedDims()
}

// dropUnusedDims leaves out the stock totals that are zero for every visit: delivery alone is one number a route.
func (s *search) dropUnusedDims() {
	used := make([]bool, s.dims)
	for k, a := range s.demand {
		used[k%s.dims] = used[k%s.dims] || a != 0
	}
	keep := func(table []int32) []int32 {
		out := table[:0]
		for k, a := range table {
			if used[k%s.dims] {
				out = append(out, a)
			}
		}
		return out
	}
	s.demand, s.capacity, s.loads, s.hold = keep(s.demand), keep(s.capacity), keep(s.loads), keep(s.hold)
	count := 0
	for _, u := range used {
		if u {
			count++
		}
	}
	s.dims = count
}
