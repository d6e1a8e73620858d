package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"fettle/dispatch/engine"
	"fettle/internal/clock"
	"fettle/internal/due"
	"fettle/internal/territory"
	"fettle/internal/watchdog"
	"fettle/org"
)

// dueWork runs the sweeper of what is due in the default org: offers that expire and promises that are broken.
type dueWork struct {
	sweeper *due.Sweeper
	heart   *watchdog.Heart // nil when nobody wants to hear
	stop    context.CancelFunc
	done    sync.WaitGroup
}

// newDueWork makes the sweeper. Its handlers reach the territory through a, which opens it before start.
func newDueWork(ctx context.Context, a *App) *dueWork {
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
	d := &dueWork{stop: func() {}, heart: newHeart(ctx, a)}
	swept := func(r due.Report) {
		a.counts.Swept(r.Done, r.Failed, r.OldestOverdue)
		if d.heart != nil && r.Err == nil { // only a complete sweep is a heartbeat
			d.heart.Beat(clock.System().Now(), watchdog.Beat{
				Time: a.cfg.Clock.Now(), Due: r.Due, Sent: r.Done, Failed: r.Failed, OldestOverdue: r.OldestOverdue.Seconds(),
			})
		}
	}
	d.sweeper = due.New(due.Config{Org: org.Default, Store: a.store, Clock: a.cfg.Clock, Handlers: handlers, Failed: failed, Swept: swept})
	return d
}

// newHeart makes the heart of a service, nil when nobody wants to hear it.
func newHeart(ctx context.Context, a *App) *watchdog.Heart {
	if a.cfg.Heartbeat == "" {
		return nil
	}
	return watchdog.NewHeart(ctx, a.cfg.Heartbeat, func(err error) {
		a.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "heartbeat not sent", slog.Any("error", err))
	})
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
	if d.heart != nil {
		d.heart.Close()
	}
}
