package bus_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/bus"
	"fettle/internal/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 3, 8, 9, 0, 0, 0, time.UTC)

func events(from, to int64) []engine.Event {
	var out []engine.Event
	for s := from; s <= to; s++ {
		out = append(out, engine.Event{Sequence: s, Type: engine.OrderUpdated})
	}
	return out
}

func position(id string, sequence int64) engine.Position {
	return engine.Position{Technician: dispatch.TechnicianID(id), Sequence: sequence}
}

// next takes a delivery that must be there.
func next(t *testing.T, s *bus.Subscription) bus.Delivery {
	t.Helper()
	d, err := s.Next(t.Context())
	if err != nil {
		t.Fatalf("next: %v", err)
	}
	return d
}

// nothing shows that nothing can be taken now.
func nothing(t *testing.T, s *bus.Subscription) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 { // the first may find a token for something that was taken before
		if d, err := s.Next(ctx); err == nil {
			t.Errorf("got %+v, want nothing", d)
		}
	}
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func TestEventsArriveInSequence(t *testing.T) {
	t.Parallel()
	b := bus.New(clock.NewFake(start))
	one, two, other := b.Subscribe("a", bus.Options{}), b.Subscribe("a", bus.Options{}), b.Subscribe("b", bus.Options{})
	b.Publish("a", events(1, 2))
	same(t, "first", events(1, 2), next(t, one).Events)
	b.Publish("a", events(3, 3))
	b.Publish("a", events(4, 5))
	b.Publish("a", nil)
	same(t, "later", events(3, 5), next(t, one).Events)
	same(t, "all at once", events(1, 5), next(t, two).Events)
	nothing(t, one)
	nothing(t, other)
	b.Close()
}

func TestSlowWatcherIsToldToReadTheLog(t *testing.T) {
	t.Parallel()
	b := bus.New(clock.NewFake(start))
	s := b.Subscribe("a", bus.Options{Buffer: 3})
	b.Publish("a", events(1, 3))
	b.Publish("a", events(4, 4)) // one too many
	b.Publish("a", events(5, 5)) // in the log when ErrLagged is read
	if _, err := s.Next(t.Context()); !errors.Is(err, bus.ErrLagged) {
		t.Fatalf("got %v, want ErrLagged", err)
	}
	nothing(t, s)
	b.Publish("a", events(6, 8))
	same(t, "after lagging", events(6, 8), next(t, s).Events)
	b.Close()
}

func TestPositionsAreCoalescedAndPaced(t *testing.T) {
	t.Parallel()
	c := clock.NewFake(start)
	b := bus.New(c)
	s, deaf := b.Subscribe("a", bus.Options{Positions: true}), b.Subscribe("a", bus.Options{})
	b.PublishPositions("a", []engine.Position{position("t2", 1), position("t1", 1)})
	b.PublishPositions("a", []engine.Position{position("t1", 2)})
	b.PublishPositions("other", []engine.Position{position("t9", 9)})
	same(t, "first", []engine.Position{position("t1", 2), position("t2", 1)}, next(t, s).Positions)
	nothing(t, deaf)

	b.PublishPositions("a", []engine.Position{position("t1", 3)})
	nothing(t, s) // within the second
	b.Publish("a", events(1, 1))
	same(t, "events do not wait for positions", bus.Delivery{Events: events(1, 1)}, next(t, s))

	got := make(chan bus.Delivery)
	go func() {
		d, err := s.Next(t.Context())
		if err != nil {
			t.Errorf("next: %v", err)
		}
		got <- d
	}()
	c.AwaitTimers(1)
	b.PublishPositions("a", []engine.Position{position("t1", 4)})
	c.AwaitTimers(1)
	c.Advance(bus.PositionEvery)
	same(t, "after the second", []engine.Position{position("t1", 4)}, (<-got).Positions)

	b.PublishPositions("a", []engine.Position{position("t1", 5), position("t2", 5)})
	nothing(t, s) // both within a moment
	c.Advance(bus.PositionEvery / 2)
	same(t, "who waited for long enough waits for nobody", []engine.Position{position("t2", 5)}, next(t, s).Positions)

	c.Jump(-time.Hour)
	same(t, "clock set back", []engine.Position{position("t1", 5)}, next(t, s).Positions)
	b.Close()
}

func TestCloseWakesWatchers(t *testing.T) {
	t.Parallel()
	b := bus.New(clock.System())
	var wg sync.WaitGroup
	var subscriptions []*bus.Subscription
	for range 4 {
		s := b.Subscribe("a", bus.Options{Positions: true})
		subscriptions = append(subscriptions, s)
		wg.Go(func() {
			if _, err := s.Next(context.Background()); !errors.Is(err, bus.ErrClosed) {
				t.Errorf("got %v, want ErrClosed", err)
			}
		})
	}
	subscriptions[0].Close()
	subscriptions[0].Close()
	b.Publish("b", events(1, 1))
	if n := b.Watchers(); n != 3 {
		t.Errorf("%d watchers, want 3", n)
	}
	b.Close()
	subscriptions[1].Close()
	wg.Wait()
	late := b.Subscribe("a", bus.Options{})
	if _, err := late.Next(t.Context()); !errors.Is(err, bus.ErrClosed) || b.Watchers() != 0 {
		t.Errorf("got %v and %d watchers after Close", err, b.Watchers())
	}
}

func TestNextEndsWithItsContext(t *testing.T) {
	t.Parallel()
	b := bus.New(clock.System())
	defer b.Close()
	s := b.Subscribe("a", bus.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := s.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's error", err)
	}
}

// TestNothingIsLost lets a watcher take at random; with the log beside it, it sees every event once and in order.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		b := bus.New(clock.NewFake(start))
		s := b.Subscribe("a", bus.Options{Buffer: rapid.IntRange(1, 6).Draw(r, "buffer")})
		defer b.Close()
		var written, seen int64
		read := func() {
			d, err := s.Next(context.Background())
			if errors.Is(err, bus.ErrLagged) {
				seen = written // from the log
				return
			}
			for _, e := range d.Events {
				if e.Sequence <= seen {
					continue
				}
				if e.Sequence != seen+1 {
					r.Fatalf("event %d after %d", e.Sequence, seen)
				}
				seen = e.Sequence
			}
		}
		for range rapid.IntRange(1, 30).Draw(r, "steps") {
			if n := rapid.Int64Range(0, 3).Draw(r, "publish"); n > 0 {
				b.Publish("a", events(written+1, written+n))
				written += n
			} else if seen < written {
				read()
			}
		}
		for seen < written {
			read()
		}
	})
}

func TestManyWatchersAtOnce(t *testing.T) {
	t.Parallel()
	const watchers, last = 200, 300
	b := bus.New(clock.System())
	var wg sync.WaitGroup
	for range watchers {
		s := b.Subscribe("a", bus.Options{Positions: true})
		wg.Go(func() {
			defer s.Close()
			for seen := int64(0); seen < last; {
				d, err := s.Next(t.Context())
				if err != nil {
					t.Errorf("next: %v", err)
					return
				}
				for _, e := range d.Events {
					if e.Sequence != seen+1 {
						t.Errorf("event %d after %d", e.Sequence, seen)
						return
					}
					seen = e.Sequence
				}
			}
		})
	}
	for i := int64(1); i <= last; i++ {
		b.Publish("a", events(i, i))
		b.PublishPositions("a", []engine.Position{position("t", i)})
	}
	wg.Wait()
	if n := b.Watchers(); n != 0 {
		t.Errorf("%d watchers are left", n)
	}
}

func BenchmarkPublish(b *testing.B) {
	for _, watchers := range []int{1, 200, 500} {
		b.Run(fmt.Sprintf("watchers=%d", watchers), func(b *testing.B) {
			x := bus.New(clock.System())
			defer x.Close()
			var wg sync.WaitGroup
			for range watchers {
				s := x.Subscribe("a", bus.Options{Buffer: 1 << 20})
				wg.Go(func() {
					for {
						if _, err := s.Next(context.Background()); err != nil {
							return
						}
					}
				})
			}
			batch := events(1, 3)
			b.ReportAllocs()
			for b.Loop() {
				x.Publish("a", batch)
			}
			x.Close()
			wg.Wait()
		})
	}
}
