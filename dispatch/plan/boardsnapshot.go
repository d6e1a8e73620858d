package plan

import (
	"slices"

	"fettle/dispatch"
)

// Snapshot copies the open work of the board as a problem of its own with the committed routes as its plan, for an
// optimiser that runs beside the board. Visits that were started are not part of it, nor are places that nobody uses; ids stay. Nothing is shared with
// the board but what neither changes. O(technicians + visits), and O(places^2) for a dense matrix.
func (b *Board) Snapshot() (*dispatch.Problem, *dispatch.Plan) {
	p := *b.model.Problem
	renumber := make([]int32, len(p.Places))
	var places []int32
	use := func(place int32) int32 {
		if place < 0 {
			return place
		}
		if renumber[place] == 0 {
			places = append(places, place)
			renumber[place] = int32(len(places))
		}
		return renumber[place] - 1
	}
	p.Technicians = slices.Clone(p.Technicians)
	for i := range p.Technicians {
		t := &p.Technicians[i]
		t.Shifts, t.Depots = slices.Clone(t.Shifts), slices.Clone(t.Depots)
		for k := range t.Shifts {
			s := &t.Shifts[k]
			s.StartPlace, s.EndPlace = use(s.StartPlace), use(s.EndPlace)
		}
		for k := range t.Depots {
			t.Depots[k].Place = use(t.Depots[k].Place)
		}
	}
	index := make([]int32, len(b.visits))
	p.Visits = nil
	for v := range b.visits {
		if state := &b.visits[v]; !state.alive || state.started {
			continue
		}
		index[v] = int32(len(p.Visits))
		p.Visits = append(p.Visits, b.model.Problem.Visits[v])
		p.Visits[index[v]].Place = use(p.Visits[index[v]].Place)
	}
	p.Places = make([]dispatch.Place, len(places))
	for k, i := range places {
		p.Places[k] = b.model.Problem.Places[i]
	}
	p.Travel = slices.Clone(p.Travel)
	for i := range p.Travel {
		p.Travel[i].Time = p.Travel[i].Time.Select(places)
		if p.Travel[i].Distance != nil {
			p.Travel[i].Distance = p.Travel[i].Distance.Select(places)
		}
	}
	return &p, b.snapshotPlan(index)
}

// snapshotPlan is the committed routes with visits renumbered.
func (b *Board) snapshotPlan(index []int32) *dispatch.Plan {
	policy := &b.model.Problem.Policy
	plan := &dispatch.Plan{Policy: policy.ID, PolicyVersion: policy.Version, Status: dispatch.StatusComplete, Cost: b.Cost()}
	for r := range b.routes {
		route, ok := b.Route(b.model.Routes[r].Technician, b.model.Routes[r].Shift)
		if !ok {
			continue
		}
		for k := range route.Stops {
			if s := &route.Stops[k]; s.Kind == dispatch.StopVisit {
				s.Visit = index[s.Visit]
			}
		}
		plan.Routes = append(plan.Routes, route)
	}
	for v := range b.visits {
		if state := &b.visits[v]; state.alive && state.route < 0 {
			plan.Unassigned = append(plan.Unassigned, dispatch.Unassigned{Visit: index[v], Technician: -1, Reason: dispatch.ReasonNotTried})
		}
	}
	return plan
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
