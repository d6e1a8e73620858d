package wire

import (
	"math"
	"time"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/dispatch/promise"
)

// SlotQuery reads a query for slots.
func SlotQuery(in *dispatchv1.SuggestSlotsRequest) (engine.SlotQuery, error) {
	q := engine.SlotQuery{Most: int(in.GetMaxSlots())}
	var err error
	if q.Wish, err = Wish(&dispatchv1.WorkOrder{
		Location: in.GetLocation(), RequiredSkills: in.GetRequiredSkills(), Urgency: in.GetUrgency(),
		OnSiteDuration: in.GetOnSiteDuration(), TimeWindows: in.GetTimeWindows(), UnitId: in.GetUnitId(),
		BuildingId: in.GetBuildingId(), Priority: in.GetPriority(), RequiredTools: in.GetRequiredTools(),
		Territory: in.GetTerritory(), OnlyTechnicianIds: in.GetOnlyTechnicianIds(),
		ExcludedTechnicianIds: in.GetExcludedTechnicianIds(), PreferredTechnicianIds: in.GetPreferredTechnicianIds(),
	}); err != nil {
		return q, err
	}
	if q.From, err = Instant("startTime", in.GetStartTime()); err != nil {
		return q, err
	}
	if q.To, err = Instant("endTime", in.GetEndTime()); err != nil {
		return q, err
	}
	if in.GetSlotDuration() != nil {
		if q.Length, err = length("slotDuration", in.GetSlotDuration(), 15*time.Minute, 24*time.Hour); err != nil {
			return q, err
		}
	}
	if name := in.GetTimeZone(); name != "" {
		if q.Zone, err = time.LoadLocation(name); err != nil || name == "Local" {
			return q, &dispatch.InvalidError{Field: "timeZone", Value: name, Want: "an IANA time zone such as Asia/Shanghai"}
		}
	}
	return q, nil
}

// Slots writes suggested slots.
func Slots(s *engine.Slots, name Namer) *dispatchv1.SuggestSlotsResponse {
	out := &dispatchv1.SuggestSlotsResponse{
		Omitted: int32(s.Omitted), AbleCount: int32(s.Able), Time: Timestamp(s.Taken),
		OnSiteVariability: variability(s.Variability.OnSite), TravelVariability: variability(s.Variability.Travel),
	}
	for i := range s.Open {
		o := &s.Open[i]
		out.Slots = append(out.Slots, &dispatchv1.Slot{
			Window: Window(o.Window), Cost: Cost(o.Cost), TechnicianId: string(o.Technician), TechnicianName: name(o.Technician),
			PlannedArrival: Timestamp(o.Arrival), PlannedStart: Timestamp(o.Start), TechnicianCount: int32(o.Takers),
			OnShiftCount: int32(o.OnShift), Reliability: math.Round(o.Reliability*1000) / 1000, Tentative: o.Tentative,
		})
	}
	for i := range s.Closed {
		c := &s.Closed[i]
		out.Closed = append(out.Closed, &dispatchv1.ClosedSlot{
			Window: Window(c.Window), OnShiftCount: int32(c.OnShift),
			Unassigned: &dispatchv1.Unassigned{
				Reason: string(c.Why.Reason), TechnicianId: string(c.Nearest), Short: float64(c.Why.Short), Detail: c.Why.Detail,
			},
		})
	}
	return out
}

func variability(s promise.Spread) *dispatchv1.Variability {
	out := &dispatchv1.Variability{
		Basis: dispatchv1.Variability_ASSUMED, Mean: math.Round(s.Mean*1000) / 1000,
		StandardDeviation: math.Round(s.Deviation*1000) / 1000, Observations: int32(s.Observations),
	}
	if s.Observations > 0 {
		out.Basis = dispatchv1.Variability_OBSERVED
	}
	return out
}
