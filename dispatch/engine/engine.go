package engine

import (
	"context"
	"time"

	"fettle/dispatch"
	"fettle/geo"
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
}

// ServiceLevel is what an org promises for an urgency. Durations count from the creation of the order.
type ServiceLevel struct {
	Accept, OnSite, Resolve time.Duration
	// Offer is how long a technician has to accept.
	Offer time.Duration
}

// Ledger is the stored state of a territory.
type Ledger struct {
	Sequence    int64 // of the last event
	Orders      []*Order
	Technicians []*Technician
	Positions   []Position
}

// Engine is the state of one territory. One goroutine owns it.
type Engine struct{}

// New lays out a territory from what is stored: the open orders and all technicians.
func New(c Config, l Ledger, now time.Time) (*Engine, error) { return &Engine{}, nil }

// Decide answers a command with events, or with an error that says why not. The ledger does not change; the board may: the
// caller must Evolve the events, or Rollback.
func (e *Engine) Decide(now time.Time, actor string, c Command) ([]Event, error) { return nil, nil }

// Evolve folds events into the state, numbers them in place, and remembers what they touched for Batch.
func (e *Engine) Evolve(events []Event) {}

// Batch is what has been evolved since the last Commit or Rollback: events, after-images and due work. The keys are the
// caller's.
func (e *Engine) Batch() *Batch { return &Batch{} }

// Commit says that the batch is on disk.
func (e *Engine) Commit() {}

// Rollback drops what has been evolved since the last Commit.
func (e *Engine) Rollback() error { return nil }

// Order is an open order, or one that was closed since the last Commit.
func (e *Engine) Order(id dispatch.WorkOrderID) (*Order, bool) { return nil, false }

// Technician is one technician.
func (e *Engine) Technician(id dispatch.TechnicianID) (*Technician, bool) { return nil, false }

// Open lists the open orders by id.
func (e *Engine) Open() []*Order { return nil }

// Technicians lists all technicians by id.
func (e *Engine) Technicians() []*Technician { return nil }

// Route is the rest of a technician's shift as planned.
type Route struct {
	Technician dispatch.TechnicianID
	Start      geo.Point
	StartTime  time.Time
	Stops      []RouteStop
}

// RouteStop is a visit on a route.
type RouteStop struct {
	Order               *Order
	Arrival, Start, End time.Time
}

// Route is the rest of the present shift, or of the next one, with started work first.
func (e *Engine) Route(id dispatch.TechnicianID, now time.Time) (Route, bool) { return Route{}, false }

// Snapshot copies the open work and the routes for those who look at them elsewhere: the optimiser and explanations.
func (e *Engine) Snapshot(now time.Time) (*Snapshot, error) { return &Snapshot{}, nil }

// Snapshot is a copy of a territory's plan. It is safe to use on another goroutine; nothing is shared that changes.
type Snapshot struct {
	Problem *dispatch.Problem
	Plan    *dispatch.Plan
	Taken   time.Time
}

// Explanation says why an order is where it is.
type Explanation struct {
	Order        *Order
	Recorded     bool // as recorded when it was decided
	Cost         dispatch.Cost
	Arrival      time.Time
	Travel       time.Duration
	Alternatives []ExplainedAlternative
	Infeasible   []ExplainedRefusal
	Unassigned   *dispatch.Unassigned
	Sentences    []string
	Time         time.Time
}

// ExplainedAlternative is another technician for an order.
type ExplainedAlternative struct {
	Technician  dispatch.TechnicianID
	Difference  int64
	BindingRule string
	Flip        string
	Arrival     time.Time
}

// ExplainedRefusal is a technician who cannot.
type ExplainedRefusal struct {
	Technician dispatch.TechnicianID
	Reason     dispatch.Reason
	Short      int64
	Detail     string
}

// Explain says why an order is where it is: from the plan while it may still move, else as recorded.
func (s *Snapshot) Explain(o *Order) (*Explanation, error) { return nil, nil }

// Improve searches for a better plan until ctx ends or the time limit, deterministic for a seed and iterations. Accepted
// and pinned orders stay with their technicians.
func (s *Snapshot) Improve(ctx context.Context, seed uint64, iterations int64, limit time.Duration) (*dispatch.Plan, error) {
	return nil, nil
}
