package route

import (
	"errors"
	"slices"
	"sync"

	"fettle/dispatch/constraint"
)

// team runs trajectories side by side and lets them share what they found.
type team struct {
	m     *constraint.Model
	lists *lists
	tune  Tuning
	o     Options
	clock *clock

	lock sync.Mutex
	best plan // the best of all that was shared
}

// meetings are the shares of the budget at which trajectories compare their best plans; one that is behind goes on from
// the best of all. One alone is not affected, which keeps a single thread deterministic.
var meetings = [...]float64{0.4, 0.6, 0.75, 0.9}

func (t *team) run() (best *plan, iterations int64, cancelled bool, err error) {
	searches := make([]*search, t.o.Threads)
	stops, errs := make([]bool, t.o.Threads), make([]error, t.o.Threads)
	var wait sync.WaitGroup
	for i := range searches {
		wait.Add(1)
		go func() {
			defer wait.Done()
			s := newSearch(t.m, t.lists, t.o.Seed+uint64(i)*0x9e3779b97f4a7c15, t.tune)
			s.checked = t.o.Assert
			if t.o.Threads > 1 {
				s.team = t
			}
			if i == 0 {
				s.report = t.o.Progress
			}
			searches[i] = s
			s.begin(t.o.Start, t.clock)
			if t.m.Visits > 0 && len(t.m.Routes) > 0 {
				stops[i], errs[i] = s.anneal(t.clock)
			}
		}()
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, 0, false, err
	}
	for i, s := range searches {
		iterations += s.iteration
		cancelled = cancelled || stops[i]
		if best == nil || s.best.cost < best.cost {
			best = &s.best
		}
	}
	return best, iterations, cancelled, nil
}

// meet shares the best plan of a trajectory and returns a better one if there is.
func (t *team) meet(own *plan) (better *plan) {
	t.lock.Lock()
	defer t.lock.Unlock()
	if t.best.stops == nil || own.cost < t.best.cost {
		t.best = plan{cost: own.cost, absent: slices.Clone(own.absent), stops: make([][]int32, len(own.stops))}
		for r := range own.stops {
			t.best.stops[r] = slices.Clone(own.stops[r])
		}
		return nil
	}
	if t.best.cost < own.cost {
		shared := t.best
		return &shared
	}
	return nil
}

// consult lets a trajectory go on from the team's best plan when its own is behind.
func (s *search) consult() {
	if better := s.team.meet(&s.best); better != nil {
		s.load(better)
		if cost := s.trueCost(); cost < s.best.cost {
			s.keepBest(cost)
		}
	}
}
