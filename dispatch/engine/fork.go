package engine

import (
	"fmt"
	"maps"
	"time"

	"fettle/dispatch"
)

// Fork copies the territory, so that something can be tried on another goroutine while the original goes on: whatever is
// decided on the copy has no effect but there. Orders and technicians are shared, as they never change in place; the routes
// are laid out when they are asked for first. O(orders + technicians).
func (e *Engine) Fork() *Engine {
	f := &Engine{
		config: e.config, base: e.base, conduct: e.conduct, sequence: e.sequence, origin: e.origin, round: e.round,
		orders: maps.Clone(e.orders), technicians: maps.Clone(e.technicians), positions: maps.Clone(e.positions),
		begins: maps.Clone(e.begins), tried: maps.Clone(e.tried),
		zones: map[string]*time.Location{}, units: map[string][]dispatch.WorkOrderID{},
	}
	for _, o := range f.orders {
		f.noteUnit(o)
	}
	f.settleJournal()
	return f
}

// Weigh lets the territory be dispatched by other weights from the next decision on. It is for copies that are tried out.
func (e *Engine) Weigh(w Weights) error {
	p := w.Over(*e.config.Policy)
	c := e.config
	c.Policy = &p
	if err := c.fill(); err != nil {
		return fmt.Errorf("weigh: %w", err)
	}
	e.config, e.board = c, nil
	return nil
}

// Policy is what weighs the terms of the objective now.
func (e *Engine) Policy() dispatch.Policy { return *e.config.Policy }
