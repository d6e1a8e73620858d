package dispatch_test

import (
	"fmt"
	"time"

	"fettle/dispatch"
)

// A work order is what people see, in wall time; its visit is what an optimiser places, in ticks of the problem.
func ExampleWorkOrder_Visit() {
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	order := dispatch.WorkOrder{
		ID: "wo_1", Urgency: dispatch.UrgencyNormal, OnSite: 45 * time.Minute,
		Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: 2}}, Due: monday.Add(10 * time.Hour),
	}
	v := order.Visit(monday, 7)
	fmt.Println(v.WorkOrder, "at place", v.Place, "takes", v.OnSite, "and is due at", v.Due)
	// Output: wo_1 at place 7 takes 2700 and is due at 36000
}

// Lateness is priced in steps: here nothing for ten minutes, then 1 a second, and 3 more from an hour on.
func ExampleLatenessTier_Cost() {
	tier := dispatch.LatenessTier{Name: "gold", Steps: []dispatch.LatenessStep{{After: 600, PerTick: 1}, {After: 3600, PerTick: 3}}}
	for _, late := range []dispatch.Tick{300, 1200, 4000} {
		fmt.Println(late, "s late cost", tier.Cost(late))
	}
	// Output:
	// 300 s late cost 0
	// 1200 s late cost 600
	// 4000 s late cost 4600
}

// Costs are integers by term, so that two plans compare exactly and every part can be shown.
func ExampleCost() {
	var before, after dispatch.Cost
	before[dispatch.TermTravel], before[dispatch.TermLateness] = 900, 120
	after[dispatch.TermTravel] = 1000
	for term, v := range after.Minus(before) {
		if v != 0 {
			fmt.Println(dispatch.Term(term), v)
		}
	}
	fmt.Println("in all", after.Total()-before.Total())
	// Output:
	// lateness -120
	// travel 100
	// in all -20
}
