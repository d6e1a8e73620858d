package territory

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"fettle/dispatch/engine"
	"fettle/geo"
)

// improve searches for better routes beside the writer, on a copy of the plan, and has what it finds merged where it still
// holds. It pauses in time of the machine: what it takes is processor time.
func (t *Territory) improve(ctx context.Context) {
	pause := time.NewTimer(t.cfg.ImproveEvery)
	defer pause.Stop()
	var seen int64
	for seed := uint64(1); ; seed++ {
		select {
		case <-pause.C:
		case <-ctx.Done():
			return
		}
		sequence, err := t.improveOnce(ctx, seed, seen)
		if err == nil {
			seen = sequence
		} else if !errors.Is(err, context.Canceled) && !errors.Is(err, ErrClosed) {
			t.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "routes not improved", slog.Any("error", err))
		}
		pause.Reset(t.cfg.ImproveEvery)
	}
}

// improvePart is how many technicians one search looks at: all of a small territory, in a large one those around a change.
// A search over a thousand spends its time on reading them.
const improvePart = 60

// focus is the place to look at: that of the latest orders, in turn with others that are open.
func (t *Territory) focus(e *engine.Engine, seed uint64) geo.Point {
	open := e.Open()
	if len(open) == 0 {
		return geo.Point{}
	}
	if seed%2 == 0 {
		return open[len(open)-1].Location // ids rise with time
	}
	return open[(seed*2654435761)%uint64(len(open))].Location
}

// improveOnce searches once, unless nothing has happened since seen. It returns the sequence it has looked at.
func (t *Territory) improveOnce(ctx context.Context, seed uint64, seen int64) (int64, error) {
	var s *engine.Snapshot
	var failed error
	sequence := seen
	err := t.look(ctx, func(e *engine.Engine, now time.Time) {
		if sequence = e.Sequence(); sequence != seen {
			s, failed = e.SnapshotNear(now, t.focus(e, seed), improvePart)
		}
	})
	if err = errors.Join(err, failed); err != nil || s == nil {
		return sequence, err
	}
	limited, cancel := context.WithTimeout(ctx, t.cfg.ImproveFor)
	defer cancel()
	began := machine.Now()
	s.Elapsed = func() time.Duration { return machine.Now().Sub(began) }
	plan, err := s.Improve(limited, seed, 0, t.cfg.ImproveFor)
	if err != nil || plan == nil || ctx.Err() != nil {
		return sequence, errors.Join(err, ctx.Err())
	}
	answer, err := t.Do(ctx, Request{Actor: service, Command: engine.AdoptPlan{Snapshot: s, Plan: plan}})
	if n := len(answer.Result.Events); n > 0 {
		sequence = answer.Result.Events[n-1].Sequence
	}
	return sequence, err
}
