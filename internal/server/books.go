package server

import (
	"context"
	"sync"
	"time"

	"fettle/dispatch/engine"
	"fettle/kpi"
	"fettle/org"
)

// bookDays is how long orders stay in the books of figures, from their report on.
const bookDays = 800

// bookPage is how many events are read at a time.
const bookPage = 2000

// books are the figures of each org, read from the log when somebody asks: the first time all of it, then what came since.
type books struct {
	store engine.EventReader
	mu    sync.Mutex
	byOrg map[org.ID]*openBook
}

type openBook struct {
	reading chan struct{} // has room for who reads
	book    *kpi.Book
}

func newBooks(s engine.EventReader) *books { return &books{store: s, byOrg: map[org.ID]*openBook{}} }

// read brings the book of an org up to date and calls use with it. One caller at a time has a book; the others wait for it
// as long as ctx lasts. A read that is cut short keeps what it has read.
func (b *books) read(ctx context.Context, o org.ID, now time.Time, use func(*kpi.Book)) error {
	b.mu.Lock()
	open := b.byOrg[o]
	if open == nil {
		open = &openBook{reading: make(chan struct{}, 1), book: kpi.NewBook()}
		b.byOrg[o] = open
	}
	b.mu.Unlock()
	select {
	case open.reading <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-open.reading }()
	for {
		events, err := b.store.Events(ctx, o, open.book.Last(), bookPage)
		if err != nil {
			return err
		}
		open.book.Add(events)
		if len(events) < bookPage {
			break
		}
	}
	open.book.Prune(now.AddDate(0, 0, -bookDays))
	use(open.book)
	return nil
}
