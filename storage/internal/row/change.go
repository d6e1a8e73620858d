package row

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"fettle/dispatch/engine"
	"fettle/ledger"
	"fettle/org"
)

// Need says what a statement must find, else the change was decided on what is no longer so.
type Need int

// What a statement needs.
const (
	Nothing Need = iota
	Row          // it touches or finds at least one
	NoRow        // it finds none
)

// Check is a statement with what it needs.
type Check struct {
	Statement
	Need Need
}

// ChangeStatements encodes a change except its audit entries. Records are touched in the order of their kinds and ids and
// keys in the order of theirs, so that two changes at once never wait for each other in a circle; what must be absent is
// looked for when all records that the change depends on are locked. needSeen reads a record of a version and locks it where
// the store has locks. Bodies, answers and what due work carries are sealed by s, unless that is nil.
func ChangeStatements(s Sealer, o org.ID, c *ledger.Change, needSeen string) ([]Check, error) {
	var steps []step
	var keys []Statement
	for i := range c.Records {
		r := &c.Records[i]
		next, err := recordStep(s, o, r)
		if err != nil {
			return nil, err
		}
		steps = append(steps, next)
		for _, k := range r.Keys {
			unique := 0
			if k.Unique {
				unique = 1
			}
			keys = append(keys, Statement{InsertKeys, []any{string(o), r.Kind, r.ID, k.Name, k.Value, unique}})
		}
	}
	for text, refs := range map[string][]ledger.Ref{NeedDelete: c.Removed, needSeen: c.Seen} {
		for _, r := range refs {
			steps = append(steps, step{r.Kind, r.ID, []Check{{Statement{text, []any{string(o), r.Kind, r.ID, r.Version}}, Row}}})
		}
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id)) })
	slices.SortStableFunc(keys, compareKeys)
	var out []Check
	for i := range steps {
		out = append(out, steps[i].checks...)
	}
	rest := appendDue(nil, o, &engine.Batch{DueDone: c.DueDone, DueSet: c.DueSet, Keys: c.Answers})
	if err := sealAll(s, o, rest); err != nil {
		return nil, err
	}
	for _, s := range append(keys, rest...) {
		out = append(out, Check{s, Nothing})
	}
	for _, h := range c.Absent {
		out = append(out, Check{Statement{QueryHolding, []any{string(o), h.Kind, h.Name, h.Value}}, NoRow})
	}
	return out, nil
}

// step is what a change does to one record.
type step struct {
	kind, id string
	checks   []Check
}

// recordStep writes a record, and takes away the keys that it had if it is given others.
func recordStep(s Sealer, o org.ID, r *ledger.Record) (step, error) {
	body, err := sealBody(s, o, r)
	if err != nil {
		return step{}, err
	}
	out := step{kind: r.Kind, id: r.ID}
	if r.Version == 1 {
		out.checks = []Check{{insertRecord(o, r, body), Nothing}}
		return out, nil
	}
	out.checks = []Check{{updateRecord(o, r, body), Row}}
	if r.Keys != nil {
		out.checks = append(out.checks, Check{Statement{DeleteKeys, []any{string(o), r.Kind, r.ID}}, Nothing})
	}
	return out, nil
}

// compareKeys orders the arguments of InsertKeys by kind, name and value.
func compareKeys(a, b Statement) int {
	for _, i := range []int{1, 3, 4} {
		x, _ := a.Args[i].(string)
		y, _ := b.Args[i].(string)
		if n := cmp.Compare(x, y); n != 0 {
			return n
		}
	}
	return 0
}

// Taken finds which unique key of a change another record has: a *ledger.TakenError.
func Taken(ctx context.Context, from Source, o org.ID, c *ledger.Change) error {
	mine := map[ledger.Holding]bool{}
	first := &ledger.TakenError{}
	for i := range c.Records {
		for _, k := range c.Records[i].Keys {
			if !k.Unique {
				continue
			}
			r := &c.Records[i]
			fault := &ledger.TakenError{Kind: r.Kind, Name: k.Name}
			if first.Name == "" {
				first = fault
			}
			h := ledger.Holding{Kind: r.Kind, Name: k.Name, Value: k.Value}
			id, err := one(ctx, from, scanText, QueryHolder, string(o), r.Kind, k.Name, k.Value)
			switch {
			case mine[h] || err == nil && id != r.ID:
				return fault
			case err != nil && !errors.Is(err, ledger.ErrNotFound):
				return errors.Join(first, err)
			}
			mine[h] = true
		}
	}
	return first // whoever had it has given it up meanwhile
}

func scanText(row Scanner) (s string, err error) {
	err = row.Scan(&s)
	return s, err
}
