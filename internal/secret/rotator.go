package secret

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"fettle/org"
)

// Resealer seals all rows of an org that may be changed under its newest key, and returns the ids of the keys that rows are
// under then. done hears how many rows after each page. It may be cut short and run again.
type Resealer interface {
	Reseal(ctx context.Context, o org.ID, done func(rows int)) (used map[string]bool, err error)
}

// Rotator rotates the keys of an org while it is served. A rotation that was cut short, by a crash too, goes on when Run is
// called anew: the ring remembers it.
type Rotator struct {
	ring  *Ring
	store Resealer
	org   org.ID
	rows  atomic.Int64
	wake  chan struct{}
	// settle is how long a walk waits before it looks a second time and destroys keys.
	settle time.Duration
}

// Settle is longer than any call may take: after it nobody reads, or writes, what was sealed before.
const Settle = 15 * time.Second

// NewRotator makes the rotator of an org. Keys are destroyed no sooner than settle after rows were sealed under new ones;
// Settle unless given.
func NewRotator(r *Ring, s Resealer, o org.ID, settle time.Duration) *Rotator {
	return &Rotator{ring: r, store: s, org: o, wake: make(chan struct{}, 1), settle: cmp.Or(settle, Settle)}
}

// Rotate makes new keys, which seal from now on, and lets Run seal what there is.
func (r *Rotator) Rotate() (Status, error) {
	if err := r.ring.Rotate(r.org); err != nil {
		return Status{}, err
	}
	select {
	case r.wake <- struct{}{}:
	default: // it is awake already
	}
	return r.Status(), nil
}

// Status tells of the keys.
func (r *Rotator) Status() Status { return r.ring.Status(r.org) }

// Rows is how many rows were sealed anew since the start.
func (r *Rotator) Rows() int64 { return r.rows.Load() }

// Run seals rows anew whenever the keys have been rotated, until ctx ends. failed hears of a walk that did not succeed; it is
// tried again at the next rotation or start.
func (r *Rotator) Run(ctx context.Context, failed func(error)) {
	for {
		if r.Status().Stale {
			if err := r.walk(ctx); err != nil && !errors.Is(err, context.Canceled) {
				failed(err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		}
	}
}

// walk seals rows anew and destroys the keys that none is under: not before those who had read a row, or had sealed one that
// was not written yet, have ended, and a second look has sealed what they left. When the keys are rotated meanwhile the next
// walk goes on.
func (r *Rotator) walk(ctx context.Context) error {
	newest := r.Status().Primary
	if _, err := r.reseal(ctx); err != nil {
		return err
	}
	timer := time.NewTimer(r.settle)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	used, err := r.reseal(ctx)
	if err != nil {
		return err
	}
	return r.ring.Resealed(r.org, newest, used)
}

func (r *Rotator) reseal(ctx context.Context) (used map[string]bool, err error) {
	used, err = r.store.Reseal(ctx, r.org, func(rows int) { r.rows.Add(int64(rows)) })
	if err != nil {
		return nil, fmt.Errorf("seal rows of %s anew: %w", r.org, err)
	}
	return used, nil
}
