package subjectserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"fettle/internal/registry"
	"fettle/internal/vault"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/lease"
)

// conversations is the kind of what tenants wrote about repairs: the ids are those of the orders, the words are sealed under keys of
// the same ids.
const conversations = "conversations"

// conversation reads what was written about an order; nil when nothing was.
func (s *Server) conversation(ctx context.Context, o org.ID, order string) (*ledger.Record, error) {
	r, err := s.c.Store.Record(ctx, o, conversations, order)
	if errors.Is(err, ledger.ErrNotFound) || err == nil && r.State == registry.Deleted {
		return nil, nil //nolint:nilnil // which is no fault
	}
	if err != nil {
		return nil, fmt.Errorf("conversation %s: %w", order, err)
	}
	return r, nil
}

// notes are the ids of what was written about an order: answers that are kept to who wrote name nothing else.
func (s *Server) notes(ctx context.Context, o org.ID, r *ledger.Record) (ids []string, err error) {
	body, err := vault.Vault{}.Open(ctx, s.c.Store, o, conversations, r.ID, r.Body)
	if err != nil {
		return nil, fmt.Errorf("conversation %s: %w", r.ID, err)
	}
	var said struct {
		Notes []struct {
			ID string `json:"id"`
		} `json:"notes"`
	}
	if err := json.Unmarshal(body, &said); err != nil {
		return nil, fmt.Errorf("conversation %s: %w", r.ID, err)
	}
	for _, n := range said.Notes {
		ids = append(ids, n.ID)
	}
	return ids, nil
}

// unsay takes away what was written about the repairs of a tenant, and the keys of it. It returns the ids of the notes.
func (s *Server) unsay(tx *registry.Tx, leases []lease.Lease, remove func(r *ledger.Record) error) (ids []string, err error) {
	for i := range leases {
		from, to := s.while(&leases[i])
		found, err := s.c.Orders(tx.Context(), tx.Org, leases[i].Unit, from, to)
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			r, err := s.conversation(tx.Context(), tx.Org, o.ID)
			if err != nil {
				return nil, err
			}
			if r == nil {
				continue
			}
			more, err := s.notes(tx.Context(), tx.Org, r)
			if err != nil {
				return nil, err
			}
			ids = append(ids, more...)
			if err := vault.Destroy(tx, o.ID); err != nil {
				return nil, err
			}
			if err := remove(r); err != nil {
				return nil, err
			}
		}
	}
	return ids, nil
}

// unsay takes away what was written about a repair after the erasure, while it was open, once it is closed.
func (t *trail) unsay(ctx context.Context, order string) error {
	r, err := t.s.conversation(ctx, t.org, order)
	if err != nil || r == nil {
		return err
	}
	ids, err := t.s.notes(ctx, t.org, r)
	if err != nil {
		return err
	}
	t.ids = append(t.ids, ids...)
	return t.work(ctx, r, func(tx *registry.Tx, r *ledger.Record) error {
		if err := vault.Destroy(tx, order); err != nil {
			return err
		}
		return drop(tx, r)
	})
}

// said copies what was written about an order.
func (c *copying) said(order string) error {
	r, err := c.s.conversation(c.ctx, c.org, order)
	if err != nil || r == nil {
		return err
	}
	body, err := vault.Vault{}.Open(c.ctx, c.s.c.Store, c.org, conversations, order, r.Body)
	if err != nil {
		return fmt.Errorf("conversation %s: %w", order, err)
	}
	to := c.section(conversations, "GET /v1/workOrders/{id}/notes", order)
	return c.value(to, order, "", r.Created, r.Updated, json.RawMessage(body))
}
