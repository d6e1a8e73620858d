package whereabouts_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/internal/auth"
	"fettle/internal/clock"
	"fettle/internal/whereabouts"
	"fettle/ledger"
	"fettle/ledger/ledgertest"
	"fettle/org"
)

var morning = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)

const (
	day  = 24 * time.Hour
	anna = dispatch.TechnicianID("te_anna")
)

// drive is anna on her way east for a while, a position every ten seconds.
func drive(t *whereabouts.Trace, from time.Time, d time.Duration) {
	for at := from; at.Before(from.Add(d)); at = at.Add(10 * time.Second) {
		p := geo.Destination(geo.Point{Lat: 30.2, Lon: 120.2}, 90, geo.Meters(10*at.Sub(morning).Seconds()))
		t.Take(org.Default, []engine.Position{{Technician: anna, Point: p, At: at, AccuracyMeters: 8}})
	}
}

func read(t *testing.T, tr *whereabouts.Trace, from, to time.Time) []whereabouts.Point {
	t.Helper()
	out, err := tr.Read(context.Background(), org.Default, anna, from, to)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// rows are how many records there are.
func rows(t *testing.T, s *ledgertest.Store) int {
	t.Helper()
	n, err := s.Count(context.Background(), org.Default, ledger.All(whereabouts.Kind), 1e6)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestTrace: a place a minute is kept, over hours, flushes and a restart, and nobody else's.
func TestTrace(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), &ledgertest.Store{}
	tr := whereabouts.NewTrace(s, 7*day, 30*day)
	drive(tr, morning, 50*time.Minute)
	if got := len(read(t, tr, morning, morning.Add(day))); got != 50 {
		t.Errorf("%d places before they are written, want one a minute", got)
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(tr.Flush(ctx, org.Default, morning.Add(50*time.Minute)))
	drive(tr, morning.Add(50*time.Minute), 5*time.Minute)
	check(tr.Flush(ctx, org.Default, morning.Add(55*time.Minute)))
	tr = whereabouts.NewTrace(s, 7*day, 30*day) // a restart
	drive(tr, morning.Add(55*time.Minute), 65*time.Minute)
	check(tr.Flush(ctx, org.Default, morning.Add(2*time.Hour)))
	all := read(t, tr, morning, morning.Add(day))
	if len(all) != 120 || rows(t, s) != 2 {
		t.Fatalf("%d places in %d rows, want 120 in 2", len(all), rows(t, s))
	}
	for i := range all {
		if !all[i].Exact() || all[i].Cell == "" || !all[i].At.Equal(morning.Add(time.Duration(i)*time.Minute)) {
			t.Errorf("place %d: %+v", i, all[i])
		}
	}
	if got := read(t, tr, morning.Add(30*time.Minute), morning.Add(40*time.Minute)); len(got) != 10 {
		t.Errorf("%d places in ten minutes", len(got))
	}
	for name, who := range map[string]struct {
		org org.ID
		id  dispatch.TechnicianID
	}{"another technician": {org.Default, "te_ann"}, "another org": {"other", anna}} {
		if got, err := tr.Read(ctx, who.org, who.id, morning, morning.Add(day)); err != nil || len(got) != 0 {
			t.Errorf("%s: %d places, %v", name, len(got), err)
		}
	}
}

// TestStoreIsAway: what cannot be written is written later.
func TestStoreIsAway(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), &ledgertest.Store{}
	tr := whereabouts.NewTrace(s, 7*day, 30*day)
	drive(tr, morning, 10*time.Minute)
	s.Fail = func(org.ID, *ledger.Change) error { return ledger.ErrUnavailable }
	if err := tr.Flush(ctx, org.Default, morning.Add(10*time.Minute)); !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	s.Fail = nil
	if err := tr.Flush(ctx, org.Default, morning.Add(11*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if got := read(t, tr, morning, morning.Add(day)); len(got) != 10 {
		t.Errorf("%d places, want 10", len(got))
	}
}

// aged is what is left of two hours when they are so old: rows, exact places, cells.
func aged(t *testing.T, exact, keep, age time.Duration) (left, precise, cells int) {
	t.Helper()
	ctx, s := context.Background(), &ledgertest.Store{}
	tr := whereabouts.NewTrace(s, exact, keep)
	drive(tr, morning, 2*time.Hour)
	if err := errors.Join(tr.Flush(ctx, org.Default, morning.Add(2*time.Hour)), tr.Purge(ctx, org.Default, morning.Add(2*time.Hour).Add(age))); err != nil {
		t.Fatal(err)
	}
	for _, p := range read(t, tr, morning, morning.Add(day)) {
		if p.Exact() || p.Accuracy != 0 {
			precise++
		}
		if p.Cell != "" {
			cells++
		}
	}
	return rows(t, s), precise, cells
}

// TestPurge is row R-S7 for whereabouts: beyond their limit no exact place is left, and then no row. The saboteur keeps for ever.
func TestPurge(t *testing.T) {
	t.Parallel()
	if left, precise, _ := aged(t, 7*day, 30*day, 6*day); left != 2 || precise != 120 {
		t.Errorf("before the limit: %d rows, %d exact places", left, precise)
	}
	if left, precise, cells := aged(t, 7*day, 30*day, 7*day); left != 2 || precise != 0 || cells == 0 || cells > 60 {
		t.Errorf("after the limit of exact places: %d rows, %d exact places, %d cells", left, precise, cells)
	}
	if left, _, _ := aged(t, 7*day, 30*day, 30*day); left != 0 {
		t.Errorf("after the limit: %d rows", left)
	}
	if left, precise, _ := aged(t, 1000*day, 1000*day, 30*day); left == 0 || precise == 0 {
		t.Error("whereabouts are kept for ever, and nobody saw it")
	}
}

// TestBook: who looked is written down once a day for each pair, never of oneself, and again when it could not be written.
func TestBook(t *testing.T) {
	t.Parallel()
	now, entries, broken := clock.NewFake(morning), []ledger.Entry{}, error(nil)
	b := whereabouts.NewBook(func(_ context.Context, o org.ID, e []ledger.Entry) error {
		if o != "here" {
			t.Errorf("noted in org %s", o)
		}
		if broken == nil {
			entries = append(entries, e...)
		}
		return broken
	}, now)
	wang := &auth.Principal{Name: "user:wang", Org: "here", Technician: "wang"}
	look := func(want int, who *auth.Principal, ids ...string) {
		t.Helper()
		if err := b.Looked(context.Background(), who, "/m", "r", ids); !errors.Is(err, broken) {
			t.Errorf("got %v, want %v", err, broken)
		}
		if len(entries) != want {
			t.Errorf("%d entries, want %d", len(entries), want)
		}
	}
	broken = ledger.ErrFull
	look(0, wang, "anna")
	broken = nil
	look(1, wang, "anna")
	look(1, wang, "anna")
	look(2, wang, "anna", "bert")
	look(2, wang, "wang")
	look(3, &auth.Principal{Name: "user:li", Org: "here"}, "anna")
	now.Advance(day)
	look(4, wang, "anna")
	if e := entries[0]; e.Actor != "user:wang" || e.Kind != whereabouts.LookKind || e.ID != "anna" || e.Method != "/m" || e.Result != ledger.OK {
		t.Errorf("entry %+v", e)
	}
}
