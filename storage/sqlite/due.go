package sqlite

import (
	"context"
	"fmt"
	"time"

	"fettle/dispatch/engine"
	"fettle/org"
	"fettle/storage/internal/row"
)

// Due implements engine.DueReader.
func (d *DB) Due(
	ctx context.Context, o org.ID, f engine.DueFilter, now time.Time, limit int,
) ([]engine.DueWork, error) {
	out, err := many(ctx, d, limit, row.ScanDue, row.QueryDue, string(o), now.UnixMicro(), f.Only, f.Except, limit)
	if err != nil {
		return nil, fmt.Errorf("read due work: %w", err)
	}
	return out, nil
}

// NextDue implements engine.DueReader.
func (d *DB) NextDue(ctx context.Context, o org.ID) (time.Time, error) {
	out, err := many(ctx, d, 1, row.ScanInstant, row.QueryNextDue, string(o))
	if err != nil {
		return time.Time{}, fmt.Errorf("read next due work: %w", err)
	}
	if len(out) == 0 {
		return time.Time{}, nil
	}
	return out[0], nil
}
