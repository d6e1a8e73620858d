package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"fettle/internal/clock"
)

// foresight lets dispatch know where emergencies are expected, again and again while the service runs: so the standby technician
// is not sent away from where he will be needed. What is told is lost with the process, and made anew by the next.
type foresight struct {
	end  context.CancelFunc
	done sync.WaitGroup
}

// foreseeEvery is how often dispatch is told. A forecast is made anew with each bucket (outlook.Bucket).
const foreseeEvery = 30 * time.Minute

func (f *foresight) start(ctx context.Context, a *App, o *orgRun) {
	ctx, f.end = context.WithCancel(context.WithoutCancel(ctx))
	f.done.Go(func() { a.watchPromises(ctx, o.id) })
	f.done.Go(func() {
		timer := a.cfg.Clock.NewTimer(0)
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-timer.C():
			}
			f.tell(ctx, a, o)
			timer.Reset(max(foreseeEvery, clock.Passing(a.cfg.Clock, time.Second)))
		}
	})
}

// tell makes the forecast and hands it to the engine. Dispatch goes on without one.
func (f *foresight) tell(ctx context.Context, a *App, o *orgRun) {
	expected, err := a.outlook.Emergencies(ctx, o.id)
	if err == nil {
		err = o.territory.Expect(ctx, expected)
	}
	if err != nil && ctx.Err() == nil {
		a.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "dispatch does not know what to expect", slog.String("org", string(o.id)), slog.Any("error", err))
	}
}

func (f *foresight) close() {
	if f.end != nil {
		f.end()
		f.done.Wait()
	}
}
