package territory

import (
	"context"
	"errors"
	"time"

	"fettle/dispatch/engine"
)

// Open lists the open orders, by id, as they are committed. They are sorted when the writer is at its work again.
func (t *Territory) Open(ctx context.Context) (orders []*engine.Order, err error) {
	err = t.look(ctx, func(e *engine.Engine, _ time.Time) { orders = e.OpenUnsorted() })
	engine.SortOrders(orders)
	return orders, err
}

// Amend lets f compare the committed state with rows while nothing is committed, and writes the due work that it returns.
// Only DueSet and DueDone of the batch count. It keeps the writer from its work, so f is quick.
func (t *Territory) Amend(ctx context.Context, f func(e *engine.Engine, now time.Time) (*engine.Batch, error)) error {
	if err := t.Ready(); err != nil {
		return err
	}
	var failed error
	err := t.look(ctx, func(e *engine.Engine, now time.Time) {
		b, err := f(e, now)
		if err != nil || b == nil {
			failed = err
			return
		}
		due := &engine.Batch{DueSet: b.DueSet, DueDone: b.DueDone}
		if failed = t.cfg.Store.Commit(ctx, t.cfg.Org, due); failed == nil && len(due.DueSet) > 0 {
			t.cfg.Woken(nearest(due.DueSet))
		}
	})
	return errors.Join(err, failed)
}
