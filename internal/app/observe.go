package app

import (
	"context"

	"fettle/dispatch/engine"
	"fettle/internal/obs"
	"fettle/internal/territory"
	"fettle/org"
)

// countedStore counts the events that it has kept.
type countedStore struct {
	store
	counts *obs.Metrics
}

// Commit implements engine.Committer.
func (s countedStore) Commit(ctx context.Context, o org.ID, b *engine.Batch) error {
	err := s.store.Commit(ctx, o, b)
	if err == nil {
		for i := range b.Events {
			s.counts.Event(string(b.Events[i].Type))
		}
	}
	return err
}

// watch adds what is asked for when the counters are read.
func (a *App) watch() {
	a.counts.Watch(obs.Live{
		Mailbox: a.home.Waiting, Streams: a.news.feed.Streams,
		Panics: a.edge.Panics, Shed: a.edge.Shed, Resealed: a.keys.rotator.Rows,
	})
}

// traced is told of the steps of requests; nil without a collector, so that they are not even timed.
func (a *App) traced() func(context.Context, territory.Steps) {
	if a.tracer == nil {
		return nil
	}
	return func(ctx context.Context, s territory.Steps) { a.tracer.Steps(ctx, s.Sent, s.Decided, s.Committed) }
}
