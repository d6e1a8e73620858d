package bound

import (
	"math"
	"slices"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
)

// never is the cost of an arc that no plan has.
const never = math.MaxInt64 / 4

// graph is a problem with what each part of a plan costs at least. Node v < n is a visit, node n+r the start of route r as a
// row (what comes after it) and its end as a column (what comes before it).
type graph struct {
	m       *constraint.Model
	n       int
	ways    []way   // by travel profile
	depots  []int32 // places at which a way may be interrupted
	visits  []node
	classes []uint64 // by visit: the classes that may serve it, folded into 64 bits
	least   int      // routes that every better plan uses, when it serves every visit
	used    int      // the same when all routes are alike: then the first of them may be said to be those
}

// way is a travel profile with the least rates of those who use it.
type way struct {
	route           *constraint.Route
	perTick, perFar int64
}

// node is a visit with its least and earliest.
type node struct {
	place          int32
	first, last    int32 // start of work, by its windows and the shifts
	work           int32
	reach          int32 // the shortest way to it
	leave          int32 // the shortest way from it
	served         int64 // cost beside the way, when served
	unserved       int64 // cost of leaving it out; never when that costs more than the plan at hand
	price          int64 // the same, for the shift time bound
	mayBe, certain bool  // somebody may serve it; every better plan serves it
}

func newGraph(m *constraint.Model, incumbent int64) *graph {
	g := &graph{m: m, n: int(m.Visits), depots: depotPlaces(m), visits: make([]node, m.Visits), classes: make([]uint64, m.Visits)}
	g.travel()
	for v := range g.visits {
		g.visit(int32(v), incumbent)
	}
	g.reaches()
	g.times()
	g.fleet()
	return g
}

// travel finds the distinct ways of travelling: two routes that agree on every leg here share a profile and a speed.
func (g *graph) travel() {
	type key struct{ profile, speed int32 }
	at := map[key]int{}
	for i := range g.m.Routes {
		r := &g.m.Routes[i]
		t := &g.m.Problem.Technicians[r.Technician]
		k := key{t.Travel, t.SpeedPercent}
		w, known := at[k]
		if !known {
			w = len(g.ways)
			at[k] = w
			g.ways = append(g.ways, way{route: r, perTick: math.MaxInt64, perFar: math.MaxInt64})
		}
		g.ways[w].perTick = min(g.ways[w].perTick, r.Rates.Travel+r.Rates.Duty)
		g.ways[w].perFar = min(g.ways[w].perFar, r.Rates.Distance)
	}
}

// visit finds what a visit costs beside the way: work, and what the rules price.
func (g *graph) visit(v int32, incumbent int64) {
	m, x := g.m, &g.visits[v]
	x.place, x.work, x.served = m.Place(v), math.MaxInt32, never
	x.first, x.last = math.MaxInt32, math.MinInt32
	m.Windows(v, func(first, last int32) { x.first, x.last = min(x.first, first), max(x.last, last) })
	for i := range m.Routes {
		r := &m.Routes[i]
		if !m.Allowed(r.Class, v) {
			continue
		}
		x.mayBe = true
		g.classes[v] |= 1 << (r.Class % 64)
		work := m.OnSite(r, v)
		x.work = min(x.work, work)
		x.served = min(x.served, (r.Rates.OnSite+r.Rates.Duty)*int64(work)+m.Static(r.Class, v))
	}
	x.price = m.Unserved(v)
	if x.unserved = x.price; x.price >= incumbent && x.mayBe {
		x.unserved, x.certain = never, true
	}
}

// shortest is the least time of a way for anybody, through a depot where there is one.
func (g *graph) shortest(a, b int32) int32 {
	t := int32(math.MaxInt32)
	for i := range g.ways {
		r := g.ways[i].route
		t = min(t, r.Leg(a, b))
		for _, d := range g.depots {
			t = min(t, r.Leg(a, d)+r.Leg(d, b))
		}
	}
	return t
}

// cost is the least cost of a way for anybody.
func (g *graph) cost(a, b int32) int64 {
	c := int64(never)
	for i := range g.ways {
		w := &g.ways[i]
		c = min(c, g.priced(w.route, a, b, w.perTick, w.perFar))
	}
	return c
}

// priced is the least cost of a way on a route, through a depot where there is one.
func (g *graph) priced(r *constraint.Route, a, b int32, perTick, perFar int64) int64 {
	leg := func(a, b int32) int64 {
		t := r.Leg(a, b)
		if t >= dispatch.Unreachable {
			return never
		}
		c := perTick * int64(t)
		if perFar != 0 {
			c += perFar * r.Metres(a, b)
		}
		return c
	}
	c := leg(a, b)
	for _, d := range g.depots {
		c = min(c, leg(a, d)+leg(d, b))
	}
	return min(c, never)
}

// reaches finds the shortest way to each visit and from it. O(visits^2 * profiles).
func (g *graph) reaches() {
	for v := range g.visits {
		g.visits[v].reach, g.visits[v].leave = math.MaxInt32, math.MaxInt32
	}
	note := func(from, to int, t int32) {
		if from >= 0 {
			g.visits[from].leave = min(g.visits[from].leave, t)
		}
		if to >= 0 {
			g.visits[to].reach = min(g.visits[to].reach, t)
		}
	}
	for u := range g.visits {
		for v := range g.visits {
			if u != v {
				note(u, v, g.shortest(g.visits[u].place, g.visits[v].place))
			}
		}
	}
	type ends struct{ start, end int32 }
	seen := map[ends]bool{}
	for i := range g.m.Routes {
		r := &g.m.Routes[i]
		if k := (ends{r.StartPlace, r.EndPlace}); !seen[k] {
			seen[k] = true
			for v := range g.visits {
				note(-1, v, g.shortest(r.StartPlace, g.visits[v].place))
				note(v, -1, g.shortest(g.visits[v].place, r.EndPlace))
			}
		}
	}
}

// times narrows the starts of work by the shifts: nobody is there before the first shift begins and a way is made.
func (g *graph) times() {
	begin, end := int32(math.MaxInt32), int32(math.MinInt32)
	for i := range g.m.Routes {
		begin, end = min(begin, g.m.Routes[i].Start), max(end, g.m.Routes[i].LatestEnd)
	}
	for v := range g.visits {
		x := &g.visits[v]
		if !x.mayBe {
			continue
		}
		x.first = max(x.first, add(begin, x.reach))
		x.last = min(x.last, end-x.leave-x.work)
		x.served += g.m.Lateness(int32(v), x.first)
	}
}

// add is a sum that does not overflow.
func add(a, b int32) int32 { return int32(min(int64(a)+int64(b), math.MaxInt32)) }

// fleet finds how many routes every better plan uses at least, when every visit is served: stock, visits and time need so
// many of the largest.
func (g *graph) fleet() {
	m := g.m
	var time int64
	for v := range g.visits {
		if !g.visits[v].certain {
			return
		}
		time += int64(g.visits[v].work) + int64(g.visits[v].reach)
	}
	g.least = 1
	g.need(time, func(r *constraint.Route) int64 { return int64(r.LatestEnd) - int64(r.Start) })
	g.need(int64(g.n), func(r *constraint.Route) int64 { return int64(r.MaxVisits) })
	if stock := m.StockTotals(); stock != nil {
		width := 2 * len(m.Problem.Dimensions)
		for d := range width {
			var sum int64
			for v := range g.n {
				sum += int64(stock[width*v+d])
			}
			g.need(sum, func(r *constraint.Route) int64 {
				if r.Capacity == nil || len(r.Depots) > 0 {
					return math.MaxInt32
				}
				return int64(r.Capacity[d%len(m.Problem.Dimensions)])
			})
		}
	}
	for i := range m.Routes {
		if m.Routes[i].Type != m.Routes[0].Type {
			return
		}
	}
	g.used = g.least
}

// need raises the least number of routes to how many of the largest hold a sum.
func (g *graph) need(sum int64, room func(*constraint.Route) int64) {
	rooms := make([]int64, len(g.m.Routes))
	for i := range g.m.Routes {
		rooms[i] = max(room(&g.m.Routes[i]), 0)
	}
	slices.Sort(rooms)
	n := 0
	for sum > 0 && n < len(rooms) {
		n++
		sum -= rooms[len(rooms)-n]
	}
	g.least = max(g.least, n)
}

// costs fills a row: what it costs at least that each column comes right after the row's node.
func (g *graph) costs(i int, row []int64) {
	if i >= g.n {
		g.startCosts(i, row)
		return
	}
	x := &g.visits[i]
	for v := range g.n {
		y := &g.visits[v]
		row[v] = never
		if v == i || g.classes[i]&g.classes[v] == 0 {
			continue
		}
		if at := int64(x.first) + int64(x.work) + int64(g.shortest(x.place, y.place)); at <= int64(y.last) {
			row[v] = min(g.cost(x.place, y.place)+y.served, never)
		}
	}
	row[i] = x.unserved
	for r := range g.m.Routes {
		route := &g.m.Routes[r]
		row[g.n+r] = never
		if g.m.Allowed(route.Class, int32(i)) {
			row[g.n+r] = g.priced(route, x.place, route.EndPlace, route.Rates.Travel+route.Rates.Duty, route.Rates.Distance)
		}
	}
}

// startCosts is costs for the start of a route: to a first visit, or straight to its own end when it is not used.
func (g *graph) startCosts(i int, row []int64) {
	k := i - g.n
	r := &g.m.Routes[k]
	for v := range g.n {
		row[v] = never
		if y := &g.visits[v]; g.m.Allowed(r.Class, int32(v)) {
			way := g.priced(r, r.StartPlace, y.place, r.Rates.Travel+r.Rates.Duty, r.Rates.Distance)
			row[v] = min(r.Rates.Fixed+way+y.served, never)
		}
	}
	for j := range g.m.Routes {
		row[g.n+j] = never
	}
	if k >= g.used {
		row[i] = 0
	}
}
