package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

func committerPromises() []promise {
	return []promise{
		{"an error means that nothing was kept", func(t *testing.T, s engine.Store) {
			t.Helper()
			if err := s.Commit(canceled(t), here, fullBatch()); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want the context's error", err)
			}
			same(t, "contents", contents{}, read(t, s, here))
			commit(t, s, here, fullBatch())
		}},
		{"reads end with their context", readsEnd},
		{"readers see whole batches while others are committed", wholeBatches},
		{"orgs commit side by side", sideBySide},
		{"a technician hands over from one started order to the next in one batch", handOver},
		{"an order may take several steps in one batch", func(t *testing.T, s engine.Store) {
			t.Helper()
			commit(t, s, here, &engine.Batch{
				Events: []engine.Event{Event(1, "w1", engine.StateAssigned)}, Orders: []*engine.Order{Order("w1", engine.StateAssigned, "t1")},
			})
			commit(t, s, here, &engine.Batch{
				Events: []engine.Event{Event(2, "w1", engine.StateAccepted), Event(3, "w1", engine.StateEnRoute), Event(4, "w1", engine.StateOnSite)},
				Orders: []*engine.Order{Order("w1", engine.StateOnSite, "t1")},
			})
		}},
		{"removes idempotency records that are older, at most limit of them, and returns how many", pruning},
	}
}

func readsEnd(t *testing.T, s engine.Store) {
	t.Helper()
	commit(t, s, here, fullBatch())
	ctx := canceled(t)
	_, err1 := s.Orders(ctx, here, engine.OrderFilter{}, "", 10)
	_, err2 := s.Order(ctx, here, "w1")
	_, err3 := s.Events(ctx, here, 0, 10)
	_, err4 := s.Due(ctx, here, engine.DueFilter{}, at(0), 10)
	for i, err := range []error{err1, err2, err3, err4} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("read %d: got %v, want the context's error", i+1, err)
		}
	}
	batchlessRead(t, s)
}

// batchlessRead shows that the store still answers.
func batchlessRead(t *testing.T, s engine.Store) {
	t.Helper()
	must(s.Order(t.Context(), here, "w1"))(t)
}

// wholeBatches writes two orders at the same version again and again; nobody may see them differ, nor a log that is longer
// or shorter than the version says.
func wholeBatches(t *testing.T, s engine.Store) {
	t.Helper()
	const rounds = 60
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				page, err := s.Orders(t.Context(), here, engine.OrderFilter{States: []engine.State{"NEW"}}, "", 9)
				if err != nil {
					t.Errorf("read during commits: %v", err)
					return
				}
				if len(page) == 1 || (len(page) == 2 && page[0].Version != page[1].Version) {
					t.Errorf("half a batch was seen: %d orders", len(page))
					return
				}
			}
		})
	}
	for i := range int64(rounds) {
		a, b := Order("w1", engine.StateNew, ""), Order("w2", engine.StateNew, "")
		a.Version, b.Version = i+1, i+1
		err := s.Commit(t.Context(), here, &engine.Batch{Events: []engine.Event{Event(i+1, "w1", "NEW")}, Orders: []*engine.Order{a, b}})
		if err != nil {
			t.Errorf("commit %d: %v", i, err)
			break
		}
	}
	close(done)
	wg.Wait()
	same(t, "last sequence", int64(rounds), must(s.LastSequence(t.Context(), here))(t))
}

func sideBySide(t *testing.T, s engine.Store) {
	t.Helper()
	var wg sync.WaitGroup
	for _, o := range both {
		wg.Go(func() {
			for i := range 30 {
				b := &engine.Batch{Events: []engine.Event{Event(int64(i+1), "w1", "NEW")}, Orders: []*engine.Order{Order(ids(30)[i], "NEW", "")}}
				if err := s.Commit(t.Context(), o, b); err != nil {
					t.Errorf("commit %d of %s: %v", i, o, err)
				}
			}
		})
	}
	wg.Wait()
	for _, o := range both {
		if c := read(t, s, o); c.Last != 30 || len(c.Orders) != 30 {
			t.Errorf("%s has %d events and %d orders, want 30 each", o, c.Last, len(c.Orders))
		}
	}
}

func handOver(t *testing.T, s engine.Store) {
	t.Helper()
	commit(t, s, here, &engine.Batch{Orders: []*engine.Order{
		Order("w1", engine.StateWorking, "t1"), Order("w2", engine.StateAccepted, "t1"), Order("w3", engine.StateEnRoute, "t3"),
	}})
	// The order that begins comes first in the batch.
	commit(t, s, here, &engine.Batch{Orders: []*engine.Order{Order("w2", engine.StateEnRoute, "t1"), Order("w1", engine.StateCompleted, "t1")}})
	// Two that stay started follow each other in a chain, in the order that a row by row write cannot keep.
	commit(t, s, here, &engine.Batch{Orders: []*engine.Order{Order("w2", engine.StateEnRoute, "t3"), Order("w3", engine.StateEnRoute, "t4")}})
	same(t, "technician", dispatch.TechnicianID("t3"), must(s.Order(t.Context(), here, "w2"))(t).TechnicianID())
}

func pruning(t *testing.T, s engine.Store) {
	t.Helper()
	for _, o := range both {
		b := &engine.Batch{}
		for i := range 10 {
			b.Keys = append(b.Keys, Key(fmt.Sprint("k", i), at(i)))
		}
		commit(t, s, o, b)
	}
	prune := func(before, limit int) int { return must(s.PruneKeys(t.Context(), here, at(before), limit))(t) }
	same(t, "removed", []int{2, 3, 0, 0}, []int{prune(5, 2), prune(5, 100), prune(5, 100), prune(100, 0)})
	for i := range 10 {
		_, err := s.Key(t.Context(), here, fmt.Sprint("k", i))
		if gone := errors.Is(err, engine.ErrNotFound); gone != (i < 5) {
			t.Errorf("key of second %d is gone: %t", i, gone)
		}
		must(s.Key(t.Context(), there, fmt.Sprint("k", i)))(t)
	}
}
