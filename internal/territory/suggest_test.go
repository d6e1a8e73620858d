package territory_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/territory"
)

func TestSuggestionsRestOnWhatWasLearnedBeforeTheRestart(t *testing.T) {
	t.Parallel()
	store := newMemory()
	f := open(t, store)
	f.hire(t, "anna")
	do := func(f *fixture, c engine.Command) {
		t.Helper()
		if _, err := f.Do(t.Context(), territory.Request{Actor: "test", Command: c}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 50 {
		order := leak(fmt.Sprint("wo_", i))
		do(f, order)
		for _, verb := range []engine.Verb{engine.Accept, engine.Depart, engine.Arrive, engine.Start} {
			do(f, engine.Act{Verb: verb, Order: order.ID})
		}
		f.clock.Advance(time.Duration(30+i%2*30) * time.Minute) // 30 and 60 where 45 are planned
		do(f, engine.Act{Verb: engine.Complete, Order: order.ID})
	}
	q := engine.SlotQuery{Wish: leak("").Wish}
	now, err := f.SuggestSlots(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if got := now.Variability.OnSite; got.Observations != 50 || got.Mean < 0.99 || got.Mean > 1.01 || got.Deviation < 0.3 || got.Deviation > 0.37 {
		t.Errorf("learned %+v, want a mean of 1 and a deviation of a third", got)
	}
	again, err := open(t, store).SuggestSlots(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if again.Variability != now.Variability {
		t.Errorf("learned %+v, after a restart %+v", now.Variability, again.Variability)
	}
}

func TestSuggestionsRunBesideTheWriter(t *testing.T) {
	t.Parallel()
	f := open(t, newMemory())
	f.hire(t, "anna")
	var all sync.WaitGroup
	for k := range 4 {
		all.Go(func() {
			for i := range 10 {
				if _, err := f.Do(t.Context(), territory.Request{Actor: "test", Command: leak(fmt.Sprintf("wo_%d_%d", k, i))}); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for range 10 {
				s, err := f.SuggestSlots(t.Context(), engine.SlotQuery{Wish: leak("").Wish})
				if err != nil || len(s.Open)+len(s.Closed) == 0 {
					t.Errorf("%+v, %v", s, err)
				}
			}
		})
	}
	all.Wait()
	if orders, _, _ := f.store.count(); orders != 40 {
		t.Errorf("%d orders, want the 40 that were made: a suggestion makes none", orders)
	}
}

func TestSuggestionsThatNobodyWaitsForAreNotMade(t *testing.T) {
	t.Parallel()
	f := open(t, newMemory())
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.SuggestSlots(ended, engine.SlotQuery{Wish: leak("").Wish}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	var invalid *dispatch.InvalidError
	if _, err := f.SuggestSlots(t.Context(), engine.SlotQuery{Wish: leak("").Wish, Length: time.Second}); !errors.As(err, &invalid) {
		t.Errorf("got %v, want the field", err)
	}
}
