package gateway_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/internal/feed"
	"fettle/internal/server"
	"fettle/internal/territory"
	"fettle/org"
	"fettle/storage/sqlite"
)

// desk is a territory without goroutines: the engine over the store, one request at a time. The edge is tested against it,
// so that the tests do not wait for anything.
type desk struct {
	mu     sync.Mutex
	org    org.ID
	store  *sqlite.DB
	feed   *feed.Feed
	clock  server.Clock
	engine *engine.Engine
	seen   sync.Mutex // guards spots: Do holds mu while answers are made
	spots  map[dispatch.TechnicianID]engine.Position
	fail   error  // what the next call of Do answers
	before func() // runs in Do
}

var _ server.Territory = (*desk)(nil)

func newDesk(o org.ID, c server.Clock, s *sqlite.DB, f *feed.Feed) (*desk, error) {
	e, err := engine.New(engine.Config{}, engine.Ledger{}, c.Now())
	return &desk{org: o, store: s, feed: f, clock: c, engine: e, spots: map[dispatch.TechnicianID]engine.Position{}}, err
}

func (d *desk) Do(ctx context.Context, r territory.Request) (territory.Answer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.before != nil {
		d.before()
	}
	if err := d.fail; err != nil {
		return territory.Answer{}, err
	}
	if r.Key != nil {
		found, err := d.store.Key(ctx, d.org, r.Key.Key)
		if err == nil && (found.Method != r.Key.Method || found.Hash != r.Key.Hash) {
			return territory.Answer{}, territory.ErrKeyReused
		}
		if err == nil {
			return territory.Answer{Response: found.Response, Replayed: true}, nil
		}
		if !errors.Is(err, engine.ErrNotFound) {
			return territory.Answer{}, err
		}
	}
	if _, open := d.engine.Order(r.Recall); r.Recall != "" && !open {
		o, err := d.store.Order(ctx, d.org, r.Recall)
		if err != nil {
			return territory.Answer{}, err
		}
		d.engine.Recall(o)
	}
	return d.decide(ctx, r)
}

func (d *desk) decide(ctx context.Context, r territory.Request) (territory.Answer, error) {
	events, err := d.engine.Decide(d.clock.Now(), r.Actor, r.Command)
	if err != nil {
		return territory.Answer{}, err
	}
	d.engine.Evolve(events)
	a := territory.Answer{Result: territory.Result{Events: events}}
	order, technician := engine.Subject(r.Command)
	a.Result.Order, _ = d.engine.Order(order)
	a.Result.Technician, _ = d.engine.Technician(technician)
	b := d.engine.Batch()
	if r.Key != nil {
		if a.Response, err = r.Encode(a.Result); err != nil {
			return territory.Answer{}, err
		}
		b.Keys = append(b.Keys, engine.IdempotencyRecord{
			Key: r.Key.Key, Method: r.Key.Method, Hash: r.Key.Hash, Response: a.Response, Created: d.clock.Now(),
		})
	}
	if err := d.store.Commit(ctx, d.org, b); err != nil {
		return territory.Answer{}, errors.Join(err, d.engine.Rollback())
	}
	d.engine.Commit()
	d.feed.Publish(d.org, b.Events)
	return a, nil
}

func (d *desk) Report(_ context.Context, ps []engine.Position) ([]territory.PositionError, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var refused []territory.PositionError
	var taken []engine.Position
	for i, p := range ps {
		_, known := d.engine.Technician(p.Technician)
		switch {
		case !known:
			refused = append(refused, territory.PositionError{Index: i, Reason: "UNKNOWN_TECHNICIAN"})
		case p.Point == (geo.Point{}):
			refused = append(refused, territory.PositionError{Index: i, Reason: "NULL_ISLAND"})
		default:
			d.seen.Lock()
			d.spots[p.Technician] = p
			d.seen.Unlock()
			taken = append(taken, p)
		}
	}
	d.feed.PublishPositions(d.org, taken)
	return refused, nil
}

func (d *desk) Position(id dispatch.TechnicianID) (engine.Position, bool, bool) {
	d.seen.Lock()
	defer d.seen.Unlock()
	p, ok := d.spots[id]
	return p, d.clock.Now().Sub(p.At) > 15*time.Minute, ok
}

func (d *desk) Nearby(p geo.Point, _ dispatch.SkillLevel, n int, _ geo.Meters) []territory.Near {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []territory.Near
	for _, t := range d.engine.Technicians() {
		if at, _, ok := d.Position(t.ID); ok && len(out) < n {
			out = append(out, territory.Near{Technician: t, Position: at, Meters: float64(geo.DistanceHaversine(p, at.Point))})
		}
	}
	return out
}

func (d *desk) Route(_ context.Context, id dispatch.TechnicianID) (engine.Route, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.engine.Technician(id); !ok {
		return engine.Route{}, engine.ErrNotFound
	}
	r, _ := d.engine.Route(id, d.clock.Now())
	return r, nil
}

func (d *desk) Plan(context.Context) ([]engine.Route, []*engine.Order, time.Time, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var routes []engine.Route
	for _, t := range d.engine.Technicians() {
		if r, ok := d.engine.Route(t.ID, d.clock.Now()); ok {
			routes = append(routes, r)
		}
	}
	var left []*engine.Order
	for _, o := range d.engine.Open() {
		if o.State == engine.StateNew {
			left = append(left, o)
		}
	}
	return routes, left, d.clock.Now(), nil
}

func (d *desk) Explain(ctx context.Context, id dispatch.WorkOrderID) (*engine.Explanation, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	o, ok := d.engine.Order(id)
	if !ok {
		var err error
		if o, err = d.store.Order(ctx, d.org, id); err != nil {
			return nil, err
		}
	}
	s, err := d.engine.Snapshot(d.clock.Now())
	if err != nil {
		return nil, err
	}
	return s.Explain(o)
}

func (d *desk) SuggestSlots(_ context.Context, q engine.SlotQuery) (*engine.Slots, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.engine.Survey(d.clock.Now()).Suggest(q)
}

// Name does not lock: the answers that Do keeps are made while it holds the lock. The tests do not change names meanwhile.
func (d *desk) Name(id dispatch.TechnicianID) string {
	t, err := d.store.Technician(context.Background(), d.org, id)
	if err != nil {
		return ""
	}
	return t.Name
}
