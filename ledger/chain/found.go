package chain

import (
	"context"
	"errors"
	"time"

	"fettle/ledger"
	"fettle/org"
)

// Found is what was found of the chain of one org.
type Found struct {
	Org            org.ID
	Links, Entries int64
	Erased         int64   // entries that lost their reason to an erasure
	Head           Witness // to be written down outside of the store
	Broken         error   // an *Error, nil when the chain holds
}

// finding is a chain that is being checked.
type finding struct {
	org    org.ID
	v      *Verifier
	broken error
}

func begin(o org.ID, h *ledger.Head, witnesses []Witness) *finding {
	f := &finding{org: o}
	f.v, f.broken = NewVerifier(o, h, witnesses)
	return f
}

// link checks the next link. After the first fault it says the same again.
func (f *finding) link(l *ledger.Link, entries []ledger.Entry) error {
	if f.broken == nil {
		f.broken = f.v.Link(l, entries)
	}
	return f.broken
}

func (f *finding) end(now time.Time) Found {
	out := Found{Org: f.org, Broken: f.broken}
	if f.v == nil {
		return out
	}
	if out.Broken == nil {
		out.Broken = f.v.End(now)
	}
	last := f.v.Last()
	out.Links, out.Entries, out.Erased = f.v.Links(), f.v.Entries(), f.v.Erased()
	out.Head = Witness{Org: f.org, Sequence: last.Sequence, Hash: last.Hash, Time: last.Time}
	return out
}

// Verify checks the chain of an org as a store has it, against heads that were written down outside. It reads page by page.
// The error is about what could not be read.
func Verify(ctx context.Context, r ledger.AuditReader, o org.ID, witnesses []Witness, now time.Time) (Found, error) {
	head, err := r.AuditHead(ctx, o)
	if err != nil {
		return Found{}, err
	}
	f := begin(o, &head, witnesses)
	if f.broken == nil {
		err = Walk(ctx, r, o, &head, f.link)
	}
	var broken *Error
	if errors.As(err, &broken) {
		f.broken, err = err, nil
	}
	return f.end(now), err
}
