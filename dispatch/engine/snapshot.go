package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/route"
	"fettle/geo"
)

// Snapshot is a copy of a territory's plan. It is safe to use on another goroutine; nothing is shared that changes.
type Snapshot struct {
	Problem *dispatch.Problem
	Plan    *dispatch.Plan
	Taken   time.Time
	// Elapsed is the caller's clock for Improve, which has none: time since its call. Without it the number of iterations is
	// guessed from the limit, and the context ends the search.
	Elapsed func() time.Duration

	held []int32 // visits that are pinned only because somebody has accepted them
	lens lens
}

// Snapshot copies the open work and the routes for those who look at them elsewhere: the optimiser and explanations.
func (e *Engine) Snapshot(now time.Time) (*Snapshot, error) {
	return e.SnapshotNear(now, geo.Point{}, len(e.technicians))
}

// SnapshotNear is Snapshot for the n technicians nearest to a place, by where their route begins: their routes, and all
// orders that nobody has. It is for re-planning around a change in a large territory. O(technicians), and much less than a
// whole snapshot otherwise.
func (e *Engine) SnapshotNear(now time.Time, p geo.Point, n int) (*Snapshot, error) {
	b, err := e.ready()
	if err != nil {
		return nil, fmt.Errorf("copy the plan: %w", err)
	}
	s := &Snapshot{Taken: now}
	if n >= len(b.ids) {
		s.Problem, s.Plan = b.Snapshot()
	} else {
		s.Problem, s.Plan = b.Part(e.nearest(b, p, n))
	}
	for i := range s.Problem.Technicians {
		t := &s.Problem.Technicians[i]
		t.Shifts = t.Shifts[:len(b.spans[b.index[t.ID]])] // without the spare ones
	}
	for v := range s.Problem.Visits {
		if o := e.orders[s.Problem.Visits[v].WorkOrder]; o != nil && o.State == StateAccepted && o.Pin == nil {
			s.held = append(s.held, int32(v))
		}
	}
	e.namePlaces(s.Problem)
	e.priceCover(s.Problem, now)
	return s, nil
}

// namePlaces calls the places of a problem what people call them, for explanations.
func (e *Engine) namePlaces(p *dispatch.Problem) {
	call := func(place int32, name string) {
		if place >= 0 && p.Places[place].Name == "" {
			p.Places[place].Name = name
		}
	}
	for i := range p.Visits {
		if o := e.orders[p.Visits[i].WorkOrder]; o != nil {
			call(p.Visits[i].Place, cmp.Or(o.UnitID, o.Building, "order "+string(o.ID)))
		}
	}
	for i := range p.Technicians {
		t := &p.Technicians[i]
		for k := range t.Shifts {
			if t.Shifts[k].EndPlace >= 0 {
				call(t.Shifts[k].EndPlace, "the home of "+t.Name)
			}
			call(t.Shifts[k].StartPlace, "where "+t.Name+" is")
		}
	}
}

// nearest are the n technicians whose routes begin nearest to a place, in rising order.
func (e *Engine) nearest(b *board, p geo.Point, n int) []int32 {
	away := make([]geo.Meters, len(b.ids))
	all := make([]int32, len(b.ids))
	for t, id := range b.ids {
		at := e.technicians[id].Home
		if g, ok := e.begins[id]; ok {
			at = g.point
		}
		all[t], away[t] = int32(t), geo.DistanceEquirect(p, at)
	}
	slices.SortFunc(all, func(x, y int32) int { return cmp.Or(cmp.Compare(away[x], away[y]), cmp.Compare(x, y)) })
	all = all[:n]
	slices.Sort(all)
	return all
}

// guessedRate is how many iterations a second a search makes at least, for limits without a clock.
const guessedRate = 10_000

// Improve searches for a better plan until ctx ends or the time limit, deterministic for a seed and iterations. Accepted
// and pinned orders stay with their technicians; others move only when that is worth a broken promise.
func (s *Snapshot) Improve(ctx context.Context, seed uint64, iterations int64, limit time.Duration) (*dispatch.Plan, error) {
	if s.Problem == nil || len(s.Problem.Visits) == 0 {
		return &dispatch.Plan{Status: dispatch.StatusComplete}, nil
	}
	o := route.Options{Seed: seed, Iterations: iterations, Threads: 1, Start: s.Plan}
	switch {
	case s.Elapsed != nil && limit > 0:
		o.TimeLimit, o.Elapsed = limit, s.Elapsed
	case iterations <= 0:
		o.Iterations = max(1, int64(limit.Seconds()*guessedRate))
	}
	p := s.loyal()
	out, err := route.Solve(ctx, p, o)
	if err != nil {
		return nil, fmt.Errorf("improve the plan: %w", err)
	}
	return out, nil
}

// loyal is the problem in which every visit that has been offered prefers its technician.
func (s *Snapshot) loyal() *dispatch.Problem {
	p := *s.Problem
	p.Visits = slices.Clone(p.Visits)
	for i := range s.Plan.Routes {
		r := &s.Plan.Routes[i]
		for k := range r.Stops {
			if st := &r.Stops[k]; st.Kind == dispatch.StopVisit && len(p.Visits[st.Visit].Preferred) == 0 {
				p.Visits[st.Visit].Preferred = []dispatch.TechnicianID{p.Technicians[r.Technician].ID}
			}
		}
	}
	return &p
}
