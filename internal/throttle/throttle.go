// Package throttle counts attempts by key, as an address or a telephone number, and says when they are too many: a leaf without
// a clock of its own.
package throttle

import (
	"slices"
	"sync"
	"time"
)

// maxKeys is how many keys are counted at once. Whoever comes beyond is refused until others have waited.
const maxKeys = 100_000

// Limiter lets so many attempts of a key pass within a window of time. It is safe for concurrent use.
type Limiter struct {
	most   int
	window time.Duration

	mu   sync.Mutex
	past map[string][]time.Time // oldest first
}

// New makes a limiter of most attempts within a window.
func New(most int, window time.Duration) *Limiter {
	return &Limiter{most: most, window: window, past: map[string][]time.Time{}}
}

// Take counts an attempt and reports whether it may be made. One that may not is not counted: waiting for the window helps.
func (l *Limiter) Take(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	past := l.live(l.past[key], now)
	if len(past) >= l.most || len(past) == 0 && len(l.past) >= maxKeys && !l.sweep(now) {
		return false
	}
	l.past[key] = append(past, now)
	return true
}

// Back takes the latest attempt of a key back: it was a good one.
func (l *Limiter) Back(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch past := l.past[key]; len(past) {
	case 0:
	case 1:
		delete(l.past, key)
	default:
		l.past[key] = past[:len(past)-1]
	}
}

// live are the attempts that still count.
func (l *Limiter) live(past []time.Time, now time.Time) []time.Time {
	i := slices.IndexFunc(past, func(t time.Time) bool { return now.Sub(t) < l.window })
	if i < 0 {
		return nil
	}
	return past[i:]
}

// sweep forgets keys whose attempts are over, and reports whether there is room again.
func (l *Limiter) sweep(now time.Time) bool {
	for key, past := range l.past {
		if len(l.live(past, now)) == 0 {
			delete(l.past, key)
		}
	}
	return len(l.past) < maxKeys
}
