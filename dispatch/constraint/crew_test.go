package constraint_test

import (
	"testing"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
)

// three is a road with technicians a, b and c at place 0 and four visits at 10, 20, 30 and 40 of 5 ticks each.
func three(t *testing.T, links ...dispatch.Link) *constraint.Model {
	t.Helper()
	return model(t, line(t, func(p *dispatch.Problem) {
		for _, id := range []dispatch.TechnicianID{"b", "c"} {
			p.Technicians = append(p.Technicians, p.Technicians[0])
			p.Technicians[len(p.Technicians)-1].ID = id
		}
		p.Links = links
	}, dispatch.Visit{Place: 10, OnSite: 5}, dispatch.Visit{Place: 20, OnSite: 5}, dispatch.Visit{Place: 30, OnSite: 5}, dispatch.Visit{Place: 40, OnSite: 5}))
}

func TestCrew(t *testing.T) {
	t.Parallel()
	m := three(t, dispatch.Link{First: 0, Second: 2, Both: true, Apart: true}, dispatch.Link{First: 1, Second: 3, Both: true, Apart: true})
	j := m.NewJoint()
	all := []int32{0, 1, 2}
	if !j.Walk(all, [][]int32{{0, 1}, {2}, {3}}) {
		t.Fatalf("%+v", j.Fail)
	}
	// 0 waits for 2 until 30, so 1 starts at 45 and 3 with it.
	if j.Start[0] != 30 || j.Start[2] != 30 || j.Start[1] != 45 || j.Start[3] != 45 {
		t.Errorf("starts %v", j.Start)
	}
	for name, c := range map[string]struct {
		stops [][]int32
		visit int32
	}{
		"half a crew":    {[][]int32{{0}, nil, nil}, 0},
		"one technician": {[][]int32{{0, 2}, nil, nil}, 2},
		"a circle":       {[][]int32{{0, 1}, {3, 2}, nil}, -1},
	} {
		if j.Walk(all, c.stops) || j.Fail.Reason != dispatch.ReasonCrew || c.visit >= 0 && j.Fail.Visit != c.visit {
			t.Errorf("%s: %+v", name, j.Fail)
		}
	}
	if !j.Walk(all, [][]int32{{0, 1}, {2}, {3}}) || j.Start[3] != 45 {
		t.Errorf("a walk that failed left something behind: %v", j.Start)
	}
}
