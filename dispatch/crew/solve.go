package crew

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
)

// Options says how long and how a search runs. They are those of route.Options.
type Options struct {
	Seed       uint64
	Iterations int64 // of movesPerIteration moves each; 0 means no such limit
	TimeLimit  time.Duration
	Elapsed    func() time.Duration
	Threads    int            // 0 means one for each processor
	Start      *dispatch.Plan // to start from; nil starts from nothing
	Progress   func(share float64, iterations, cost int64, unassigned int)
	// Assert times and prices the plan in hand from nothing after every move that was accepted, for tests.
	Assert bool
}

// valid refuses what Solve cannot do.
func (o *Options) valid(m *constraint.Model) error {
	if !m.Joint() {
		return &dispatch.InvalidError{Field: "links", Want: "links or policy.maxLateness: dispatch/route plans routes that stand alone"}
	}
	if o.Iterations <= 0 && o.TimeLimit <= 0 {
		return &dispatch.InvalidError{Field: "options", Want: "a limit of iterations or of time"}
	}
	if o.TimeLimit > 0 && o.Elapsed == nil {
		return &dispatch.InvalidError{Field: "options.elapsed", Want: "a clock beside a time limit"}
	}
	return nil
}

// Solve plans a problem whose routes depend on one another (dispatch.Problem.Joint). One of the two limits must be set. Each
// thread anneals by itself and the best plan counts. Visits left out are listed without a reason.
func Solve(ctx context.Context, m *constraint.Model, o Options) (*dispatch.Plan, error) {
	if err := o.valid(m); err != nil {
		return nil, err
	}
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	searches := make([]*search, o.Threads)
	errs := make([]error, len(searches))
	var wait sync.WaitGroup
	for i := range searches {
		wait.Add(1)
		go func() {
			defer wait.Done()
			c := &clock{iterations: o.Iterations, done: ctx.Done()}
			if o.TimeLimit > 0 {
				c.to, c.elapsed, c.from = o.TimeLimit, o.Elapsed, o.Elapsed()
			}
			s := newSearch(m, o.Seed+uint64(i)*0x9e3779b97f4a7c15)
			s.checked = o.Assert
			if i == 0 {
				s.report = o.Progress
			}
			searches[i] = s
			errs[i] = s.run(o.Start, c)
		}()
	}
	wait.Wait()
	best := searches[0]
	var iterations int64
	cancelled := false
	for i, s := range searches {
		if errs[i] != nil {
			return nil, errs[i]
		}
		iterations += s.iteration
		cancelled = cancelled || s.cancelled
		if s.best.cost < best.best.cost {
			best = s
		}
	}
	j := m.NewJoint()
	plan, ok := j.Plan(best.best.stops)
	if !ok {
		return nil, fmt.Errorf("plan breaks rule %s at visit %d of route %d: the search lost track of it", j.Fail.Reason, j.Fail.Visit, j.Fail.Route)
	}
	plan.Seed, plan.Iterations, plan.Status = o.Seed, iterations, dispatch.StatusComplete
	if cancelled {
		plan.Status = dispatch.StatusInterrupted
	}
	return plan, nil
}

// Stops reads the orders of a plan, by route of the model: visits only, each once, those that the static rules allow.
func Stops(m *constraint.Model, plan *dispatch.Plan) [][]int32 {
	byShift := make(map[[2]int32]int, len(m.Routes))
	for r := range m.Routes {
		byShift[[2]int32{m.Routes[r].Technician, m.Routes[r].Shift}] = r
	}
	stops, seen := make([][]int32, len(m.Routes)), make([]bool, m.Visits)
	for i := range plan.Routes {
		r, ok := byShift[[2]int32{plan.Routes[i].Technician, plan.Routes[i].Shift}]
		if !ok {
			continue
		}
		stops[r] = slices.DeleteFunc(plan.Routes[i].Visits(), func(v int32) bool {
			if v < 0 || v >= m.Visits || seen[v] || !m.Allowed(m.Routes[r].Class, v) {
				return true
			}
			seen[v] = true
			return false
		})
	}
	return stops
}
