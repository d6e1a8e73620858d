package bound_test

import (
	"context"
	"fmt"

	"fettle/dispatch"
	"fettle/dispatch/bound"
	"fettle/dispatch/constraint"
	"fettle/dispatch/route"
	"fettle/geo"
)

func ExampleOf() {
	// Two visits on opposite sides of home, one technician: out and back twice is the best there is.
	travel, err := geo.NewDense(3, []int32{
		0, 20, 30,
		20, 0, 50,
		30, 50, 0,
	})
	if err != nil {
		panic(err)
	}
	p := &dispatch.Problem{
		Places: make([]dispatch.Place, 3), Travel: []dispatch.Travel{{Time: travel}},
		Technicians: []dispatch.Technician{{
			ID: "ann", Rates: dispatch.Rates{Travel: 1}, Shifts: []dispatch.Shift{{End: 480, LatestDeparture: dispatch.NoTick}},
		}},
		Visits: []dispatch.Visit{{ID: "a", Place: 1, OnSite: 60, Due: dispatch.NoTick}, {ID: "b", Place: 2, OnSite: 60, Due: dispatch.NoTick}},
		Policy: dispatch.Policy{Unserved: dispatch.UnservedPolicy{Lexicographic: true}},
	}
	m, err := constraint.New(p)
	if err != nil {
		panic(err)
	}
	plan, err := route.SolveModel(context.Background(), m, route.Options{Iterations: 100, Threads: 1})
	if err != nil {
		panic(err)
	}
	b := bound.Of(m, plan, bound.Options{})
	fmt.Printf("plan costs %d, no plan costs less than %d (%s), gap at most %.0f %%\n",
		plan.Cost.Total(), b.Cost, b.Method, b.GapPercent(plan.Cost.Total()))
	// Output: plan costs 100, no plan costs less than 100 (assignment), gap at most 0 %
}
