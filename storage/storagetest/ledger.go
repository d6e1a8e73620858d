package storagetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
)

// ledgerPromise is a subtest on a fresh ledger.
type ledgerPromise struct {
	name string
	hold func(t *testing.T, s ledger.Store)
}

// RunLedger holds a store to each promise of ledger.Store. open returns an empty store that is closed with the test.
func RunLedger(t *testing.T, open func(t *testing.T) ledger.Store) {
	t.Helper()
	groups := []struct {
		name     string
		promises []ledgerPromise
	}{
		{"Change", changePromises()},
		{"Writer", writerPromises()},
		{"Query", queryPromises()},
		{"Audit", auditPromises()},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			for _, p := range g.promises {
				t.Run(p.name, func(t *testing.T) {
					t.Parallel()
					p.hold(t, open(t))
				})
			}
		})
	}
}

// Record makes a record with every field set.
func Record(id string, version int64, keys ...ledger.Key) ledger.Record {
	if keys == nil {
		keys = []ledger.Key{}
	}
	return ledger.Record{
		Kind: "leases", ID: id, Version: version, State: "ACTIVE", Created: at(0), Updated: at(int(version)), Keys: keys,
		Body: []byte(`{"name":"王 \"<&>` + "\u2028" + `","v":` + fmt.Sprint(version) + `}`),
	}
}

// Entry makes an audit entry with every field set.
func Entry(actor, id string, seconds int) ledger.Entry {
	return ledger.Entry{
		Time: at(seconds), Actor: actor, Method: "/fettle.rental.v1.LeaseService/UpdateLease", Kind: "leases", ID: id,
		Result: ledger.OK, Reason: "asked for by phone", RequestID: "r-" + id, Fields: []string{"endDate", "rent"},
	}
}

func apply(t *testing.T, s ledger.Writer, o org.ID, c *ledger.Change) {
	t.Helper()
	if err := s.Apply(t.Context(), o, c); err != nil {
		t.Fatalf("apply: %v", err)
	}
}

// refused applies a change that must not be kept.
func refused(t *testing.T, s ledger.Writer, c *ledger.Change, want error) {
	t.Helper()
	if err := s.Apply(t.Context(), here, c); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func put(rs ...ledger.Record) *ledger.Change { return &ledger.Change{Records: rs} }

func unique(name, value string) ledger.Key { return ledger.Key{Name: name, Value: value, Unique: true} }

func key(name, value string) ledger.Key { return ledger.Key{Name: name, Value: value} }

// stored is a record as reads give it.
func stored(r ledger.Record) *ledger.Record {
	r.Keys = nil
	return &r
}

// kept is all that a ledger holds of an org.
type kept struct {
	Records []ledger.Record
	Found   map[string][]string // ids by key
	Due     []ledger.DueWork
	Entries []ledger.Entry
	Links   []ledger.Link
	Head    ledger.Head
}

func readLedger(t testing.TB, s ledger.Store, o org.ID) kept {
	t.Helper()
	ctx := t.Context()
	var errs [6]error
	k := kept{Found: map[string][]string{}}
	var page ledger.Page
	for _, kind := range []string{"leases", "units"} {
		page, errs[0] = s.Records(ctx, o, ledger.All(kind), all)
		k.Records = append(k.Records, page.Records...)
		for _, name := range []string{"n", "m", "u"} {
			page, errs[1] = s.Records(ctx, o, ledger.Between(kind, name, "", ""), all)
			for i := range page.Records {
				k.Found[kind+" "+name] = append(k.Found[kind+" "+name], page.Records[i].ID)
			}
		}
	}
	k.Due, errs[2] = s.Due(ctx, o, ledger.DueFilter{}, at(1<<30), all)
	k.Entries, errs[3] = s.AuditTrail(ctx, o, ledger.AuditPlace{}, all)
	k.Links, errs[4] = s.AuditLinks(ctx, o, 0, all)
	k.Head, errs[5] = s.AuditHead(ctx, o)
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return k
}

func changePromises() []ledgerPromise {
	return []ledgerPromise{
		{"all of it", changeAll},
		{"or nothing", changeNothing},
		{"version n replaces n-1", changeVersions},
		{"keys that are nil stay, an empty list takes them away", changeKeys},
		{"a unique key is held by one record of its kind", changeUnique},
		{"unique keys change hands in one change", changeSwap},
		{"records are removed at their version, with their keys", changeRemoved},
		{"what was seen must still be so", changeSeen},
		{"what must be absent is absent", changeAbsent},
		{"a key has one answer", changeAnswers},
		{"what no store can keep is refused", func(t *testing.T, s ledger.Store) {
			t.Helper()
			var fault *invalid.Error
			if err := s.Apply(t.Context(), here, put(ledger.Record{ID: "1", Version: 1})); !errors.As(err, &fault) {
				t.Errorf("got %v, want an invalid.Error", err)
			}
		}},
		{"an empty change is kept", func(t *testing.T, s ledger.Store) {
			t.Helper()
			apply(t, s, here, &ledger.Change{})
			same(t, "records", kept{Found: map[string][]string{}, Head: readLedger(t, s, here).Head}, readLedger(t, s, here))
		}},
	}
}

// fullChange has something of everything.
func fullChange() *ledger.Change {
	return &ledger.Change{
		Records: []ledger.Record{Record("1", 1, unique("u", "a"), key("n", "x")), Record("2", 1, key("n", "y"), key("n", "z"))},
		DueSet:  []ledger.DueWork{{Kind: "k", Key: "1", At: at(5), Payload: "p"}},
		Answers: []ledger.IdempotencyRecord{Key("k1", at(0))},
		Audit:   []ledger.Entry{Entry("li", "1", 1), Entry("li", "2", 1)},
	}
}

func changeAll(t *testing.T, s ledger.Store) {
	t.Helper()
	c := fullChange()
	apply(t, s, here, c)
	got := readLedger(t, s, here)
	same(t, "records", []ledger.Record{*stored(c.Records[0]), *stored(c.Records[1])}, got.Records)
	same(t, "found", map[string][]string{"leases u": {"1"}, "leases n": {"1", "2", "2"}}, got.Found)
	same(t, "due work", c.DueSet, got.Due)
	same(t, "answer", c.Answers[0], must(s.Key(t.Context(), here, "k1"))(t))
	same(t, "record", stored(c.Records[0]), must(s.Record(t.Context(), here, "leases", "1"))(t))
	want := fullChange().Audit
	want[0].Sequence, want[1].Sequence, want[1].Position = 1, 1, 1
	same(t, "audit", want, got.Entries)
	_, err := s.Record(t.Context(), there, "leases", "1")
	notFoundIn(t, err)
	_, err = s.Record(t.Context(), here, "units", "1")
	notFoundIn(t, err)
	if other := readLedger(t, s, there); len(other.Records)+len(other.Due)+len(other.Entries)+len(other.Found) != 0 {
		t.Errorf("another org sees %+v", other)
	}
}

func notFoundIn(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

func changeNothing(t *testing.T, s ledger.Store) {
	t.Helper()
	apply(t, s, here, fullChange())
	before := readLedger(t, s, here)
	for name, spoil := range map[string]struct {
		do   func(c *ledger.Change)
		want error
	}{
		"an id that is in use":        {func(c *ledger.Change) { c.Records[1] = Record("1", 1) }, ledger.ErrExists},
		"a version that is not next":  {func(c *ledger.Change) { c.Records[1] = Record("2", 3) }, ledger.ErrStale},
		"a version of nothing":        {func(c *ledger.Change) { c.Records[1] = Record("9", 2) }, ledger.ErrStale},
		"a unique key that is taken":  {func(c *ledger.Change) { c.Records[1] = Record("2", 2, unique("u", "a")) }, ledger.ErrTaken},
		"a removal that is not there": {func(c *ledger.Change) { c.Removed = []ledger.Ref{{Kind: "leases", ID: "2", Version: 7}} }, ledger.ErrStale},
		"something else was seen":     {func(c *ledger.Change) { c.Seen = []ledger.Ref{{Kind: "leases", ID: "2", Version: 2}} }, ledger.ErrStale},
		"what is not absent":          {func(c *ledger.Change) { c.Absent = []ledger.Holding{{Kind: "leases", Name: "n", Value: "y"}} }, ledger.ErrStale},
		"a key with an answer":        {func(c *ledger.Change) { c.Answers[0].Key = "k1" }, ledger.ErrAnswered},
	} {
		c := &ledger.Change{
			Records: []ledger.Record{Record("3", 1, unique("u", "c")), Record("4", 1)},
			DueSet:  []ledger.DueWork{{Kind: "k", Key: "9", At: at(1)}}, DueDone: []ledger.DueWork{{Kind: "k", Key: "1"}},
			Answers: []ledger.IdempotencyRecord{Key("k2", at(0))}, Audit: []ledger.Entry{Entry("wu", "3", 2)},
		}
		spoil.do(c)
		if err := s.Apply(t.Context(), here, c); !errors.Is(err, spoil.want) {
			t.Errorf("%s: got %v, want %v", name, err, spoil.want)
		}
		same(t, name, before, readLedger(t, s, here))
		_, err := s.Key(t.Context(), here, "k2")
		notFoundIn(t, err)
	}
}

func changeVersions(t *testing.T, s ledger.Store) {
	t.Helper()
	apply(t, s, here, put(Record("1", 1)))
	apply(t, s, there, put(Record("1", 1)))
	refused(t, s, put(Record("1", 1)), ledger.ErrExists)
	refused(t, s, put(Record("1", 3)), ledger.ErrStale)
	next := Record("1", 2)
	next.State, next.Body = "", []byte(`{}`)
	apply(t, s, here, put(next))
	same(t, "record", stored(next), must(s.Record(t.Context(), here, "leases", "1"))(t))
	refused(t, s, put(next), ledger.ErrStale)
	if r := must(s.Record(t.Context(), there, "leases", "1"))(t); r.Version != 1 {
		t.Errorf("the other org's record is at version %d", r.Version)
	}
}

func changeKeys(t *testing.T, s ledger.Store) {
	t.Helper()
	apply(t, s, here, put(Record("1", 1, key("n", "x"), key("m", "y"))))
	next := Record("1", 2)
	next.Keys = nil
	apply(t, s, here, put(next))
	same(t, "keys that are nil", map[string][]string{"leases n": {"1"}, "leases m": {"1"}}, readLedger(t, s, here).Found)
	apply(t, s, here, put(Record("1", 3, key("n", "z"), key("n", "z"))))
	same(t, "other keys", map[string][]string{"leases n": {"1"}}, readLedger(t, s, here).Found)
	apply(t, s, here, put(Record("1", 4)))
	same(t, "no keys", map[string][]string{}, readLedger(t, s, here).Found)
}

func changeUnique(t *testing.T, s ledger.Store) {
	t.Helper()
	apply(t, s, here, put(Record("1", 1, unique("u", "a"), unique("n", "a"))))
	apply(t, s, there, put(Record("1", 1, unique("u", "a"))))
	other := Record("1", 1, unique("u", "a"))
	other.Kind = "units"
	apply(t, s, here, put(other))
	apply(t, s, here, put(Record("2", 1, key("u", "a")))) // does not say that it is unique
	err := s.Apply(t.Context(), here, put(Record("3", 1, unique("n", "b"), unique("u", "a"))))
	var taken *ledger.TakenError
	if !errors.As(err, &taken) || *taken != (ledger.TakenError{Kind: "leases", Name: "u"}) {
		t.Errorf("got %v, want that u of leases is taken", err)
	}
	err = s.Apply(t.Context(), here, put(Record("4", 1, unique("m", "b")), Record("5", 1, unique("m", "b"))))
	if !errors.As(err, &taken) || taken.Name != "m" {
		t.Errorf("twice in one change: got %v, want that m is taken", err)
	}
	apply(t, s, here, put(Record("1", 2, unique("u", "a")))) // its own is not taken
}

func changeSwap(t *testing.T, s ledger.Store) {
	t.Helper()
	apply(t, s, here, put(Record("1", 1, unique("u", "a")), Record("2", 1, unique("u", "b"))))
	apply(t, s, here, put(Record("1", 2, unique("u", "b")), Record("2", 2, unique("u", "a"))))
	page := must(s.Records(t.Context(), here, ledger.Where("leases", "u", "a"), 9))(t)
	if len(page.Records) != 1 || page.Records[0].ID != "2" {
		t.Errorf("a is held by %v, want 2", page.Records)
	}
	apply(t, s, here, &ledger.Change{
		Records: []ledger.Record{Record("3", 1, unique("u", "a"))}, Removed: []ledger.Ref{{Kind: "leases", ID: "2", Version: 2}},
	})
}

func changeRemoved(t *testing.T, s ledger.Store) {
	t.Helper()
	apply(t, s, here, put(Record("1", 1, unique("u", "a")), Record("2", 1, key("n", "x"))))
	apply(t, s, there, put(Record("1", 1, unique("u", "a"))))
	refused(t, s, &ledger.Change{Removed: []ledger.Ref{{Kind: "leases", ID: "1", Version: 2}}}, ledger.ErrStale)
	apply(t, s, here, &ledger.Change{Removed: []ledger.Ref{{Kind: "leases", ID: "1", Version: 1}}})
	_, err := s.Record(t.Context(), here, "leases", "1")
	notFoundIn(t, err)
	same(t, "found", map[string][]string{"leases n": {"2"}}, readLedger(t, s, here).Found)
	apply(t, s, here, put(Record("1", 1, unique("u", "a")))) // all of it is free again
	must(s.Record(t.Context(), there, "leases", "1"))(t)
}

func changeSeen(t *testing.T, s ledger.Store) {
	t.Helper()
	apply(t, s, here, put(Record("1", 1), Record("2", 1)))
	made := 0
	seen := func(id string, version int64) *ledger.Change {
		made++
		return &ledger.Change{
			Records: []ledger.Record{Record(fmt.Sprint("new", made), 1)}, Seen: []ledger.Ref{{Kind: "leases", ID: id, Version: version}},
		}
	}
	apply(t, s, here, seen("1", 1))
	refused(t, s, seen("1", 2), ledger.ErrStale)
	refused(t, s, seen("9", 1), ledger.ErrStale)
	apply(t, s, here, put(Record("1", 2)))
	refused(t, s, seen("1", 1), ledger.ErrStale)
	if r := must(s.Record(t.Context(), here, "leases", "1"))(t); r.Version != 2 {
		t.Errorf("what was seen is at version %d, want 2", r.Version)
	}
}

func changeAbsent(t *testing.T, s ledger.Store) {
	t.Helper()
	apply(t, s, here, put(Record("1", 1, key("n", "x"))))
	apply(t, s, there, put(Record("1", 1, key("n", "y"))))
	absent := func(id, value string) *ledger.Change {
		return &ledger.Change{
			Records: []ledger.Record{Record(id, 1)}, Absent: []ledger.Holding{{Kind: "leases", Name: "n", Value: value}},
		}
	}
	apply(t, s, here, absent("2", "y"))
	refused(t, s, absent("3", "x"), ledger.ErrStale)
	gone := absent("4", "x")
	gone.Removed = []ledger.Ref{{Kind: "leases", ID: "1", Version: 1}}
	apply(t, s, here, gone)
}

func changeAnswers(t *testing.T, s ledger.Store) {
	t.Helper()
	answer := &ledger.Change{Answers: []ledger.IdempotencyRecord{Key("k1", at(0))}}
	apply(t, s, here, answer)
	apply(t, s, there, answer)
	refused(t, s, answer, ledger.ErrAnswered)
	same(t, "answer", answer.Answers[0], must(s.Key(t.Context(), here, "k1"))(t))
}

// long is longer than audit entries are kept at least.
const long = ledger.AuditKeep + 24*time.Hour
