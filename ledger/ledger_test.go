package ledger_test

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fettle/invalid"
	"fettle/ledger"
)

// TestValuesOrder: values order by bytes as what they stand for does.
func TestValuesOrder(t *testing.T) {
	t.Parallel()
	texts := rapid.SliceOfN(rapid.StringOf(rapid.RuneFrom([]rune("\x00\x01\x02\x03\x04ab界"))), 3, 3)
	rapid.Check(t, func(r *rapid.T) {
		a, b := texts.Draw(r, "a"), texts.Draw(r, "b")
		if got, want := cmp.Compare(ledger.Text(a...), ledger.Text(b...)), slices.Compare(a, b); got != want {
			r.Errorf("Text: %q and %q compare %d, want %d", a, b, got, want)
		}
		if strings.ContainsRune(ledger.Text(a...), 0) {
			r.Errorf("Text(%q) holds NUL", a)
		}
		m, n := rapid.Int64().Draw(r, "m"), rapid.Int64().Draw(r, "n")
		if got, want := cmp.Compare(ledger.Int(m), ledger.Int(n)), cmp.Compare(m, n); got != want {
			r.Errorf("Int: %d and %d compare %d, want %d", m, n, got, want)
		}
		const years = 9000 * 31_556_952
		x, y := time.UnixMicro(rapid.Int64Range(0, years).Draw(r, "x")), time.UnixMicro(rapid.Int64Range(0, years).Draw(r, "y"))
		if got, want := cmp.Compare(ledger.Instant(x), ledger.Instant(y)), x.Compare(y); got != want {
			r.Errorf("Instant: %v and %v compare %d, want %d", x, y, got, want)
		}
		q := ledger.Under("k", "n", ledger.Text(a[0]))
		in := func(v string) bool { return v >= q.From && v < q.To }
		if !in(ledger.Text(a...)) || b[0] != a[0] && in(ledger.Text(b...)) {
			r.Errorf("Under(%q) does not select exactly what begins with it: %q, %q", a[0], a, b)
		}
	})
}

func TestCheck(t *testing.T) {
	t.Parallel()
	good := func() *ledger.Change {
		return &ledger.Change{
			Records: []ledger.Record{{Kind: "k", ID: "1", Version: 1, Keys: []ledger.Key{{Name: "n", Value: ""}}}},
			Audit:   []ledger.Entry{{Actor: "a", Method: "m", Result: ledger.OK}},
		}
	}
	if err := good().Check(); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		spoil func(c *ledger.Change)
		field string
	}{
		"no kind":        {func(c *ledger.Change) { c.Records[0].Kind = "" }, "records[0].kind"},
		"a long id":      {func(c *ledger.Change) { c.Records[0].ID = strings.Repeat("x", 101) }, "records[0].id"},
		"NUL in an id":   {func(c *ledger.Change) { c.Records[0].ID = "a\x00" }, "records[0].id"},
		"version 0":      {func(c *ledger.Change) { c.Records[0].Version = 0 }, "records[0].version"},
		"a large body":   {func(c *ledger.Change) { c.Records[0].Body = make([]byte, ledger.MaxBody+1) }, "records[0].body"},
		"a nameless key": {func(c *ledger.Change) { c.Records[0].Keys[0].Name = "" }, "records[0].keys[0].name"},
		"a long key":     {func(c *ledger.Change) { c.Records[0].Keys[0].Value = strings.Repeat("x", 1001) }, "records[0].keys[0].value"},
		"NUL in a key":   {func(c *ledger.Change) { c.Records[0].Keys[0].Value = "\x00" }, "records[0].keys[0].value"},
		"a record twice": {func(c *ledger.Change) { c.Records = append(c.Records, c.Records[0]) }, "records[1]"},
		"changed and removed": {
			func(c *ledger.Change) { c.Removed = []ledger.Ref{{Kind: "k", ID: "1", Version: 1}} }, "removed[0]",
		},
		"nobody did it":  {func(c *ledger.Change) { c.Audit[0].Actor = "" }, "audit[0].actor"},
		"nothing done":   {func(c *ledger.Change) { c.Audit[0].Method = "" }, "audit[0].method"},
		"without result": {func(c *ledger.Change) { c.Audit[0].Result = "" }, "audit[0].result"},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := good()
			tt.spoil(c)
			var fault *invalid.Error
			if err := c.Check(); !errors.As(err, &fault) || fault.Field != tt.field {
				t.Errorf("got %v, want a fault of %s", err, tt.field)
			}
		})
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	if c := (&ledger.Change{Seen: []ledger.Ref{{}}, Absent: []ledger.Holding{{}}}); !c.Empty() {
		t.Error("a change that only looks is not empty")
	}
	for _, c := range []ledger.Change{
		{Records: make([]ledger.Record, 1)},
		{Removed: make([]ledger.Ref, 1)},
		{DueSet: make([]ledger.DueWork, 1)},
		{DueDone: make([]ledger.DueWork, 1)},
		{Answers: make([]ledger.IdempotencyRecord, 1)},
		{Audit: make([]ledger.Entry, 1)},
	} {
		if c.Empty() {
			t.Errorf("%+v is empty", c)
		}
	}
}
