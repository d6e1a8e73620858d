package reconcile

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"fettle/dispatch/engine"
	"fettle/ledger"
)

// messages compares the messages that events call for with the rows and outcomes that there are. It also returns the sequence
// up to which every message is settled.
func (r *Reconciler) messages(ctx context.Context, w *window, dead map[ref]bool) (Line, int64, error) {
	line := Line{Kind: r.c.Message}
	since, owed, err := r.since(ctx)
	if err != nil || !owed || r.c.Outbox == nil {
		return line, 0, err
	}
	settled, gap := max(w.after, since), false
	for after := settled; ; {
		events, err := r.c.Store.Events(ctx, r.c.Org, after, page)
		if err != nil {
			return line, 0, err
		}
		if len(events) == 0 {
			return line, settled, nil
		}
		after = events[len(events)-1].Sequence
		events = slices.DeleteFunc(events, func(e engine.Event) bool { return !w.holds(e.Time) })
		whole, err := r.pageOfMessages(ctx, w, events, dead, &line)
		if err != nil {
			return line, 0, err
		}
		gap = gap || !whole
		if !gap {
			settled = after
		}
	}
}

// since is the sequence after which messages are owed.
func (r *Reconciler) since(ctx context.Context) (int64, bool, error) {
	mark, ok, err := r.row(ctx, Since, Since)
	if err != nil || !ok {
		return 0, false, err
	}
	n, err := strconv.ParseInt(mark.Payload, 10, 64)
	return n, err == nil, err
}

// pageOfMessages accounts for the messages of some events; whole says that all of them are settled.
func (r *Reconciler) pageOfMessages(ctx context.Context, w *window, events []engine.Event, dead map[ref]bool, line *Line) (whole bool, err error) {
	expected, err := r.c.Outbox(r.c.Org, &engine.Batch{Events: events})
	if err != nil || len(expected) == 0 {
		return true, err
	}
	// Rows are read before outcomes: a message that is sent in between is found in one of them.
	waiting := map[string]bool{}
	if err := r.each(ctx, r.c.Message, func(w *ledger.DueWork) { waiting[w.Key] = true }); err != nil {
		return false, err
	}
	fates, err := r.fates(ctx, expected)
	if err != nil {
		return false, err
	}
	var missing []engine.DueWork
	whole = true
	for _, m := range expected {
		line.Expected++
		switch fate := fates[m.Key]; {
		case fate == ledger.FateDone:
			line.Done++
		case fate == ledger.FateLate:
			line.Late++
		case fate == ledger.FateSuperseded:
			line.Superseded++
		case dead[ref{m.Kind, m.Key}]:
			line.Dead++
		case waiting[m.Key]:
			line.Scheduled++
			whole = false
		default:
			line.Missing++
			missing = append(missing, m)
			whole = false
		}
	}
	if !w.repair || len(missing) == 0 {
		return whole, nil
	}
	n, err := r.restore(ctx, events, missing)
	line.Repaired += n
	return whole, err
}

// fates are what became of messages.
func (r *Reconciler) fates(ctx context.Context, expected []engine.DueWork) (map[string]ledger.Fate, error) {
	q := ledger.OutcomeQuery{Kind: r.c.Message, From: expected[0].At, To: expected[0].At}
	for i := range expected {
		if at := expected[i].At; at.Before(q.From) {
			q.From = at
		} else if at.After(q.To) {
			q.To = at
		}
	}
	q.To = q.To.Add(time.Microsecond)
	out := make(map[string]ledger.Fate, len(expected))
	for {
		rows, err := r.c.Store.Outcomes(ctx, r.c.Org, q, page)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			out[rows[i].Key] = rows[i].Fate
		}
		if len(rows) < page {
			return out, nil
		}
		q.After = rows[len(rows)-1]
	}
}

// restore writes messages anew, as they were, while nobody else writes: none is written that has come back meanwhile.
func (r *Reconciler) restore(ctx context.Context, events []engine.Event, missing []engine.DueWork) (n int, err error) {
	lost := make(map[string]bool, len(missing))
	for i := range missing[:min(len(missing), maxAmend)] {
		lost[missing[i].Key] = true
	}
	b := &engine.Batch{Events: events}
	for i := range events {
		o, err := r.c.Store.Order(ctx, r.c.Org, events[i].Order)
		if errors.Is(err, engine.ErrNotFound) {
			continue
		}
		if err != nil {
			return 0, err
		}
		b.Orders = append(b.Orders, o)
	}
	again, err := r.c.Outbox(r.c.Org, b)
	if err != nil {
		return 0, err
	}
	err = r.c.Territory().Amend(ctx, func(*engine.Engine, time.Time) (*engine.Batch, error) {
		back := &engine.Batch{}
		for _, m := range again {
			if !lost[m.Key] {
				continue
			}
			_, there, err := r.row(ctx, m.Kind, m.Key)
			if err != nil {
				return nil, err
			}
			if !there {
				back.DueSet = append(back.DueSet, m)
			}
		}
		n = len(back.DueSet)
		return back, nil
	})
	return n, err
}

// sequenceAt is that of the last event before an instant, found by halving: events are in the order of time but for jumps of
// the clock.
func (r *Reconciler) sequenceAt(ctx context.Context, at time.Time) (int64, error) {
	low, err := r.c.Store.FirstSequence(ctx, r.c.Org)
	if err != nil {
		return 0, err
	}
	high, err := r.c.Store.LastSequence(ctx, r.c.Org)
	if err != nil {
		return 0, err
	}
	for low = max(low-1, 0); low < high; {
		mid := (low + high) / 2
		next, err := r.c.Store.Events(ctx, r.c.Org, mid, 1)
		if err != nil {
			return 0, err
		}
		if len(next) == 0 || !next[0].Time.Before(at) {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low, nil
}
