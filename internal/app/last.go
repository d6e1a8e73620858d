package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fettle/org"
	"fettle/storage/sqlite"
)

// LastEvent is when the last thing happened in a data directory; zero when nothing has. The directory must not be in use.
// A simulated clock that begins anew begins after it: time in the log never goes back.
func LastEvent(ctx context.Context, dir string, k Keys) (at time.Time, err error) {
	ring, err := k.load(dir)
	if err != nil {
		return at, err
	}
	store, err := sqlite.Open(ctx, dir, sqlite.Options{Seal: ring})
	if err != nil {
		return at, fmt.Errorf("open data directory %s: %w", dir, err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	last, err := store.LastSequence(ctx, org.Default)
	if err != nil || last == 0 {
		return at, err
	}
	events, err := store.Events(ctx, org.Default, last-1, 1)
	if err != nil || len(events) == 0 {
		return at, err
	}
	return events[0].Time, nil
}
