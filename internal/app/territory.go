package app

import (
	"context"

	"fettle/dispatch/engine"
	"fettle/internal/notify"
	"fettle/internal/territory"
	"fettle/org"
)

// openTerritory rebuilds the live state of the default org and starts its writer and the sweeper of its due work.
func (a *App) openTerritory(ctx context.Context) error {
	a.due = newDueWork(ctx, a)
	var err error
	var outbox func(org.ID, *engine.Batch) ([]engine.DueWork, error)
	if a.cfg.Notify != "" {
		outbox = notify.Outbox
	}
	a.home, err = territory.Open(ctx, territory.Config{
		Outbox: outbox,
		Org:    org.Default, Engine: a.cfg.Engine, Clock: a.cfg.Clock, Store: a.store, Bus: a.news.bus, Log: a.cfg.Log,
		ImproveEvery: a.cfg.ImproveEvery, ImproveFor: a.cfg.ImproveFor, Woken: a.due.wake, Committed: a.counts.Commit,
		Traced: a.traced(),
	})
	if err != nil {
		a.due.close()
		a.due = nil
		return err
	}
	a.due.start(ctx)
	return nil
}
