package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"fettle/ledger"
	"fettle/org"
	"fettle/storage/internal/row"
)

var _ ledger.DueStore = (*DB)(nil)

const (
	// claimFound claims what was found and nobody else has meanwhile. Rows that somebody writes now are passed over, so that
	// nobody waits for anybody.
	claimFound = `UPDATE due_work AS d SET claim = $4, claim_until = $5, wake_at = $5, attempt = attempt + 1
FROM (SELECT w.kind, w.key FROM due_work AS w JOIN unnest($2::text[], $3::text[]) AS f (kind, key) ON w.kind = f.kind AND w.key = f.key
WHERE w.org = $1 AND w.dead_at IS NULL AND coalesce(w.wake_at, w.due_at) <= $6
ORDER BY w.kind, w.key FOR UPDATE OF w SKIP LOCKED) AS free
WHERE d.org = $1 AND d.kind = free.kind AND d.key = free.key`
	// byKey keeps the planner on the primary key: it does not know how few rows are found, and would read the whole table.
	byKey = `SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
set_config('enable_seqscan', 'off', true)`
	// freeGone ends the claims of processes whose session has ended.
	freeGone = `UPDATE due_work SET claim = '', claim_until = NULL, wake_at = NULL
WHERE org = $1 AND claim <> '' AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = split_part(claim, '/', 1)::integer)`
)

// ClaimDue implements ledger.DueStore. It needs no lead.
func (d *DB) ClaimDue(ctx context.Context, o org.ID, f ledger.DueFilter, now, until time.Time, limit int) ([]ledger.DueWork, error) {
	found, err := d.Due(ctx, o, f, now, limit)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	kinds, keys := make([]string, len(found)), make([]string, len(found))
	order := make(map[[2]string]int, len(found))
	for i := range found {
		kinds[i], keys[i] = speller.Replace(found[i].Kind), speller.Replace(found[i].Key)
		order[[2]string{found[i].Kind, found[i].Key}] = i
	}
	claim, err := d.newClaim(ctx)
	if err != nil {
		return nil, d.fault("claim due work", err)
	}
	claimed := make([]*ledger.DueWork, len(found))
	err = d.unled(ctx, "claim due work", o, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, byKey); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, claimFound, string(o), kinds, keys, claim, until.UnixMicro(), now.UnixMicro()); err != nil {
			return err
		}
		args := []any{string(o), claim}
		rows, err := tx.Query(ctx, row.QueryHeld, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			w, err := row.ScanDue(row.Opened(reader{rows}, d.seal, args))
			if err != nil {
				return err
			}
			claimed[order[[2]string{w.Kind, w.Key}]] = &w
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	out := make([]ledger.DueWork, 0, len(found))
	for _, w := range claimed {
		if w != nil {
			out = append(out, *w)
		}
	}
	return out, nil
}

// newClaim makes a claim that tells whose it is: it begins with the session by which others see that this process lives.
func (d *DB) newClaim(ctx context.Context) (string, error) {
	d.leading.Lock()
	defer d.leading.Unlock()
	session, err := d.openSession(ctx)
	if err != nil {
		return "", err
	}
	return strconv.FormatUint(uint64(session), 10) + "/" + rand.Text(), nil
}

// unled runs a transaction of an org that need not be led here. A context that has ended keeps it from beginning.
func (d *DB) unled(ctx context.Context, what string, o org.ID, fn func(context.Context, pgx.Tx) error) error {
	if err := d.state(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerLimit)
	defer cancel()
	err := d.inOrg(ctx, o, func(tx pgx.Tx) error { return fn(ctx, tx) })
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ledger.ErrClaimLost) || errors.Is(err, ledger.ErrNotFound):
		return fmt.Errorf("%s: %w", what, err)
	}
	return d.fault(what, err)
}

// SettleDue implements ledger.DueStore.
func (d *DB) SettleDue(ctx context.Context, o org.ID, w ledger.DueWork, out ledger.Outcome) error {
	return d.unled(ctx, "settle due work", o, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, row.SettleDue, spell([]any{string(o), w.Kind, w.Key, w.Claim})...)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 || w.Claim == "" {
			return ledger.ErrClaimLost
		}
		if out.Fate == "" {
			return nil
		}
		_, err = tx.Exec(ctx, row.InsertOutcome, spell(row.Outcome(o, &out))...)
		return err
	})
}

// YieldDue implements ledger.DueStore.
func (d *DB) YieldDue(ctx context.Context, o org.ID, give []ledger.Yield) error {
	if len(give) == 0 {
		return ctx.Err()
	}
	return d.unled(ctx, "give due work back", o, func(ctx context.Context, tx pgx.Tx) error {
		b := &pgx.Batch{}
		for i := range give {
			b.Queue(row.YieldDue, spell(row.Yield(o, &give[i]))...)
		}
		return tx.SendBatch(ctx, b).Close()
	})
}

// FreeDue implements ledger.DueStore.
func (d *DB) FreeDue(ctx context.Context, o org.ID, after time.Time) (int, error) {
	var freed int64
	err := d.unled(ctx, "free due work", o, func(ctx context.Context, tx pgx.Tx) error {
		gone, err := tx.Exec(ctx, freeGone, string(o))
		if err != nil {
			return err
		}
		back, err := tx.Exec(ctx, row.FreeDueAfter, string(o), after.UnixMicro())
		freed = gone.RowsAffected() + back.RowsAffected()
		return err
	})
	return int(freed), err
}

// ReviveDue implements ledger.DueStore.
func (d *DB) ReviveDue(ctx context.Context, o org.ID, kind, key string) error {
	return d.unled(ctx, "revive due work", o, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, row.ReviveDue, spell([]any{string(o), kind, key})...)
		if err == nil && tag.RowsAffected() == 0 {
			return fmt.Errorf("%s %s: %w", kind, key, ledger.ErrNotFound)
		}
		return err
	})
}
