package leasing

import (
	"context"
	"fmt"
	"time"

	"fettle/ledger"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/obligation"
)

// Settle does something to an obligation that a person has decided: acknowledge, waive, compensate. Version is the one that the
// caller has seen, 0 for any.
func (d *Desk) Settle(
	ctx context.Context, by *Caller, id string, version int64, verb func(x *obligation.Obligation, now time.Time) error,
) (Kept[obligation.Obligation], error) {
	var out Kept[obligation.Obligation]
	once := func() error {
		k, err := d.Obligation(ctx, by.Org, id)
		if err != nil {
			return err
		}
		if version != 0 && k.Version != version {
			return errSeen
		}
		c := &change{now: d.now()}
		if err := verb(&k.Value, c.now); err != nil {
			return err
		}
		c.obligation(&k)
		c.audit(by, Obligations, id, k.Value.Reason)
		out = k.next(d.Moment(by.Org, by.Actor))
		return d.finish(ctx, by, c, Made{Obligation: &out})
	}
	err := again(ctx, once)
	return out, err
}

// Certify counts the reminders of the days from and after, and before to, by reading every lease and what became of its
// obligations. It reads page by page: its memory does not grow with the leases.
func (d *Desk) Certify(ctx context.Context, o org.ID, from, to calendar.Date) (obligation.Certificate, error) {
	p := d.c.Policy(o)
	audit := obligation.NewAuditor(&p, from, to, d.now())
	q := ledger.All(Leases)
	for {
		page, err := d.c.Store.Records(ctx, o, q, pageSize)
		if err != nil {
			return obligation.Certificate{}, fmt.Errorf("read leases: %w", err)
		}
		for i := range page.Records {
			k, err := DecodeLease(&page.Records[i])
			if err != nil {
				return obligation.Certificate{}, err
			}
			has, err := d.Ladder(ctx, o, k.Value.ID)
			if err != nil {
				return obligation.Certificate{}, err
			}
			audit.Add(&k.Value, has)
		}
		if page.Next == (ledger.Place{}) {
			return audit.Result(), nil
		}
		q.After = page.Next
	}
}
