package app_test

import (
	"time"

	"fettle/internal/clock"
)

// patience is how long something that must come to hold may take on a machine that has much else to do.
const patience = time.Minute

// comes waits for something while the time of the service goes on, so many steps of it in haste. Then it goes on more slowly for as
// long as patience lasts: a claim of due work lasts a minute of this clock, and on a busy machine its work may need more than an instant.
func comes(now *clock.Fake, steps int, step time.Duration, holds func() bool) bool {
	for range steps {
		if holds() {
			return true
		}
		now.Advance(step)
		<-time.After(10 * time.Millisecond) // the sweepers work by themselves
	}
	for begin := time.Now(); time.Since(begin) < patience; {
		if holds() {
			return true
		}
		now.Advance(step)
		<-time.After(500 * time.Millisecond)
	}
	return holds()
}
