package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fettle/ledger"
	"fettle/ledger/chain"
	"fettle/org"
	"fettle/storage/internal/row"
)

var _ ledger.Store = (*DB)(nil)

// needSeen finds a record at a version. There is one writer, so nothing needs a lock.
const needSeen = `SELECT 1 FROM records WHERE org = $1 AND kind = $2 AND id = $3 AND version = $4`

// Apply implements ledger.Writer.
func (d *DB) Apply(ctx context.Context, o org.ID, c *ledger.Change) error {
	if err := c.Check(); err != nil {
		return err
	}
	if c.Empty() && len(c.Seen)+len(c.Absent) == 0 {
		return ctx.Err()
	}
	d.sealing.RLock()
	defer d.sealing.RUnlock()
	checks, err := row.ChangeStatements(d.seal, o, c, needSeen)
	if err != nil {
		return fmt.Errorf("apply change: %w", err)
	}
	err = d.write(ctx, "apply change", func(ctx context.Context, w *writer) error {
		for i := range checks {
			if err := w.check(ctx, &checks[i]); err != nil {
				return err
			}
		}
		return w.audit(ctx, o, c.Audit)
	})
	var broken *ConstraintError
	if !errors.As(err, &broken) {
		return err
	}
	switch broken.Name {
	case "records_pkey":
		return ledger.ErrExists
	case "record_keys_unique":
		return row.Taken(context.WithoutCancel(ctx), d, o, c)
	case "idempotency_keys_pkey":
		return ledger.ErrAnswered
	}
	return err
}

// check runs a statement and compares what it found with what it needs.
func (w *writer) check(ctx context.Context, c *row.Check) error {
	if c.Need == row.Nothing {
		_, err := w.exec(ctx, c.SQL, c.Args...)
		return err
	}
	n, err := w.count(ctx, c)
	if err == nil && (n > 0) != (c.Need == row.Row) {
		err = ledger.ErrStale
	}
	return err
}

// count runs a statement and returns how many rows it has found or touched.
func (w *writer) count(ctx context.Context, c *row.Check) (n int64, err error) {
	if c.SQL != needSeen && c.SQL != row.QueryHolding {
		r, err := w.exec(ctx, c.SQL, c.Args...)
		if err != nil {
			return 0, err
		}
		return r.RowsAffected()
	}
	err = w.query(ctx, c.SQL, c.Args, func(row.Scanner) error {
		n++
		return nil
	})
	return n, err
}

// query runs a query on the writer's connection, prepared at its first use, and hands each row to a function.
func (w *writer) query(ctx context.Context, text string, args []any, each func(row.Scanner) error) (err error) {
	s, err := w.prepare(ctx, text) //nolint:sqlclosecheck // kept until writer.close
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

const (
	insertHead = `INSERT INTO audit_heads (org, sequence, hash, base, base_hash, base_at) VALUES ($1, $2, $3, 0, $4, 0)`
	updateHead = `UPDATE audit_heads SET sequence = $1, hash = $2 WHERE org = $3`
	insertLink = `INSERT INTO audit_links (org, sequence, made_at, entries, previous, root, hash) VALUES ($1,$2,$3,$4,$5,$6,$7)`
)

// audit adds a link with entries to the chain of an org. There is one writer, so the head cannot move meanwhile.
func (w *writer) audit(ctx context.Context, o org.ID, entries []ledger.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	entries = row.Covered(entries)
	statements, err := row.EntryStatements(w.seal, o, entries)
	if err != nil {
		return err
	}
	genesis := chain.Genesis(o)
	head := ledger.Head{Hash: genesis}
	known := false
	err = w.query(ctx, row.QueryHead, []any{string(o)}, func(s row.Scanner) (err error) {
		known = true
		head, err = row.ScanHead(s)
		return err
	})
	if err != nil {
		return err
	}
	l := chain.Seal(&head, entries)
	if !known {
		if _, err := w.exec(ctx, insertHead, string(o), 0, genesis[:], genesis[:]); err != nil {
			return err
		}
	}
	if _, err := w.exec(ctx, updateHead, l.Sequence, l.Hash[:], string(o)); err != nil {
		return err
	}
	args := []any{string(o), l.Sequence, l.Time.UnixMicro(), l.Count, l.Previous[:], l.Root[:], l.Hash[:]}
	if _, err := w.exec(ctx, insertLink, args...); err != nil {
		return err
	}
	for i := range statements {
		if _, err := w.exec(ctx, statements[i].SQL, statements[i].Args...); err != nil {
			return err
		}
	}
	return nil
}

// PruneAudit implements ledger.AuditPruner.
func (d *DB) PruneAudit(ctx context.Context, o org.ID, before time.Time, limit int) (int, error) {
	if limit <= 0 {
		return 0, ctx.Err()
	}
	last, some, err := d.Prunable(ctx, o, before, limit)
	if err != nil || !some {
		return 0, err
	}
	var n int64
	err = d.write(ctx, "prune audit", func(ctx context.Context, w *writer) error {
		for _, s := range row.PruneStatements(o, &last) {
			r, err := w.exec(ctx, s.SQL, s.Args...)
			if err != nil {
				return err
			}
			if n, err = r.RowsAffected(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return int(n), nil
}
