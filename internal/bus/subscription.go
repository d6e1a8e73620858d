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
	positions map[dispatch.TechnicianID]*spot // nil when not wanted
	moved     []*spot                         // those that wait
	paced     time.Time                       // positions are delivered from then on
	closed    bool
}

// spot is the last position of a technician.
type spot struct {
	at    engine.Position
	waits bool
	next  time.Time // it is delivered from then on
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
	d.Positions, wait = s.takePositions()
	return d, wait, nil
}

// takePositions removes the positions that are due, sorted by technician. When there are none, wait says when one is; 0 means that none waits.
func (s *Subscription) takePositions() (due []engine.Position, wait time.Duration) {
	if len(s.moved) == 0 {
		return nil, 0
	}
	now := s.bus.clock.Now()
	if wait = ahead(s.paced, now, positionGrain); wait > 0 {
		return nil, wait
	}
	rest := s.moved[:0]
	for _, p := range s.moved {
		if left := ahead(p.next, now, PositionEvery); left > 0 {
			rest = append(rest, p)
			if wait == 0 || left < wait {
				wait = left
			}
			continue
		}
		due = append(due, p.at)
		p.waits, p.next = false, now.Add(PositionEvery)
	}
	clear(s.moved[len(rest):])
	s.moved = rest
	if len(due) == 0 {
		return nil, max(wait, positionGrain)
	}
	s.paced = now.Add(positionGrain)
	slices.SortFunc(due, func(a, b engine.Position) int { return strings.Compare(string(a.Technician), string(b.Technician)) })
	return due, 0
}

// ahead is how long it is until then; 0 when it has come. More than the most it can be means that the clock was set back.
func ahead(then, now time.Time, most time.Duration) time.Duration {
	if d := then.Sub(now); d > 0 && d <= most {
		return d
	}
	return 0
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
	for i := range ps {
		p := s.positions[ps[i].Technician]
		if p == nil {
			p = &spot{}
			s.positions[ps[i].Technician] = p
		}
		if p.at = ps[i]; !p.waits {
			p.waits, s.moved = true, append(s.moved, p)
		}
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
