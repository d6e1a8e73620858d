package whereabouts

import (
	"context"
	"fmt"
	"sync"
	"time"

	"fettle/internal/auth"
	"fettle/ledger"
	"fettle/org"
)

// LookKind is the kind of the object of audit entries about who saw where somebody is; the id is the technician's.
const LookKind = "positions"

// maxPairs is how many pairs of who looked and at whom are remembered; beyond it some are written down twice a day.
const maxPairs = 1_000_000

// Note writes audit entries down, durably.
type Note func(ctx context.Context, o org.ID, entries []ledger.Entry) error

// Book writes down who has seen the exact place of whom: the first time on a day (UTC). It is safe for concurrent use.
type Book struct {
	note  Note
	clock interface{ Now() time.Time } // of the service

	mu   sync.Mutex
	day  time.Time
	seen map[look]bool
}

type look struct {
	org             org.ID
	who, technician string
}

// NewBook makes a book.
func NewBook(n Note, clock interface{ Now() time.Time }) *Book {
	return &Book{note: n, clock: clock, seen: map[look]bool{}}
}

// Looked notes that somebody is about to see where technicians are. When it cannot be written down it is an error, and nothing
// must be shown.
func (b *Book) Looked(ctx context.Context, who *auth.Principal, method, requestID string, technicians []string) error {
	now := stamp(b.clock.Now())
	fresh := b.unseen(who, now, technicians)
	if len(fresh) == 0 {
		return nil
	}
	entries := make([]ledger.Entry, len(fresh))
	for i, l := range fresh {
		entries[i] = ledger.Entry{
			Time: now, Actor: who.Name, Method: method, Kind: LookKind, ID: l.technician, Result: ledger.OK, RequestID: requestID,
		}
	}
	if err := b.note(ctx, who.Org, entries); err != nil {
		return fmt.Errorf("write down who looked: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range fresh {
		b.seen[l] = true
	}
	return nil
}

// unseen are the looks of which nothing was written today.
func (b *Book) unseen(who *auth.Principal, now time.Time, technicians []string) (out []look) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if day := now.Truncate(24 * time.Hour); !day.Equal(b.day) || len(b.seen) > maxPairs {
		b.day = day
		clear(b.seen)
	}
	for _, id := range technicians {
		if l := (look{who.Org, who.Name, id}); id != who.Technician && !b.seen[l] {
			out = append(out, l)
		}
	}
	return out
}
