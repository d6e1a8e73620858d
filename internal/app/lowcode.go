package app

import (
	"context"
	"errors"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/estateserver"
	"fettle/internal/lowcode"
	"fettle/internal/lowcodeserver"
	"fettle/internal/registry"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/estate"
	"fettle/rental/lease"
)

// openLowCode makes what people add to without programmers.
func (a *App) openLowCode() {
	a.lowCode = lowcodeserver.New(lowcodeserver.Config{
		Registry: a.registry(), Store: a.store, Source: records{a}, Clock: a.cfg.Clock, Zone: a.cfg.Engine.Zone, Index: a.ring.Index,
	})
}

// records reads what fields, rules and tiles are about.
type records struct{ a *App }

const recordPage = 1000

// Each implements lowcodeserver.Source.
func (r records) Each(ctx context.Context, o org.ID, k lowcode.Kind, do func(id string, it map[string]any)) error {
	switch k {
	case lowcode.WorkOrders:
		for after := dispatch.WorkOrderID(""); ; {
			page, err := r.a.store.Orders(ctx, o, engine.OrderFilter{}, after, recordPage)
			if err != nil {
				return err
			}
			for _, w := range page {
				do(string(w.ID), orderFacts(w, r.a.cfg.Clock.Now()))
				after = w.ID
			}
			if len(page) < recordPage {
				return nil
			}
		}
	case lowcode.Leases:
		today := r.today()
		return r.a.residence().Leases(ctx, o, today, func(l *lease.Lease) { do(string(l.ID), leaseFacts(l, today)) })
	case lowcode.Units:
		return eachOf(ctx, r.a, estateserver.Units(), o, func(item *registry.Item[estate.Unit]) { do(item.ID, unitFacts(&item.Value)) })
	case lowcode.Properties:
		return eachOf(ctx, r.a, estateserver.Properties(), o, func(item *registry.Item[estate.Property]) { do(item.ID, propertyFacts(&item.Value)) })
	}
	return nil
}

// One implements lowcodeserver.Source.
func (r records) One(ctx context.Context, o org.ID, k lowcode.Kind, id string) (map[string]any, error) {
	switch k {
	case lowcode.WorkOrders:
		w, err := r.a.store.Order(ctx, o, dispatch.WorkOrderID(id))
		if errors.Is(err, engine.ErrNotFound) {
			err = ledger.ErrNotFound
		}
		if err != nil {
			return nil, err
		}
		return orderFacts(w, r.a.cfg.Clock.Now()), nil
	case lowcode.Leases:
		l, err := r.a.residence().Lease(ctx, o, lease.ID(id), r.today())
		if err != nil {
			return nil, err
		}
		return leaseFacts(&l, r.today()), nil
	case lowcode.Units:
		item, err := estateserver.Units().Read(ctx, r.a.store, o, id)
		if err != nil {
			return nil, err
		}
		return unitFacts(&item.Value), nil
	case lowcode.Properties:
		item, err := estateserver.Properties().Read(ctx, r.a.store, o, id)
		if err != nil {
			return nil, err
		}
		return propertyFacts(&item.Value), nil
	}
	return nil, ledger.ErrNotFound
}

func (r records) today() calendar.Date {
	return calendar.DateOf(r.a.cfg.Clock.Now(), r.a.cfg.Engine.Zone)
}

// eachOf calls do with every resource of a kind.
func eachOf[T any](ctx context.Context, a *App, k *registry.Kind[T], o org.ID, do func(*registry.Item[T])) error {
	q := k.All()
	for {
		items, next, err := k.List(ctx, a.store, o, q, recordPage)
		if err != nil {
			return err
		}
		for _, item := range items {
			do(item)
		}
		if next == (ledger.Place{}) {
			return nil
		}
		q.After = next
	}
}

// orderFacts are what expressions see of a work order, as /v1/workOrders names it.
func orderFacts(w *engine.Order, now time.Time) map[string]any {
	skills := make([]any, len(w.Skills))
	for i, s := range w.Skills {
		skills[i] = string(s.Skill)
	}
	assigned := ""
	if w.Assignment != nil {
		assigned = string(w.Assignment.Technician)
	}
	return map[string]any{
		"id": string(w.ID), "state": string(w.State), "open": w.State.Open(), "urgency": string(w.Urgency), "unitId": w.UnitID, "buildingId": w.Building,
		"channel": string(w.Channel), "skills": skills, "description": w.Description, "technicianId": assigned, "rating": int64(w.Rating),
		"visits": int64(w.Visit), "escalation": int64(w.Escalation), "ageHours": now.Sub(w.Created).Hours(),
	}
}

// leaseFacts are what expressions see of a lease, as /v1/leases names it.
func leaseFacts(l *lease.Lease, today calendar.Date) map[string]any {
	t := l.Current()
	out := map[string]any{
		"id": string(l.ID), "state": string(l.State), "number": l.Number, "unitId": l.Unit, "startDate": t.Start.String(), "endDate": t.End.String(),
		"rentCents": t.Rent, "depositCents": t.Deposit, "paymentCycle": string(t.Cycle), "class": string(t.Class),
	}
	if !t.End.IsZero() {
		out["daysLeft"] = int64(t.End.Sub(today))
	}
	return out
}

func unitFacts(u *estate.Unit) map[string]any {
	attributes := map[string]any{}
	for k, v := range u.Attributes {
		attributes[k] = v
	}
	return map[string]any{"propertyId": u.Property, "number": u.Number, "floor": int64(u.Floor), "areaSquareMeters": u.Area, "attributes": attributes}
}

func propertyFacts(p *estate.Property) map[string]any {
	return map[string]any{"displayName": p.Name, "address": p.Address}
}
