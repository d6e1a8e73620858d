package plan

import (
	"slices"

	"fettle/dispatch"
)

// Snapshot copies the open work of the board as a problem of its own with the committed routes as its plan, for an
// optimiser that runs beside the board. Visits that were started are not part of it, nor are places that nobody uses; ids
// stay. Nothing is shared with the board but what neither changes. O(technicians + visits), and O(places^2) for a dense
// matrix.
func (b *Board) Snapshot() (*dispatch.Problem, *dispatch.Plan) {
	all := make([]int32, len(b.model.Problem.Technicians))
	for t := range all {
		all[t] = int32(t)
	}
	return b.Part(all)
}

// Part is Snapshot for some of the technicians, in rising order: their routes, and every visit that is on no route. The
// technicians and visits of the problem are numbered anew. O(technicians given + visits of their routes), but for a look at
// each visit of the board for those on no route.
func (b *Board) Part(technicians []int32) (*dispatch.Problem, *dispatch.Plan) {
	c := copier{b: b, p: *b.model.Problem, places: map[int32]int32{}, visits: map[int32]int32{}}
	c.p.Technicians, c.p.Visits, c.p.Places = make([]dispatch.Technician, 0, len(technicians)), nil, nil
	policy := &c.p.Policy
	plan := &dispatch.Plan{Policy: policy.ID, PolicyVersion: policy.Version, Status: dispatch.StatusComplete}
	for _, t := range technicians {
		c.technician(t)
		for s := range b.model.Problem.Technicians[t].Shifts {
			if route, ok := b.Route(t, int32(s)); ok {
				route.Technician = int32(len(c.p.Technicians) - 1)
				c.route(&route)
				plan.Routes, plan.Cost = append(plan.Routes, route), plan.Cost.Plus(route.Cost)
			}
		}
	}
	for v := range b.visits {
		if state := &b.visits[v]; state.alive && !state.started && state.route < 0 {
			v := int32(v)
			plan.Unassigned = append(plan.Unassigned, dispatch.Unassigned{
				Visit: c.visit(v), Technician: -1, Reason: dispatch.ReasonNotTried,
			})
			plan.Cost[dispatch.TermUnserved] += b.model.Unserved(v)
		}
	}
	c.p.Travel = slices.Clone(c.p.Travel)
	for i := range c.p.Travel {
		c.p.Travel[i].Time = c.p.Travel[i].Time.Select(c.used)
		if c.p.Travel[i].Distance != nil {
			c.p.Travel[i].Distance = c.p.Travel[i].Distance.Select(c.used)
		}
	}
	return &c.p, plan
}

// copier makes a problem of a part of a board.
type copier struct {
	b      *Board
	p      dispatch.Problem
	used   []int32         // places of the board, by the number they get
	places map[int32]int32 // the other way round
	visits map[int32]int32
}

func (c *copier) place(place int32) int32 {
	if place < 0 {
		return place
	}
	n, ok := c.places[place]
	if !ok {
		n = int32(len(c.used))
		c.places[place], c.used = n, append(c.used, place)
		c.p.Places = append(c.p.Places, c.b.model.Problem.Places[place])
	}
	return n
}

func (c *copier) visit(v int32) int32 {
	n, ok := c.visits[v]
	if !ok {
		n = int32(len(c.p.Visits))
		c.visits[v] = n
		visit := c.b.model.Problem.Visits[v]
		visit.Place = c.place(visit.Place)
		c.p.Visits = append(c.p.Visits, visit)
	}
	return n
}

func (c *copier) technician(t int32) {
	out := c.b.model.Problem.Technicians[t]
	out.Shifts, out.Depots = slices.Clone(out.Shifts), slices.Clone(out.Depots)
	for k := range out.Shifts {
		s := &out.Shifts[k]
		s.StartPlace, s.EndPlace = c.place(s.StartPlace), c.place(s.EndPlace)
	}
	for k := range out.Depots {
		out.Depots[k].Place = c.place(out.Depots[k].Place)
	}
	c.p.Technicians = append(c.p.Technicians, out)
}

func (c *copier) route(r *dispatch.Route) {
	for k := range r.Stops {
		if s := &r.Stops[k]; s.Kind == dispatch.StopVisit {
			s.Visit = c.visit(s.Visit)
		}
	}
}

// Replace takes over a better plan that an optimiser made from a snapshot, as far as it still holds: visits that were
// removed or started since are left out of it, visits that came since are inserted again where they fit best, and a route
// that its progress has made infeasible gives up the visits that break a rule, which are inserted elsewhere. It reports
// whether the whole costs less than what is committed; if not, nothing changes. Offers made before are stale afterwards either
// way. O(all routes).
func (b *Board) Replace(p *dispatch.Problem, plan *dispatch.Plan) (bool, error) {
	before := b.Cost().Total()
	old := make([][]int32, len(b.routes))
	for r := range b.routes {
		old[r] = slices.Clone(b.routes[r].stops)
	}
	next, err := b.merged(p, plan)
	if err != nil {
		return false, err
	}
	b.setRoutes(next)
	for v := range b.visits {
		if state := &b.visits[v]; state.alive && state.route < 0 {
			if offers, err := b.Offer(int32(v)); err == nil && len(offers) > 0 {
				if err := b.Place(int32(v), offers[0]); err != nil {
					return false, err
				}
			}
		}
	}
	if b.Cost().Total() < before {
		return true, nil
	}
	b.setRoutes(old)
	return false, nil
}

// merged is the stops of a plan for a snapshot in the board's indices, without what is no longer open.
func (b *Board) merged(p *dispatch.Problem, plan *dispatch.Plan) ([][]int32, error) {
	next := make([][]int32, len(b.routes))
	used := make([]bool, len(b.visits))
	for i := range plan.Routes {
		from := &plan.Routes[i]
		r, err := b.routeIndex(from.Technician, from.Shift)
		if err != nil {
			return nil, err
		}
		for k := range from.Stops {
			s := &from.Stops[k]
			if s.Kind == dispatch.StopDepot {
				next[r] = append(next[r], -1-s.Depot)
			}
			if s.Kind != dispatch.StopVisit || s.Visit < 0 || int(s.Visit) >= len(p.Visits) {
				continue
			}
			v, ok := b.byID[p.Visits[s.Visit].ID]
			if ok && !used[v] && !b.visits[v].started && b.may(r, v) {
				used[v] = true
				next[r] = append(next[r], v)
			}
		}
	}
	return next, nil
}

// setRoutes commits whole routes at once; stops that break a rule are dropped.
func (b *Board) setRoutes(next [][]int32) {
	for v := range b.visits {
		if !b.visits[v].started {
			b.visits[v].route = -1
		}
	}
	for r := range b.routes {
		for _, s := range next[r] {
			if s >= 0 {
				b.visits[s].route = int32(r)
			}
		}
		same := slices.Equal(b.routes[r].stops, next[r])
		b.routes[r].stops = append(b.routes[r].stops[:0], next[r]...)
		if !same {
			b.repair(int32(r))
		}
	}
}
