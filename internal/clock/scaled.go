package clock

import (
	"math"
	"time"
)

// Scaled returns a clock that shows start now and on which time passes speed times faster than on base. A speed that is not
// positive counts as 1.
func Scaled(start time.Time, speed float64, base Clock) Clock {
	if !(speed > 0) || math.IsInf(speed, 1) {
		speed = 1
	}
	return &scaled{start: start, speed: speed, base: base, began: base.Now()}
}

type scaled struct {
	start time.Time
	speed float64
	base  Clock
	began time.Time // on base
}

// Now implements Clock.
func (s *scaled) Now() time.Time {
	passed := float64(s.base.Now().Sub(s.began)) * s.speed
	return s.start.Add(time.Duration(math.Round(passed)))
}

// NewTimer implements Clock.
func (s *scaled) NewTimer(d time.Duration) Timer {
	return &scaledTimer{s.base.NewTimer(s.shrink(d)), s}
}

// shrink is d on the base clock, rounded up, so that a timer never fires early.
func (s *scaled) shrink(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return time.Duration(min(math.Ceil(float64(d)/s.speed), float64(math.MaxInt64/2)))
}

type scaledTimer struct {
	Timer
	s *scaled
}

// Reset implements Timer.
func (t *scaledTimer) Reset(d time.Duration) { t.Timer.Reset(t.s.shrink(d)) }

// Passing is how much time passes on a clock while d passes on the machine.
func Passing(c Clock, d time.Duration) time.Duration {
	if s, ok := c.(*scaled); ok {
		return time.Duration(float64(Passing(s.base, d)) * s.speed)
	}
	return d
}
