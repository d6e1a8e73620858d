// Package due does work that is due: promises that run out, offers that expire, retries, periodic jobs. Such work is a row
// with an instant, written with what caused it in one transaction, and never a timer in memory: late is possible, lost is
// not. A Sweeper asks for what is due by the wall clock and hands it to the handler of its kind.
//
// Whoever handles a piece of work removes or replaces its row in the same transaction as its effect. A crash in between
// does it again, so handlers are idempotent: they look at whether the effect is still wanted.
//
// Attempts are counted in memory. With several nodes a row gets a claim with an expiry and an attempt number that fences
// its effect; the place for both is DueWork, and Handler stays as it is.
package due

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"fettle/dispatch/engine"
	"fettle/internal/clock"
	"fettle/org"
)

// Handler does one piece of work and removes or replaces its row. It must be idempotent. An error, or a row that is still
// there, means that it is tried again later.
type Handler func(ctx context.Context, w engine.DueWork) error

// What befalls work beside the errors of its handler.
var (
	// ErrNoHandler says that nobody does work of this kind.
	ErrNoHandler = errors.New("no handler for this kind of due work")
	// ErrNotRemoved says that a handler succeeded and left the row as it was.
	ErrNotRemoved = errors.New("handler left the due work in place")
	// ErrPanic says that a handler panicked.
	ErrPanic = errors.New("handler of due work panicked")
)

// Config says what a Sweeper does. Fields with a default may be left zero.
type Config struct {
	Org      org.ID
	Store    engine.DueReader
	Clock    clock.Clock
	Handlers map[string]Handler // by kind

	// Filter selects what is swept; all unless given.
	Filter engine.DueFilter
	// Parallel is how many handlers run at once; 1 unless given.
	Parallel int
	// Every is the longest time between two sweeps; 1 s unless given.
	Every time.Duration
	// Batch is how much work is read at once; 256 unless given.
	Batch int
	// Backoff is how long work waits after its first failure, twice as long after each further one up to MaxBackoff; 1 s and
	// 1 min unless given.
	Backoff, MaxBackoff time.Duration

	// Swept, when not nil, is called after each sweep.
	Swept func(Report)
	// Failed, when not nil, is called for each attempt that failed, counted from 1.
	Failed func(w engine.DueWork, attempt int, err error)
}

// Report is what one sweep found and did.
type Report struct {
	Due    int // pieces of work that were due
	Done   int
	Failed int // attempts that failed in this sweep
	// OldestOverdue is how late the oldest work is that is still not done; 0 when all is done.
	OldestOverdue time.Duration
	// Err says why the sweep is not complete: the store could not be read, or the context ended.
	Err error
}

// Sweeper does the due work of one org. One goroutine calls Run or Sweep; any may call Wake.
type Sweeper struct {
	c    Config
	wake chan time.Time
	// aside is work that failed and waits for its next attempt.
	aside map[id]*setback
	done  map[id]time.Time // At of what was done in the last sweep: it should be gone
}

// id names a row.
type id struct{ kind, key string }

// setback is what is remembered of work that failed.
type setback struct {
	attempts int
	failed   time.Time     // the last attempt
	wait     time.Duration // until the next
	at       time.Time     // DueWork.At: a row that was replaced is new work
	sweep    *sweep        // in which it was seen last
}

// New makes a Sweeper.
func New(c Config) *Sweeper {
	c.Every = cmp.Or(c.Every, time.Second)
	c.Batch, c.Parallel = cmp.Or(c.Batch, 256), cmp.Or(c.Parallel, 1)
	c.Backoff = cmp.Or(c.Backoff, time.Second)
	c.MaxBackoff = cmp.Or(c.MaxBackoff, time.Minute)
	return &Sweeper{c: c, wake: make(chan time.Time, 1), aside: make(map[id]*setback)}
}

// Wake tells that work was written that is due at an instant, so that it need not wait for the next regular sweep. It
// never blocks, and may be called for all work or for none.
func (s *Sweeper) Wake(at time.Time) {
	for {
		select {
		case s.wake <- at:
			return
		default:
		}
		select { // the earlier one stays
		case before := <-s.wake:
			if before.Before(at) {
				at = before
			}
		default:
		}
	}
}

// Run sweeps until ctx ends, which it returns as an error. A handler that runs is waited for.
func (s *Sweeper) Run(ctx context.Context) error {
	timer := s.c.Clock.NewTimer(0)
	defer timer.Stop()
	<-timer.C()
	for {
		s.Sweep(ctx)
		timer.Reset(s.c.Every)
		if err := s.rest(ctx, timer); err != nil {
			return err
		}
	}
}

// rest waits until the timer fires, which Wake may bring forward.
func (s *Sweeper) rest(ctx context.Context, timer clock.Timer) error {
	next := s.c.Clock.Now().Add(s.c.Every)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C():
			return nil
		case at := <-s.wake:
			if at.Before(next) {
				next = at
				timer.Reset(max(at.Sub(s.c.Clock.Now()), 0))
			}
		}
	}
}

// sweep is the state of one pass over what is due.
type sweep struct {
	now    time.Time
	report Report
	done   map[id]time.Time // At of the rows whose handlers succeeded
	before map[id]time.Time // the same of the sweep before
	oldest time.Time        // not done
}

// Sweep does all that is due now, in the order of lateness, and reports. Work that fails is set aside and does not hold
// up what comes after it.
func (s *Sweeper) Sweep(ctx context.Context) Report {
	p := &sweep{now: s.c.Clock.Now(), done: make(map[id]time.Time), before: s.done}
	for {
		more, err := s.pass(ctx, p)
		if err != nil {
			p.report.Err = err
			break
		}
		if !more {
			break
		}
	}
	s.done = p.done
	if p.report.Err == nil {
		s.forget(p)
	}
	if !p.oldest.IsZero() {
		p.report.OldestOverdue = max(s.c.Clock.Now().Sub(p.oldest), 0)
	}
	if s.c.Swept != nil {
		s.c.Swept(p.report)
	}
	return p.report
}

// pass reads a batch and handles it. It reports whether there may be more. A batch is as much larger as there is work that
// was set aside, so that it always reaches beyond.
func (s *Sweeper) pass(ctx context.Context, p *sweep) (bool, error) {
	limit := s.c.Batch + len(s.aside)
	rows, err := s.c.Store.Due(ctx, s.c.Org, s.c.Filter, p.now, limit)
	if err != nil {
		return false, fmt.Errorf("sweep due work: %w", err)
	}
	p.oldest = time.Time{}
	var ready []engine.DueWork
	for _, w := range rows {
		if s.ready(p, w) {
			ready = append(ready, w)
		} else {
			p.left(w)
		}
	}
	for i, err := range s.attemptAll(ctx, p, ready) {
		if errors.Is(err, errNotTried) {
			p.left(ready[i])
		} else if !s.settle(p, ready[i], err) {
			p.left(ready[i])
		}
	}
	if err := ctx.Err(); err != nil {
		return false, err
	}
	return len(rows) >= limit, nil
}

// errNotTried is what became of work when the context ended before its turn.
var errNotTried = errors.New("not tried")

// attemptAll tries work in the order of lateness, as many pieces at once as the config says, and returns what became of each.
func (s *Sweeper) attemptAll(ctx context.Context, p *sweep, ready []engine.DueWork) []error {
	out := make([]error, len(ready))
	handle := make([]bool, len(ready))
	for i, w := range ready {
		handle[i] = s.renewed(p, w)
		if !handle[i] {
			out[i] = ErrNotRemoved
		}
	}
	var running sync.WaitGroup
	room := make(chan struct{}, s.c.Parallel)
	for i, w := range ready {
		if !handle[i] {
			continue
		}
		room <- struct{}{}
		if ctx.Err() != nil {
			<-room
			out[i] = errNotTried
			continue
		}
		running.Go(func() {
			out[i] = s.handle(ctx, w)
			<-room
		})
	}
	running.Wait()
	return out
}

// left remembers the oldest work that is not done.
func (p *sweep) left(w engine.DueWork) {
	if p.oldest.IsZero() || w.At.Before(p.oldest) {
		p.oldest = w.At
	}
}

// ready reports whether a piece of work is to be tried now, and does not wait for its next attempt.
func (s *Sweeper) ready(p *sweep, w engine.DueWork) bool {
	row := id{w.Kind, w.Key}
	before := s.aside[row]
	if before != nil && !before.at.Equal(w.At) {
		delete(s.aside, row)
		before = nil
	}
	if before != nil && before.sweep == p {
		return false // tried or passed over in this sweep already
	}
	if _, seen := p.done[row]; !seen {
		p.report.Due++
	}
	if before != nil && before.rests(p.now) {
		before.sweep = p
		return false
	}
	return true
}

// settle notes what became of an attempt, and reports whether the work is done.
func (s *Sweeper) settle(p *sweep, w engine.DueWork, err error) bool {
	if err != nil {
		s.setAside(p, w, err)
		return false
	}
	row := id{w.Kind, w.Key}
	p.report.Done++
	p.done[row] = w.At
	if before := s.aside[row]; before != nil {
		before.sweep = p // kept until the row is seen to be gone
	}
	return true
}

// renewed reports whether a row is not the one whose handler succeeded a moment ago.
func (s *Sweeper) renewed(p *sweep, w engine.DueWork) bool {
	row := id{w.Kind, w.Key}
	if at, ok := p.done[row]; ok && at.Equal(w.At) {
		p.report.Done--
		delete(p.done, row)
		return false
	}
	if at, ok := p.before[row]; ok && at.Equal(w.At) {
		delete(p.before, row)
		return false
	}
	return true
}

// setAside notes a failed attempt.
func (s *Sweeper) setAside(p *sweep, w engine.DueWork, err error) {
	p.report.Failed++
	row := id{w.Kind, w.Key}
	b := s.aside[row]
	if b == nil {
		b = &setback{at: w.At, wait: s.c.Backoff}
		s.aside[row] = b
	} else {
		b.wait = min(2*b.wait, s.c.MaxBackoff)
	}
	b.attempts++
	b.failed, b.sweep = p.now, p
	if s.c.Failed != nil {
		s.c.Failed(w, b.attempts, err)
	}
}

// rests reports whether the next attempt is still to come. A clock that was set back to before the last attempt ends the
// wait: nobody knows how long it would be.
func (b *setback) rests(now time.Time) bool {
	return !now.Before(b.failed) && now.Before(b.failed.Add(b.wait))
}

// forget drops what a complete sweep has not seen: somebody else has removed it, or it succeeded.
func (s *Sweeper) forget(p *sweep) {
	for row, b := range s.aside {
		if b.sweep != p {
			delete(s.aside, row)
		}
	}
}

// handle calls the handler of a kind and turns its panic into an error.
func (s *Sweeper) handle(ctx context.Context, w engine.DueWork) (err error) {
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
