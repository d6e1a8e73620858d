package incidentserver

import (
	"cmp"
	"context"
	"time"

	incidentv1 "fettle/api/gen/fettle/incident/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/intake/incident"
	"fettle/internal/auth"
	"fettle/internal/wire"
	"fettle/ledger"
	"fettle/org"
)

const (
	withinUsually = 2 * time.Hour
	leastUsually  = 3
	pageSize      = 1000
	mostOrders    = 20_000 // open ones that are looked at
)

// unfinished are the states of orders that may be part of an incident.
var unfinished = []engine.State{
	engine.StateNew, engine.StateAssigned, engine.StateAccepted, engine.StateEnRoute, engine.StateOnSite, engine.StateWorking, engine.StatePaused,
}

// SuggestIncidents implements the method of the same name.
func (s *Server) SuggestIncidents(ctx context.Context, r *incidentv1.SuggestIncidentsRequest) (*incidentv1.SuggestIncidentsResponse, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	reports, err := s.reports(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	standing, err := s.standing(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	span := cmp.Or(r.GetWithin().AsDuration(), withinUsually)
	out := &incidentv1.SuggestIncidentsResponse{}
	for _, found := range incident.Suggest(reports, standing, span, cmp.Or(int(r.GetLeast()), leastUsually)) {
		line := &incidentv1.SuggestIncidentsResponse_Suggestion{
			PropertyId: found.Property, Skill: string(found.Trade), WorkOrderId: string(found.Main), IncidentId: found.Incident,
			FirstTime: wire.Timestamp(found.Orders[0].Created), LastTime: wire.Timestamp(found.Orders[len(found.Orders)-1].Created),
		}
		for _, o := range found.Orders {
			line.WorkOrderIds = append(line.WorkOrderIds, string(o.ID))
		}
		out.Suggestions = append(out.Suggestions, line)
	}
	return out, nil
}

// reports are the open orders with their buildings.
func (s *Server) reports(ctx context.Context, o org.ID) ([]incident.Report, error) {
	buildings, err := s.c.Buildings(ctx, o)
	if err != nil {
		return nil, err
	}
	var out []incident.Report
	for after := dispatch.WorkOrderID(""); len(out) < mostOrders; {
		orders, err := s.c.Store.Orders(ctx, o, engine.OrderFilter{States: unfinished}, after, pageSize)
		if err != nil {
			return nil, err
		}
		for _, order := range orders {
			property := buildings[order.UnitID]
			out = append(out, incident.Report{Order: order, Property: property, Building: cmp.Or(property, order.Building)})
			after = order.ID
		}
		if len(orders) < pageSize {
			break
		}
	}
	return out, nil
}

// standing are the incidents that are open.
func (s *Server) standing(ctx context.Context, o org.ID) (out []incident.Standing, err error) {
	q := s.incidents.Where(byOpen, ledger.Text(""))
	for {
		items, next, err := s.incidents.Kind.List(ctx, s.c.Store, o, q, pageSize)
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			out = append(out, incident.Standing{ID: i.ID, Incident: &i.Value})
		}
		if next == (ledger.Place{}) {
			return out, nil
		}
		q.After = next
	}
}
