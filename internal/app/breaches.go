package app

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/breachserver"
	"fettle/internal/clock"
	"fettle/internal/territory"
	"fettle/internal/visitserver"
	"fettle/org"
)

// openArrivals makes what suggests that technicians have arrived, for every org.
func (a *App) openArrivals() {
	a.arrivals = visitserver.NewArrivals(visitserver.ArrivalConfig{Clock: a.cfg.Clock, Route: func(ctx context.Context, o org.ID, id dispatch.TechnicianID) (engine.Route, error) {
		t, err := a.territories(o)
		if err != nil {
			return engine.Route{}, err
		}
		return t.Route(ctx, id)
	}})
}

// openBreaches makes what forecasts broken promises, for every org.
func (a *App) openBreaches() {
	a.breaches = breachserver.New(breachserver.Config{
		Store: a.store, Conduct: a.conduct, Escalate: a.escalate, Zone: a.cfg.Engine.Zone,
		Foresee: func(ctx context.Context, o org.ID) (*territory.Prospect, error) {
			run := a.orgs[o]
			if run == nil || run.territory == nil {
				return nil, fmt.Errorf("org %s: %w", o, engine.ErrNotFound)
			}
			return run.territory.Foresee(ctx)
		},
	})
}

// escalateMethod is what an escalation before the deadline is called in the audit.
const escalateMethod = "breach.escalate"

// escalate tells supervisors of an order, once: the key of the command is that of the order.
func (a *App) escalate(ctx context.Context, o org.ID, id dispatch.WorkOrderID, why string) error {
	t, err := a.territories(o)
	if err != nil {
		return err
	}
	key := escalateMethod + "/" + string(id)
	_, err = t.Do(ctx, territory.Request{
		Actor: "service", Method: escalateMethod, Recall: id, Command: engine.Act{Verb: engine.Escalate, Order: id, Reason: why},
		Key:    &territory.Key{Key: key, Method: escalateMethod, Hash: sha256.Sum256([]byte(key))},
		Encode: func(territory.Result) ([]byte, error) { return []byte("{}"), nil },
	})
	return err
}

// breachEvery is how often promises are forecast.
const breachEvery = time.Minute

// watchPromises forecasts the promises of an org until ctx ends.
func (a *App) watchPromises(ctx context.Context, o org.ID) {
	timer := a.cfg.Clock.NewTimer(breachEvery)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C():
		}
		if err := a.breaches.Watch(ctx, o); err != nil && ctx.Err() == nil {
			a.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "promises are not forecast", slog.String("org", string(o)), slog.Any("error", err))
		}
		timer.Reset(max(breachEvery, clock.Passing(a.cfg.Clock, time.Second)))
	}
}
