package route_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/dispatch/route"

	"github.com/google/go-cmp/cmp"
)

var features = map[string]feature{
	"bare":                  {},
	"windows":               {windows: true},
	"several windows":       {windows: true, multi: true},
	"breaks":                {windows: true, breaks: true},
	"entry":                 {windows: true, entry: true},
	"stock":                 {windows: true, stock: true},
	"deliver and collect":   {stock: true, collect: true},
	"levels and preference": {windows: true, levels: true},
	"lateness":              {tiers: true},
	"lateness with breaks":  {tiers: true, breaks: true, windows: true, multi: true},
	"depots":                {windows: true, depots: true},
	"pairs":                 {windows: true, pairs: true},
	"pins":                  {pins: true},
	"kinds and speed":       {windows: true, kinds: true},
	"duty and overtime":     {windows: true, duty: true},
	"limits":                {limits: true},
	"fairness":              {fair: true, windows: true},
	"open end":              {open: true, windows: true},
	"everything": {windows: true, multi: true, breaks: true, entry: true, stock: true, collect: true, levels: true, tiers: true, depots: true, pairs: true,
		pins: true, kinds: true, duty: true, limits: true, fair: true},
}

// Every iteration of every kind of problem keeps its incremental values equal to recomputed ones, and the plan at the end
// is accepted, times and cost by term, by a checker that shares no code with the search.
func TestIncrementalValuesAndPlansHold(t *testing.T) {
	t.Parallel()
	for name, f := range features {
		for seed := uint64(1); seed <= 4; seed++ {
			t.Run(fmt.Sprintf("%s/%d", name, seed), func(t *testing.T) {
				t.Parallel()
				rng := rand.New(rand.NewPCG(seed, 7))
				p := randomProblem(rng, 8+int(seed)*6, 2+int(seed), f)
				plan := solve(t, p, route.Options{Seed: seed, Iterations: 400, Threads: 1, Assert: true})
				accept(t, p, plan)
			})
		}
	}
}

func solve(t *testing.T, p *dispatch.Problem, o route.Options) *dispatch.Plan {
	t.Helper()
	plan, err := route.Solve(context.Background(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func accept(t *testing.T, p *dispatch.Problem, plan *dispatch.Plan) {
	t.Helper()
	report := check.Plan(p, plan)
	for _, v := range report.Violations {
		t.Errorf("checker: %+v", v)
	}
	if diff := cmp.Diff(report.Cost, plan.Cost); diff != "" {
		t.Errorf("cost by term (checker, search):\n%s", diff)
	}
}
