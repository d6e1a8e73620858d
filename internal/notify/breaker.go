package notify

import (
	"sync"
	"time"
)

// What a breaker waits for.
const (
	breakAfter = 5                // attempts that failed one after the other
	breakFor   = 30 * time.Second // until one attempt is let through
)

// Breaker keeps a provider that does not answer from being asked for each letter. The zero value lets everything pass.
type Breaker struct {
	mu     sync.Mutex
	failed int
	until  time.Time // of the pause, when failed is breakAfter or more
}

// Wait is how long a letter is to wait for its attempt: 0 when it may be tried now. After a pause one is let through, and the
// next pause begins with it.
func (b *Breaker) Wait(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed < breakAfter {
		return 0
	}
	if rest := b.until.Sub(now); rest > 0 && rest <= breakFor {
		return rest
	}
	b.until = now.Add(breakFor)
	return 0
}

// Note tells what became of an attempt: whether the provider answered.
func (b *Breaker) Note(now time.Time, answered bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if answered {
		b.failed = 0
		return
	}
	if b.failed++; b.failed >= breakAfter {
		b.until = now.Add(breakFor)
	}
}
