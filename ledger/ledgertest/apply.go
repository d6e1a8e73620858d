package ledgertest

import (
	"bytes"
	"context"
	"slices"
	"time"

	"fettle/ledger"
	"fettle/ledger/chain"
	"fettle/org"
)

// Apply implements ledger.Writer.
func (s *Store) Apply(ctx context.Context, o org.ID, c *ledger.Change) error {
	if err := c.Check(); err != nil {
		return err
	}
	if s.Fail != nil {
		if err := s.Fail(o, c); err != nil {
			return err
		}
	}
	_, err := read(ctx, s, o, func(at *contents) (none struct{}, err error) {
		if err := at.refuse(c); err != nil {
			return none, err
		}
		at.keep(c)
		return none, nil
	})
	return err
}

// refuse says why a change cannot be kept, nil when it can. It changes nothing.
func (c *contents) refuse(x *ledger.Change) error {
	if err := c.stale(x); err != nil {
		return err
	}
	unique, any := c.held(x)
	for i := range x.Records {
		for _, k := range x.Records[i].Keys {
			h := ledger.Holding{Kind: x.Records[i].Kind, Name: k.Name, Value: k.Value}
			if k.Unique && unique[h] > 1 {
				return &ledger.TakenError{Kind: h.Kind, Name: h.Name}
			}
		}
	}
	for i := range x.Answers {
		if _, ok := c.keys[x.Answers[i].Key]; ok {
			return ledger.ErrAnswered
		}
	}
	if slices.ContainsFunc(x.Absent, func(h ledger.Holding) bool { return any[h] > 0 }) {
		return ledger.ErrStale
	}
	return nil
}

// stale compares the versions that a change names with those that are kept.
func (c *contents) stale(x *ledger.Change) error {
	for i := range x.Records {
		before, ok := c.records[name(x.Records[i].Kind, x.Records[i].ID)]
		switch {
		case x.Records[i].Version == 1 && ok:
			return ledger.ErrExists
		case x.Records[i].Version != before.Version+1:
			return ledger.ErrStale
		}
	}
	for _, r := range slices.Concat(x.Removed, x.Seen) {
		if before, ok := c.records[name(r.Kind, r.ID)]; !ok || before.Version != r.Version {
			return ledger.ErrStale
		}
	}
	return nil
}

// held counts who holds each key after a change: those that say it is unique, and all.
func (c *contents) held(x *ledger.Change) (unique, any map[ledger.Holding]int) {
	unique, any = map[ledger.Holding]int{}, map[ledger.Holding]int{}
	c.after(x, func(r *ledger.Record) {
		for _, k := range r.Keys {
			h := ledger.Holding{Kind: r.Kind, Name: k.Name, Value: k.Value}
			if any[h]++; k.Unique {
				unique[h]++
			}
		}
	})
	return unique, any
}

// after calls do with each record as it would be after a change.
func (c *contents) after(x *ledger.Change, do func(r *ledger.Record)) {
	touched := map[ledger.Ref]bool{}
	for i := range x.Records {
		r := x.Records[i]
		ref := name(r.Kind, r.ID)
		if r.Keys == nil {
			r.Keys = c.records[ref].Keys
		}
		touched[ref] = true
		do(&r)
	}
	for _, r := range x.Removed {
		touched[name(r.Kind, r.ID)] = true
	}
	for ref, r := range c.records {
		if !touched[ref] {
			do(&r)
		}
	}
}

// keep writes a change that was not refused.
func (c *contents) keep(x *ledger.Change) {
	for _, r := range x.Records {
		ref := name(r.Kind, r.ID)
		if r.Keys == nil {
			r.Keys = c.records[ref].Keys
		}
		r.Keys, r.Body = distinct(r.Keys), bytes.Clone(r.Body)
		r.Created, r.Updated = stored(r.Created), stored(r.Updated)
		c.records[ref] = r
	}
	for _, r := range x.Removed {
		delete(c.records, name(r.Kind, r.ID))
	}
	for _, w := range x.DueDone {
		delete(c.due, [2]string{w.Kind, w.Key})
	}
	for _, w := range x.DueSet {
		w.At = stored(w.At)
		c.due[[2]string{w.Kind, w.Key}] = w
	}
	for _, k := range x.Answers {
		k.Created, k.Response = stored(k.Created), bytes.Clone(k.Response)
		c.keys[k.Key] = k
	}
	if len(x.Audit) == 0 {
		return
	}
	entries := slices.Clone(x.Audit)
	for i := range entries {
		entries[i].Time, entries[i].Fields = stored(entries[i].Time), slices.Clone(entries[i].Fields)
	}
	link := chain.Seal(&c.head, entries)
	for i := range entries {
		entries[i].Sequence, entries[i].Position = link.Sequence, i
	}
	c.head.Sequence, c.head.Hash = link.Sequence, link.Hash
	c.links, c.entries = append(c.links, link), append(c.entries, entries...)
}

// distinct drops keys that a record has twice.
func distinct(keys []ledger.Key) []ledger.Key {
	var out []ledger.Key
	for _, k := range keys {
		if !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// stored is an instant as stores keep it: in UTC, to the microsecond.
func stored(t time.Time) time.Time { return time.UnixMicro(t.UnixMicro()).UTC() }
