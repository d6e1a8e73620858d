package feed

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/org"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// logbook is a log in memory that has forgotten what came before first.
type logbook struct {
	mu     sync.Mutex
	first  int64
	events []engine.Event
	reads  atomic.Int64 // of orders
}

func (l *logbook) Order(_ context.Context, _ org.ID, id dispatch.WorkOrderID) (*engine.Order, error) {
	l.reads.Add(1)
	return &engine.Order{ID: id, State: engine.StateNew}, nil
}

func (l *logbook) Events(_ context.Context, _ org.ID, after int64, limit int) ([]engine.Event, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []engine.Event
	for _, e := range l.events {
		if e.Sequence > after && e.Sequence >= l.first && len(out) < limit {
			out = append(out, e)
		}
	}
	return out, nil
}

func (l *logbook) FirstSequence(context.Context, org.ID) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.first, nil
}

func (l *logbook) LastSequence(context.Context, org.ID) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(len(l.events)), nil
}

// happen writes n events and returns them.
func (l *logbook) happen(n int) []engine.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	from := len(l.events)
	for range n {
		l.events = append(l.events, engine.Event{Sequence: int64(len(l.events) + 1), Type: engine.OrderUpdated, Order: "wo_1"})
	}
	return l.events[from:]
}

// take reads until nothing is left.
func take(t interface{ Fatal(...any) }, w *Watch) []string {
	beat := make(chan time.Time, 1)
	beat <- time.Time{}
	var out []string
	for {
		entries, err := w.Next(context.Background(), beat)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) == 0 {
			return out
		}
		for _, e := range entries {
			out = append(out, fmt.Sprintf("%d", e.Event.Sequence))
			if e.Event.Type == Resync {
				out[len(out)-1] += " resync"
			}
		}
	}
}

func TestNothingIsMissedOrDoubled(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := &logbook{first: 1}
		f := New(Config{Store: l, Memory: rapid.IntRange(1, 8).Draw(t, "memory")})
		l.happen(rapid.IntRange(1, 20).Draw(t, "before the start"))
		if rapid.Bool().Draw(t, "warm") {
			if err := f.Warm(context.Background(), org.Default); err != nil {
				t.Fatal(err)
			}
		}
		after := rapid.Int64Range(1, int64(len(l.events))).Draw(t, "after")
		w, err := f.Watch(context.Background(), org.Default, after, Audience{})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		want := after
		for range rapid.IntRange(1, 10).Draw(t, "rounds") {
			f.Publish(org.Default, l.happen(rapid.IntRange(0, 12).Draw(t, "events")))
			if rapid.Bool().Draw(t, "read") {
				for _, got := range take(t, w) {
					if want++; got != fmt.Sprint(want) {
						t.Fatalf("got %s, want %d", got, want)
					}
				}
			}
		}
		for _, got := range take(t, w) {
			if want++; got != fmt.Sprint(want) {
				t.Fatalf("got %s, want %d", got, want)
			}
		}
		if want != int64(len(l.events)) {
			t.Fatalf("read to %d of %d", want, len(l.events))
		}
	})
}

func TestWhoAsksForTheForgottenIsTold(t *testing.T) {
	t.Parallel()
	l := &logbook{first: 5}
	l.happen(9)
	cold, warm := New(Config{Store: l}), New(Config{Store: l})
	if err := warm.Warm(t.Context(), org.Default); err != nil {
		t.Fatal(err)
	}
	for after, want := range map[int64]string{2: "[9 resync]", 3: "[9 resync]", 4: "[5 6 7 8 9]", 50: "[9 resync]", 0: "[]"} {
		for name, f := range map[string]*Feed{"cold": cold, "warm": warm} {
			w, err := f.Watch(t.Context(), org.Default, after, Audience{})
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(take(t, w)); got != want {
				t.Errorf("%s, after %d: %s, want %s", name, after, got, want)
			}
			w.Close()
		}
	}
}

func TestEventsAreEncodedOnce(t *testing.T) {
	t.Parallel()
	l := &logbook{first: 1}
	f := New(Config{Store: l})
	f.Publish(org.Default, l.happen(1)) // a feed that has heard nothing yet reads what happens from the log
	var watchers sync.WaitGroup
	for range 50 {
		w, err := f.Watch(t.Context(), org.Default, 0, Audience{})
		if err != nil {
			t.Fatal(err)
		}
		watchers.Go(func() {
			defer w.Close()
			for seen := 0; seen < 20; {
				entries, err := w.Next(t.Context(), nil)
				if err != nil {
					t.Error(err)
					return
				}
				for _, e := range entries {
					e.Frame(t.Context())
				}
				seen += len(entries)
			}
		})
	}
	for range 4 {
		f.Publish(org.Default, l.happen(5))
	}
	watchers.Wait()
	if n := l.reads.Load(); n != 20 {
		t.Errorf("orders were read %d times for 20 events", n)
	}
}

func TestThePastIsEncodedOnceForAllWhoComeBack(t *testing.T) {
	t.Parallel()
	l := &logbook{first: 1}
	l.happen(30)
	f := New(Config{Store: l})
	if err := f.Warm(t.Context(), org.Default); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		w, err := f.Watch(t.Context(), org.Default, 10, Audience{})
		if err != nil {
			t.Fatal(err)
		}
		entries, err := w.Next(t.Context(), nil)
		if err != nil || len(entries) != 20 {
			t.Fatalf("%d entries, %v; want 20", len(entries), err)
		}
		for _, e := range entries {
			e.Frame(t.Context())
		}
		w.Close()
	}
	if n := l.reads.Load(); n != 20 {
		t.Errorf("orders were read %d times for 20 events", n)
	}
}

func TestTooManyStreams(t *testing.T) {
	t.Parallel()
	f := New(Config{Store: &logbook{first: 1}, Streams: 1})
	w, err := f.Watch(t.Context(), org.Default, 0, Audience{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Watch(t.Context(), org.Default, 0, Audience{}); !errors.Is(err, ErrTooMany) {
		t.Errorf("a second stream: %v", err)
	}
	other, err := f.Watch(t.Context(), "another", 0, Audience{})
	if err != nil {
		t.Fatalf("a stream of another org: %v", err)
	}
	other.Close()
	w.Close()
	w.Close()
	if w, err = f.Watch(t.Context(), org.Default, 0, Audience{}); err != nil {
		t.Fatalf("after the first has gone: %v", err)
	}
	f.Close()
	if _, err := w.Next(t.Context(), nil); err == nil {
		t.Error("news from a closed feed")
	}
	w.Close()
}

func TestPositionsAreCoalesced(t *testing.T) {
	t.Parallel()
	f := New(Config{Store: &logbook{first: 1}, PositionsEvery: time.Hour})
	w, err := f.Watch(t.Context(), org.Default, 0, Audience{Positions: true})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for i := range 5 {
		f.PublishPositions(org.Default, []engine.Position{{Technician: "a", Sequence: int64(i)}, {Technician: "b"}})
	}
	if got := take(t, w); len(got) != 2 {
		t.Errorf("got %d positions, want the last of each", len(got))
	}
	f.PublishPositions(org.Default, []engine.Position{{Technician: "a"}})
	if got := take(t, w); len(got) != 0 {
		t.Errorf("got %d positions before the pause is over", len(got))
	}
}

func TestTechniciansHearOfTheirWork(t *testing.T) {
	t.Parallel()
	assigned := func(sequence int64, to dispatch.TechnicianID) engine.Event {
		return engine.Event{Sequence: sequence, Type: engine.OrderAssigned, Order: "wo_1", Technician: to, State: engine.StateAssigned, Assignment: &engine.Assignment{Technician: to}}
	}
	tests := map[string]struct {
		event engine.Event
		hears map[dispatch.TechnicianID]bool
	}{
		"given to another": {assigned(3, "b"), map[dispatch.TechnicianID]bool{"a": true, "b": true, "c": false}},
		"of another order": {engine.Event{Sequence: 3, Type: engine.OrderCreated, Order: "wo_2", State: engine.StateNew}, map[dispatch.TechnicianID]bool{"a": false}},
		"never heard of":   {engine.Event{Sequence: 3, Type: engine.OrderCanceled, Order: "wo_9", State: engine.StateCanceled}, map[dispatch.TechnicianID]bool{"a": true, "c": true}},
		"canceled":         {engine.Event{Sequence: 3, Type: engine.OrderCanceled, Order: "wo_1", State: engine.StateCanceled}, map[dispatch.TechnicianID]bool{"a": true, "c": false}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := New(Config{Store: &logbook{first: 1}})
			f.Publish(org.Default, []engine.Event{{Sequence: 1, Type: engine.OrderCreated, Order: "wo_1", State: engine.StateNew}, assigned(2, "a")})
			f.Publish(org.Default, []engine.Event{tt.event})
			for who, want := range tt.hears {
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				if _, err := f.AwaitTechnician(ctx, org.Default, who, 2); (err == nil) != want {
					t.Errorf("%s hears of it: %t, want %t", who, err == nil, want)
				}
			}
		})
	}
}
