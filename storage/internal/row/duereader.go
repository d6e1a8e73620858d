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
