package plan_test

import (
	"context"
	"fmt"

	"fettle/dispatch"
	"fettle/dispatch/plan"
	"fettle/dispatch/route"
	"fettle/geo"
)

// A day built by hand: places, travel times, who works, what is to be done, and what is to be minimised. Files and formats
// are in dispatch/problem.
func ExampleSolve() {
	minutes, err := geo.NewDense(4, []int32{
		0, 20, 30, 25,
		20, 0, 12, 30,
		30, 12, 0, 20,
		25, 30, 20, 0,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	p := &dispatch.Problem{
		Places: make([]dispatch.Place, 4),
		Travel: []dispatch.Travel{{Time: minutes}},
		Technicians: []dispatch.Technician{{
			ID: "ann", Rates: dispatch.Rates{Travel: 1},
			Shifts: []dispatch.Shift{{Start: 8 * 60, End: 12 * 60, LatestDeparture: dispatch.NoTick}}, // from and to place 0
		}},
		Visits: []dispatch.Visit{
			{ID: "boiler", Place: 1, OnSite: 60, Due: dispatch.NoTick, Windows: []dispatch.TimeWindow{{Start: 10 * 60, End: 11 * 60}}},
			{ID: "tap", Place: 2, OnSite: 30, Due: dispatch.NoTick},
			{ID: "roof", Place: 3, OnSite: 240, Due: dispatch.NoTick}, // longer than the shift
		},
		Policy: dispatch.Policy{Unserved: dispatch.UnservedPolicy{Lexicographic: true}},
	}
	found, err := plan.Solve(context.Background(), p, plan.Options{Route: route.Options{Iterations: 1000, Threads: 1}, Bound: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range found.Plan.Routes[0].Stops {
		fmt.Printf("%s from %d:%02d\n", p.Visits[s.Visit].ID, s.Start/60, s.Start%60)
	}
	for _, u := range found.Plan.Unassigned {
		fmt.Println(p.Visits[u.Visit].ID, "is left out:", u.Reason)
	}
	fmt.Println("travel", found.Plan.Cost[dispatch.TermTravel], "minutes")
	// Output:
	// tap from 8:30
	// boiler from 10:00
	// roof is left out: OUT_OF_SHIFT
	// travel 62 minutes
}
