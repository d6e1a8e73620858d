package sqlite

import (
	"context"
	"fmt"
	"time"

	"fettle/dispatch/engine"
	"fettle/org"
)

const (
	insertKey = `INSERT INTO idempotency_keys (org, key, method, hash, response, created_at) VALUES (?,?,?,?,?,?)`
	queryKey  = `SELECT key, method, hash, response, created_at FROM idempotency_keys WHERE org = ? AND key = ?`
	pruneKeys = `DELETE FROM idempotency_keys WHERE rowid IN (
SELECT rowid FROM idempotency_keys WHERE org = ? AND created_at < ? ORDER BY created_at LIMIT ?)`
)

func keyRow(id org.ID, k *engine.IdempotencyRecord) []any {
	response := k.Response
	if response == nil {
		response = []byte{} // a nil slice would be NULL
	}
	return []any{string(id), k.Key, k.Method, k.Hash[:], response, k.Created.UnixMicro()}
}

func scanKey(row scanner) (k engine.IdempotencyRecord, err error) {
	var hash []byte
	var created int64
	err = row.Scan(&k.Key, &k.Method, &hash, &k.Response, &created)
	copy(k.Hash[:], hash)
	k.Created = fromMicros(created)
	return k, err
}

// Key implements engine.KeyReader.
func (d *DB) Key(ctx context.Context, o org.ID, key string) (engine.IdempotencyRecord, error) {
	k, err := one(ctx, d, scanKey, queryKey, string(o), key)
	if err != nil {
		return engine.IdempotencyRecord{}, fmt.Errorf("read idempotency key: %w", err)
	}
	return k, nil
}

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
