package territory

import (
	"context"
	"log/slog"

	"fettle/dispatch/engine"
)

// service is the actor of what nobody asked for.
const service = "service"

// advance lets the engine know that time has passed and where people are now. Watchers see people move even while nothing
// can be written; the engine hears of it when that is over.
func (t *Territory) advance(ctx context.Context) {
	if seen := t.desk.unseen(); len(seen) > 0 {
		t.cfg.Bus.PublishPositions(t.cfg.Org, seen)
	}
	if t.Ready() != nil {
		return
	}
	t.steer(ctx)
	if t.Ready() != nil { // it is not known what of that was kept: nothing follows it before the rows are read again
		return
	}
	limit := max(16, t.desk.len()/30)
	t.own(ctx, engine.Advance{Positions: t.desk.moved(), Limit: limit})
}

// steer lets the engine follow the policy that is wanted, where it does not yet, and has the log say so after a restart.
func (t *Territory) steer(ctx context.Context) {
	want, now := *t.wanted.Load(), t.engine.Conduct()
	if want.Same(&now) && (t.restated || want.Policy == "") {
		return
	}
	t.own(ctx, engine.Steer{Conduct: want, Again: !t.restated})
	now = t.engine.Conduct()
	t.restated = want.Same(&now)
}

// own carries out a command of the service itself, on the writer's goroutine.
func (t *Territory) own(ctx context.Context, c engine.Command) {
	w := work{t: t, ctx: ctx, now: t.now()}
	events, err := t.engine.Decide(w.now, service, c)
	if err != nil {
		t.cfg.Log.LogAttrs(ctx, slog.LevelError, "advance failed", slog.Any("error", err))
		return
	}
	t.engine.Evolve(events)
	_ = w.commit() // logged, and rolled back
}

// keepPositions writes the last positions down now and then: a restart should not forget them, losing a few seconds is
// allowed.
func (t *Territory) keepPositions(ctx context.Context) {
	if t.Ready() != nil {
		return
	}
	ps := t.desk.unsaved()
	if len(ps) == 0 {
		return
	}
	answered := t.asking()
	err := t.cfg.Store.SavePositions(ctx, t.cfg.Org, ps)
	answered()
	if err != nil {
		t.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "positions not kept", slog.Any("error", err))
	}
}
