package leasing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fettle/internal/clock"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/lease"
	"fettle/rental/obligation"
)

// Store is what a Desk needs of a store.
type Store interface {
	ledger.Reader
	ledger.Writer
}

// Config says what a Desk works with.
type Config struct {
	Store Store
	Clock clock.Clock
	// Policy is how an org reminds; the zone of its calendar is part of it.
	Policy func(o org.ID) obligation.Policy
	// Published, when not nil, hears of each change that was committed. It must not block, nor change what it is given.
	Published func(o org.ID, c *ledger.Change)
	// Post carries the messages. Without one nothing is sent, and everything that is due stays overdue and says so.
	Post Post
}

// Desk changes leases. Any goroutine may use it.
type Desk struct{ c Config }

// New makes a Desk.
func New(c Config) *Desk { return &Desk{c} }

// Caller is who asks, for the audit.
type Caller struct {
	Org                      org.ID
	Actor, Method, RequestID string
	// Also adds to the change what belongs into its transaction, such as the answer to the request. It may be called again,
	// with the change decided anew, when something changed meanwhile.
	Also func(c *ledger.Change, made Made) error
}

// Made is what a change is about, as it will be stored: one of the two.
type Made struct {
	Lease      *Kept[lease.Lease]
	Obligation *Kept[obligation.Obligation]
}

// tries is how often a decision is made anew when what it was made on has changed.
const tries = 20

// now is the present instant as precise as it is stored.
func (d *Desk) now() time.Time { return d.c.Clock.Now().UTC().Truncate(time.Microsecond) }

// Moment is the present in the zone of an org.
func (d *Desk) Moment(o org.ID, actor string) lease.Moment {
	return lease.Moment{At: d.now(), Zone: d.c.Policy(o).Zone, Actor: actor}
}

// errSeen says that the caller has seen another version than the one that is stored: deciding again would not help.
var errSeen = fmt.Errorf("another version was seen: %w", ledger.ErrStale)

// again calls decide until what it decided on has not changed meanwhile.
func again(ctx context.Context, decide func() error) error {
	var err error
	for range tries {
		if err = decide(); !errors.Is(err, ledger.ErrStale) || errors.Is(err, errSeen) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return err
}

// Lease reads a lease.
func (d *Desk) Lease(ctx context.Context, o org.ID, id lease.ID) (Kept[lease.Lease], error) {
	r, err := d.c.Store.Record(ctx, o, Leases, string(id))
	if err != nil {
		return Kept[lease.Lease]{}, fmt.Errorf("lease %s: %w", id, err)
	}
	return DecodeLease(r)
}

// Standing reads the leases that a query selects and that are not closed, up to a page of them.
func Standing(ctx context.Context, s ledger.Reader, o org.ID, q ledger.Query) ([]lease.Lease, error) {
	page, err := s.Records(ctx, o, q, pageSize)
	if err != nil {
		return nil, fmt.Errorf("read leases: %w", err)
	}
	var out []lease.Lease
	for i := range page.Records {
		k, err := DecodeLease(&page.Records[i])
		if err != nil {
			return nil, err
		}
		if !k.Value.State.Closed() {
			out = append(out, k.Value)
		}
	}
	return out, nil
}

// Roommates says in which dwelling the tenant of a lease has left others behind, and how many of them: by leases by which somebody lives
// there. There are none when the tenant stays by another lease.
func (d *Desk) Roommates(ctx context.Context, o org.ID, id lease.ID) (unit string, stay int, err error) {
	k, err := d.Lease(ctx, o, id)
	if err != nil {
		return "", 0, err
	}
	left := &k.Value
	beside, err := Standing(ctx, d.c.Store, o, ledger.Under(Leases, KeyUnit, ledger.Text(left.Unit)))
	if err != nil {
		return "", 0, err
	}
	who := map[string]bool{}
	for i := range beside {
		if l := &beside[i]; l.ID != id && l.Unit == left.Unit && l.State.Living() {
			who[l.Tenant] = true
		}
	}
	if who[left.Tenant] {
		return left.Unit, 0, nil
	}
	return left.Unit, len(who), nil
}

// Obligation reads an obligation.
func (d *Desk) Obligation(ctx context.Context, o org.ID, id string) (Kept[obligation.Obligation], error) {
	r, err := d.c.Store.Record(ctx, o, Obligations, id)
	if err != nil {
		return Kept[obligation.Obligation]{}, fmt.Errorf("obligation %s: %w", id, err)
	}
	return DecodeObligation(r)
}

// ladder is all obligations of a lease, in the order of their instants.
type ladder []Kept[obligation.Obligation]

// values are the obligations alone.
func (l ladder) values() []obligation.Obligation {
	out := make([]obligation.Obligation, len(l))
	for i := range l {
		out[i] = l[i].Value
	}
	return out
}

// pageSize is how many records are read at once.
const pageSize = 500

// Ladder reads all obligations of a lease.
func (d *Desk) ladder(ctx context.Context, o org.ID, id lease.ID) (ladder, error) {
	var out ladder
	q := ledger.Under(Obligations, KeyLease, ledger.Text(string(id)))
	for {
		page, err := d.c.Store.Records(ctx, o, q, pageSize)
		if err != nil {
			return nil, fmt.Errorf("obligations of lease %s: %w", id, err)
		}
		for i := range page.Records {
			k, err := DecodeObligation(&page.Records[i])
			if err != nil {
				return nil, err
			}
			out = append(out, k)
		}
		if page.Next == (ledger.Place{}) {
			return out, nil
		}
		q.After = page.Next
	}
}

// Ladder reads all obligations of a lease, in the order of their instants.
func (d *Desk) Ladder(ctx context.Context, o org.ID, id lease.ID) ([]obligation.Obligation, error) {
	l, err := d.ladder(ctx, o, id)
	return l.values(), err
}

// change collects what one decision writes.
type change struct {
	ledger.Change
	now time.Time
	err error
}

// lease adds the after-image of a lease, its obligations as they follow from it, and all their due work.
func (c *change) lease(k *Kept[lease.Lease], has ladder, p *obligation.Policy) {
	r, err := leaseRecord(k, c.now)
	c.add(&r, err)
	for _, o := range obligation.Reconcile(&k.Value, has.values(), p, c.now) {
		c.obligation(has.find(o))
	}
	w := ledger.DueWork{Kind: DueLease, Key: string(k.Value.ID)}
	if day := k.Value.Changes(); !day.IsZero() {
		w.At = day.At(midnight, p.Zone)
		c.DueSet = append(c.DueSet, w)
	} else if k.Version > 0 {
		c.DueDone = append(c.DueDone, w)
	}
}

// find is an obligation as it is to be stored: over the version that the ladder has of it.
func (l ladder) find(o obligation.Obligation) *Kept[obligation.Obligation] {
	for i := range l {
		if l[i].Value.ID == o.ID {
			return &Kept[obligation.Obligation]{Value: o, Version: l[i].Version, Created: l[i].Created}
		}
	}
	return &Kept[obligation.Obligation]{Value: o}
}

// obligation adds the after-image of an obligation, and sets or removes its due work.
func (c *change) obligation(k *Kept[obligation.Obligation]) {
	r, err := obligationRecord(k, c.now)
	c.add(&r, err)
	w := ledger.DueWork{Kind: DueObligation, Key: k.Value.ID, At: k.Value.At}
	switch {
	case k.Value.State == obligation.Due && k.Version == 0:
		c.DueSet = append(c.DueSet, w)
	case !k.Value.State.Open() && k.Version > 0:
		c.DueDone = append(c.DueDone, w)
	}
}

func (c *change) add(r *ledger.Record, err error) {
	c.err = errors.Join(c.err, err)
	c.Records = append(c.Records, *r)
}

// audit adds who did what to what.
func (c *change) audit(by *Caller, kind, id, reason string) {
	c.Audit = append(c.Audit, ledger.Entry{
		Time: c.now, Actor: by.Actor, Method: by.Method, RequestID: by.RequestID, Kind: kind, ID: id, Result: ledger.OK, Reason: reason,
	})
}

// finish lets the caller add to a change and keeps it.
func (d *Desk) finish(ctx context.Context, by *Caller, c *change, made Made) error {
	if by.Also != nil {
		if err := by.Also(&c.Change, made); err != nil {
			return err
		}
	}
	return d.apply(ctx, by.Org, c)
}

// apply keeps the change.
func (d *Desk) apply(ctx context.Context, o org.ID, c *change) error {
	if c.err != nil {
		return c.err
	}
	err := d.c.Store.Apply(ctx, o, &c.Change)
	if err == nil && d.c.Published != nil {
		d.c.Published(o, &c.Change)
	}
	return err
}
