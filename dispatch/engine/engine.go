package engine

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/cover"
)

// Config says how a territory is dispatched. The zero value of each field means its default.
type Config struct {
	// Zone is the business zone of the org; Asia/Shanghai unless given.
	Zone *time.Location
	// Normal and Emergency are the service levels.
	Normal, Emergency ServiceLevel
	// Policy weighs the terms of the objective; DefaultPolicy unless given.
	Policy *dispatch.Policy
	// Horizon is how far ahead shifts are planned; 48 h unless given.
	Horizon time.Duration
	// PositionTrust is how old a position may be before a route no longer begins there; 15 min unless given.
	PositionTrust time.Duration
	// Overtime is how late a shift may end because work before took longer; 30 min unless given, negative for none.
	Overtime time.Duration
	// SpeedKPH and DetourFactor make travel times: straight-line distance times the factor, at that speed, whatever the
	// hour. 30 km/h and 1.3 unless given.
	SpeedKPH, DetourFactor float64
}

// ServiceLevel is what an org promises for an urgency. Durations count from the creation of the order.
type ServiceLevel struct {
	// Acknowledge is until the tenant knows who is in charge: by name, in an emergency by a call.
	Acknowledge, Accept, OnSite, Resolve time.Duration
	// Ladder is the time from one step of escalation to the next while nobody accepts.
	Ladder time.Duration
	// Offer is how long a technician has to accept.
	Offer time.Duration
}

// Ledger is the stored state of a territory.
type Ledger struct {
	Sequence    int64 // of the last event
	Orders      []*Order
	Technicians []*Technician
	Positions   []Position
	Conduct     Conduct
}

// Engine is the state of one territory. One goroutine owns it.
type Engine struct {
	config      Config
	base        *dispatch.Policy // the weights of Config, where no policy has others
	conduct     Conduct
	sequence    int64
	orders      map[dispatch.WorkOrderID]*Order
	technicians map[dispatch.TechnicianID]*Technician
	positions   map[dispatch.TechnicianID]Position
	begins      map[dispatch.TechnicianID]begin // where and when the route of the running shift begins
	tried       map[dispatch.WorkOrderID]time.Time
	zones       map[string]*time.Location
	units       map[string][]dispatch.WorkOrderID // orders by dwelling: a hint, see noteUnit
	origin      time.Time                         // of the board
	board       *board                            // nil until it is laid out
	outlook     *cover.Outlook                    // nil: nothing is expected
	journal     journal
	recalled    []dispatch.WorkOrderID
	decided     []Event // what the board has moved ahead with
	round       int     // technician that Advance looks at next
}

// journal is what has happened since the last Commit: the events, and what everything they touched was before.
type journal struct {
	sequence    int64
	events      []Event
	orders      before[dispatch.WorkOrderID, *Order]
	technicians before[dispatch.TechnicianID, *Technician]
	begins      before[dispatch.TechnicianID, begin]
	tried       before[dispatch.WorkOrderID, time.Time]
	origin      time.Time
	conduct     Conduct
	round       int
}

// before keeps the first value of everything that is changed, in the order of the first changes.
type before[K comparable, V any] struct {
	keys []K
	was  map[K]V
	had  map[K]bool
}

func (b *before[K, V]) note(k K, m map[K]V) {
	if _, noted := b.had[k]; noted {
		return
	}
	if b.had == nil {
		b.was, b.had = map[K]V{}, map[K]bool{}
	}
	b.was[k], b.had[k] = m[k], false
	if _, ok := m[k]; ok {
		b.had[k] = true
	}
	b.keys = append(b.keys, k)
}

func (b *before[K, V]) restore(m map[K]V) {
	for _, k := range b.keys {
		if b.had[k] {
			m[k] = b.was[k]
		} else {
			delete(m, k)
		}
	}
}

// New lays out a territory from what is stored: the open orders and all technicians.
func New(c Config, l Ledger, now time.Time) (*Engine, error) {
	if err := c.fill(); err != nil {
		return nil, fmt.Errorf("configure engine: %w", err)
	}
	e := &Engine{
		config: c, base: c.Policy, sequence: l.Sequence,
		orders:      make(map[dispatch.WorkOrderID]*Order, len(l.Orders)),
		technicians: make(map[dispatch.TechnicianID]*Technician, len(l.Technicians)),
		positions:   make(map[dispatch.TechnicianID]Position, len(l.Positions)),
		begins:      map[dispatch.TechnicianID]begin{}, tried: map[dispatch.WorkOrderID]time.Time{},
		zones:  map[string]*time.Location{},
		units:  map[string][]dispatch.WorkOrderID{},
		origin: originAt(now),
	}
	e.follow(&l.Conduct)
	for _, o := range l.Orders {
		if o.State.Open() {
			e.orders[o.ID] = o
			e.noteUnit(o)
		}
	}
	for _, t := range l.Technicians {
		e.technicians[t.ID] = t
	}
	for _, p := range l.Positions {
		e.positions[p.Technician] = p
	}
	for id, t := range e.technicians {
		if b, ok := e.wantBegin(e, t, e.spans(t, now, now.Add(time.Second)), now); ok {
			e.begins[id] = b
		}
	}
	e.settleJournal()
	if _, err := e.ready(); err != nil { // now, not with the first order
		return nil, fmt.Errorf("lay out the routes: %w", err)
	}
	return e, nil
}

// Sequence is that of the last event that was evolved.
func (e *Engine) Sequence() int64 { return e.sequence }

// Evolve folds events into the state, numbers them in place, and remembers what they touched for Batch.
func (e *Engine) Evolve(events []Event) {
	ahead := len(e.decided) > 0 && len(events) == len(e.decided) && &events[0] == &e.decided[0]
	if len(events) > 0 && !ahead {
		e.board = nil // these were not decided here: a log that is read again
	}
	if ahead {
		e.decided = nil
	}
	for i := range events {
		e.sequence++
		events[i].Sequence = e.sequence
		fold(e, &events[i])
		if c := events[i].Conduct; c != nil {
			e.follow(c)
		}
	}
	e.journal.events = append(e.journal.events, events...)
}

func (e *Engine) order(id dispatch.WorkOrderID) *Order            { return e.orders[id] }
func (e *Engine) technician(id dispatch.TechnicianID) *Technician { return e.technicians[id] }

func (e *Engine) putOrder(o *Order) {
	e.journal.orders.note(o.ID, e.orders)
	e.orders[o.ID] = o
	e.noteUnit(o)
}

func (e *Engine) putTechnician(t *Technician) {
	e.journal.technicians.note(t.ID, e.technicians)
	e.technicians[t.ID] = t
}

func (e *Engine) dropTechnician(id dispatch.TechnicianID) {
	e.journal.technicians.note(id, e.technicians)
	delete(e.technicians, id)
}

func (e *Engine) setBegin(id dispatch.TechnicianID, b begin) {
	e.journal.begins.note(id, e.begins)
	e.begins[id] = b
}

func (e *Engine) setTried(id dispatch.WorkOrderID, at time.Time) {
	e.journal.tried.note(id, e.tried)
	e.tried[id] = at
}

// Recall puts a closed order that the caller has read from its store into the ledger, for a verb that may open it again or
// rate it. It does nothing when the order is there already.
func (e *Engine) Recall(o *Order) {
	if o == nil || e.orders[o.ID] != nil {
		return
	}
	e.orders[o.ID] = o
	e.recalled = append(e.recalled, o.ID)
}

// Batch is what has been evolved since the last Commit or Rollback: events, after-images and due work. The keys are the
// caller's.
func (e *Engine) Batch() *Batch {
	j := &e.journal
	b := &Batch{Events: slices.Clone(j.events)}
	for _, id := range j.orders.keys {
		o := e.orders[id]
		b.Orders = append(b.Orders, o)
		diffDue(b, j.orders.was[id], o)
	}
	for _, id := range j.technicians.keys {
		if t, ok := e.technicians[id]; ok {
			b.Technicians = append(b.Technicians, t)
		} else if j.technicians.had[id] {
			b.Deleted = append(b.Deleted, id)
		}
	}
	return b
}

// Commit says that the batch is on disk.
func (e *Engine) Commit() {
	for _, id := range e.journal.orders.keys {
		e.forget(id)
	}
	for _, id := range e.recalled {
		e.forget(id)
	}
	for _, id := range e.journal.technicians.keys {
		if _, ok := e.technicians[id]; !ok {
			delete(e.positions, id)
			delete(e.begins, id)
		}
	}
	e.settleJournal()
}

// forget drops an order that is closed.
func (e *Engine) forget(id dispatch.WorkOrderID) {
	if o := e.orders[id]; o != nil && !o.State.Open() {
		delete(e.orders, id)
	}
	if o := e.orders[id]; o == nil || o.State != StateNew {
		delete(e.tried, id)
	}
}

// settleJournal begins a journal at the present state.
func (e *Engine) settleJournal() {
	e.recalled, e.decided = nil, nil
	e.journal = journal{sequence: e.sequence, origin: e.origin, round: e.round, conduct: e.conduct}
}

// Rollback drops what has been evolved since the last Commit: afterwards the engine decides as though it had never been
// tried. Positions stay: where people are is not a decision.
func (e *Engine) Rollback() error {
	j := &e.journal
	e.round = j.round
	if len(j.events)+len(j.begins.keys)+len(j.tried.keys)+len(e.recalled)+len(e.decided) == 0 && e.origin.Equal(j.origin) {
		return nil
	}
	j.orders.restore(e.orders)
	j.technicians.restore(e.technicians)
	j.begins.restore(e.begins)
	j.tried.restore(e.tried)
	e.sequence, e.origin = j.sequence, j.origin
	e.follow(&j.conduct)
	for _, id := range e.recalled {
		e.forget(id)
	}
	e.board = nil
	e.settleJournal()
	return nil
}

// Order is an open order, or one that was closed since the last Commit.
func (e *Engine) Order(id dispatch.WorkOrderID) (*Order, bool) {
	o, ok := e.orders[id]
	return o, ok
}

// Technician is one technician.
func (e *Engine) Technician(id dispatch.TechnicianID) (*Technician, bool) {
	t, ok := e.technicians[id]
	return t, ok
}

// Open lists the open orders by id.
func (e *Engine) Open() []*Order {
	out := e.OpenUnsorted()
	SortOrders(out)
	return out
}

// OpenUnsorted lists the open orders in no order: for those who keep others waiting, and can sort when they do not any more.
func (e *Engine) OpenUnsorted() []*Order {
	out := make([]*Order, 0, len(e.orders))
	for _, o := range e.orders {
		if o.State.Open() {
			out = append(out, o)
		}
	}
	return out
}

// SortOrders sorts orders by id.
func SortOrders(all []*Order) {
	slices.SortFunc(all, func(x, y *Order) int { return cmp.Compare(x.ID, y.ID) })
}

// Technicians lists all technicians by id.
func (e *Engine) Technicians() []*Technician {
	out := make([]*Technician, 0, len(e.technicians))
	for _, t := range e.technicians {
		out = append(out, t)
	}
	slices.SortFunc(out, func(x, y *Technician) int { return cmp.Compare(x.ID, y.ID) })
	return out
}
