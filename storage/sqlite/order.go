package sqlite

import (
	"context"
	"fmt"
	"strings"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/org"
	"fettle/storage/internal/row"
)

// Orders implements engine.OrderReader.
func (d *DB) Orders(
	ctx context.Context, o org.ID, f engine.OrderFilter, after dispatch.WorkOrderID, limit int,
) ([]*engine.Order, error) {
	query, args := ordersQuery(o, f, after, limit)
	out, err := row.Page(ctx, d, limit, row.ScanOrder, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	return out, nil
}

// ordersQuery makes a query whose text depends on the shape of the filter alone, so that it is prepared once a shape.
// Parameter 1 is the org, 2 the id before the page and 3 its size.
func ordersQuery(o org.ID, f engine.OrderFilter, after dispatch.WorkOrderID, limit int) (string, []any) {
	args := []any{string(o), string(after), limit}
	param := func(v string) string {
		args = append(args, v)
		return fmt.Sprintf("?%d", len(args))
	}
	var q strings.Builder
	q.WriteString(`SELECT ` + row.OrderColumns + ` FROM work_orders WHERE org = ?1`)
	states := make([]string, len(f.States))
	if f.Technician == "" && f.UnitID == "" && len(states) > 0 {
		// Each state is read in the order of its index, no more of it than a page; the page is merged from those. Columns of
		// the order itself are read for the page alone.
		for i, s := range f.States {
			states[i] = `SELECT id FROM (SELECT id FROM work_orders WHERE org = ?1 AND state = ` + param(string(s)) +
				` AND id > ?2 ORDER BY id LIMIT ?3)`
		}
		q.WriteString(` AND id IN (` + strings.Join(states, ` UNION `) + ` ORDER BY id LIMIT ?3) ORDER BY id LIMIT ?3`)
		return q.String(), args
	}
	q.WriteString(` AND id > ?2`)
	if f.UnitID != "" {
		q.WriteString(` AND unit_id <> '' AND unit_id = ` + param(f.UnitID))
	}
	if f.Technician != "" {
		// The plus keeps the planner on one index: of a unit, which has few orders, or else of a technician.
		plus := ""
		if f.UnitID != "" {
			plus = "+"
		}
		q.WriteString(` AND ` + plus + `technician_id = ` + param(string(f.Technician)))
	}
	if len(f.States) > 0 {
		for i, s := range f.States {
			states[i] = param(string(s))
		}
		q.WriteString(` AND +state IN (` + strings.Join(states, `, `) + `)`)
	}
	q.WriteString(` ORDER BY id LIMIT ?3`)
	return q.String(), args
}
