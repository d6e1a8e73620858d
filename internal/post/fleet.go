package post

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"fettle/internal/clock"
	"fettle/internal/due"
	"fettle/internal/notify"
	"fettle/ledger"
	"fettle/org"
)

// every is the longest time between two sweeps of a kind: what is written meanwhile is told by wake.
const every = 2 * time.Second

// attempts is after how many failures work is laid aside: three days, at a minute each.
const attempts = 4500

// fleet is a sweeper for each kind of due work.
type fleet struct {
	c       *Config
	org     org.ID
	machine clock.Clock
	done    sync.WaitGroup

	mu       sync.Mutex
	ctx      context.Context // nil before start
	stop     context.CancelFunc
	lanes    map[string]*lane // by kind
	expected map[string]bool  // kinds of work that is being committed
	complete time.Time        // of the last sweep of messages, by the machine
}

// lane is one sweeper with what it has done since somebody asked.
type lane struct {
	sweeper *due.Sweeper
	report  due.Report
}

func newFleet(c *Config, id org.ID) *fleet {
	return &fleet{c: c, org: id, machine: clock.System(), lanes: map[string]*lane{}, expected: map[string]bool{}, stop: func() {}}
}

// start lets sweepers run from now on.
func (f *fleet) start(ctx context.Context) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ctx, f.stop = context.WithCancel(context.WithoutCancel(ctx))
}

// close ends all sweepers and waits for their handlers.
func (f *fleet) close() {
	f.mu.Lock()
	f.stop()
	f.ctx = nil
	f.mu.Unlock()
	f.done.Wait()
}

// sweep runs a sweeper for a kind, once.
func (f *fleet) sweep(kind string, handler due.Handler, parallel int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ctx == nil || f.lanes[kind] != nil {
		return
	}
	l, ctx := &lane{}, f.ctx
	l.sweeper = due.New(due.Config{
		Org: f.org, Store: f.c.Store, Clock: f.c.Clock, Handlers: map[string]due.Handler{kind: handler}, Filter: ledger.DueFilter{Only: kind},
		Parallel: parallel, Every: every, Attempts: attempts,
		Swept: func(r due.Report) { f.swept(kind, l, r) },
		Failed: func(w ledger.DueWork, attempt int, err error) {
			f.c.Log.LogAttrs(ctx, slog.LevelWarn, "due work failed",
				slog.String("kind", w.Kind), slog.String("key", w.Key), slog.Int("attempt", attempt), slog.Any("error", err))
		},
	})
	f.lanes[kind] = l
	f.done.Go(func() { _ = l.sweeper.Run(ctx) }) // ends with its context alone
}

func (f *fleet) swept(kind string, l *lane, r due.Report) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l.report.Due, l.report.Done, l.report.Failed = l.report.Due+r.Due, l.report.Done+r.Done, l.report.Failed+r.Failed
	l.report.OldestOverdue, l.report.Err = r.OldestOverdue, r.Err
	if kind == notify.DueKind && r.Err == nil {
		f.complete = f.machine.Now()
	}
}

// report sums up what all have done since it was asked last. Its error is that of the sweep of messages.
func (f *fleet) report() (out due.Report, complete time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, kind := range sorted(f.lanes) {
		r := &f.lanes[kind].report
		out.Due, out.Done, out.Failed = out.Due+r.Due, out.Done+r.Done, out.Failed+r.Failed
		out.OldestOverdue = max(out.OldestOverdue, r.OldestOverdue)
		if kind == notify.DueKind {
			out.Err = r.Err
		}
		r.Due, r.Done, r.Failed = 0, 0, 0
	}
	return out, f.complete
}

// wake tells the sweeper of a kind of work that was written.
func (f *fleet) wake(kind string, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l := f.lanes[kind]; l != nil {
		l.sweeper.Wake(at)
	}
}

// expect notes the kinds of work that is about to be committed.
func (f *fleet) expect(work []ledger.DueWork) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range work {
		f.expected[work[i].Kind] = true
	}
}

// committed wakes the sweepers of what was expected.
func (f *fleet) committed(at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for kind := range f.expected {
		if l := f.lanes[kind]; l != nil {
			l.sweeper.Wake(at)
		}
	}
	clear(f.expected)
}
