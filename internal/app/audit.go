package app

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"fettle/ledger"
	"fettle/ledger/chain"
	"fettle/org"
	"fettle/storage/archive"
	"fettle/storage/postgres"
	"fettle/storage/sqlite"
)

// Audited is what was found of the audit chain of one org.
type Audited struct {
	Org            org.ID
	Links, Entries int64
	Head           chain.Witness // to be written down outside of the store
	Broken         error         // nil when the chain holds
}

// VerifyAudit checks the audit chains of all orgs of a data directory, or of the database of the URL, beside the service that
// uses it and as they are at one instant. Witnesses are heads that were written down before. It holds all links in memory,
// some 200 bytes each.
func VerifyAudit(ctx context.Context, dir, url string, witnesses []chain.Witness, now time.Time) ([]Audited, error) {
	var from archive.Source = sqlite.Directory(dir)
	if url != "" {
		from = postgres.URL(url)
	}
	a := audit{chains: map[org.ID]*auditChain{}}
	table := ""
	err := from.Dump(ctx, func(name string, _ []string) error {
		table = name
		return nil
	}, func(row []any) error { return a.take(table, row) })
	if err != nil {
		return nil, fmt.Errorf("read the audit chain: %w", err)
	}
	var out []Audited
	for _, o := range slices.Sorted(maps.Keys(a.chains)) {
		out = append(out, a.chains[o].verify(o, witnesses, now))
	}
	return out, nil
}

// audit collects the rows of chains, org by org.
type audit struct{ chains map[org.ID]*auditChain }

type auditChain struct {
	head    ledger.Head
	links   []ledger.Link
	entries []ledger.Entry
}

// take reads a row of a backup. Its columns stand in the order that all stores share.
func (a *audit) take(table string, row []any) error {
	if table != "audit_heads" && table != "audit_links" && table != "audit_entries" {
		return nil
	}
	r := columns{row: row}
	o := org.ID(r.text())
	c := a.chains[o]
	if c == nil {
		c = &auditChain{}
		a.chains[o] = c
	}
	switch table {
	case "audit_heads":
		c.head = ledger.Head{Sequence: r.number(), Hash: r.hash(), Base: r.number(), BaseHash: r.hash(), BaseTime: r.instant()}
	case "audit_links":
		c.links = append(c.links, ledger.Link{
			Sequence: r.number(), Time: r.instant(), Count: int(r.number()), Previous: r.hash(), Root: r.hash(), Hash: r.hash(),
		})
	case "audit_entries":
		e := ledger.Entry{
			Sequence: r.number(), Position: int(r.number()), Time: r.instant(), Actor: r.text(), Method: r.text(), Kind: r.text(),
			ID: r.text(), Result: r.text(), Reason: r.text(), RequestID: r.text(),
		}
		if fields := r.text(); fields != "[]" {
			if err := json.Unmarshal([]byte(fields), &e.Fields); err != nil {
				e.Fields = []string{fields} // no longer what was hashed
			}
		}
		c.entries = append(c.entries, e)
	}
	if r.bad {
		return fmt.Errorf("a row of %s is not of this version", table)
	}
	return nil
}

// verify checks a chain.
func (c *auditChain) verify(o org.ID, witnesses []chain.Witness, now time.Time) Audited {
	out := Audited{Org: o}
	v, err := chain.NewVerifier(o, &c.head, witnesses)
	if err != nil {
		out.Broken = err
		return out
	}
	rest := c.entries
	for i := 0; i < len(c.links) && err == nil; i++ {
		n := 0
		for n < len(rest) && rest[n].Sequence <= c.links[i].Sequence {
			n++
		}
		err = v.Link(&c.links[i], rest[:n])
		rest = rest[n:]
	}
	if err == nil && len(rest) > 0 {
		err = &chain.Error{Sequence: rest[0].Sequence, What: "an entry has no link"}
	}
	if err == nil {
		err = v.End(now)
	}
	last := v.Last()
	out.Links, out.Entries, out.Broken = v.Links(), v.Entries(), err
	out.Head = chain.Witness{Org: o, Sequence: last.Sequence, Hash: last.Hash, Time: last.Time}
	return out
}

// columns reads the values of a row one after the other.
type columns struct {
	row []any
	bad bool
}

func (c *columns) next() any {
	if len(c.row) == 0 {
		c.bad = true
		return nil
	}
	v := c.row[0]
	c.row = c.row[1:]
	return v
}

func (c *columns) text() string {
	s, ok := c.next().(string)
	c.bad = c.bad || !ok
	return s
}

func (c *columns) number() int64 {
	n, ok := c.next().(int64)
	c.bad = c.bad || !ok
	return n
}

func (c *columns) instant() time.Time { return time.UnixMicro(c.number()).UTC() }

func (c *columns) hash() (h chain.Hash) {
	b, ok := c.next().([]byte)
	c.bad = c.bad || !ok || len(b) != len(h)
	copy(h[:], b)
	return h
}
