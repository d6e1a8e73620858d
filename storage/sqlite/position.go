package sqlite

import (
	"context"
	"fmt"
	"time"

	"fettle/dispatch/engine"
	"fettle/org"
	"fettle/storage/internal/row"
)

// SavePositions implements engine.PositionStore.
func (d *DB) SavePositions(ctx context.Context, o org.ID, ps []engine.Position) error {
	if len(ps) == 0 {
		return ctx.Err()
	}
	return d.write(ctx, "save positions", func(ctx context.Context, w *writer) error {
		for i := range ps {
			if _, err := w.exec(ctx, row.UpsertPosition, row.Position(o, &ps[i])...); err != nil {
				return fmt.Errorf("position of %s: %w", ps[i].Technician, err)
			}
		}
		return nil
	})
}

// PrunePositions removes the last places of those who were seen before an instant and not since, and returns how many.
func (d *DB) PrunePositions(ctx context.Context, o org.ID, before time.Time) (n int, err error) {
	err = d.write(ctx, "prune positions", func(ctx context.Context, w *writer) error {
		r, err := w.exec(ctx, row.PrunePositions, string(o), before.UnixMicro())
		if err != nil {
			return err
		}
		gone, err := r.RowsAffected()
		n = int(gone)
		return err
	})
	return n, err
}
