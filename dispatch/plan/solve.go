package plan

import (
	"context"
	"fmt"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/bound"
	"fettle/dispatch/check"
	"fettle/dispatch/constraint"
	"fettle/dispatch/crew"
	"fettle/dispatch/explain"
	"fettle/dispatch/route"
)

// Options says how to plan.
type Options struct {
	// Route is the budget of the search. Where routes depend on one another (dispatch/crew) its Tuning has no effect and an
	// iteration is a batch of moves. Its TimeLimit is that of the whole: what comes after the search is taken off it.
	Route route.Options
	// Bound asks for a lower bound on the cost of every plan (Plan.Bound), where one can be had in a twentieth of the time
	// limit, which it is part of.
	Bound bool
}

// Result is a plan and what was found out about it.
type Result struct {
	Plan   *dispatch.Plan
	Report check.Report // of the independent checker; it has accepted the plan
}

// Solve plans a problem within the budget. See route.Options for determinism and cancellation.
func Solve(ctx context.Context, p *dispatch.Problem, o Options) (*Result, error) {
	m, err := constraint.New(p)
	if err != nil {
		return nil, err
	}
	complete, limit := explain.Finish, o.Route.TimeLimit
	if limit > 0 {
		after := reserve(p, 25*time.Microsecond)
		if after > limit/40 {
			complete, after = explain.Quick, reserve(p, 11*time.Microsecond)
		}
		if took := bound.Effort(m); o.Bound && took <= limit/20 {
			after += took
		} else {
			o.Bound = false
		}
		o.Route.TimeLimit = max(limit-after, limit/2)
	}
	found, err := search(ctx, m, o.Route)
	if err != nil {
		return nil, err
	}
	// The final pass and the reasons belong to the answer also when the search was cancelled; they are bounded by work.
	found, err = complete(context.WithoutCancel(ctx), m, found)
	if err != nil {
		return nil, err
	}
	report := check.Plan(p, found)
	if !report.Feasible {
		return nil, fmt.Errorf("the checker refuses the plan that the search found: %s", report.Violations[0].Text)
	}
	if found.Bound = (dispatch.Bound{Method: dispatch.BoundNone}); o.Bound && ctx.Err() == nil {
		over := func() bool {
			return ctx.Err() != nil || limit > 0 && o.Route.Elapsed != nil && o.Route.Elapsed() >= limit
		}
		found.Bound = bound.Of(m, found, bound.Options{Over: over})
	}
	return &Result{Plan: found, Report: report}, nil
}

// search plans routes, by the search that is for such a problem.
func search(ctx context.Context, m *constraint.Model, o route.Options) (*dispatch.Plan, error) {
	if !m.Joint() {
		return route.SolveModel(ctx, m, o)
	}
	own := crew.Options{
		Seed: o.Seed, Iterations: o.Iterations, TimeLimit: o.TimeLimit, Elapsed: o.Elapsed, Threads: o.Threads,
		Start: o.Start, Assert: o.Assert,
	}
	if o.Progress != nil {
		own.Progress = func(share float64, iterations, cost int64, unassigned int) {
			o.Progress(route.Progress{Share: share, Iterations: iterations, Cost: cost, Unassigned: unassigned})
		}
	}
	return crew.Solve(ctx, m, own)
}

// reserve is the time kept for what comes after the search. Measured at 5,000 visits, 900 of them left out, on one busy
// core: 25 us a visit for the final pass with all reasons and the judge, 11 us when nobody asks who would have to give way;
// and 3 us for each expression of the policy, which the judge evaluates anew.
func reserve(p *dispatch.Problem, perVisit time.Duration) time.Duration {
	perVisit += time.Duration(len(p.Policy.Terms)+len(p.Policy.Eligibility)) * 3 * time.Microsecond
	return 2*time.Millisecond + time.Duration(len(p.Visits))*perVisit
}
