package row

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/org"
)

// Source asks a database. The first argument of a query is the org.
type Source interface {
	// Ask runs a query and calls each with every row. Its error is engine.ErrUnavailable, or that of ctx or of each.
	Ask(ctx context.Context, query string, args []any, each func(Scanner) error) error
}

// Reader reads what stores keep. A store embeds it.
type Reader struct{ From Source }

// Page reads up to limit rows; none for a limit below 1.
func Page[T any](ctx context.Context, from Source, limit int, scan func(Scanner) (T, error), query string, args ...any) ([]T, error) {
	if limit <= 0 {
		return nil, ctx.Err()
	}
	var out []T
	err := from.Ask(ctx, query, args, func(s Scanner) error {
		v, err := scan(s)
		if err == nil {
			out = append(out, v)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// one reads one row, or engine.ErrNotFound.
func one[T any](ctx context.Context, from Source, scan func(Scanner) (T, error), query string, args ...any) (T, error) {
	out, err := Page(ctx, from, 1, scan, query, args...)
	if err == nil && len(out) == 0 {
		err = engine.ErrNotFound
	}
	if err != nil {
		var zero T
		return zero, err
	}
	return out[0], nil
}

// Order implements engine.OrderReader.
func (r Reader) Order(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (*engine.Order, error) {
	out, err := one(ctx, r.From, ScanOrder, QueryOrder, string(o), string(id))
	if err != nil {
		return nil, fmt.Errorf("read order %s: %w", id, err)
	}
	return out, nil
}

// Technician implements engine.TechnicianReader.
func (r Reader) Technician(ctx context.Context, o org.ID, id dispatch.TechnicianID) (*engine.Technician, error) {
	out, err := one(ctx, r.From, ScanTechnician, QueryTechnician, string(o), string(id))
	if err != nil {
		return nil, fmt.Errorf("read technician %s: %w", id, err)
	}
	return out, nil
}

// Technicians implements engine.TechnicianReader.
func (r Reader) Technicians(
	ctx context.Context, o org.ID, after dispatch.TechnicianID, limit int,
) ([]*engine.Technician, error) {
	out, err := Page(ctx, r.From, limit, ScanTechnician, QueryTechnicians, string(o), string(after), limit)
	if err != nil {
		return nil, fmt.Errorf("read technicians: %w", err)
	}
	return out, nil
}

// Events implements engine.EventReader.
func (r Reader) Events(ctx context.Context, o org.ID, after int64, limit int) ([]engine.Event, error) {
	out, err := Page(ctx, r.From, limit, ScanEvent, QueryEvents, string(o), after, limit)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return out, nil
}

// OrderEvents implements engine.EventReader.
func (r Reader) OrderEvents(
	ctx context.Context, o org.ID, id dispatch.WorkOrderID, after int64, limit int,
) ([]engine.Event, error) {
	out, err := Page(ctx, r.From, limit, ScanEvent, QueryOrderEvents, string(o), string(id), after, limit)
	if err != nil {
		return nil, fmt.Errorf("read events of order %s: %w", id, err)
	}
	return out, nil
}

// LastSequence implements engine.EventReader.
func (r Reader) LastSequence(ctx context.Context, o org.ID) (int64, error) {
	return r.number(ctx, "read last sequence", QueryLast, o)
}

// FirstSequence implements engine.EventReader.
func (r Reader) FirstSequence(ctx context.Context, o org.ID) (int64, error) {
	return r.number(ctx, "read first sequence", QueryFirst, o)
}

// number reads one integer, 0 for NULL.
func (r Reader) number(ctx context.Context, what, query string, o org.ID) (int64, error) {
	n, err := one(ctx, r.From, func(s Scanner) (n sql.NullInt64, err error) {
		err = s.Scan(&n)
		return n, err
	}, query, string(o))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return n.Int64, nil
}

// Key implements engine.KeyReader.
func (r Reader) Key(ctx context.Context, o org.ID, key string) (engine.IdempotencyRecord, error) {
	k, err := one(ctx, r.From, ScanKey, QueryKey, string(o), key)
	if err != nil {
		return engine.IdempotencyRecord{}, fmt.Errorf("read idempotency key: %w", err)
	}
	return k, nil
}

// Due implements engine.DueReader.
func (r Reader) Due(
	ctx context.Context, o org.ID, f engine.DueFilter, now time.Time, limit int,
) ([]engine.DueWork, error) {
	out, err := Page(ctx, r.From, limit, ScanDue, QueryDue, string(o), now.UnixMicro(), f.Only, f.Except, limit)
	if err != nil {
		return nil, fmt.Errorf("read due work: %w", err)
	}
	return out, nil
}

// NextDue implements engine.DueReader.
func (r Reader) NextDue(ctx context.Context, o org.ID) (time.Time, error) {
	at, err := one(ctx, r.From, ScanInstant, QueryNextDue, string(o))
	if errors.Is(err, engine.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read next due work: %w", err)
	}
	return at, nil
}

// Positions implements engine.PositionStore.
func (r Reader) Positions(ctx context.Context, o org.ID) ([]engine.Position, error) {
	out, err := Page(ctx, r.From, 1, ScanPosition, QueryPositions, string(o)) // a row a technician, all of them wanted
	if err != nil {
		return nil, fmt.Errorf("read positions: %w", err)
	}
	return out, nil
}
