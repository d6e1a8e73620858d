package app

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"fettle/dispatch/engine"
	"fettle/internal/clock"
	"fettle/internal/due"
	"fettle/internal/improveserver"
	"fettle/internal/leasing"
	"fettle/internal/meterserver"
	"fettle/internal/post"
	"fettle/internal/subjectserver"
	"fettle/internal/territory"
	"fettle/internal/watchdog"
	"fettle/ledger"
	"fettle/org"
)

const (
	// deadlinesAtOnce is how many deadlines are in the mailbox of the territory at once: they share its commits.
	deadlinesAtOnce = 256
	// deadlineEvery is how often deadlines are looked for: an escalation is late by no more than that and its own time.
	deadlineEvery = 500 * time.Millisecond
)

// dueWork runs the sweeper of what is due in an org: offers that expire and promises that are broken. What leaves the service is
// swept by the office of the org, so that a slow way does not hold up a deadline; jobs are swept apart for the same reason.
type dueWork struct {
	org       org.ID
	later     *operating // what goes on after the answer
	office    *post.Office
	deadlines *due.Sweeper
	periodic  *due.Sweeper // jobs
	jobs      *jobs
	reminders *reminding // nil without channels
	stop      context.CancelFunc
	done      sync.WaitGroup
}

// newDueWork makes the sweeper. Its handlers reach the territory through o, which has it before start.
func newDueWork(ctx context.Context, a *App, o *orgRun) *dueWork {
	carryOut := func(ctx context.Context, w ledger.DueWork) error {
		c, err := engine.DueCommand(w)
		if err != nil {
			return err
		}
		_, err = o.territory.Do(ctx, territory.Request{Actor: "service", Method: w.Kind, Command: c})
		return err
	}
	handlers := map[string]due.Handler{
		improveserver.DueTurn: a.turnPilot(o), leasing.DueLease: a.leases.Turn(o.id), meterserver.DueOrder: a.openMeterOrder(o.id),
		subjectserver.DueForget: a.finished(o.id, a.subjects().Remember(o.id)),
	}
	maps.Copy(handlers, a.laterDue(o.id))
	for _, kind := range engine.DueKinds() {
		handlers[kind] = carryOut
	}
	for kind, handler := range a.renewalDue(o.id) {
		handlers[kind] = a.finished(o.id, handler)
	}
	failed := func(w ledger.DueWork, attempt int, err error) {
		a.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "due work failed",
			slog.String("kind", w.Kind), slog.String("key", w.Key), slog.Int("attempt", attempt), slog.Any("error", err))
	}
	d := &dueWork{stop: func() {}, org: o.id, office: o.office}
	c := due.Config{Org: o.id, Store: a.store, Clock: a.cfg.Clock, Failed: failed, Parallel: deadlinesAtOnce, Batch: 4 * deadlinesAtOnce}
	d.jobs = newJobs(a, o)
	own := c
	own.Parallel, own.Filter.Only, own.Swept = 1, jobKind, func(r due.Report) { d.jobs.swept(ctx, r) }
	own.Handlers = map[string]due.Handler{jobKind: d.jobs.handle}
	d.periodic = due.New(own)
	d.later = newOperating(a, c)
	except := []string{operatingKinds, post.Kinds, jobKind}
	if !a.post.Reaches() {
		handlers[leasing.DueObligation] = a.leases.Remind(o.id) // says that nothing takes them
	} else {
		d.reminders = newReminding(ctx, a, o.id)
		except = append(except, leasing.DueObligation)
	}
	c.Every = deadlineEvery
	c.Handlers, c.Swept, c.Filter.Except = handlers, func(r due.Report) { d.swept(a, r) }, strings.Join(except, ",")
	d.deadlines = due.New(c)
	return d
}

// finished does due work that may be done twice, and takes its row away then, unless the handler has done that in a commit of its
// own, or has written the row anew.
func (a *App) finished(o org.ID, do due.Handler) due.Handler {
	return func(ctx context.Context, w ledger.DueWork) error {
		if err := do(ctx, w); err != nil {
			return err
		}
		err := a.store.SettleDue(ctx, o, w, ledger.Outcome{}) // by its claim: what was written anew stays
		if errors.Is(err, ledger.ErrClaimLost) {
			return nil
		}
		return err
	}
}

// stuckAfter is how long a sweep of messages may take before heartbeats stop.
const stuckAfter = 45 * time.Second

// swept tells of a sweep of deadlines, and of those of the office. Only complete sweeps of deadlines and of messages count for a
// heartbeat.
func (d *dueWork) swept(a *App, r due.Report) {
	now := clock.System().Now()
	sent, complete := d.office.Report()
	told := d.reminders.report()
	a.counts.Swept(sent.Done+told.Done, sent.Failed+told.Failed, 0)
	whole := r.Err == nil && sent.Err == nil && told.Err == nil && now.Sub(complete) <= stuckAfter
	beat, all := a.pulse.felt(d.org, now, whole, watchdog.Beat{
		Time: a.cfg.Clock.Now(), Due: r.Due + sent.Due + told.Due, Sent: r.Done + sent.Done + told.Done,
		Failed:        r.Failed + sent.Failed + told.Failed,
		OldestOverdue: max(r.OldestOverdue, sent.OldestOverdue, told.OldestOverdue).Seconds(), Dead: r.Dead,
		Missing: int(d.jobs.wrong.Load()), Canary: d.jobs.sang(),
	})
	a.counts.Swept(r.Done, r.Failed, time.Duration(beat.OldestOverdue*float64(time.Second)))
	if all && a.heart != nil {
		beat.OutOfMemory, _ = a.operations.OutOfMemory()
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
	d.later.wake(at)
	d.office.Woken(at)
	d.reminders.wake(at)
}

func (d *dueWork) start(ctx context.Context) {
	ctx, d.stop = context.WithCancel(context.WithoutCancel(ctx))
	d.done.Go(func() { _ = d.deadlines.Run(ctx) }) // ends with its context alone
	d.done.Go(func() { _ = d.periodic.Run(ctx) })
	d.reminders.start(ctx)
	d.done.Go(func() { d.later.run(ctx) })
}

func (d *dueWork) close() {
	d.stop()
	d.reminders.close()
	d.done.Wait()
}
