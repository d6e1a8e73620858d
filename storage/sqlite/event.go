package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/org"
	"fettle/storage/internal/row"
)

// Events implements engine.EventReader.
func (d *DB) Events(ctx context.Context, o org.ID, after int64, limit int) ([]engine.Event, error) {
	out, err := many(ctx, d, limit, row.ScanEvent, row.QueryEvents, string(o), after, limit)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return out, nil
}

// OrderEvents implements engine.EventReader.
func (d *DB) OrderEvents(
	ctx context.Context, o org.ID, id dispatch.WorkOrderID, after int64, limit int,
) ([]engine.Event, error) {
	out, err := many(ctx, d, limit, row.ScanEvent, row.QueryOrderEvents, string(o), string(id), after, limit)
	if err != nil {
		return nil, fmt.Errorf("read events of order %s: %w", id, err)
	}
	return out, nil
}

// LastSequence implements engine.EventReader.
func (d *DB) LastSequence(ctx context.Context, o org.ID) (int64, error) {
	return d.number(ctx, "read last sequence", row.QueryLast, string(o))
}

// FirstSequence implements engine.EventReader.
func (d *DB) FirstSequence(ctx context.Context, o org.ID) (int64, error) {
	return d.number(ctx, "read first sequence", row.QueryFirst, string(o))
}

// number reads one integer, 0 for NULL.
func (d *DB) number(ctx context.Context, what, query string, args ...any) (int64, error) {
	n, err := one(ctx, d, func(r row.Scanner) (n sql.NullInt64, err error) {
		err = r.Scan(&n)
		return n, err
	}, query, args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return n.Int64, nil
}
