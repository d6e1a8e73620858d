package sqlite

import (
	"context"
	"errors"
	"fmt"

	"fettle/dispatch/engine"
	"fettle/org"
	"fettle/storage/internal/row"
)

// Commit implements engine.Committer.
func (d *DB) Commit(ctx context.Context, o org.ID, b *engine.Batch) error {
	if b.Empty() {
		return ctx.Err()
	}
	d.sealing.RLock()
	defer d.sealing.RUnlock()
	statements, started, err := row.Statements(d.seal, o, b)
	if err != nil {
		return fmt.Errorf("commit batch: %w", err)
	}
	return d.write(ctx, "commit batch", func(ctx context.Context, w *writer) error {
		for i := range statements {
			if _, err := w.exec(ctx, statements[i].SQL, statements[i].Args...); err != nil {
				return err
			}
		}
		if err := writeStarted(ctx, w, started); err != nil {
			return err
		}
		return w.audit(ctx, o, b.Audit)
	})
}

// writeStarted writes the orders that are travelled to or worked on, after those whose technicians they may have set free.
// When such orders swap technicians among each other, one may have to wait for the next: a row that is refused is tried
// again as long as others succeed.
func writeStarted(ctx context.Context, w *writer, rows []row.Statement) error {
	for len(rows) > 0 {
		var refused []row.Statement
		var first error
		for _, s := range rows {
			_, err := w.exec(ctx, s.SQL, s.Args...)
			switch {
			case err == nil:
			case isUnique(err):
				refused, first = append(refused, s), errors.Join(first, err)
			default:
				return err
			}
		}
		if len(refused) == len(rows) {
			return first
		}
		rows = refused
	}
	return nil
}
