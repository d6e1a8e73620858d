package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"fettle/dispatch/engine"
	"fettle/internal/pgtest"
	"fettle/storage/postgres"
	"fettle/storage/storagetest"
)

func batch(sequence int64) *engine.Batch {
	return &engine.Batch{Events: []engine.Event{storagetest.Event(sequence, "w", "NEW")}}
}

// TestOneLeads: a second process waits for the first, and takes over where it stopped.
func TestOneLeads(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	first := open(t, url, postgres.Options{Lead: time.Minute})
	second := open(t, url, postgres.Options{Lead: time.Minute})
	if err := first.Lead(t.Context(), "o"); err != nil {
		t.Fatal(err)
	}
	if err := first.Commit(t.Context(), "o", batch(1)); err != nil {
		t.Fatal(err)
	}
	var led *postgres.LedError
	if err := second.Commit(t.Context(), "o", batch(2)); !errors.As(err, &led) || !errors.Is(err, engine.ErrUnavailable) {
		t.Errorf("got %v, want a LedError that is unavailable", err)
	} else if led.Org != "o" || led.Holder == "" || led.Until.IsZero() {
		t.Errorf("got %+v, want who leads and how long", led)
	}
	if err := second.Commit(t.Context(), "another", batch(1)); err != nil {
		t.Errorf("another org: %v", err)
	}
	impatient, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := second.Lead(impatient, "o"); !errors.Is(err, engine.ErrUnavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := second.Lead(t.Context(), "o"); err != nil {
		t.Fatal(err)
	}
	if err := second.Commit(t.Context(), "o", batch(2)); err != nil {
		t.Fatal(err)
	}
}

// TestFencedProcessCannotWrite: a process that was paused longer than its lead finds that another has taken over.
func TestFencedProcessCannotWrite(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	paused := open(t, url, postgres.Options{Lead: time.Hour}) // never renews within the test
	if err := paused.Commit(t.Context(), "o", batch(1)); err != nil {
		t.Fatal(err)
	}
	run(t, raw(t, url), `UPDATE leads SET held_to = now() - interval '1 second'`) // an hour later
	// Its session is still there, as the session of a paused process is.
	successor := open(t, url, postgres.Options{Lead: time.Hour})
	if err := successor.Commit(t.Context(), "o", batch(2)); err != nil {
		t.Fatal(err)
	}
	if err := paused.Commit(t.Context(), "o", batch(3)); !errors.Is(err, engine.ErrUnavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
	if err := paused.SavePositions(t.Context(), "o", []engine.Position{{Technician: "t"}}); !errors.Is(err, engine.ErrUnavailable) {
		t.Errorf("positions: got %v, want unavailable", err)
	}
	if err := paused.Probe(t.Context()); !errors.Is(err, engine.ErrUnavailable) {
		t.Errorf("probe: got %v, want unavailable as long as another leads", err)
	}
	if last, err := successor.LastSequence(t.Context(), "o"); err != nil || last != 2 {
		t.Errorf("the log ends at %d, %v; want 2", last, err)
	}
	if err := successor.Close(); err != nil {
		t.Fatal(err)
	}
	if err := paused.Probe(t.Context()); err != nil {
		t.Errorf("probe after the successor has gone: %v", err)
	}
	if err := paused.Commit(t.Context(), "o", batch(3)); err != nil {
		t.Errorf("after it leads again: %v", err)
	}
}

// TestRefusesToOpen where what is acknowledged could be lost.
func TestRefusesToOpen(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	run(t, raw(t, url), `ALTER DATABASE `+pgtest.Name(url)+` SET synchronous_commit = off`)
	if _, err := postgres.Open(t.Context(), url, postgres.Options{}); !errors.Is(err, postgres.ErrUnsafe) {
		t.Errorf("without synchronous_commit: got %v", err)
	}
	if _, err := postgres.Open(t.Context(), "postgres://%", postgres.Options{}); err == nil {
		t.Error("a URL that is none was taken")
	}
}

// TestLosesItsServer: what was cut off is unavailable, and heals with the server.
func TestLosesItsServer(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	store := open(t, url, postgres.Options{})
	if err := store.Commit(t.Context(), "o", batch(1)); err != nil {
		t.Fatal(err)
	}
	admin := raw(t, url)
	cut := `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fettle' AND datname = current_database()`
	run(t, admin, cut)
	for range 3 { // connections that are found dead are replaced
		if err := store.Probe(t.Context()); err == nil {
			break
		}
	}
	if err := store.Healthy(t.Context()); err != nil {
		t.Errorf("after the cut: %v", err)
	}
	if err := store.Commit(t.Context(), "o", batch(2)); err != nil {
		t.Errorf("commit after the cut: %v", err)
	}
	run(t, admin, `ALTER TABLE work_orders RENAME TO hidden`)
	if err := store.Commit(t.Context(), "o", &engine.Batch{Orders: []*engine.Order{storagetest.Order("w", "NEW", "")}}); !errors.Is(err, engine.ErrUnavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
	if err := store.Healthy(t.Context()); err == nil {
		t.Error("healthy after a write that failed")
	}
	run(t, admin, `ALTER TABLE hidden RENAME TO work_orders`)
	if err := store.Probe(t.Context()); err != nil {
		t.Error(err)
	}
	if err := store.Healthy(t.Context()); err != nil {
		t.Error(err)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	if err := store.Probe(t.Context()); !errors.Is(err, engine.ErrUnavailable) {
		t.Errorf("closed: got %v", err)
	}
}

// TestKilledLeaderIsFollowedAtOnce: the session of a process that was killed ends, and the next need not wait for its time.
func TestKilledLeaderIsFollowedAtOnce(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	killed := open(t, url, postgres.Options{Lead: time.Hour})
	if err := killed.Commit(t.Context(), "o", batch(1)); err != nil {
		t.Fatal(err)
	}
	admin := raw(t, url)
	run(t, admin, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fettle' AND datname = current_database()`)
	for left := 1; left > 0; { // the server ends sessions in its own time
		if err := admin.QueryRow(t.Context(), `SELECT count(*) FROM leads JOIN pg_stat_activity ON pid = session`).Scan(&left); err != nil {
			t.Fatal(err)
		}
	}
	next := open(t, url, postgres.Options{Lead: time.Hour})
	if err := next.Commit(t.Context(), "o", batch(2)); err != nil {
		t.Errorf("got %v, want the lead at once", err)
	}
}
