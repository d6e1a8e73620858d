package throttle_test

import (
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fettle/internal/throttle"
)

// TestNoWindowHoldsMore: whatever comes when, no window holds more attempts that passed than it may, and who has waited for a
// window passes.
func TestNoWindowHoldsMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		most := rapid.IntRange(1, 4).Draw(r, "most")
		l := throttle.New(most, time.Minute)
		now, passed := time.Unix(0, 0), map[string][]time.Time{}
		for range rapid.IntRange(1, 60).Draw(r, "attempts") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(r, "wait")) * time.Second)
			key := rapid.SampledFrom([]string{"a", "b"}).Draw(r, "key")
			ok := l.Take(key, now)
			in := 0
			for _, at := range passed[key] {
				if now.Sub(at) < time.Minute {
					in++
				}
			}
			if ok != (in < most) {
				r.Fatalf("%s at %v: passed %t with %d of %d in the window", key, now, ok, in, most)
			}
			if ok {
				passed[key] = append(passed[key], now)
			}
			if ok && rapid.Bool().Draw(r, "good") {
				l.Back(key)
				passed[key] = passed[key][:len(passed[key])-1]
			}
		}
	})
}

// TestKeysAreBounded: more keys than are counted are refused, until the others are over.
func TestKeysAreBounded(t *testing.T) {
	t.Parallel()
	l, now := throttle.New(1, time.Minute), time.Unix(0, 0)
	for i := range 100_000 {
		if !l.Take(strconv.Itoa(i), now) {
			t.Fatalf("key %d was refused", i)
		}
	}
	if l.Take("one more", now) {
		t.Error("more keys are counted than there is room for")
	}
	if !l.Take("one more", now.Add(time.Minute)) {
		t.Error("keys that are over still take room")
	}
	l.Back("nobody")
}
