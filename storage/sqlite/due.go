package sqlite

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"fettle/ledger"
	"fettle/org"
	"fettle/storage/internal/row"
)

var (
	_ ledger.DueStore      = (*DB)(nil)
	_ ledger.OutcomePruner = (*DB)(nil)
)

// freeOthers ends the claims of processes before this one: nobody else has the directory open.
const freeOthers = `UPDATE due_work SET claim = '', claim_until = NULL, wake_at = NULL
WHERE org = ? AND claim <> '' AND substr(claim, 1, ?) <> ?`

// ClaimDue implements ledger.DueStore.
func (d *DB) ClaimDue(ctx context.Context, o org.ID, f ledger.DueFilter, now, until time.Time, limit int) ([]ledger.DueWork, error) {
	found, err := d.Due(ctx, o, f, now, limit)
	if err != nil || len(found) == 0 { // a sweep that finds nothing writes nothing
		return nil, err
	}
	claim := d.holder + "/" + rand.Text()
	var out []ledger.DueWork
	err = d.write(ctx, "claim due work", func(ctx context.Context, w *writer) error {
		for i := range found {
			if _, err := w.exec(ctx, row.ClaimDue, row.Claim(o, &found[i], claim, until, now)...); err != nil {
				return err
			}
		}
		var err error
		out, err = d.held(ctx, w, o, claim)
		return err
	})
	if err != nil {
		return nil, err
	}
	return inOrder(found, out), nil
}

// inOrder brings what was claimed, by kind and key, into the order in which it was found.
func inOrder(found, claimed []ledger.DueWork) []ledger.DueWork {
	at := make(map[[2]string]int, len(claimed))
	for i := range claimed {
		at[[2]string{claimed[i].Kind, claimed[i].Key}] = i
	}
	out := make([]ledger.DueWork, 0, len(claimed))
	for i := range found {
		if k, ok := at[[2]string{found[i].Kind, found[i].Key}]; ok {
			out = append(out, claimed[k])
		}
	}
	return out
}

// held reads what is claimed inside the transaction that claims it.
func (d *DB) held(ctx context.Context, w *writer, o org.ID, claim string) (out []ledger.DueWork, err error) {
	args := []any{string(o), claim}
	rows, err := w.conn.QueryContext(ctx, row.QueryHeld, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // what went wrong is in rows.Err
	for rows.Next() {
		work, err := row.ScanDue(row.Opened(rows, d.seal, args))
		if err != nil {
			return nil, err
		}
		out = append(out, work)
	}
	return out, rows.Err()
}

// SettleDue implements ledger.DueStore.
func (d *DB) SettleDue(ctx context.Context, o org.ID, w ledger.DueWork, out ledger.Outcome) error {
	return d.write(ctx, "settle due work", func(ctx context.Context, wr *writer) error {
		r, err := wr.exec(ctx, row.SettleDue, string(o), w.Kind, w.Key, w.Claim)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 || w.Claim == "" {
			return ledger.ErrClaimLost
		}
		if out.Fate == "" {
			return nil
		}
		_, err = wr.exec(ctx, row.InsertOutcome, row.Outcome(o, &out)...)
		return err
	})
}

// PruneOutcomes implements ledger.OutcomePruner.
func (d *DB) PruneOutcomes(ctx context.Context, o org.ID, kind string, before time.Time, limit int) (int, error) {
	if limit <= 0 {
		return 0, ctx.Err()
	}
	var n int64
	err := d.write(ctx, "prune outcomes", func(ctx context.Context, w *writer) error {
		r, err := w.exec(ctx, row.PruneOutcomes, string(o), kind, before.UnixMicro(), limit)
		if err == nil {
			n, err = r.RowsAffected()
		}
		return err
	})
	return int(n), err
}

// YieldDue implements ledger.DueStore.
func (d *DB) YieldDue(ctx context.Context, o org.ID, give []ledger.Yield) error {
	if len(give) == 0 {
		return ctx.Err()
	}
	return d.write(ctx, "give due work back", func(ctx context.Context, w *writer) error {
		for i := range give {
			if _, err := w.exec(ctx, row.YieldDue, row.Yield(o, &give[i])...); err != nil {
				return err
			}
		}
		return nil
	})
}

// FreeDue implements ledger.DueStore.
func (d *DB) FreeDue(ctx context.Context, o org.ID, after time.Time) (int, error) {
	var freed int64
	err := d.write(ctx, "free due work", func(ctx context.Context, w *writer) error {
		gone, err := w.exec(ctx, freeOthers, string(o), len(d.holder), d.holder)
		if err != nil {
			return err
		}
		back, err := w.exec(ctx, row.FreeDueAfter, string(o), after.UnixMicro())
		if err != nil {
			return err
		}
		n, err := gone.RowsAffected()
		if err != nil {
			return err
		}
		freed, err = back.RowsAffected()
		freed += n
		return err
	})
	return int(freed), err
}

// ReviveDue implements ledger.DueStore.
func (d *DB) ReviveDue(ctx context.Context, o org.ID, kind, key string) error {
	return d.write(ctx, "revive due work", func(ctx context.Context, w *writer) error {
		r, err := w.exec(ctx, row.ReviveDue, string(o), kind, key)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return fmt.Errorf("%s %s: %w", kind, key, ledger.ErrNotFound)
		}
		return nil
	})
}
