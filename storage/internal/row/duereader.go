package row

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fettle/ledger"
	"fettle/org"
)

// HeldDue implements ledger.DueStore.
func (r Reader) HeldDue(ctx context.Context, o org.ID, claim string) ([]ledger.DueWork, error) {
	out, err := Page(ctx, r.From, 1, ScanDue, QueryHeld, string(o), claim) // as much as was claimed, all of it wanted
	if err != nil {
		return nil, fmt.Errorf("read claimed work: %w", err)
	}
	return out, nil
}

// OldestDue implements ledger.DueStore.
func (r Reader) OldestDue(ctx context.Context, o org.ID, f ledger.DueFilter, now time.Time) (time.Time, error) {
	at, err := one(ctx, r.From, ScanInstant, QueryOldest, string(o), now.UnixMicro(), f.Only, f.Except)
	if errors.Is(err, ledger.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read the oldest due work: %w", err)
	}
	return at, nil
}

// DeadDue implements ledger.DueStore.
func (r Reader) DeadDue(ctx context.Context, o org.ID, kind, key string, limit int) ([]ledger.DueWork, error) {
	out, err := Page(ctx, r.From, limit, ScanDue, QueryDead, string(o), kind, key, limit)
	if err != nil {
		return nil, fmt.Errorf("read due work that was laid aside: %w", err)
	}
	return out, nil
}

// DueRow implements ledger.DueStore.
func (r Reader) DueRow(ctx context.Context, o org.ID, kind, key string) (ledger.DueWork, error) {
	w, err := one(ctx, r.From, ScanDue, QueryDueRow, string(o), kind, key)
	if err != nil {
		return w, fmt.Errorf("read due work %s %s: %w", kind, key, err)
	}
	return w, nil
}

// DueOfKind implements ledger.DueStore.
func (r Reader) DueOfKind(ctx context.Context, o org.ID, kind, after string, limit int) ([]ledger.DueWork, error) {
	out, err := Page(ctx, r.From, limit, ScanDue, QueryKind, string(o), kind, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read due work of kind %s: %w", kind, err)
	}
	return out, nil
}

// Outcomes implements ledger.DueStore.
func (r Reader) Outcomes(ctx context.Context, o org.ID, q ledger.OutcomeQuery, limit int) ([]ledger.Outcome, error) {
	after := q.After.Due.UnixMicro()
	if q.After.Due.IsZero() {
		after = q.From.UnixMicro() - 1
	}
	key := q.After.Key
	if q.After.Due.IsZero() {
		key = "\uffff" // after all keys of the instant before
	}
	out, err := Page(ctx, r.From, limit, ScanOutcome, QueryOutcomes, string(o), q.Kind, after, key, q.To.UnixMicro(), limit)
	if err != nil {
		return nil, fmt.Errorf("read outcomes of kind %s: %w", q.Kind, err)
	}
	return out, nil
}
