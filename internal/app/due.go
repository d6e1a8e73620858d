package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"fettle/dispatch/engine"
	"fettle/internal/due"
	"fettle/internal/territory"
	"fettle/org"
)

// dueWork runs the sweeper of what is due in the default org: offers that expire and promises that are broken.
type dueWork struct {
	sweeper *due.Sweeper
	stop    context.CancelFunc
	done    sync.WaitGroup
}

// newDueWork makes the sweeper. Its handlers reach the territory through a, which opens it before start.
func newDueWork(a *App) *dueWork {
	carryOut := func(ctx context.Context, w engine.DueWork) error {
		c, err := w.Command()
		if err != nil {
			return err
		}
		_, err = a.home.Do(ctx, territory.Request{Actor: "service", Command: c})
		return err
	}
	handlers := map[string]due.Handler{}
	for _, kind := range []string{engine.DueOfferExpire, engine.DueSLAAccept, engine.DueSLAOnSite, engine.DueSLAResolve} {
		handlers[kind] = carryOut
	}
	failed := func(w engine.DueWork, attempt int, err error) {
		a.cfg.Log.LogAttrs(context.Background(), slog.LevelWarn, "due work failed", //nolint:forbidigo // the sweeper calls back without a context; nothing of one is used
			slog.String("kind", w.Kind), slog.String("key", w.Key), slog.Int("attempt", attempt), slog.Any("error", err))
	}
	swept := func(r due.Report) { a.counts.Swept(r.Done, r.Failed, r.OldestOverdue) }
	return &dueWork{
		stop:    func() {},
		sweeper: due.New(due.Config{Org: org.Default, Store: a.store, Clock: a.cfg.Clock, Handlers: handlers, Failed: failed, Swept: swept}),
	}
}

// wake tells of work that was written.
func (d *dueWork) wake(at time.Time) { d.sweeper.Wake(at) }

func (d *dueWork) start(ctx context.Context) {
	ctx, d.stop = context.WithCancel(context.WithoutCancel(ctx))
	d.done.Go(func() { _ = d.sweeper.Run(ctx) }) // ends with its context alone
}

func (d *dueWork) close() {
	d.stop()
	d.done.Wait()
}
