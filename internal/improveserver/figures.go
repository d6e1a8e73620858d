package improveserver

import (
	"context"
	"sync"
	"time"

	"fettle/dispatch"
	"fettle/improvement"
	"fettle/kpi"
	"fettle/org"
)

// logPage is how many events are read at a time.
const logPage = 2000

// books are the figures of each org, read from the log when somebody asks: the first time all of it, then what came since.
type books struct {
	mu    sync.Mutex
	byOrg map[org.ID]*openBook
}

type openBook struct {
	reading chan struct{} // has room for who reads
	book    *kpi.Book
}

// measured brings the book of an org up to date and calls use with it. One caller at a time has a book; a read that is cut short
// keeps what it has read.
func (s *Server) measured(ctx context.Context, o org.ID, use func(*kpi.Book)) error {
	s.books.mu.Lock()
	if s.books.byOrg == nil {
		s.books.byOrg = map[org.ID]*openBook{}
	}
	open := s.books.byOrg[o]
	if open == nil {
		open = &openBook{reading: make(chan struct{}, 1), book: kpi.NewBook()}
		s.books.byOrg[o] = open
	}
	s.books.mu.Unlock()
	select {
	case open.reading <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-open.reading }()
	for {
		events, err := s.c.Store.Events(ctx, o, open.book.Last(), logPage)
		if err != nil {
			return err
		}
		open.book.Add(events)
		if len(events) < logPage {
			use(open.book)
			return nil
		}
	}
}

// figure is an indicator of the orders that a query selects.
func figure(b *kpi.Book, q kpi.Query, id kpi.ID, now time.Time) (float64, bool) {
	for _, row := range b.Report(q, now) {
		for _, v := range row.Values {
			if v.ID == id && v.N > 0 {
				return v.Value, true
			}
		}
	}
	return 0, false
}

// measure is the figure of an indicator by building and interval.
func measure(b *kpi.Book, id kpi.ID, now time.Time) improvement.Measure {
	return func(building string, from, to time.Time) (float64, bool) {
		return figure(b, kpi.Query{From: from, To: to, Building: building}, id, now)
	}
}

// current is the figure of a plan over the days before an instant; nil when there is nothing to measure.
func (s *Server) current(ctx context.Context, o org.ID, p *improvement.Plan, now time.Time) (*float64, error) {
	var out *float64
	err := s.measured(ctx, o, func(b *kpi.Book) {
		q := kpi.Query{From: now.AddDate(0, 0, -improvement.Span), To: now, Building: p.Building, Trade: dispatch.Skill(p.Trade)}
		if v, ok := figure(b, q, p.KPI, now); ok {
			out = &v
		}
	})
	return out, err
}
