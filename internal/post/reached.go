package post

import (
	"context"

	"fettle/internal/vault"
	"fettle/ledger"
	"fettle/org"
)

// reached is a store in which the addresses of tenants lie under their own keys.
type reached struct {
	Store
	way vault.Addresses
}

// Record implements ledger.Reader.
func (r reached) Record(ctx context.Context, o org.ID, kind, id string) (*ledger.Record, error) {
	return r.way.Record(ctx, o, kind, id)
}

// Records implements ledger.Reader.
func (r reached) Records(ctx context.Context, o org.ID, q ledger.Query, limit int) (ledger.Page, error) {
	return r.way.Records(ctx, o, q, limit)
}

// Apply implements ledger.Writer.
func (r reached) Apply(ctx context.Context, o org.ID, c *ledger.Change) error {
	return r.way.Apply(ctx, o, c)
}
