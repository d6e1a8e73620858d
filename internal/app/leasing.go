package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"fettle/internal/due"
	"fettle/internal/leasing"
	"fettle/internal/post"
	"fettle/internal/reconcile"
	"fettle/internal/renewalserver"
	"fettle/internal/rentalserver"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/obligation"
)

// remindersAtOnce is how many reminders are on their way at once.
const remindersAtOnce = 16

// wanted reports whether the message of an obligation is still to be told.
func (a *App) wanted(ctx context.Context, o org.ID, m *post.Message) (bool, error) {
	return a.leases.Wanted(ctx, o, m.ID)
}

// openLeases makes the desk of leases, which serves every org.
func (a *App) openLeases() {
	c := leasing.Config{
		Store: a.store, Clock: a.cfg.Clock, Published: a.leased,
		Policy: func(org.ID) obligation.Policy {
			return obligation.Policy{Zone: a.cfg.Engine.Zone, Hour: obligation.DefaultHour}
		},
	}
	if a.post.Reaches() {
		c.Post = a.post.Reminders()
	}
	a.leases = leasing.New(c)
	a.rental = rentalserver.New(rentalserver.Config{Store: a.store, Desk: a.leases, Clock: a.cfg.Clock})
}

// obligations accounts for the reminders of an org, from its leases.
func (a *App) obligations(o org.ID) reconcile.Also {
	who := leasing.NewAccountant(a.leases, a.store, o)
	line := func(x leasing.Account, err error) (reconcile.Line, error) {
		return reconcile.Line{
			Kind: leasing.DueObligation, Expected: x.Expected, Scheduled: x.Scheduled, Done: x.Done, Late: x.Late, Superseded: x.Superseded,
			Missing: x.Missing, Repaired: x.Repaired,
		}, err
	}
	return reconcile.Also{
		Look: func(ctx context.Context, from, to time.Time, repair bool) (reconcile.Line, error) {
			return line(who.Look(ctx, from, to, repair))
		},
		Tick: func(ctx context.Context) (reconcile.Line, error) { return line(who.Tick(ctx)) },
	}
}

// reminding sweeps the reminders of an org. A nil one does nothing: without channels the sweeper of deadlines tries them, and
// they stay overdue and say so.
type reminding struct {
	sweeper *due.Sweeper
	stop    context.CancelFunc
	done    sync.WaitGroup

	mu   sync.Mutex
	last due.Report
}

// newReminding makes the sweeper, for a service with channels.
func newReminding(ctx context.Context, a *App, o org.ID) *reminding {
	r := &reminding{stop: func() {}}
	r.sweeper = due.New(due.Config{
		Org: o, Store: a.store, Clock: a.cfg.Clock, Parallel: remindersAtOnce, Filter: ledger.DueFilter{Only: leasing.DueObligation},
		Handlers: map[string]due.Handler{leasing.DueObligation: a.leases.Remind(o)}, MaxBackoff: time.Minute,
		Failed: func(w ledger.DueWork, attempt int, err error) {
			a.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "reminder not sent",
				slog.String("obligation", w.Key), slog.Int("attempt", attempt), slog.Any("error", err))
		},
		Swept: func(p due.Report) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.last = p
		},
	})
	return r
}

// report is what the last sweep found.
func (r *reminding) report() due.Report {
	if r == nil {
		return due.Report{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// wake tells of work that was written.
func (r *reminding) wake(at time.Time) {
	if r != nil {
		r.sweeper.Wake(at)
	}
}

func (r *reminding) start(ctx context.Context) {
	if r == nil {
		return
	}
	ctx, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	r.done.Go(func() { _ = r.sweeper.Run(ctx) }) // ends with its context alone
}

func (r *reminding) close() {
	if r == nil {
		return
	}
	r.stop()
	r.done.Wait()
}

// renewal makes the services of renewals, for every org.
func (a *App) renewal() *renewalserver.Server {
	return renewalserver.New(renewalserver.Config{Registry: a.registry(), Store: a.store, Clock: a.cfg.Clock})
}
