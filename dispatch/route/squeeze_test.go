package route_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"fettle/dispatch"
	"fettle/dispatch/route"
	"fettle/geo"
)

// clustered is a problem of so many clusters about a depot, each of which fills six sevenths of a van and leaves room for
// nobody else: fewer vans do only when visits of several clusters change places.
func clustered(clusters int) *dispatch.Problem {
	rng := rand.New(rand.NewPCG(5, 5))
	p := &dispatch.Problem{Dimensions: []string{"boxes"}}
	p.Policy.Unserved.Lexicographic = true
	x, y := []float64{500}, []float64{500}
	for c := range clusters {
		p.Technicians = append(p.Technicians, dispatch.Technician{
			ID: dispatch.TechnicianID(fmt.Sprintf("t%d", c)), Rates: dispatch.Rates{Travel: 1}, Capacity: []int32{14},
			Shifts: []dispatch.Shift{{End: 10000, LatestDeparture: dispatch.NoTick}},
		})
		at, up := rng.Float64()*1000, rng.Float64()*1000
		for k := range 3 {
			x, y = append(x, at+rng.Float64()*10), append(y, up+rng.Float64()*10)
			p.Visits = append(p.Visits, dispatch.Visit{
				ID: dispatch.VisitID(fmt.Sprintf("v%d-%d", c, k)), Place: int32(len(x) - 1), OnSite: 5, Deliver: []int32{int32(5 - k)},
			})
		}
	}
	for i := range x {
		p.Places = append(p.Places, dispatch.Place{X: x[i], Y: y[i], InPlane: true})
	}
	m, err := geo.NewPlanar(x, y, 1, geo.RoundNearest)
	if err != nil {
		panic(err)
	}
	p.Travel = []dispatch.Travel{{Name: "van", Time: m.Dense()}}
	return p
}

// A search that empties routes on purpose keeps its values right in every iteration, leaves nobody out, and needs fewer
// routes than clusters.
func TestSqueezingNeedsFewerRoutes(t *testing.T) {
	t.Parallel()
	const clusters = 30
	p := clustered(clusters)
	tune := route.DefaultTuning()
	tune.Brief, tune.Hot = 1, 0.05
	plan := solve(t, p, route.Options{Seed: 1, Iterations: 10000, Threads: 1, Assert: true, Tuning: &tune})
	accept(t, p, plan)
	if len(plan.Unassigned) > 0 || len(plan.Routes) >= clusters {
		t.Errorf("%d routes for %d clusters, %d visits left out", len(plan.Routes), clusters, len(plan.Unassigned))
	}
}
