// Package feed hands what happens to those who watch. It keeps the latest events of each org in memory, in the order of the
// log; a watcher is a place in that order and nothing else. Who falls behind the memory reads on from the log, who asks for
// what the log no longer has is told so (Lost). So a slow watcher costs nothing and can neither block nor miss an event, and
// an event is encoded once however many watch.
//
// Positions are not in the log: the last of each technician wins, and they are handed out at most once a second.
package feed

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/policy"
	"fettle/org"
)

// ErrTooMany says that an org has as many streams open as it may.
var ErrTooMany = errors.New("too many streams are open")

// Store is what a feed reads: the log for those who resume, and orders to show them in brief.
type Store interface {
	Order(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (*engine.Order, error)
	Events(ctx context.Context, o org.ID, after int64, limit int) ([]engine.Event, error)
	FirstSequence(ctx context.Context, o org.ID) (int64, error)
	LastSequence(ctx context.Context, o org.ID) (int64, error)
}

// Config says what a feed needs. Store must be given; the zero value of the rest means its default.
type Config struct {
	Store Store
	// Memory is how many events of an org are kept in memory; 4096 unless given.
	Memory int
	// Streams is how many streams an org may have open; policy.MaxStreams unless given.
	Streams int
	// Now is the time of the machine, by which it is measured how long changes take to those who watch; nothing is measured without.
	// Measured, when not nil, hears of each delivery; it must not block.
	Now      func() time.Time
	Measured func(took time.Duration)
	// PositionsEvery is the least time between two batches of positions; 1 s unless given.
	PositionsEvery time.Duration
}

// Feed is the news of all orgs. It is safe for concurrent use.
type Feed struct {
	cfg    Config
	mu     sync.Mutex
	topics map[org.ID]*topic
	closed chan struct{}
	once   sync.Once
}

// New makes a feed.
func New(c Config) *Feed {
	if c.Memory <= 0 {
		c.Memory = 4096
	}
	if c.Streams <= 0 {
		c.Streams = policy.MaxStreams
	}
	if c.PositionsEvery <= 0 {
		c.PositionsEvery = time.Second
	}
	return &Feed{cfg: c, topics: map[org.ID]*topic{}, closed: make(chan struct{})}
}

// Close ends all watchers. Publishing goes on without effect.
func (f *Feed) Close() { f.once.Do(func() { close(f.closed) }) }

// Closed is closed when the feed is.
func (f *Feed) Closed() <-chan struct{} { return f.closed }

// topic is the news of one org.
type topic struct {
	mu    sync.Mutex
	ring  []*Entry // ring[i] has a sequence that is i modulo its length; nil where nothing came yet
	last  int64    // sequence of the newest entry; 0 when none came
	first int64    // sequence from which the ring has no gap
	woken chan struct{}
	open  int // streams

	owners map[dispatch.WorkOrderID]dispatch.TechnicianID // of open orders that were heard of

	notes []noted // of changed records, the latest of each, by number
	noted int64   // counts them

	delays delays

	places  map[dispatch.TechnicianID]*place
	moved   int64 // counts position reports
	stirred chan struct{}
}

type place struct {
	moved int64
	entry *Entry
}

func (f *Feed) topic(o org.ID) *topic {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.topics[o]
	if t == nil {
		t = &topic{
			ring: make([]*Entry, f.cfg.Memory), woken: make(chan struct{}),
			owners: map[dispatch.WorkOrderID]dispatch.TechnicianID{},
			places: map[dispatch.TechnicianID]*place{}, stirred: make(chan struct{}),
		}
		f.topics[o] = t
	}
	return t
}

// Publish adds events that were committed, in sequence. It never blocks on a watcher.
func (f *Feed) Publish(o org.ID, events []engine.Event) {
	if len(events) == 0 {
		return
	}
	t := f.topic(o)
	committed := f.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range events {
		e := &events[i]
		if e.Sequence <= t.last {
			continue
		}
		if e.Sequence != t.last+1 {
			t.first = e.Sequence // what lies between is in the log
		}
		t.last = e.Sequence
		t.ring[e.Sequence%int64(len(t.ring))] = &Entry{
			Event: *e, org: o, store: f.cfg.Store, touches: t.touched(e), committed: committed,
		}
	}
	t.first = max(t.first, t.last-int64(len(t.ring))+1)
	close(t.woken)
	t.woken = make(chan struct{})
}

// Warm reads the latest events of an org from the log into memory, so that the many who come back after a restart share what
// is read and encoded. It must be called before anything is published.
func (f *Feed) Warm(ctx context.Context, o org.ID) error {
	last, err := f.cfg.Store.LastSequence(ctx, o)
	if err != nil {
		return err
	}
	for after := max(0, last-int64(f.cfg.Memory)); after < last; {
		events, err := f.cfg.Store.Events(ctx, o, after, pageSize)
		if err != nil || len(events) == 0 {
			return err
		}
		f.Publish(o, events)
		after = events[len(events)-1].Sequence
	}
	return nil
}

// everybody stands among those whom an event concerns when it is not known who had the order before.
const everybody dispatch.TechnicianID = "*"

// touched lists whose work an event may change: who is named, and who had the order before.
func (t *topic) touched(e *engine.Event) []dispatch.TechnicianID {
	touched := []dispatch.TechnicianID{e.Technician}
	if e.Order == "" {
		return touched
	}
	before, known := t.owners[e.Order]
	if !known && e.Type != engine.OrderCreated {
		before = everybody
	}
	switch {
	case e.State != "" && !e.State.Open():
		delete(t.owners, e.Order)
	case e.State == engine.StateNew: // whoever is suggested does not have it
		t.owners[e.Order] = ""
	case e.Assignment != nil:
		t.owners[e.Order] = e.Assignment.Technician
		touched = append(touched, e.Assignment.Technician)
	case !known && e.Technician != "":
		t.owners[e.Order] = e.Technician
	}
	return append(touched, before)
}

// PublishPositions adds positions that were taken. It never blocks on a watcher.
func (f *Feed) PublishPositions(o org.ID, ps []engine.Position) {
	if len(ps) == 0 {
		return
	}
	t := f.topic(o)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.moved++
	for i := range ps {
		t.places[ps[i].Technician] = &place{moved: t.moved, entry: positionEntry(o, &ps[i])}
	}
	close(t.stirred)
	t.stirred = make(chan struct{})
}

// after returns entries above a sequence that are in memory, whether memory reaches back so far, and what to wait for when
// there are none.
func (t *topic) after(sequence int64, limit int) (entries []*Entry, reaches bool, woken <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last > 0 && sequence >= t.last {
		return nil, true, t.woken
	}
	if sequence+1 < t.first || t.last == 0 {
		return nil, false, t.woken
	}
	for s := sequence + 1; s <= t.last && len(entries) < limit; s++ {
		entries = append(entries, t.ring[s%int64(len(t.ring))])
	}
	return entries, true, t.woken
}

// positionsAfter returns the positions that changed after a count, the new count, and what to wait for.
func (t *topic) positionsAfter(moved int64) (entries []*Entry, now int64, stirred <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if moved == t.moved {
		return nil, moved, t.stirred
	}
	for _, p := range t.places {
		if p.moved > moved {
			entries = append(entries, p.entry)
		}
	}
	return entries, t.moved, t.stirred
}

func (t *topic) enter(limit int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open >= limit {
		return ErrTooMany
	}
	t.open++
	return nil
}

func (t *topic) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open--
}

// AwaitTechnician returns when an event after a sequence concerns a technician, with the newest sequence then; or when ctx
// ends, with its error. Last tells where to begin.
func (f *Feed) AwaitTechnician(ctx context.Context, o org.ID, id dispatch.TechnicianID, after int64) (int64, error) {
	return f.await(ctx, o, after, func(e *Entry) bool { return slices.Contains(e.touches, id) || slices.Contains(e.touches, everybody) })
}

// AwaitOrder is the same for an order.
func (f *Feed) AwaitOrder(ctx context.Context, o org.ID, id dispatch.WorkOrderID, after int64) (int64, error) {
	return f.await(ctx, o, after, func(e *Entry) bool { return e.Event.Order == id })
}

// await returns when an event after a sequence is one of those that are waited for.
func (f *Feed) await(ctx context.Context, o org.ID, after int64, wanted func(*Entry) bool) (int64, error) {
	t := f.topic(o)
	for {
		entries, reaches, woken := t.after(after, len(t.ring))
		if last := t.newest(); !reaches && last > 0 {
			return last, nil
		}
		for _, e := range entries {
			after = e.Event.Sequence
			if wanted(e) {
				return after, nil
			}
		}
		if len(entries) > 0 {
			continue
		}
		select {
		case <-woken:
		case <-ctx.Done():
			return after, ctx.Err()
		case <-f.closed:
			return after, context.Canceled
		}
	}
}

// Streams is how many streams are open.
func (f *Feed) Streams() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.topics {
		t.mu.Lock()
		n += t.open
		t.mu.Unlock()
	}
	return n
}

// Last is the sequence of the newest event that was published, 0 when none was since the start.
func (f *Feed) Last(o org.ID) int64 { return f.topic(o).newest() }

func (t *topic) newest() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

// Resync is the type of the message that says: read everything anew, then go on from its sequence.
const Resync = "resync"

// resync is that message.
func resync(o org.ID, last int64) *Entry {
	e := &Entry{org: o}
	e.Event.Sequence, e.Event.Type = last, Resync
	e.message = &dispatchv1.Event{Sequence: float64(last), Type: Resync}
	e.made.Do(func() {})
	return e
}
