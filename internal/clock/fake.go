package clock

import (
	"sync"
	"time"
)

// Fake is a clock for tests: it stands still until it is moved. It is safe for concurrent use.
type Fake struct {
	mu      sync.Mutex
	changed *sync.Cond // a timer was set
	now     time.Time
	passed  time.Duration // since the beginning; jumps do not count
	timers  []*fakeTimer  // that will fire, in the order in which they were set
}

// NewFake returns a clock that shows an instant.
func NewFake(now time.Time) *Fake {
	f := &Fake{now: now}
	f.changed = sync.NewCond(&f.mu)
	return f
}

// Now implements Clock.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// NewTimer implements Clock.
func (f *Fake) NewTimer(d time.Duration) Timer {
	t := &fakeTimer{f: f, c: make(chan time.Time, 1)}
	t.Reset(d)
	return t
}

// Advance lets time pass. Timers fire at their instants, one after the other, those of one instant in the order in which
// they were set.
func (f *Fake) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	end := f.passed + max(d, 0)
	for {
		next := f.earliest()
		if next == nil || next.at > end {
			break
		}
		f.pass(next.at)
		f.fire(next)
	}
	f.pass(end)
}

// Jump sets the clock forwards or backwards without time passing, as people and time servers do: timers stay as far away
// as they were.
func (f *Fake) Jump(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// AwaitTimers waits until n timers are set and have not fired: until those under test wait.
func (f *Fake) AwaitTimers(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.timers) < n {
		f.changed.Wait()
	}
}

func (f *Fake) earliest() *fakeTimer {
	var first *fakeTimer
	for _, t := range f.timers {
		if first == nil || t.at < first.at {
			first = t
		}
	}
	return first
}

func (f *Fake) pass(to time.Duration) {
	f.now = f.now.Add(to - f.passed)
	f.passed = to
}

func (f *Fake) fire(t *fakeTimer) {
	f.remove(t)
	t.c <- f.now // empty: whoever sets a timer drains it
}

func (f *Fake) remove(t *fakeTimer) {
	for i, other := range f.timers {
		if other == t {
			f.timers = append(f.timers[:i], f.timers[i+1:]...)
			return
		}
	}
}

type fakeTimer struct {
	f  *Fake
	c  chan time.Time
	at time.Duration // of Fake.passed
}

// C implements Timer.
func (t *fakeTimer) C() <-chan time.Time { return t.c }

// Reset implements Timer.
func (t *fakeTimer) Reset(d time.Duration) {
	t.f.mu.Lock()
	defer t.f.mu.Unlock()
	t.clear()
	t.at = t.f.passed + max(d, 0)
	if d <= 0 {
		t.c <- t.f.now
		return
	}
	t.f.timers = append(t.f.timers, t)
	t.f.changed.Broadcast()
}

// Stop implements Timer.
func (t *fakeTimer) Stop() {
	t.f.mu.Lock()
	defer t.f.mu.Unlock()
	t.clear()
}

func (t *fakeTimer) clear() {
	t.f.remove(t)
	select {
	case <-t.c:
	default:
	}
}
