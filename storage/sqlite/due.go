package sqlite

import (
	"context"
	"fmt"
	"time"

	"fettle/dispatch/engine"
	"fettle/org"
)

const (
	upsertDue = `INSERT INTO due_work (org, kind, key, due_at, payload) VALUES (?,?,?,?,?)
ON CONFLICT (org, kind, key) DO UPDATE SET due_at = excluded.due_at, payload = excluded.payload`
	deleteDue = `DELETE FROM due_work WHERE org = ? AND kind = ? AND key = ?`

	queryDue = `SELECT kind, key, due_at, payload FROM due_work WHERE org = ? AND due_at <= ?
ORDER BY due_at, kind, key LIMIT ?`
	queryNextDue = `SELECT due_at FROM due_work WHERE org = ? ORDER BY due_at LIMIT 1`
)

func scanDue(row scanner) (w engine.DueWork, err error) {
	var at int64
	err = row.Scan(&w.Kind, &w.Key, &at, &w.Payload)
	w.At = fromMicros(at)
	return w, err
}

// Due implements engine.DueReader.
func (d *DB) Due(ctx context.Context, o org.ID, now time.Time, limit int) ([]engine.DueWork, error) {
	out, err := many(ctx, d, limit, scanDue, queryDue, string(o), now.UnixMicro(), limit)
	if err != nil {
		return nil, fmt.Errorf("read due work: %w", err)
	}
	return out, nil
}

// NextDue implements engine.DueReader.
func (d *DB) NextDue(ctx context.Context, o org.ID) (time.Time, error) {
	out, err := many(ctx, d, 1, func(row scanner) (at int64, err error) {
		err = row.Scan(&at)
		return at, err
	}, queryNextDue, string(o))
	if err != nil {
		return time.Time{}, fmt.Errorf("read next due work: %w", err)
	}
	if len(out) == 0 {
		return time.Time{}, nil
	}
	return fromMicros(out[0]), nil
}
