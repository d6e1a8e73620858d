package crew

import (
	"math"

	"fettle/dispatch/constraint"
)

// search is one annealing over one model. It is not safe for concurrent use.
//
// A plan is doubly linked lists: node v < n is visit v, start(r) and end(r) are the ends of route r. Every visit has a key,
// which grows along routes and from the first to the second visit of a link, and which visits of a crew share: the order in
// which times are computed, so that each visit needs to be computed once (times.go). Keys come from the start times.
type search struct {
	m     *constraint.Model
	joint *constraint.Joint
	rng   rng
	swift bool // times are kept here; otherwise the routes are walked (rich.go)

	n, r  int32 // visits, routes
	table []int32
	side  int32
	place []int32 // by node
	first []int32 // by visit: window
	last  []int32
	more  [][][2]int32 // by visit: windows where there are several; nil when nowhere
	due   []int32      // by visit
	rate  []int64      // by visit: price of a tick of lateness, -1 where it rises in steps
	alike bool
	oneTable
	prize   []int64 // by visit
	near    [][]int32
	mates   [][]int32 // by visit: the others of its crew
	head    []int32   // by visit: the first of its crew, itself when alone
	in, out [][]edge  // by visit: links to it and from it, without those of crews
	foes    [][]int32 // by visit: those that another technician must do
	unit    [][]int32 // by visit: what is moved, left out or inserted with it, in order; itself when alone
	tied    []int32   // visits with a link
	limited bool      // some link but those of crews has a largest gap
	perMost int64     // price of a tick of the largest lateness
	edge    float64   // mean cost of a leg, the unit of temperatures
	checked bool
	report  func(share float64, iterations, cost int64, unassigned int)

	prev, next []int32 // by node
	route      []int32 // by node, -1 for a visit left out
	size       []int32 // by route
	work       []int32 // by node: time on site
	start      []int32 // by node
	key        []int64 // by node
	lateTicks  []int32 // by visit
	lateCost   []int64 // by visit
	cost       int64   // of the plan in hand
	late       int64   // cost of lateness of the plan in hand
	most       int32   // its largest lateness
	absent     []int32 // heads of units that are left out
	absentAt   []int32 // by visit: index in absent

	trial
	rich richState
	best bestPlan

	iteration   int64
	temperature float64
	parts       float64 // annealings within the budget; 0 while not known
	cancelled   bool
}

// oneTable is what makes a leg's price a look-up: one table of travel times, one rate.
type oneTable struct {
	flat bool
	per  int64 // price of a tick of travel
}

// edge is a link seen from one of its visits.
type edge struct {
	other   int32
	min     int32
	max     int32
	limited bool
}

// bestPlan is the best plan found: the stops of each route.
type bestPlan struct {
	cost   int64
	stops  [][]int32
	absent int
}

func newSearch(m *constraint.Model, seed uint64) *search {
	n, r := m.Visits, int32(len(m.Routes))
	s := &search{m: m, joint: m.NewJoint(), rng: rng{seed}, swift: m.Swift(), n: n, r: r, alike: m.Alike(), perMost: m.MaxLateness(1)}
	total := int(n + 2*r)
	s.prev, s.next, s.route, s.place = make([]int32, total), make([]int32, total), make([]int32, total), make([]int32, total)
	s.work, s.start, s.key = make([]int32, total), make([]int32, total), make([]int64, total)
	s.size = make([]int32, r)
	s.lateTicks, s.lateCost, s.absentAt = make([]int32, n), make([]int64, n), make([]int32, n)
	s.describeVisits()
	s.describeRoutes()
	s.describeLinks()
	s.newTrial(total)
	s.newRich()
	s.near = nearest(s)
	s.best.cost = math.MaxInt64
	s.clear()
	return s
}

func (s *search) begin(r int32) int32 { return s.n + 2*r }
func (s *search) end(r int32) int32   { return s.n + 2*r + 1 }

func (s *search) describeVisits() {
	m := s.m
	s.first, s.last, s.due = make([]int32, s.n), make([]int32, s.n), make([]int32, s.n)
	s.rate, s.prize = make([]int64, s.n), make([]int64, s.n)
	for v := int32(0); v < s.n; v++ {
		s.place[v], s.due[v], s.prize[v] = m.Place(v), m.Due(v), m.Unserved(v)
		if rate, ok := m.OneRate(v); ok {
			s.rate[v] = rate
		} else {
			s.rate[v] = -1
		}
		var windows [][2]int32
		m.Windows(v, func(first, last int32) { windows = append(windows, [2]int32{first, last}) })
		s.first[v], s.last[v] = windows[0][0], windows[len(windows)-1][1]
		if len(windows) > 1 {
			if s.more == nil {
				s.more = make([][][2]int32, s.n)
			}
			s.more[v] = windows
		}
	}
}

func (s *search) describeRoutes() {
	s.flat = s.m.Uniform()
	for i := int32(0); i < s.r; i++ {
		route := &s.m.Routes[i]
		b, e := s.begin(i), s.end(i)
		s.place[b], s.place[e] = route.StartPlace, route.EndPlace
		s.route[b], s.route[e] = i, i
		s.start[b], s.start[e] = route.Start, route.LatestEnd
		s.key[b], s.key[e] = -lastKey, lastKey
		s.flat = s.flat && route.Rates.Travel == s.m.Routes[0].Rates.Travel && route.Rates.Distance == 0
	}
	if s.r > 0 {
		s.table, s.side = s.m.Routes[0].Table()
		s.per = s.m.Routes[0].Rates.Travel
	}
	s.flat = s.flat && s.table != nil
	for v := int32(0); v < s.n && s.r > 0; v++ {
		s.work[v] = s.m.OnSite(&s.m.Routes[0], v)
	}
}

// describeLinks groups crews and units and lists the other links by visit.
func (s *search) describeLinks() {
	n, p := s.n, s.m.Problem
	s.mates, s.head, s.unit = make([][]int32, n), make([]int32, n), make([][]int32, n)
	s.in, s.out, s.foes = make([][]edge, n), make([][]edge, n), make([][]int32, n)
	crews, units := newGroups(n), newGroups(n)
	for i := range p.Links {
		l := &p.Links[i]
		if l.Crew() {
			crews.join(l.First, l.Second)
		}
		if l.Both {
			units.join(l.First, l.Second)
		}
	}
	for i := range p.Pairs {
		units.join(p.Pairs[i].First, p.Pairs[i].Second)
	}
	s.tied = s.tied[:0]
	for v := int32(0); v < n; v++ {
		if s.m.Tied(v) {
			s.tied = append(s.tied, v)
		}
		for _, u := range crews.members(v) {
			if u != v {
				s.mates[v] = append(s.mates[v], u)
			}
		}
		s.head[v], s.unit[v] = crews.members(v)[0], units.members(v)
	}
	for i := range p.Links {
		l := &p.Links[i]
		if l.Apart {
			s.foes[l.First], s.foes[l.Second] = append(s.foes[l.First], l.Second), append(s.foes[l.Second], l.First)
		}
		if l.Crew() {
			continue
		}
		s.limited = s.limited || l.Limited()
		e := edge{min: int32(l.MinGap), max: int32(l.MaxGap), limited: l.Limited()}
		e.other = l.Second
		s.out[l.First] = append(s.out[l.First], e)
		e.other = l.First
		s.in[l.Second] = append(s.in[l.Second], e)
		// A link that lets the second start before the first gives no order in which to compute their times.
		s.swift = s.swift && l.MinGap >= 0
	}
	s.pairOrder()
}

// pairOrder puts the first visit of each pair before the second in their unit.
func (s *search) pairOrder() {
	for _, pair := range s.m.Problem.Pairs {
		u := s.unit[pair.First]
		if len(u) == 2 && u[0] == pair.Second {
			u[0], u[1] = u[1], u[0]
		}
	}
}

// groups are disjoint sets of visits.
type groups struct{ of [][]int32 }

func newGroups(n int32) *groups {
	g := &groups{of: make([][]int32, n)}
	for v := range g.of {
		g.of[v] = []int32{int32(v)}
	}
	return g
}

// members are the set of v in rising order; all members share the slice.
func (g *groups) members(v int32) []int32 { return g.of[v] }

func (g *groups) join(a, b int32) {
	if &g.of[a][0] == &g.of[b][0] {
		return
	}
	all := make([]int32, 0, len(g.of[a])+len(g.of[b]))
	x, y := g.of[a], g.of[b]
	for len(x) > 0 && len(y) > 0 {
		if x[0] < y[0] {
			all, x = append(all, x[0]), x[1:]
		} else {
			all, y = append(all, y[0]), y[1:]
		}
	}
	all = append(append(all, x...), y...)
	for _, v := range all {
		g.of[v] = all
	}
}

// clear empties the plan.
func (s *search) clear() {
	for r := int32(0); r < s.r; r++ {
		s.next[s.begin(r)], s.prev[s.end(r)] = s.end(r), s.begin(r)
		s.prev[s.begin(r)], s.next[s.end(r)] = -1, -1
		s.size[r] = 0
	}
	s.absent, s.cost, s.late, s.most = s.absent[:0], 0, 0, 0
	for v := int32(0); v < s.n; v++ {
		s.route[v], s.lateTicks[v], s.lateCost[v] = -1, 0, 0
		s.cost += s.prize[v]
		if s.unit[v][0] == v {
			s.absentAt[v] = int32(len(s.absent))
			s.absent = append(s.absent, v)
		}
	}
}

// leg is the travel time between two nodes on route r.
func (s *search) leg(r, a, b int32) int32 {
	if s.flat {
		return s.table[s.place[a]*s.side+s.place[b]]
	}
	return s.m.Routes[r].Leg(s.place[a], s.place[b])
}

// price is what the leg between two nodes costs on route r; a route that goes nowhere costs nothing.
func (s *search) price(r, a, b int32) int64 {
	if a >= s.n && b >= s.n {
		return 0
	}
	if s.flat {
		return s.per * int64(s.table[s.place[a]*s.side+s.place[b]])
	}
	route := &s.m.Routes[r]
	sum := route.Rates.Travel * int64(route.Leg(s.place[a], s.place[b]))
	if route.Rates.Distance != 0 {
		sum += route.Rates.Distance * route.Metres(s.place[a], s.place[b])
	}
	return sum
}

// own is what a visit costs on route r wherever it stands there.
func (s *search) own(r, v int32) int64 {
	route := &s.m.Routes[r]
	return s.m.Static(route.Class, v) + route.Rates.OnSite*int64(s.m.OnSite(route, v))
}

// may reports whether the rules between visit and technician let v stand on route r: the static ones, and not together with
// a visit that needs somebody else.
func (s *search) may(r, v int32) bool {
	if !s.m.Allowed(s.m.Routes[r].Class, v) {
		return false
	}
	return len(s.foes[v]) == 0 || s.separate(r, v)
}

func (s *search) separate(r, v int32) bool {
	who := s.m.Routes[r].Technician
	for _, u := range s.foes[v] {
		if at := s.route[u]; at >= 0 && s.m.Routes[at].Technician == who {
			return false
		}
	}
	return true
}
