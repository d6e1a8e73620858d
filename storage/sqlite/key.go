package sqlite

import (
	"context"
	"time"

	"fettle/org"
)

const pruneKeys = `DELETE FROM idempotency_keys WHERE rowid IN (
SELECT rowid FROM idempotency_keys WHERE org = ? AND created_at < ? ORDER BY created_at LIMIT ?)`

// PruneKeys implements engine.Committer.
func (d *DB) PruneKeys(ctx context.Context, o org.ID, before time.Time, limit int) (int, error) {
	if limit <= 0 {
		return 0, ctx.Err()
	}
	var n int64
	err := d.write(ctx, "prune idempotency keys", func(ctx context.Context, w *writer) error {
		r, err := w.exec(ctx, pruneKeys, string(o), before.UnixMicro(), limit)
		if err != nil {
			return err
		}
		n, err = r.RowsAffected()
		return err
	})
	if err != nil {
		return 0, err
	}
	return int(n), nil
}
