package app

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"

	"fettle/dispatch"
	"fettle/internal/auth"
	"fettle/internal/due"
	"fettle/internal/incidentserver"
	"fettle/internal/operation"
	"fettle/internal/operationserver"
	"fettle/internal/photoserver"
	"fettle/internal/recurringserver"
	"fettle/internal/tenantserver"
	"fettle/internal/visitserver"
	"fettle/org"
)

// operationsAtOnce is how many operations of an org go on at once.
const operationsAtOnce = 2

// openOperations makes what carries operations on, for every org. A new type of operation is added here.
func (a *App) openOperations() {
	a.operations = operation.New(operation.Config{
		Store: a.store, Clock: a.cfg.Clock, Types: operationserver.Types(),
		Worker: operation.Worker{Command: a.cfg.Worker, Limit: a.cfg.WorkerLimit},
		As:     func(who *auth.Principal) grpc.ClientConnInterface { return a.edge.As(who) },
	})
	a.photos = photoserver.New(a.registry(), a.store)
	a.recurring = recurringserver.New(recurringserver.Config{
		Registry: a.registry(), Store: a.store, Clock: a.cfg.Clock, Zone: a.cfg.Engine.Zone,
		As: func(who *auth.Principal) grpc.ClientConnInterface { return a.edge.As(who) },
	})
}

// laterDue are the handlers of due work that is left behind by what this file makes.
func (a *App) laterDue(o org.ID) map[string]due.Handler {
	out := a.taskDue(o)
	out[photoserver.Due], out[incidentserver.DueSettle] = a.photos.Expire(o), a.settleIncident(o)
	out[tenantserver.DueAnswer] = a.watchNote(o)
	return out
}

// visits makes the service that tells the visits of orders.
func (a *App) visits() *visitserver.Server {
	return visitserver.New(visitserver.Config{Store: a.store, Name: func(o org.ID, id dispatch.TechnicianID) string {
		t, err := a.territories(o)
		if err != nil {
			return ""
		}
		return t.Name(id)
	}})
}

// operating carries on, in an org, what works through the edge: operations, which take seconds that a deadline must not wait for,
// and orders that come again.
type operating struct {
	sweepers []*due.Sweeper
	ready    chan struct{} // closed when the edge is there
}

// operatingKinds are the kinds of due work that wait for the edge.
const operatingKinds = operation.Due + "," + recurringserver.Due

func newOperating(a *App, c due.Config) *operating {
	o := &operating{ready: make(chan struct{})}
	for kind, handler := range map[string]due.Handler{operation.Due: a.operations.Turn(c.Org), recurringserver.Due: a.recurring.Turn(c.Org)} {
		c.Parallel, c.Filter.Only, c.Swept, c.Every = operationsAtOnce, kind, nil, deadlineEvery
		c.Handlers = map[string]due.Handler{kind: handler}
		o.sweepers = append(o.sweepers, due.New(c))
	}
	return o
}

func (o *operating) wake(at time.Time) {
	for _, s := range o.sweepers {
		s.Wake(at)
	}
}

// run sweeps until ctx ends.
func (o *operating) run(ctx context.Context) {
	select {
	case <-o.ready:
	case <-ctx.Done():
		return
	}
	var running sync.WaitGroup
	for _, s := range o.sweepers {
		running.Go(func() { _ = s.Run(ctx) }) // ends with its context alone
	}
	running.Wait()
}
