package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"fettle/internal/secret"
	"fettle/ledger"
	"fettle/org"
)

// Store is what Addresses reads and writes.
type Store interface {
	ledger.Reader
	ledger.Writer
}

// Addresses seals where tenants are reached under their own keys, in the way to and from a store: whoever reads and writes sees bodies
// as they are. They are records of the kind "recipients" with an id that begins with "tenant."; one of somebody who has no key stays
// under the keys of the org.
type Addresses struct{ To Store }

const (
	addressKind = "recipients"
	ofTenant    = "tenant."
)

// person is whose addresses a record holds.
func person(r *ledger.Record) (id string, ok bool) {
	if r.Kind != addressKind {
		return "", false
	}
	return strings.CutPrefix(r.ID, ofTenant)
}

// Record implements ledger.Reader.
func (a Addresses) Record(ctx context.Context, o org.ID, kind, id string) (*ledger.Record, error) {
	r, err := a.To.Record(ctx, o, kind, id)
	if err != nil {
		return nil, err
	}
	return r, a.open(ctx, o, r)
}

// Records implements ledger.Reader.
func (a Addresses) Records(ctx context.Context, o org.ID, q ledger.Query, limit int) (ledger.Page, error) {
	p, err := a.To.Records(ctx, o, q, limit)
	for i := range p.Records {
		if err == nil {
			err = a.open(ctx, o, &p.Records[i])
		}
	}
	return p, err
}

// Apply implements ledger.Writer.
func (a Addresses) Apply(ctx context.Context, o org.ID, c *ledger.Change) error {
	out := c
	for i := range c.Records {
		id, ok := person(&c.Records[i])
		if !ok {
			continue
		}
		body, err := a.sealed(ctx, o, id, &c.Records[i])
		if err != nil {
			return err
		}
		if out == c { // the caller's own stays as it is
			other := *c
			other.Records = slices.Clone(c.Records)
			out = &other
		}
		out.Records[i].Body = body
	}
	return a.To.Apply(ctx, o, out)
}

// sealed seals the body of a record for its person.
func (a Addresses) sealed(ctx context.Context, o org.ID, id string, r *ledger.Record) ([]byte, error) {
	key, err := keyOf(ctx, a.To, o, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return r.Body, nil
	}
	if err != nil {
		return nil, err
	}
	body, err := secret.SealFor(key, o, r.Kind, r.ID, r.Body)
	if err != nil {
		return nil, err
	}
	return json.Marshal(kept{Sealed: body})
}

// open opens the body of a record in place. Of somebody whose key is destroyed nothing is left.
func (a Addresses) open(ctx context.Context, o org.ID, r *ledger.Record) error {
	id, ok := person(r)
	if !ok || !Sealed(r.Body) {
		return nil
	}
	var k kept
	if err := json.Unmarshal(r.Body, &k); err != nil {
		return fmt.Errorf("%s %s: %w", r.Kind, r.ID, err)
	}
	key, err := keyOf(ctx, a.To, o, id)
	if errors.Is(err, ledger.ErrNotFound) {
		r.Body = []byte("{}")
		return nil
	}
	if err == nil {
		r.Body, err = secret.OpenFor(key, o, r.Kind, r.ID, k.Sealed)
	}
	return err
}
