package registry_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"fettle/internal/auth"
	"fettle/internal/clock"
	"fettle/internal/registry"
	"fettle/ledger"
	"fettle/ledger/ledgertest"
	"fettle/org"
)

var morning = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)

// counter is a resource that counts.
type counter struct {
	Name string
	N    int
}

func counters() *registry.Kind[counter] {
	return &registry.Kind[counter]{
		Name: "counters", Prefix: "co_",
		Keys: func(c *counter) []ledger.Key {
			return []ledger.Key{{Name: "name", Value: ledger.Text(c.Name), Unique: true}}
		},
	}
}

// desk is a registry over a store in memory.
type desk struct {
	*registry.Registry
	store *ledgertest.Store
	kind  *registry.Kind[counter]

	mu        sync.Mutex
	woken     []time.Time
	published int
}

func newDesk() *desk {
	d := &desk{store: &ledgertest.Store{}, kind: counters()}
	d.Registry = registry.New(registry.Config{
		Store: d.store, Clock: clock.NewFake(morning), RequestID: func(context.Context) string { return "r1" },
		Woken: func(_ org.ID, at time.Time) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.woken = append(d.woken, at)
		},
		Published: func(org.ID, *ledger.Change) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.published++
		},
	})
	return d
}

// as is the context of a call by somebody with an idempotency key, "" for none.
func as(t *testing.T, name, key string) context.Context {
	t.Helper()
	ctx := auth.NewContext(t.Context(), &auth.Principal{Name: name, Org: "o"})
	ctx = grpc.NewContextWithServerTransportStream(ctx, stream{})
	if key != "" {
		ctx = metadata.NewIncomingContext(ctx, metadata.Pairs("idempotency-key", key))
	}
	return ctx
}

// stream is that of a call of a method.
type stream struct{ grpc.ServerTransportStream }

// Method implements grpc.ServerTransportStream.
func (stream) Method() string { return "/test.Counters/Change" }

// create makes a counter and answers with its id.
func (d *desk) create(ctx context.Context, name string) (string, error) {
	m, err := registry.Do(ctx, d.Registry, wrapperspb.String(name), func(tx *registry.Tx) (*wrapperspb.StringValue, error) {
		item, err := d.kind.Insert(tx, counter{Name: name})
		if err != nil {
			return nil, err
		}
		tx.About("counters", item.ID)
		tx.Due(ledger.DueWork{Kind: "k", Key: item.ID, At: tx.Now.Add(time.Hour)}, ledger.DueWork{Kind: "l", Key: item.ID, At: tx.Now.Add(time.Minute)})
		return wrapperspb.String(item.ID), nil
	})
	return m.GetValue(), err
}

// add counts a counter up.
func (d *desk) add(ctx context.Context, id string, n int) (int, error) {
	m, err := registry.Do(ctx, d.Registry, wrapperspb.String(id), func(tx *registry.Tx) (*wrapperspb.Int64Value, error) {
		item, err := d.kind.Load(tx, id)
		if err != nil {
			return nil, err
		}
		item.Value.N += n
		tx.About("counters", id, "n")
		return wrapperspb.Int64(int64(item.Value.N)), d.kind.Save(tx, item)
	})
	return int(m.GetValue()), err
}

func TestCommit(t *testing.T) {
	t.Parallel()
	d := newDesk()
	id, err := d.create(as(t, "li", "one"), "a")
	if err != nil {
		t.Fatal(err)
	}
	item, err := d.kind.Read(t.Context(), d.store, "o", id)
	if err != nil || item.Version != 1 || item.Value != (counter{Name: "a"}) || !item.Created.Equal(morning) {
		t.Errorf("got %+v, %v", item, err)
	}
	entries, err := d.store.AuditTrail(t.Context(), "o", ledger.AuditPlace{}, 9)
	if err != nil || len(entries) != 1 {
		t.Fatalf("audit: %v, %v", entries, err)
	}
	if e := entries[0]; e.Actor != "li" || e.ID != id || e.Kind != "counters" || e.RequestID != "r1" || e.Result != ledger.OK || !e.Time.Equal(morning) {
		t.Errorf("audit entry %+v", e)
	}
	if len(d.woken) != 1 || !d.woken[0].Equal(morning.Add(time.Minute)) || d.published != 1 {
		t.Errorf("woken %v, published %d", d.woken, d.published)
	}
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	d := newDesk()
	first, err := d.create(as(t, "li", "one"), "a")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := d.create(as(t, "li", "one"), "a"); again != first || err != nil {
		t.Errorf("the same request again: got %q, %v, want %q", again, err, first)
	}
	for name, err := range map[string]error{
		"another request": second(d.create(as(t, "li", "one"), "b")), "another sender": second(d.create(as(t, "wu", "one"), "a")),
	} {
		if !errors.Is(err, ledger.ErrKeyReused) {
			t.Errorf("%s: got %v, want ErrKeyReused", name, err)
		}
	}
	if err := second(d.create(as(t, "li", "two"), "a")); !errors.Is(err, ledger.ErrTaken) {
		t.Errorf("a name that is taken: got %v, want ErrTaken", err)
	}
	if id, err := d.create(as(t, "li", "two"), "c"); err != nil || id == first { // what was refused has not used its key
		t.Errorf("the key of what was refused: %q, %v", id, err)
	}
}

func second(_ string, err error) error { return err }

func TestInFlight(t *testing.T) {
	t.Parallel()
	d := newDesk()
	var inside error
	d.store.Fail = func(org.ID, *ledger.Change) error { // while the first is about to be kept
		d.store.Fail = nil
		_, inside = d.create(as(t, "li", "one"), "a")
		return nil
	}
	if _, err := d.create(as(t, "li", "one"), "a"); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(inside, ledger.ErrInFlight) {
		t.Errorf("got %v, want ErrInFlight", inside)
	}
}

// TestAnswered: another process has carried out the same request meanwhile.
func TestAnswered(t *testing.T) {
	t.Parallel()
	d := newDesk()
	other := registry.New(registry.Config{Store: d.store, Clock: clock.NewFake(morning)})
	var theirs string
	d.store.Fail = func(org.ID, *ledger.Change) error {
		d.store.Fail = nil
		e := &desk{Registry: other, store: d.store, kind: d.kind}
		theirs, _ = e.create(as(t, "li", "one"), "a")
		return ledger.ErrAnswered
	}
	if mine, err := d.create(as(t, "li", "one"), "a"); mine != theirs || err != nil || mine == "" {
		t.Errorf("got %q, %v, want %q", mine, err, theirs)
	}
}

// TestDecidedAgain: of many that count at once none is lost.
func TestDecidedAgain(t *testing.T) {
	t.Parallel()
	d := newDesk()
	id, err := d.create(as(t, "li", ""), "a")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	var mu sync.Mutex
	kept := 0
	for range 8 {
		running.Go(func() {
			for range 20 {
				_, err := d.add(as(t, "li", ""), id, 1)
				if err != nil && !errors.Is(err, ledger.ErrStale) {
					t.Error(err)
				}
				if err == nil {
					mu.Lock()
					kept++
					mu.Unlock()
				}
			}
		})
	}
	running.Wait()
	item, err := d.kind.Read(t.Context(), d.store, "o", id)
	if err != nil || item.Value.N != kept || item.Version != int64(kept)+1 || kept < 100 {
		t.Errorf("counted %+v, %v, want %d", item, err, kept)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	d := newDesk()
	id, err := d.create(as(t, "li", ""), "a")
	if err != nil {
		t.Fatal(err)
	}
	remove := func() error {
		_, err := registry.Do(as(t, "li", ""), d.Registry, wrapperspb.String(id), func(tx *registry.Tx) (*wrapperspb.BoolValue, error) {
			item, err := d.kind.Load(tx, id)
			if err != nil {
				return nil, err
			}
			return wrapperspb.Bool(true), d.kind.Delete(tx, item)
		})
		return err
	}
	if err := remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.kind.Read(t.Context(), d.store, "o", id); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	if err := remove(); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("twice: got %v, want ErrNotFound", err)
	}
	if _, err := d.create(as(t, "li", ""), "a"); err != nil {
		t.Errorf("the name is not free: %v", err)
	}
	items, _, err := d.kind.List(t.Context(), d.store, "o", d.kind.All(), 9)
	if err != nil || len(items) != 1 {
		t.Errorf("listed %d, %v, want the one that is left", len(items), err)
	}
}

func TestNobody(t *testing.T) {
	t.Parallel()
	d := newDesk()
	if err := second(d.create(t.Context(), "a")); !errors.Is(err, auth.ErrUnknown) {
		t.Errorf("got %v, want ErrUnknown", err)
	}
}

// TestRefused: what the store refuses for good leaves nothing, and is not tried again.
func TestRefused(t *testing.T) {
	t.Parallel()
	d := newDesk()
	tries := 0
	d.store.Fail = func(org.ID, *ledger.Change) error {
		tries++
		return fmt.Errorf("apply: %w", ledger.ErrFull)
	}
	if err := second(d.create(as(t, "li", "one"), "a")); !errors.Is(err, ledger.ErrFull) || tries != 1 {
		t.Errorf("got %v after %d tries, want ErrFull after one", err, tries)
	}
	if len(d.woken)+d.published != 0 {
		t.Error("somebody was told of it")
	}
}
