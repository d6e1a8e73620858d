package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"fettle/dispatch/engine"
	"fettle/internal/clock"
	"fettle/internal/due"
	"fettle/internal/notify"
	"fettle/internal/territory"
	"fettle/internal/watchdog"
	"fettle/ledger"
	"fettle/org"
)

const (
	// deadlinesAtOnce is how many deadlines are in the mailbox of the territory at once: they share its commits.
	deadlinesAtOnce = 64
	// messageAttempts is after how many attempts a message is laid aside: three days, at a minute each.
	messageAttempts = 4500
)

// dueWork runs the sweepers of what is due in an org: offers that expire and promises that are broken in one, messages
// in another, jobs in a third, so that a slow sink or an account does not hold up a deadline.
type dueWork struct {
	org                 org.ID
	deadlines, messages *due.Sweeper // messages is nil without a sink
	periodic            *due.Sweeper // jobs
	jobs                *jobs
	sender              *notify.Sender  // nil without a sink
	reports             chan due.Report // of messages, for the next heartbeat
	unsent              due.Report      // the last of them
	heard               time.Time       // when it came, by the machine
	stop                context.CancelFunc
	done                sync.WaitGroup
}

// newDueWork makes the sweepers. Their handlers reach the territory through o, which has it before start.
func newDueWork(ctx context.Context, a *App, o *orgRun) *dueWork {
	carryOut := func(ctx context.Context, w ledger.DueWork) error {
		c, err := engine.DueCommand(w)
		if err != nil {
			return err
		}
		_, err = o.territory.Do(ctx, territory.Request{Actor: "service", Method: w.Kind, Command: c})
		return err
	}
	handlers := map[string]due.Handler{}
	for _, kind := range engine.DueKinds() {
		handlers[kind] = carryOut
	}
	failed := func(w ledger.DueWork, attempt int, err error) {
		a.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "due work failed",
			slog.String("kind", w.Kind), slog.String("key", w.Key), slog.Int("attempt", attempt), slog.Any("error", err))
	}
	d := &dueWork{stop: func() {}, org: o.id, reports: make(chan due.Report, 1)}
	c := due.Config{Org: o.id, Store: a.store, Clock: a.cfg.Clock, Failed: failed, Parallel: deadlinesAtOnce, Batch: 512}
	d.jobs = newJobs(a, o)
	own := c
	own.Parallel, own.Filter.Only, own.Swept = 1, jobKind, func(r due.Report) { d.jobs.swept(ctx, r) }
	own.Handlers = map[string]due.Handler{jobKind: d.jobs.handle}
	d.periodic = due.New(own)
	c.Handlers, c.Swept, c.Filter.Except = handlers, func(r due.Report) { d.swept(a, r) }, notify.DueKind+","+jobKind
	if a.cfg.Notify == "" {
		c.Filter.Except = jobKind // messages of a time with a sink are nobody's, and say so
		d.deadlines = due.New(c)
		return d
	}
	d.deadlines = due.New(c)
	d.sender = notify.NewSender(a.cfg.Notify, o.id, a.store, a.cfg.Clock)
	c.Attempts = messageAttempts
	c.Handlers, c.Parallel = map[string]due.Handler{notify.DueKind: d.sender.Send}, notify.Parallel
	c.Filter, c.Swept = ledger.DueFilter{Only: notify.DueKind}, d.report
	d.messages = due.New(c)
	return d
}

// report keeps the latest of the sweeps of messages for the heartbeat.
func (d *dueWork) report(r due.Report) {
	select {
	case <-d.reports:
	default:
	}
	d.reports <- r // one goroutine sends, so there is room
}

// stuckAfter is how long a sweep of messages may take before heartbeats stop.
const stuckAfter = 45 * time.Second

// swept tells of a sweep of deadlines, and of the last one of messages. Only complete sweeps of both count for a heartbeat.
func (d *dueWork) swept(a *App, r due.Report) {
	now := clock.System().Now()
	select {
	case d.unsent = <-d.reports:
		d.heard = now
		a.counts.Swept(d.unsent.Done, d.unsent.Failed, 0)
	default:
	}
	stuck := d.messages != nil && now.Sub(d.heard) > stuckAfter
	whole := r.Err == nil && d.unsent.Err == nil && !stuck
	beat, all := a.pulse.felt(d.org, now, whole, watchdog.Beat{
		Time: a.cfg.Clock.Now(), Due: r.Due + d.unsent.Due, Sent: r.Done + d.unsent.Done, Failed: r.Failed + d.unsent.Failed,
		OldestOverdue: max(r.OldestOverdue, d.unsent.OldestOverdue).Seconds(), Dead: r.Dead,
		Missing: int(d.jobs.wrong.Load()), Canary: d.jobs.sang(),
	})
	a.counts.Swept(r.Done, r.Failed, time.Duration(beat.OldestOverdue*float64(time.Second)))
	if all && a.heart != nil {
		a.heart.Beat(now, beat)
	}
}

// newHeart makes the heart of a service, nil when nobody wants to hear it.
func newHeart(ctx context.Context, a *App) *watchdog.Heart {
	if a.cfg.Heartbeat == "" {
		return nil
	}
	return watchdog.NewHeart(ctx, watchdog.HeartConfig{
		URL: a.cfg.Heartbeat, Alert: a.cfg.Alert, Service: "fettle", Clock: machine, Failed: func(err error) {
			a.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "heartbeat or alarm not sent", slog.Any("error", err))
		},
	})
}

// wake tells of work that was written.
func (d *dueWork) wake(at time.Time) {
	d.deadlines.Wake(at)
	d.periodic.Wake(at)
	if d.messages != nil {
		d.messages.Wake(at)
	}
}

func (d *dueWork) start(ctx context.Context) {
	ctx, d.stop = context.WithCancel(context.WithoutCancel(ctx))
	d.done.Go(func() { _ = d.deadlines.Run(ctx) }) // ends with its context alone
	d.done.Go(func() { _ = d.periodic.Run(ctx) })
	if d.messages != nil {
		d.done.Go(func() { _ = d.messages.Run(ctx) })
	}
}

func (d *dueWork) close() {
	d.stop()
	d.done.Wait()
	if d.sender != nil {
		d.sender.Close()
	}
}
