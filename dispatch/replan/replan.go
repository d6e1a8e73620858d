package replan

import (
	"context"
	"fmt"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/dispatch/constraint"
)

// Change is what has happened at an instant to a plan that people go by. Several things may happen at once.
type Change struct {
	// Now is the instant. What is at work or on the way then stays as it is, and nothing is planned before it.
	Now dispatch.Tick
	// Arrived are visits that are new, emergencies among them; their places are places of the problem.
	Arrived []dispatch.Visit
	// Canceled are visits that are not wanted any more. Work that has started cannot be canceled: say when it ends
	// (Overruns).
	Canceled []dispatch.VisitID
	// Overruns are visits at work that will end at another instant than planned, later or earlier.
	Overruns []Overrun
	// Absences are technicians who are sick or gone from now on. What they are at work on counts as done; what they are on
	// the way to does not.
	Absences []Absence
}

// Overrun says when work that is going on will end.
type Overrun struct {
	Visit dispatch.VisitID
	End   dispatch.Tick
}

// Absence says that a technician does nothing from now until an instant; dispatch.Far for the rest of the plan.
type Absence struct {
	Technician dispatch.TechnicianID
	Until      dispatch.Tick
}

// Options says how much may change, and how long to look for it.
type Options struct {
	// MaxMoved is how many promises may be moved beside those that the change makes impossible to keep (Result.Forced);
	// 0 means none, -1 any number.
	MaxMoved int
	// Tolerance is how far from the committed start a visit may start, either way, with its promise still kept; 0 means not
	// at all. A promise is moved when somebody else comes, when nobody comes, or when the start moves by more. Where a
	// window was promised (Visit.Promise) that counts instead.
	Tolerance dispatch.Tick
	// Points are the numbers of further promises for which the curve tells the cost, -1 for any number; MaxMoved is always
	// one of them. nil means 0, 1, 2, 5, 10, 20 and -1.
	Points []int
	// Technicians is how many technicians around the change may be given another route; 0 means 24. The time that a search
	// needs depends on it, and not on the size of the territory.
	Technicians int

	// Seed of all randomness: the same input, seed and Iterations give the same answer.
	Seed uint64
	// Iterations ends the search; 0 means 4000 unless there is a time limit.
	Iterations int64
	// TimeLimit ends the search so that the answer is there when Elapsed reaches it; 0 means no such limit. Elapsed is the
	// caller's clock, needed with it.
	TimeLimit time.Duration
	Elapsed   func() time.Duration

	// Wished are the windows of visits that promises kept by an earlier change narrow now: Result.Wished of that change.
	Wished map[dispatch.VisitID][]dispatch.TimeWindow
}

const (
	defaultIterations  = 4000
	defaultTechnicians = 24
)

// Outcome is a plan after a change.
type Outcome struct {
	// Problem is the problem as it is now: visits that were canceled are gone (indices differ, ids do not), started ones are
	// pinned, a technician who is absent has no shift, one who has finished a route has another shift for what is left of
	// the first, and a promise that is kept beside a change is the window of its visit.
	Problem *dispatch.Problem
	// Plan is for Problem; the independent checker has accepted it.
	Plan *dispatch.Plan
	// Moves are the promises that were moved, by visit.
	Moves []Move
	// Wished are the windows that visits had before a promise narrowed them: hand them in with the next change.
	Wished map[dispatch.VisitID][]dispatch.TimeWindow
}

// Move is a promise that was moved.
type Move struct {
	Visit      dispatch.VisitID
	From, To   dispatch.TechnicianID // To is "" when nobody comes
	Was, Start dispatch.Tick         // Start is dispatch.NoTick when nobody comes
}

// Point is a point of the curve that shows what moving more promises would gain.
type Point struct {
	Moved      int           // promises moved, Result.Forced among them
	Cost       int64         // of the whole plan, but for Policy.Fairness
	Travel     dispatch.Tick // of the whole plan
	Late       dispatch.Tick // sum of lateness
	Unassigned int
}

// Result is a plan after a change, and what other plans there are.
type Result struct {
	Outcome
	// Forced is the least number of promises that any plan moves: those that the change makes impossible to keep.
	Forced int
	// Curve has a point for each number of promises that pays: each moves more of them and costs less than the one before.
	Curve []Point
	// Chosen is the point of the curve that Outcome is.
	Chosen int
	// Technicians and Visits are how many were looked at, Iterations how often the search tried something.
	Technicians, Visits int
	Iterations          int64
	Status              dispatch.Status

	part   *part
	states []*state // by point of the curve
}

// Around changes a committed plan around what has happened, and no more than that needs: first promises that cannot be kept
// any more find the cheapest place without touching any other, then the search moves further promises as long as that
// saves cost, up to MaxMoved. It only looks at some technicians near the change; all others keep their routes, stop by stop
// and minute by minute.
//
// Started work never moves. The curve tells what the plan costs with 0, 1, 2, 5, ... further promises moved, so that a
// dispatcher can choose another point (Result.Choose).
//
// The committed plan must be feasible for the problem. Problems with pairs or links are refused, and policies with expressions or
// forecast cover. Unassigned visits that were not looked at keep their reason. When ctx ends the best plan so far is
// returned with dispatch.StatusInterrupted.
//
// O(stops of the plan) to find the neighbourhood and to judge the answer, and the search.
func Around(ctx context.Context, p *dispatch.Problem, committed *dispatch.Plan, change Change, o Options) (*Result, error) {
	if p.Joint() {
		return nil, &dispatch.InvalidError{Field: "links", Value: fmt.Sprint(len(p.Links)), Want: "no links and no price of the largest lateness in a plan that is changed"}
	}
	if len(p.Pairs) > 0 {
		return nil, &dispatch.InvalidError{Field: "pairs", Value: fmt.Sprint(len(p.Pairs)), Want: "none in a plan that is changed"}
	}
	if p.Tabled() {
		return nil, &dispatch.InvalidError{Field: "policy.terms, policy.eligibility and cover", Want: "none in a plan that is changed: they are tables of the visits that were known"}
	}
	if o.TimeLimit > 0 && o.Elapsed == nil {
		return nil, &dispatch.InvalidError{Field: "options.elapsed", Want: "a clock beside a time limit"}
	}
	if o.Technicians <= 0 {
		o.Technicians = defaultTechnicians
	}
	c, err := newChanged(p, committed, &change, &o)
	if err != nil {
		return nil, err
	}
	part, err := newPart(c)
	if err != nil {
		return nil, err
	}
	s := newSearch(part, &o)
	s.run(ctx)
	return s.result()
}

// Choose is the outcome at another point of the curve.
func (r *Result) Choose(point int) (*Outcome, error) {
	if point < 0 || point >= len(r.states) {
		return nil, &dispatch.InvalidError{Field: "point", Value: fmt.Sprint(point), Want: fmt.Sprintf("an index below %d", len(r.states))}
	}
	return r.part.outcome(r.states[point])
}

// result makes the curve and the plan at MaxMoved.
func (s *search) result() (*Result, error) {
	out := &Result{
		Forced: s.forced, Technicians: len(s.part.technicians), Visits: len(s.part.visits), Iterations: s.iterations,
		Status: dispatch.StatusComplete, part: s.part,
	}
	if s.cancelled {
		out.Status = dispatch.StatusInterrupted
	}
	for _, extra := range s.points {
		at := s.bestWithin(extra)
		if n := len(out.states); n > 0 && out.states[n-1] == at {
			continue
		}
		out.states = append(out.states, at)
		out.Curve = append(out.Curve, s.part.point(at))
	}
	chosen := s.bestWithin(s.o.MaxMoved)
	for k := range out.states {
		if out.states[k] == chosen {
			out.Chosen = k
		}
	}
	outcome, err := s.part.outcome(chosen)
	if err != nil {
		return nil, err
	}
	outcome.Plan.Seed, outcome.Plan.Iterations, outcome.Plan.Status = s.o.Seed, s.iterations, out.Status
	out.Outcome = *outcome
	return out, nil
}

// judged has a plan judged and takes over its cost, of which only the judge knows what belongs to the plan as a whole.
func judged(p *dispatch.Problem, plan *dispatch.Plan) error {
	plan.Policy, plan.PolicyVersion, plan.Status, plan.Cost = p.Policy.ID, p.Policy.Version, dispatch.StatusComplete, dispatch.Cost{}
	report := check.Plan(p, plan)
	for _, v := range report.Violations {
		if v.Rule != check.RuleStatedCost || v.Route >= 0 {
			return fmt.Errorf("the checker refuses the plan after the change: %s", v.Text)
		}
	}
	plan.Cost = report.Cost
	return nil
}

// nobodyMay is the static rule that keeps everybody from a visit, "" when somebody may go.
func nobodyMay(p *dispatch.Problem, v int32) (why dispatch.Reason) {
	why = dispatch.ReasonNoTechnician
	for t := range p.Technicians {
		rule, _ := constraint.Static(&p.Technicians[t], &p.Visits[v])
		if rule == "" {
			return ""
		}
		why = rule
	}
	return why
}
