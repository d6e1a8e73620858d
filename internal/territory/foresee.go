package territory

import (
	"context"
	"errors"
	"time"

	"fettle/dispatch/engine"
	"fettle/dispatch/promise"
)

// Prospect is what a forecast of promises looks at: the plan and the open orders of one instant, and how work and ways vary.
type Prospect struct {
	Snapshot    *engine.Snapshot
	Open        []*engine.Order // by id
	Variability promise.Variability
	Time        time.Time
}

// Foresee copies what there is. The writer goes on meanwhile.
func (t *Territory) Foresee(ctx context.Context) (*Prospect, error) {
	p := &Prospect{}
	var failed error
	err := t.look(ctx, func(e *engine.Engine, now time.Time) {
		p.Time, p.Open, p.Variability = now, e.OpenUnsorted(), t.learned.Variability()
		p.Snapshot, failed = e.Snapshot(now)
	})
	engine.SortOrders(p.Open)
	return p, errors.Join(err, failed)
}
