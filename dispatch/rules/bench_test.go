package rules_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"fettle/dispatch"
	"fettle/dispatch/rules"
	"fettle/geo"
)

// city is a problem of random places, 40 skill sets and attributes as an operator has them.
func city(tb testing.TB, technicians, visits int) *dispatch.Problem {
	tb.Helper()
	rng := rand.New(rand.NewPCG(7, 7))
	n := technicians + visits
	points := make([]geo.Point, n)
	p := &dispatch.Problem{Places: make([]dispatch.Place, n)}
	for i := range points {
		points[i] = geo.Point{Lat: 30 + rng.Float64()/5, Lon: 120 + rng.Float64()/5}
		p.Places[i] = dispatch.Place{Point: points[i], OnGlobe: true}
	}
	table := make([]int32, n*n)
	for a := range n {
		for b := range n {
			table[a*n+b] = int32(geo.DistanceEquirect(points[a], points[b]) / 7)
		}
	}
	m, err := geo.NewDense(n, table)
	if err != nil {
		tb.Fatal(err)
	}
	p.Travel = []dispatch.Travel{{Time: m}}
	skills := []dispatch.Skill{"plumbing", "gas", "electrics", "locks", "heating"}
	for i := range technicians {
		t := dispatch.Technician{
			ID: dispatch.TechnicianID(fmt.Sprintf("t%d", i)), Rates: dispatch.Rates{Travel: 1},
			Shifts:     []dispatch.Shift{{Start: 0, End: 30000, StartPlace: int32(i), EndPlace: int32(i), LatestDeparture: dispatch.NoTick}},
			Attributes: map[string]string{"grade": fmt.Sprint(rng.IntN(4)), "ownCar": []string{"yes", "no"}[rng.IntN(2)]},
		}
		for k, s := range skills {
			if k == i%5 || rng.IntN(2) == 0 {
				t.Skills = append(t.Skills, dispatch.SkillLevel{Skill: s, Level: 1 + rng.Int32N(3)})
			}
		}
		p.Technicians = append(p.Technicians, t)
	}
	for i := range visits {
		p.Visits = append(p.Visits, dispatch.Visit{
			ID: dispatch.VisitID(fmt.Sprintf("v%d", i)), Place: int32(technicians + i), OnSite: 1800, Due: dispatch.NoTick,
			Skills:     []dispatch.SkillLevel{{Skill: skills[rng.IntN(5)], Level: 1 + rng.Int32N(3)}},
			Priority:   rng.Int32N(10),
			Urgency:    []dispatch.Urgency{dispatch.UrgencyNormal, dispatch.UrgencyEmergency}[rng.IntN(2)],
			Attributes: map[string]string{"vip": []string{"yes", "no"}[rng.IntN(2)], "floor": fmt.Sprint(rng.IntN(30))},
		})
	}
	return p
}

// BenchmarkTables measures compiling and filling; the sub-benchmark says what the expression reads.
func BenchmarkTables(b *testing.B) {
	for _, size := range [][2]int{{200, 2000}, {500, 5000}} {
		p := city(b, size[0], size[1])
		for _, tt := range []struct{ name, text string }{
			{"attributes", `visit.attributes["vip"] == "yes" && technician.attributes["grade"] < "2" ? 600 : 0`},
			{"skills", `visit.skills.exists(s, technician.skills[?s].orValue(0) > visit.skills[s]) ? 300.0 : 0.0`},
			{"travel", `travel > 1800 ? (travel - 1800) / 60 : 0`},
			{"travelAndAttributes", `visit.urgency == "EMERGENCY" && technician.attributes["ownCar"] == "no" ? travel / 10 : 0`},
			{"ids", `visit.id == technician.id || visit.priority > 100 ? 1 : 0`},
			{"idsAndTravel", `visit.id != technician.id && technician.attributes["ownCar"] == "no" ? travel / 10 : visit.priority`},
		} {
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("%dx%d/%s/threads%d", size[0], size[1], tt.name, threads), func(b *testing.B) {
					b.ReportAllocs()
					q := *p
					q.Policy.Terms = []dispatch.UserTerm{{Name: "user", Expression: tt.text, Weight: 1}}
					for range b.N {
						r, err := rules.Compile(&q, rules.Options{Threads: threads})
						if err != nil {
							b.Fatal(err)
						}
						report, err := r.Report()
						if err != nil {
							b.Fatal(err)
						}
						b.ReportMetric(float64(report.Expressions[0].Evaluations), "evaluations/op")
					}
				})
			}
		}
	}
}
