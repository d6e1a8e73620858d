package leasing_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/internal/leasing"
	"fettle/ledger"
	"fettle/ledger/ledgertest"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/obligation"
)

// rows finds work in the store of a test.
type rows struct{ *ledgertest.Store }

func (s rows) DueRow(ctx context.Context, o org.ID, kind, key string) (ledger.DueWork, error) {
	all, err := s.Due(ctx, o, ledger.DueFilter{Only: kind}, day("2100-01-01").At(calendar.Clock{}, shanghai), 1<<20)
	for _, w := range all {
		if w.Key == key {
			return w, err
		}
	}
	return ledger.DueWork{}, errors.Join(err, ledger.ErrNotFound)
}

// R-O4, S28: whoever deletes obligations or their work behind the service's back is found out by the next account, which counts from
// the leases; the tenants are told nevertheless, once. Without the account they are not.
func TestWhatIsDeletedComesBack(t *testing.T) {
	t.Parallel()
	for _, saboteur := range []bool{false, true} {
		h, r := newHouse(t), rand.New(rand.NewPCG(7, 7))
		const leases = 60
		for i := range leases {
			h.create(lease.ID(fmt.Sprintf("L%02d", i)), "2026-01-01", day("2026-08-01").Add(r.IntN(90)).String())
		}
		a, ctx := leasing.NewAccountant(h.desk, rows{h.store}, org.Default), t.Context()
		if got, err := a.Tick(ctx); err != nil || got.Missing != 0 {
			t.Fatalf("before: %+v, %v", got, err)
		}
		records, works := 0, 0
		for i := range leases {
			id := fmt.Sprintf("L%02d.v1.%s", i, []string{"60", "30", "7"}[r.IntN(3)])
			var x ledger.Change
			switch r.IntN(3) {
			case 0:
				x.DueDone, works = []ledger.DueWork{{Kind: leasing.DueObligation, Key: id}}, works+1
			case 1:
				k, err := h.store.Record(ctx, org.Default, leasing.Obligations, id)
				if err != nil {
					t.Fatal(err)
				}
				x.Removed, records = []ledger.Ref{k.Ref()}, records+1
				x.DueDone = []ledger.DueWork{{Kind: leasing.DueObligation, Key: id}}
			}
			if err := h.store.Apply(ctx, org.Default, &x); err != nil {
				t.Fatal(err)
			}
		}
		look, err := a.Look(ctx, start, start.AddDate(2, 0, 0), false)
		want := leasing.Account{Expected: 3 * leases, Scheduled: 3*leases - records - works, Missing: records + works}
		if diff := cmp.Diff(want, look); diff != "" || err != nil {
			t.Fatal(diff, err)
		}
		if !saboteur {
			got, err := a.Tick(ctx)
			if err != nil || got.Missing != records+works || got.Repaired != records+works {
				t.Fatalf("%+v, %v", got, err)
			}
			if got, err := a.Tick(ctx); err != nil || got.Missing != 0 {
				t.Fatalf("afterwards: %+v, %v", got, err)
			}
		}
		for d := day("2026-05-01"); d.Before(day("2026-11-15")); d = d.Add(1) {
			h.at(d.String())
		}
		missed := 0
		for i := range leases {
			for _, rung := range []string{"60", "30", "7"} {
				if n := h.sink.times[fmt.Sprintf("L%02d.v1.%s", i, rung)]; n == 0 {
					missed++
				} else if n > 1 {
					t.Errorf("L%02d.v1.%s came %d times", i, rung, n)
				}
			}
		}
		if saboteur != (missed > 0) || saboteur && missed > records+works {
			t.Errorf("saboteur %v: %d were not told, of %d deleted", saboteur, missed, records+works)
		}
		if c := h.certify(); c.Zero() == saboteur {
			t.Errorf("saboteur %v: %s", saboteur, c.Text("en", shanghai))
		}
	}
}

// What was sent and lost its record is not sent again: its message still says what became of it.
func TestALostRecordIsNotASecondMessage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.create("L1", "2026-01-01", "2026-12-31")
	h.at("2026-11-01")
	k, err := h.store.Record(t.Context(), org.Default, leasing.Obligations, "L1.v1.60")
	if err == nil {
		err = h.store.Apply(t.Context(), org.Default, &ledger.Change{Removed: []ledger.Ref{k.Ref()}})
	}
	if err != nil {
		t.Fatal(err)
	}
	a := leasing.NewAccountant(h.desk, rows{h.store}, org.Default)
	h.clock.Advance(time.Minute)
	if got, err := a.Tick(t.Context()); err != nil || got.Missing != 1 || got.Repaired != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	h.sweep()
	if got := h.states("L1")["L1.v1.60"]; got != obligation.Sent || h.sink.times["L1.v1.60"] != 1 {
		t.Errorf("%s, came %d times", got, h.sink.times["L1.v1.60"])
	}
}

// TestOver: what is known of a message may be forgotten when nobody can owe it any more.
func TestOver(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	over := func(id lease.ID, of string, want bool) {
		t.Helper()
		if got, err := h.desk.Over(ctx, org.Default, id, of); got != want || err != nil {
			t.Errorf("%s of %s: over %v, %v; want %v", of, id, got, err, want)
		}
	}
	h.create("L1", "2026-01-01", "2026-08-01")
	over("L1", "L1.v1.60", false) // open
	over("L1", "note", false)     // the lease goes on
	over("L0", "L0.v1.60", true)  // there is none
	if _, err := h.desk.Settle(ctx, anna, "L1.v1.60", 0, func(x *obligation.Obligation, now time.Time) error { return x.Waive(now, "anna", "told by hand") }); err != nil {
		t.Fatal(err)
	}
	over("L1", "L1.v1.60", false) // settled, and the account asks for it
	_, err := h.desk.Change(ctx, anna, "L1", 0, "", func(l *lease.Lease, m lease.Moment) (lease.Lease, error) {
		return l.Terminate(m.Today(), "moved out", m)
	})
	if err != nil {
		t.Fatal(err)
	}
	over("L1", "L1.v1.60", true)
	over("L1", "note", true)
}
