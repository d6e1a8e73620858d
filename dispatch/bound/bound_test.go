package bound_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/bound"
	"fettle/dispatch/constraint"
	"fettle/dispatch/route"
	"fettle/geo"
)

// traits switches what a random problem has.
type traits struct {
	metric, windows, breaks, entry, stock, depot, skills, tiers, kinds, rates, open, alike, lexicographic, promises bool
}

// draw makes a problem of v visits and t technicians, in a plane or with ways that know no triangles.
func draw(rng *rand.Rand, v, t int, f traits) *dispatch.Problem {
	p := &dispatch.Problem{Dimensions: []string{"boxes"}}
	n := v + t + 1
	for range n {
		p.Places = append(p.Places, dispatch.Place{})
	}
	p.Travel = []dispatch.Travel{{Time: matrix(rng, n, f.metric)}}
	p.Travel[0].Distance = matrix(rng, n, f.metric)
	p.Policy.Unserved = dispatch.UnservedPolicy{Lexicographic: f.lexicographic, PerVisit: 100, PerPriority: 40}
	if f.tiers {
		p.Policy.Tiers = []dispatch.LatenessTier{{Name: "gold", Steps: []dispatch.LatenessStep{{PerTick: 1}, {After: 30, PerTick: 4}}}}
		p.Policy.DefaultTier = "gold"
	}
	if f.promises {
		p.Policy.Stability = dispatch.StabilityPolicy{Technician: 9, Moved: 30, PerTick: 1}
		p.Policy.Continuity = 5
	}
	if f.skills {
		p.Policy.SkillSurplus, p.Policy.NotPreferred = 3, 7
	}
	for i := range t {
		p.Technicians = append(p.Technicians, technician(rng, i, n-1, v, f))
	}
	for i := range v {
		p.Visits = append(p.Visits, visit(rng, i, f))
	}
	return p
}

func matrix(rng *rand.Rand, n int, metric bool) *geo.Matrix {
	var x, y []float64
	var values []int32
	for range n {
		x, y = append(x, 60*rng.Float64()), append(y, 60*rng.Float64())
	}
	for i := range n * n {
		d := rng.Int32N(90)
		if i%(n+1) == 0 {
			d = 0
		}
		values = append(values, d)
	}
	m, err := geo.NewPlanar(x, y, 1, geo.RoundNearest)
	if !metric {
		m, err = geo.NewDense(n, values)
	}
	if err != nil {
		panic(err)
	}
	return m
}

func technician(rng *rand.Rand, i, depot, v int, f traits) dispatch.Technician {
	home := int32(v + i)
	if f.alike {
		home, rng = int32(v), rand.New(rand.NewPCG(3, 4))
	}
	t := dispatch.Technician{ID: dispatch.TechnicianID(fmt.Sprint("t", i)), Rates: dispatch.Rates{Travel: 1}}
	s := dispatch.Shift{End: 150 + dispatch.Tick(rng.Int32N(200)), LatestDeparture: dispatch.NoTick, StartPlace: home, EndPlace: home}
	if f.breaks {
		s.Breaks = []dispatch.Break{{Duration: 30, Windows: []dispatch.TimeWindow{{Start: 50, End: 111}}}}
	}
	if f.open {
		s.EndPlace = dispatch.NoPlace
	}
	if f.skills && rng.IntN(3) > 0 {
		t.Skills = []dispatch.SkillLevel{{Skill: "pipes", Level: 1 + rng.Int32N(3)}}
	}
	if f.stock {
		t.Capacity = []int32{3 + rng.Int32N(4)}
	}
	if f.depot {
		t.Depots = []dispatch.Depot{{Place: int32(depot), Duration: 5}}
	}
	if f.kinds && rng.IntN(2) == 0 {
		t.Kind, t.SpeedPercent = "fast", 130
	}
	if f.rates {
		t.Rates = dispatch.Rates{Fixed: rng.Int64N(40), Travel: rng.Int64N(3), Duty: rng.Int64N(3), Distance: rng.Int64N(2), Overtime: 5, OnSite: rng.Int64N(3)}
		s.Overtime = 30
	}
	t.Shifts = []dispatch.Shift{s}
	return t
}

func visit(rng *rand.Rand, i int, f traits) dispatch.Visit {
	v := dispatch.Visit{
		ID: dispatch.VisitID(fmt.Sprint("v", i)), Place: int32(i), OnSite: dispatch.Tick(10 + rng.Int32N(40)), Due: dispatch.NoTick, Priority: rng.Int32N(4),
	}
	if f.windows && rng.IntN(3) > 0 {
		a := dispatch.Tick(rng.Int32N(200))
		v.Windows = []dispatch.TimeWindow{{Start: a, End: a + 40}}
		if rng.IntN(3) == 0 {
			v.Windows = append(v.Windows, dispatch.TimeWindow{Start: a + 60, End: a + 90})
		}
	}
	if f.entry {
		v.Entry, v.Building = 10, fmt.Sprint("b", rng.IntN(2))
	}
	if f.stock {
		v.Deliver = []int32{rng.Int32N(3)}
	}
	if f.skills && rng.IntN(2) == 0 {
		v.Skills = []dispatch.SkillLevel{{Skill: "pipes", Level: 1 + rng.Int32N(2)}}
		v.Preferred = []dispatch.TechnicianID{"t1"}
	}
	if f.tiers {
		v.Due = dispatch.Tick(rng.Int32N(150))
	}
	if f.promises && rng.IntN(2) == 0 {
		a := dispatch.Tick(rng.Int32N(150))
		v.Usual = "t1"
		v.Promise = &dispatch.Promise{Technician: "t0", Window: dispatch.TimeWindow{Start: a, End: a + 30}}
	}
	if f.kinds && rng.IntN(2) == 0 {
		v.OnSiteBy = map[string]dispatch.Tick{"fast": 5}
	}
	return v
}

// optimum is the least cost of all plans: every way to give each visit to a route or nobody, in every order, with at most
// one stop at a depot a route.
func optimum(m *constraint.Model) int64 {
	w, n := m.NewWalker(), int(m.Visits)
	least := int64(-1)
	var give func(r, left int, cost int64)
	give = func(r, left int, cost int64) {
		if r == len(m.Routes) {
			for v := range n {
				if left&(1<<v) != 0 {
					cost += m.Unserved(int32(v))
				}
			}
			if least < 0 || cost < least {
				least = cost
			}
			return
		}
		for set := left; ; set = (set - 1) & left {
			if c := cheapestOrder(m, w, &m.Routes[r], set); c >= 0 {
				give(r+1, left&^set, cost+c)
			}
			if set == 0 {
				return
			}
		}
	}
	give(0, 1<<n-1, 0)
	return least
}

func cheapestOrder(m *constraint.Model, w *constraint.Walker, r *constraint.Route, set int) int64 {
	least := int64(-1)
	var stops []int32
	price := func(stops []int32) {
		if c, ok := w.Cost(r, stops); ok && (least < 0 || c < least) {
			least = c
		}
	}
	var extend func(left int)
	extend = func(left int) {
		if left == 0 {
			price(stops)
			for i := 0; len(r.Depots) > 0 && len(stops) > 0 && i <= len(stops); i++ {
				price(append(append(append([]int32(nil), stops[:i]...), m.Visits), stops[i:]...))
			}
			return
		}
		for v := range m.Visits {
			if left&(1<<v) != 0 && m.Allowed(r.Class, v) {
				stops = append(stops, v)
				extend(left &^ (1 << v))
				stops = stops[:len(stops)-1]
			}
		}
	}
	extend(set)
	return least
}

// No plan costs less than its bound, whatever the plan at hand is.
func TestBoundIsBelowTheOptimum(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		on := func(name string) bool { return rapid.Bool().Draw(t, name) }
		f := traits{
			metric: on("metric"), windows: on("windows"), breaks: on("breaks"), entry: on("entry"), stock: on("stock"), depot: on("depot"),
			skills: on("skills"), tiers: on("tiers"), kinds: on("kinds"), rates: on("rates"), open: on("open"), alike: on("alike"),
			lexicographic: on("lexicographic"), promises: on("promises"),
		}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 5))
		p := draw(rng, rapid.IntRange(1, 5).Draw(t, "visits"), rapid.IntRange(1, 2).Draw(t, "technicians"), f)
		m, err := constraint.New(p)
		if err != nil {
			t.Fatal(err)
		}
		best := optimum(m)
		found, err := route.SolveModel(t.Context(), m, route.Options{Iterations: rapid.Int64Range(1, 20).Draw(t, "iterations"), Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		b := bound.Of(m, found, bound.Options{})
		if b.Method != dispatch.BoundNone && b.Cost > best {
			t.Fatalf("bound %d by %s, but a plan costs %d", b.Cost, b.Method, best)
		}
		if b.Method == dispatch.BoundNone && f.depot != true && best > 0 && f == (traits{}) {
			t.Fatalf("no bound for a plain problem of cost %d", best)
		}
	})
}

func TestBoundIsTightWhereVisitsStandAlone(t *testing.T) {
	t.Parallel()
	// One visit a route fits: the optimum is there and back for each, which the assignment sees whole.
	rng := rand.New(rand.NewPCG(1, 1))
	p := draw(rng, 4, 4, traits{metric: true, alike: true})
	for i := range p.Technicians {
		p.Technicians[i].MaxVisits = 1
		p.Technicians[i].Shifts[0].End = 1000
	}
	p.Policy.Unserved.Lexicographic = true
	m, err := constraint.New(p)
	if err != nil {
		t.Fatal(err)
	}
	found, err := route.SolveModel(t.Context(), m, route.Options{Iterations: 500, Threads: 1})
	if err != nil || len(found.Unassigned) > 0 {
		t.Fatal(err, found.Unassigned)
	}
	b := bound.Of(m, found, bound.Options{})
	if b.Method != dispatch.BoundAssignment || b.Cost != found.Cost.Total() || b.GapPercent(found.Cost.Total()) != 0 {
		t.Errorf("bound %+v of %d", b, found.Cost.Total())
	}
}

func TestShiftTimeBoundsWhatIsLost(t *testing.T) {
	t.Parallel()
	// Ten visits of 60 with ways of 0, and 240 of shift: four are served, six are lost.
	p := &dispatch.Problem{Places: make([]dispatch.Place, 1), Policy: dispatch.Policy{Unserved: dispatch.UnservedPolicy{PerVisit: 1000}}}
	m0, err := geo.NewDense(1, []int32{0})
	if err != nil {
		t.Fatal(err)
	}
	p.Travel = []dispatch.Travel{{Time: m0}}
	p.Technicians = []dispatch.Technician{{ID: "t", Rates: dispatch.Rates{OnSite: 1}, Shifts: []dispatch.Shift{{End: 240, LatestDeparture: dispatch.NoTick}}}}
	for i := range 10 {
		p.Visits = append(p.Visits, dispatch.Visit{ID: dispatch.VisitID(fmt.Sprint(i)), OnSite: 60, Due: dispatch.NoTick})
	}
	m, err := constraint.New(p)
	if err != nil {
		t.Fatal(err)
	}
	found, err := route.SolveModel(t.Context(), m, route.Options{Iterations: 100, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	b := bound.Of(m, found, bound.Options{})
	if b.Method != dispatch.BoundShiftTime || b.Cost < 5990 || b.Cost > 6000 {
		t.Errorf("bound %+v, want 6 visits of 1000 less rounding; the plan costs %d", b, found.Cost.Total())
	}
}

func TestNoBound(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	p := draw(rng, 4, 2, traits{metric: true})
	of := func(p *dispatch.Problem, o bound.Options) dispatch.BoundMethod {
		t.Helper()
		m, err := constraint.New(p)
		if err != nil {
			t.Fatal(err)
		}
		found, err := route.SolveModel(t.Context(), m, route.Options{Iterations: 10, Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		return bound.Of(m, found, o).Method
	}
	if got := of(p, bound.Options{Over: func() bool { return true }}); got != dispatch.BoundNone {
		t.Errorf("no time, but %s", got)
	}
	if got := of(p, bound.Options{}); got == dispatch.BoundNone {
		t.Error("no bound where there is one")
	}
	p.Technicians[0].Rates.Duty = -1
	if got := of(p, bound.Options{}); got != dispatch.BoundNone {
		t.Errorf("rates below zero, but %s", got)
	}
}
