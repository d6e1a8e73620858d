package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/agreementserver"
	"fettle/internal/auth"
	"fettle/internal/cleaningserver"
	"fettle/internal/clock"
	"fettle/internal/gateway"
	"fettle/internal/idimageserver"
	"fettle/internal/post"
	"fettle/internal/registry"
	"fettle/internal/subjectserver"
	"fettle/internal/tenancyserver"
	"fettle/internal/territory"
	"fettle/org"
)

// subjects makes the service of what tenants may ask for as persons, for every org.
func (a *App) subjects() *subjectserver.Server {
	return subjectserver.New(subjectserver.Config{
		Registry: a.registry(), Store: a.store, Clock: a.cfg.Clock, Zone: a.cfg.Engine.Zone, Orders: a.ordersOf, Forget: a.ring.Forget,
		EraseOrder: a.eraseOrder, EraseAnswers: func(ctx context.Context, o org.ID, ids []string) error {
			_, err := a.store.EraseAnswers(ctx, o, ids)
			return err
		},
		Tenants: tenancyserver.Tenants(), Remains: tenancyserver.Remains(),
	})
}

// eraseOrder takes what people wrote out of an order and of its log; false for one that is open.
func (a *App) eraseOrder(ctx context.Context, o org.ID, id string) (done bool, err error) {
	t, err := a.territories(o)
	if err != nil {
		return false, err
	}
	order := dispatch.WorkOrderID(id)
	_, err = t.Do(ctx, territory.Request{
		Actor: "service", Method: subjectserver.DueForget, Command: engine.EraseOrder{Order: order}, Recall: order,
	})
	var open *engine.ConflictError
	if errors.As(err, &open) {
		return false, nil
	}
	if err == nil {
		_, err = a.store.EraseWords(ctx, o, order)
	}
	return err == nil, err
}

// unusualReading is the template of what supervisors are told of those who read more tenants than one person does, and what that is
// called in the audit.
const unusualReading = "tenants.unusual_reading"

// tenantsShown makes what counts the tenants that answers show.
func (a *App) tenantsShown() (gateway.Shown, error) {
	limits, err := tenancyserver.ParseReadLimits(a.cfg.TenantReads)
	if err != nil {
		return nil, fmt.Errorf("--tenant-reads: %w", err)
	}
	return tenancyserver.NewReaders(limits, a.cfg.Clock).Counter(a.tellOfReading), nil
}

// tellOfReading tells supervisors of somebody who reads too many tenants.
func (a *App) tellOfReading(ctx context.Context, who *auth.Principal) {
	a.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "unusual reading of tenants", slog.String("org", string(who.Org)), slog.String("who", who.Name))
	err := a.registry().Work(context.WithoutCancel(ctx), who.Org, unusualReading, func(tx *registry.Tx) error {
		tx.About("principals", who.Name)
		n := post.Notice{Template: unusualReading}
		n.ID, n.Org, n.Kind, n.To, n.DueAt = tx.NewID("ms_"), string(who.Org), unusualReading, post.Supervisor, tx.Now
		n.Vars = map[string]string{"note": who.Name}
		work, err := a.post.Tell(who.Org, &n)
		if err == nil && a.post.Reaches() {
			tx.Due(work)
		}
		return err
	})
	if err != nil {
		a.cfg.Log.LogAttrs(ctx, slog.LevelError, "nobody is told of unusual reading", slog.Any("error", err))
	}
}

// cleaning makes the service that looks for what is wrong in records, for every org.
func (a *App) cleaning() *cleaningserver.Server {
	return cleaningserver.New(cleaningserver.Config{
		Registry: a.registry(), Store: a.store, Clock: a.cfg.Clock, Zone: a.cfg.Engine.Zone, Tenants: tenancyserver.Tenants(),
	})
}

// idImages makes the service of copies of identity cards, for every org.
func (a *App) idImages() *idimageserver.Server {
	return idimageserver.New(idimageserver.Config{
		Registry: a.registry(), Store: a.store, Clock: a.cfg.Clock, Zone: a.cfg.Engine.Zone, Tenants: tenancyserver.Tenants(), Keep: a.cfg.IDKeep, OCR: a.cfg.OCR,
	})
}

// newAgreements makes the service of agreements with third parties, for every org.
func (a *App) newAgreements() *agreementserver.Server {
	return agreementserver.New(agreementserver.Config{
		Registry: a.registry(), Store: a.store, Clock: a.cfg.Clock, Zone: a.cfg.Engine.Zone, Required: a.cfg.RequireAgreements,
		Ways: func(ctx context.Context, o org.ID) ([]string, error) { return a.post.Ways(ctx, o) },
	})
}

// ordersPage is how many orders are read at once.
const ordersPage = 500

// ordersOf lists the orders of a dwelling that were made in a while, the oldest first.
func (a *App) ordersOf(ctx context.Context, o org.ID, unit string, from, to time.Time) (out []subjectserver.Order, err error) {
	if unit == "" {
		return nil, nil
	}
	for after := dispatch.WorkOrderID(""); ; {
		page, err := a.store.Orders(ctx, o, engine.OrderFilter{UnitID: unit}, after, ordersPage)
		if err != nil {
			return nil, err
		}
		for _, x := range page {
			if !x.Created.Before(from) && x.Created.Before(to) {
				out = append(out, subjectserver.Order{
					ID: string(x.ID), State: string(x.State), Created: x.Created, Channel: string(x.Channel), Description: x.Description,
					Reason: x.Reason, Rating: x.Rating, Comment: x.RatingComment,
				})
			}
			after = x.ID
		}
		if len(page) < ordersPage {
			return out, nil
		}
	}
}

// warnOfWays says by which ways data leave orgs, and this machine, without an agreement, whether or not one is required.
func (a *App) warnOfWays(ctx context.Context) {
	for o := range a.orgs {
		ways, err := a.agree.Missing(ctx, o)
		if err != nil {
			a.cfg.Log.LogAttrs(ctx, slog.LevelError, "agreements with third parties are not read", slog.String("org", string(o)), slog.Any("error", err))
		}
		if ways = slices.DeleteFunc(ways, a.post.Stays); len(ways) > 0 {
			a.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "no processing agreement covers these ways out", slog.String("org", string(o)),
				slog.Any("ways", ways), slog.Bool("stopped", a.cfg.RequireAgreements))
		}
	}
}

// unfinished says, for a store that no service uses, what is not wrong and yet to be done in an org: webhooks without an agreement, and
// tenants of a time before each had a key of its own.
func unfinished(ctx context.Context, s store, o org.ID) (out []string, err error) {
	agree := agreementserver.New(agreementserver.Config{Store: s, Clock: clock.System(), Zone: time.UTC, Ways: func(ctx context.Context, o org.ID) ([]string, error) {
		return post.WebhookWays(ctx, s, o)
	}})
	ways, err := agree.Missing(ctx, o)
	if err != nil {
		return nil, err
	}
	for _, way := range ways {
		out = append(out, fmt.Sprintf("org %s: no processing agreement covers %s (docs/agreements.md)", o, way))
	}
	n, err := tenancyserver.Unsealed(ctx, s, o)
	if n > 0 {
		out = append(out, fmt.Sprintf("org %s: %d tenants are not yet sealed under keys of their own; a service does it by itself", o, n))
	}
	return out, err
}

// eraseAgain erases whom an older backup has brought back.
func (a *App) eraseAgain(ctx context.Context) error {
	for id := range a.orgs {
		n, err := a.subjects().Again(ctx, id, a.ring.Forgotten(id))
		if err != nil {
			return fmt.Errorf("org %s: %w", id, err)
		}
		if n > 0 {
			a.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "people who were erased came back with a backup, and are erased again", slog.Int("people", n))
		}
	}
	return nil
}
