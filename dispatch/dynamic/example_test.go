package dynamic_test

import (
	"context"
	"fmt"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/dispatch/dynamic"
	"fettle/geo"
)

// One technician, three visits on a line, 10 minutes apart and 5 minutes long. Two are known in the morning; the one in
// between is reported at minute 30. It fits on the way to the third.
func Example() {
	travel, err := geo.NewPlanar([]float64{0, 10, 20, 30}, make([]float64, 4), 1, geo.RoundUp)
	if err != nil {
		fmt.Println(err)
		return
	}
	visit := func(id string, place int32, from, to dispatch.Tick) dispatch.Visit {
		return dispatch.Visit{
			ID: dispatch.VisitID(id), Place: place, OnSite: 5, Due: dispatch.NoTick, Windows: []dispatch.TimeWindow{{Start: from, End: to}},
		}
	}
	problem := &dispatch.Problem{
		Places: make([]dispatch.Place, 4), Travel: []dispatch.Travel{{Time: travel}},
		Technicians: []dispatch.Technician{{
			ID: "Wu", Rates: dispatch.Rates{Duty: 1},
			Shifts: []dispatch.Shift{{Start: 0, End: 480, LatestDeparture: dispatch.NoTick}},
		}},
		Visits: []dispatch.Visit{visit("lift", 1, 20, 60), visit("boiler", 3, 60, 120), visit("leak", 2, 35, 90)},
	}
	known := []dispatch.Tick{dispatch.NoTick, dispatch.NoTick, 30}

	day, err := dynamic.NewDay(problem, known)
	if err != nil {
		fmt.Println(err)
		return
	}
	policy := dynamic.NewReplan()
	for m := day.Moment(); m != nil; m = day.Moment() {
		fmt.Printf("minute %d: %d visits known, %d new\n", m.Now, len(m.Problem.Visits), len(m.New))
		decision, err := policy.Decide(context.Background(), m, dynamic.Budget{Seed: 1, Iterations: 100, Threads: 1})
		if err == nil {
			err = day.Decide(decision)
		}
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, leg := range day.Trails()[0].Legs {
		fmt.Printf("leaves for the %s at %d\n", problem.Visits[leg.Visit].ID, leg.Departure)
	}
	report := check.Day(problem, known, day.Trails(), day.Refused())
	fmt.Printf("feasible: %v, refused: %d, on duty: %d minutes\n", report.Feasible, report.Refused, report.Duty)
	// Output:
	// minute 0: 2 visits known, 0 new
	// minute 30: 3 visits known, 1 new
	// leaves for the lift at 25
	// leaves for the leak at 40
	// leaves for the boiler at 55
	// feasible: true, refused: 0, on duty: 75 minutes
}
