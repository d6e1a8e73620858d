package territory

import (
	"context"
	"errors"
	"sync"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

// Route is the rest of a technician's shift as planned now; engine.ErrNotFound when there is no such technician.
func (t *Territory) Route(ctx context.Context, id dispatch.TechnicianID) (engine.Route, error) {
	var r engine.Route
	ok := false
	err := t.look(ctx, func(e *engine.Engine, now time.Time) { r, ok = e.Route(id, now) })
	if err == nil && !ok {
		err = engine.ErrNotFound
	}
	return r, err
}

// Plan is the routes of all technicians, by id, and the open orders that nobody has, by id.
func (t *Territory) Plan(ctx context.Context) (routes []engine.Route, unassigned []*engine.Order, at time.Time, err error) {
	err = t.look(ctx, func(e *engine.Engine, now time.Time) {
		at = now
		for _, te := range e.Technicians() {
			if r, ok := e.Route(te.ID, now); ok {
				routes = append(routes, r)
			}
		}
		for _, o := range e.OpenUnsorted() {
			if o.State == engine.StateNew {
				unassigned = append(unassigned, o)
			}
		}
	})
	engine.SortOrders(unassigned)
	return routes, unassigned, at, err
}

// snapshotCache keeps the last copy of the plan, so that a dispatcher who opens one explanation after the other does not
// have it made for each.
type snapshotCache struct {
	sync.Mutex
	sequence int64
	snapshot *engine.Snapshot
}

// Explain says why an order is where it is; engine.ErrNotFound when there is no such order.
func (t *Territory) Explain(ctx context.Context, id dispatch.WorkOrderID) (*engine.Explanation, error) {
	var o *engine.Order
	var s *engine.Snapshot
	var failed error
	err := t.look(ctx, func(e *engine.Engine, now time.Time) {
		var ok bool
		if o, ok = e.Order(id); !ok {
			return
		}
		c := &t.snapshot
		c.Lock()
		defer c.Unlock()
		if c.snapshot == nil || c.sequence != e.Sequence() || now.Sub(c.snapshot.Taken) > 10*time.Second {
			if c.snapshot, failed = e.Snapshot(now); failed != nil {
				return
			}
			c.sequence = e.Sequence()
		}
		s = c.snapshot
	})
	if err = errors.Join(err, failed); err != nil {
		return nil, err
	}
	if o == nil {
		if o, err = t.cfg.Store.Order(ctx, t.cfg.Org, id); err != nil {
			return nil, err
		}
		s = &engine.Snapshot{Taken: t.cfg.Clock.Now()}
	}
	return s.Explain(o)
}

// maxSuggesting is how many suggestions of slots are made at a time; others wait, so that they cannot take the processor from
// the writer.
const maxSuggesting = 2

// SuggestSlots ranks the windows in which a fault that is not ordered yet could be visited. The writer only notes what there
// is; the rest happens on the caller's goroutine. Work and ways vary as the log says.
func (t *Territory) SuggestSlots(ctx context.Context, q engine.SlotQuery) (*engine.Slots, error) {
	select {
	case t.suggests <- struct{}{}:
		defer func() { <-t.suggests }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var s *engine.Survey
	err := t.look(ctx, func(e *engine.Engine, now time.Time) {
		s, q.Variability = e.Survey(now), t.learned.Variability()
	})
	if err != nil {
		return nil, err
	}
	return s.Suggest(q)
}
