package check_test

import (
	"fmt"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/geo"
)

// A plan names who does what in which order; the checker says what that means and what it breaks.
func ExamplePlan() {
	minutes, err := geo.NewDense(2, []int32{0, 20, 20, 0})
	if err != nil {
		panic(err)
	}
	problem := &dispatch.Problem{
		Scale:       dispatch.Scale{Unit: "min"},
		Places:      make([]dispatch.Place, 2),
		Travel:      []dispatch.Travel{{Time: minutes}},
		Technicians: []dispatch.Technician{{ID: "ann", Shifts: []dispatch.Shift{{Start: 480, End: 720, LatestDeparture: dispatch.NoTick}}}},
		Visits: []dispatch.Visit{
			{ID: "boiler", Place: 1, OnSite: 60, Due: dispatch.NoTick, Windows: []dispatch.TimeWindow{{Start: 540, End: 600}}},
			{ID: "gas leak", Place: 1, OnSite: 30, Due: dispatch.NoTick, Skills: []dispatch.SkillLevel{{Skill: "gas", Level: 2}}},
		},
	}
	plan := &dispatch.Plan{Routes: []dispatch.Route{{Stops: []dispatch.Stop{
		{Kind: dispatch.StopVisit, Visit: 0}, {Kind: dispatch.StopVisit, Visit: 1},
	}}}}

	report := check.Plan(problem, plan)
	route := report.Routes[0]
	fmt.Printf("leaves at %d, works at %d, is back at %d\n", route.Departure, route.Stops[0].Start, route.End)
	for _, v := range report.Violations {
		fmt.Println(v.Rule, v.Text)
	}
	// Output:
	// leaves at 520, works at 540, is back at 650
	// SKILL_MISSING Visit gas leak needs skill gas, which technician ann does not have.
}
