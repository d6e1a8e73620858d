package leasing

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/lease"
)

// midnight is when a lease changes by the calendar.
var midnight = calendar.Clock{}

// Create keeps a new lease with its obligations. A lease that is signed on paper already is active at once. A tenant who is
// kept here must be there, also when the lease is kept.
func (d *Desk) Create(ctx context.Context, by *Caller, l lease.Lease, t lease.Terms, signed bool) (Kept[lease.Lease], error) {
	m := d.Moment(by.Org, by.Actor)
	made, err := lease.New(l, t, m)
	if err == nil && signed {
		made, err = made.Activate(m)
	}
	if err != nil {
		return Kept[lease.Lease]{}, err
	}
	k := Kept[lease.Lease]{Value: made}
	out := k.next(m)
	err = again(ctx, func() error {
		c := &change{now: m.At}
		if c.Seen, err = d.holder(ctx, by.Org, made.Tenant); err != nil {
			return err
		}
		p := d.c.Policy(by.Org)
		c.lease(&k, nil, &p)
		c.audit(by, Leases, string(made.ID), "")
		return d.finish(ctx, by, c, Made{Lease: &out})
	})
	return out, err
}

// holder is what a lease relies on: the tenant, where it is kept here.
func (d *Desk) holder(ctx context.Context, o org.ID, id string) ([]ledger.Ref, error) {
	if !strings.HasPrefix(id, TenantPrefix) {
		return nil, nil
	}
	r, err := d.c.Store.Record(ctx, o, Tenants, id)
	if errors.Is(err, ledger.ErrNotFound) || err == nil && len(r.Keys) == 0 && r.State != "" {
		return nil, &invalid.Error{Field: "lease.tenantId", Value: id, Want: "the id of a tenant"}
	}
	if err != nil {
		return nil, fmt.Errorf("tenant %s: %w", id, err)
	}
	return []ledger.Ref{r.Ref()}, nil
}

// next is the value as the store has it after a change.
func (k Kept[T]) next(m lease.Moment) Kept[T] {
	if k.Version == 0 {
		k.Created = m.At
	}
	k.Version++
	k.Updated = m.At
	return k
}

// Edit is what is done to a lease.
type Edit func(l *lease.Lease, m lease.Moment) (lease.Lease, error)

// Change does something to a lease and lets its obligations follow, in one transaction. Version is the one that the caller has
// seen, 0 for any; ledger.ErrStale says that it is another. Reason is for the audit.
func (d *Desk) Change(ctx context.Context, by *Caller, id lease.ID, version int64, reason string, edit Edit) (Kept[lease.Lease], error) {
	var out Kept[lease.Lease]
	err := again(ctx, func() error {
		k, c, err := d.decide(ctx, by, id, version, reason, edit)
		if err != nil {
			return err
		}
		out = k.next(lease.Moment{At: c.now})
		return d.finish(ctx, by, c, Made{Lease: &out})
	})
	return out, err
}

// decide does something to a lease and says what is to be written.
func (d *Desk) decide(
	ctx context.Context, by *Caller, id lease.ID, version int64, reason string, edit Edit,
) (k Kept[lease.Lease], c *change, err error) {
	if k, err = d.Lease(ctx, by.Org, id); err != nil {
		return k, nil, err
	}
	if version != 0 && k.Version != version {
		return k, nil, errSeen
	}
	m := d.Moment(by.Org, by.Actor)
	present := k.Value.On(m.Today()) // the calendar may be ahead of the sweep
	if k.Value, err = edit(&present, m); err != nil {
		return k, nil, err
	}
	c = &change{now: m.At}
	if k.Value.State == lease.Terminated && present.State.Living() {
		c.DueSet = append(c.DueSet, ledger.DueWork{Kind: DueLeft, Key: string(id), At: m.At, Rank: ledger.CanWait})
	}
	if err := d.follow(ctx, by.Org, c, &k); err != nil {
		return k, nil, err
	}
	c.audit(by, Leases, string(id), reason)
	return k, c, d.succeed(ctx, by, c, &k)
}

// Decided decides what Change writes and leaves the commit to whoever has more to write with it; ledger.ErrStale of the commit says
// that it is to be decided again. It returns the lease as it will be.
func (d *Desk) Decided(ctx context.Context, by *Caller, id lease.ID, reason string, edit Edit) (*ledger.Change, lease.Lease, error) {
	k, c, err := d.decide(ctx, by, id, 0, reason, edit)
	if err != nil {
		return nil, lease.Lease{}, err
	}
	return &c.Change, k.Value, c.err
}

// follow adds a changed lease with what follows for its obligations.
func (d *Desk) follow(ctx context.Context, o org.ID, c *change, k *Kept[lease.Lease]) error {
	has, err := d.ladder(ctx, o, k.Value.ID)
	if err != nil {
		return err
	}
	p := d.c.Policy(o)
	c.lease(k, has, &p)
	return nil
}

// succeed closes the lease that an active one renews, and frees it again when the renewal comes to nothing.
func (d *Desk) succeed(ctx context.Context, by *Caller, c *change, k *Kept[lease.Lease]) error {
	l := &k.Value
	if l.Previous == "" || l.State != lease.Active && l.State != lease.Expiring && l.State != lease.Terminated {
		return nil
	}
	before, err := d.Lease(ctx, by.Org, l.Previous)
	if err != nil || before.Value.State.Closed() {
		return err
	}
	switch {
	case l.State == lease.Terminated && before.Value.Next == l.ID:
		before.Value = before.Value.Announce("")
	case l.State == lease.Terminated:
		return nil
	default:
		if before.Value, err = before.Value.Renew(l.ID, l.SignedAt); err != nil {
			return err
		}
	}
	c.audit(by, Leases, string(before.Value.ID), "renewed by "+string(l.ID))
	return d.follow(ctx, by.Org, c, &before)
}

// Renew drafts the lease that follows another. The old one stays as it is, with its reminders, until the new one is active;
// signed says that it is already.
func (d *Desk) Renew(ctx context.Context, by *Caller, id, next lease.ID, t lease.Terms, signed bool) (Kept[lease.Lease], error) {
	var out Kept[lease.Lease]
	err := again(ctx, func() error {
		k, c, err := d.renewal(ctx, by, id, next, t, signed)
		if err != nil {
			return err
		}
		out = k
		return d.finish(ctx, by, c, Made{Lease: &out})
	})
	return out, err
}

// Renewal decides what Renew writes and leaves the commit to whoever has more to write with it; ledger.ErrStale of the commit
// says that it is to be decided again.
func (d *Desk) Renewal(ctx context.Context, by *Caller, id, next lease.ID, t lease.Terms) (*ledger.Change, error) {
	_, c, err := d.renewal(ctx, by, id, next, t, false)
	if err != nil {
		return nil, err
	}
	return &c.Change, c.err
}

func (d *Desk) renewal(
	ctx context.Context, by *Caller, id, next lease.ID, t lease.Terms, signed bool,
) (out Kept[lease.Lease], c *change, err error) {
	old, err := d.Lease(ctx, by.Org, id)
	if err != nil {
		return out, nil, err
	}
	m := d.Moment(by.Org, by.Actor)
	present := old.Value.On(m.Today())
	made, err := present.Renewal(next, t, m)
	if err != nil {
		return out, nil, err
	}
	old.Value = present.Announce(next)
	if signed {
		if made, err = made.Activate(m); err == nil {
			old.Value, err = old.Value.Renew(next, made.SignedAt)
		}
		if err != nil {
			return out, nil, err
		}
	}
	k, p := Kept[lease.Lease]{Value: made}, d.c.Policy(by.Org)
	c = &change{now: m.At}
	c.lease(&k, nil, &p)
	if err := d.follow(ctx, by.Org, c, &old); err != nil {
		return out, nil, err
	}
	c.audit(by, Leases, string(id), "renewed by "+string(next))
	return k.next(m), c, nil
}
