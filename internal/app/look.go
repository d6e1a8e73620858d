package app

import (
	"context"
	"errors"
	"fmt"
	"os"

	"fettle/dispatch/engine"
	"fettle/org"
)

// Look opens the store of a service that is not running and hands it, and the org whose data it holds, to read.
func Look(ctx context.Context, dir, url string, k Keys, read func(engine.Store, org.ID) error) (err error) {
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("data directory %s: there is none: %w", dir, err)
	}
	ring, err := k.load(dir)
	if err != nil {
		return err
	}
	s, err := openStore(ctx, dir, url, ring)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return read(s, org.Default)
}
