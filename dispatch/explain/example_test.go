package explain_test

import (
	"context"
	"fmt"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
	"fettle/dispatch/explain"
	"fettle/geo"
)

// Chen has the gas leak; Li could have it too, and Zhao could not. The lamp is left out until the final pass gives it to
// Zhao, the only one who knows power.
func Example() {
	minutes := []int32{0, 12, 20, 12, 0, 21, 20, 21, 0} // between yard, leak and lamp
	for i := range minutes {
		minutes[i] *= 60
	}
	travel, err := geo.NewDense(3, minutes)
	if err != nil {
		fmt.Println(err)
		return
	}
	shift := func(place int32) []dispatch.Shift {
		return []dispatch.Shift{{Start: 0, End: 4 * 3600, LatestDeparture: dispatch.NoTick, StartPlace: place, EndPlace: dispatch.NoPlace}}
	}
	skill := func(name dispatch.Skill, level int32) []dispatch.SkillLevel {
		return []dispatch.SkillLevel{{Skill: name, Level: level}}
	}
	p := &dispatch.Problem{
		Origin: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
		Scale:  dispatch.Scale{Unit: "s", CostPerUnit: 60},
		Places: []dispatch.Place{{Name: "yard"}, {Name: "1 Mill Lane"}, {Name: "9 Mill Lane"}},
		Travel: []dispatch.Travel{{Time: travel}},
		Technicians: []dispatch.Technician{
			{ID: "chen", Name: "Chen Wei", Skills: skill("gas", 2), Shifts: shift(0), Rates: dispatch.Rates{Travel: 1}},
			{ID: "li", Name: "Li Na", Skills: skill("gas", 2), Shifts: shift(2), Rates: dispatch.Rates{Travel: 1}},
			{ID: "zhao", Name: "Zhao", Skills: skill("power", 1), Shifts: shift(0), Rates: dispatch.Rates{Travel: 1}},
		},
		Visits: []dispatch.Visit{
			{ID: "leak", Place: 1, OnSite: 1800, Skills: skill("gas", 2), Due: dispatch.NoTick, Windows: []dispatch.TimeWindow{{Start: 0, End: 3600}}},
			{ID: "lamp", Place: 2, OnSite: 900, Skills: skill("power", 1), Due: dispatch.NoTick, Windows: []dispatch.TimeWindow{{Start: 3600, End: 7200}}},
		},
		Policy: dispatch.Policy{Unserved: dispatch.UnservedPolicy{PerVisit: 36_000}},
	}
	m, err := constraint.New(p)
	if err != nil {
		fmt.Println(err)
		return
	}
	plan := &dispatch.Plan{Routes: []dispatch.Route{{Technician: 0, Stops: []dispatch.Stop{{Kind: dispatch.StopVisit, Visit: 0}}}}}
	plan, err = explain.Finish(context.Background(), m, plan)
	if err != nil {
		fmt.Println(err)
		return
	}
	card := explain.New(m, plan).Visit(0)
	for _, line := range card.Sentences(p) {
		fmt.Println(line)
	}
	fmt.Println("left out:", len(plan.Unassigned))
	// Output:
	// Visit leak -> Chen Wei at 09:12 (window 09:00-10:00): 12 min travel, adds 12 (travel 12); needs gas level 2; nobody does it for less.
	// Next best: Li Na at 09:21, 9 dearer (travel). Li Na (li) would do as well if the way from 9 Mill Lane to 1 Mill Lane took 9 min less.
	// Zhao (zhao) cannot: visit leak needs skill gas at level 2 [SKILL_MISSING]. Zhao (zhao) could do it (1 dearer) with skill gas 2 level(s) higher.
	// left out: 0
}
