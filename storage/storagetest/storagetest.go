package storagetest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"fettle/dispatch/engine"
	"fettle/ledger"
	"fettle/org"
)

// The orgs of the suite.
const (
	here  org.ID = "here"
	there org.ID = "there"
)

// promise is a subtest on a fresh store.
type promise struct {
	name string
	hold func(t *testing.T, s engine.Store)
}

// Run holds a store to each promise of engine.Store. open returns an empty store that is closed with the test.
func Run(t *testing.T, open func(t *testing.T) engine.Store) {
	t.Helper()
	groups := []struct {
		name     string
		promises []promise
	}{
		{"Batch", batchPromises()},
		{"OrderReader", orderPromises()},
		{"TechnicianReader", technicianPromises()},
		{"EventReader", eventPromises()},
		{"KeyReader", keyPromises()},
		{"DueReader", duePromises()},
		{"DueStore", claimPromises()},
		{"PositionStore", positionPromises()},
		{"Committer", committerPromises()},
		{"values", valuePromises()},
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

// commit writes a batch that must be kept.
func commit(t *testing.T, s engine.Store, o org.ID, b *engine.Batch) {
	t.Helper()
	if err := s.Commit(t.Context(), o, b); err != nil {
		t.Fatalf("commit: %v", err)
	}
}

// must is for calls that may not fail: must(call())(t).
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// same compares what was read with what was written. Lists that are empty and nil are the same.
func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(ledger.Entry{}, "Cover")); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// contents is all that a store holds of an org.
type contents struct {
	Orders      []*engine.Order
	Technicians []*engine.Technician
	Events      []engine.Event
	Due         []engine.DueWork
	Positions   []engine.Position
	Last        int64
}

const all = 1 << 20

func read(t *testing.T, s engine.Store, o org.ID) contents {
	t.Helper()
	ctx := t.Context()
	var c contents
	var errs [6]error
	c.Orders, errs[0] = s.Orders(ctx, o, engine.OrderFilter{}, "", all)
	c.Technicians, errs[1] = s.Technicians(ctx, o, "", all)
	c.Events, errs[2] = s.Events(ctx, o, 0, all)
	c.Due, errs[3] = s.Due(ctx, o, engine.DueFilter{}, at(1<<30), all)
	c.Positions, errs[4] = s.Positions(ctx, o)
	c.Last, errs[5] = s.LastSequence(ctx, o)
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// canceled is a context that has ended.
func canceled(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
