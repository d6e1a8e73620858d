package crew

import (
	"fmt"
	"math"

	"fettle/dispatch"
)

// movesPerIteration is how many moves make an iteration.
const movesPerIteration = 256

// hot and cold are the temperatures at the start and the end, in mean legs.
const hot, cold = 3.0, 0.03

// enough is how many moves for each visit one annealing uses well; a longer search has several, up to mostParts. measured is
// the share of the budget after which that is known.
const enough, mostParts, measured = 150_000.0, 6, 0.01

// Shares of the kinds of moves.
const wRelocate, wSwap, wTails, wTogether = 50.0, 25.0, 10.0, 15.0

// resyncEvery is how many iterations lie between two resyncs.
const resyncEvery = 1024

// run builds a plan and anneals it until the budget ends. The error is that of verify.
func (s *search) run(start *dispatch.Plan, c *clock) error {
	s.edge = s.meanLeg()
	if start != nil {
		s.load(Stops(s.m, start))
	}
	s.fill(c)
	s.keepBest()
	if s.r == 0 || s.n == 0 {
		return nil
	}
	for {
		share, more, cancelled := c.now(s.iteration)
		if !more {
			s.cancelled = cancelled
			return nil
		}
		s.temperature = s.edge * hot * math.Pow(cold/hot, s.within(share))
		if s.report != nil && s.iteration%64 == 0 {
			s.report(share, s.iteration, s.best.cost, s.best.absent)
		}
		if s.limited && s.swift && s.iteration%resyncEvery == resyncEvery-1 {
			s.resync()
		}
		for range movesPerIteration {
			if err := s.step(); err != nil {
				return err
			}
		}
		s.iteration++
	}
}

// within is the share of one annealing when the budget is enough for several: each starts hot from where the last one
// ended, and the best plan of all counts. How many follows from the moves that the first hundredth of the budget allowed.
func (s *search) within(share float64) float64 {
	if s.parts == 0 {
		if share < measured {
			return 0
		}
		moves := float64(s.iteration*movesPerIteration) / share
		s.parts = min(max(math.Floor(moves/(enough*float64(s.n))), 1), mostParts)
	}
	share *= s.parts
	return share - math.Floor(share)
}

// step tries one move: it is taken when it costs no more than a random amount, exponential with the temperature as mean.
func (s *search) step() error {
	limit := int64(s.temperature * s.rng.exponential())
	if !s.propose(limit) {
		s.undo()
		return nil
	}
	delta, ok := s.priced(limit)
	if !ok || delta > limit {
		s.undo()
		return nil
	}
	s.take(delta)
	if s.cost < s.best.cost {
		s.keepBest()
	}
	if s.checked {
		return s.verify()
	}
	return nil
}

func (s *search) propose(limit int64) bool {
	if len(s.absent) > 0 && s.rng.below(4) == 0 {
		return s.bring()
	}
	switch x := s.rng.unit() * (wRelocate + wSwap + wTails + wTogether); {
	case x < wRelocate:
		return s.relocate(limit)
	case x < wRelocate+wSwap:
		return s.swap(limit)
	case x < wRelocate+wSwap+wTails:
		return s.tails(limit)
	default:
		return s.together(limit)
	}
}

// keepBest notes the plan in hand as the best.
func (s *search) keepBest() {
	s.best.cost, s.best.stops = s.cost, s.snapshot(s.best.stops)
	s.best.absent = 0
	for _, head := range s.absent {
		s.best.absent += len(s.unit[head])
	}
}

// meanLeg is the mean price of the leg from a visit to the nearest few of its neighbours.
func (s *search) meanLeg() float64 {
	var sum, count float64
	for v := int32(0); v < s.n && s.r > 0; v++ {
		for _, u := range s.near[v][:min(5, len(s.near[v]))] {
			sum, count = sum+float64(s.price(0, v, u)), count+1
		}
	}
	return max(sum/max(count, 1), 1)
}

func lost(format string, args ...any) error {
	return fmt.Errorf("crew: the search lost track: "+format, args...)
}
