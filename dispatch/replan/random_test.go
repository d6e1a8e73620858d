package replan

import (
	"fmt"

	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/route"
	"fettle/geo"
)

// tick draws a length of time or an instant.
func tick(t *rapid.T, name string, low, high int32) dispatch.Tick {
	return dispatch.Tick(rapid.Int32Range(low, high).Draw(t, name))
}

// randomProblem draws a small territory with everything that decides a cost or a time: prices, breaks, several shifts and
// windows, entries, stock, names, kinds, and travel times with and without the triangle inequality.
func randomProblem(t *rapid.T) *dispatch.Problem {
	n := rapid.IntRange(3, 12).Draw(t, "places")
	p := &dispatch.Problem{Places: make([]dispatch.Place, n), Dimensions: []string{"parts"}, Policy: dispatch.Policy{
		Unserved:     dispatch.UnservedPolicy{PerVisit: 5000, PerPriority: 500, Lexicographic: rapid.IntRange(0, 4).Draw(t, "lexicographic") == 0},
		Tiers:        []dispatch.LatenessTier{{Name: "a", Steps: []dispatch.LatenessStep{{PerTick: 3}, {After: 300, PerTick: 9}}}},
		DefaultTier:  "a",
		SkillSurplus: rapid.SampledFrom([]int64{0, 200}).Draw(t, "surplus"),
		NotPreferred: rapid.SampledFrom([]int64{0, 500}).Draw(t, "not preferred"),
		Fairness:     rapid.SampledFrom([]int64{0, 0, 1}).Draw(t, "fairness"),
	}}
	m, err := randomMatrix(t, n)
	if err != nil {
		t.Fatal(err)
	}
	p.Travel = []dispatch.Travel{{Time: m}}
	if rapid.Bool().Draw(t, "distances") {
		p.Travel[0].Distance = m
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "technicians") {
		p.Technicians = append(p.Technicians, randomTechnician(t, p, i))
	}
	for i := range rapid.IntRange(1, 14).Draw(t, "visits") {
		v := randomVisit(t, n, i)
		if i%3 == 0 { // else nearly all are left out
			v.Windows, v.Skills = nil, nil
		}
		p.Visits = append(p.Visits, v)
	}
	return p
}

func randomMatrix(t *rapid.T, n int) (*geo.Matrix, error) {
	if rapid.Bool().Draw(t, "table") {
		values := make([]int32, n*n)
		for i := range values {
			values[i] = rapid.Int32Range(0, 1000).Draw(t, "travel")
		}
		return geo.NewDense(n, values)
	}
	x, y := make([]float64, n), make([]float64, n)
	for i := range x {
		x[i], y[i] = rapid.Float64Range(0, 8000).Draw(t, "x"), rapid.Float64Range(0, 8000).Draw(t, "y")
	}
	return geo.NewPlanar(x, y, 0.15, geo.RoundNearest)
}

func randomTechnician(t *rapid.T, p *dispatch.Problem, i int) dispatch.Technician {
	place := rapid.Int32Range(-1, int32(len(p.Places))-1)
	price := rapid.SampledFrom([]int64{0, 1, 3})
	out := dispatch.Technician{
		ID: dispatch.TechnicianID(fmt.Sprint("t", i)), Kind: rapid.SampledFrom([]string{"", "fast"}).Draw(t, "kind"),
		Skills:       []dispatch.SkillLevel{{Skill: "a", Level: rapid.Int32Range(1, 3).Draw(t, "level")}},
		SpeedPercent: rapid.SampledFrom([]int32{0, 70, 130}).Draw(t, "speed"),
		MaxVisits:    rapid.SampledFrom([]int32{0, 0, 3}).Draw(t, "most visits"),
		Capacity:     rapid.SampledFrom([][]int32{nil, {4}}).Draw(t, "capacity"),
		Rates: dispatch.Rates{
			Fixed: 50 * price.Draw(t, "fixed"), Travel: price.Draw(t, "travel price"), Duty: price.Draw(t, "duty price"),
			OnSite: price.Draw(t, "on-site price"), Overtime: price.Draw(t, "overtime price"),
		},
	}
	if p.Travel[0].Distance != nil {
		out.Rates.Distance = price.Draw(t, "distance price")
	}
	if rapid.Bool().Draw(t, "depot") {
		out.Depots = []dispatch.Depot{{Place: rapid.Int32Range(0, int32(len(p.Places))-1).Draw(t, "depot place"), Duration: 20}}
	}
	for k := range rapid.IntRange(1, 2).Draw(t, "shifts") {
		start := dispatch.Tick(10_000 * k)
		s := dispatch.Shift{
			Start: start, End: start + 8000, LatestDeparture: dispatch.NoTick, StartPlace: place.Draw(t, "start"),
			EndPlace: place.Draw(t, "end"), Overtime: rapid.SampledFrom([]dispatch.Tick{0, 600}).Draw(t, "overtime"),
		}
		at := start
		for range rapid.IntRange(0, 2).Draw(t, "breaks") {
			at += tick(t, "break opens", 0, 4000)
			s.Breaks = append(s.Breaks, dispatch.Break{
				Duration: tick(t, "break", 0, 900), Windows: []dispatch.TimeWindow{{Start: at, End: at + 1 + tick(t, "break window", 0, 3000)}},
			})
		}
		out.Shifts = append(out.Shifts, s)
	}
	return out
}

func randomVisit(t *rapid.T, places, serial int) dispatch.Visit {
	v := dispatch.Visit{
		ID: dispatch.VisitID(fmt.Sprint("v", serial)), Place: rapid.Int32Range(0, int32(places)-1).Draw(t, "place"), Due: dispatch.NoTick,
		OnSite: tick(t, "work", 0, 1500), Entry: rapid.SampledFrom([]dispatch.Tick{0, 0, 200}).Draw(t, "entry"),
		Building: rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "building"), Priority: rapid.Int32Range(0, 20).Draw(t, "priority"),
		Deliver: []int32{rapid.Int32Range(0, 2).Draw(t, "parts")},
	}
	if rapid.Bool().Draw(t, "fast work") {
		v.OnSiteBy = map[string]dispatch.Tick{"fast": v.OnSite / 2}
	}
	at := dispatch.Tick(0)
	for range rapid.IntRange(0, 2).Draw(t, "windows") {
		open := at + 1 + tick(t, "opens", 0, 9000)
		at = open + 1 + tick(t, "open for", 0, 4000)
		v.Windows = append(v.Windows, dispatch.TimeWindow{Start: open, End: at})
	}
	if rapid.Bool().Draw(t, "due") {
		v.Due = tick(t, "due at", 0, 15_000)
	}
	v.Skills = rapid.SampledFrom([][]dispatch.SkillLevel{nil, {{Skill: "a", Level: 2}}}).Draw(t, "skills")
	names := rapid.SampledFrom([][]dispatch.TechnicianID{nil, nil, {"t0"}, {"t1", "t2"}})
	v.Excluded, v.Preferred = names.Draw(t, "excluded"), names.Draw(t, "preferred")
	if rapid.IntRange(0, 5).Draw(t, "only") == 0 {
		v.Only = []dispatch.TechnicianID{"t0", "t1"}
	}
	return v
}

// randomDay is a random territory with a plan.
func randomDay(t *rapid.T) (*dispatch.Problem, *dispatch.Plan) {
	p := randomProblem(t)
	found, err := route.Solve(t.Context(), p, route.Options{Iterations: 30, Threads: 1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return p, found
}
