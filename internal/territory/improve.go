package territory

import (
	"context"
	"errors"
	"log/slog"
	"slices"
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

// recentPlaces is how many places of changes are remembered.
const recentPlaces = 16

// remember notes where a batch has changed something.
func (t *Territory) remember(b *engine.Batch) {
	for _, o := range b.Orders[max(0, len(b.Orders)-recentPlaces):] {
		t.recent = append(t.recent, o.Location)
	}
	t.recent = slices.Delete(t.recent, 0, max(0, len(t.recent)-recentPlaces))
}

// focus is the place to look at: that of the latest change, in turn with those before it. After a restart, before anything
// has changed, it is that of an open order.
func (t *Territory) focus(e *engine.Engine, seed uint64) geo.Point {
	if n := uint64(len(t.recent)); n > 0 {
		return t.recent[n-1-seed/2%n*(seed%2)]
	}
	if open := e.Open(); len(open) > 0 {
		return open[seed%uint64(len(open))].Location
	}
	return geo.Point{}
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
