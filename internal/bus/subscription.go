package bus

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/org"
)

// Subscription is one watcher. One goroutine calls Next; any may call Close.
type Subscription struct {
	bus    *Bus
	org    org.ID
	buffer int
	wake   chan struct{} // holds a token when there may be something to take

	mu        sync.Mutex
	events    [][]engine.Event // shared with other watchers
	waiting   int              // events in it
	lagged    bool
	positions map[dispatch.TechnicianID]engine.Position // the last of each; nil when not wanted
	paced     time.Time                                 // positions are delivered from then on
	closed    bool
}

// Delivery is what has come since the last one. Nobody may change the events.
type Delivery struct {
	Events    []engine.Event    // in sequence
	Positions []engine.Position // the last of each technician, by id
}

// Next waits until there is something to deliver. It answers ErrLagged when events were dropped, after which delivery goes
// on; ErrClosed when there will be nothing more; and the error of ctx when that ends first.
func (s *Subscription) Next(ctx context.Context) (Delivery, error) {
	for {
		d, wait, err := s.take()
		if err != nil || len(d.Events)+len(d.Positions) > 0 {
			return d, err
		}
		if err := s.await(ctx, wait); err != nil {
			return Delivery{}, err
		}
	}
}

// await waits for news; no longer than wait unless that is 0.
func (s *Subscription) await(ctx context.Context, wait time.Duration) error {
	var timer <-chan time.Time
	if wait > 0 {
		t := s.bus.clock.NewTimer(wait)
		defer t.Stop()
		timer = t.C()
	}
	select {
	case <-s.wake:
		return nil
	case <-timer:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// take removes what can be delivered now. When that is nothing, wait says when positions can be; 0 means there are none.
func (s *Subscription) take() (d Delivery, wait time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return d, 0, ErrClosed
	case s.lagged:
		s.lagged = false
		return d, 0, ErrLagged
	}
	if len(s.events) == 1 {
		d.Events = s.events[0]
	} else {
		d.Events = slices.Concat(s.events...)
	}
	s.dropEvents()
	if len(s.positions) == 0 {
		return d, 0, nil
	}
	now := s.bus.clock.Now()
	// More than one interval ahead means that the clock was set back.
	if wait = s.paced.Sub(now); wait > 0 && wait <= PositionEvery {
		return d, wait, nil
	}
	s.paced = now.Add(PositionEvery)
	d.Positions = make([]engine.Position, 0, len(s.positions))
	for _, p := range s.positions {
		d.Positions = append(d.Positions, p)
	}
	clear(s.positions)
	slices.SortFunc(d.Positions, func(a, b engine.Position) int {
		return strings.Compare(string(a.Technician), string(b.Technician))
	})
	return d, 0, nil
}

// add buffers events, or drops what waits when they do not fit: a watcher that lags reads the log anyway.
func (s *Subscription) add(events []engine.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.lagged {
		return
	}
	if s.waiting+len(events) > s.buffer {
		s.lagged = true
		s.dropEvents()
	} else {
		s.events = append(s.events, events)
		s.waiting += len(events)
	}
	s.signal()
}

func (s *Subscription) dropEvents() {
	clear(s.events)
	s.events, s.waiting = s.events[:0], 0
}

// place keeps the last position of each technician.
func (s *Subscription) place(ps []engine.Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.positions == nil || len(ps) == 0 {
		return
	}
	for _, p := range ps {
		s.positions[p.Technician] = p
	}
	s.signal()
}

func (s *Subscription) signal() {
	select {
	case s.wake <- struct{}{}:
	default: // there is a token already
	}
}

// Close ends the subscription. A Next that waits returns ErrClosed. Calls after the first do nothing.
func (s *Subscription) Close() {
	s.bus.remove(s)
	s.end()
}

func (s *Subscription) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.dropEvents()
	s.positions = nil
	s.signal()
}
