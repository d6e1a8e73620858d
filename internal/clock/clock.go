// Package clock reads the time: nothing else in the program does. Whoever waits or asks for the time is given a Clock, so
// that tests move it by hand (Fake) and a demonstration lets a day pass in minutes (Scaled).
package clock

import (
	"context"
	"time"
)

// Clock tells the time and wakes up.
type Clock interface {
	// Now is the present instant.
	Now() time.Time
	// NewTimer makes a timer that fires once after d.
	NewTimer(d time.Duration) Timer
}

// Timer fires once. After Stop or Reset returns, nothing of the earlier setting is received.
type Timer interface {
	// C receives when the timer fires. What it receives is an instant of the clock below; ask Now.
	C() <-chan time.Time
	// Reset makes the timer fire after d from now on, whether it has fired or not.
	Reset(d time.Duration)
	// Stop keeps the timer from firing.
	Stop()
}

// Sleep waits for d, or until ctx ends, which it returns as an error.
func Sleep(ctx context.Context, c Clock, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := c.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// System returns the clock of the machine.
func System() Clock { return system{} }

type system struct{}

// Now implements Clock.
func (system) Now() time.Time {
	return time.Now() //nolint:forbidigo // the one place that reads the time
}

// NewTimer implements Clock.
func (system) NewTimer(d time.Duration) Timer { return systemTimer{time.NewTimer(d)} }

type systemTimer struct{ t *time.Timer }

// C implements Timer.
func (t systemTimer) C() <-chan time.Time { return t.t.C }

// Reset implements Timer. Since Go 1.23 the channel holds nothing stale afterwards.
func (t systemTimer) Reset(d time.Duration) { t.t.Reset(d) }

// Stop implements Timer.
func (t systemTimer) Stop() { t.t.Stop() }
