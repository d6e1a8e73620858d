package app

import (
	"context"

	"google.golang.org/grpc"

	"fettle/api/openapi"
	"fettle/console"
	"fettle/internal/clock"
	"fettle/internal/gateway"
	"fettle/internal/guard"
	"fettle/internal/keyserver"
	"fettle/internal/server"
)

// openEdge lays out what callers meet: methods, REST, streams, the console.
func (a *App) openEdge(ctx context.Context) error {
	s, err := server.New(server.Config{
		Territory: a.territories, Store: a.store, Feed: a.news.feed, Clock: a.cfg.Clock, Zone: a.cfg.Engine.Zone,
	})
	if err != nil {
		return err
	}
	k := keyserver.New(a.rotator)
	extra, err := a.cfg.Mount(a.token)
	if err != nil {
		return err
	}
	a.edge, err = gateway.New(ctx, gateway.Config{
		Register: func(r grpc.ServiceRegistrar) { s.Register(r); k.Register(r) },
		REST:     []gateway.RESTService{keyserver.REST}, Auth: a.tokens(), Guard: guard.New(a.store), Feed: a.news.feed, Clock: clock.System(), Log: a.cfg.Log, Ready: a.ready,
		Ended: a.counts.Request, Limits: a.cfg.Limits, Trace: a.tracer.Call, Broken: func() bool { return a.writing() != nil }, OpenAPI: openapi.JSON(), Root: console.Handler(), Extra: extra,
	})
	return err
}

// writing says why an org cannot be written for now, nil when all can. It asks nobody.
func (a *App) writing() error {
	for _, o := range a.orgs {
		if err := o.territory.Ready(); err != nil {
			return err
		}
	}
	return nil
}

// ready says why the service cannot work now, nil when it can.
func (a *App) ready(ctx context.Context) error {
	if err := a.writing(); err != nil {
		return err
	}
	return a.store.Healthy(ctx)
}
