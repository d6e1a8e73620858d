package reconcile

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"fettle/dispatch/engine"
)

// Forget gives up the account of the messages of events before an instant, so that what became of them may be removed. It first
// moves the event after which messages are owed forward, as far as each message before it is settled, and then calls prune with
// the instant before which no outcome is asked for any more: not that of an event that is younger in the log and older by a
// clock that was set back either. Nobody accounts for messages meanwhile. An error of prune is returned as it is.
func (r *Reconciler) Forget(ctx context.Context, before time.Time, prune func(until time.Time) error) error {
	r.settling.Lock()
	defer r.settling.Unlock()
	since, owed, err := r.since(ctx)
	if err != nil {
		return fmt.Errorf("forget messages: %w", err)
	}
	if owed && r.c.Outbox != nil {
		if before, err = r.moveOn(ctx, since, before); err != nil {
			return fmt.Errorf("forget messages: %w", err)
		}
	}
	return prune(before)
}

// moveOn moves the mark on and returns until when outcomes are asked for no more.
func (r *Reconciler) moveOn(ctx context.Context, since int64, before time.Time) (time.Time, error) {
	upTo, err := r.sequenceAt(ctx, before)
	if err != nil {
		return before, err
	}
	settled, err := r.settledUpTo(ctx, since, upTo)
	if err != nil {
		return before, err
	}
	if settled > since {
		m := mark(settled)
		err = r.c.Territory().Amend(ctx, func(*engine.Engine, time.Time) (*engine.Batch, error) {
			return &engine.Batch{DueSet: []engine.DueWork{m}}, nil
		})
		if err != nil {
			return before, err
		}
	}
	return r.earliest(ctx, settled, before)
}

// settledUpTo is the last event of those after since, until upTo, up to which all messages are settled.
func (r *Reconciler) settledUpTo(ctx context.Context, since, upTo int64) (int64, error) {
	dead, err := r.dead(ctx)
	if err != nil {
		return since, err
	}
	for since < upTo {
		events, err := r.c.Store.Events(ctx, r.c.Org, since, int(min(page, upTo-since)))
		if err != nil || len(events) == 0 {
			return since, err
		}
		whole, err := r.pageOfMessages(ctx, &window{}, events, dead, &Line{})
		if err != nil || !whole {
			return since, err
		}
		since = events[len(events)-1].Sequence
	}
	return since, nil
}

// earliest is the instant of the earliest event after one, of those that an account looks at, or before when that is earlier.
func (r *Reconciler) earliest(ctx context.Context, after int64, before time.Time) (time.Time, error) {
	last, err := r.c.Store.LastSequence(ctx, r.c.Org)
	if err != nil {
		return before, err
	}
	next, err := r.c.Store.Events(ctx, r.c.Org, after, 1)
	for after = max(after, last-learn); err == nil && len(next) > 0; {
		for i := range next {
			if next[i].Time.Before(before) {
				before = next[i].Time
			}
			after = max(after, next[i].Sequence)
		}
		next, err = r.c.Store.Events(ctx, r.c.Org, after, page)
	}
	return before, err
}

// mark is the row that says after which event messages are owed.
func mark(sequence int64) engine.DueWork {
	return engine.DueWork{Kind: Since, Key: Since, At: time.Unix(1<<37, 0), Payload: strconv.FormatInt(sequence, 10)} // never due
}
