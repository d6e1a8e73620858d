package explain_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
	"fettle/dispatch/explain"
	"fettle/geo"
)

// day makes a service day in a square city of 30 km: seconds, 8 hours, windows of two hours, four skills at three levels,
// straight-line travel at 10 m/s. The plan takes visits in a random order and gives each to the first technician who can
// append it, which leaves out what finds no room. The kind is "planar", "dense" (a table of travel times) or "rich": a table,
// lunch breaks, entry times and a rate for the time on duty.
func day(tb testing.TB, technicians, visits int, kind string) (*constraint.Model, *dispatch.Plan) {
	tb.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	p := &dispatch.Problem{Scale: dispatch.Scale{Unit: "s"}, Policy: dispatch.Policy{Unserved: dispatch.UnservedPolicy{Lexicographic: true}}}
	n := technicians + visits
	x, y := make([]float64, n), make([]float64, n)
	for i := range n {
		x[i], y[i] = 30_000*rng.Float64(), 30_000*rng.Float64()
		p.Places = append(p.Places, dispatch.Place{X: x[i], Y: y[i], InPlane: true})
	}
	m, err := geo.NewPlanar(x, y, 0.1, geo.RoundNearest)
	if kind != "planar" && err == nil {
		table := make([]int32, n*n)
		for i := range n {
			for j := range n {
				table[i*n+j] = m.At(int32(i), int32(j))
			}
		}
		m, err = geo.NewDense(n, table)
	}
	if err != nil {
		tb.Fatal(err)
	}
	p.Travel = []dispatch.Travel{{Time: m}}
	skills := []dispatch.Skill{"gas", "lift", "plumbing", "power"}
	for i := range technicians {
		t := dispatch.Technician{
			ID: dispatch.TechnicianID(fmt.Sprintf("t%d", i)), Rates: dispatch.Rates{Travel: 1},
			Shifts: []dispatch.Shift{{Start: 0, End: 8 * 3600, LatestDeparture: dispatch.NoTick, StartPlace: int32(i), EndPlace: int32(i)}},
		}
		if kind == "rich" {
			t.Rates.Duty = 1
			t.Shifts[0].Breaks = []dispatch.Break{{Windows: []dispatch.TimeWindow{{Start: 3 * 3600, End: 5 * 3600}}, Duration: 1800}}
		}
		for _, k := range rng.Perm(4)[:2] {
			t.Skills = append(t.Skills, dispatch.SkillLevel{Skill: skills[k], Level: 1 + rng.Int32N(3)})
		}
		p.Technicians = append(p.Technicians, t)
	}
	for i := range visits {
		start := dispatch.Tick(rng.IntN(12)) * 1800
		p.Visits = append(p.Visits, dispatch.Visit{
			ID: dispatch.VisitID(fmt.Sprint(i)), Place: int32(technicians + i), Due: dispatch.NoTick,
			OnSite: dispatch.Tick(1200 + rng.IntN(3900)), Priority: 1 + rng.Int32N(3), Windows: []dispatch.TimeWindow{{Start: start, End: start + 7200}},
			Skills: []dispatch.SkillLevel{{Skill: skills[rng.IntN(4)], Level: 1 + rng.Int32N(2)}},
		})
		if kind == "rich" {
			p.Visits[i].Entry = 300
		}
	}
	model, err := constraint.New(p)
	if err != nil {
		tb.Fatal(err)
	}
	return model, greedy(model)
}

// greedy appends visits in order of their windows to the route where the way is shortest.
func greedy(m *constraint.Model) *dispatch.Plan {
	w := m.NewWalker()
	stops := make([][]int32, len(m.Routes))
	order := make([]int32, m.Visits)
	for v := range order {
		order[v] = int32(v)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return int(first(m, a)) - int(first(m, b)) })
	for _, v := range order {
		best, way := -1, int32(math.MaxInt32)
		for r := range m.Routes {
			if !m.Allowed(m.Routes[r].Class, v) {
				continue
			}
			at := m.Routes[r].StartPlace
			if n := len(stops[r]); n > 0 {
				at = m.Place(stops[r][n-1])
			}
			if d := m.Routes[r].Leg(at, m.Place(v)); d < way && w.Walk(&m.Routes[r], append(slices.Clone(stops[r]), v)) {
				best, way = r, d
			}
		}
		if best >= 0 {
			stops[best] = append(stops[best], v)
		}
	}
	plan := &dispatch.Plan{}
	for r := range stops {
		if len(stops[r]) > 0 {
			full, _ := w.Schedule(&m.Routes[r], stops[r])
			plan.Routes = append(plan.Routes, full)
		}
	}
	return plan
}

func first(m *constraint.Model, v int32) (at int32) {
	at = math.MaxInt32
	m.Windows(v, func(first, _ int32) { at = min(at, first) })
	return at
}

// BenchmarkCard makes cards of a day of 200 technicians and 2,000 visits.
func BenchmarkCard(b *testing.B) {
	for _, kind := range []string{"dense", "rich"} {
		m, plan := day(b, 200, 2000, kind)
		b.Run(kind, func(b *testing.B) {
			b.ReportAllocs()
			e := explain.New(m, plan)
			for i := 0; b.Loop(); i++ {
				e.Visit(int32(i*37) % m.Visits)
			}
		})
	}
}

// BenchmarkFinish finishes a day of 500 technicians and 5,000 visits whose plan another final pass has filled before, so that
// only reasons are sought.
func BenchmarkFinish(b *testing.B) {
	type run func(context.Context, *constraint.Model, *dispatch.Plan) (*dispatch.Plan, error)
	for _, kind := range []string{"planar", "dense", "rich"} {
		m, plan := day(b, 500, 5000, kind)
		filled, err := explain.Quick(context.Background(), m, plan)
		if err != nil {
			b.Fatal(err)
		}
		for name, finish := range map[string]run{"full": explain.Finish, "quick": explain.Quick} {
			b.Run(fmt.Sprintf("%s/%s/left=%d", kind, name, len(filled.Unassigned)), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := finish(context.Background(), m, filled); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
