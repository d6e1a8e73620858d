package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"fettle/dispatch/engine"
	"fettle/storage/sqlite"
	"fettle/storage/storagetest"
)

var day = time.Date(2026, 3, 8, 9, 0, 0, 123_000, time.UTC)

// batch is an order with two events, three pieces of due work and a key: what a report makes.
func batch(sequence int64, id string) *engine.Batch {
	b := &engine.Batch{
		Events: []engine.Event{storagetest.Event(sequence, id, "NEW"), storagetest.Event(sequence+1, id, "ASSIGNED")},
		Orders: []*engine.Order{storagetest.Order(id, engine.StateAssigned, "t1")},
		Keys:   []engine.IdempotencyRecord{storagetest.Key("key of "+id, day)},
	}
	for _, kind := range []string{"accept", "on_site", "resolve"} {
		b.DueSet = append(b.DueSet, engine.DueWork{Kind: kind, Key: id, At: day.Add(time.Duration(sequence) * time.Second)})
	}
	return b
}

func TestReopen(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "made 100% new?", "data#1")
	db := open(t, dir, sqlite.Options{})
	want := batch(1, "w1")
	want.Technicians = []*engine.Technician{storagetest.Technician("t1")}
	position := engine.Position{Technician: "t1", At: day, Sequence: 4}
	if err := errors.Join(db.Commit(t.Context(), "o", want), db.SavePositions(t.Context(), "o", []engine.Position{position})); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = open(t, dir, sqlite.Options{})
	}
	got := &engine.Batch{}
	var errs [6]error
	var positions []engine.Position
	got.Orders, errs[0] = db.Orders(t.Context(), "o", engine.OrderFilter{}, "", 10)
	got.Technicians, errs[1] = db.Technicians(t.Context(), "o", "", 10)
	got.Events, errs[2] = db.Events(t.Context(), "o", 0, 10)
	got.DueSet, errs[3] = db.Due(t.Context(), "o", engine.DueFilter{}, day.Add(time.Hour), 10)
	positions, errs[4] = db.Positions(t.Context(), "o")
	var k engine.IdempotencyRecord
	k, errs[5] = db.Key(t.Context(), "o", "key of w1")
	got.Keys = []engine.IdempotencyRecord{k}
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("after reopening (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]engine.Position{position}, positions); d != "" {
		t.Errorf("positions after reopening (-want +got):\n%s", d)
	}
	if err := db.Commit(t.Context(), "o", batch(3, "w2")); err != nil {
		t.Errorf("the log does not go on: %v", err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode of the directory is %v, want 0700", info.Mode())
	}
}

func TestOneOwner(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := open(t, dir, sqlite.Options{})
	if _, err := sqlite.Open(t.Context(), dir, sqlite.Options{}); !errors.Is(err, sqlite.ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v, want ErrLocked with the directory", err)
	}
	if err := first.Commit(t.Context(), "o", batch(1, "w1")); err != nil {
		t.Errorf("the owner was disturbed: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir, sqlite.Options{})
}

func TestClosedStoreIsUnavailable(t *testing.T) {
	t.Parallel()
	db := open(t, t.TempDir(), sqlite.Options{})
	if err := errors.Join(db.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
	_, read := db.Order(t.Context(), "o", "w1")
	for what, err := range map[string]error{
		"commit": db.Commit(t.Context(), "o", batch(1, "w1")), "probe": db.Probe(t.Context()), "healthy": db.Healthy(t.Context()), "read": read,
	} {
		if !errors.Is(err, engine.ErrUnavailable) {
			t.Errorf("%s: got %v, want ErrUnavailable", what, err)
		}
	}
}

func TestHealthySeesThatNothingIsFlushed(t *testing.T) {
	t.Parallel()
	db := open(t, t.TempDir(), sqlite.Options{})
	if err := errors.Join(db.Healthy(t.Context()), db.Probe(t.Context())); err != nil {
		t.Fatal(err)
	}
	if err := db.Pragma(t.Context(), "synchronous = NORMAL"); err != nil {
		t.Fatal(err)
	}
	if err := db.Healthy(t.Context()); !errors.Is(err, engine.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
}

// fullUntil commits until the store says that it is full, and returns how many were kept.
func fullUntil(t *testing.T, db *sqlite.DB) int {
	t.Helper()
	for n := range 100_000 {
		err := db.Commit(t.Context(), "o", batch(int64(2*n+1), fmt.Sprintf("w%06d", n)))
		if err == nil {
			continue
		}
		if !errors.Is(err, engine.ErrFull) {
			t.Fatalf("got %v, want ErrFull", err)
		}
		return n
	}
	t.Fatal("never full")
	return 0
}

// checkKept shows that what was acknowledged, and nothing of what was refused, is there.
func checkKept(t *testing.T, db *sqlite.DB, n int) {
	t.Helper()
	orders, err := db.Orders(t.Context(), "o", engine.OrderFilter{}, "", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	last, err := db.LastSequence(t.Context(), "o")
	if err != nil || len(orders) != n || last != int64(2*n) {
		t.Errorf("%d orders and last sequence %d (%v), want %d and %d", len(orders), last, err, n, 2*n)
	}
}

func TestFullRefusesAndHeals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := open(t, dir, sqlite.Options{})
	pages, err := db.Pages(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.MaxPages(t.Context(), pages+40); err != nil {
		t.Fatal(err)
	}
	n := fullUntil(t, db)
	if n == 0 {
		t.Fatal("full from the start")
	}
	checkKept(t, db, n)
	if err := db.Healthy(t.Context()); !errors.Is(err, engine.ErrFull) {
		t.Errorf("healthy: got %v, want ErrFull", err)
	}
	if err := db.MaxPages(t.Context(), 1<<30); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Probe(t.Context()), db.Healthy(t.Context())); err != nil {
		t.Errorf("healed: %v", err)
	}
	if err := db.Commit(t.Context(), "o", batch(int64(2*n+1), fmt.Sprintf("w%06d", n))); err != nil {
		t.Errorf("after healing: %v", err)
	}
	checkKept(t, db, n+1)
}

// TestFullDisk fills a real file system, which takes the right to mount one.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("no right to mount: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	db := open(t, data, sqlite.Options{})
	n := fullUntil(t, db)
	checkKept(t, db, n)
	for range 5 {
		if err := db.Probe(t.Context()); !errors.Is(err, engine.ErrFull) {
			t.Fatalf("probe: got %v, want ErrFull", err)
		}
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Probe(t.Context()), db.Healthy(t.Context())); err != nil {
		t.Fatalf("healed: %v", err)
	}
	if err := db.Commit(t.Context(), "o", batch(int64(2*n+1), fmt.Sprintf("w%06d", n))); err != nil {
		t.Fatalf("after healing: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	checkKept(t, open(t, data, sqlite.Options{}), n+1)
	if n == 0 {
		t.Error("full from the start")
	}
}

// TestFailedFlushIsForGood feeds the error that the driver gives for a failed fsync.
func TestFailedFlushIsForGood(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := open(t, dir, sqlite.Options{})
	if err := db.Commit(t.Context(), "o", batch(1, "w1")); err != nil {
		t.Fatal(err)
	}
	if err := db.FailFlush(); !errors.Is(err, engine.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	for what, err := range map[string]error{
		"commit": db.Commit(t.Context(), "o", batch(3, "w2")), "probe": db.Probe(t.Context()), "healthy": db.Healthy(t.Context()),
	} {
		if !errors.Is(err, engine.ErrUnavailable) {
			t.Errorf("%s: got %v, want ErrUnavailable", what, err)
		}
	}
	checkKept(t, db, 1) // reads go on
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, dir, sqlite.Options{}).Commit(t.Context(), "o", batch(3, "w2")); err != nil {
		t.Errorf("after opening anew: %v", err)
	}
}

func TestConstraintIsNamed(t *testing.T) {
	t.Parallel()
	db := open(t, t.TempDir(), sqlite.Options{})
	if err := db.Commit(t.Context(), "o", &engine.Batch{Orders: []*engine.Order{storagetest.Order("w1", "WORKING", "t1")}}); err != nil {
		t.Fatal(err)
	}
	for want, b := range map[string]*engine.Batch{
		"work_orders_one_started":      {Orders: []*engine.Order{storagetest.Order("w2", "EN_ROUTE", "t1")}},
		"work_orders_need_technician":  {Orders: []*engine.Order{storagetest.Order("w2", "ASSIGNED", "")}},
		"work_orders_legal_transition": {Orders: []*engine.Order{storagetest.Order("w1", "VERIFIED", "t1")}},
		"events_follow":                {Events: []engine.Event{storagetest.Event(7, "w1", "NEW")}},
	} {
		err := db.Commit(t.Context(), "o", b)
		var c *sqlite.ConstraintError
		if !errors.As(err, &c) || c.Name != want {
			t.Errorf("got %v, want constraint %s", err, want)
		}
		if errors.Is(err, engine.ErrUnavailable) || errors.Is(err, engine.ErrFull) {
			t.Errorf("%v looks like a fault of the disk", err)
		}
	}
	if err := db.Healthy(t.Context()); err != nil {
		t.Errorf("a refused batch made the store unhealthy: %v", err)
	}
}

func TestWALIsBounded(t *testing.T) {
	t.Parallel()
	const frames = 1500
	dir := t.TempDir()
	db := open(t, dir, sqlite.Options{WALFrames: frames})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 2 { // readers come and go
		wg.Go(func() {
			for ctx.Err() == nil {
				if _, err := db.Orders(ctx, "o", engine.OrderFilter{}, "", 20); err != nil && ctx.Err() == nil {
					t.Errorf("read: %v", err)
				}
			}
		})
	}
	for n := 0; n < 1200; n += 10 {
		if err := db.Commit(t.Context(), "o", storagetest.Together(int64(2*n+1), n, 10)); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	wg.Wait()
	info, err := os.Stat(filepath.Join(dir, "fettle.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	// Commits go on beside a checkpoint.
	if got := info.Size() / 4096; got > 4*frames || db.Longest() == 0 {
		t.Errorf("the WAL has %d pages after checkpoints at %d, want fewer than %d", got, db.Longest(), 4*frames)
	}
}
