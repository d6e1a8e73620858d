package storagetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"fettle/ledger"
)

func writerPromises() []ledgerPromise {
	return []ledgerPromise{
		{"an error means that nothing was kept", func(t *testing.T, s ledger.Store) {
			t.Helper()
			if err := s.Apply(canceled(t), here, fullChange()); err == nil {
				t.Error("a change whose context has ended was kept")
			}
			if k := readLedger(t, s, here); len(k.Records) > 0 {
				t.Errorf("%d records were kept", len(k.Records))
			}
			apply(t, s, here, fullChange())
		}},
		{"of changes at once of one version one is kept", oneVersion},
		{"of records at once with a unique key one is kept", oneHolder},
		{"of a parent that goes and a child that comes one is kept", parentOrChild},
		{"changes at once of the same records in any order are kept or stale", crossing},
	}
}

// together runs n functions at once and returns how many gave no error; any other than those that are allowed fails the test.
func together(t *testing.T, n int, do func(i int) error, allowed ...error) int {
	t.Helper()
	var wg sync.WaitGroup
	var good atomic.Int64
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			err := do(i)
			if err == nil {
				good.Add(1)
				return
			}
			for _, a := range allowed {
				if errors.Is(err, a) {
					return
				}
			}
			t.Errorf("writer %d: %v", i, err)
		})
	}
	close(start)
	wg.Wait()
	return int(good.Load())
}

func oneVersion(t *testing.T, s ledger.Store) {
	t.Helper()
	apply(t, s, here, put(Record("1", 1)))
	for version := int64(2); version < 12; version++ {
		n := together(t, 8, func(i int) error {
			c := put(Record("1", version))
			c.Audit = []ledger.Entry{Entry(fmt.Sprint(i), "1", i)}
			return s.Apply(t.Context(), here, c)
		}, ledger.ErrStale)
		if n != 1 {
			t.Fatalf("%d of 8 changes to version %d were kept, want 1", n, version)
		}
	}
	if k := readLedger(t, s, here); len(k.Entries) != 10 {
		t.Errorf("%d audit entries, want 10", len(k.Entries))
	}
}

func oneHolder(t *testing.T, s ledger.Store) {
	t.Helper()
	for round := range 10 {
		n := together(t, 8, func(i int) error {
			return s.Apply(t.Context(), here, put(Record(fmt.Sprint(round, " ", i), 1, unique("u", fmt.Sprint(round)))))
		}, ledger.ErrTaken)
		if n != 1 {
			t.Errorf("%d of 8 records took the key, want 1", n)
		}
	}
}

// parentOrChild: a unit may come only while its property is there, and a property may go only while it has no unit.
func parentOrChild(t *testing.T, s ledger.Store) {
	t.Helper()
	for round := range 20 {
		id := fmt.Sprint(round)
		apply(t, s, here, put(Record(id, 1)))
		n := together(t, 2, func(i int) error {
			if i == 0 {
				child := Record("child of "+id, 1, key("n", id))
				return s.Apply(t.Context(), here, &ledger.Change{Records: []ledger.Record{child}, Seen: []ledger.Ref{{Kind: "leases", ID: id, Version: 1}}})
			}
			return s.Apply(t.Context(), here, &ledger.Change{
				Removed: []ledger.Ref{{Kind: "leases", ID: id, Version: 1}}, Absent: []ledger.Holding{{Kind: "leases", Name: "n", Value: id}},
			})
		}, ledger.ErrStale)
		if n != 1 {
			t.Fatalf("round %d: %d changes were kept, want one of the two", round, n)
		}
	}
}

// crossing changes two records from many writers, half of whom name them the other way round.
func crossing(t *testing.T, s ledger.Store) {
	t.Helper()
	apply(t, s, here, put(Record("1", 1), Record("2", 1)))
	for version := int64(2); version < 8; version++ {
		n := together(t, 6, func(i int) error {
			a, b := Record("1", version, key("n", "x"), unique("u", "a")), Record("2", version, key("n", "y"), unique("u", "b"))
			if i%2 == 0 {
				a, b = b, a
			}
			return s.Apply(t.Context(), here, put(a, b))
		}, ledger.ErrStale)
		if n != 1 {
			t.Fatalf("version %d: %d changes were kept, want 1", version, n)
		}
	}
}
