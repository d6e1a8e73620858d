package check_test

import (
	"testing"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/geo"
)

// played is a day on a line: homes at 0, a depot with all tools at 10, visits of 5 ticks at 20 and 30, open from 40 to 100,
// which only b may do, and the second with a drill. Visit 1 is known from 15 on.
func played(t *testing.T) (*dispatch.Problem, []dispatch.Tick) {
	t.Helper()
	m, err := geo.NewPlanar([]float64{0, 10, 20, 30}, make([]float64, 4), 1, geo.RoundUp)
	if err != nil {
		t.Fatal(err)
	}
	shift := []dispatch.Shift{{Start: 0, End: 120, LatestDeparture: dispatch.NoTick}}
	p := &dispatch.Problem{
		Places: make([]dispatch.Place, 4), Travel: []dispatch.Travel{{Time: m}},
		Technicians: []dispatch.Technician{
			{ID: "a", Shifts: shift},
			{ID: "b", Shifts: shift, Skills: []dispatch.SkillLevel{{Skill: "gas"}}, Depots: []dispatch.Depot{{Place: 1, AllTools: true}}},
		},
	}
	for i := range int32(2) {
		p.Visits = append(p.Visits, dispatch.Visit{
			ID: dispatch.VisitID(rune('v' + i)), Place: 2 + i, OnSite: 5, Due: dispatch.NoTick,
			Windows: []dispatch.TimeWindow{{Start: 40, End: 101}}, Skills: []dispatch.SkillLevel{{Skill: "gas"}},
		})
	}
	p.Visits[1].Tools = []string{"drill"}
	return p, []dispatch.Tick{dispatch.NoTick, 15}
}

func drive(visit int32, at dispatch.Tick) dispatch.Leg {
	return dispatch.Leg{Kind: dispatch.StopVisit, Visit: visit, Depot: -1, Departure: at}
}

func fetch(at dispatch.Tick) dispatch.Leg {
	return dispatch.Leg{Kind: dispatch.StopDepot, Visit: -1, Departure: at}
}

func TestDay(t *testing.T) {
	t.Parallel()
	// At 5 to the depot, at 30 on to v, there at 40 to 45; at 50 to w, there at 60 to 65; home at 70, back at 100.
	good := func() dispatch.Trail {
		return dispatch.Trail{Technician: 1, Legs: []dispatch.Leg{fetch(5), drive(0, 30), drive(1, 50)}, Homeward: 70}
	}
	for name, c := range map[string]struct {
		change  func(t *dispatch.Trail)
		refused []int32
		want    []dispatch.Reason
	}{
		"a good day":                   {},
		"a refused visit":              {change: func(t *dispatch.Trail) { t.Legs = t.Legs[:2] }, refused: []int32{1}},
		"only the depot":               {change: func(t *dispatch.Trail) { t.Legs = t.Legs[:1] }, refused: []int32{1}, want: []dispatch.Reason{check.RuleNotAnswered}},
		"known from the start":         {change: func(t *dispatch.Trail) { t.Legs, t.Homeward = append(t.Legs[:1], t.Legs[2]), 75 }, refused: []int32{0}, want: []dispatch.Reason{check.RuleRefused}},
		"refused and served":           {refused: []int32{1}, want: []dispatch.Reason{check.RuleServedTwice}},
		"not answered":                 {change: func(t *dispatch.Trail) { t.Legs = t.Legs[:2] }, want: []dispatch.Reason{check.RuleNotAnswered}},
		"served twice":                 {change: func(t *dispatch.Trail) { t.Legs = append(t.Legs, drive(0, 70)); t.Homeward = 90 }, want: []dispatch.Reason{check.RuleServedTwice}},
		"before the shift":             {change: func(t *dispatch.Trail) { t.Legs[0].Departure = -1 }, want: []dispatch.Reason{check.RuleTooSoon}},
		"before the work is done":      {change: func(t *dispatch.Trail) { t.Legs[2].Departure = 44 }, want: []dispatch.Reason{check.RuleTooSoon}},
		"home before the work is done": {change: func(t *dispatch.Trail) { t.Homeward = 64 }, want: []dispatch.Reason{check.RuleTooSoon}},
		"before it is known": {change: func(t *dispatch.Trail) {
			t.Legs = []dispatch.Leg{fetch(0), drive(1, 14), drive(0, 60)}
			t.Homeward = 80
		}, want: []dispatch.Reason{check.RuleTooSoon}},
		"a window that is over":         {change: func(t *dispatch.Trail) { t.Legs[2].Departure = 91; t.Homeward = 106 }, want: []dispatch.Reason{dispatch.ReasonWindowClosed, dispatch.ReasonOutOfShift}},
		"after the shift":               {change: func(t *dispatch.Trail) { t.Homeward = 91 }, want: []dispatch.Reason{dispatch.ReasonOutOfShift}},
		"without the tool":              {change: func(t *dispatch.Trail) { t.Legs = []dispatch.Leg{drive(0, 20), drive(1, 45)} }, want: []dispatch.Reason{dispatch.ReasonToolMissing}},
		"without the skill":             {change: func(t *dispatch.Trail) { t.Technician, t.Legs = 0, t.Legs[1:2] }, refused: []int32{1}, want: []dispatch.Reason{dispatch.ReasonSkillMissing}},
		"a technician who is not there": {change: func(t *dispatch.Trail) { t.Technician = 2 }, want: []dispatch.Reason{check.RuleIndex}},
		"a visit that is not there":     {change: func(t *dispatch.Trail) { t.Legs[1].Visit = 7 }, want: []dispatch.Reason{check.RuleNotAnswered, check.RuleIndex}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, known := played(t)
			trail := good()
			if c.change != nil {
				c.change(&trail)
			}
			report := check.Day(p, known, []dispatch.Trail{trail}, c.refused)
			got := map[dispatch.Reason]bool{}
			for _, v := range report.Violations {
				got[v.Rule] = true
			}
			for _, rule := range c.want {
				if !got[rule] {
					t.Errorf("no violation %s in %+v", rule, report.Violations)
				}
			}
			if len(got) != len(c.want) || report.Feasible != (len(c.want) == 0) || report.Refused != len(c.refused) {
				t.Errorf("want %v, report %+v", c.want, report)
			}
		})
	}
	p, known := played(t)
	if r := check.Day(p, known, []dispatch.Trail{good()}, nil); r.Duty != 95 || r.Travel != 60 {
		t.Errorf("on duty %d, travel %d, want 95 and 60", r.Duty, r.Travel)
	}
}
