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
		Mailbox: a.waiting, Streams: a.news.feed.Streams,
		Panics: a.edge.Panics, Shed: a.edge.Shed, Resealed: a.resealed, OutOfMemory: a.outOfMemory,
	})
}

// waiting is how many requests wait in the mailboxes of all orgs.
func (a *App) waiting() int {
	n := 0
	for _, o := range a.orgs {
		n += o.territory.Waiting()
	}
	return n
}

// outOfMemory is how many workers have run out of memory since the start.
func (a *App) outOfMemory() int64 {
	_, ever := a.operations.OutOfMemory()
	return ever
}

// resealed is how many rows of all orgs were sealed anew since the start.
func (a *App) resealed() int64 {
	n := int64(0)
	for _, o := range a.orgs {
		n += o.keys.rotator.Rows()
	}
	return n
}

// traced is told of the steps of requests; nil without a collector, so that they are not even timed.
func (a *App) traced() func(context.Context, territory.Steps) {
	if a.tracer == nil {
		return nil
	}
	return func(ctx context.Context, s territory.Steps) { a.tracer.Steps(ctx, s.Sent, s.Decided, s.Committed) }
}
