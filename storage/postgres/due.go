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

var (
	_ ledger.DueStore      = (*DB)(nil)
	_ ledger.OutcomePruner = (*DB)(nil)
)

const (
	// claimLocked claims rows that this transaction has locked, by where they are.
	claimLocked = `UPDATE due_work SET claim = $2, claim_until = $3, wake_at = $3, attempt = attempt + 1
WHERE org = $1 AND ctid = ANY($4::text[]::tid[])`
	// freeGone ends the claims of processes whose session has ended.
	freeGone = `UPDATE due_work SET claim = '', claim_until = NULL, wake_at = NULL
WHERE org = $1 AND claim <> '' AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = split_part(claim, '/', 1)::integer)`
)

// ClaimDue implements ledger.DueStore. It needs no lead. Rows that somebody writes now are passed over, so that nobody waits for
// anybody. What is claimed is written by where it lies: a planner that knows little of the table, because it has just been
// filled, finds no other way to it that would read all of it.
func (d *DB) ClaimDue(ctx context.Context, o org.ID, f ledger.DueFilter, now, until time.Time, limit int) ([]ledger.DueWork, error) {
	claim, err := d.newClaim(ctx)
	if err != nil {
		return nil, d.fault("claim due work", err)
	}
	var out []ledger.DueWork
	err = d.unled(ctx, "claim due work", o, func(ctx context.Context, tx pgx.Tx) error {
		var places []string
		for _, query := range row.QueryLockDue {
			if len(out) >= limit {
				break
			}
			args := []any{string(o), now.UnixMicro(), f.Only, f.Except, limit - len(out)}
			rows, err := tx.Query(ctx, query, args...)
			if err != nil {
				return err
			}
			for rows.Next() {
				w, place, err := row.ScanLocked(row.Opened(reader{rows}, d.seal, args))
				if err != nil {
					rows.Close()
					return err
				}
				w.Claim, w.Attempt = claim, w.Attempt+1
				out, places = append(out, w), append(places, place)
			}
			if err := rows.Err(); err != nil {
				return err
			}
		}
		if len(out) == 0 {
			return nil
		}
		tag, err := tx.Exec(ctx, claimLocked, string(o), claim, until.UnixMicro(), places)
		if err == nil && int(tag.RowsAffected()) != len(out) {
			err = fmt.Errorf("%d of %d rows that were locked are claimed", tag.RowsAffected(), len(out))
		}
		return err
	})
	if err != nil {
		return nil, err
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

// PruneOutcomes implements ledger.OutcomePruner.
func (d *DB) PruneOutcomes(ctx context.Context, o org.ID, kind string, before time.Time, limit int) (n int, err error) {
	if limit <= 0 {
		return 0, ctx.Err()
	}
	err = d.unled(ctx, "prune outcomes", o, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, row.PruneOutcomes, spell([]any{string(o), kind, before.UnixMicro(), limit})...)
		n = int(tag.RowsAffected())
		return err
	})
	return n, err
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
