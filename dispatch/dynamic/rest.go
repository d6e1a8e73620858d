package dynamic

import (
	"slices"

	"fettle/dispatch"
)

// rest is what is left of a day at a moment, as a problem for the route optimiser: every technician starts where the last
// stop that was left for is, when the work there is done, with what is then on board. Who has left the start place leaves
// at once: waiting is paid like driving. The way home that a technician under way must go anyhow is taken off the price of
// the first visit.
type rest struct {
	m       *Moment
	problem *dispatch.Problem
	visits  []int32   // of the known problem, by visit of this one
	index   []int32   // the inverse, -1 for none
	depots  [][]int32 // of the technician, by technician and depot of this problem
}

// Weights of visits in a rest: nothing that a plan can cost reaches that of a new visit, and all new visits together do
// not reach that of one that was accepted.
const (
	mostCost   = int64(1) << 40
	costNew    = mostCost
	costAgreed = mostCost << 14
)

// rest is the problem that is left.
func (m *Moment) rest() *rest {
	p := *m.Problem
	p.Technicians, p.Visits = slices.Clone(p.Technicians), nil
	p.Policy.Unserved = dispatch.UnservedPolicy{PerVisit: costNew}
	r := &rest{m: m, problem: &p, index: slices.Repeat([]int32{-1}, len(m.Problem.Visits)), depots: make([][]int32, len(p.Technicians))}
	for _, v := range m.Open {
		r.add(v, costAgreed)
	}
	for _, v := range m.New {
		r.add(v, costNew)
	}
	var tools []string
	for i := range m.Problem.Visits {
		tools = append(tools, m.Problem.Visits[i].Tools...)
	}
	slices.Sort(tools)
	tools = slices.Compact(tools)
	for k := range p.Technicians {
		r.crew(int32(k), tools)
	}
	return r
}

func (r *rest) add(v int32, unserved int64) {
	visit := r.m.Problem.Visits[v]
	visit.Unserved = unserved
	r.index[v] = int32(len(r.visits))
	r.visits, r.problem.Visits = append(r.visits, v), append(r.problem.Visits, visit)
}

// crew sets the state of a technician.
func (r *rest) crew(k int32, tools []string) {
	t, c := &r.problem.Technicians[k], &r.m.Crews[k]
	from := max(c.Free, r.m.Now)
	if c.Home || from > t.Shifts[0].End {
		t.Shifts = nil
		return
	}
	shift := t.Shifts[0]
	shift.Start, shift.StartPlace = from, c.Place
	if c.Left {
		way := int64(leg(r.m.Problem, &r.m.Problem.Technicians[k], c.Place, shift.EndPlace))
		shift.LatestDeparture = from
		t.Rates.Fixed = -way * (t.Rates.Travel + t.Rates.Duty)
		if d := r.problem.Travel[t.Travel].Distance; d != nil && c.Place != dispatch.NoPlace && shift.EndPlace != dispatch.NoPlace {
			t.Rates.Fixed -= int64(d.At(c.Place, shift.EndPlace)) * t.Rates.Distance
		}
	} else if shift.LatestDeparture != dispatch.NoTick && shift.LatestDeparture < from {
		t.Shifts = nil
		return
	}
	t.Shifts = []dispatch.Shift{shift}
	t.Capacity = c.Room
	if c.AllTools {
		t.Tools = tools
	}
	depots := t.Depots
	t.Depots = nil
	for i := range depots {
		depot := depots[i]
		if depot.MaxStops = max(depot.MaxStops, 1) - c.Stops[i]; depot.MaxStops > 0 && r.needsDepot(c, &depot) {
			t.Depots, r.depots[k] = append(t.Depots, depot), append(r.depots[k], int32(i))
		}
	}
}

// needsDepot reports whether a depot can still give a technician anything.
func (r *rest) needsDepot(c *Crew, d *dispatch.Depot) bool {
	return c.Room != nil || d.AllTools && !c.AllTools
}

// start is the plan in hand in the terms of the rest.
func (r *rest) start() *dispatch.Plan {
	plan := &dispatch.Plan{}
	for k := range r.m.Crews {
		legs := r.m.Crews[k].Plan.Legs
		if len(r.problem.Technicians[k].Shifts) == 0 || len(legs) == 0 {
			continue
		}
		out := dispatch.Route{Technician: int32(k)}
		for _, l := range legs {
			s := dispatch.Stop{Kind: l.Kind, Visit: -1, Break: -1, Depot: -1}
			if l.Kind == dispatch.StopVisit {
				s.Visit = r.index[l.Visit]
			} else {
				s.Depot = int32(slices.Index(r.depots[k], l.Depot))
			}
			out.Stops = append(out.Stops, s)
		}
		plan.Routes = append(plan.Routes, out)
	}
	return plan
}

// decision turns a plan of the rest into a decision; hold says when to leave.
func (r *rest) decision(plan *dispatch.Plan, h Hold) Decision {
	var out Decision
	for _, u := range plan.Unassigned {
		if !r.drawn(u.Visit) {
			out.Refused = append(out.Refused, r.visits[u.Visit])
		}
	}
	steps := make([][]step, len(r.m.Crews))
	var busy, stops float64
	for i := range plan.Routes {
		route := &plan.Routes[i]
		steps[route.Technician] = r.steps(route)
		for _, s := range route.Stops {
			busy += float64(s.Travel + s.End - s.Start)
			stops++
		}
	}
	real := func(s step) bool { return s.leg.Kind == dispatch.StopVisit && !s.drawn }
	for k := range steps {
		if c := &r.m.Crews[k]; !c.Home && (c.Left || slices.ContainsFunc(steps[k], real)) {
			out.Trails = append(out.Trails, h.time(r.m, int32(k), steps[k], busy/max(stops, 1)))
		}
	}
	return out
}

// drawn reports whether a visit of the rest is not a real one.
func (r *rest) drawn(v int32) bool { return int(v) >= len(r.visits) }

// steps is the order of a route in the terms of the moment.
func (r *rest) steps(route *dispatch.Route) []step {
	out := make([]step, len(route.Stops))
	who := &r.problem.Technicians[route.Technician]
	for i, s := range route.Stops {
		l := dispatch.Leg{Kind: s.Kind, Visit: s.Visit, Depot: s.Depot}
		out[i].place, out[i].windows, out[i].work = stopOf(r.problem, who, &l)
		switch {
		case s.Kind == dispatch.StopDepot:
			l.Visit, l.Depot = -1, r.depots[route.Technician][s.Depot]
		case r.drawn(s.Visit):
			out[i].drawn = true
		default:
			l.Visit, l.Depot = r.visits[s.Visit], -1
		}
		out[i].leg = l
	}
	return out
}
