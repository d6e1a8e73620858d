package replan_test

import (
	"context"
	"fmt"

	"fettle/dispatch"
	"fettle/dispatch/replan"
	"fettle/dispatch/route"
	"fettle/geo"
)

// A burst pipe is reported while Ann is at work. Nobody can come in time unless a promise moves; the curve says what that
// would gain, and the dispatcher takes the point with one promise moved.
func ExampleAround() {
	// A street with a place every minute of the way. Ann has three visits, at minutes 100, 160 and 220.
	x, y := make([]float64, 50), make([]float64, 50)
	for i := range x {
		x[i] = float64(i)
	}
	travel, err := geo.NewPlanar(x, y, 1, geo.RoundNearest)
	if err != nil {
		fmt.Println(err)
		return
	}
	visit := func(id dispatch.VisitID, place int32, first, last dispatch.Tick) dispatch.Visit {
		return dispatch.Visit{
			ID: id, Place: place, OnSite: 30, Due: dispatch.NoTick, Priority: 1, Windows: []dispatch.TimeWindow{{Start: first, End: last}},
		}
	}
	p := &dispatch.Problem{
		Travel: []dispatch.Travel{{Time: travel}}, Places: make([]dispatch.Place, 50),
		Policy: dispatch.Policy{Unserved: dispatch.UnservedPolicy{PerPriority: 1000}},
		Technicians: []dispatch.Technician{{
			ID: "ann", Rates: dispatch.Rates{Travel: 1},
			Shifts: []dispatch.Shift{{End: 400, LatestDeparture: dispatch.NoTick}},
		}},
		Visits: []dispatch.Visit{visit("tap", 10, 100, 120), visit("lamp", 12, 160, 400), visit("door", 14, 220, 250)},
	}
	committed, err := route.Solve(context.Background(), p, route.Options{Iterations: 100, Threads: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	pipe := visit("pipe", 12, 130, 145)
	pipe.Priority, pipe.Urgency = 5, dispatch.UrgencyEmergency
	change := replan.Change{Now: 110, Arrived: []dispatch.Visit{pipe}}
	after, err := replan.Around(context.Background(), p, committed, change, replan.Options{Iterations: 500})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, point := range after.Curve {
		fmt.Println(point.Moved, "promises moved, cost", point.Cost, "and", point.Unassigned, "left out")
	}
	chosen, err := after.Choose(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, move := range chosen.Moves {
		fmt.Println(move.Visit, "from", move.From, "at", move.Was, "to", move.To, "at", move.Start)
	}
	// Output:
	// 0 promises moved, cost 5028 and 1 left out
	// 1 promises moved, cost 28 and 0 left out
	// lamp from ann at 160 to ann at 162
}
