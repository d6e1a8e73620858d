// Package ledgertest is a ledger.Store in memory: for tests of what decides, and as the model that the real stores are
// compared with. It keeps the promises of the contract (storage/storagetest holds it to them) but nothing on disk.
package ledgertest

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"fettle/invalid"
	"fettle/ledger"
	"fettle/ledger/chain"
	"fettle/org"
)

var _ ledger.Store = (*Store)(nil)

// Store keeps everything in memory. The zero value is empty and ready; any goroutine may use it.
type Store struct {
	// Fail, when not nil, is asked before a change is kept; its error is the answer of Apply.
	Fail func(o org.ID, c *ledger.Change) error

	mu   sync.Mutex
	orgs map[org.ID]*contents
}

// contents is what is kept of one org.
type contents struct {
	records map[ledger.Ref]ledger.Record // by kind and id
	due     map[[2]string]ledger.DueWork // by kind and key
	keys    map[string]ledger.IdempotencyRecord
	head    ledger.Head
	links   []ledger.Link
	entries []ledger.Entry
}

// at returns the contents of an org. The caller holds the lock.
func (s *Store) at(o org.ID) *contents {
	if s.orgs == nil {
		s.orgs = map[org.ID]*contents{}
	}
	c := s.orgs[o]
	if c == nil {
		c = &contents{
			records: map[ledger.Ref]ledger.Record{}, due: map[[2]string]ledger.DueWork{}, keys: map[string]ledger.IdempotencyRecord{},
		}
		c.head.Hash, c.head.BaseHash = chain.Genesis(o), chain.Genesis(o)
		s.orgs[o] = c
	}
	return c
}

func name(kind, id string) ledger.Ref { return ledger.Ref{Kind: kind, ID: id} }

// read runs f under the lock unless the context has ended.
func read[T any](ctx context.Context, s *Store, o org.ID, f func(*contents) (T, error)) (T, error) {
	if err := ctx.Err(); err != nil {
		var none T
		return none, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return f(s.at(o))
}

// Record implements ledger.Reader.
func (s *Store) Record(ctx context.Context, o org.ID, kind, id string) (*ledger.Record, error) {
	return read(ctx, s, o, func(c *contents) (*ledger.Record, error) {
		r, ok := c.records[name(kind, id)]
		if !ok {
			return nil, ledger.ErrNotFound
		}
		return shown(r), nil
	})
}

// shown is a copy of a record as reads give it.
func shown(r ledger.Record) *ledger.Record {
	r.Keys, r.Body = nil, bytes.Clone(r.Body)
	return &r
}

// Records implements ledger.Reader.
func (s *Store) Records(ctx context.Context, o org.ID, q ledger.Query, limit int) (ledger.Page, error) {
	return read(ctx, s, o, func(c *contents) (p ledger.Page, err error) {
		if limit <= 0 {
			return p, nil
		}
		places := c.find(&q)
		if len(places) > limit {
			places, p.Next = places[:limit], places[limit-1]
		}
		for _, at := range places {
			p.Records = append(p.Records, *shown(c.records[name(q.Kind, at.ID)]))
		}
		return p, nil
	})
}

// Count implements ledger.Reader.
func (s *Store) Count(ctx context.Context, o org.ID, q ledger.Query, most int) (int, error) {
	return read(ctx, s, o, func(c *contents) (int, error) { return max(0, min(most, len(c.find(&q)))), nil })
}

// find lists the places that a query selects, in its order.
func (c *contents) find(q *ledger.Query) []ledger.Place {
	var out []ledger.Place
	for ref, r := range c.records {
		if ref.Kind != q.Kind {
			continue
		}
		for _, v := range values(&r, q) {
			p := ledger.Place{Value: v, ID: r.ID}
			if q.After == (ledger.Place{}) || q.Direction()*comparePlaces(p, q.After) > 0 {
				out = append(out, p)
			}
		}
	}
	slices.SortFunc(out, func(a, b ledger.Place) int { return q.Direction() * comparePlaces(a, b) })
	return out
}

func comparePlaces(a, b ledger.Place) int {
	return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(a.ID, b.ID))
}

// values are those of a record that a query selects: one empty value when the order is that of ids.
func values(r *ledger.Record, q *ledger.Query) (out []string) {
	if q.Key == "" {
		return []string{""}
	}
	for _, k := range r.Keys {
		in := k.Value >= q.From && (q.To == "" || k.Value < q.To)
		if q.Exact {
			in = k.Value == q.Value
		}
		if k.Name == q.Key && in {
			out = append(out, k.Value)
		}
	}
	return out
}

// Key implements ledger.KeyReader.
func (s *Store) Key(ctx context.Context, o org.ID, key string) (ledger.IdempotencyRecord, error) {
	return read(ctx, s, o, func(c *contents) (ledger.IdempotencyRecord, error) {
		k, ok := c.keys[key]
		if !ok {
			return k, ledger.ErrNotFound
		}
		return k, nil
	})
}

// Due implements ledger.DueReader.
func (s *Store) Due(ctx context.Context, o org.ID, f ledger.DueFilter, now time.Time, limit int) ([]ledger.DueWork, error) {
	return read(ctx, s, o, func(c *contents) ([]ledger.DueWork, error) {
		var out []ledger.DueWork
		for _, w := range c.allDue() {
			if !w.At.After(now) && (f.Only == "" || w.Kind == f.Only) && !except(f.Except, w.Kind) && len(out) < limit {
				out = append(out, w)
			}
		}
		return out, nil
	})
}

// except reports whether a list names a kind, or with a dot at its end what is before the last dot of the kind.
func except(list, kind string) bool {
	entries := strings.Split(list, ",")
	family := kind[:strings.LastIndexByte(kind, '.')+1]
	return slices.Contains(entries, kind) || family != "" && slices.Contains(entries, family)
}

// NextDue implements ledger.DueReader.
func (s *Store) NextDue(ctx context.Context, o org.ID) (time.Time, error) {
	return read(ctx, s, o, func(c *contents) (time.Time, error) {
		if all := c.allDue(); len(all) > 0 {
			return all[0].At, nil
		}
		return time.Time{}, nil
	})
}

func (c *contents) allDue() []ledger.DueWork {
	return slices.SortedFunc(maps.Values(c.due), func(a, b ledger.DueWork) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key))
	})
}

// AuditEntries implements ledger.AuditReader.
func (s *Store) AuditEntries(ctx context.Context, o org.ID, q ledger.AuditQuery, limit int) ([]ledger.Entry, error) {
	return read(ctx, s, o, func(c *contents) ([]ledger.Entry, error) {
		var out []ledger.Entry
		for i := range c.entries {
			if selected(&c.entries[i], &q) {
				out = append(out, c.entries[i])
			}
		}
		slices.SortFunc(out, func(a, b ledger.Entry) int { return comparePlace(b.Place(), a.Place()) })
		return out[:max(0, min(limit, len(out)))], nil
	})
}

func selected(e *ledger.Entry, q *ledger.AuditQuery) bool {
	return (q.Actor == "" || e.Actor == q.Actor) && (q.Method == "" || e.Method == q.Method) &&
		(q.Kind == "" || e.Kind == q.Kind && e.ID == q.ID) &&
		!e.Time.Before(q.From) && (q.To.IsZero() || e.Time.Before(q.To)) &&
		(q.Before == (ledger.AuditPlace{}) || comparePlace(e.Place(), q.Before) < 0)
}

func comparePlace(a, b ledger.AuditPlace) int {
	return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Sequence, b.Sequence), cmp.Compare(a.Position, b.Position))
}

// AuditTrail implements ledger.AuditReader.
func (s *Store) AuditTrail(ctx context.Context, o org.ID, after ledger.AuditPlace, limit int) ([]ledger.Entry, error) {
	return read(ctx, s, o, func(c *contents) ([]ledger.Entry, error) {
		i := slices.IndexFunc(c.entries, func(e ledger.Entry) bool {
			return cmp.Or(cmp.Compare(e.Sequence, after.Sequence), cmp.Compare(e.Position, after.Position)) > 0
		})
		if i < 0 {
			return nil, nil
		}
		return slices.Clone(c.entries[i:min(len(c.entries), i+max(limit, 0))]), nil
	})
}

// AuditLinks implements ledger.AuditReader.
func (s *Store) AuditLinks(ctx context.Context, o org.ID, after int64, limit int) ([]ledger.Link, error) {
	return read(ctx, s, o, func(c *contents) ([]ledger.Link, error) {
		from := int(min(max(after-c.head.Base, 0), int64(len(c.links))))
		return slices.Clone(c.links[from:min(len(c.links), from+max(limit, 0))]), nil
	})
}

// AuditHead implements ledger.AuditReader.
func (s *Store) AuditHead(ctx context.Context, o org.ID) (ledger.Head, error) {
	return read(ctx, s, o, func(c *contents) (ledger.Head, error) { return c.head, nil })
}

// PruneAudit implements ledger.AuditPruner. The present is the instant of the last link.
func (s *Store) PruneAudit(ctx context.Context, o org.ID, before time.Time, limit int) (int, error) {
	return read(ctx, s, o, func(c *contents) (int, error) {
		n := 0
		for n < min(limit, len(c.links)) && c.links[n].Time.Before(before) {
			n++
		}
		if n == 0 {
			return 0, nil
		}
		last := c.links[n-1]
		if c.links[len(c.links)-1].Time.Sub(last.Time) < ledger.AuditKeep {
			return 0, &invalid.Error{Field: "before", Value: before.Format(time.RFC3339), Want: "an instant that is 180 days past"}
		}
		c.head.Base, c.head.BaseHash, c.head.BaseTime = last.Sequence, last.Hash, last.Time
		c.links = slices.Clone(c.links[n:])
		c.entries = slices.DeleteFunc(c.entries, func(e ledger.Entry) bool { return e.Sequence <= last.Sequence })
		return n, nil
	})
}
