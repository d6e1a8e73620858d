package territory

import (
	"context"
	"fmt"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

// loadPage is how many rows one read takes at a restart.
const loadPage = 2000

// openStates are those of orders that a territory keeps in memory.
var openStates = []engine.State{
	engine.StateNew, engine.StateAssigned, engine.StateAccepted, engine.StateEnRoute, engine.StateOnSite,
	engine.StateWorking, engine.StatePaused,
}

// load lays the engine out from the rows: they are the truth, the log only tells how it came to them.
func (t *Territory) load(ctx context.Context) error {
	ledger, err := t.ledger(ctx)
	if err != nil {
		return fmt.Errorf("load territory of %s: %w", t.cfg.Org, err)
	}
	now := t.cfg.Clock.Now()
	ledger.Conduct, t.restated = *t.wanted.Load(), false
	e, err := engine.New(t.cfg.Engine, ledger, now)
	if err != nil {
		return fmt.Errorf("lay out territory of %s: %w", t.cfg.Org, err)
	}
	t.engine = e
	if t.learned, err = t.experience(ctx, ledger.Sequence); err != nil {
		return fmt.Errorf("load territory of %s: %w", t.cfg.Org, err)
	}
	t.desk.reset(ledger.Technicians, ledger.Positions)
	return nil
}

func (t *Territory) ledger(ctx context.Context) (engine.Ledger, error) {
	var l engine.Ledger
	var err error
	if l.Sequence, err = t.cfg.Store.LastSequence(ctx, t.cfg.Org); err != nil {
		return l, fmt.Errorf("read the last sequence: %w", err)
	}
	for after := dispatch.TechnicianID(""); ; {
		page, err := t.cfg.Store.Technicians(ctx, t.cfg.Org, after, loadPage)
		if err != nil {
			return l, fmt.Errorf("read technicians: %w", err)
		}
		l.Technicians = append(l.Technicians, page...)
		if len(page) < loadPage {
			break
		}
		after = page[len(page)-1].ID
	}
	for after := dispatch.WorkOrderID(""); ; {
		page, err := t.cfg.Store.Orders(ctx, t.cfg.Org, engine.OrderFilter{States: openStates}, after, loadPage)
		if err != nil {
			return l, fmt.Errorf("read open orders: %w", err)
		}
		l.Orders = append(l.Orders, page...)
		if len(page) < loadPage {
			break
		}
		after = page[len(page)-1].ID
	}
	if l.Positions, err = t.cfg.Store.Positions(ctx, t.cfg.Org); err != nil {
		return l, fmt.Errorf("read positions: %w", err)
	}
	return l, nil
}

// learnFrom is how many events of the log are read at a restart to learn how work and travel vary: some five hundred orders.
const learnFrom = 4000

// experience learns from the end of the log.
func (t *Territory) experience(ctx context.Context, last int64) (engine.Experience, error) {
	var x engine.Experience
	for after := max(0, last-learnFrom); after < last; {
		page, err := t.cfg.Store.Events(ctx, t.cfg.Org, after, loadPage)
		if err != nil {
			return x, fmt.Errorf("read the log: %w", err)
		}
		if len(page) == 0 {
			break // pruned
		}
		x.Learn(page)
		after = page[len(page)-1].Sequence
	}
	return x, nil
}
