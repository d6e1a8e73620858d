package route

import (
	"math"

	"fettle/dispatch/constraint"
)

// search is one trajectory of ruin and recreate over one model. It is not safe for concurrent use.
type search struct {
	m    *constraint.Model
	walk *constraint.Walker
	rng  rng
	tune Tuning

	n     int32   // visits
	rich  bool    // routes must be walked: constraint.Model.Plain is false
	table []int32 // travel times by the numbers of arranged; nil when routes differ in them or they are computed on demand
	side  int
	// transposed is the table with rows and columns exchanged, the table itself when it is symmetric.
	transposed []int32
	place      []int32 // by node; numbered as the table is, if there is one
	first      []int32 // by node: window
	last       []int32
	work       []int32 // by node: time on site; nil when it depends on the route
	static     []int64 // visit x class; nil when zero

	several    [][][2]int32 // by node: windows where there is more than one; nil when nowhere
	depotWork  []int32      // by node - n
	depotOf    []int32      // by node - n: depot of its route
	rate       []int64      // by route: cost of a tick of travel
	fixed      []int64      // by route
	dims       int
	demand     []int32 // visit x dims
	capacity   []int32 // route x dims
	frozen     []bool  // visits that ruin must leave; nil when none
	shiftwork  bool    // some technician has several shifts
	truePrize  []int64 // cost of leaving a visit out
	prize      []int64 // what the search pays for it meanwhile
	leastPrize int64   // smallest true prize where prizes are scaled, else 0
	lists      *lists

	nodes  []node
	stamps []int32 // by node: iteration that saved it in the journal
	routes []routeState
	// roomAfter and roomBefore: see measureRoom; roomy says that they are kept.
	roomy                 bool
	roomAfter, roomBefore []int32
	gauged                bool     // see gauge.go; the next five are kept only then
	stowed                []bool   // by route: what is known of its stock is up to date
	supplied              []bool   // by node: behind the first depot stop
	spare, hold           []int32  // route x dims: room before the first depot stop, and capacity
	bare                  []int32  // scratch
	kept                  []kept   // visit x route, nil when not kept: see memo.go
	versions              int64    // given out
	exact                 bool     // gauges are exact: see exact.go
	onBoard               []int32  // scratch
	timings               []timing // scratch
	misgauged             error    // what verify reports next
	heads, tails          []span   // by node: the route up to it and from it on; nil without a longest duty, see duty.go
	loads                 []int32  // route x dims
	depots                [][]int32
	absent                []int32
	absentAt              []int32
	empty                 [][]int32 // by type
	emptyAt               []int32
	soft                  bool    // the longest duty has a price: see soft.go
	over                  int64   // ticks above the longest duty of all routes
	dutyPrice             int64   // of a tick, in dutyUnits
	dutyPriced            float64 // the same in costs of a tick of travel
	unused                int     // empty routes of all types
	current               int64   // cost of the plan in hand, as the search pays
	unserved              int64   // true unserved cost of the plan in hand
	fair                  int64   // fairness cost of the plan in hand

	epoch         int32
	before        int64 // current at the start of the iteration
	fairBefore    int64
	journal       []savedNode
	journalRoutes []savedRoute
	journalLoads  []int32

	best      plan
	iteration int64
	blink     int32

	temperature float64
	edge        float64 // mean cost of a leg, the unit of temperatures

	removed []int32 // visits taken out or worth trying in this iteration
	keys    []float64
	stops   []int32 // scratch for walks
	touched []int32 // routes ruined in this iteration
	ruined  []int32 // by route: iteration that ruined it
	seen    []int32 // by visit: iteration that put it among removed

	class      []int32 // by route
	maxVisits  []int32 // by route
	allowed    []bool  // visit x class
	classes    int
	oneClass   bool    // every route may serve every visit
	flat       bool    // one table of travel, one rate, no static costs: positions compare by travel alone
	travelOnly bool    // no term of the objective can fall when a visit is inserted
	leastRate  int64   // cost of a tick of travel on the cheapest route
	optional   bool    // visits are weighed against each other: some cost more to leave out
	home       []int32 // by visit: travel from the nearest start
	workOf     []int32 // by visit: time on site
	fewRemoved float64 // mean visits of every second ruin
	checked    bool    // verify after every iteration
	team       *team   // nil when alone
	report     func(Progress)
	scaled     int     // last of the prizeSteps of the run that was taken, -1 before
	met        int     // meetings held
	discount   float64 // on opening a route, in this iteration
	elites     []elite // see elite.go
	parts      int     // how many times it anneals from nothing, 0 while that is not planned
	part       int     // which of them this is; parts for the last, that merges
	warmed     bool    // started from a plan
	squeezer   answer  // whether one part of several empties routes, see squeeze.go
	squeezing  bool    // now
	mayUse     int     // routes that it may use
	fewest     plan    // the plan of fewest routes that it found
	paid       bool    // gauged, and time on duty is paid
	headLoad   []int32 // scratch of tail exchange
}

// plan is the best plan found: the stops of each route.
type plan struct {
	cost   int64 // true cost
	stops  [][]int32
	absent []int32
}

// Every second ruin of a small problem takes fewer visits: leastRemoved and one for every perRemoved visits, up to
// Tuning.Removed.
const leastRemoved, perRemoved = 2, 12

// manyVisits is the number of visits above which ruins are smaller, and fewVisits the same for a search that anneals
// several times: many small steps then do better than few large ones.
const manyVisits, fewVisits = 450, 150

// freeze marks the visits whose pinned order ruin must not disturb.
func (s *search) freeze() {
	for v := int32(0); v < s.n; v++ {
		if rank, _ := s.m.Rank(v); rank > 0 {
			if s.frozen == nil {
				s.frozen = make([]bool, s.n)
			}
			s.frozen[v] = true
		}
	}
}

// clear empties every route.
func (s *search) clear() {
	s.absent = s.absent[:0]
	s.current, s.unserved, s.over = 0, 0, 0
	for v := int32(0); v < s.n; v++ {
		s.nodes[v] = node{route: -1, dep: absentDep, lst: absentLst}
		s.joinAbsent(v)
	}
	types := int32(0)
	s.unused = 0
	for i := range s.m.Routes {
		types = max(types, s.m.Routes[i].Type+1)
	}
	s.empty, s.emptyAt = make([][]int32, types), make([]int32, len(s.routes))
	for i := len(s.routes) - 1; i >= 0; i-- {
		r := int32(i)
		a, b := s.start(r), s.end(r)
		leg := s.travel(r, a, b)
		s.nodes[a] = node{prev: -1, next: b, route: r, dep: s.first[a], lst: s.last[b] - leg, nextLeg: leg, nextLst: s.last[b]}
		s.nodes[b] = node{prev: a, next: -1, route: r, dep: s.first[a] + leg, lst: s.last[b], leg: leg}
		s.routes[r] = routeState{dirty: true}
		s.change(&s.routes[r])
		s.putEmpty(r)
		s.stowed[r] = false
		s.renewSpans(r)
	}
	for _, own := range s.depots {
		for _, node := range own {
			s.nodes[node].route = -1
		}
	}
	for i := range s.nodes {
		s.roomAfter[i], s.roomBefore[i] = math.MaxInt32, math.MaxInt32
		s.measureRoomAt(int32(i))
	}
	clear(s.loads)
	s.fair = s.fairness()
	s.current += s.fair
	s.forget()
}

// collect lists the stops of a route: visits, and depots as the model codes them.
func (s *search) collect(r int32, into []int32) []int32 {
	for v := s.nodes[s.start(r)].next; s.nodes[v].next >= 0; v = s.nodes[v].next {
		into = append(into, s.code(v))
	}
	return into
}

func (s *search) code(v int32) int32 {
	if v < s.n {
		return v
	}
	return s.n + s.depotOf[v-s.n]
}

// trueCost is the cost of the plan in hand as the problem prices it; that of no plan where it passes a longest duty.
func (s *search) trueCost() int64 {
	if s.over > 0 {
		return math.MaxInt64
	}
	var paid int64
	for _, v := range s.absent {
		paid += s.prize[v]
	}
	return s.current - paid + s.unserved
}

// keepBest saves the plan in hand as the best.
func (s *search) keepBest(cost int64) {
	s.best.cost = cost
	for r := range s.routes {
		if s.routes[r].dirty {
			s.best.stops[r] = s.collect(int32(r), s.best.stops[r][:0])
			s.routes[r].dirty = false
		}
	}
	s.best.absent = append(s.best.absent[:0], s.absent...)
}

// load makes a saved plan the plan in hand. The stops must be feasible.
func (s *search) load(p *plan) {
	s.clear()
	for r := range p.stops {
		at := s.start(int32(r))
		own := 0
		for _, v := range p.stops[r] {
			if v >= s.n {
				for s.depotOf[s.depots[r][own]-s.n] != v-s.n {
					own++
				}
				v = s.depots[r][own]
				own++
			}
			s.link(at, v)
			at = v
		}
		s.reprice(int32(r))
		s.forget()
	}
	s.settleFairness()
	s.forget()
}

// reprice walks a route of a rich problem and books its new cost; false when it is infeasible.
func (s *search) reprice(r int32) bool {
	if !s.rich {
		return true
	}
	s.stops = s.collect(r, s.stops[:0])
	cost, ok := s.walk.Cost(&s.m.Routes[r], s.stops)
	if !ok {
		return false
	}
	rs := s.touchRoute(r)
	if rs.size == 0 {
		cost = 0
	}
	s.current += cost - rs.cost
	rs.cost, rs.workload = cost, s.walk.Work
	return true
}

// fairness is the price of unequal work in the plan in hand.
func (s *search) fairness() int64 {
	return s.m.Fairness(func(r int32) int64 { return s.routes[r].workload })
}

// settleFairness books the fairness of the plan in hand.
func (s *search) settleFairness() {
	if s.m.Problem.Policy.Fairness == 0 {
		return
	}
	f := s.fairness()
	s.current += f - s.fair
	s.fair = f
}

// meanLeg is the mean travel cost of a leg in the plan in hand, the unit of temperatures.
func (s *search) meanLeg() float64 {
	var sum float64
	var legs int
	for r := range s.routes {
		if s.routes[r].size == 0 {
			continue
		}
		for v := s.nodes[s.start(int32(r))].next; v >= 0; v = s.nodes[v].next {
			sum += float64(s.nodes[v].leg)
			legs++
		}
	}
	if legs == 0 {
		return 1
	}
	return max(sum/float64(legs), 1)
}

// perTick is what a tick of travel costs at the least, where duty counts as travel does.
func (s *search) perTick() float64 {
	least := math.Inf(1)
	for i := range s.m.Routes {
		r := &s.m.Routes[i]
		p := float64(r.Rates.Travel + r.Rates.Duty)
		if p > 0 {
			least = min(least, p)
		}
	}
	if math.IsInf(least, 1) {
		return 1
	}
	return least
}
