package app

import (
	"context"

	"google.golang.org/grpc"

	"fettle/dispatch"
	"fettle/internal/auth"
	"fettle/internal/due"
	"fettle/internal/operation"
	"fettle/internal/operationserver"
	"fettle/internal/photoserver"
	"fettle/internal/visitserver"
	"fettle/org"
)

// operationsAtOnce is how many operations of an org go on at once.
const operationsAtOnce = 2

// openOperations makes what carries operations on, for every org. A new type of operation is added here.
func (a *App) openOperations() {
	a.operations = operation.New(operation.Config{
		Store: a.store, Clock: a.cfg.Clock, Types: operationserver.Types(),
		As: func(who *auth.Principal) grpc.ClientConnInterface { return a.edge.As(who) },
	})
	a.photos = photoserver.New(a.registry(), a.store)
}

// laterDue are the handlers of due work that is left behind by what this file makes.
func (a *App) laterDue(o org.ID) map[string]due.Handler {
	return map[string]due.Handler{photoserver.Due: a.photos.Expire(o)}
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

// operating carries the operations of an org on: they take seconds, which a deadline must not wait for.
type operating struct {
	sweeper *due.Sweeper
	ready   chan struct{} // closed when the edge is there, which operations work through
}

func newOperating(a *App, c due.Config) *operating {
	c.Parallel, c.Filter.Only, c.Swept, c.Every = operationsAtOnce, operation.Due, nil, deadlineEvery
	c.Handlers = map[string]due.Handler{operation.Due: a.operations.Turn(c.Org)}
	return &operating{due.New(c), make(chan struct{})}
}

func (o *operating) run(ctx context.Context) {
	select {
	case <-o.ready:
		_ = o.sweeper.Run(ctx) // ends with its context alone
	case <-ctx.Done():
	}
}
