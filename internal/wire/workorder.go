package wire

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
)

// DefaultOnSite is the expected work of an order that names none.
const DefaultOnSite = 45 * time.Minute

// Namer gives the display name of a technician, "" when there is none.
type Namer func(dispatch.TechnicianID) string

// Wish reads what people write of an order. Fields are named as seen from the order.
func Wish(in *dispatchv1.WorkOrder) (engine.Wish, error) {
	w := engine.Wish{
		UnitID: in.GetUnitId(), Building: in.GetBuildingId(), Territory: in.GetTerritory(), Description: in.GetDescription(),
		Priority: in.GetPriority(), Urgency: dispatch.UrgencyNormal, OnSite: DefaultOnSite,
		Tools:     slices.Clone(in.GetRequiredTools()),
		Only:      names[dispatch.TechnicianID](in.GetOnlyTechnicianIds()),
		Excluded:  names[dispatch.TechnicianID](in.GetExcludedTechnicianIds()),
		Preferred: names[dispatch.TechnicianID](in.GetPreferredTechnicianIds()),
	}
	if in.GetUrgency() == dispatchv1.WorkOrder_EMERGENCY {
		w.Urgency = dispatch.UrgencyEmergency
	}
	if in.GetChannel() != dispatchv1.WorkOrder_CHANNEL_UNSPECIFIED {
		w.Channel = dispatch.Channel(in.GetChannel().String())
	}
	var err error
	if w.Location, err = Point("location", in.GetLocation()); err != nil {
		return w, err
	}
	if w.Skills, err = skills("requiredSkills", in.GetRequiredSkills()); err != nil {
		return w, err
	}
	if in.GetOnSiteDuration() != nil {
		if w.OnSite, err = length("onSiteDuration", in.GetOnSiteDuration(), time.Minute, 24*time.Hour); err != nil {
			return w, err
		}
	}
	w.Windows, err = windows("timeWindows", in.GetTimeWindows())
	return w, err
}

// windows reads intervals, puts them in order and joins those that meet.
func windows(field string, in []*dispatchv1.TimeWindow) ([]dispatch.TimeSpan, error) {
	read := make([]dispatch.TimeSpan, 0, len(in))
	for i, w := range in {
		s, err := span(fmt.Sprintf("%s[%d]", field, i), w.GetStartTime(), w.GetEndTime())
		if err != nil {
			return nil, err
		}
		read = append(read, s)
	}
	slices.SortFunc(read, func(a, b dispatch.TimeSpan) int { return cmp.Or(a.Start.Compare(b.Start), a.End.Compare(b.End)) })
	var out []dispatch.TimeSpan
	for _, s := range read {
		if n := len(out); n > 0 && !s.Start.After(out[n-1].End) {
			if s.End.After(out[n-1].End) {
				out[n-1].End = s.End
			}
			continue
		}
		out = append(out, s)
	}
	return out, nil
}

// WorkOrder writes an order.
func WorkOrder(o *engine.Order, name Namer) *dispatchv1.WorkOrder {
	out := &dispatchv1.WorkOrder{
		Id: string(o.ID), Name: "workOrders/" + string(o.ID), Etag: Etag(o.Version),
		CreateTime: Timestamp(o.Created), UpdateTime: Timestamp(o.Updated), State: OrderState(o.State),
		Location: LatLng(o.Location), RequiredSkills: Skills(o.Skills), Urgency: Urgency(o.Urgency),
		OnSiteDuration: durationpb.New(o.OnSite), UnitId: o.UnitID, Description: o.Description,
		Channel:  dispatchv1.WorkOrder_Channel(dispatchv1.WorkOrder_Channel_value[string(o.Channel)]),
		Priority: o.Priority, RequiredTools: o.Tools, Territory: o.Territory, BuildingId: o.Building,
		OnlyTechnicianIds: names[string](o.Only), ExcludedTechnicianIds: names[string](o.Excluded),
		PreferredTechnicianIds: names[string](o.Preferred),
		Assignment:             assignment(o.Assignment, name), Unassigned: Unassigned(o),
		MergedInto: string(o.MergedInto), ReportIds: names[string](o.Reports), Reason: o.Reason, Rating: o.Rating, RatingComment: o.RatingComment,
		EscalationLevel: o.Escalation, Visit: o.Visit, Clocks: clocks(o.Clocks), Suggestion: suggestion(o.Suggestion, name),
	}
	for _, w := range o.Windows {
		out.TimeWindows = append(out.TimeWindows, Window(w))
	}
	if o.Due != (engine.DueTimes{}) {
		out.DueTimes = &dispatchv1.DueTimes{
			Acknowledge: Timestamp(o.Due.Acknowledge), Accept: Timestamp(o.Due.Accept), OnSite: Timestamp(o.Due.OnSite), Resolve: Timestamp(o.Due.Resolve),
		}
	}
	if o.Pin != nil {
		out.Pin = &dispatchv1.Pin{TechnicianId: string(o.Pin.Technician), StartTime: Timestamp(o.Pin.Start)}
	}
	return out
}

// Unassigned writes why nobody has an order; nil when somebody has, or when nobody needs to.
func Unassigned(o *engine.Order) *dispatchv1.Unassigned {
	u := o.Unassigned
	if u == nil {
		return nil
	}
	return &dispatchv1.Unassigned{
		Reason: string(u.Reason), TechnicianId: string(o.Nearest), Short: float64(u.Short), Detail: u.Detail,
	}
}

func assignment(a *engine.Assignment, name Namer) *dispatchv1.Assignment {
	if a == nil {
		return nil
	}
	return &dispatchv1.Assignment{
		TechnicianId: string(a.Technician), TechnicianName: name(a.Technician),
		PlannedArrival: Timestamp(a.Arrival), PlannedStart: Timestamp(a.Start), PlannedEnd: Timestamp(a.End),
		Window: Window(a.Window), OfferTime: Timestamp(a.Offered), AcceptBy: Timestamp(a.AcceptBy), Cost: Cost(a.Cost),
		PolicyId: a.Policy, PolicyVersion: a.PolicyVersion,
	}
}

func suggestion(s *engine.Suggestion, name Namer) *dispatchv1.Suggestion {
	if s == nil {
		return nil
	}
	return &dispatchv1.Suggestion{
		TechnicianId: string(s.Technician), TechnicianName: name(s.Technician), PlannedArrival: Timestamp(s.Arrival), Window: Window(s.Window),
		Mode: string(s.Mode), Time: Timestamp(s.Offered), ApplyTime: Timestamp(s.Applies), Cost: Cost(s.Cost),
		PolicyId: s.Policy, PolicyVersion: s.PolicyVersion,
	}
}

func clocks(c engine.Clocks) *dispatchv1.Clocks {
	if c == (engine.Clocks{}) {
		return nil
	}
	return &dispatchv1.Clocks{
		Acknowledged: Timestamp(c.Acknowledged),
		Assigned:     Timestamp(c.Assigned), Accepted: Timestamp(c.Accepted), Departed: Timestamp(c.Departed),
		Arrived: Timestamp(c.Arrived), Started: Timestamp(c.Started), Completed: Timestamp(c.Completed),
	}
}

// OrderState writes a state.
func OrderState(s engine.State) dispatchv1.WorkOrder_State {
	return dispatchv1.WorkOrder_State(dispatchv1.WorkOrder_State_value[string(s)])
}

// Urgency writes an urgency; one that is not set is NORMAL.
func Urgency(u dispatch.Urgency) dispatchv1.WorkOrder_Urgency {
	if u == dispatch.UrgencyEmergency {
		return dispatchv1.WorkOrder_EMERGENCY
	}
	return dispatchv1.WorkOrder_NORMAL
}

// Summary writes an order in brief.
func Summary(o *engine.Order) *dispatchv1.OrderSummary {
	out := &dispatchv1.OrderSummary{
		Id: string(o.ID), State: OrderState(o.State), Urgency: Urgency(o.Urgency), Location: LatLng(o.Location),
		TechnicianId: string(o.TechnicianID()), AcceptDue: Timestamp(o.Due.Accept), OnSiteDue: Timestamp(o.Due.OnSite),
		Etag: Etag(o.Version), Description: o.Description,
	}
	if o.Assignment != nil {
		out.PlannedArrival = Timestamp(o.Assignment.Arrival)
	}
	if o.Unassigned != nil {
		out.UnassignedReason = string(o.Unassigned.Reason)
	}
	return out
}

// OrderAssignment writes an order as its technician sees it.
func OrderAssignment(o *engine.Order) *dispatchv1.WorkOrderAssignment {
	out := &dispatchv1.WorkOrderAssignment{
		WorkOrderId: string(o.ID), State: string(o.State), Etag: Etag(o.Version), Location: LatLng(o.Location),
		UnitId: o.UnitID, Description: o.Description, Urgency: Urgency(o.Urgency).String(),
		RequiredSkills: Skills(o.Skills), OnSiteDuration: durationpb.New(o.OnSite),
	}
	if a := o.Assignment; a != nil {
		out.PlannedArrival, out.PlannedStart, out.PlannedEnd = Timestamp(a.Arrival), Timestamp(a.Start), Timestamp(a.End)
		out.AcceptBy, out.Window = Timestamp(a.AcceptBy), Window(a.Window)
	}
	return out
}
