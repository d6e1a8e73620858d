package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/clock"
	"fettle/internal/feed"
	"fettle/internal/leasing"
	"fettle/internal/moneyserver"
	"fettle/internal/tenancyserver"
	"fettle/internal/tenantserver"
	"fettle/internal/wire"
	"fettle/ledger"
	"fettle/org"
)

// notes tells those who watch that records have changed: of a tenant also the technicians who have an open order in the dwelling, of a
// conversation the technician and the tenant of the order.
type notes struct {
	a    *App
	wait chan pending
	done sync.WaitGroup
}

// pending is a note whose technicians are not known yet.
type pending struct {
	org  org.ID
	note feed.Note
}

// notesWaiting is how many notes may wait for their technicians. Beyond, they go out to everybody else alone.
const notesWaiting = 4096

func newNotes(ctx context.Context, a *App) *notes {
	n := &notes{a: a, wait: make(chan pending, notesWaiting)}
	ctx = context.WithoutCancel(ctx)
	n.done.Go(func() {
		for p := range n.wait {
			var err error
			if p.note.Concerns, err = n.concerned(ctx, p.org, &p.note); err != nil {
				a.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "technicians were not told of a change", slog.String("kind", p.note.Kind), slog.String("id", p.note.ID), slog.Any("error", err))
			}
			a.news.feed.PublishNote(p.org, &p.note)
		}
	})
	return n
}

// close tells what waits. Nothing may be published afterwards.
func (n *notes) close() {
	close(n.wait)
	n.done.Wait()
}

// published hears of changes of records that were committed.
func (n *notes) published(o org.ID, c *ledger.Change) {
	committed := clock.System().Now()
	for i := range c.Records {
		r := &c.Records[i]
		note := feed.Note{Kind: r.Kind, ID: r.ID, Etag: wire.Etag(r.Version), Time: r.Updated, Committed: committed}
		if r.Kind == tenantserver.ConversationKind {
			note.Order = dispatch.WorkOrderID(r.ID)
		}
		if r.Kind == leasing.Tenants || note.Order != "" {
			select {
			case n.wait <- pending{o, note}:
				continue
			default:
			}
		}
		n.a.news.feed.PublishNote(o, &note)
	}
}

// openStates are those of orders that a technician has to do with.
var openStates = []engine.State{
	engine.StateAssigned, engine.StateAccepted, engine.StateEnRoute, engine.StateOnSite, engine.StateWorking, engine.StatePaused,
}

// concerned lists the technicians whom a change concerns: who has the order, or an open order in a dwelling of the tenant.
func (n *notes) concerned(ctx context.Context, o org.ID, note *feed.Note) (out []dispatch.TechnicianID, err error) {
	if note.Order != "" {
		order, err := n.a.store.Order(ctx, o, note.Order)
		if err != nil || order.TechnicianID() == "" {
			return nil, err
		}
		return []dispatch.TechnicianID{order.TechnicianID()}, nil
	}
	return n.living(ctx, o, note.ID)
}

// living lists the technicians with an open order in a dwelling of a tenant.
func (n *notes) living(ctx context.Context, o org.ID, tenant string) (out []dispatch.TechnicianID, err error) {
	leases, err := leasing.Standing(ctx, n.a.store, o, ledger.Under(leasing.Leases, leasing.KeyTenant, ledger.Text(tenant)))
	if err != nil {
		return nil, err
	}
	for i := range leases {
		orders, err := n.a.store.Orders(ctx, o, engine.OrderFilter{States: openStates, UnitID: leases[i].Unit}, "", 100)
		if err != nil {
			return nil, err
		}
		for _, order := range orders {
			if id := order.TechnicianID(); id != "" {
				out = append(out, id)
			}
		}
	}
	return out, nil
}

// tenancy makes the service of tenants, for every org.
func (a *App) tenancy() *tenancyserver.Server {
	return tenancyserver.New(tenancyserver.Config{
		Registry: a.registry(), Store: a.store, Clock: a.cfg.Clock, Index: a.ring.Index, UnitOf: a.unitOf,
	})
}

// money makes the services of payments and deposits, for every org.
func (a *App) money() *moneyserver.Server {
	return moneyserver.New(moneyserver.Config{Registry: a.registry(), Store: a.store, Clock: a.cfg.Clock, Zone: a.cfg.Engine.Zone})
}

// changed hears of changes that registries have committed.
func (a *App) changed(o org.ID, c *ledger.Change) { a.notes.published(o, c) }

// leased tells of the leases that the desk has changed. Their reminders go with them: who shows those reads them with the lease.
func (a *App) leased(o org.ID, c *ledger.Change) {
	only := ledger.Change{}
	for i := range c.Records {
		if c.Records[i].Kind == leasing.Leases {
			only.Records = append(only.Records, c.Records[i])
		}
	}
	a.notes.published(o, &only)
}

// woken tells the sweepers of an org of due work that was written.
func (a *App) woken(o org.ID, at time.Time) {
	if run := a.orgs[o]; run != nil && run.due != nil {
		run.due.wake(at)
	}
}

// unitOf is the dwelling of an order.
func (a *App) unitOf(ctx context.Context, o org.ID, id string) (string, error) {
	order, err := a.store.Order(ctx, o, dispatch.WorkOrderID(id))
	if err != nil {
		return "", err
	}
	return order.UnitID, nil
}
