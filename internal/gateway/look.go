package gateway

import (
	"context"
	"errors"
	"slices"

	"google.golang.org/protobuf/proto"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/internal/auth"
	"fettle/internal/policy"
)

// Looked writes down that somebody is about to see exactly where technicians are. An error keeps the answer back.
type Looked func(ctx context.Context, who *auth.Principal, method, requestID string, technicians []string) error

// look writes down whom an answer shows, or several that go out together, before they do.
func (g *gate) look(ctx context.Context, p *policy.Policy, who *auth.Principal, messages ...proto.Message) error {
	if g.looked == nil {
		return nil
	}
	var ids []string
	for _, m := range messages {
		ids = append(ids, exactPlaces(m, who)...)
	}
	if len(ids) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditTime)
	defer cancel()
	return g.looked(ctx, who, p.Method, requestID(ctx), ids)
}

// Shown counts what an answer to a question shows, before it goes out. An error keeps the answer back; first says that it is the first
// of its kind for a while, of which the audit is told.
type Shown func(ctx context.Context, who *auth.Principal, m proto.Message) (first bool, err error)

// count lets an answer to a question be counted. Whoever is refused again and again does not fill the audit.
func (g *gate) count(ctx context.Context, p *policy.Policy, who *auth.Principal, m proto.Message) error {
	if g.counted == nil || p.IdempotencyKey || p.IfMatch {
		return nil
	}
	first, err := g.counted(ctx, who, m)
	if !first {
		return err
	}
	return errors.Join(err, g.write(ctx, p, "", "", "TENANTS_READ_LIMIT"))
}

// exactPlaces are the technicians, others than the caller, whose exact place stands in an answer as the caller gets it.
func exactPlaces(m proto.Message, who *auth.Principal) []string {
	out := positions(m)
	if dispatches(who) {
		out = append(out, places(m)...)
	}
	return slices.DeleteFunc(out, func(id string) bool { return id == who.Technician })
}

// positions are the technicians with an exact position in an answer. What was made coarse has lost its cell.
func positions(m proto.Message) (out []string) {
	seen := func(id string, p *dispatchv1.TechnicianPosition) {
		if p.GetCell() != "" {
			out = append(out, id)
		}
	}
	switch m := m.(type) {
	case *dispatchv1.Technician:
		seen(m.GetId(), m.GetPosition())
	case *dispatchv1.ListTechniciansResponse:
		for _, t := range m.GetTechnicians() {
			seen(t.GetId(), t.GetPosition())
		}
	case *dispatchv1.NearbyTechniciansResponse:
		for _, t := range m.GetTechnicians() {
			seen(t.GetTechnicianId(), t.GetPosition())
		}
	}
	return out
}

// places are the technicians with a place in an answer that is exact to those who dispatch.
func places(m proto.Message) (out []string) {
	route := func(r *dispatchv1.TechnicianRoute) {
		if r.GetStart() != nil {
			out = append(out, r.GetTechnicianId())
		}
	}
	switch m := m.(type) {
	case *dispatchv1.TechnicianRoute:
		route(m)
	case *dispatchv1.CurrentPlan:
		for _, r := range m.GetRoutes() {
			route(r)
		}
	case *dispatchv1.Event:
		if m.GetLocation() != nil {
			out = append(out, m.GetTechnicianId())
		}
	}
	return out
}

// dispatches reports whether places are exact to somebody whatever their people do.
func dispatches(who *auth.Principal) bool { return who.Has(auth.OrgAdmin) || who.Has(auth.Dispatcher) }
