package secret

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

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
}

// NewRotator makes the rotator of an org.
func NewRotator(r *Ring, s Resealer, o org.ID) *Rotator {
	return &Rotator{ring: r, store: s, org: o, wake: make(chan struct{}, 1)}
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

// walk seals rows anew and destroys the keys that none is under. When the keys are rotated meanwhile the next walk goes on.
func (r *Rotator) walk(ctx context.Context) error {
	newest := r.Status().Primary
	used, err := r.store.Reseal(ctx, r.org, func(rows int) { r.rows.Add(int64(rows)) })
	if err != nil {
		return fmt.Errorf("seal rows of %s anew: %w", r.org, err)
	}
	return r.ring.Resealed(r.org, newest, used)
}
