package route_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/dispatch/route"
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
	"paid duty":             {paid: true, windows: true, levels: true},
	"paid duty, depots":     {paid: true, windows: true, depots: true, full: true, longest: true},
	"limits":                {limits: true},
	"longest duty":          {longest: true, windows: true},
	"longest duty, rich":    {longest: true, windows: true, multi: true, breaks: true},
	"longest duty, late":    {longest: true, windows: true, multi: true, breaks: true, tiers: true},
	"fairness":              {fair: true, windows: true},
	"open end":              {open: true, windows: true},
	"promises":              {promised: true},
	"promises, late":        {promised: true, windows: true, multi: true, breaks: true, tiers: true, longest: true},
	"promises, paid duty":   {promised: true, paid: true, windows: true},
	"expressions":           {ruled: true, windows: true, levels: true},
	"everything": {
		windows: true, multi: true, breaks: true, entry: true, stock: true, collect: true, levels: true, tiers: true, depots: true, pairs: true,
		pins: true, kinds: true, duty: true, limits: true, longest: true, fair: true,
	},
	"everything, promised": {
		windows: true, multi: true, breaks: true, entry: true, stock: true, levels: true, tiers: true, depots: true, pairs: true,
		pins: true, kinds: true, duty: true, longest: true, fair: true, promised: true, ruled: true,
	},
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

// The same seed, iterations and one thread give the same plan to the last tick.
func TestSameSeedSamePlan(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]feature{"plain": features["windows"], "everything": features["everything"]} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := randomProblem(rand.New(rand.NewPCG(3, 3)), 40, 5, f)
			o := route.Options{Seed: 11, Iterations: 500, Threads: 1}
			if diff := cmp.Diff(solve(t, p, o), solve(t, p, o)); diff != "" {
				t.Errorf("two runs differ:\n%s", diff)
			}
		})
	}
}

// Cancelled at any look, the search still returns a plan that the checker accepts.
func TestCancellationGivesTheBestSoFar(t *testing.T) {
	t.Parallel()
	p := randomProblem(rand.New(rand.NewPCG(5, 5)), 60, 6, features["everything"])
	for looks := range 5 {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		elapsed := func() time.Duration {
			if looks--; looks < 0 {
				cancel()
			}
			return 0
		}
		plan, err := route.Solve(ctx, p, route.Options{TimeLimit: time.Hour, Elapsed: elapsed, Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		if plan.Status != dispatch.StatusInterrupted {
			t.Errorf("status %s", plan.Status)
		}
		accept(t, p, plan)
	}
}

// Trajectories side by side meet, take over what others found, and give a plan that is no worse than what each began with.
func TestThreadsMeet(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]feature{"plain": features["windows"], "everything": features["everything"]} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := randomProblem(rand.New(rand.NewPCG(6, 6)), 50, 6, f)
			first := solve(t, p, route.Options{Seed: 4, Iterations: 1, Threads: 1})
			both := solve(t, p, route.Options{Seed: 4, Iterations: 400, Threads: 3, Assert: true})
			accept(t, p, both)
			if both.Cost.Total() > first.Cost.Total() || both.Iterations != 3*400 {
				t.Errorf("three threads cost %d after %d iterations, the first plan %d", both.Cost.Total(), both.Iterations, first.Cost.Total())
			}
		})
	}
}

// A warm start is never worse than the plan it starts from, also when visits and a technician have gone since.
func TestWarmStart(t *testing.T) {
	t.Parallel()
	for name, f := range features {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := randomProblem(rand.New(rand.NewPCG(8, 8)), 30, 4, f)
			first := solve(t, p, route.Options{Seed: 1, Iterations: 400, Threads: 1})
			again := solve(t, p, route.Options{Seed: 2, Iterations: 1, Threads: 1, Start: first})
			accept(t, p, again)
			if again.Cost.Total() > first.Cost.Total() {
				t.Errorf("started at %d, ended at %d", first.Cost.Total(), again.Cost.Total())
			}
			p.Technicians[1].Shifts[0].End = p.Technicians[1].Shifts[0].Start + 60 // goes home early
			accept(t, p, solve(t, p, route.Options{Seed: 2, Iterations: 1, Threads: 1, Start: first}))
		})
	}
}

// The cost does not depend on what things are called, on when the day begins, or on a technician who is not used.
func TestMetamorphic(t *testing.T) {
	t.Parallel()
	make1 := func() *dispatch.Problem {
		return randomProblem(rand.New(rand.NewPCG(9, 9)), 30, 4, feature{windows: true, breaks: true, entry: true, duty: true})
	}
	o := route.Options{Seed: 1, Iterations: 600, Threads: 1}
	want := solve(t, make1(), o).Cost.Total()
	renamed := make1()
	for i := range renamed.Visits {
		renamed.Visits[i].ID = "other-" + renamed.Visits[i].ID
	}
	if got := solve(t, renamed, o).Cost.Total(); got != want {
		t.Errorf("renamed visits cost %d, want %d", got, want)
	}
	later := make1()
	const shift = 1000
	for i := range later.Visits {
		for k := range later.Visits[i].Windows {
			later.Visits[i].Windows[k].Start += shift
			later.Visits[i].Windows[k].End += shift
		}
	}
	for i := range later.Technicians {
		s := &later.Technicians[i].Shifts[0]
		s.Start, s.End = s.Start+shift, s.End+shift
		for k := range s.Breaks {
			for w := range s.Breaks[k].Windows {
				s.Breaks[k].Windows[w].Start += shift
				s.Breaks[k].Windows[w].End += shift
			}
		}
	}
	if got := solve(t, later, o).Cost.Total(); got != want {
		t.Errorf("a day that begins later costs %d, want %d", got, want)
	}
}

// On problems small enough to enumerate, the search finds the optimum.
func TestSmallProblemsAreSolvedToOptimality(t *testing.T) {
	t.Parallel()
	for name, f := range features {
		if f.fair || f.longest && f.tiers {
			continue // enumeration prices route by route; and what the search pays for absent visits is less than such lateness
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := uint64(1); seed <= 3; seed++ {
				p := randomProblem(rand.New(rand.NewPCG(seed, 21)), 5, 2, f)
				got := solve(t, p, route.Options{Seed: seed, Iterations: 3000, Threads: 1}).Cost.Total()
				if want := enumerate(t, p); got != want {
					t.Errorf("seed %d: found %d, optimum %d", seed, got, want)
				}
			}
		})
	}
}

func TestInvalidInputIsAnError(t *testing.T) {
	t.Parallel()
	p := randomProblem(rand.New(rand.NewPCG(1, 1)), 5, 2, feature{})
	if _, err := route.Solve(context.Background(), p, route.Options{}); err == nil {
		t.Error("a search without a limit was accepted")
	}
	if _, err := route.Solve(context.Background(), p, route.Options{TimeLimit: time.Second}); err == nil {
		t.Error("a time limit without a clock was accepted")
	}
	p.Visits[0].Place = 999
	var invalid *dispatch.InvalidError
	if _, err := route.Solve(context.Background(), p, route.Options{Iterations: 1}); !errors.As(err, &invalid) || invalid.Field != "visits[0].place" {
		t.Errorf("got %v, want a fault of visits[0].place", err)
	}
}

// Nobody to send, or nothing to do, is data.
func TestEmptyProblems(t *testing.T) {
	t.Parallel()
	p := randomProblem(rand.New(rand.NewPCG(1, 1)), 5, 0, feature{})
	if plan := solve(t, p, route.Options{Iterations: 5}); len(plan.Unassigned) != 5 {
		t.Errorf("%d unassigned without technicians, want 5", len(plan.Unassigned))
	}
	p = randomProblem(rand.New(rand.NewPCG(1, 1)), 0, 3, feature{})
	if plan := solve(t, p, route.Options{Iterations: 5}); len(plan.Routes) != 0 || plan.Cost.Total() != 0 {
		t.Errorf("a plan for nothing: %+v", plan)
	}
}

// A search that anneals several times and takes over routes of its earlier plans keeps every rule and stays the same for a
// seed.
func TestSeveralAnnealings(t *testing.T) {
	t.Parallel()
	tune := route.DefaultTuning()
	tune.Enough, tune.Import = 10, 0.5
	for _, name := range []string{
		"bare", "windows", "stock", "levels and preference", "breaks", "depots", "pairs", "fairness", "paid duty, depots", "longest duty",
	} {
		p := randomProblem(rand.New(rand.NewPCG(7, 7)), 40, 5, features[name])
		o := route.Options{Seed: 3, Iterations: 3000, Threads: 1, Tuning: &tune, Assert: true}
		first := solve(t, p, o)
		o.Assert = false
		if diff := cmp.Diff(first, solve(t, p, o)); diff != "" {
			t.Errorf("%s: two runs of one seed differ:\n%s", name, diff)
		}
	}
}

// Where prices decide who is served, and prices are not scaled, a search anneals several times too: it takes over routes of
// visits that it left out, and drops routes that an earlier plan did without.
func TestSeveralAnnealingsOfPrizes(t *testing.T) {
	t.Parallel()
	tune := route.DefaultTuning()
	tune.Enough, tune.Import, tune.PrizeHot, tune.Discount = 10, 0.5, 0, 0.3
	for _, name := range []string{"bare", "windows", "stock", "levels and preference", "breaks", "depots", "pairs"} {
		rng := rand.New(rand.NewPCG(7, 8))
		p := randomProblem(rng, 40, 5, features[name])
		for i := range p.Visits {
			p.Visits[i].Unserved = 2 + rng.Int64N(14)
		}
		o := route.Options{Seed: 3, Iterations: 3000, Threads: 1, Tuning: &tune, Assert: true}
		if plan := solve(t, p, o); len(plan.Unassigned) == 0 || len(plan.Unassigned) == 40 {
			t.Errorf("%s: %d of 40 are left out, want some", name, len(plan.Unassigned))
		}
	}
}
