package constraint

import (
	"fmt"
	"math"

	"fettle/dispatch"
	"fettle/dispatch/cost"
	"fettle/geo"
)

// far is later than any instant of a problem, with room to add a day's work without overflow.
const far = int32(dispatch.Far)

// Model is a problem compiled into dense arrays for search: times as int32 ticks, rules between a visit and a technician
// decided beforehand. It is safe for concurrent use as long as nobody calls SetVisit; each goroutine walks with a Walker
// of its own.
type Model struct {
	Problem *dispatch.Problem
	// Visits is the number of visits; a stop code below it is that visit, Visits+k is depot k of the route's technician.
	Visits int32
	Routes []Route // one for each technician and shift, technicians in order
	// Classes is the number of groups of routes that are equal in who may be visited at what static cost.
	Classes int32

	place    []int32
	building []int32
	windows  []windowSet // by visit
	due      []int32     // far when there is none
	tier     []int32     // index in Problem.Policy.Tiers, -1 for none
	by       []int32     // latest start that costs nothing by tier or promise; far when none costs
	promised []cost.PromisedStart
	deliver  []int32  // visit x dimension; nil when no visit delivers
	collect  []int32  // visit x dimension; nil when no visit collects
	carried  []int32  // visit x dimension, what the pair of a first visit carries; nil without amounts
	partner  []int32  // the other visit of a pair, -1 for none; nil without pairs
	second   []bool   // whether the visit is the second of its pair; nil without pairs
	tools    []uint64 // by visit; nil when no visit needs tools
	rank     []int32  // pinned order by visit, 0 for free; nil without ranks
	adjacent []bool   // by visit; nil without ranks
	kinds    map[string]int32
	onSite   [][]int32 // by kind, then visit
	entry    [][]int32 // by kind, then visit; nil when no visit has entry time
	unserved []int64
	dims     int
	lateness bool
	tied     []bool // by visit: in a link; nil without links
	rounds   int    // see compileLinks

	lines   *lines           // which row of the next two a visit has, in a model that grows; its index when nil
	allowed []bool           // visit x class
	static  []int64          // visit x class: what depends on visit and technician alone, see cost.Static; nil when zero
	members []int32          // a technician of each class
	coarse  []int32          // by class, the first class to which the rules of constraint.Static are the same
	tables  *dispatch.Tables // what the policy's expressions gave; nil without any

	buildings map[string]int32
	toolBits  map[string]uint64
	tiers     map[string]int32
}

// Route is one technician in one shift, as a search needs it.
type Route struct {
	Technician, Shift int32 // indices in the problem
	// Class groups routes with equal static rules; Type groups routes that are equal in everything and so interchangeable.
	Class, Type int32
	Start, End  int32 // ticks; End is without overtime
	LatestEnd   int32 // End with overtime
	LatestStart int32
	StartPlace  int32 // place index, or what travel calls nowhere
	EndPlace    int32
	MaxVisits   int32 // math.MaxInt32 for no limit
	MaxTravel   int64
	MaxDistance int64
	MaxDuty     int32 // math.MaxInt32 for no limit
	Rates       dispatch.Rates
	Capacity    []int32 // nil for no limit
	Depots      []dispatch.Depot

	kind     int32
	tools    uint64
	breaks   []pause
	depotSet []windowSet
	travel   *travel
}

// New compiles a valid problem. It refuses more than 64 distinct tools.
func New(p *dispatch.Problem) (*Model, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	m := &Model{Problem: p, dims: len(p.Dimensions), lateness: p.Joint(), buildings: map[string]int32{}, toolBits: map[string]uint64{}}
	m.nameTiers()
	m.nameKinds()
	if err := m.nameTools(); err != nil {
		return nil, err
	}
	if err := m.evaluate(); err != nil {
		return nil, err
	}
	travels := compileTravel(p)
	for i := range p.Technicians {
		for k := range p.Technicians[i].Shifts {
			m.Routes = append(m.Routes, m.compileRoute(int32(i), int32(k), travels))
		}
	}
	m.compileClasses()
	m.compileTypes()
	m.grow(len(p.Visits))
	for i := range p.Visits {
		m.compileVisit(int32(i))
	}
	copy(m.unserved, dispatch.UnservedCosts(p))
	m.compilePairs()
	m.compileLinks()
	return m, nil
}

// grow makes room for n visits in every table.
func (m *Model) grow(n int) {
	m.Visits = int32(n)
	m.place, m.building, m.due, m.tier = enlarge(m.place, n), enlarge(m.building, n), enlarge(m.due, n), enlarge(m.tier, n)
	m.by = enlarge(m.by, n)
	m.windows, m.unserved = enlarge(m.windows, n), enlarge(m.unserved, n)
	for k := range m.onSite {
		m.onSite[k] = enlarge(m.onSite[k], n)
	}
	m.growLines(n)
	// Tables that exist only when some visit needs them.
	m.deliver, m.collect, m.carried = stretchTable(m.deliver, n*m.dims), stretchTable(m.collect, n*m.dims), stretchTable(m.carried, n*m.dims)
	m.promised = stretchTable(m.promised, n)
	m.rank, m.adjacent, m.tools = stretchTable(m.rank, n), stretchTable(m.adjacent, n), stretchTable(m.tools, n)
	for k := range m.entry {
		m.entry[k] = enlarge(m.entry[k], n)
	}
}

// growLines makes room for n visits in the tables of visit x class.
func (m *Model) growLines(n int) {
	if l := m.lines; l != nil {
		for len(l.of) < n {
			l.of = append(l.of, -1)
		}
		return
	}
	m.allowed = enlarge(m.allowed, n*int(m.Classes))
	if cost.HasStatic(m.Problem) {
		m.static = enlarge(m.static, n*int(m.Classes))
	}
}

func enlarge[T any](s []T, n int) []T {
	if n <= len(s) {
		return s[:n]
	}
	return append(s, make([]T, n-len(s))...)
}

// stretchTable enlarges a table that exists.
func stretchTable[T any](s []T, n int) []T {
	if s == nil {
		return nil
	}
	return enlarge(s, n)
}

// compileVisit fills the tables for one visit of the problem.
func (m *Model) compileVisit(i int32) {
	v := &m.Problem.Visits[i]
	m.place[i] = v.Place
	m.windows[i] = newWindowSet(cost.PromisedWindows(&m.Problem.Policy, v, startWindows(v)))
	m.compileBuilding(i, v)
	m.compileLateness(i, v)
	m.compilePromise(i, v)
	m.compileDurations(i, v)
	m.compilePin(i, v)
	m.compileStock(i, v)
	m.compileTools(i, v)
	m.compileStatic(i, v)
}

// SetVisit puts a visit at index i of a growing model: a new one when i is the number of visits, else in place of the one
// that was there. The model then owns its problem. The visit's place must exist, it may be in no pair and name no tool
// that the model did not know, and a lexicographic policy, whose weights depend on all visits at once, is refused.
// Technicians whom only later visits name by id are told apart from the start by Technician.ID only if an earlier visit
// named one; use territories or skills instead.
func (m *Model) SetVisit(i int32, v dispatch.Visit) error {
	p := m.Problem
	if p.Policy.Unserved.Lexicographic || m.partner != nil || p.Joint() {
		return &dispatch.InvalidError{Field: "policy.unserved", Want: "weights of its own, no pairs, no links and no price of the largest lateness in a model that grows"}
	}
	if m.fixedSize() {
		return &dispatch.InvalidError{Field: "policy.terms, policy.eligibility and cover", Want: "none of them in a model that grows: they are tables"}
	}
	if i < 0 || i > m.Visits || v.Place < 0 || int(v.Place) >= len(p.Places) {
		return &dispatch.InvalidError{Field: "visit", Value: fmt.Sprint(i), Want: fmt.Sprintf("an index up to %d and a known place", m.Visits)}
	}
	if m.lines == nil {
		m.share()
	}
	if i == m.Visits {
		p.Visits = append(p.Visits, v)
		m.grow(int(i) + 1)
	} else {
		p.Visits[i] = v
	}
	m.compileVisit(i)
	m.unserved[i] = p.Policy.Unserved.PerVisit + int64(v.Priority)*p.Policy.Unserved.PerPriority
	if v.Unserved > 0 {
		m.unserved[i] = v.Unserved
	}
	return nil
}

func (m *Model) compileRoute(technician, shift int32, travels map[travelKey]*travel) Route {
	t := &m.Problem.Technicians[technician]
	s := &t.Shifts[shift]
	r := Route{
		Technician: technician, Shift: shift,
		Start: int32(s.Start), End: int32(s.End), LatestEnd: int32(s.End + s.Overtime), LatestStart: int32(s.End),
		StartPlace: s.StartPlace, EndPlace: s.EndPlace,
		MaxVisits: math.MaxInt32, MaxTravel: math.MaxInt64, MaxDistance: math.MaxInt64, MaxDuty: math.MaxInt32,
		Rates: t.Rates, Capacity: t.Capacity, Depots: t.Depots,
		kind: m.kinds[t.Kind], travel: travels[keyOf(t)],
	}
	if s.LatestDeparture != dispatch.NoTick {
		r.LatestStart = int32(s.LatestDeparture)
	}
	if t.MaxVisits > 0 {
		r.MaxVisits = t.MaxVisits
	}
	if t.MaxTravel > 0 {
		r.MaxTravel = int64(t.MaxTravel)
	}
	if t.MaxDistance > 0 {
		r.MaxDistance = t.MaxDistance
	}
	if t.MaxDuty > 0 {
		r.MaxDuty = int32(t.MaxDuty)
	}
	for _, name := range t.Tools {
		r.tools |= m.toolBits[name]
	}
	for k := range s.Breaks {
		r.breaks = append(r.breaks, newPause(&s.Breaks[k]))
	}
	for k := range t.Depots {
		r.depotSet = append(r.depotSet, newWindowSet(t.Depots[k].Windows))
	}
	if r.StartPlace == dispatch.NoPlace {
		r.StartPlace = r.travel.nowhere()
	}
	if r.EndPlace == dispatch.NoPlace {
		r.EndPlace = r.travel.nowhere()
	}
	return r
}

// typeKey is what tells routes apart.
type typeKey struct {
	class, start, end, latestEnd, latestStart, startPlace, endPlace, maxVisits, maxDuty, kind int32
	maxTravel, maxDistance                                                                    int64
	rates                                                                                     dispatch.Rates
	tools                                                                                     uint64
	travel                                                                                    *travel
	lists                                                                                     string // of stock, depots and breaks
	alone                                                                                     int    // fairness knows who it is
}

// compileTypes numbers the routes that cannot be told apart.
func (m *Model) compileTypes() {
	types := map[typeKey]int32{}
	for i := range m.Routes {
		r := &m.Routes[i]
		key := typeKey{
			class: r.Class, start: r.Start, end: r.End, latestEnd: r.LatestEnd, latestStart: r.LatestStart, startPlace: r.StartPlace,
			endPlace: r.EndPlace, maxVisits: r.MaxVisits, maxDuty: r.MaxDuty, kind: r.kind, maxTravel: r.MaxTravel,
			maxDistance: r.MaxDistance, rates: r.Rates, tools: r.tools, travel: r.travel,
		}
		if r.Capacity != nil || len(r.Depots)+len(r.breaks) > 0 {
			key.lists = fmt.Sprint(r.Capacity, r.Depots, r.breaks)
		}
		if m.Problem.Policy.Fairness > 0 {
			key.alone = i
		}
		id, ok := types[key]
		if !ok {
			id = int32(len(types))
			types[key] = id
		}
		r.Type = id
	}
}

// Unserved is the cost of leaving a visit out.
func (m *Model) Unserved(v int32) int64 { return m.unserved[v] }

// Place is the place of a visit.
func (m *Model) Place(v int32) int32 { return m.place[v] }

// Allowed reports whether the static rules (skills, territory, required and excluded technicians, pins) let a class of
// routes do a visit, and the eligibility rules of the policy too.
func (m *Model) Allowed(class, v int32) bool { return m.allowed[m.line(v)+int(class)] }

// Static is the cost of a visit that depends only on the class of route: the terms of cost.Static.
func (m *Model) Static(class, v int32) int64 {
	if m.static == nil {
		return 0
	}
	return m.static[m.line(v)+int(class)]
}

// OnSite is the time from start to end of the work of a visit on a route, without entry.
func (m *Model) OnSite(r *Route, v int32) int32 { return m.onSite[r.kind][v] }

// Windows calls f with each window of a visit: the first and the last instant at which work may start.
func (m *Model) Windows(v int32, f func(first, last int32)) {
	w := &m.windows[v]
	if w.more == nil {
		f(w.first, w.last)
		return
	}
	for _, x := range w.more {
		f(x[0], x[1])
	}
}

// travelKey tells travel tables apart.
type travelKey struct{ profile, speed int32 }

func keyOf(t *dispatch.Technician) travelKey {
	speed := t.SpeedPercent
	if speed == 0 {
		speed = 100
	}
	return travelKey{t.Travel, speed}
}

// travel gives the times and distances of one profile at one speed. Every leg to or from nowhere is 0.
type travel struct {
	table    []int32 // (places+1) x (places+1), the last being nowhere; nil when times are computed on demand
	n        int32   // side of the table
	matrix   *geo.Matrix
	distance *geo.Matrix
	speed    int32
}

func compileTravel(p *dispatch.Problem) map[travelKey]*travel {
	out := map[travelKey]*travel{}
	for i := range p.Technicians {
		key := keyOf(&p.Technicians[i])
		if out[key] != nil {
			continue
		}
		profile := p.Travel[key.profile]
		t := &travel{n: int32(len(p.Places)) + 1, matrix: profile.Time, distance: profile.Distance, speed: key.speed}
		if profile.Time.Table() != nil {
			t.table = make([]int32, int(t.n)*int(t.n))
			for a := int32(0); a < t.n-1; a++ {
				row := t.table[int(a)*int(t.n):]
				for b := int32(0); b < t.n-1; b++ {
					row[b] = stretch(profile.Time.At(a, b), key.speed)
				}
			}
		}
		out[key] = t
	}
	return out
}

func stretch(ticks, speed int32) int32 {
	if speed == 100 || ticks >= dispatch.Unreachable {
		return ticks
	}
	return int32((int64(ticks)*100 + int64(speed)/2) / int64(speed))
}

// leg is the travel time between two places.
func (t *travel) leg(a, b int32) int32 {
	if t.table != nil {
		return t.table[int(a)*int(t.n)+int(b)]
	}
	return t.computed(a, b)
}

// nowhere is the place index of a start or end that is not a place.
func (t *travel) nowhere() int32 {
	if t.table != nil {
		return t.n - 1
	}
	return -1
}

func (t *travel) computed(a, b int32) int32 {
	if a < 0 || b < 0 {
		return 0
	}
	return stretch(t.matrix.At(a, b), t.speed)
}

// metres is the distance between two places, 0 without a distance matrix.
func (t *travel) metres(a, b int32) int64 {
	if none := t.nowhere(); t.distance == nil || a == none || b == none {
		return 0
	}
	return int64(t.distance.At(a, b))
}

// Leg is the travel time between two places for a route.
func (r *Route) Leg(a, b int32) int32 { return r.travel.leg(a, b) }

// Table is the route's travel times as a square table over Side places, of which the last is "nowhere"; nil when times are
// computed on demand.
func (r *Route) Table() (table []int32, side int32) { return r.travel.table, r.travel.n }

// StaticTable is Static as a table of visit x class, of a model that does not grow; nil when it is zero everywhere. It must not
// be changed.
func (m *Model) StaticTable() []int64 { return m.static }

// AllowedTable is Allowed as a table of visit x class, of a model that does not grow. It must not be changed.
func (m *Model) AllowedTable() []bool { return m.allowed }

// DepotWindows calls f with each window of a depot of a route's technician, as Windows does.
func (m *Model) DepotWindows(route, depot int32, f func(first, last int32)) {
	w := &m.Routes[route].depotSet[depot]
	if w.more == nil {
		f(w.first, w.last)
		return
	}
	for _, x := range w.more {
		f(x[0], x[1])
	}
}

// Fairness prices the unequal work of a plan: work gives the ticks of work of each route, without entry. Technicians without
// a shift do not count.
func (m *Model) Fairness(work func(route int32) int64) int64 {
	p := m.Problem
	if p.Policy.Fairness == 0 {
		return 0
	}
	loads := make([]int64, 0, len(p.Technicians))
	at := make([]int32, len(p.Technicians))
	for i := range p.Technicians {
		if len(p.Technicians[i].Shifts) > 0 {
			at[i] = int32(len(loads))
			loads = append(loads, p.Technicians[i].History)
		}
	}
	for r := range m.Routes {
		loads[at[m.Routes[r].Technician]] += work(int32(r))
	}
	return cost.Fairness(p.Policy.Fairness, loads)
}
