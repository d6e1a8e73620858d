package hooks

import (
	"context"
	"fmt"
	"time"

	"fettle/ledger"
	"fettle/org"
)

// forgetPage is how many deliveries are read at once, to be forgotten in one change.
const forgetPage = 500

// Forget removes the records of deliveries that were made before an instant and not touched since, and returns how many. What is still to
// be delivered stays; what has failed can be replayed until then. Deliveries to endpoints that are gone go too.
func Forget(ctx context.Context, s Store, o org.ID, before time.Time) (n int, err error) {
	for from := ""; ; {
		first, err := s.Records(ctx, o, ledger.Between(DeliveryKind, KeyEndpoint, from, ""), 1)
		if err != nil || len(first.Records) == 0 {
			return n, err
		}
		d, err := DecodeDelivery(&first.Records[0])
		if err != nil {
			return n, err
		}
		q := ledger.Under(DeliveryKind, KeyEndpoint, ledger.Text(d.Endpoint))
		from, q.To = q.To, ledger.Join(ledger.Text(d.Endpoint), ledger.Instant(before))
		more, err := forget(ctx, s, o, &q, before)
		n += more
		if err != nil {
			return n, fmt.Errorf("forget deliveries to %s: %w", d.Endpoint, err)
		}
	}
}

// forget removes what a query selects and is past.
func forget(ctx context.Context, s Store, o org.ID, q *ledger.Query, before time.Time) (n int, err error) {
	for {
		p, err := s.Records(ctx, o, *q, forgetPage)
		if err != nil {
			return n, err
		}
		c := &ledger.Change{}
		for i := range p.Records {
			if r := &p.Records[i]; DeliveryState(r.State) != Pending && r.Updated.Before(before) {
				c.Removed = append(c.Removed, r.Ref())
			}
		}
		if len(c.Removed) > 0 {
			if err := s.Apply(ctx, o, c); err != nil {
				return n, err
			}
			n += len(c.Removed)
		}
		if p.Next == (ledger.Place{}) {
			return n, nil
		}
		q.After = p.Next
	}
}
