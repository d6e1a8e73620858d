package route_test

import (
	"context"
	"fmt"

	"fettle/dispatch"
	"fettle/dispatch/route"
	"fettle/geo"
)

// Two technicians live at the ends of a road and three visits lie along it; the gas needs a skill that only one has.
func Example() {
	travel, err := geo.NewPlanar([]float64{0, 100, 10, 20, 90}, make([]float64, 5), 1, geo.RoundNearest)
	if err != nil {
		panic(err)
	}
	technician := func(id dispatch.TechnicianID, home int32, skills ...dispatch.SkillLevel) dispatch.Technician {
		return dispatch.Technician{
			ID: id, Skills: skills, Rates: dispatch.Rates{Travel: 1},
			Shifts: []dispatch.Shift{{End: 480, LatestDeparture: dispatch.NoTick, StartPlace: home, EndPlace: home}},
		}
	}
	p := &dispatch.Problem{
		Places: make([]dispatch.Place, 5),
		Travel: []dispatch.Travel{{Time: travel}},
		Technicians: []dispatch.Technician{
			technician("chen", 0), technician("li", 1, dispatch.SkillLevel{Skill: "gas", Level: 2}),
		},
		Visits: []dispatch.Visit{
			{ID: "tap", Place: 2, OnSite: 30, Due: dispatch.NoTick},
			{ID: "boiler", Place: 3, OnSite: 60, Due: dispatch.NoTick, Skills: []dispatch.SkillLevel{{Skill: "gas", Level: 1}}},
			{ID: "lamp", Place: 4, OnSite: 15, Due: dispatch.NoTick},
		},
		Policy: dispatch.Policy{Unserved: dispatch.UnservedPolicy{Lexicographic: true}},
	}
	plan, err := route.Solve(context.Background(), p, route.Options{Seed: 1, Iterations: 1000, Threads: 1})
	if err != nil {
		panic(err)
	}
	for _, r := range plan.Routes {
		fmt.Print(p.Technicians[r.Technician].ID, ":")
		for _, v := range r.Visits() {
			fmt.Print(" ", p.Visits[v].ID)
		}
		fmt.Println()
	}
	fmt.Println("travel", plan.Cost[dispatch.TermTravel])
	// Output:
	// chen: tap
	// li: boiler lamp
	// travel 180
}
