package notify

import (
	"context"
	"fmt"
	"time"

	"fettle/ledger"
	"fettle/org"
)

// forgetPage is how many messages are read at once, to be forgotten in one change.
const forgetPage = 500

// Forget removes the records of messages that were told before an instant and not touched since, and returns how many. What is still to
// be sent or waits for a person stays, and so do messages of leases until over says that nobody can owe them any more.
//
// The caller knows that nothing makes messages of that time anew: a message without a record is sent.
func Forget(ctx context.Context, s interface {
	ledger.Reader
	ledger.Writer
}, o org.ID, before time.Time, over func(ctx context.Context, m *Message) (bool, error),
) (n int, err error) {
	q := ledger.Between(RecordKind, KeyCreated, "", ledger.Instant(before))
	for {
		p, err := s.Records(ctx, o, q, forgetPage)
		if err != nil {
			return n, fmt.Errorf("forget messages: %w", err)
		}
		c := &ledger.Change{}
		for i := range p.Records {
			r, err := DecodeRecord(&p.Records[i])
			if err != nil {
				return n, err
			}
			past := r.isPast(before)
			if past && (r.Message.LeaseID != "" || r.Message.Owner != "") {
				if past, err = over(ctx, &r.Message); err != nil {
					return n, fmt.Errorf("forget messages: %w", err)
				}
			}
			if past {
				c.Removed = append(c.Removed, ledger.Ref{Kind: RecordKind, ID: r.ID, Version: r.Version})
			}
		}
		if len(c.Removed) > 0 {
			if err := s.Apply(ctx, o, c); err != nil {
				return n, fmt.Errorf("forget messages: %w", err)
			}
			n += len(c.Removed)
		}
		if p.Next == (ledger.Place{}) {
			return n, nil
		}
		q.After = p.Next
	}
}

// isPast reports whether a message was settled before an instant, by its channel, a receipt or a person.
func (r *Record) isPast(before time.Time) bool {
	return r.State != Due && r.State != Uncertain && r.Updated.Before(before)
}
