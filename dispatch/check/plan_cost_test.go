package check_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/check"
)

// newPricedDay gives every term something to count; see TestPlanPricesEveryTerm for the arithmetic.
func newPricedDay(t *testing.T) (*dispatch.Problem, *dispatch.Plan) {
	t.Helper()
	p := newDay(t)
	ann := &p.Technicians[0]
	ann.Rates = dispatch.Rates{Fixed: 1000, Travel: 2, Distance: 3, Duty: 5, OnSite: 7, Overtime: 11}
	ann.Shifts[0].End, ann.Shifts[0].Overtime = 40, 30
	ann.Skills = []dispatch.SkillLevel{{Skill: "gas", Level: 4}}
	p.Visits[0].Skills = []dispatch.SkillLevel{{Skill: "gas", Level: 1}}
	p.Visits[0].Preferred = []dispatch.TechnicianID{"bob"}
	p.Visits[0].Entry = 2
	p.Visits[1].Due, p.Visits[1].Tier = 20, "gold"
	p.Visits[2].Unserved = 77
	p.Policy = dispatch.Policy{
		Tiers:        []dispatch.LatenessTier{{Name: "gold", Steps: []dispatch.LatenessStep{{After: 0, PerTick: 10}, {After: 5, PerTick: 100}}}},
		SkillSurplus: 13, NotPreferred: 17, Fairness: 19,
	}
	return p, annDoes(p, visits(0, 1)...)
}

func TestPlanPricesEveryTerm(t *testing.T) {
	t.Parallel()
	p, plan := newPricedDay(t)
	// a in [10, 17) with entry 2, b in [27, 32), home at 52. Nothing waits: departure 0, duty 52.
	want := dispatch.Cost{
		dispatch.TermUnserved:     77,                 // c
		dispatch.TermLateness:     7*10 + 2*100,       // b starts at 27, due 20
		dispatch.TermTravel:       (10 + 10 + 20) * 2, // legs
		dispatch.TermDistance:     40 * 3,
		dispatch.TermDuty:         52 * 5,
		dispatch.TermOnSite:       12 * 7, // 2 + 5 + 5
		dispatch.TermOvertime:     12 * 11,
		dispatch.TermFixed:        1000,
		dispatch.TermSkillSurplus: 3 * 13, // level 4 for level 1
		dispatch.TermPreference:   17,
		dispatch.TermFairness:     5 * 19, // work without entry: ann 10, bob 0, mean 5
	}
	got := check.Plan(p, plan)
	if d := cmp.Diff(want, got.Cost); d != "" || !got.Feasible {
		t.Errorf("violations %v, cost (-want +got):\n%s", got.Violations, d)
	}
	want[dispatch.TermUnserved], want[dispatch.TermFairness] = 0, 0
	if d := cmp.Diff(want, got.Routes[0].Cost); d != "" {
		t.Errorf("route cost (-want +got):\n%s", d)
	}
}

func TestPlanFairnessRoundsTheMeanUp(t *testing.T) {
	t.Parallel()
	p := newDay(t)
	p.Policy.Fairness = 10
	p.Technicians[1].History = 4
	p.Technicians = append(p.Technicians, dispatch.Technician{ID: "off duty", History: 1000})
	// ann 5, bob 4, the one without a shift does not count: mean 4.5, up to 5: nobody is above it.
	if got := check.Plan(p, annDoes(p, visits(0)...)).Cost[dispatch.TermFairness]; got != 0 {
		t.Errorf("fairness %d, want 0", got)
	}
	// ann 10, bob 4: mean 7, ann 3 above it.
	if got := check.Plan(p, annDoes(p, visits(0, 1)...)).Cost[dispatch.TermFairness]; got != 30 {
		t.Errorf("fairness %d, want 30", got)
	}
}

func TestPlanComparesWhatIsStated(t *testing.T) {
	t.Parallel()
	p, plan := newPricedDay(t)
	truth := check.Plan(p, plan)
	state := func(change func(plan *dispatch.Plan)) *dispatch.Plan {
		out := *plan
		r := truth.Routes[0]
		r.Stops = append([]dispatch.Stop(nil), r.Stops...)
		out.Routes, out.Cost = []dispatch.Route{r}, truth.Cost
		change(&out)
		return &out
	}
	tests := []struct {
		name   string
		change func(plan *dispatch.Plan)
		want   []dispatch.Reason
		by     int64
	}{
		{"all right", func(*dispatch.Plan) {}, nil, 0},
		{"departure", func(plan *dispatch.Plan) { plan.Routes[0].Departure = 1 }, reasons(check.RuleStatedTime), 1},
		{"end", func(plan *dispatch.Plan) { plan.Routes[0].End += 2 }, reasons(check.RuleStatedTime), 2},
		{"start of a visit", func(plan *dispatch.Plan) { plan.Routes[0].Stops[1].Start -= 3 }, reasons(check.RuleStatedTime), -3},
		{"lateness", func(plan *dispatch.Plan) { plan.Routes[0].Stops[1].Late = 0 }, reasons(check.RuleStatedTime), -7},
		{"travel", func(plan *dispatch.Plan) { plan.Routes[0].EndTravel++ }, reasons(check.RuleStatedTime), 1},
		{"distance", func(plan *dispatch.Plan) { plan.Routes[0].EndDistance++ }, reasons(check.RuleStatedTime), 1},
		{"cost of the plan", func(plan *dispatch.Plan) { plan.Cost[dispatch.TermDuty] += 5 }, reasons(check.RuleStatedCost), 5},
		{"cost of the route", func(plan *dispatch.Plan) { plan.Routes[0].Cost[dispatch.TermFixed]-- }, reasons(check.RuleStatedCost), -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := check.Plan(p, state(tt.change))
			if d := cmp.Diff(tt.want, rules(got)); d != "" {
				t.Fatalf("rules (-want +got):\n%s\n%v", d, got.Violations)
			}
			if len(got.Violations) > 0 && got.Violations[0].By != tt.by {
				t.Errorf("by %d, want %d", got.Violations[0].By, tt.by)
			}
		})
	}
}
