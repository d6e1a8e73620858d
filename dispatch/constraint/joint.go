package constraint

import (
	"fettle/dispatch"
)

// Joint times and prices the routes of a plan together, where links or the largest lateness tie them. It holds scratch
// memory, so each goroutine needs its own.
//
// In rounds, every route runs at its earliest; then each link raises the visit that starts too early for it, and the routes
// of those run again, until nothing is too early. Starts only ever rise, so what comes out is the earliest plan of these
// orders that keeps the links; with breaks it is the one these rounds reach. Links that cannot be kept fail: a visit gets
// too late for another rule, or the rounds run out (visits that wait for one another in a circle).
type Joint struct {
	m     *Model
	w     *Walker
	floor []int32 // by visit: not before this instant
	by    []*dispatch.Link
	at    []int32 // by visit: its route, -1 for none
	dirty []bool  // by route
	queue []int32

	// Start of each visit on the routes of the last walk.
	Start []int32
	// Cost and Late are what each route of the last walk costs by itself, and the ticks of its largest lateness; Work is its
	// load for fairness.
	Cost []int64
	Late []int32
	Work []int64
	// Fail tells why the last walk failed: the rule, the route (-1 for none), the visit (-1 for the route as a whole) and by
	// how much.
	Fail struct {
		Reason       dispatch.Reason
		Route, Visit int32
		Short        int64
	}
}

// NewJoint makes one.
func (m *Model) NewJoint() *Joint {
	j := &Joint{
		m: m, w: m.NewWalker(), floor: make([]int32, m.Visits), by: make([]*dispatch.Link, m.Visits), at: make([]int32, m.Visits),
		dirty: make([]bool, len(m.Routes)), Start: make([]int32, m.Visits),
		Cost: make([]int64, len(m.Routes)), Late: make([]int32, len(m.Routes)), Work: make([]int64, len(m.Routes)),
	}
	for v := range j.at {
		j.at[v] = -1
	}
	j.w.floor = j.floor
	return j
}

// Walk tests and times the routes that are listed; stops are by route of the model. Visits on other routes count as not
// served, so every route with a linked visit must be listed. It assumes that the static rules hold (Model.Allowed).
// O(rounds * stops * (breaks+1)^2), and mostly 2 or 3 rounds over the routes with linked visits.
func (j *Joint) Walk(routes []int32, stops [][]int32) bool {
	defer j.forget(routes, stops)
	for _, r := range routes {
		for _, v := range stops[r] {
			if v < j.m.Visits {
				j.at[v], j.floor[v], j.by[v] = r, -far, nil
			}
		}
	}
	if !j.together() {
		return false
	}
	j.queue = append(j.queue[:0], routes...)
	for round := 0; len(j.queue) > 0; round++ {
		if round > j.m.rounds {
			return j.circle()
		}
		for _, r := range j.queue {
			j.dirty[r] = false
			if !j.run(r, stops[r]) {
				return false
			}
		}
		j.queue = j.queue[:0]
		j.pushAll()
	}
	return true
}

// forget clears what the walk noted of who serves what.
func (j *Joint) forget(routes []int32, stops [][]int32) {
	for _, r := range routes {
		for _, v := range stops[r] {
			if v < j.m.Visits {
				j.at[v] = -1
			}
		}
	}
	for _, r := range j.queue {
		j.dirty[r] = false
	}
}

// run walks one route with what is known of its visits.
func (j *Joint) run(r int32, stops []int32) bool {
	route, w := &j.m.Routes[r], j.w
	cost, ok := w.Cost(route, stops)
	if !ok {
		return j.blame(r, stops)
	}
	j.Cost[r], j.Late[r], j.Work[r] = cost, w.Sum.MostLate, w.Work
	if len(stops) > 0 {
		w.Starts(route, stops, j.Start)
	}
	return true
}

// pushAll applies every link to the starts of this round and queues the routes that have to run again.
func (j *Joint) pushAll() {
	links := j.m.Problem.Links
	for i := range links {
		l := &links[i]
		if j.at[l.First] < 0 || j.at[l.Second] < 0 {
			continue
		}
		first, second := j.push(l)
		if first {
			j.again(j.at[l.First])
		}
		if second {
			j.again(j.at[l.Second])
		}
	}
}

func (j *Joint) again(r int32) {
	if !j.dirty[r] {
		j.dirty[r] = true
		j.queue = append(j.queue, r)
	}
}

// blame says why a route failed: by a link when it would be feasible without, else by the rule that the walk met.
func (j *Joint) blame(r int32, stops []int32) bool {
	w := j.w
	why, stop, short := w.Fail.Reason, w.Fail.Stop, w.Fail.Short
	visit := int32(-1)
	if stop >= 0 && stop < len(stops) && stops[stop] < j.m.Visits {
		visit = stops[stop]
	}
	w.floor = nil
	alone := w.Walk(&j.m.Routes[r], stops)
	w.floor = j.floor
	if alone {
		for _, v := range stops {
			if v < j.m.Visits && j.by[v] != nil {
				return j.fail(j.by[v].Reason(), r, v, short)
			}
		}
	}
	return j.fail(why, r, visit, short)
}

// circle says that visits wait for one another.
func (j *Joint) circle() bool {
	r := j.queue[0]
	for v := range j.at {
		if j.at[v] == r && j.by[v] != nil {
			return j.fail(j.by[v].Reason(), r, int32(v), 0)
		}
	}
	return j.fail(dispatch.ReasonOrder, r, -1, 0)
}

// Plan turns orders of stops, by route of the model, into a plan with all times and costs and the list of visits left out,
// without reasons. False when they break a rule.
func (j *Joint) Plan(stops [][]int32) (*dispatch.Plan, bool) {
	m := j.m
	if !j.Walk(m.every(), stops) {
		return nil, false
	}
	out := &dispatch.Plan{Policy: m.Problem.Policy.ID, PolicyVersion: m.Problem.Policy.Version}
	served := make([]bool, m.Visits)
	var late int32
	for r := range m.Routes {
		if len(stops[r]) == 0 {
			continue
		}
		route, ok := j.w.Schedule(&m.Routes[r], stops[r])
		if !ok {
			return nil, false
		}
		late = max(late, j.Late[r])
		out.Routes = append(out.Routes, route)
		out.Cost = out.Cost.Plus(route.Cost)
		for _, v := range route.Visits() {
			served[v] = true
		}
	}
	for v := range m.Visits {
		if !served[v] {
			out.Unassigned = append(out.Unassigned, dispatch.Unassigned{Visit: v, Technician: -1})
			out.Cost[dispatch.TermUnserved] += m.Unserved(v)
		}
	}
	out.Cost[dispatch.TermFairness] = m.Fairness(func(r int32) int64 { return j.Work[r] })
	out.Cost[dispatch.TermMaxLateness] = m.MaxLateness(late)
	return out, true
}

// every lists all routes.
func (m *Model) every() []int32 {
	all := make([]int32, len(m.Routes))
	for r := range all {
		all[r] = int32(r)
	}
	return all
}

// MaxLateness is the price of a largest lateness.
func (m *Model) MaxLateness(late int32) int64 { return m.Problem.Policy.MaxLateness * int64(late) }

// Joint reports whether the routes of a plan depend on one another: see dispatch.Problem.Joint.
func (m *Model) Joint() bool { return m.Problem.Joint() }
