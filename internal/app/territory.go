package app

import (
	"context"
	"time"

	"fettle/dispatch/engine"
	"fettle/internal/leasing"
	"fettle/internal/post"
	"fettle/internal/secret"
	"fettle/internal/territory"
	"fettle/org"
)

// orgRun is one org as it is served: its live state, the sweepers of its due work, its keys. Orgs share the process, the store
// and the listener, and nothing else.
type orgRun struct {
	id        org.ID
	territory *territory.Territory
	due       *dueWork
	office    *post.Office
	keys      *keyWork
	foresight foresight
}

// openOrg rebuilds the live state of an org and starts its writer, the sweepers of its due work and the sealing of its rows.
func (a *App) openOrg(ctx context.Context, id org.ID) error {
	if err := a.news.follow(ctx, id, a.cfg.Log, func(ps []engine.Position) {
		a.counts.Positions(len(ps))
		a.trace.Take(id, ps)
		a.arrivals.Saw(id, ps)
	}); err != nil {
		return err
	}
	o := &orgRun{id: id}
	a.orgs[id] = o
	o.keys = &keyWork{rotator: secret.NewRotator(a.ring, a.store, id, a.cfg.KeysSettle)}
	o.keys.start(ctx, a.cfg.Log)
	var err error
	if o.office, err = a.post.Open(ctx, id, o.woken); err != nil {
		return err
	}
	conduct, err := a.conduct(ctx, id)
	if err != nil {
		return err
	}
	work := newDueWork(ctx, a, o)
	t, err := territory.Open(ctx, territory.Config{
		Outbox: o.office.Outbox, Conduct: conduct,
		Org: id, Engine: a.cfg.Engine, Clock: a.cfg.Clock, Store: a.store, Bus: a.news.bus, Log: a.cfg.Log,
		ImproveEvery: a.cfg.ImproveEvery, ImproveFor: a.cfg.ImproveFor, Woken: work.wake, Committed: a.counts.Commit,
		Traced: a.traced(),
	})
	if err != nil {
		work.close()
		return err
	}
	o.territory, o.due = t, work
	if err := work.jobs.open(ctx); err != nil {
		return err
	}
	o.office.Start(ctx)
	work.start(ctx)
	return nil
}

// woken hears of work that messages have written for those who owe them.
func (o *orgRun) woken(kind string, at time.Time) {
	if o.due != nil && kind == leasing.DueObligation {
		o.due.reminders.wake(at)
	}
}

// rest stops what works beside the writer.
func (o *orgRun) rest() {
	if o.due != nil {
		o.due.close()
	}
	if o.office != nil {
		o.office.Close()
	}
	o.keys.close()
}

// close drains the writer.
func (o *orgRun) close(ctx context.Context) error {
	if o.territory == nil {
		return nil
	}
	return o.territory.Close(ctx)
}
