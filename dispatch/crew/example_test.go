package crew_test

import (
	"context"
	"fmt"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
	"fettle/dispatch/crew"
	"fettle/geo"
)

// A boiler needs two people at once, and its flue may be sealed only an hour after. Ann and Ben begin at the two ends of a
// street with a place every ten minutes of the way.
func ExampleSolve() {
	travel, err := geo.NewPlanar([]float64{0, 10, 20, 30, 40}, make([]float64, 5), 1, geo.RoundNearest)
	if err != nil {
		fmt.Println(err)
		return
	}
	technician := func(id dispatch.TechnicianID, home int32) dispatch.Technician {
		return dispatch.Technician{ID: id, Rates: dispatch.Rates{Travel: 1}, Shifts: []dispatch.Shift{{
			End: 480, StartPlace: home, EndPlace: home, LatestDeparture: dispatch.NoTick,
		}}}
	}
	visit := func(id dispatch.VisitID, place int32) dispatch.Visit {
		return dispatch.Visit{ID: id, Place: place, OnSite: 30, Due: dispatch.NoTick}
	}
	p := &dispatch.Problem{
		Travel: []dispatch.Travel{{Time: travel}}, Places: make([]dispatch.Place, 5),
		Technicians: []dispatch.Technician{technician("ann", 0), technician("ben", 4)},
		Visits:      []dispatch.Visit{visit("boiler", 1), visit("boiler, second hand", 1), visit("flue", 1), visit("tap", 3)},
		Policy:      dispatch.Policy{Unserved: dispatch.UnservedPolicy{PerVisit: 1000}},
		Links: []dispatch.Link{
			{First: 0, Second: 1, Both: true, Apart: true},             // at once
			{First: 0, Second: 2, MinGap: 60, MaxGap: dispatch.NoTick}, // only an hour after
		},
	}
	m, err := constraint.New(p)
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := crew.Solve(context.Background(), m, crew.Options{Seed: 1, Iterations: 200, Threads: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	starts := map[dispatch.VisitID]dispatch.Tick{}
	for i := range plan.Routes {
		for _, s := range plan.Routes[i].Stops {
			starts[p.Visits[s.Visit].ID] = s.Start
		}
	}
	fmt.Println("both hands at once:", starts["boiler"] == starts["boiler, second hand"])
	fmt.Println("the flue waits:", starts["flue"] >= starts["boiler"]+60)
	fmt.Println(len(plan.Routes), "routes, cost", plan.Cost.Total(), "and", len(plan.Unassigned), "left out")
	// Output:
	// both hands at once: true
	// the flue waits: true
	// 2 routes, cost 80 and 0 left out
}
