package sqlite

import (
	"context"
	"fmt"

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
