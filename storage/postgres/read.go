package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/org"
	"fettle/storage/internal/row"
)

// Ask implements row.Source: one query in a transaction that sees the rows of an org, in one round trip. A query whose
// connection turns out to be dead, as all are after the server has restarted, is asked once more on a new one.
func (d *DB) Ask(ctx context.Context, query string, args []any, each func(row.Scanner) error) error {
	if err := d.state(); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	args = spell(args)
	asked := 0
	once := func(s row.Scanner) error {
		asked++
		return each(s)
	}
	err := d.ask(limited, query, args, once)
	if isCut(err) && asked == 0 && limited.Err() == nil {
		d.pool.Reset()
		err = d.ask(limited, query, args, once)
	}
	return readFault(ctx, err)
}

// ask is Ask once.
func (d *DB) ask(ctx context.Context, query string, args []any, each func(row.Scanner) error) error {
	b := &pgx.Batch{}
	b.Queue("BEGIN READ ONLY")
	b.Queue(setOrg, args[0])
	b.Queue(query, args...).Query(func(rows pgx.Rows) error {
		defer rows.Close()
		for rows.Next() {
			if err := each(row.Opened(reader{rows}, d.seal, args)); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	b.Queue("COMMIT")
	return d.pool.SendBatch(ctx, b).Close()
}

// Orders implements engine.OrderReader.
func (d *DB) Orders(
	ctx context.Context, o org.ID, f engine.OrderFilter, after dispatch.WorkOrderID, limit int,
) ([]*engine.Order, error) {
	sql, args := ordersQuery(o, f, after, limit)
	out, err := row.Page(ctx, d, limit, row.ScanOrder, sql, args...)
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
