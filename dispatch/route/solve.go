package route

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
)

// Options says how long and how a search runs.
type Options struct {
	// Seed of all randomness. The same problem, seed and Iterations on one thread give the same plan.
	Seed uint64
	// Iterations ends the search after so many ruins; 0 means no such limit.
	Iterations int64
	// TimeLimit ends the search when Elapsed reaches it; 0 means no such limit. One of the two limits must be set.
	TimeLimit time.Duration
	// Elapsed is the caller's clock, for this package has none: time since the budget began, which may be before Solve was
	// called. Needed with TimeLimit.
	Elapsed func() time.Duration
	// Threads is the number of trajectories that run side by side; 0 means one for each processor.
	Threads int
	// Start is a plan to start from; its routes must be feasible, visits it lacks are inserted. nil starts from nothing.
	Start *dispatch.Plan
	// Tuning replaces DefaultTuning, for experiments.
	Tuning *Tuning
	// Progress, when set, is called now and then from one goroutine with the best plan's cost so far.
	Progress func(Progress)
	// Assert recomputes the plan in hand from nothing after every iteration and fails loudly when an incremental value is
	// wrong. It is for tests: it makes the search a hundred times slower.
	Assert bool
}

// Progress is the state of a running search.
type Progress struct {
	Share      float64 // of the budget
	Iterations int64
	Cost       int64
	Unassigned int
}

// Solve plans a problem: it returns the best plan found within the budget, with every time filled in. Visits left out are
// listed without a reason, which dispatch/explain finds. Problems whose routes depend on one another are refused:
// dispatch/crew plans those, and dispatch/plan chooses. An invalid problem is an error; work that cannot be done is not.
// When ctx is cancelled it returns the best plan so far with StatusInterrupted.
func Solve(ctx context.Context, p *dispatch.Problem, o Options) (*dispatch.Plan, error) {
	m, err := constraint.New(p)
	if err != nil {
		return nil, err
	}
	return SolveModel(ctx, m, o)
}

// SolveModel is Solve for a problem that is compiled already.
func SolveModel(ctx context.Context, m *constraint.Model, o Options) (*dispatch.Plan, error) {
	if o.Iterations <= 0 && o.TimeLimit <= 0 {
		return nil, &dispatch.InvalidError{Field: "options", Want: "a limit of iterations or of time"}
	}
	if o.TimeLimit > 0 && o.Elapsed == nil {
		return nil, &dispatch.InvalidError{Field: "options.elapsed", Want: "a clock beside a time limit"}
	}
	if m.Joint() {
		return nil, &dispatch.InvalidError{Field: "links", Want: "no links and no policy.maxLateness: routes must not depend on one another (dispatch/plan plans both kinds)"}
	}
	tune := DefaultTuning()
	if o.Tuning != nil {
		tune = *o.Tuning
	}
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	l := newLists(m, tune)
	c := &clock{iterations: o.Iterations, done: ctx.Done()}
	if o.TimeLimit > 0 {
		c.to, c.elapsed, c.from = o.TimeLimit, o.Elapsed, o.Elapsed()
	}
	t := &team{m: m, lists: l, tune: tune, o: o, clock: c}
	best, iterations, cancelled, err := t.run()
	if err != nil {
		return nil, err
	}
	plan, err := finish(m, best)
	if err != nil {
		return nil, err
	}
	plan.Seed, plan.Iterations, plan.Status = o.Seed, iterations, dispatch.StatusComplete
	if cancelled {
		plan.Status = dispatch.StatusInterrupted
	}
	return plan, nil
}

// begin builds the first plan: from a given one, else by inserting everything where it is cheapest.
func (s *search) begin(start *dispatch.Plan, c *clock) {
	s.edge = 1
	if len(s.routes) == 0 {
		s.keepBest(s.trueCost())
		return
	}
	if s.warmed = start != nil; s.warmed {
		s.warm(start)
	}
	s.pinOrder()
	s.removed = append(s.removed[:0], s.absent...)
	s.before = s.current
	s.recreateAll(c)
	s.forget()
	s.settleFairness()
	s.forget()
	s.edge = s.meanLeg() * s.perTick()
	s.accept()
	s.keepBest(s.trueCost())
}

// recreateAll is recreate without blinks and discounts. It stops when the budget ends: what is absent then stays so.
func (s *search) recreateAll(c *clock) {
	s.order()
	s.discount, s.blink = 1, 1<<30
	for i, v := range s.removed {
		if i%lookEvery == lookEvery-1 {
			if _, more, _ := c.now(0); !more {
				break
			}
		}
		if s.nodes[v].route >= 0 {
			continue
		}
		s.insert(v)
	}
	s.blink = s.rng.geometric(s.tune.Blink)
}

// pinOrder places the visits with a pinned order, technician by technician and rank by rank: each behind the one before, on
// the same shift or a later one. Those that do not fit stay absent.
func (s *search) pinOrder() {
	if s.frozen == nil {
		return
	}
	ranked := map[dispatch.TechnicianID][]int32{}
	for v := int32(0); v < s.n; v++ {
		if s.frozen[v] && s.nodes[v].route < 0 {
			id := s.m.Problem.Visits[v].Pin.Technician
			ranked[id] = append(ranked[id], v)
		}
	}
	var r int32
	for int(r) < len(s.routes) {
		technician := s.m.Routes[r].Technician
		list := ranked[s.m.Problem.Technicians[technician].ID]
		slices.SortStableFunc(list, func(a, b int32) int {
			first, _ := s.m.Rank(a)
			second, _ := s.m.Rank(b)
			return int(first) - int(second)
		})
		for _, v := range list {
			for shift := r; int(shift) < len(s.routes) && s.m.Routes[shift].Technician == technician; shift++ {
				if s.pinLast(shift, v) {
					r = shift
					break
				}
			}
		}
		for int(r) < len(s.routes) && s.m.Routes[r].Technician == technician {
			r++
		}
	}
}

// pinLast puts a visit at the end of a route and reports whether that is feasible.
func (s *search) pinLast(r, v int32) bool {
	at := s.nodes[s.end(r)].prev
	if !s.mayServe(r, v) || !s.possible(v, at) {
		return false
	}
	s.link(at, v)
	ok := s.reprice(r)
	if !ok {
		s.unlink(v, v)
		s.reprice(r)
	}
	s.forget()
	return ok
}

// warm loads the routes of a plan, leaving out the stops that are not feasible any more.
func (s *search) warm(start *dispatch.Plan) {
	byShift := map[[2]int32]int32{}
	for r := range s.m.Routes {
		byShift[[2]int32{s.m.Routes[r].Technician, s.m.Routes[r].Shift}] = int32(r)
	}
	for i := range start.Routes {
		r, ok := byShift[[2]int32{start.Routes[i].Technician, start.Routes[i].Shift}]
		if !ok {
			continue
		}
		at := s.nodes[s.end(r)].prev
		for _, stop := range start.Routes[i].Stops {
			v, ok := s.nodeOf(r, stop)
			if !ok {
				continue
			}
			if v < s.n && (!s.mayServe(r, v) || !s.possible(v, at)) {
				continue
			}
			s.link(at, v)
			at = v
		}
		if !s.reprice(r) {
			s.trim(r)
		}
		s.forget()
	}
}

// nodeOf finds the free node of a stop.
func (s *search) nodeOf(r int32, stop dispatch.Stop) (int32, bool) {
	switch stop.Kind {
	case dispatch.StopVisit:
		v := stop.Visit
		return v, v >= 0 && v < s.n && s.nodes[v].route < 0
	case dispatch.StopDepot:
		for _, node := range s.depots[r] {
			if s.nodes[node].route < 0 && s.depotOf[node-s.n] == stop.Depot {
				return node, true
			}
		}
	}
	return 0, false
}

// trim takes visits off the end of a route until it is feasible.
func (s *search) trim(r int32) {
	for {
		v := s.nodes[s.end(r)].prev
		if v == s.start(r) {
			s.reprice(r)
			return
		}
		other := int32(-1)
		if v < s.n {
			other, _ = s.m.Partner(v)
		}
		s.unlink(v, v)
		if other >= 0 && s.nodes[other].route == r {
			s.unlink(other, other)
		}
		if s.reprice(r) {
			return
		}
	}
}

// finish turns the stops of the best plan into routes with times.
func finish(m *constraint.Model, best *plan) (*dispatch.Plan, error) {
	w := m.NewWalker()
	out := &dispatch.Plan{Policy: m.Problem.Policy.ID, PolicyVersion: m.Problem.Policy.Version}
	work := make([]int64, len(m.Routes))
	for r, stops := range best.stops {
		if len(stops) == 0 {
			continue
		}
		route, ok := w.Schedule(&m.Routes[r], stops)
		if !ok {
			return nil, fmt.Errorf("route of technician %s breaks rule %s at stop %d: the search lost track of it",
				m.Problem.Technicians[m.Routes[r].Technician].ID, w.Fail.Reason, w.Fail.Stop)
		}
		work[r] = w.Work
		out.Routes = append(out.Routes, route)
		out.Cost = out.Cost.Plus(route.Cost)
	}
	for _, v := range best.absent {
		out.Unassigned = append(out.Unassigned, dispatch.Unassigned{Visit: v, Technician: -1})
		out.Cost[dispatch.TermUnserved] += m.Unserved(v)
	}
	sortUnassigned(out.Unassigned)
	out.Cost[dispatch.TermFairness] = m.Fairness(func(r int32) int64 { return work[r] })
	return out, nil
}

func sortUnassigned(list []dispatch.Unassigned) {
	slices.SortFunc(list, func(a, b dispatch.Unassigned) int { return int(a.Visit) - int(b.Visit) })
}
