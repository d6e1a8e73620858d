package crew_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/dispatch/constraint"
	"fettle/dispatch/crew"
	"fettle/geo"
)

// draw makes a problem with links. A rich one has rules that need a walk of the routes.
func draw(t *rapid.T, rich bool) *dispatch.Problem {
	places := rapid.IntRange(2, 6).Draw(t, "places")
	legs := rapid.SliceOfN(rapid.Int32Range(0, 20), places*places, places*places).Draw(t, "legs")
	for i := range places {
		legs[i*places+i] = 0
	}
	m, err := geo.NewDense(places, legs)
	if err != nil {
		t.Fatal(err)
	}
	p := &dispatch.Problem{
		Places: make([]dispatch.Place, places), Travel: []dispatch.Travel{{Time: m, Distance: m}},
		Policy: dispatch.Policy{
			MaxLateness: rapid.Int64Range(0, 3).Draw(t, "largest lateness"),
			Unserved:    dispatch.UnservedPolicy{PerVisit: rapid.Int64Range(1, 400).Draw(t, "unserved")},
			Tiers:       []dispatch.LatenessTier{{Name: "x", Steps: []dispatch.LatenessStep{{PerTick: 2}}}}, DefaultTier: "x",
		},
	}
	if rapid.Bool().Draw(t, "steps") {
		p.Policy.Tiers[0].Steps = append(p.Policy.Tiers[0].Steps, dispatch.LatenessStep{After: 5, PerTick: 3})
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "technicians") {
		p.Technicians = append(p.Technicians, drawTechnician(t, i, places, rich))
	}
	for i := range rapid.IntRange(2, 9).Draw(t, "visits") {
		p.Visits = append(p.Visits, drawVisit(t, i, places, rich))
	}
	if drawLinks(t, p); len(p.Links) == 0 {
		p.Policy.MaxLateness++
	}
	return p
}

func drawTechnician(t *rapid.T, i, places int, rich bool) dispatch.Technician {
	place := func(name string) int32 { return int32(rapid.IntRange(0, places-1).Draw(t, name)) }
	tech := dispatch.Technician{
		ID: dispatch.TechnicianID(fmt.Sprint("t", i)), Kind: rapid.SampledFrom([]string{"", "k"}).Draw(t, "kind"),
		Skills: []dispatch.SkillLevel{{Skill: rapid.SampledFrom([]dispatch.Skill{"a", "b"}).Draw(t, "skill")}, {Skill: "c"}},
		Shifts: []dispatch.Shift{{End: 300, LatestDeparture: dispatch.NoTick, StartPlace: place("start"), EndPlace: place("end")}},
		Rates:  dispatch.Rates{Travel: 1, Fixed: rapid.Int64Range(0, 20).Draw(t, "fixed"), OnSite: rapid.Int64Range(0, 1).Draw(t, "onsite")},
	}
	if rapid.Bool().Draw(t, "second shift") {
		tech.Shifts = append(tech.Shifts, dispatch.Shift{Start: 400, End: 600, LatestDeparture: dispatch.NoTick, StartPlace: place("start"), EndPlace: place("end")})
	}
	if !rich {
		return tech
	}
	s := &tech.Shifts[0]
	switch rapid.IntRange(0, 4).Draw(t, "rule") {
	case 0:
		s.Breaks = []dispatch.Break{{Windows: []dispatch.TimeWindow{{Start: 50, End: 120}}, Duration: 15}}
	case 1:
		tech.Rates.Duty, s.LatestDeparture = 1, 200
	case 2:
		tech.MaxDuty = dispatch.Tick(rapid.IntRange(50, 250).Draw(t, "longest duty"))
	case 3:
		s.Overtime, tech.Rates.Overtime = 60, 3
	default:
		tech.MaxVisits = 3
	}
	return tech
}

func drawVisit(t *rapid.T, i, places int, rich bool) dispatch.Visit {
	v := dispatch.Visit{
		ID: dispatch.VisitID(fmt.Sprint("v", i)), Place: int32(rapid.IntRange(0, places-1).Draw(t, "place")), Due: dispatch.NoTick,
		OnSite: dispatch.Tick(rapid.IntRange(0, 30).Draw(t, "work")),
		Skills: []dispatch.SkillLevel{{Skill: rapid.SampledFrom([]dispatch.Skill{"a", "b", "c", "c"}).Draw(t, "needs")}},
	}
	from := dispatch.Tick(rapid.IntRange(0, 250).Draw(t, "from"))
	switch rapid.IntRange(0, 3).Draw(t, "window") {
	case 0:
		v.Windows = []dispatch.TimeWindow{{Start: from, End: from + 40}}
	case 1:
		v.Windows = []dispatch.TimeWindow{{Start: from, End: from + 15}, {Start: from + 30, End: from + 300}}
	case 2:
		v.Windows, v.Due = []dispatch.TimeWindow{{Start: from, End: 1000}}, from+10
	}
	if rapid.Bool().Draw(t, "by kind") {
		v.OnSiteBy = map[string]dispatch.Tick{"k": 7}
	}
	if rich && rapid.Bool().Draw(t, "entry") {
		v.Entry = 4
	}
	return v
}

func drawLinks(t *rapid.T, p *dispatch.Problem) {
	used := map[[2]int32]bool{}
	for range rapid.IntRange(1, 4).Draw(t, "links") {
		n := len(p.Visits) - 1
		a, b := int32(rapid.IntRange(0, n).Draw(t, "first")), int32(rapid.IntRange(0, n).Draw(t, "second"))
		if a == b || used[[2]int32{min(a, b), max(a, b)}] {
			continue
		}
		used[[2]int32{min(a, b), max(a, b)}] = true
		l := dispatch.Link{First: a, Second: b, Both: rapid.Bool().Draw(t, "both"), Apart: rapid.Bool().Draw(t, "apart")}
		switch rapid.IntRange(0, 3).Draw(t, "gap") {
		case 0:
			l.Both, l.Apart = true, true
		case 1:
			l.MinGap, l.MaxGap = 10, dispatch.Tick(rapid.IntRange(10, 60).Draw(t, "most"))
		case 2:
			l.MinGap, l.MaxGap = p.Visits[a].OnSite, dispatch.NoTick
		default:
			l.MinGap, l.MaxGap = dispatch.Tick(rapid.IntRange(-20, 0).Draw(t, "least")), 15
		}
		p.Links = append(p.Links, l)
	}
}

func model(t rapid.TB, p *dispatch.Problem) *constraint.Model {
	t.Helper()
	m, err := constraint.New(p)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestPlansKeepEveryRule holds the search to its own assertions and to the checker, to the unit of cost.
func TestPlansKeepEveryRule(t *testing.T) {
	t.Parallel()
	for name, rich := range map[string]bool{"swift": false, "rich": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				p := draw(t, rich)
				m := model(t, p)
				plan, err := crew.Solve(context.Background(), m, crew.Options{Seed: 1, Iterations: 8, Threads: 1, Assert: true})
				if err != nil {
					t.Fatal(err)
				}
				if r := check.Plan(p, plan); !r.Feasible || r.Cost != plan.Cost {
					t.Fatalf("%v, cost %v, the checker says %v", r.Violations, plan.Cost, r.Cost)
				}
				again, err := crew.Solve(context.Background(), m, crew.Options{Seed: 5, Iterations: 1, Threads: 1, Start: plan, Assert: true})
				if err != nil || again.Cost.Total() > plan.Cost.Total() {
					t.Fatalf("from a plan of %d: %v, %v", plan.Cost.Total(), again, err)
				}
			})
		})
	}
}

// clinic is a problem of crews and sequences, feasible throughout.
func clinic(t testing.TB, patients int) *dispatch.Problem {
	t.Helper()
	n := patients + 1
	legs := make([]int32, n*n)
	for i := range n {
		for k := range n {
			dx, dy := int32(i*37%100-k*37%100), int32(i*61%100-k*61%100)
			legs[i*n+k] = max(dx, -dx) + max(dy, -dy)
		}
	}
	m, err := geo.NewDense(n, legs)
	if err != nil {
		t.Fatal(err)
	}
	p := &dispatch.Problem{
		Places: make([]dispatch.Place, n), Travel: []dispatch.Travel{{Time: m}},
		Policy: dispatch.Policy{
			MaxLateness: 1, DefaultTier: "x", Unserved: dispatch.UnservedPolicy{Lexicographic: true},
			Tiers: []dispatch.LatenessTier{{Name: "x", Steps: []dispatch.LatenessStep{{PerTick: 1}}}},
		},
	}
	for i := range patients/6 + 2 {
		p.Technicians = append(p.Technicians, dispatch.Technician{
			ID: dispatch.TechnicianID(fmt.Sprint(i)), Rates: dispatch.Rates{Travel: 1},
			Shifts: []dispatch.Shift{{End: 100_000, LatestDeparture: dispatch.NoTick}},
		})
	}
	for i := range patients {
		from := dispatch.Tick(i * 91 % 500)
		v := dispatch.Visit{ID: dispatch.VisitID(fmt.Sprint(i)), Place: int32(i + 1), OnSite: 15, Due: from + 120, Windows: []dispatch.TimeWindow{{Start: from, End: 100_000}}}
		p.Visits = append(p.Visits, v)
		if i%3 == 0 {
			v.ID += "b"
			p.Visits = append(p.Visits, v)
			l := dispatch.Link{First: int32(len(p.Visits)) - 2, Second: int32(len(p.Visits)) - 1, Both: true, Apart: true}
			if i%2 == 0 {
				l.MinGap, l.MaxGap = 20, 60
			}
			p.Links = append(p.Links, l)
		}
	}
	return p
}

func TestSameSeedSamePlan(t *testing.T) {
	t.Parallel()
	m := model(t, clinic(t, 30))
	var plans [2]*dispatch.Plan
	for i := range plans {
		var err error
		if plans[i], err = crew.Solve(t.Context(), m, crew.Options{Seed: 3, Iterations: 300, Threads: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(plans[0], plans[1]); diff != "" {
		t.Error(diff)
	}
	if len(plans[0].Unassigned) > 0 || plans[0].Iterations != 300 {
		t.Errorf("%d left out after %d iterations", len(plans[0].Unassigned), plans[0].Iterations)
	}
}

func TestMoreIterationsAreWorthIt(t *testing.T) {
	t.Parallel()
	m := model(t, clinic(t, 60))
	few, err := crew.Solve(t.Context(), m, crew.Options{Seed: 1, Iterations: 1, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	many, err := crew.Solve(t.Context(), m, crew.Options{Seed: 1, Iterations: 2000, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	if many.Cost.Total() >= few.Cost.Total()*9/10 {
		t.Errorf("%d after 1 iteration, %d after 2000", few.Cost.Total(), many.Cost.Total())
	}
}

func TestCancelledSearchAnswers(t *testing.T) {
	t.Parallel()
	p := clinic(t, 30)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	plan, err := crew.Solve(ctx, model(t, p), crew.Options{Iterations: 1 << 40, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if r := check.Plan(p, plan); !r.Feasible || plan.Status != dispatch.StatusInterrupted {
		t.Errorf("%s, %v", plan.Status, r.Violations)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	m := model(t, clinic(t, 3))
	for want, o := range map[string]crew.Options{"options": {}, "options.elapsed": {TimeLimit: time.Second}} {
		_, err := crew.Solve(t.Context(), m, o)
		var invalid *dispatch.InvalidError
		if !errors.As(err, &invalid) || invalid.Field != want {
			t.Errorf("%v, want a fault of %s", err, want)
		}
	}
}
