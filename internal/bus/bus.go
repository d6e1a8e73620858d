// Package bus carries what was committed, and where technicians are, to those who watch. It never waits for a watcher: one
// who is slow gets the last position of each technician instead of every one, and is told to read the log when events no
// longer fit. It has no goroutine; a watcher takes what is there when it has time.
//
// This one works within a process. It is the seam for a bus between nodes.
package bus

import (
	"errors"
	"sync"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/clock"
	"fettle/org"
)

// What Next answers beside deliveries.
var (
	// ErrLagged says that events were dropped. The watcher reads the log from the last sequence it has seen; what is
	// delivered after this may repeat events that it has read there, and leaves none out.
	ErrLagged = errors.New("watcher lagged behind")
	// ErrClosed says that the subscription or the bus was closed.
	ErrClosed = errors.New("subscription is closed")
)

// PositionEvery is how often a watcher gets the position of a technician, in real time. Who reports no more often than that is seen
// at once: one who is early waits for nobody else.
const PositionEvery = time.Second

// positionGrain is the least time between two deliveries of positions, so that a thousand technicians do not wake a watcher a
// thousand times a second.
const positionGrain = 100 * time.Millisecond

// DefaultBuffer is how many events wait for a watcher unless it asks for more.
const DefaultBuffer = 1024

// Bus is what is published to and subscribed from. It is safe for concurrent use.
type Bus struct {
	clock clock.Clock

	mu     sync.RWMutex
	orgs   map[org.ID]map[*Subscription]struct{}
	closed bool
}

// New makes a bus. The clock paces positions and should be that of the machine, whatever time the territory has.
func New(c clock.Clock) *Bus {
	return &Bus{clock: c, orgs: make(map[org.ID]map[*Subscription]struct{})}
}

// Options says what a watcher wants. The zero value wants events alone.
type Options struct {
	Positions bool
	// Buffer is how many events may wait; 0 means DefaultBuffer.
	Buffer int
}

// Subscribe begins to watch an org. What is published from now on is delivered; what came before is in the log: subscribe
// first and read it then, so that nothing is missed in between. Close the subscription when done.
func (b *Bus) Subscribe(o org.ID, options Options) *Subscription {
	s := &Subscription{bus: b, org: o, buffer: options.Buffer, wake: make(chan struct{}, 1)}
	if s.buffer <= 0 {
		s.buffer = DefaultBuffer
	}
	if options.Positions {
		s.positions = make(map[dispatch.TechnicianID]*spot)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		s.closed = true
		return s
	}
	if b.orgs[o] == nil {
		b.orgs[o] = make(map[*Subscription]struct{})
	}
	b.orgs[o][s] = struct{}{}
	return s
}

// Publish hands committed events of an org to its watchers, in sequence: the calls for one org come one after the other.
// The bus keeps the slice; nobody may change it or what it points to.
func (b *Bus) Publish(o org.ID, events []engine.Event) {
	if len(events) == 0 {
		return
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	for s := range b.orgs[o] {
		s.add(events)
	}
}

// PublishPositions hands positions of an org to its watchers. The bus copies them.
func (b *Bus) PublishPositions(o org.ID, ps []engine.Position) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for s := range b.orgs[o] {
		s.place(ps)
	}
}

// Watchers is how many subscriptions are open.
func (b *Bus) Watchers() int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	n := 0
	for _, subscriptions := range b.orgs {
		n += len(subscriptions)
	}
	return n
}

// Close closes every subscription, and those to come.
func (b *Bus) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for _, subscriptions := range b.orgs {
		for s := range subscriptions {
			s.end()
		}
	}
	clear(b.orgs)
}

// remove forgets a subscription.
func (b *Bus) remove(s *Subscription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.orgs[s.org], s)
	if len(b.orgs[s.org]) == 0 {
		delete(b.orgs, s.org)
	}
}
