package subjectserver

import (
	"context"
	"errors"
	"fmt"

	compliancev1 "fettle/api/gen/fettle/compliance/v1"
	"fettle/dispatch/engine"
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
// beside the contract. It counts what it removes by kind. The rest is due work, which knows what was removed.
func (s *Server) wipe(tx *registry.Tx, item *registry.Item[tenant.Tenant], leases []lease.Lease) (map[string]int32, error) {
	removed, gone := map[string]int32{}, map[ledger.Ref]bool{}
	remove := func(r *ledger.Record) error {
		if gone[r.Ref()] {
			return nil
		}
		gone[r.Ref()] = true
		removed[r.Kind]++
		return drop(tx, r)
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
	if err := s.contract(tx, item.ID, leases, remove); err != nil {
		return nil, err
	}
	if err := s.answers(ctx, tx.Org, leases, remove); err != nil {
		return nil, err
	}
	if err := s.care(ctx, tx.Org, leases, remove); err != nil {
		return nil, err
	}
	notes, err := s.unsay(tx, leases, remove)
	if err != nil {
		return nil, err
	}
	if err := s.unreach(tx, item.ID, leases, remove); err != nil {
		return nil, err
	}
	payload, err := payloadOf(gone, notes)
	if err == nil {
		tx.Due(ledger.DueWork{Kind: DueForget, Key: item.ID, At: tx.Now, Payload: payload})
	}
	return removed, err
}

// contract takes away what the person has said and done beside the contract, and the words out of what stays.
func (s *Server) contract(tx *registry.Tx, id string, leases []lease.Lease, remove func(r *ledger.Record) error) error {
	take := func(about string, all []holding) error {
		for i := range all {
			h, do := &all[i], remove
			if !h.personal {
				do = func(r *ledger.Record) error { return unsay(tx, r, h.words) }
			}
			if !h.personal && len(h.words) == 0 {
				continue
			}
			if err := s.each(tx.Context(), tx.Org, h.query(about), do); err != nil {
				return err
			}
		}
		return nil
	}
	for i := range leases {
		if err := take(string(leases[i].ID), ofLease); err != nil {
			return err
		}
	}
	q := ledger.Under(leasing.Leases, leasing.KeyTenant, ledger.Text(id))
	err := s.each(tx.Context(), tx.Org, q, func(r *ledger.Record) error { return unsay(tx, r, []string{"note", "reason"}) })
	if err != nil {
		return err
	}
	return take(id, ofTenant)
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
