package check_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/check"
)

// told are rules that a test makes up: their tables are never asked.
type told struct {
	term    func(k int, visit, technician int32) (int64, error)
	forbids func(k int, visit, technician int32) (bool, error)
}

func (told) Tables() (*dispatch.Tables, error) { return nil, errors.New("the checker asks no tables") }

func (r told) Term(k int, visit, technician int32) (int64, error) {
	return r.term(k, visit, technician)
}

func (r told) Forbids(k int, visit, technician int32) (bool, error) {
	return r.forbids(k, visit, technician)
}

func TestPlanKeepsEligibilityRules(t *testing.T) {
	t.Parallel()
	rule := func(forbids func(k int, visit, technician int32) (bool, error)) func(p *dispatch.Problem) {
		return func(p *dispatch.Problem) {
			p.Policy.Eligibility = []dispatch.EligibilityRule{{Name: "keys", Expression: "1 < 2"}, {Name: "grade", Expression: "2 < 3"}}
			p.Rules = told{forbids: forbids}
		}
	}
	runRules(t, []ruleCase{
		{name: "allowed", change: rule(func(int, int32, int32) (bool, error) { return false, nil })},
		{
			name: "forbidden by one rule", change: rule(func(k int, visit, technician int32) (bool, error) {
				return k == 1 && visit == 2 && technician == 0, nil
			}),
			want: reasons(dispatch.ReasonEligibility),
		},
		{name: "forbidden to another", change: rule(func(_ int, _, technician int32) (bool, error) { return technician == 1, nil })},
		{
			name: "forbidden by two rules", change: rule(func(_ int, visit, _ int32) (bool, error) { return visit == 0, nil }),
			want: reasons(dispatch.ReasonEligibility, dispatch.ReasonEligibility),
		},
		{
			name: "rule that fails", change: rule(func(k int, visit, _ int32) (bool, error) {
				if k == 0 && visit == 1 {
					return false, errors.New("no such key")
				}
				return false, nil
			}),
			want: reasons(check.RuleExpression),
		},
	})
}

// newWishfulDay is newPricedDay with every term by visit and technician.
func newWishfulDay(t *testing.T) (*dispatch.Problem, *dispatch.Plan) {
	t.Helper()
	p := newDay(t)
	p.Policy = dispatch.Policy{
		Continuity: 23, Cover: 2, Stability: dispatch.StabilityPolicy{Technician: 29, Moved: 31, PerTick: 3},
		Terms: []dispatch.UserTerm{{Name: "vip", Weight: 1}, {Name: "far", Weight: 1}},
	}
	p.Visits[0].Usual, p.Visits[1].Usual = "bob", "ann"
	p.Visits[0].Promise = &dispatch.Promise{Technician: "bob", Window: dispatch.TimeWindow{Start: 0, End: 11}}
	p.Visits[1].Promise = &dispatch.Promise{Technician: "ann", Window: dispatch.TimeWindow{Start: 0, End: 20}}
	p.Cover = &dispatch.Table[int64]{Row: []int32{0, 1, 1}, Column: []int32{0, 1}, Columns: 2, Values: []int64{5, 0, 7, 0}}
	p.Rules = told{term: func(k int, visit, technician int32) (int64, error) {
		return int64(1000*k+100*int(visit)) + int64(technician), nil
	}}
	return p, annDoes(p, visits(0, 1)...)
}

func TestPlanPricesTermsByVisitAndTechnician(t *testing.T) {
	t.Parallel()
	p, plan := newWishfulDay(t)
	want := dispatch.Cost{
		dispatch.TermContinuity: 23,                  // a
		dispatch.TermStability:  29 + 31 + (25-19)*3, // a by another; b starts at 25, the last instant of its promise is 19
		dispatch.TermCover:      2 * (5 + 7),
		dispatch.TermUser:       0 + 100, // a and b
		dispatch.TermUser + 1:   1000 + 1100,
	}
	got := check.Plan(p, plan)
	if d := cmp.Diff(want, got.Cost); d != "" || !got.Feasible {
		t.Errorf("violations %v, cost (-want +got):\n%s", got.Violations, d)
	}
	plan.Routes[0].Cost = want
	plan.Routes[0].Cost[dispatch.TermUser+1]++
	got = check.Plan(p, plan)
	if len(got.Violations) != 1 || !strings.HasPrefix(got.Violations[0].Text, "The stated far cost of the route of technician ann is 2101") {
		t.Errorf("a wrong user term gives %v", got.Violations)
	}
}

// Nobody starts before a promised window opens, unless nobody can keep it.
func TestPlanWaitsForPromises(t *testing.T) {
	t.Parallel()
	promised := func(start, end dispatch.Tick, windows ...dispatch.TimeWindow) *dispatch.Problem {
		p := newDay(t)
		p.Policy.Stability.Moved = 1
		p.Visits[0].Windows, p.Visits[0].Promise = windows, &dispatch.Promise{Window: dispatch.TimeWindow{Start: start, End: end}}
		return p
	}
	for _, tt := range []struct {
		name  string
		p     *dispatch.Problem
		start dispatch.Tick
		cost  int64
	}{
		{"waits", promised(40, 50), 40, 0},
		{"is late", promised(0, 5), 10, 1},
		{"window after the start of the promise", promised(40, 50, dispatch.TimeWindow{Start: 0, End: 12}, dispatch.TimeWindow{Start: 45, End: 60}), 45, 0},
		{"windows end before it", promised(40, 50, dispatch.TimeWindow{Start: 0, End: 12}), 10, 1},
	} {
		route, violations := check.Schedule(tt.p, 0, 0, visits(0))
		if len(violations) > 0 || route.Stops[0].Start != tt.start || route.Cost[dispatch.TermStability] != tt.cost {
			t.Errorf("%s: starts at %d, costs %d, %v", tt.name, route.Stops[0].Start, route.Cost[dispatch.TermStability], violations)
		}
	}
}
