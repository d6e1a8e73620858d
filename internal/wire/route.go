package wire

import (
	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch/engine"
)

// Route writes the rest of a technician's shift.
func Route(r *engine.Route) *dispatchv1.TechnicianRoute {
	out := &dispatchv1.TechnicianRoute{TechnicianId: string(r.Technician), StartTime: Timestamp(r.StartTime)}
	if r.Start.Lat != 0 || r.Start.Lon != 0 {
		out.Start = LatLng(r.Start)
	}
	for i := range r.Stops {
		s := &r.Stops[i]
		out.Stops = append(out.Stops, &dispatchv1.RouteStop{
			WorkOrderId: string(s.Order.ID), State: string(s.Order.State), Urgency: Urgency(s.Order.Urgency).String(),
			Location: LatLng(s.Order.Location), PlannedArrival: Timestamp(s.Arrival), PlannedStart: Timestamp(s.Start),
			PlannedEnd: Timestamp(s.End), Started: s.Order.State.Started(),
		})
	}
	return out
}

// Explanation writes why an order is where it is.
func Explanation(e *engine.Explanation, name Namer) *dispatchv1.Explanation {
	out := &dispatchv1.Explanation{Recorded: e.Recorded, Time: Timestamp(e.Time), Sentences: e.Sentences}
	if who := e.Order.TechnicianID(); who != "" {
		out.Chosen = &dispatchv1.Explanation_Chosen{
			TechnicianId: string(who), TechnicianName: name(who), Cost: Cost(e.Cost),
			PlannedArrival: Timestamp(e.Arrival), TravelSeconds: e.Travel.Seconds(),
		}
	}
	for i := range e.Alternatives {
		a := &e.Alternatives[i]
		out.Alternatives = append(out.Alternatives, &dispatchv1.Explanation_Alternative{
			TechnicianId: string(a.Technician), TechnicianName: name(a.Technician), Difference: float64(a.Difference),
			BindingRule: a.BindingRule, Flip: a.Flip, PlannedArrival: Timestamp(a.Arrival),
		})
	}
	for i := range e.Infeasible {
		r := &e.Infeasible[i]
		out.Infeasible = append(out.Infeasible, &dispatchv1.Explanation_Infeasible{
			TechnicianId: string(r.Technician), TechnicianName: name(r.Technician), Reason: string(r.Reason),
			Short: float64(r.Short), Detail: r.Detail,
		})
	}
	if u := e.Unassigned; u != nil {
		out.Unassigned = &dispatchv1.Unassigned{
			Reason: string(u.Reason), TechnicianId: string(e.Order.Nearest), Short: float64(u.Short), Detail: u.Detail,
		}
	}
	return out
}
