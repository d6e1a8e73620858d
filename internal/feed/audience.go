package feed

import (
	"context"
	"slices"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/auth"
	"fettle/internal/policy"
)

// Audience is who watches, as far as it decides what they are told.
type Audience struct {
	// Positions of technicians too.
	Positions bool
	// Own says that they hear only of what is theirs: of a technician's own open orders and positions, of the one order of a
	// tenant. Both may be empty: then they hear of nothing.
	Own        bool
	Technician dispatch.TechnicianID
	Order      dispatch.WorkOrderID
	// Records says that they hear of changed records alone.
	Records bool
}

// AudienceOf is what the policy of the stream says of a caller.
func AudienceOf(p *policy.Policy, who *auth.Principal, positions bool) Audience {
	a := Audience{Positions: positions, Own: p.Own(who), Records: !slices.ContainsFunc(who.Roles, live)}
	if a.Own && who.Has(auth.Technician) {
		a.Technician = dispatch.TechnicianID(who.Technician)
	}
	if a.Own && who.Has(auth.Tenant) {
		a.Order = dispatch.WorkOrderID(who.Order)
	}
	return a
}

// live reports whether a role has to do with live dispatch.
func live(r auth.Role) bool { return r != auth.Finance && r != auth.FrontDesk }

// of picks the entries that an audience is told.
func (a *Audience) of(ctx context.Context, entries []*Entry) []*Entry {
	if !a.Own && !a.Records {
		return entries
	}
	var out []*Entry
	for _, e := range entries {
		if told := a.told(ctx, e); told != nil {
			out = append(out, told)
		}
	}
	return out
}

// told is an entry as the audience is told it: whole when it is about what is theirs, without what has become of it when it
// was theirs before, nil when it never was.
func (a *Audience) told(ctx context.Context, e *Entry) *Entry {
	ev := &e.Event
	switch {
	case ev.Type == Resync:
		return e
	case e.note || a.Records:
		return a.ofRecord(e)
	case ev.Type == engine.OrderTappedLate || ev.Type == engine.TapsReviewed:
		return nil // history, between the desk and who told it
	case a.Order != "" && ev.Order == a.Order:
		return e
	case a.Technician == "":
		return nil
	case ev.Order == "":
		if ev.Technician == a.Technician {
			return e
		}
		return nil
	}
	if o := e.Message(ctx).GetWorkOrder(); o.GetTechnicianId() == string(a.Technician) && engine.State(o.GetState().String()).Open() {
		return e
	}
	if slices.Contains(e.touches, a.Technician) {
		return gone(e)
	}
	if slices.Contains(e.touches, everybody) {
		return resync(e.org, ev.Sequence) // it may have been theirs: they read everything anew
	}
	return nil
}

// ofRecord is what those are told who hear of changed records, technicians of those that concern them, tenants of those of their order.
func (a *Audience) ofRecord(e *Entry) *Entry {
	if e.note && (!a.Own || a.Technician != "" && slices.Contains(e.touches, a.Technician) || a.Order != "" && e.Event.Order == a.Order) {
		return e
	}
	return nil
}

// gone tells who had an order that something has happened to it, and nothing else.
func gone(e *Entry) *Entry {
	out := &Entry{org: e.org, message: &dispatchv1.Event{
		Sequence: float64(e.Event.Sequence), Time: e.message.GetTime(), Type: string(e.Event.Type), WorkOrderId: string(e.Event.Order),
	}}
	out.Event.Sequence, out.Event.Type, out.Event.Time, out.Event.Order = e.Event.Sequence, e.Event.Type, e.Event.Time, e.Event.Order
	out.made.Do(func() {})
	return out
}
