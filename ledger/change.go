package ledger

import (
	"fmt"
	"strings"

	"fettle/invalid"
)

// Change is everything that one decision writes: all of it or nothing.
type Change struct {
	// Records are after-images, each record once. Version 1 must be new, else ErrExists; version n replaces n-1, else ErrStale.
	Records []Record
	// Removed are taken away at the version that is named, else ErrStale.
	Removed []Ref
	// Seen must still be at the version that is named when the change is kept, else ErrStale. They stay as they are.
	Seen []Ref
	// Absent are keys that no record may have when the change is kept, else ErrStale.
	Absent []Holding
	// DueSet is inserted, or replaced by (kind, key); DueDone is removed by (kind, key), before DueSet is set.
	DueSet, DueDone []DueWork
	// Answers are what requests are told who come again; ErrAnswered when a key has an answer already.
	Answers []IdempotencyRecord
	// Audit says who did what. The store gives the entries of a change one link of the org's chain.
	Audit []Entry
}

// Holding is a key as some record of a kind may hold it.
type Holding struct{ Kind, Name, Value string }

// Empty reports whether there is nothing to write.
func (c *Change) Empty() bool {
	return len(c.Records)+len(c.Removed)+len(c.DueSet)+len(c.DueDone)+len(c.Answers)+len(c.Audit) == 0
}

// What stores take at most, in bytes.
const (
	MaxName  = 100     // of a kind, an id or the name of a key
	MaxValue = 1000    // of a key
	MaxBody  = 1 << 20 // of a record
)

// Check refuses what no store can keep, with an *invalid.Error. Stores call it.
func (c *Change) Check() error {
	seen := make(map[Ref]bool, len(c.Records)+len(c.Removed))
	once := func(at string, kind, id string) error {
		r := Ref{Kind: kind, ID: id}
		if seen[r] {
			return &invalid.Error{Field: at, Value: kind + "/" + id, Want: "each record once in a change"}
		}
		seen[r] = true
		return nil
	}
	for i := range c.Records {
		r, at := &c.Records[i], fmt.Sprintf("records[%d]", i)
		if err := r.check(at); err != nil {
			return err
		}
		if err := once(at, r.Kind, r.ID); err != nil {
			return err
		}
	}
	for i, r := range c.Removed {
		if err := once(fmt.Sprintf("removed[%d]", i), r.Kind, r.ID); err != nil {
			return err
		}
	}
	for i := range c.Audit {
		if err := c.Audit[i].check(fmt.Sprintf("audit[%d]", i)); err != nil {
			return err
		}
	}
	return nil
}

func (r *Record) check(at string) error {
	for _, f := range []struct{ name, value string }{{"kind", r.Kind}, {"id", r.ID}} {
		if err := checkName(at+"."+f.name, f.value); err != nil {
			return err
		}
	}
	switch {
	case r.Version < 1:
		return &invalid.Error{Field: at + ".version", Value: fmt.Sprint(r.Version), Want: "1 or more"}
	case len(r.Body) > MaxBody:
		return &invalid.Error{Field: at + ".body", Value: fmt.Sprintf("%d bytes long", len(r.Body)), Want: fmt.Sprintf("at most %d bytes", MaxBody)}
	}
	for i := range r.Keys {
		k, at := &r.Keys[i], fmt.Sprintf("%s.keys[%d]", at, i)
		if err := checkName(at+".name", k.Name); err != nil {
			return err
		}
		if len(k.Value) > MaxValue || strings.ContainsRune(k.Value, 0) {
			return &invalid.Error{Field: at + ".value", Value: k.Name, Want: fmt.Sprintf("at most %d bytes without NUL", MaxValue)}
		}
	}
	return nil
}

func checkName(field, name string) error {
	if name == "" || len(name) > MaxName || strings.ContainsRune(name, 0) {
		return &invalid.Error{Field: field, Value: name, Want: fmt.Sprintf("1 to %d bytes without NUL", MaxName)}
	}
	return nil
}
