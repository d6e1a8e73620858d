package constraint_test

import (
	"testing"

	"fettle/dispatch"
)

func TestOrder(t *testing.T) {
	t.Parallel()
	m := three(t, dispatch.Link{First: 0, Second: 1, MinGap: 50, MaxGap: dispatch.NoTick}, dispatch.Link{First: 2, Second: 3, MinGap: 0, MaxGap: 10, Both: true})
	j := m.NewJoint()
	all := []int32{0, 1, 2}
	// 1 comes 50 after 0; 3 after 1 at 60 + 5 + 20 = 85, and 2 not more than 10 before that.
	if !j.Walk(all, [][]int32{{0}, {1, 3}, {2}}) {
		t.Fatalf("%+v", j.Fail)
	}
	if j.Start[0] != 10 || j.Start[1] != 60 || j.Start[3] != 85 || j.Start[2] != 75 {
		t.Errorf("starts %v", j.Start)
	}
	if j.Walk(all, [][]int32{{1}, nil, nil}) || j.Fail.Reason != dispatch.ReasonOrder || j.Fail.Visit != 1 {
		t.Errorf("the second without the first: %+v", j.Fail)
	}
	if !j.Walk(all, [][]int32{{0}, nil, nil}) {
		t.Errorf("the first alone: %+v", j.Fail)
	}
	if j.Walk(all, [][]int32{{1, 0}, nil, nil}) || j.Fail.Reason != dispatch.ReasonOrder {
		t.Errorf("the second before the first on one route: %+v", j.Fail)
	}
	plan, ok := j.Plan([][]int32{{0}, {1, 3}, {2}})
	if !ok || plan.Routes[2].Departure != 45 || plan.Cost[dispatch.TermTravel] != 20+80+60 || len(plan.Unassigned) != 0 {
		t.Errorf("%+v", plan)
	}
}
