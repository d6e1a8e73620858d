package territory

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/internal/clock"
	"fettle/org"
)

// machine is the clock of the machine, by which work is measured whatever time the territory has.
var machine = clock.System()

// Store is what a territory asks of a database beside what the engine defines.
type Store interface {
	engine.Store
	// Probe writes a little, durably: nil means that writes are possible again.
	Probe(ctx context.Context) error
}

// Publisher tells the world what was committed. It never blocks.
type Publisher interface {
	Publish(o org.ID, events []engine.Event)
	PublishPositions(o org.ID, ps []engine.Position)
}

// Config says what a territory needs. Org, Clock, Store and Bus must be given; the zero value of the rest means its default.
type Config struct {
	Org    org.ID
	Engine engine.Config
	Clock  clock.Clock
	Store  Store
	Bus    Publisher
	Log    *slog.Logger

	// Mailbox is how many requests may wait; 4096 unless given.
	Mailbox int
	// MaxBatch is how many requests one commit takes; 256 unless given.
	MaxBatch int
	// AdvanceEvery is how often the engine hears that time has passed, in time of Clock; 1 s unless given. Each technician
	// is looked at every 30 times.
	AdvanceEvery time.Duration
	// ImproveEvery is the pause between two searches for better routes, in time of the machine; 1 s unless given, negative
	// for none. ImproveFor is how long each searches; 100 ms unless given.
	ImproveEvery, ImproveFor time.Duration
	// Committed, when not nil, is called after each commit with its number of events, the time it took and its error.
	Committed func(events int, took time.Duration, err error)
	// Traced, when not nil, is told of each request that was served, with the instants of its steps by the machine.
	Traced func(ctx context.Context, s Steps)
	// Outbox, when not nil, makes the due work that a batch calls for beside what the engine wants: messages to people. It is
	// written in the same transaction.
	Outbox func(o org.ID, b *engine.Batch) ([]engine.DueWork, error)
	// Conduct is the policy that is followed from the start on.
	Conduct engine.Conduct
	// Woken is called after a commit that wrote due work, with the nearest instant of it. It must not block.
	Woken func(at time.Time)
}

func (c *Config) fill() {
	fill := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	fill(&c.Mailbox, 4096)
	fill(&c.MaxBatch, 256)
	if c.AdvanceEvery <= 0 {
		c.AdvanceEvery = time.Second
	}
	if c.ImproveEvery == 0 {
		c.ImproveEvery = time.Second
	}
	if c.ImproveFor <= 0 {
		c.ImproveFor = 100 * time.Millisecond
	}
	if c.Committed == nil {
		c.Committed = func(int, time.Duration, error) {}
	}
	if c.Woken == nil {
		c.Woken = func(time.Time) {}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}

// Territory is the live state of one org.
type Territory struct {
	cfg    Config
	mail   chan letter
	desk   *desk
	health atomic.Pointer[healthState] // nil means writes are taken
	asked  atomic.Int64                // when the store was asked what it has not answered yet, in ns of the machine; 0 when it has

	engine   *engine.Engine    // owned by the writer's goroutine
	recent   []geo.Point       // where something has changed, the latest last; owned by the writer's goroutine
	learned  engine.Experience // owned by the writer's goroutine
	snapshot snapshotCache
	wanted   atomic.Pointer[engine.Conduct] // the policy to follow
	restated bool                           // the log says which policy is followed since the engine was laid out; the writer's
	suggests chan struct{}                  // has room for the suggestions that are being made

	stop    context.CancelFunc
	stopped chan struct{} // closed when the writer has ended
	workers sync.WaitGroup
}

// healthState is why writes are refused.
type healthState struct{ err error }

// Open loads a territory from its store and starts its writer.
func Open(ctx context.Context, c Config) (*Territory, error) {
	c.fill()
	t := &Territory{cfg: c, mail: make(chan letter, c.Mailbox), desk: newDesk(c.Engine.Zone), stopped: make(chan struct{}), suggests: make(chan struct{}, maxSuggesting)}
	t.wanted.Store(&c.Conduct)
	if err := t.load(ctx); err != nil {
		return nil, err
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	t.stop = stop
	t.workers.Add(1)
	go func() {
		defer t.workers.Done()
		t.write(run)
	}()
	if c.ImproveEvery > 0 {
		t.workers.Add(1)
		go func() {
			defer t.workers.Done()
			t.improve(run)
		}()
	}
	return t, nil
}

// Close stops taking requests, answers those that wait, keeps the last positions and returns when all is written.
func (t *Territory) Close(ctx context.Context) error {
	t.stop()
	t.workers.Wait()
	return t.cfg.Store.SavePositions(ctx, t.cfg.Org, t.desk.all())
}

// Ready reports whether writes are taken: nil, or the reason why not (engine.ErrFull, engine.ErrUnavailable, ErrClosed).
func (t *Territory) Ready() error {
	select {
	case <-t.stopped:
		return ErrClosed
	default:
	}
	if h := t.health.Load(); h != nil {
		return h.err
	}
	if t.stuck() {
		return errStuck
	}
	return nil
}

// asking notes that the writer waits for the store until answered is called.
func (t *Territory) asking() (answered func()) {
	t.asked.Store(machine.Now().UnixNano())
	return func() { t.asked.Store(0) }
}

// stuck reports whether the store has not answered for too long to wait behind it.
func (t *Territory) stuck() bool {
	asked := t.asked.Load()
	return asked != 0 && machine.Now().Sub(time.Unix(0, asked)) > stuckAfter
}
