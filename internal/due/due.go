// Package due does work that is due: promises that run out, offers that expire, retries, periodic jobs. Such work is a row
// with an instant, written with what caused it in one transaction, and never a timer in memory: late is possible, lost is
// not. A Sweeper asks for what is due by the wall clock, claims it and hands it to the handler of its kind. Several processes
// may sweep one table.
//
// Whoever handles a piece of work removes or replaces its row in the same transaction as its effect, or settles it under its
// claim. A crash in between does it again, so handlers are idempotent: they look at whether the effect is still wanted. A
// claim ends after half a minute, and whoever has lost it cannot settle the work any more. Attempts, the wait after a failure
// and work that is laid aside are part of the row: a restart forgets none of it.
//
// Only the wait between two sweeps is a timer. It is short, so that a clock that is set forwards or backwards is noticed
// within one sweep.
package due

import (
	"cmp"
	"context"
	"errors"
	"time"

	"fettle/internal/clock"
	"fettle/ledger"
	"fettle/org"
)

// Handler does one piece of work and removes or replaces its row. It must be idempotent. An error, or a row that is still
// there, means that it is tried again later; an error that wraps ErrHopeless that it is laid aside.
type Handler func(ctx context.Context, w ledger.DueWork) error

// What befalls work beside the errors of its handler.
var (
	// ErrNoHandler says that nobody does work of this kind.
	ErrNoHandler = errors.New("no handler for this kind of due work")
	// ErrNotRemoved says that a handler succeeded and left the row as it was.
	ErrNotRemoved = errors.New("handler left the due work in place")
	// ErrPanic says that a handler panicked.
	ErrPanic = errors.New("handler of due work panicked")
	// ErrHopeless says that another attempt would fail as well.
	ErrHopeless = errors.New("another attempt would fail as well")
)

// Config says what a Sweeper does. Fields with a default may be left zero.
type Config struct {
	Org      org.ID
	Store    ledger.DueStore
	Clock    clock.Clock
	Handlers map[string]Handler // by kind

	// Filter selects what is swept; all unless given.
	Filter ledger.DueFilter
	// Parallel is how many handlers run at once; 1 unless given. What is urgent is done before the rest begins.
	Parallel int
	// Every is the longest time between two sweeps; 1 s unless given.
	Every time.Duration
	// Batch is how much work is claimed at once; 256 unless given.
	Batch int
	// Claim is how long work is claimed, by the machine; 30 s unless given, at most ledger.MaxClaim. A handler has four fifths
	// of it.
	Claim time.Duration
	// Backoff is how long work waits after its first failure, twice as long after each further one up to MaxBackoff; 1 s and
	// 1 min unless given.
	Backoff, MaxBackoff time.Duration
	// Attempts is after how many failures work is laid aside; 0 means never.
	Attempts int

	// Swept, when not nil, is called after each sweep.
	Swept func(Report)
	// Failed, when not nil, is called for each attempt that failed, counted from 1.
	Failed func(w ledger.DueWork, attempt int, err error)
}

// Report is what one sweep found and did.
type Report struct {
	Due    int // pieces of work that were tried
	Done   int
	Failed int // attempts that failed in this sweep
	Dead   int // pieces of work that are laid aside, up to 100
	// OldestOverdue is how late the oldest work is that is still not done; 0 when all is done.
	OldestOverdue time.Duration
	// Err says why the sweep is not complete: the store could not be used, or the context ended.
	Err error
}

// Sweeper does the due work of one org. One goroutine calls Run or Sweep; any may call Wake.
type Sweeper struct {
	c     Config
	wake  chan time.Time
	last  time.Time // when the last sweep began
	freed time.Time // when claims of others were looked at, by the machine
	dead  int
}

// New makes a Sweeper.
func New(c Config) *Sweeper {
	c.Every = cmp.Or(c.Every, time.Second)
	c.Batch, c.Parallel = cmp.Or(c.Batch, 256), cmp.Or(c.Parallel, 1)
	c.Claim = min(cmp.Or(c.Claim, 30*time.Second), ledger.MaxClaim)
	c.Backoff = cmp.Or(c.Backoff, time.Second)
	c.MaxBackoff = cmp.Or(c.MaxBackoff, time.Minute)
	if c.Failed == nil {
		c.Failed = func(ledger.DueWork, int, error) {}
	}
	return &Sweeper{c: c, wake: make(chan time.Time, 1)}
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

// rest waits until the timer fires, which Wake may bring forward. It never waits for longer than Every, whatever the wall
// clock does meanwhile.
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
				timer.Reset(min(max(at.Sub(s.c.Clock.Now()), 0), s.c.Every))
			}
		}
	}
}
