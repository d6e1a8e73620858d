package territory

import (
	"context"
	"errors"
	"log/slog"

	"fettle/dispatch/engine"
)

// refuse drops the scratch after a failed commit. A full disk and a store that has failed stop all writes until heal finds
// that they are possible again; any other error concerns this batch alone.
func (t *Territory) refuse(ctx context.Context, cause error) {
	t.cfg.Log.LogAttrs(ctx, slog.LevelError, "commit failed", slog.String("org", string(t.cfg.Org)), slog.Any("error", cause))
	if err := t.engine.Rollback(); err != nil {
		t.cfg.Log.LogAttrs(ctx, slog.LevelError, "roll back failed", slog.Any("error", err))
		t.health.Store(&healthState{err: engine.ErrUnavailable})
		return
	}
	switch {
	case errors.Is(cause, engine.ErrFull):
		t.health.Store(&healthState{err: engine.ErrFull})
	case errors.Is(cause, engine.ErrUnavailable):
		t.health.Store(&healthState{err: engine.ErrUnavailable})
	}
}

// heal looks whether writes are possible again. After ErrUnavailable it is not known what was kept, so the engine is laid
// out from the rows.
func (t *Territory) heal(ctx context.Context) {
	h := t.health.Load()
	if h == nil {
		return
	}
	if err := t.cfg.Store.Probe(ctx); err != nil {
		return
	}
	if errors.Is(h.err, engine.ErrUnavailable) {
		if err := t.load(ctx); err != nil {
			t.cfg.Log.LogAttrs(ctx, slog.LevelError, "reload failed", slog.Any("error", err))
			return
		}
	}
	t.health.Store(nil)
	t.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "writes are taken again", slog.String("org", string(t.cfg.Org)))
}
