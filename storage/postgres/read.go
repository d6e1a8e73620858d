package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/org"
	"fettle/storage/internal/row"
)

// query runs one query in a transaction that sees the rows of an org, in one round trip. The first argument is the org. A
// query whose connection turns out to be dead, as all are after the server has restarted, is asked once more on a new one.
func query[T any](ctx context.Context, d *DB, scan func(row.Scanner) (T, error), sql string, args ...any) ([]T, error) {
	if err := d.state(); err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	args = spell(args)
	out, err := ask(limited, d, scan, sql, args)
	if isCut(err) && limited.Err() == nil {
		d.pool.Reset()
		out, err = ask(limited, d, scan, sql, args)
	}
	if err != nil {
		return nil, readFault(ctx, err)
	}
	return out, nil
}

// ask is query once.
func ask[T any](ctx context.Context, d *DB, scan func(row.Scanner) (T, error), sql string, args []any) (out []T, err error) {
	b := &pgx.Batch{}
	b.Queue("BEGIN READ ONLY")
	b.Queue(setOrg, args[0])
	b.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		defer rows.Close()
		for rows.Next() {
			v, err := scan(reader{rows})
			if err != nil {
				return err
			}
			out = append(out, v)
		}
		return rows.Err()
	})
	b.Queue("COMMIT")
	return out, d.pool.SendBatch(ctx, b).Close()
}

// one reads one row, or engine.ErrNotFound.
func one[T any](ctx context.Context, d *DB, scan func(row.Scanner) (T, error), sql string, args ...any) (T, error) {
	out, err := query(ctx, d, scan, sql, args...)
	if err == nil && len(out) == 0 {
		err = engine.ErrNotFound
	}
	if err != nil {
		var zero T
		return zero, err
	}
	return out[0], nil
}

// page reads up to limit rows; none for a limit below 1.
func page[T any](ctx context.Context, d *DB, limit int, scan func(row.Scanner) (T, error), sql string, args ...any) ([]T, error) {
	if limit <= 0 {
		return nil, ctx.Err()
	}
	return query(ctx, d, scan, sql, args...)
}

// Order implements engine.OrderReader.
func (d *DB) Order(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (*engine.Order, error) {
	out, err := one(ctx, d, row.ScanOrder, row.QueryOrder, string(o), string(id))
	if err != nil {
		return nil, fmt.Errorf("read order %s: %w", id, err)
	}
	return out, nil
}

// Orders implements engine.OrderReader.
func (d *DB) Orders(
	ctx context.Context, o org.ID, f engine.OrderFilter, after dispatch.WorkOrderID, limit int,
) ([]*engine.Order, error) {
	sql, args := ordersQuery(o, f, after, limit)
	out, err := page(ctx, d, limit, row.ScanOrder, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	return out, nil
}

// ordersQuery makes a query whose text depends on the shape of the filter alone. Several states are read each in the order
// of its index, no more of it than a page; the page is merged from those.
func ordersQuery(o org.ID, f engine.OrderFilter, after dispatch.WorkOrderID, limit int) (string, []any) {
	args := []any{string(o), string(after), limit}
	param := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	const from = `SELECT ` + row.OrderColumns + ` FROM work_orders WHERE org = $1 AND id > $2`
	if f.Technician == "" && f.UnitID == "" && len(f.States) > 0 {
		wanted := slices.Compact(slices.Sorted(slices.Values(f.States)))
		parts := make([]string, len(wanted))
		for i, s := range wanted {
			parts[i] = `(` + from + ` AND state = ` + param(string(s)) + ` ORDER BY id LIMIT $3)`
		}
		return `SELECT * FROM (` + strings.Join(parts, ` UNION ALL `) + `) AS pages ORDER BY id LIMIT $3`, args
	}
	var q strings.Builder
	q.WriteString(from)
	if f.UnitID != "" {
		q.WriteString(` AND unit_id <> '' AND unit_id = ` + param(f.UnitID))
	}
	if f.Technician != "" {
		q.WriteString(` AND technician_id = ` + param(string(f.Technician)))
	}
	if len(f.States) > 0 {
		states := make([]string, len(f.States))
		for i, s := range f.States {
			states[i] = string(s)
		}
		q.WriteString(` AND state = ANY(` + param(states) + `)`)
	}
	q.WriteString(` ORDER BY id LIMIT $3`)
	return q.String(), args
}

// Technician implements engine.TechnicianReader.
func (d *DB) Technician(ctx context.Context, o org.ID, id dispatch.TechnicianID) (*engine.Technician, error) {
	out, err := one(ctx, d, row.ScanTechnician, row.QueryTechnician, string(o), string(id))
	if err != nil {
		return nil, fmt.Errorf("read technician %s: %w", id, err)
	}
	return out, nil
}

// Technicians implements engine.TechnicianReader.
func (d *DB) Technicians(
	ctx context.Context, o org.ID, after dispatch.TechnicianID, limit int,
) ([]*engine.Technician, error) {
	out, err := page(ctx, d, limit, row.ScanTechnician, row.QueryTechnicians, string(o), string(after), limit)
	if err != nil {
		return nil, fmt.Errorf("read technicians: %w", err)
	}
	return out, nil
}

// Events implements engine.EventReader.
func (d *DB) Events(ctx context.Context, o org.ID, after int64, limit int) ([]engine.Event, error) {
	out, err := page(ctx, d, limit, row.ScanEvent, row.QueryEvents, string(o), after, limit)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return out, nil
}

// OrderEvents implements engine.EventReader.
func (d *DB) OrderEvents(
	ctx context.Context, o org.ID, id dispatch.WorkOrderID, after int64, limit int,
) ([]engine.Event, error) {
	out, err := page(ctx, d, limit, row.ScanEvent, row.QueryOrderEvents, string(o), string(id), after, limit)
	if err != nil {
		return nil, fmt.Errorf("read events of order %s: %w", id, err)
	}
	return out, nil
}

// LastSequence implements engine.EventReader.
func (d *DB) LastSequence(ctx context.Context, o org.ID) (int64, error) {
	return d.number(ctx, "read last sequence", row.QueryLast, o)
}

// FirstSequence implements engine.EventReader.
func (d *DB) FirstSequence(ctx context.Context, o org.ID) (int64, error) {
	return d.number(ctx, "read first sequence", row.QueryFirst, o)
}

// number reads one integer, 0 for NULL.
func (d *DB) number(ctx context.Context, what, text string, o org.ID) (int64, error) {
	n, err := one(ctx, d, func(r row.Scanner) (n sql.NullInt64, err error) {
		err = r.Scan(&n)
		return n, err
	}, text, string(o))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return n.Int64, nil
}

// Key implements engine.KeyReader.
func (d *DB) Key(ctx context.Context, o org.ID, key string) (engine.IdempotencyRecord, error) {
	k, err := one(ctx, d, row.ScanKey, row.QueryKey, string(o), key)
	if err != nil {
		return engine.IdempotencyRecord{}, fmt.Errorf("read idempotency key: %w", err)
	}
	return k, nil
}

// Due implements engine.DueReader.
func (d *DB) Due(
	ctx context.Context, o org.ID, f engine.DueFilter, now time.Time, limit int,
) ([]engine.DueWork, error) {
	out, err := page(ctx, d, limit, row.ScanDue, row.QueryDue, string(o), now.UnixMicro(), f.Only, f.Except, limit)
	if err != nil {
		return nil, fmt.Errorf("read due work: %w", err)
	}
	return out, nil
}

// NextDue implements engine.DueReader.
func (d *DB) NextDue(ctx context.Context, o org.ID) (time.Time, error) {
	at, err := one(ctx, d, row.ScanInstant, row.QueryNextDue, string(o))
	if errors.Is(err, engine.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read next due work: %w", err)
	}
	return at, nil
}

// Positions implements engine.PositionStore.
func (d *DB) Positions(ctx context.Context, o org.ID) ([]engine.Position, error) {
	out, err := query(ctx, d, row.ScanPosition, row.QueryPositions, string(o))
	if err != nil {
		return nil, fmt.Errorf("read positions: %w", err)
	}
	return out, nil
}
