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
	e, err := engine.New(t.cfg.Engine, ledger, now)
	if err != nil {
		return fmt.Errorf("lay out territory of %s: %w", t.cfg.Org, err)
	}
	t.engine = e
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
