package postgres

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

const (
	// needSeen finds a record at a version and keeps it there until the commit.
	needSeen = `SELECT 1 FROM records WHERE org = $1 AND kind = $2 AND id = $3 AND version = $4 FOR SHARE`

	makeLink = `SELECT fettle_link($1, $2, $3, $4, $5)`
)

// Apply implements ledger.Writer. It takes the lead of the org when nobody has it.
func (d *DB) Apply(ctx context.Context, o org.ID, c *ledger.Change) error {
	if err := c.Check(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil || c.Empty() && len(c.Seen)+len(c.Absent) == 0 {
		return err
	}
	d.sealing.RLock()
	defer d.sealing.RUnlock()
	checks, err := row.ChangeStatements(d.seal, o, c, needSeen)
	if err != nil {
		return fmt.Errorf("apply change: %w", err)
	}
	statements := make([]row.Statement, len(checks))
	for i := range checks {
		statements[i] = row.Statement{SQL: refusing(&checks[i]), Args: checks[i].Args}
	}
	audit, err := auditStatements(d.seal, o, c.Audit)
	if err != nil {
		return fmt.Errorf("apply change: %w", err)
	}
	_, err = d.write(ctx, "apply change", o, append(statements, audit...))
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

// refusing is the text of a statement that fails where it does not find what it needs, so that a whole change is sent at
// once.
func refusing(c *row.Check) string {
	switch {
	case c.Need == row.NoRow:
		return `SELECT fettle_stale() WHERE EXISTS (` + c.SQL + `)`
	case c.Need == row.Row && c.SQL == needSeen:
		return `WITH found AS MATERIALIZED (` + c.SQL + `) SELECT fettle_stale() WHERE NOT EXISTS (SELECT FROM found)`
	case c.Need == row.Row:
		return `WITH touched AS (` + c.SQL + ` RETURNING 1) SELECT fettle_stale() WHERE NOT EXISTS (SELECT FROM touched)`
	}
	return c.SQL
}

// auditStatements add a link with entries to the chain of an org. The head is locked from there to the commit, so they are
// the last of a transaction.
func auditStatements(seal row.Sealer, o org.ID, entries []ledger.Entry) ([]row.Statement, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	entries = row.Covered(entries)
	statements, err := row.EntryStatements(seal, o, entries)
	if err != nil {
		return nil, err
	}
	genesis := chain.Genesis(o)
	l := chain.Seal(&ledger.Head{}, entries) // the database numbers and hashes it
	link := row.Statement{SQL: makeLink, Args: []any{string(o), genesis[:], l.Time.UnixMicro(), l.Count, l.Root[:]}}
	return append([]row.Statement{link}, statements...), nil
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
	n, err := d.write(ctx, "prune audit", o, row.PruneStatements(o, &last))
	return int(n), err
}
