package fair_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"fettle/internal/fair"
	"fettle/org"
)

var noon = time.Date(2026, 3, 9, 4, 0, 0, 0, time.UTC)

func TestTake(t *testing.T) {
	t.Parallel()
	l := fair.New(fair.Config{Rate: 10, Burst: 20})
	for i := range 20 {
		if room, ok := l.Take("a", fair.Normal, noon); !ok || room.Remaining != 19-i || room.Limit != 20 {
			t.Fatalf("call %d: %+v, %t", i, room, ok)
		}
	}
	room, ok := l.Take("a", fair.Normal, noon)
	if ok || room.Remaining != 0 || room.Reset != 100*time.Millisecond { // a tenth of a second a call
		t.Errorf("the call after the burst: %+v, %t", room, ok)
	}
	if _, ok := l.Take("a", fair.Urgent, noon); !ok {
		t.Error("an urgent call was refused for those that are not")
	}
	if _, ok := l.Take("b", fair.Normal, noon); !ok {
		t.Error("another org was refused")
	}
	if _, ok := l.Take("a", fair.Normal, noon.Add(99*time.Millisecond)); ok {
		t.Error("a call too early was taken")
	}
	if _, ok := l.Take("a", fair.Normal, noon.Add(100*time.Millisecond)); !ok {
		t.Error("the call that was told to wait 100 ms was refused then")
	}
	if _, ok := l.Take("a", fair.Normal, noon.Add(-time.Hour)); ok {
		t.Error("a clock that is set back gives calls away")
	}
}

func TestEnter(t *testing.T) {
	t.Parallel()
	l := fair.New(fair.Config{Changes: 10})
	enter := func(o org.ID, want bool) {
		t.Helper()
		if got := l.Enter(o, fair.Normal, noon); got != want {
			t.Fatalf("%s enters: %t, want %t", o, got, want)
		}
	}
	for range 10 {
		enter("flood", true) // all of it while nobody else is there
	}
	enter("flood", false)
	for range 5 {
		enter("small", true) // its half, though all places are taken
	}
	enter("small", false)
	if !l.Enter("flood", fair.Urgent, noon) {
		t.Error("an emergency was refused for work that is none")
	}
	for range 6 {
		l.Leave("flood", fair.Normal)
	}
	enter("flood", true) // 9 of 10 are taken
	enter("flood", false)
}

// Whatever calls come, an org that stays below its share is never refused, and places do not get lost.
func TestSharesAreKept(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		const places, orgs = 12, 3
		l := fair.New(fair.Config{Changes: places})
		busy := map[org.ID]int{}
		for range rapid.IntRange(0, 200).Draw(r, "calls") {
			o := org.ID(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(r, "org"))
			if rapid.Bool().Draw(r, "leave") && busy[o] > 0 {
				l.Leave(o, fair.Normal)
				busy[o]--
				continue
			}
			if l.Enter(o, fair.Normal, noon) {
				busy[o]++
			} else if busy[o] < places/orgs {
				r.Fatalf("%s was refused with %v at work", o, busy)
			}
		}
		if n := busy["a"] + busy["b"] + busy["c"]; n > 2*places {
			r.Fatalf("%d at work, want at most twice %d", n, places)
		}
	})
}

func BenchmarkTake(b *testing.B) {
	l := fair.New(fair.Config{Rate: 1e9})
	b.ReportAllocs()
	for b.Loop() {
		l.Take("a", fair.Normal, noon)
		l.Enter("a", fair.Normal, noon)
		l.Leave("a", fair.Normal)
	}
}

// Full says what Enter would say, and takes nothing.
func TestFull(t *testing.T) {
	t.Parallel()
	l := fair.New(fair.Config{Changes: 2})
	now := time.Unix(1000, 0)
	for i, want := range []bool{false, false, true} {
		if full := l.Full("a", fair.Normal, now); full != want {
			t.Errorf("after %d changes full is %t", i, full)
		}
		if full := l.Full("a", fair.Urgent, now); full {
			t.Errorf("after %d changes the other lane is full", i)
		}
		l.Enter("a", fair.Normal, now)
	}
	l.Leave("a", fair.Normal)
	if l.Full("a", fair.Normal, now) {
		t.Error("a place that was left is not free")
	}
}
