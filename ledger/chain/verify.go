package chain

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"fettle/ledger"
	"fettle/org"
)

// Error says where a chain is broken: at the first link that does not fit. Everything before it is as it was written.
type Error struct {
	Sequence int64
	What     string
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("audit chain is broken at sequence %d: %s", e.Sequence, e.What)
}

// Witness is a head that was written down outside of the store, with the day on which that was.
type Witness struct {
	Org      org.ID
	Sequence int64
	Hash     Hash
	Time     time.Time // of the link
}

// Verifier checks a chain link by link. Make it with NewVerifier.
type Verifier struct {
	head      ledger.Head
	witnesses map[int64]Witness // by sequence
	links     int64
	entries   int64
	last      ledger.Link
	erased    map[string]rest // entries without the reason that they had, by name, of which nobody has told yet
	told      int64           // those of which somebody has
}

// rest is what is left of an entry.
type rest struct {
	hash     string
	sequence int64
}

// NewVerifier begins behind what was pruned. The base itself is checked: without pruning it is the genesis of the org; and a
// witness may not stand before a base that is younger than the pruning allows.
func NewVerifier(o org.ID, h *ledger.Head, witnesses []Witness) (*Verifier, error) {
	v := &Verifier{head: *h, witnesses: map[int64]Witness{}, erased: map[string]rest{}}
	v.last = ledger.Link{Sequence: h.Base, Hash: h.BaseHash, Time: h.BaseTime}
	if h.Base == 0 && (h.BaseHash != Genesis(o) || !h.BaseTime.IsZero()) {
		return nil, &Error{Sequence: 1, What: "the beginning is not that of the org"}
	}
	for _, w := range witnesses {
		if w.Org != o {
			continue
		}
		if other, ok := v.witnesses[w.Sequence]; ok && other.Hash != w.Hash {
			return nil, &Error{Sequence: w.Sequence, What: "two heads that were written outside disagree"}
		}
		if w.Sequence == h.Base && w.Hash != h.BaseHash {
			return nil, &Error{Sequence: w.Sequence, What: "the link that pruning left is not the one that was written outside"}
		}
		v.witnesses[w.Sequence] = w
	}
	return v, nil
}

// Link checks the next link with all of its entries.
func (v *Verifier) Link(l *ledger.Link, entries []ledger.Entry) error {
	bad := func(format string, args ...any) error {
		return &Error{Sequence: v.last.Sequence + 1, What: fmt.Sprintf(format, args...)}
	}
	switch {
	case l.Sequence != v.last.Sequence+1:
		return bad("the next link is %d", l.Sequence)
	case l.Previous != v.last.Hash:
		return bad("it does not follow the link before")
	case l.Hash != Of(l):
		return bad("the link was changed")
	case l.Count != len(entries):
		return bad("%d entries, want %d", len(entries), l.Count)
	}
	for i := range entries {
		if entries[i].Sequence != l.Sequence || entries[i].Position != i {
			return bad("entry %d stands at %d/%d", i, entries[i].Sequence, entries[i].Position)
		}
	}
	if Root(entries) != l.Root {
		return bad("an entry was changed")
	}
	if err := v.reasons(entries); err != nil {
		return err
	}
	if w, ok := v.witnesses[l.Sequence]; ok && w.Hash != l.Hash {
		return bad("it is not the link that was written outside on %s", w.Time.UTC().Format(time.DateOnly))
	}
	v.last, v.links, v.entries = *l, v.links+1, v.entries+int64(len(entries))
	return nil
}

// reasons checks what the hash of an entry does not cover by itself: that a reason is the one whose hash it is, and that somebody
// tells of one that is gone.
func (v *Verifier) reasons(entries []ledger.Entry) error {
	for i := range entries {
		e := &entries[i]
		c := &e.Cover
		if e.Reason != "" && (c.Rule == ledger.ErasedWhole || c.Rule == ledger.SealedReason && c.Hash != words(c.Salt, e.Reason)) {
			return &Error{Sequence: e.Sequence, What: "the reason of an entry was changed"}
		}
		if e.Erased() || c.Rule == ledger.ErasedWhole {
			v.erased[e.Name()] = rest{Rest(e), e.Sequence}
		}
		if e.Method != ledger.ReasonErased || e.Kind != ledger.AuditEvents || len(e.Fields) != 1 {
			continue
		}
		was, ok := v.erased[e.ID]
		if ok && was.hash != e.Fields[0] {
			return &Error{Sequence: was.sequence, What: "an entry was changed whose reason is erased"}
		}
		if ok {
			delete(v.erased, e.ID)
			v.told++
		}
	}
	return nil
}

// untold finds the first entry whose reason is gone and of which nobody tells.
func (v *Verifier) untold() error {
	first := int64(0)
	for _, r := range v.erased {
		if first == 0 || r.sequence < first {
			first = r.sequence
		}
	}
	if first == 0 {
		return nil
	}
	return &Error{Sequence: first, What: "the reason of an entry was taken away, and nothing tells of it"}
}

// End checks that the chain ends where its head says, and not before any head that was written outside. Pruning takes
// entries away that are older than ledger.AuditKeep at an instant; a witness of a younger link must still have it.
func (v *Verifier) End(now time.Time) error {
	if v.last.Sequence != v.head.Sequence || v.last.Hash != v.head.Hash {
		return &Error{Sequence: v.last.Sequence + 1, What: fmt.Sprintf("the chain ends here; its head is %d", v.head.Sequence)}
	}
	if v.head.Base > 0 && now.Sub(v.head.BaseTime) < ledger.AuditKeep {
		return &Error{Sequence: v.head.Base, What: "links were pruned that are younger than 180 days"}
	}
	for _, s := range slices.Sorted(maps.Keys(v.witnesses)) {
		w := v.witnesses[s]
		if s > v.last.Sequence {
			return &Error{
				Sequence: v.last.Sequence + 1,
				What:     fmt.Sprintf("the end was cut off: link %d was written outside on %s", s, w.Time.UTC().Format(time.DateOnly)),
			}
		}
		if s < v.head.Base && now.Sub(w.Time) < ledger.AuditKeep {
			return &Error{Sequence: s, What: "links were pruned that are younger than 180 days"}
		}
	}
	return v.untold()
}

// Links is how many links were found good.
func (v *Verifier) Links() int64 { return v.links }

// Entries is how many entries were found good.
func (v *Verifier) Entries() int64 { return v.entries }

// Erased is how many entries lost their reason to an erasure that the chain tells of.
func (v *Verifier) Erased() int64 { return v.told }

// Last is the last link that was found good.
func (v *Verifier) Last() ledger.Link { return v.last }
