package subjectserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	compliancev1 "fettle/api/gen/fettle/compliance/v1"
	"fettle/dispatch/engine"
	"fettle/internal/blob"
	"fettle/internal/leasing"
	"fettle/internal/registry"
	"fettle/internal/vault"
	"fettle/internal/wire"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/tenant"
)

// DueForget is the kind of the due work that remembers an erasure outside of the store; its key is the id of the tenant.
const DueForget = "subject.forget"

// midnight is when days begin.
var midnight = calendar.Clock{}

// refunded is the state of a deposit that nobody waits for.
const refunded = "REFUNDED"

// EraseSubject implements the method of the same name.
func (s *Server) EraseSubject(ctx context.Context, r *compliancev1.EraseSubjectRequest) (*compliancev1.Erasure, error) {
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*compliancev1.Erasure, error) {
		item, err := s.c.Tenants.Load(tx, r.GetId())
		if err != nil {
			return nil, err
		}
		if !item.Value.Erased.IsZero() {
			return nil, erased(item.ID, "erase")
		}
		leases, err := s.leases(ctx, tx.Org, item.ID)
		if err != nil {
			return nil, err
		}
		if err := s.kept(tx, item, leases); err != nil {
			return nil, err
		}
		tx.Purpose(r.GetReason())
		removed, err := s.wipe(tx, item, leases)
		if err != nil {
			return nil, err
		}
		tx.Due(ledger.DueWork{Kind: DueForget, Key: item.ID, At: tx.Now})
		return &compliancev1.Erasure{TenantId: item.ID, EraseTime: wire.Timestamp(tx.Now), Removed: removed}, nil
	})
}

// kept says why a tenant must be kept for now; nil when nothing asks for it. A lease that is made meanwhile is seen at the commit.
func (s *Server) kept(tx *registry.Tx, item *registry.Item[tenant.Tenant], leases []lease.Lease) error {
	refuse := func(reason, detail string) error { return &engine.ConflictError{Reason: reason, Detail: detail} }
	if h := &item.Value.Hold; h.Holds(s.today(tx.Now)) {
		return refuse("RETENTION_HOLD", fmt.Sprintf("the tenant is kept until %s: %s", h.Until, h.Reason))
	}
	for i := range leases {
		l := &leases[i]
		if !l.State.Closed() {
			return refuse("LEASE_STANDING", fmt.Sprintf("lease %s is %s: it must be over", l.ID, l.State))
		}
		err := s.each(tx.Context(), tx.Org, ledger.Where("deposits", "lease", ledger.Text(string(l.ID))), func(r *ledger.Record) error {
			tx.Seen(r.Ref())
			if r.State == refunded {
				return nil
			}
			return refuse("DEPOSIT_OPEN", fmt.Sprintf("deposit %s of lease %s is %s: it must be refunded", r.ID, l.ID, r.State))
		})
		if err != nil {
			return err
		}
	}
	tx.Absent(ledger.Holding{Kind: leasing.Leases, Name: leasing.KeyHolder, Value: ledger.Text(item.ID)})
	return nil
}

// wipe takes away what is of the person: the key, the record, where the person is reached, and what the person has said and done
// beside the contract. It counts what it removes by kind.
func (s *Server) wipe(tx *registry.Tx, item *registry.Item[tenant.Tenant], leases []lease.Lease) (map[string]int32, error) {
	removed, gone := map[string]int32{}, map[ledger.Ref]bool{}
	remove := func(r *ledger.Record) error { //nolint:unparam // the form of each
		if ref := r.Ref(); !gone[ref] {
			gone[ref] = true
			removed[r.Kind]++
			tx.Remove(ref)
		}
		return nil
	}
	tx.About(s.c.Tenants.Name, item.ID)
	if err := vault.Destroy(tx, item.ID); err != nil {
		return nil, err
	}
	item.Value = tenant.Tenant{Erased: tx.Now}
	if err := s.c.Remains.Save(tx, item); err != nil {
		return nil, err
	}
	ctx := tx.Context()
	for i := range leases {
		for j := range ofLease {
			if h := &ofLease[j]; h.personal {
				if err := s.each(ctx, tx.Org, h.query(string(leases[i].ID)), remove); err != nil {
					return nil, err
				}
			}
		}
	}
	if err := s.bare(tx, leases); err != nil {
		return nil, err
	}
	if err := s.answers(ctx, tx.Org, leases, remove); err != nil {
		return nil, err
	}
	if err := s.care(ctx, tx.Org, leases, remove); err != nil {
		return nil, err
	}
	err := s.each(ctx, tx.Org, idImages.query(item.ID), func(r *ledger.Record) error {
		var image struct {
			File blob.Ref `json:"file"`
		}
		if err := json.Unmarshal(r.Body, &image); err != nil {
			return fmt.Errorf("read %s %s: %w", r.Kind, r.ID, err)
		}
		tx.Remove(image.File.Remove()...)
		return remove(r)
	})
	if err != nil {
		return nil, err
	}
	return removed, s.unreach(tx, item.ID, leases, remove)
}

// bare takes out of proposals what they show of the life of the tenant: figures, facts among them.
func (s *Server) bare(tx *registry.Tx, leases []lease.Lease) error {
	for i := range leases {
		q := ledger.Where("renewals", "lease", ledger.Text(string(leases[i].ID)))
		err := s.each(tx.Context(), tx.Org, q, func(r *ledger.Record) error {
			body := map[string]json.RawMessage{}
			if err := json.Unmarshal(r.Body, &body); err != nil {
				return fmt.Errorf("read %s %s: %w", r.Kind, r.ID, err)
			}
			if len(body["figures"]) == 0 {
				return nil
			}
			delete(body, "figures")
			next := *r
			var err error
			if next.Body, err = json.Marshal(body); err != nil {
				return fmt.Errorf("write %s %s: %w", r.Kind, r.ID, err)
			}
			next.Version, next.Updated, next.Keys = r.Version+1, tx.Now, nil
			tx.Write(next)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unreach takes the addresses of a tenant away: those of a dwelling too, unless somebody lives there now.
func (s *Server) unreach(tx *registry.Tx, id string, leases []lease.Lease, remove func(r *ledger.Record) error) error {
	for _, ref := range references(id, leases) {
		if unit, ok := unitOf(ref); ok {
			now, err := leasing.Standing(tx.Context(), s.c.Store, tx.Org, ledger.Under(leasing.Leases, leasing.KeyUnit, ledger.Text(unit)))
			if err != nil {
				return err
			}
			if len(now) > 0 {
				continue
			}
		}
		r, err := s.c.Store.Record(tx.Context(), tx.Org, recipients, ref)
		if errors.Is(err, ledger.ErrNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("recipient %s: %w", ref, err)
		}
		if err := remove(r); err != nil {
			return err
		}
	}
	return nil
}

// Remember carries DueForget out.
func (s *Server) Remember(o org.ID) func(context.Context, ledger.DueWork) error {
	return func(_ context.Context, w ledger.DueWork) error { return s.c.Forget(o, w.Key) }
}

// Again erases those who were erased before and are there again: an older backup was restored. It counts them.
func (s *Server) Again(ctx context.Context, o org.ID, forgotten []string) (n int, err error) {
	for _, id := range forgotten {
		item, err := s.c.Tenants.Read(ctx, s.c.Store, o, id)
		if errors.Is(err, ledger.ErrNotFound) || err == nil && !item.Value.Erased.IsZero() {
			continue
		}
		if err != nil {
			return n, err
		}
		err = s.c.Registry.Work(ctx, o, DueForget, func(tx *registry.Tx) error {
			item, err := s.c.Tenants.Load(tx, id)
			if err != nil {
				return err
			}
			leases, err := s.leases(ctx, o, id)
			if err != nil {
				return err
			}
			_, err = s.wipe(tx, item, leases)
			return err
		})
		if err != nil {
			return n, fmt.Errorf("erase %s again: %w", id, err)
		}
		n++
	}
	return n, nil
}
