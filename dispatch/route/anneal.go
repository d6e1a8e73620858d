package route

import "time"

// clock tells a trajectory how much of its budget is used, in [0, 1), and when it is over. It looks at the time only now
// and then, for a look costs as much as a small move.
type clock struct {
	iterations int64                // budget in iterations, 0 for none
	from, to   time.Duration        // budget in time
	elapsed    func() time.Duration // nil without a time budget
	done       <-chan struct{}
}

// prizeSteps is how often in a run the prizes of absent visits are renewed.
const prizeSteps = 100

// lookEvery is the number of iterations between two looks at the time.
const lookEvery = 16

// now returns the used share of the budget, and false when it is spent or the search was cancelled.
func (c *clock) now(iteration int64) (share float64, more, cancelled bool) {
	select {
	case <-c.done:
		return 1, false, true
	default:
	}
	if c.iterations > 0 {
		share = float64(iteration) / float64(c.iterations)
		if iteration >= c.iterations {
			return 1, false, false
		}
	}
	if c.elapsed != nil {
		t := c.elapsed()
		if t >= c.to {
			return 1, false, false
		}
		share = max(share, float64(t-c.from)/float64(max(c.to-c.from, 1)))
	}
	return share, true, false
}

// anneal runs iterations until the clock says stop: ruin, recreate, accept or undo. The temperature falls from Hot to Cold
// mean legs with the share of the budget used, so that one second anneals as fully as one minute. It reports whether it was
// cancelled; the error is that of verify.
func (s *search) anneal(c *clock) (cancelled bool, err error) {
	var more bool
	var share float64
	s.scaled = -1
	s.crowd()
	for i := int64(0); ; i++ {
		if i%lookEvery == 0 || i == c.iterations {
			share, more, cancelled = c.now(i)
			if !more {
				return cancelled, nil
			}
			s.steer(share)
		}
		s.step()
		if s.checked {
			if err := s.verify(); err != nil {
				return false, err
			}
		}
	}
}

// steer sets temperature and prizes for a share of the budget, reports progress and meets the other trajectories.
func (s *search) steer(share float64) {
	s.temperature = s.edge * s.heat(share)
	s.followDuty()
	if step := int(share * prizeSteps); step > s.scaled {
		s.scaled = step
		s.scalePrizes(share)
		if s.report != nil {
			s.report(Progress{Share: share, Iterations: s.iteration, Cost: s.best.cost, Unassigned: len(s.best.absent)})
		}
	}
	if s.team == nil || s.met == len(meetings) || share < meetings[s.met] {
		return
	}
	if s.met++; s.parts < 2 || s.merging() {
		s.consult()
	}
}

// step is one iteration.
func (s *search) step() {
	s.iteration++
	s.before, s.fairBefore = s.current, s.fair
	if !s.disturb() {
		s.undo()
		return
	}
	s.measureRoom()
	s.recreate()
	if s.rich {
		for _, r := range s.touched {
			if len(s.depots[r]) > 0 {
				s.moveDepots(r)
			}
		}
	}
	s.settleFairness()
	accepted := s.current < s.before+s.threshold() || s.current <= s.before
	if accepted {
		s.accept()
	} else {
		s.undo()
	}
	s.exchanges(accepted)
	if s.squeezing {
		s.squeezeOn()
	}
}

// exchanges tries moves between two routes, each of which is final when taken: half as many where the iteration's ruin came
// to nothing. Walked ones are too dear for that, and long routes with limited stock gain more by another ruin.
func (s *search) exchanges(accepted bool) {
	tails, swaps := s.tune.Tails, s.tune.Swaps
	switch {
	case s.rich && accepted:
		s.exchangesWalked()
		return
	case s.rich:
		return
	case s.dims > 0 && !s.short():
		if swaps = 0; !accepted {
			return
		}
	case !accepted:
		tails, swaps = tails/2, swaps/2
	}
	for range tails {
		s.before = s.current
		if s.exchangeTails() {
			s.accept()
		}
	}
	for range swaps {
		s.before = s.current
		if s.swapVisits() {
			s.accept()
		}
	}
}

// disturb takes visits out of the plan in hand: by ruin, or for a route of an elite plan. False when the plan cannot go on
// from there.
func (s *search) disturb() bool {
	if s.importing() {
		return s.importRoute()
	}
	return s.ruin()
}

// accept makes the iteration's changes final and keeps the plan if it is the best so far.
func (s *search) accept() {
	for k := range s.journalRoutes {
		s.routes[s.journalRoutes[k].index].dirty = true
	}
	s.measureRoom()
	s.forget()
	if cost := s.trueCost(); cost < s.best.cost {
		s.keepBest(cost)
	}
}
