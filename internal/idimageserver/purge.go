package idimageserver

import (
	"context"
	"fmt"
	"time"

	"fettle/internal/leasing"
	"fettle/internal/registry"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/lease"
)

// DefaultKeep is how long pictures stay after the last lease of their tenant is over.
const DefaultKeep = 30 * 24 * time.Hour

// purged is what the audit names for what Purge does.
const purged = "idImages.purge"

// pageSize is how many records are read at once.
const pageSize = 500

// Purge destroys the pictures of tenants whose last lease is over for longer than they are kept, and of those who never had one and were
// written down as long ago. It counts them.
func (s *Server) Purge(ctx context.Context, o org.ID) (n int, err error) {
	var over []string
	for q := s.images.All(); ; {
		items, next, err := s.images.Kind.List(ctx, s.c.Store, o, q, pageSize)
		if err != nil {
			return 0, err
		}
		for _, item := range items {
			last, standing, err := s.left(ctx, o, item)
			if err != nil {
				return 0, err
			}
			if !standing && s.c.Clock.Now().Sub(last) > s.c.Keep {
				over = append(over, item.ID)
			}
		}
		if q.After = next; next == (ledger.Place{}) {
			break
		}
	}
	for _, id := range over {
		err := s.c.Registry.Work(ctx, o, purged, func(tx *registry.Tx) error {
			item, err := s.images.Load(tx, id)
			if err != nil {
				return err
			}
			return s.destroy(tx, item)
		})
		if err != nil {
			return n, fmt.Errorf("picture %s: %w", id, err)
		}
		n++
	}
	return n, nil
}

// left is when the tenant of a picture has left, or whether a lease is not over. Who never had a lease has left when the picture was made.
func (s *Server) left(ctx context.Context, o org.ID, item *registry.Item[Image]) (last time.Time, standing bool, err error) {
	last = item.Created
	q := ledger.Under(leasing.Leases, leasing.KeyTenant, ledger.Text(item.Value.Tenant))
	for {
		page, err := s.c.Store.Records(ctx, o, q, pageSize)
		if err != nil {
			return last, false, fmt.Errorf("read leases: %w", err)
		}
		for i := range page.Records {
			k, err := leasing.DecodeLease(&page.Records[i])
			if err != nil {
				return last, false, err
			}
			if !k.Value.State.Closed() {
				return last, true, nil
			}
			if end := s.end(&k.Value); end.After(last) {
				last = end
			}
		}
		if q.After = page.Next; page.Next == (ledger.Place{}) {
			return last, false, nil
		}
	}
}

// end is the end of the last day of a lease that is closed.
func (s *Server) end(l *lease.Lease) time.Time {
	if l.LeftOn.IsZero() {
		return l.ClosedAt
	}
	return l.LeftOn.Add(1).At(calendar.Clock{}, s.c.Zone)
}
