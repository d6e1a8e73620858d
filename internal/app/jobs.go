package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"fettle/dispatch/engine"
	"fettle/internal/cleaningserver"
	"fettle/internal/clock"
	"fettle/internal/due"
	"fettle/internal/policy"
	"fettle/internal/post"
	"fettle/internal/reconcile"
	"fettle/internal/tenancyserver"
	"fettle/internal/triggerserver"
	"fettle/ledger"
	"fettle/org/calendar"
	"fettle/rental/lease"
)

// machine is the clock of the machine, whatever time the service has.
var machine = clock.System()

// jobKind is the kind of due work that is done again and again; its key is the name of the job.
const jobKind = "job"

// canaryKind is the kind under which it is kept that the canary was done, by day.
const canaryKind = "canary"

// job is periodic work.
type job struct {
	schedule calendar.Schedule
	run      func(ctx context.Context, w ledger.DueWork) error
}

// jobs does the periodic work of an org.
type jobs struct {
	a          *App
	o          *orgRun
	all        map[string]job
	reconciler *reconcile.Reconciler
	accounted  time.Time    // when the account was begun last, by the machine; owned by the sweeper
	canary     atomic.Int64 // when it was done last, in microseconds; 0 means never
	wrong      atomic.Int64 // what the last account missed
}

// accountEvery is how often the service looks whether all that should be due is, by the machine.
const accountEvery = 30 * time.Second

// pruneBatch is how many idempotency keys are removed at once.
const pruneBatch = 5000

// newJobs lists the jobs. Their handlers reach the territory through o, which has it before they run.
func newJobs(a *App, o *orgRun) *jobs {
	j := &jobs{a: a, o: o}
	often := max(clock.Passing(a.cfg.Clock, accountEvery), time.Second)
	j.all = map[string]job{
		"canary":      {calendar.Schedule{At: calendar.Clock{Hour: 6}}, j.sing},
		"audit.head":  {calendar.Schedule{At: calendar.Clock{Minute: 10}}, j.witness},
		"audit.prune": {calendar.Schedule{At: calendar.Clock{Hour: 3}}, j.pruneAudit},
		"trace.keep":  {calendar.Schedule{Every: max(traceEvery, often).Truncate(time.Second)}, j.keepTrace},
		"trace.purge": {calendar.Schedule{Every: max(time.Hour, often).Truncate(time.Second)}, j.purgeTrace},
		"id.purge": {calendar.Schedule{At: calendar.Clock{Hour: 3, Minute: 30}}, func(ctx context.Context, _ ledger.DueWork) error {
			_, err := a.idImages().Purge(ctx, o.id)
			return err
		}},
		tenancyserver.SealOwn: {calendar.Schedule{At: calendar.Clock{Hour: 3, Minute: 40}}, func(ctx context.Context, _ ledger.DueWork) error {
			_, err := tenancyserver.Seal(ctx, a.registry(), a.store, o.id)
			return err
		}},
		"clean.quarter": {calendar.Schedule{At: calendar.Clock{Hour: cleaningserver.Hour}}, func(ctx context.Context, _ ledger.DueWork) error {
			return a.cleaning().Quarterly(ctx, o.id)
		}},
		"automations": {calendar.Schedule{Every: max(time.Hour, often).Truncate(time.Second)}, func(ctx context.Context, _ ledger.DueWork) error {
			_, _, err := a.lowCode.Run(ctx, o.id)
			return err
		}},
		"prune.done": {calendar.Schedule{At: calendar.Clock{Hour: 3, Minute: 20}}, j.pruneOutcomes},
		"prune.keys": {calendar.Schedule{Every: max(time.Hour, often)}, j.prune},
		"reconcile":  {calendar.Schedule{Every: often.Truncate(time.Second)}, j.account},
		"renewal.day": {calendar.Schedule{At: calendar.Clock{Hour: triggerserver.Hour}}, func(ctx context.Context, _ ledger.DueWork) error {
			return a.triggers.Morning(ctx, o.id)
		}},
	}
	c := reconcile.Config{
		Org: j.o.id, Store: a.store, Clock: a.cfg.Clock, Message: post.Messages, Job: jobKind, Jobs: j.names(),
		Territory: func() reconcile.Territory { return o.territory }, Also: []reconcile.Also{a.obligations(j.o.id)},
	}
	if a.cfg.Notify != "" {
		c.Outbox = j.o.office.Expected
	}
	j.reconciler = reconcile.New(c)
	return j
}

func (j *jobs) names() (out []string) {
	for name := range j.all {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// open reads when the canary was done last, and writes the rows of jobs that have none: those of a new service.
func (j *jobs) open(ctx context.Context) error {
	a := j.a
	if err := reconcile.Owe(ctx, a.store, a.store, j.o.id, a.cfg.Notify != ""); err != nil {
		return fmt.Errorf("note since when messages are owed: %w", err)
	}
	now := a.cfg.Clock.Now()
	q := ledger.OutcomeQuery{Kind: canaryKind, From: now.AddDate(0, 0, -7), To: now.AddDate(0, 0, 1)}
	done, err := a.store.Outcomes(ctx, j.o.id, q, 100)
	if err != nil {
		return fmt.Errorf("read the canary: %w", err)
	}
	for i := range done {
		j.canary.Store(max(j.canary.Load(), done[i].Settled.UnixMicro()))
	}
	var rows []engine.DueWork
	for _, name := range j.names() {
		if _, err := a.store.DueRow(ctx, j.o.id, jobKind, name); errors.Is(err, ledger.ErrNotFound) {
			rows = append(rows, ledger.DueWork{Kind: jobKind, Key: name, At: now, Rank: ledger.CanWait})
		} else if err != nil {
			return fmt.Errorf("read jobs: %w", err)
		}
	}
	j.accounted = machine.Now()
	return a.store.Commit(ctx, j.o.id, &engine.Batch{DueSet: rows})
}

// swept looks after each sweep of jobs whether the account is still made: its own row may be what is missing.
func (j *jobs) swept(ctx context.Context, r due.Report) {
	j.a.counts.Swept(r.Done, r.Failed, r.OldestOverdue)
	if r.Err != nil || machine.Now().Sub(j.accounted) < 2*accountEvery {
		return
	}
	if err := j.account(ctx, ledger.DueWork{}); err != nil {
		j.a.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "account of due work failed", slog.Any("error", err))
	}
}

// handle does a job and sets its next run: the first after it began, or one that comes while it runs would be left out.
func (j *jobs) handle(ctx context.Context, w ledger.DueWork) error {
	one, ok := j.all[w.Key]
	if !ok {
		return fmt.Errorf("job %s: %w: %w", w.Key, due.ErrNoHandler, due.ErrHopeless)
	}
	next := ledger.DueWork{Kind: jobKind, Key: w.Key, At: one.schedule.Next(j.a.cfg.Clock.Now(), j.a.cfg.Engine.Zone), Rank: ledger.CanWait}
	if err := one.run(ctx, w); err != nil {
		return fmt.Errorf("job %s: %w", w.Key, err)
	}
	return j.o.territory.Amend(ctx, func(*engine.Engine, time.Time) (*engine.Batch, error) {
		return &engine.Batch{DueSet: []engine.DueWork{next}}, nil
	})
}

// sing is the canary: work that is due each day for no other reason than to be missed when it is not done. Its row goes and
// comes back; a crash in between is found by the account of jobs.
func (j *jobs) sing(ctx context.Context, w ledger.DueWork) error {
	now := j.a.cfg.Clock.Now()
	out := ledger.Outcome{
		Kind: canaryKind, Key: calendar.DateOf(w.At, j.a.cfg.Engine.Zone).String(), Due: w.At, Settled: now, Attempt: w.Attempt,
		Fate: ledger.FateDone,
	}
	if now.Sub(w.At) > time.Minute {
		out.Fate = ledger.FateLate
	}
	if err := j.a.store.SettleDue(ctx, j.o.id, w, out); err != nil {
		return err
	}
	j.canary.Store(now.UnixMicro())
	return nil
}

// account looks whether all that should be due is, and writes what is missing.
func (j *jobs) account(ctx context.Context, _ ledger.DueWork) error {
	j.accounted = machine.Now()
	rep, err := j.reconciler.Tick(ctx)
	if err != nil {
		return err
	}
	wrong := rep.Wrong()
	j.wrong.Store(int64(wrong))
	if wrong > 0 {
		j.a.cfg.Log.LogAttrs(ctx, slog.LevelError, "due work was not as it should be, and was repaired",
			slog.Int("wrong", wrong), slog.Any("lines", rep.Lines))
	}
	return nil
}

// prune removes idempotency keys that nobody may use any more.
func (j *jobs) prune(ctx context.Context, _ ledger.DueWork) error {
	before := j.a.cfg.Clock.Now().Add(-policy.KeyHours * time.Hour)
	for {
		n, err := j.a.store.PruneKeys(ctx, j.o.id, before, pruneBatch)
		if err != nil || n < pruneBatch {
			return err
		}
	}
}

// pruneOutcomes removes messages, deliveries of webhooks, and what became of messages and canaries, once it is as old as the oldest audit
// entry and accounted for.
func (j *jobs) pruneOutcomes(ctx context.Context, _ ledger.DueWork) error {
	return j.reconciler.Forget(ctx, j.agedBefore(), func(until time.Time) error {
		for _, kind := range []string{post.Messages, canaryKind} {
			for {
				n, err := j.a.store.PruneOutcomes(ctx, j.o.id, kind, until, pruneBatch)
				if err != nil {
					return err
				}
				if n < pruneBatch {
					break
				}
			}
		}
		n, err := j.a.post.Forget(ctx, j.o.id, until, func(ctx context.Context, m *post.Message) (bool, error) {
			return j.a.leases.Over(ctx, j.o.id, lease.ID(m.LeaseID), m.ID)
		})
		j.a.counts.Forgot(n)
		return err
	})
}

// sang is when the canary was done last; zero when never.
func (j *jobs) sang() time.Time {
	if at := j.canary.Load(); at != 0 {
		return time.UnixMicro(at).UTC()
	}
	return time.Time{}
}
