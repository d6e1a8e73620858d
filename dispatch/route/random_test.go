package route_test

import (
	"fmt"
	"math/rand/v2"

	"fettle/dispatch"
	"fettle/geo"
)

// feature switches what a random problem has, so that a failing test says which rule it needs.
type feature struct {
	promised, ruled                                                                                                                         bool
	windows, multi, breaks, entry, stock, collect, levels, tiers, depots, pairs, pins, kinds, duty, limits, longest, fair, open, paid, full bool
}

// randomProblem makes a problem of v visits and t technicians in a plane of 60 x 60 minutes.
func randomProblem(rng *rand.Rand, v, t int, f feature) *dispatch.Problem {
	p := &dispatch.Problem{Name: "random", Dimensions: []string{"boxes"}}
	p.Policy.Unserved.Lexicographic = true
	var x, y []float64
	place := func() int32 {
		x, y = append(x, rng.Float64()*60), append(y, rng.Float64()*60)
		p.Places = append(p.Places, dispatch.Place{X: x[len(x)-1], Y: y[len(y)-1], InPlane: true})
		return int32(len(x) - 1)
	}
	depot := place()
	for i := range t {
		p.Technicians = append(p.Technicians, randomTechnician(rng, i, place(), depot, f))
	}
	for i := range v {
		p.Visits = append(p.Visits, randomVisit(rng, i, place, f))
	}
	if f.pairs {
		for i := 0; i+1 < v/2; i += 2 {
			p.Pairs = append(p.Pairs, dispatch.Pair{First: int32(i), Second: int32(i + 1), Amount: []int32{1}})
		}
	}
	if f.pins {
		for i := v - 3; i < v; i++ {
			p.Visits[i].Pin = &dispatch.Pin{Technician: "t0", Start: dispatch.NoTick, Rank: int32(i - v + 4), Adjacent: i == v-1}
		}
	}
	if f.tiers {
		p.Policy.Tiers = []dispatch.LatenessTier{{Name: "gold", Steps: []dispatch.LatenessStep{{After: 0, PerTick: 1}, {After: 30, PerTick: 4}}}}
		p.Policy.DefaultTier = "gold"
	}
	if f.levels {
		p.Policy.SkillSurplus, p.Policy.NotPreferred = 3, 7
	}
	if f.fair {
		p.Policy.Fairness = 1
	}
	m, err := geo.NewPlanar(x, y, 1, geo.RoundNearest)
	if err != nil {
		panic(err)
	}
	p.Travel = []dispatch.Travel{{Name: "car", Time: m.Dense(), Distance: m.Dense()}}
	if f.promised {
		addPromises(rng, p)
	}
	if f.ruled {
		addRules(p)
	}
	return p
}

func randomTechnician(rng *rand.Rand, i int, home, depot int32, f feature) dispatch.Technician {
	t := dispatch.Technician{ID: dispatch.TechnicianID(fmt.Sprintf("t%d", i)), Rates: dispatch.Rates{Travel: 1}}
	s := dispatch.Shift{Start: 0, End: 480, LatestDeparture: dispatch.NoTick, StartPlace: home, EndPlace: home}
	if f.breaks {
		s.Breaks = []dispatch.Break{{ID: "lunch", Duration: 30, Windows: []dispatch.TimeWindow{{Start: 200, End: 261}}}}
		if rng.IntN(2) == 0 {
			s.Breaks = append(s.Breaks, dispatch.Break{ID: "tea", Duration: 10, Windows: []dispatch.TimeWindow{{Start: 330, End: 341}, {Start: 360, End: 390}}})
		}
	}
	if f.open {
		s.EndPlace = dispatch.NoPlace
	}
	if f.levels {
		t.Skills = []dispatch.SkillLevel{{Skill: "pipes", Level: 1 + rng.Int32N(3)}}
		if rng.IntN(2) == 0 {
			t.Skills = append(t.Skills, dispatch.SkillLevel{Skill: "gas", Level: 1})
		}
	}
	if f.stock || f.collect || f.pairs {
		t.Capacity = []int32{6}
	}
	if f.depots {
		t.Capacity = []int32{3}
		t.Depots = []dispatch.Depot{{Place: depot, Duration: 5, AllTools: true, MaxStops: 2}}
		if i%2 == 0 {
			t.Tools = []string{"ladder"}
		}
	}
	if f.kinds && i%2 == 0 {
		t.Kind, t.SpeedPercent = "fast", 120
	}
	if f.duty {
		t.Rates = dispatch.Rates{Fixed: 20, Travel: 1, Duty: 1, Distance: 1, Overtime: 5, OnSite: 2}
		s.Overtime = 30
	}
	if f.paid {
		t.Rates = dispatch.Rates{Fixed: 20, Travel: 1, Duty: 3, OnSite: 2}
	}
	for k := range t.Depots {
		t.Depots[k].Unlimited = f.full
	}
	if f.limits {
		t.MaxVisits, t.MaxTravel, t.MaxDistance = 5, 150, 160
	}
	if f.longest && i%3 < 2 {
		t.MaxDuty = 130 + dispatch.Tick(rng.Int32N(120))
	}
	if f.fair {
		t.History = rng.Int64N(50)
	}
	t.Shifts = []dispatch.Shift{s}
	return t
}

func randomVisit(rng *rand.Rand, i int, place func() int32, f feature) dispatch.Visit {
	v := dispatch.Visit{
		ID: dispatch.VisitID(fmt.Sprintf("v%d", i)), Place: place(), OnSite: 20 + dispatch.Tick(rng.Int32N(30)), Due: dispatch.NoTick,
		Priority: rng.Int32N(4),
	}
	if f.windows && rng.IntN(3) > 0 {
		a := dispatch.Tick(rng.Int32N(360))
		v.Windows = []dispatch.TimeWindow{{Start: a, End: a + 61}}
		if f.multi && rng.IntN(2) == 0 {
			v.Windows = append(v.Windows, dispatch.TimeWindow{Start: a + 90, End: a + 120})
		}
	}
	if f.entry {
		v.Entry = 10
		if rng.IntN(2) == 0 {
			v.Building = fmt.Sprintf("b%d", rng.IntN(3))
		}
	}
	if f.stock || f.depots {
		v.Deliver = []int32{rng.Int32N(3)}
	}
	if f.collect {
		v.Collect = []int32{rng.Int32N(3)}
	}
	if f.depots && rng.IntN(4) == 0 {
		v.Tools = []string{"ladder"}
	}
	if f.levels && rng.IntN(2) == 0 {
		v.Skills = []dispatch.SkillLevel{{Skill: []dispatch.Skill{"pipes", "gas"}[rng.IntN(2)], Level: 1}}
		v.Preferred = []dispatch.TechnicianID{"t1"}
	}
	if f.tiers {
		v.Due = dispatch.Tick(60 + rng.Int32N(300))
	}
	if f.kinds && rng.IntN(2) == 0 {
		v.OnSiteBy = map[string]dispatch.Tick{"fast": 12}
	}
	return v
}
