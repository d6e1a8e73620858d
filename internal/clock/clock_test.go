package clock_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"fettle/internal/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 3, 8, 9, 0, 0, 0, time.UTC)

// fired says which timers have fired, without waiting.
func fired(timers ...clock.Timer) []bool {
	out := make([]bool, len(timers))
	for i, t := range timers {
		select {
		case <-t.C():
			out[i] = true
		default:
		}
	}
	return out
}

func TestFakeFiresAtTheInstant(t *testing.T) {
	t.Parallel()
	f := clock.NewFake(start)
	a, b, zero := f.NewTimer(2*time.Second), f.NewTimer(time.Second), f.NewTimer(0)
	f.Advance(time.Second - 1)
	if d := cmp.Diff([]bool{false, false, true}, fired(a, b, zero)); d != "" {
		t.Errorf("just before the first second: %s", d)
	}
	f.Advance(1)
	if d := cmp.Diff([]bool{false, true, false}, fired(a, b, zero)); d != "" {
		t.Errorf("after a second: %s", d)
	}
	f.Advance(time.Hour)
	if at := <-a.C(); !at.Equal(start.Add(2 * time.Second)) {
		t.Errorf("fired at %v, want the instant it was set to", at)
	}
	if want := start.Add(time.Hour + time.Second); !f.Now().Equal(want) {
		t.Errorf("now %v, want %v", f.Now(), want)
	}
}

func TestFakeStopAndResetLeaveNothingStale(t *testing.T) {
	t.Parallel()
	f := clock.NewFake(start)
	a, b := f.NewTimer(time.Second), f.NewTimer(time.Second)
	f.Advance(time.Second)
	a.Stop()
	b.Reset(time.Second)
	if d := cmp.Diff([]bool{false, false}, fired(a, b)); d != "" {
		t.Errorf("stale: %s", d)
	}
	f.Advance(time.Second)
	if d := cmp.Diff([]bool{false, true}, fired(a, b)); d != "" {
		t.Errorf("after reset: %s", d)
	}
}

func TestFakeJumpLeavesTimersAlone(t *testing.T) {
	t.Parallel()
	f := clock.NewFake(start)
	a := f.NewTimer(time.Minute)
	f.Jump(24 * time.Hour)
	f.Jump(-48 * time.Hour)
	if got := fired(a); got[0] {
		t.Error("a jump fired a timer")
	}
	if want := start.Add(-24 * time.Hour); !f.Now().Equal(want) {
		t.Errorf("now %v, want %v", f.Now(), want)
	}
	f.Advance(time.Minute)
	if got := fired(a); !got[0] {
		t.Error("the timer did not fire after its minute")
	}
}

func TestScaledPassesFaster(t *testing.T) {
	t.Parallel()
	f := clock.NewFake(start)
	began := start.Add(-1000 * time.Hour)
	s := clock.Scaled(began, 60, f)
	tick := s.NewTimer(time.Minute) // one second of the base
	f.Advance(time.Second - 1)
	if fired(tick)[0] {
		t.Error("fired early")
	}
	f.Advance(1)
	if !fired(tick)[0] || !s.Now().Equal(began.Add(time.Minute)) {
		t.Errorf("after a second of the base it is %v, want a minute later than %v", s.Now(), began)
	}
	tick.Reset(7 * time.Nanosecond) // rounded up
	if fired(tick)[0] {
		t.Error("fired at once")
	}
	f.Advance(1)
	if !fired(tick)[0] {
		t.Error("did not fire")
	}
	tick.Stop()
	if same := clock.Scaled(began, -3, f); !same.Now().Equal(began) {
		t.Error("a speed that is not positive")
	}
}

func TestSleep(t *testing.T) {
	t.Parallel()
	f := clock.NewFake(start)
	done := make(chan error)
	go func() { done <- clock.Sleep(t.Context(), f, time.Minute) }()
	f.AwaitTimers(1)
	f.Advance(time.Minute)
	if err := <-done; err != nil {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { done <- clock.Sleep(ctx, f, time.Minute) }()
	f.AwaitTimers(1)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	if err := clock.Sleep(t.Context(), f, 0); err != nil {
		t.Errorf("no time: %v", err)
	}
}

func TestSystem(t *testing.T) {
	t.Parallel()
	c := clock.System()
	before := c.Now()
	timer := c.NewTimer(time.Hour)
	timer.Reset(time.Millisecond)
	<-timer.C()
	timer.Stop()
	if passed := c.Now().Sub(before); passed < time.Millisecond {
		t.Errorf("%v passed, want a millisecond at least", passed)
	}
}
