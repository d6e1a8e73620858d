package territory

import (
	"context"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
)

// Territory is the live state of one org.
type Territory struct{}

// Do decides a request and returns when it is on disk. The error is one of the engine's, the store's or this package's.
func (t *Territory) Do(ctx context.Context, r Request) (Answer, error) { return Answer{}, nil }

// Report takes positions in: the last of each technician wins. It returns why some were not taken, by index.
func (t *Territory) Report(ctx context.Context, ps []engine.Position) ([]PositionError, error) {
	return nil, nil
}

// Position is where a technician was last seen; false when never. Stale tells that the position is older than is trusted.
func (t *Territory) Position(id dispatch.TechnicianID) (p engine.Position, stale, ok bool) {
	return engine.Position{}, false, false
}

// Near is a technician near a place.
type Near struct {
	Position engine.Position
	Stale    bool
	Meters   float64
}

// Nearby lists up to n technicians by distance from a point, with a skill at a level or above when skill is not empty, and
// not farther than radius when that is positive.
func (t *Territory) Nearby(p geo.Point, skill dispatch.SkillLevel, n int, radius geo.Meters) []Near {
	return nil
}

// Route is the rest of a technician's shift as planned now; engine.ErrNotFound when there is no such technician.
func (t *Territory) Route(ctx context.Context, id dispatch.TechnicianID) (engine.Route, error) {
	return engine.Route{}, nil
}

// Plan is the routes of all technicians, by id, and the open orders that nobody has, by id.
func (t *Territory) Plan(ctx context.Context) (routes []engine.Route, unassigned []*engine.Order, at time.Time, err error) {
	return nil, nil, time.Time{}, nil
}

// Explain says why an order is where it is; engine.ErrNotFound when there is no such order.
func (t *Territory) Explain(ctx context.Context, id dispatch.WorkOrderID) (*engine.Explanation, error) {
	return nil, nil
}

// Name is the display name of a technician, "" when there is no such technician.
func (t *Territory) Name(id dispatch.TechnicianID) string { return "" }

// Ready reports whether writes are taken: nil, or the reason why not (engine.ErrFull, engine.ErrUnavailable, ErrClosed).
func (t *Territory) Ready() error { return nil }
