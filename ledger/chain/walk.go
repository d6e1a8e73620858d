package chain

import (
	"context"
	"fmt"

	"fettle/ledger"
	"fettle/org"
)

// Step takes a link with its entries. They are valid until it returns.
type Step func(l *ledger.Link, entries []ledger.Entry) error

// walkPage is how many links or entries are read at once.
const walkPage = 1000

// Walk reads a chain link by link, however long it is, up to a head. What belongs to no link is an *Error.
func Walk(ctx context.Context, r ledger.AuditReader, o org.ID, head *ledger.Head, step Step) error {
	t := trail{ctx: ctx, reader: r, org: o}
	after := head.Base
	for after < head.Sequence {
		links, err := r.AuditLinks(ctx, o, after, int(min(walkPage, head.Sequence-after)))
		if err != nil {
			return fmt.Errorf("read links: %w", err)
		}
		if len(links) == 0 {
			return &Error{Sequence: after + 1, What: fmt.Sprintf("the chain ends here; its head is %d", head.Sequence)}
		}
		for i := range links {
			entries, err := t.upTo(links[i].Sequence)
			if err == nil {
				err = step(&links[i], entries)
			}
			if err != nil {
				return err
			}
			after = links[i].Sequence
		}
	}
	return t.end(head.Sequence)
}

// trail reads entries in the order of the chain.
type trail struct {
	ctx    context.Context
	reader ledger.AuditReader
	org    org.ID
	at     ledger.AuditPlace
	page   []ledger.Entry // read and not yet handed out
	done   bool
}

// upTo returns the entries up to a link that were not handed out yet.
func (t *trail) upTo(sequence int64) ([]ledger.Entry, error) {
	for n := 0; ; n++ {
		if n == len(t.page) {
			more, err := t.more()
			if err != nil {
				return nil, err
			}
			if !more {
				return t.take(n), nil
			}
		}
		if t.page[n].Sequence > sequence {
			return t.take(n), nil
		}
	}
}

func (t *trail) take(n int) []ledger.Entry {
	out := t.page[:n:n]
	t.page = t.page[n:]
	return out
}

// more reads another page behind what is there.
func (t *trail) more() (bool, error) {
	if t.done {
		return false, nil
	}
	next, err := t.reader.AuditTrail(t.ctx, t.org, t.at, walkPage)
	if err != nil {
		return false, fmt.Errorf("read entries: %w", err)
	}
	if len(next) == 0 {
		t.done = true
		return false, nil
	}
	t.at = next[len(next)-1].Place()
	t.page = append(t.page, next...)
	return true, nil
}

// end looks for an entry that no link has.
func (t *trail) end(sequence int64) error {
	rest, err := t.upTo(sequence)
	if err == nil && len(rest) > 0 {
		err = &Error{Sequence: rest[0].Sequence, What: "an entry has no link"}
	}
	return err
}
