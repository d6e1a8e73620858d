package subjectserver

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"fettle/internal/leasing"
	"fettle/internal/registry"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/lease"
)

// again is how long an erasure waits for what is still open: orders that are worked on, messages on their way.
const again = time.Hour

// trail is what leads from a person to what others have written about it, of one walk.
type trail struct {
	s    *Server
	org  org.ID
	ids  []string // by which answers are known that tell of it
	also []string // other records about it, those that are gone too
	open bool     // something is not over yet, and is looked at again
}

// Remember carries DueForget out: the erasure is remembered outside of the store, and what was written about the person is taken out
// of orders and their log, photos, tasks, incidents, messages, exports, the answers kept under idempotency keys and the audit. It may be cut
// short and begun anew.
func (s *Server) Remember(o org.ID) func(context.Context, ledger.DueWork) error {
	return func(ctx context.Context, w ledger.DueWork) error {
		if err := s.c.Forget(o, w.Key); err != nil {
			return err
		}
		t := &trail{s: s, org: o, ids: []string{w.Key}}
		if err := t.begin(w.Payload); err != nil {
			return err
		}
		leases, err := s.leases(ctx, o, w.Key)
		if err != nil {
			return err
		}
		for i := range leases {
			if err := t.lived(ctx, &leases[i]); err != nil {
				return err
			}
		}
		if err := t.told(ctx, w.Key, leases); err != nil {
			return err
		}
		if err := t.named(ctx); err != nil {
			return err
		}
		if err := s.c.EraseAnswers(ctx, o, t.ids); err != nil {
			return err
		}
		if err := t.contract(ctx, w.Key, leases); err != nil {
			return err
		}
		if err := t.reasons(ctx); err != nil {
			return err
		}
		if !t.open {
			return nil
		}
		return s.c.Registry.Work(ctx, o, DueForget, func(tx *registry.Tx) error {
			tx.About(leasing.Tenants, w.Key)
			tx.Due(ledger.DueWork{Kind: DueForget, Key: w.Key, At: tx.Now.Add(again), Payload: w.Payload})
			return nil
		})
	}
}

// work makes a change of the service about a record; none when do changes nothing.
func (t *trail) work(ctx context.Context, r *ledger.Record, do func(tx *registry.Tx, r *ledger.Record) error) error {
	return t.s.c.Registry.Work(ctx, t.org, DueForget, func(tx *registry.Tx) error {
		now, err := tx.Store().Record(ctx, t.org, r.Kind, r.ID) // it may have changed since, or gone
		if err != nil {
			return err
		}
		tx.About(r.Kind, r.ID)
		return do(tx, now)
	})
}

// lived takes away what was written while a lease lasted about the repairs and the tasks of its dwelling.
func (t *trail) lived(ctx context.Context, l *lease.Lease) error {
	t.ids = append(t.ids, string(l.ID), "unit."+l.Unit)
	from, to := t.s.while(l)
	orders, err := t.s.c.Orders(ctx, t.org, l.Unit, from, to)
	if err != nil {
		return err
	}
	for i := range orders {
		if err := t.order(ctx, orders[i].ID); err != nil {
			return err
		}
	}
	return t.s.each(ctx, t.org, tasks.query(l.Unit), func(r *ledger.Record) error {
		if r.Created.Before(from) || !r.Created.Before(to) {
			return nil
		}
		t.ids = append(t.ids, r.ID)
		if r.State == "NEW" || r.State == "CLAIMED" {
			t.open = true
			return nil
		}
		return t.unsaid(ctx, r, tasks.words)
	})
}

// order takes the words out of an order, of its log, of what belongs to it and of the incidents that it is part of.
func (t *trail) order(ctx context.Context, id string) error {
	t.ids = append(t.ids, id)
	done, err := t.s.c.EraseOrder(ctx, t.org, id)
	if err != nil {
		return fmt.Errorf("erase the words of order %s: %w", id, err)
	}
	if !done {
		t.open = true
		return nil
	}
	for i := range ofOrder {
		err := t.s.each(ctx, t.org, ofOrder[i].query(id), func(r *ledger.Record) error { return t.work(ctx, r, drop) })
		if err != nil {
			return err
		}
	}
	if err := t.unsay(ctx, id); err != nil {
		return err
	}
	err = t.s.each(ctx, t.org, ledger.Under(messages, "order", ledger.Text(id)), t.message(ctx))
	if err != nil {
		return err
	}
	return t.s.each(ctx, t.org, incidents.query(id), func(r *ledger.Record) error {
		t.ids = append(t.ids, r.ID)
		if r.State == "OPEN" {
			t.open = true
			return nil
		}
		return t.unsaid(ctx, r, incidents.words)
	})
}

// unsaid takes the words out of a record, in a change of its own where there are any.
func (t *trail) unsaid(ctx context.Context, r *ledger.Record, names []string) error {
	v, err := tree(r)
	if err != nil || !silence(v, names) {
		return err
	}
	return t.work(ctx, r, func(tx *registry.Tx, r *ledger.Record) error { return unsay(tx, r, names) })
}

// message takes out what a message says. One that has yet to leave is looked at again.
func (t *trail) message(ctx context.Context) func(r *ledger.Record) error {
	return func(r *ledger.Record) error {
		if r.State == "DUE" {
			t.open = true
			return nil
		}
		return t.unsaid(ctx, r, said)
	}
}

// told takes out what messages about a person or its leases say.
func (t *trail) told(ctx context.Context, id string, leases []lease.Lease) error {
	if err := t.s.each(ctx, t.org, told.query("tenant."+id), t.message(ctx)); err != nil {
		return err
	}
	for i := range leases {
		q := ledger.Under(messages, "lease", ledger.Text(string(leases[i].ID)))
		if err := t.s.each(ctx, t.org, q, t.message(ctx)); err != nil {
			return err
		}
	}
	return nil
}

// named takes away what is found by reading all of its kind: conflicts of sheets, what rules of people have done, findings of
// cleaning, and the files of exports, which are made again where somebody still wants them.
func (t *trail) named(ctx context.Context) error {
	for _, kind := range []string{"importConflicts", "automationHits"} {
		err := t.s.each(ctx, t.org, ledger.All(kind), func(r *ledger.Record) error {
			var about struct{ Lease, Record string }
			if err := json.Unmarshal(r.Body, &about); err != nil {
				return fmt.Errorf("read %s %s: %w", r.Kind, r.ID, err)
			}
			if !t.knows(about.Lease) && !t.knows(about.Record) {
				return nil
			}
			return t.work(ctx, r, drop)
		})
		if err != nil {
			return err
		}
	}
	err := t.s.each(ctx, t.org, ledger.All("cleaningFindings"), func(r *ledger.Record) error {
		var about struct{ ID, Other string }
		if err := json.Unmarshal(r.Body, &about); err != nil {
			return fmt.Errorf("read %s %s: %w", r.Kind, r.ID, err)
		}
		if !t.knows(about.ID) && !t.knows(about.Other) {
			return nil
		}
		return t.unsaid(ctx, r, []string{"note"})
	})
	if err != nil {
		return err
	}
	return t.s.each(ctx, t.org, ledger.All("operations"), t.file(ctx))
}

func (t *trail) knows(id string) bool { return id != "" && slices.Contains(t.ids, id) }

// file lets the file of an operation that has ended expire now. One that runs may have read the person already.
func (t *trail) file(ctx context.Context) func(r *ledger.Record) error {
	return func(r *ledger.Record) error {
		var op struct{ Output *struct{} }
		if err := json.Unmarshal(r.Body, &op); err != nil {
			return fmt.Errorf("read %s %s: %w", r.Kind, r.ID, err)
		}
		if r.State == "RUNNING" {
			t.open = true
		}
		if r.State == "RUNNING" || op.Output == nil {
			return nil
		}
		return t.work(ctx, r, func(tx *registry.Tx, r *ledger.Record) error {
			tx.Due(ledger.DueWork{Kind: "operation", Key: r.ID, At: tx.Now, Rank: ledger.CanWait})
			return nil
		})
	}
}
