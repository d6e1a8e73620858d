package reconcile

import (
	"context"
	"time"

	"fettle/dispatch/engine"
	"fettle/ledger"
)

// deadlineKinds are the kinds of due work that orders call for.
var deadlineKinds = engine.DueKinds()

// deadlines compares what open orders call for with the rows. Orders go on changing meanwhile, so that a difference is looked
// at again while the writer waits before it counts.
func (r *Reconciler) deadlines(ctx context.Context, w *window, dead map[ref]bool) ([]Line, error) {
	orders, err := r.c.Territory().Open(ctx)
	if err != nil {
		return nil, err
	}
	want := map[ref]time.Time{}
	for _, o := range orders {
		for _, d := range engine.DueOf(o) {
			if w.holds(d.At) {
				want[ref{d.Kind, d.Key}] = d.At
			}
		}
	}
	lines := make(map[string]*Line, len(deadlineKinds))
	for _, kind := range deadlineKinds {
		lines[kind] = &Line{Kind: kind}
	}
	for at := range want {
		lines[at.kind].Expected++
	}
	var doubtful []ref
	for _, kind := range deadlineKinds {
		err := r.each(ctx, kind, func(row *ledger.DueWork) {
			at := ref{kind, row.Key}
			if lines[kind].take(want, dead, at, row.At) {
				delete(want, at)
			} else if w.holds(row.At) {
				doubtful = append(doubtful, at)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	for at := range want {
		doubtful = append(doubtful, at)
	}
	if err := r.confirm(ctx, w, doubtful, lines); err != nil {
		return nil, err
	}
	out := make([]Line, 0, len(deadlineKinds))
	for _, kind := range deadlineKinds {
		l := lines[kind]
		l.Expected = l.Scheduled + l.Dead + l.Missing // what has changed meanwhile is as it should be
		out = append(out, *l)
	}
	return out, nil
}

// take counts a row that is as it should be.
func (l *Line) take(want map[ref]time.Time, dead map[ref]bool, at ref, due time.Time) bool {
	should, ok := want[at]
	if !ok || !should.Equal(due) {
		return false
	}
	if dead[at] {
		l.Dead++
	} else {
		l.Scheduled++
	}
	return true
}

// confirm looks at differences again while nothing changes, counts those that are left and repairs them if that is wanted.
func (r *Reconciler) confirm(ctx context.Context, w *window, doubtful []ref, lines map[string]*Line) error {
	if len(doubtful) == 0 {
		return nil
	}
	seen := map[ref]bool{}
	return r.c.Territory().Amend(ctx, func(e *engine.Engine, _ time.Time) (*engine.Batch, error) {
		b := &engine.Batch{}
		for _, at := range doubtful[:min(len(doubtful), maxAmend)] {
			if seen[at] {
				continue
			}
			seen[at] = true
			should, wanted := wantedNow(e, at)
			is, there, err := r.row(ctx, at.kind, at.key)
			if err != nil {
				return nil, err
			}
			line := lines[at.kind]
			switch {
			case wanted && there && should.At.Equal(is.At):
				line.Scheduled++
			case wanted:
				line.Missing++
				b.DueSet = append(b.DueSet, should)
			case there:
				line.Extra++
				b.DueDone = append(b.DueDone, is)
			}
		}
		if !w.repair {
			return nil, nil
		}
		for _, d := range b.DueSet {
			lines[d.Kind].Repaired++
		}
		for _, d := range b.DueDone {
			lines[d.Kind].Repaired++
		}
		return b, nil
	})
}

// wantedNow is the due work of a name that its order calls for.
func wantedNow(e *engine.Engine, at ref) (engine.DueWork, bool) {
	o, ok := e.Order(orderOf(at.kind, at.key))
	if !ok {
		return engine.DueWork{}, false
	}
	for _, d := range engine.DueOf(o) {
		if d.Kind == at.kind && d.Key == at.key {
			return d, true
		}
	}
	return engine.DueWork{}, false
}
