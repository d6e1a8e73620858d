package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"google.golang.org/grpc"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	identityv1 "fettle/api/gen/fettle/identity/v1"
	"fettle/simulate/city"
)

// Clock tells the simulated time. It never runs backwards.
type Clock interface{ Now() time.Time }

// Config says what an Operator needs. City, Clock and Conn must be given; the zero value of the rest means its default.
type Config struct {
	City  *city.City
	Clock Clock
	// Conn leads to the service and carries the credential of an administrator or dispatcher of the org.
	Conn grpc.ClientConnInterface
	Log  *slog.Logger
	// Seed chooses what people do; the seed of the city unless given.
	Seed uint64
	// Tick is how often the operator looks at its agenda, in time of the machine; 50 ms unless given.
	Tick time.Duration
	// Backlog is how many reports wait when the day begins; 25 unless given, negative for none.
	Backlog int
	// Place translates building and unit of the city into the ids that the service has for them; as they are unless given.
	Place func(building, unit string) (buildingID, unitID string)
	// Timeout is how long one call may take, in time of the machine; 10 s unless given.
	Timeout time.Duration
}

// fill sets the defaults.
func (c *Config) fill() {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Seed == 0 {
		c.Seed = c.City.Seed
	}
	if c.Tick <= 0 {
		c.Tick = 50 * time.Millisecond
	}
	if c.Backlog == 0 {
		c.Backlog = 25
	}
	if c.Place == nil {
		c.Place = func(building, unit string) (string, string) { return building, unit }
	}
	if c.Timeout <= 0 {
		c.Timeout = 10 * time.Second
	}
}

// Operator is the simulated operator of a service. Run drives it; Stats may be asked at any time.
type Operator struct {
	cfg         Config
	orderCalls  dispatchv1.WorkOrderServiceClient
	peopleCalls dispatchv1.TechnicianServiceClient
	placeCalls  dispatchv1.PositionServiceClient
	eventCalls  dispatchv1.EventServiceClient
	userCalls   identityv1.IdentityServiceClient

	// What follows belongs to the goroutine of Run.
	agenda    agenda
	sequence  int64
	prefix    string // of idempotency keys, new in each run
	keys      int64
	tick      int64
	holdUntil int64 // no call before this tick
	backoff   int64
	turn      int // whose assignments are looked at next without being asked
	people    []*technician
	byID      map[string]*technician
	orders    map[string]*order
	posted    uint64 // counts orders of the demand, so that each has its own random numbers
	batch     batch
	seen      map[string]bool // kinds of errors that were logged

	notices chan notice // from the stream

	mu    sync.Mutex
	stats Stats
	tally tally
}

// New prepares an operator. It makes no call.
func New(c Config) (*Operator, error) {
	if c.City == nil || c.Clock == nil || c.Conn == nil {
		return nil, errors.New("demo: City, Clock and Conn must be given")
	}
	c.fill()
	return &Operator{
		cfg:         c,
		orderCalls:  dispatchv1.NewWorkOrderServiceClient(c.Conn),
		peopleCalls: dispatchv1.NewTechnicianServiceClient(c.Conn),
		placeCalls:  dispatchv1.NewPositionServiceClient(c.Conn),
		eventCalls:  dispatchv1.NewEventServiceClient(c.Conn),
		userCalls:   identityv1.NewIdentityServiceClient(c.Conn),
		byID:        map[string]*technician{},
		orders:      map[string]*order{},
		seen:        map[string]bool{},
		notices:     make(chan notice, 4096),
	}, nil
}

// Run hires the technicians, posts what waits since the morning and then lives the days of the operator until ctx ends. It
// returns nil then, and an error when the technicians cannot be created. Run may be called once.
func (o *Operator) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var reader sync.WaitGroup
	defer reader.Wait()
	defer cancel()
	if err := o.open(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	reader.Go(func() { o.watch(ctx) })
	ticks := time.NewTicker(o.cfg.Tick)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case n := <-o.notices:
			o.heed(n)
		case <-ticks.C:
			o.step(ctx)
		}
	}
}

// step does what is due by now.
func (o *Operator) step(ctx context.Context) {
	o.tick++
	if o.tick%20 == 0 {
		o.takeStock()
	}
	if o.tick < o.holdUntil {
		return
	}
	o.reportPositions(ctx)
	o.look(ctx)
	if o.tick >= o.holdUntil {
		o.work(ctx, o.now())
	}
}

func (o *Operator) now() time.Time { return o.cfg.Clock.Now() }

// key is a new idempotency key. Its prefix holds the instant at which the run began, so that two runs against one service
// share none.
func (o *Operator) key() string {
	o.keys++
	if o.prefix == "" {
		o.prefix = fmt.Sprintf("demo-%d-%x", o.cfg.Seed, o.now().UnixNano())
	}
	return fmt.Sprintf("%s-%d", o.prefix, o.keys)
}

// Purposes of random numbers: each decision has its own, whatever else happens before it.
const (
	forSetup uint64 = iota + 1
	forOffer
	forWork
	forTenant
	forDrive
)

// draw is the random numbers of one decision about one thing.
func (o *Operator) draw(purpose, thing uint64) *rand.Rand {
	return rand.New(rand.NewPCG(o.cfg.Seed^purpose<<56, thing))
}

// between draws a duration, uniformly.
func between(r *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(r.Int64N(int64(high-low)))
}
