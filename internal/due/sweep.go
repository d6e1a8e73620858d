package due

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"fettle/internal/clock"
	"fettle/ledger"
)

// machine is the clock of the machine, by which claims are measured whatever time the service has.
var machine = clock.System()

const (
	// freeEvery is how often claims of processes that are gone are looked for, by the machine.
	freeEvery = 10 * time.Second
	// maxDead is how much work that is laid aside is counted.
	maxDead = 100
)

// Sweep does all that is due now, the most urgent first and of that the longest overdue, and reports. Work that fails waits
// for its next attempt and does not hold up what comes after it.
func (s *Sweeper) Sweep(ctx context.Context) Report {
	now := s.c.Clock.Now()
	var r Report
	r.Err = s.free(ctx, now)
	for more := r.Err == nil; more; {
		more, r.Err = s.pass(ctx, now, &r)
	}
	s.last = now
	if err := s.lag(context.WithoutCancel(ctx), &r); r.Err == nil {
		r.Err = err
	}
	r.Dead = s.dead
	if s.c.Swept != nil {
		s.c.Swept(r)
	}
	return r
}

// free ends the claims of processes that are gone, and claims and waits of a clock that was ahead of what it shows now.
func (s *Sweeper) free(ctx context.Context, now time.Time) error {
	at := machine.Now()
	if !s.freed.IsZero() && !now.Before(s.last) && at.Sub(s.freed) < freeEvery {
		return nil
	}
	longest := max(clock.Passing(s.c.Clock, s.c.Claim), s.c.MaxBackoff) + s.c.Every
	if _, err := s.c.Store.FreeDue(ctx, s.c.Org, now.Add(longest)); err != nil {
		return fmt.Errorf("sweep due work: %w", err)
	}
	dead, err := s.c.Store.DeadDue(ctx, s.c.Org, "", "", maxDead)
	if err != nil {
		return fmt.Errorf("sweep due work: %w", err)
	}
	s.freed, s.dead = at, len(dead)
	return nil
}

// lag measures how late the oldest work is that is not done.
func (s *Sweeper) lag(ctx context.Context, r *Report) error {
	now := s.c.Clock.Now()
	oldest, err := s.c.Store.OldestDue(ctx, s.c.Org, s.c.Filter, now)
	if err != nil {
		return fmt.Errorf("sweep due work: %w", err)
	}
	if !oldest.IsZero() {
		r.OldestOverdue = max(now.Sub(oldest), 0)
	}
	return nil
}

// pass claims a batch, handles it and gives back what is not done. It reports whether there may be more.
func (s *Sweeper) pass(ctx context.Context, now time.Time, r *Report) (bool, error) {
	until := s.c.Clock.Now().Add(clock.Passing(s.c.Clock, s.c.Claim))
	began := machine.Now()
	batch, err := s.c.Store.ClaimDue(ctx, s.c.Org, s.c.Filter, now, until, s.c.Batch)
	if err != nil {
		return false, fmt.Errorf("sweep due work: %w", err)
	}
	if len(batch) == 0 {
		return false, ctx.Err()
	}
	results := s.attemptAll(ctx, began, batch)
	last := context.WithoutCancel(ctx) // what is claimed is given back also when the sweep is cut short
	if err := s.notRemoved(last, batch, results); err != nil {
		return false, fmt.Errorf("sweep due work: %w", err)
	}
	if err := s.c.Store.YieldDue(last, s.c.Org, s.settle(batch, results, r)); err != nil {
		return false, fmt.Errorf("sweep due work: %w", err)
	}
	return len(batch) >= s.c.Batch, ctx.Err()
}

// errNotTried is what became of work when the context or half of the claim ended before its turn.
var errNotTried = errors.New("not tried")

// attemptAll tries work in its order, as many pieces at once as the config says, and returns what became of each.
func (s *Sweeper) attemptAll(ctx context.Context, began time.Time, batch []ledger.DueWork) []error {
	out := make([]error, len(batch))
	limited, cancel := context.WithTimeout(ctx, s.c.Claim*4/5)
	defer cancel()
	var running sync.WaitGroup
	room := make(chan struct{}, s.c.Parallel)
	for i, w := range batch {
		if i > 0 && w.Rank != batch[i-1].Rank {
			running.Wait()
		}
		room <- struct{}{}
		if ctx.Err() != nil || machine.Now().Sub(began) > s.c.Claim/2 {
			<-room
			out[i] = errNotTried
			continue
		}
		running.Go(func() {
			out[i] = s.handle(limited, w)
			<-room
		})
	}
	running.Wait()
	return out
}

// notRemoved finds rows that are still claimed although their handlers succeeded.
func (s *Sweeper) notRemoved(ctx context.Context, batch []ledger.DueWork, results []error) error {
	held, err := s.c.Store.HeldDue(ctx, s.c.Org, batch[0].Claim)
	if err != nil || len(held) == 0 {
		return err
	}
	still := make(map[[2]string]bool, len(held))
	for i := range held {
		still[[2]string{held[i].Kind, held[i].Key}] = true
	}
	for i := range batch {
		if results[i] == nil && still[[2]string{batch[i].Kind, batch[i].Key}] {
			results[i] = ErrNotRemoved
		}
	}
	return nil
}

// settle counts what became of a batch, and makes of it what is given back.
func (s *Sweeper) settle(batch []ledger.DueWork, results []error, r *Report) []ledger.Yield {
	now := s.c.Clock.Now()
	var give []ledger.Yield
	for i, err := range results {
		w := batch[i]
		if errors.Is(err, errNotTried) {
			give = append(give, ledger.Yield{Work: w, Next: now})
			continue
		}
		r.Due++
		if err == nil {
			r.Done++
			continue
		}
		r.Failed++
		s.c.Failed(w, w.Attempt, err)
		y := ledger.Yield{Work: w, Next: now.Add(s.wait(w.Attempt)), Problem: err.Error()}
		if errors.Is(err, ErrHopeless) || s.c.Attempts > 0 && w.Attempt >= s.c.Attempts {
			y.Dead, y.Next = true, now
			s.dead++
		}
		give = append(give, y)
	}
	return give
}

// wait is how long work rests after so many attempts.
func (s *Sweeper) wait(attempts int) time.Duration {
	d := s.c.Backoff
	for i := 1; i < attempts && d < s.c.MaxBackoff; i++ {
		d *= 2
	}
	return min(d, s.c.MaxBackoff)
}

// handle calls the handler of a kind and turns its panic into an error.
func (s *Sweeper) handle(ctx context.Context, w ledger.DueWork) (err error) {
	h := s.c.Handlers[w.Kind]
	if h == nil {
		return fmt.Errorf("kind %s: %w", w.Kind, ErrNoHandler)
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("kind %s: %w: %v\n%s", w.Kind, ErrPanic, r, debug.Stack())
		}
	}()
	return h(ctx, w)
}
