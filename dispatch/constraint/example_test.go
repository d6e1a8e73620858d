package constraint_test

import (
	"fmt"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
	"fettle/geo"
)

// A model is compiled once; a walker then times routes over it, and says which rule breaks where, and by how much.
func ExampleWalker() {
	minutes, err := geo.NewDense(3, []int32{
		0, 20, 40,
		20, 0, 30,
		40, 30, 0,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := constraint.New(&dispatch.Problem{
		Places: make([]dispatch.Place, 3), Travel: []dispatch.Travel{{Time: minutes}},
		Technicians: []dispatch.Technician{{
			ID: "ann", Rates: dispatch.Rates{Travel: 1}, Shifts: []dispatch.Shift{{Start: 0, End: 240, LatestDeparture: dispatch.NoTick}},
		}},
		Visits: []dispatch.Visit{
			{ID: "a", Place: 1, OnSite: 60, Due: dispatch.NoTick},
			{ID: "b", Place: 2, OnSite: 30, Due: dispatch.NoTick, Windows: []dispatch.TimeWindow{{Start: 50, End: 90}}},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := m.NewWalker()
	for _, stops := range [][]int32{{1, 0}, {0, 1}} {
		if cost, ok := w.Cost(&m.Routes[0], stops); ok {
			fmt.Println(stops, "costs", cost)
		} else {
			fmt.Println(stops, "breaks", w.Fail.Reason, "at stop", w.Fail.Stop, "by", w.Fail.Short)
		}
	}
	// Output:
	// [1 0] costs 90
	// [0 1] breaks WINDOW_CLOSED at stop 1 by 21
}

// Static decides the rules that need no route.
func ExampleStatic() {
	apprentice := dispatch.Technician{ID: "bo", Skills: []dispatch.SkillLevel{{Skill: "gas", Level: 1}}}
	why, short := constraint.Static(&apprentice, &dispatch.Visit{Skills: []dispatch.SkillLevel{{Skill: "gas", Level: 3}}})
	fmt.Println(why, "by", short)
	// Output: SKILL_LEVEL by 2
}
