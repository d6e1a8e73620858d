package check_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/geo"
)

// ruleCase changes newDay and judges a plan: by default ann does a, b, c.
type ruleCase struct {
	name   string
	change func(p *dispatch.Problem)
	stops  []dispatch.Stop
	want   []dispatch.Reason // nil: feasible
	by     int64             // of the first violation
}

func runRules(t *testing.T, tests []ruleCase) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newDay(t)
			if tt.change != nil {
				tt.change(p)
			}
			if err := p.Validate(); err != nil {
				t.Fatal(err)
			}
			stops := tt.stops
			if stops == nil {
				stops = visits(0, 1, 2)
			}
			got := check.Plan(p, annDoes(p, stops...))
			if d := cmp.Diff(tt.want, rules(got)); d != "" {
				t.Fatalf("rules (-want +got):\n%s\n%v", d, got.Violations)
			}
			if len(got.Violations) > 0 && got.Violations[0].By != tt.by {
				t.Errorf("by %d; want %d: %s", got.Violations[0].By, tt.by, got.Violations[0].Text)
			}
		})
	}
}

func reasons(r ...dispatch.Reason) []dispatch.Reason { return r }

func TestPlanEligibility(t *testing.T) {
	t.Parallel()
	gas := func(level int32) []dispatch.SkillLevel { return []dispatch.SkillLevel{{Skill: "gas", Level: level}} }
	runRules(t, []ruleCase{
		{name: "missing skill", change: func(p *dispatch.Problem) { p.Visits[1].Skills = gas(2) }, want: reasons(dispatch.ReasonSkillMissing), by: 2},
		{
			name: "low level", change: func(p *dispatch.Problem) { p.Visits[1].Skills, p.Technicians[0].Skills = gas(3), gas(1) },
			want: reasons(dispatch.ReasonSkillLevel), by: 2,
		},
		{name: "level 0 is level 1", change: func(p *dispatch.Problem) { p.Visits[1].Skills, p.Technicians[0].Skills = gas(1), gas(0) }},
		{name: "missing tool", change: func(p *dispatch.Problem) { p.Visits[2].Tools = []string{"ladder"} }, want: reasons(dispatch.ReasonToolMissing)},
		{name: "tool on board", change: func(p *dispatch.Problem) {
			p.Visits[2].Tools, p.Technicians[0].Tools = []string{"ladder"}, []string{"ladder"}
		}},
		{name: "tool from a depot before", change: func(p *dispatch.Problem) {
			p.Visits[2].Tools, p.Technicians[0].Depots = []string{"ladder"}, []dispatch.Depot{{Place: 1, AllTools: true}}
		}, stops: []dispatch.Stop{depot(0), visits(2)[0]}},
		{name: "tool from a depot after", change: func(p *dispatch.Problem) {
			p.Visits[2].Tools, p.Technicians[0].Depots = []string{"ladder"}, []dispatch.Depot{{Place: 1, AllTools: true}}
		}, stops: []dispatch.Stop{visits(2)[0], depot(0)}, want: reasons(dispatch.ReasonToolMissing)},
		{name: "excluded", change: func(p *dispatch.Problem) { p.Visits[0].Excluded = []dispatch.TechnicianID{"ann"} }, want: reasons(dispatch.ReasonExcluded)},
		{name: "another excluded", change: func(p *dispatch.Problem) { p.Visits[0].Excluded = []dispatch.TechnicianID{"bob"} }},
		{name: "only another", change: func(p *dispatch.Problem) { p.Visits[0].Only = []dispatch.TechnicianID{"bob"} }, want: reasons(dispatch.ReasonNotRequired)},
		{name: "only her", change: func(p *dispatch.Problem) { p.Visits[0].Only = []dispatch.TechnicianID{"bob", "ann"} }},
		{
			name: "foreign territory", change: func(p *dispatch.Problem) {
				p.Visits[0].Territory, p.Technicians[0].Territories = "north", []string{"south"}
			},
			want: reasons(dispatch.ReasonCoverageArea),
		},
		{name: "no territories means all", change: func(p *dispatch.Problem) { p.Visits[0].Territory = "north" }},
		{name: "own territory", change: func(p *dispatch.Problem) {
			p.Visits[0].Territory, p.Technicians[0].Territories = "north", []string{"south", "north"}
		}},
	})
}

func TestPlanTimes(t *testing.T) {
	t.Parallel()
	window := func(w ...dispatch.TimeWindow) func(p *dispatch.Problem) {
		return func(p *dispatch.Problem) { p.Visits[1].Windows = w }
	}
	breakIn := func(start, end, duration dispatch.Tick) func(p *dispatch.Problem) {
		return func(p *dispatch.Problem) {
			p.Technicians[0].Shifts[0].Breaks = []dispatch.Break{{Windows: []dispatch.TimeWindow{{Start: start, End: end}}, Duration: duration}}
		}
	}
	runRules(t, []ruleCase{
		// b is reached at 25.
		{name: "last instant of a window", change: window(dispatch.TimeWindow{Start: 0, End: 26})},
		{name: "end of a window is too late", change: window(dispatch.TimeWindow{Start: 0, End: 25}), want: reasons(dispatch.ReasonWindowClosed), by: 1},
		{name: "second window", change: window(dispatch.TimeWindow{Start: 0, End: 9}, dispatch.TimeWindow{Start: 30, End: 31})},
		// Home at 75.
		{name: "end of the shift", change: func(p *dispatch.Problem) { p.Technicians[0].Shifts[0].End = 75 }},
		{name: "after the shift", change: func(p *dispatch.Problem) { p.Technicians[0].Shifts[0].End = 74 }, want: reasons(dispatch.ReasonOutOfShift), by: 1},
		{name: "overtime", change: func(p *dispatch.Problem) { p.Technicians[0].Shifts[0].End, p.Technicians[0].Shifts[0].Overtime = 70, 5 }},
		{
			name: "beyond overtime", change: func(p *dispatch.Problem) { p.Technicians[0].Shifts[0].End, p.Technicians[0].Shifts[0].Overtime = 70, 2 },
			want: reasons(dispatch.ReasonOutOfShift), by: 3,
		},
		{name: "break fits", change: breakIn(0, 100, 25)},
		{name: "break makes it late", change: breakIn(0, 100, 26), want: reasons(dispatch.ReasonOutOfShift), by: 1},
		// Work at b is [25, 30): a break that must begin in [26, 28) waits for nobody, so it lies before b: 28 + 1 + ...
		{name: "break window within work moves the work", change: breakIn(26, 28, 1)},
		{name: "break before the shift", change: breakIn(-9, -1, 1), want: reasons(dispatch.ReasonBreak), by: 2},
		{name: "break given twice", change: breakIn(0, 100, 1), stops: []dispatch.Stop{pause(0), visits(1)[0], pause(0)}, want: reasons(dispatch.ReasonBreak)},
		{name: "break that does not exist", stops: []dispatch.Stop{pause(0), visits(1)[0]}, want: reasons(check.RuleIndex)},
		{name: "no way", change: func(p *dispatch.Problem) {
			values := append([]int32(nil), p.Travel[0].Time.Table()...)
			values[0*4+2] = dispatch.Unreachable
			m, _ := geo.NewDense(4, values)
			p.Travel[0].Time = m
		}, stops: visits(1), want: reasons(dispatch.ReasonUnreachable)},
	})
}

func TestPlanStock(t *testing.T) {
	t.Parallel()
	carry := func(room int32, deliver, collect [3]int32, depots ...dispatch.Depot) func(p *dispatch.Problem) {
		return func(p *dispatch.Problem) {
			p.Technicians[0].Capacity, p.Technicians[0].Depots = []int32{room}, depots
			for i := range p.Visits {
				p.Visits[i].Deliver, p.Visits[i].Collect = []int32{deliver[i]}, []int32{collect[i]}
			}
		}
	}
	two, none := [3]int32{2, 2, 2}, [3]int32{}
	withDepot := []dispatch.Stop{visits(0)[0], depot(0), visits(1)[0], visits(2)[0]}
	runRules(t, []ruleCase{
		{name: "start load fits", change: carry(6, two, none)},
		{name: "start load does not fit", change: carry(5, two, none), want: reasons(dispatch.ReasonCapacity), by: 1},
		{name: "swap at each stop", change: carry(6, two, two)},
		{name: "collecting more than delivered", change: carry(6, two, [3]int32{3, 2, 2}), // 6 - 2 + 3 = 7, and stays 7
			want: reasons(dispatch.ReasonCapacity, dispatch.ReasonCapacity, dispatch.ReasonCapacity), by: 1},
		{name: "depot refills", change: carry(4, two, none, dispatch.Depot{}), stops: withDepot},
		{name: "refill does not fit", change: carry(3, two, none, dispatch.Depot{}), stops: withDepot, want: reasons(dispatch.ReasonCapacity), by: 1},
		{name: "depot takes what was collected", change: carry(4, none, [3]int32{3, 2, 2}, dispatch.Depot{}), stops: withDepot},
		{name: "unlimited after a depot", change: carry(2, two, none, dispatch.Depot{Unlimited: true}), stops: withDepot},
		{name: "pair amounts ride along", change: func(p *dispatch.Problem) {
			carry(1, none, none)(p)
			p.Pairs = []dispatch.Pair{{First: 0, Second: 2, Amount: []int32{1}}}
		}},
		{name: "pair amount and a delivery in between", change: func(p *dispatch.Problem) {
			carry(1, [3]int32{0, 1, 0}, none)(p) // 1 valve for b from the start, and 1 for the pair after a
			p.Pairs = []dispatch.Pair{{First: 0, Second: 2, Amount: []int32{1}}}
		}, want: reasons(dispatch.ReasonCapacity), by: 1},
		{name: "no capacity, no limit", change: func(p *dispatch.Problem) { p.Visits[0].Deliver = []int32{1 << 30} }},
		{
			name: "depot once", change: func(p *dispatch.Problem) { p.Technicians[0].Depots = []dispatch.Depot{{}} },
			stops: []dispatch.Stop{visits(0)[0], depot(0), depot(0)}, want: reasons(check.RuleDepot), by: 1,
		},
		{
			name: "depot twice", change: func(p *dispatch.Problem) { p.Technicians[0].Depots = []dispatch.Depot{{MaxStops: 2}} },
			stops: []dispatch.Stop{visits(0)[0], depot(0), depot(0)},
		},
		{name: "depot closed", change: func(p *dispatch.Problem) { // back at 10 + 5 + 10 = 25
			p.Technicians[0].Depots = []dispatch.Depot{{Windows: []dispatch.TimeWindow{{Start: 0, End: 20}}}}
		}, stops: []dispatch.Stop{visits(0)[0], depot(0)}, want: reasons(check.RuleDepot), by: 6},
	})
}

func TestPlanLimits(t *testing.T) {
	t.Parallel()
	runRules(t, []ruleCase{
		{name: "visits", change: func(p *dispatch.Problem) { p.Technicians[0].MaxVisits = 3 }},
		{name: "too many visits", change: func(p *dispatch.Problem) { p.Technicians[0].MaxVisits = 2 }, want: reasons(dispatch.ReasonMaxVisits), by: 1},
		{name: "travel", change: func(p *dispatch.Problem) { p.Technicians[0].MaxTravel = 60 }},
		{name: "too much travel", change: func(p *dispatch.Problem) { p.Technicians[0].MaxTravel = 58 }, want: reasons(dispatch.ReasonMaxTravel), by: 2},
		{name: "duty", change: func(p *dispatch.Problem) { p.Technicians[0].MaxDuty = 75 }}, // 60 of travel, 15 of work
		{name: "too long a duty", change: func(p *dispatch.Problem) { p.Technicians[0].MaxDuty = 71 }, want: reasons(dispatch.ReasonMaxDuty), by: 4},
		{name: "too far", change: func(p *dispatch.Problem) { p.Technicians[0].MaxDistance = 59 }, want: reasons(dispatch.ReasonMaxDistance), by: 1},
	})
}

func TestPlanPairs(t *testing.T) {
	t.Parallel()
	pair := func(p *dispatch.Problem) { p.Pairs = []dispatch.Pair{{First: 0, Second: 2}} }
	runRules(t, []ruleCase{
		{name: "in order", change: pair},
		{name: "both left out", change: pair, stops: visits(1)},
		{name: "wrong order", change: pair, stops: visits(2, 1, 0), want: reasons(dispatch.ReasonPair)},
		{name: "first left out", change: pair, stops: visits(1, 2), want: reasons(dispatch.ReasonPair)},
		{name: "second left out", change: pair, stops: visits(0, 1), want: reasons(dispatch.ReasonPair)},
	})
	p := newDay(t)
	pair(p)
	got := check.Plan(p, complete(p, dispatch.Route{Stops: visits(0, 1)}, dispatch.Route{Technician: 1, Stops: visits(2)}))
	if d := cmp.Diff(reasons(dispatch.ReasonPair), rules(got)); d != "" {
		t.Errorf("on two routes (-want +got):\n%s", d)
	}
}

func TestPlanPins(t *testing.T) {
	t.Parallel()
	pin := func(v int, pin dispatch.Pin) func(p *dispatch.Problem) {
		return func(p *dispatch.Problem) { p.Visits[v].Pin = &pin }
	}
	ranked := func(rank int32, adjacent bool) dispatch.Pin {
		return dispatch.Pin{Technician: "ann", Start: dispatch.NoTick, Rank: rank, Adjacent: adjacent}
	}
	both := func(a, b func(p *dispatch.Problem)) func(p *dispatch.Problem) {
		return func(p *dispatch.Problem) { a(p); b(p) }
	}
	runRules(t, []ruleCase{
		{name: "technician", change: pin(0, dispatch.Pin{Technician: "ann", Start: dispatch.NoTick})},
		{name: "another technician", change: pin(0, dispatch.Pin{Technician: "bob", Start: dispatch.NoTick}), want: reasons(dispatch.ReasonPinned)},
		{name: "start waits", change: pin(1, dispatch.Pin{Start: 33})},
		{name: "start missed", change: pin(1, dispatch.Pin{Start: 23}), want: reasons(dispatch.ReasonPinned), by: 2}, // reached at 25
		{name: "start outside the window", change: both(pin(1, dispatch.Pin{Start: 33}),
			func(p *dispatch.Problem) { p.Visits[1].Windows = []dispatch.TimeWindow{{Start: 0, End: 30}} }), want: reasons(dispatch.ReasonWindowClosed)},
		{name: "ranks rise", change: both(pin(0, ranked(1, true)), pin(2, ranked(2, false)))},
		{name: "ranks fall", change: both(pin(0, ranked(2, false)), pin(2, ranked(1, false))), want: reasons(dispatch.ReasonPinned), by: 1},
		{name: "adjacent but not", change: both(pin(0, ranked(1, true)), pin(2, ranked(2, true))), want: reasons(dispatch.ReasonPinned)},
		{name: "first but not", change: pin(1, ranked(1, true)), want: reasons(dispatch.ReasonPinned)},
		{
			name: "a break may lie between adjacent ones", change: both(both(pin(0, ranked(1, true)), pin(1, ranked(2, true))),
				func(p *dispatch.Problem) { p.Technicians[0].Shifts[0].Breaks = []dispatch.Break{{Duration: 3}} }),
			stops: []dispatch.Stop{visits(0)[0], pause(0), visits(1)[0]},
		},
	})
}

func TestPlanAnswersEveryVisitOnce(t *testing.T) {
	t.Parallel()
	p := newDay(t)
	out := func(v ...int32) (u []dispatch.Unassigned) {
		for _, i := range v {
			u = append(u, dispatch.Unassigned{Visit: i})
		}
		return u
	}
	tests := []struct {
		name string
		plan *dispatch.Plan
		want []dispatch.Reason
	}{
		{"nil", nil, reasons(check.RuleNotAnswered, check.RuleNotAnswered, check.RuleNotAnswered)},
		{"all left out", &dispatch.Plan{Unassigned: out(0, 1, 2)}, nil},
		{"forgotten", &dispatch.Plan{Unassigned: out(0, 2)}, reasons(check.RuleNotAnswered)},
		{"left out twice", &dispatch.Plan{Unassigned: out(0, 1, 2, 1)}, reasons(check.RuleServedTwice)},
		{"unknown", &dispatch.Plan{Unassigned: out(0, 1, 2, 3)}, reasons(check.RuleIndex)},
		{"served and left out", &dispatch.Plan{Routes: []dispatch.Route{{Stops: visits(0)}}, Unassigned: out(0, 1, 2)}, reasons(check.RuleServedTwice)},
		{
			"served twice", &dispatch.Plan{Routes: []dispatch.Route{{Stops: visits(0)}, {Technician: 1, Stops: visits(0)}}, Unassigned: out(1, 2)},
			reasons(check.RuleServedTwice),
		},
		{
			"shift used twice", &dispatch.Plan{Routes: []dispatch.Route{{Stops: visits(0)}, {Stops: visits(1)}}, Unassigned: out(2)},
			reasons(check.RuleShiftTwice),
		},
		{"technician unknown", complete(p, dispatch.Route{Technician: 2, Stops: visits(0)}), reasons(check.RuleIndex)},
		{"shift unknown", complete(p, dispatch.Route{Shift: -1, Stops: visits(0)}), reasons(check.RuleIndex)},
		{"visit unknown", complete(p, dispatch.Route{Stops: visits(9)}), reasons(check.RuleIndex)},
		{"empty route", complete(p, dispatch.Route{}), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(tt.want, rules(check.Plan(p, tt.plan))); d != "" {
				t.Errorf("rules (-want +got):\n%s", d)
			}
		})
	}
	p.Technicians[0].Depots = []dispatch.Depot{{}}
	if d := cmp.Diff(reasons(check.RuleNoVisit), rules(check.Plan(p, annDoes(p, depot(0))))); d != "" {
		t.Errorf("only a depot (-want +got):\n%s", d)
	}
}
