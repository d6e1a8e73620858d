package problem

import (
	"fmt"

	"fettle/dispatch"
)

// technicians converts the technicians.
func (b *fettleBuilder) technicians() error {
	for i := range b.file.Technicians {
		if err := b.oneTechnician(fmt.Sprintf("technicians[%d]", i), &b.file.Technicians[i]); err != nil {
			return err
		}
	}
	return nil
}

func (b *fettleBuilder) oneTechnician(field string, in *fettleTechnician) error {
	t := dispatch.Technician{
		ID: dispatch.TechnicianID(in.ID), Name: in.Name, Kind: in.Kind, Tools: in.Tools, SpeedPercent: in.SpeedPercent,
		MaxVisits: in.MaxVisits, MaxTravel: in.MaxTravel.ticks, MaxDistance: in.MaxDistance, MaxDuty: in.MaxDuty.ticks,
		Territories: in.Territories, History: in.History, Attributes: in.Attributes, Rates: dispatch.Rates{Travel: 1},
	}
	var ok bool
	if t.Travel, ok = b.profile[in.Travel]; !ok {
		return b.fault(field+".travel", "is %q, want the name of a travel profile", in.Travel)
	}
	if in.MaxVisits < 0 || in.MaxDistance < 0 {
		return b.fault(field, "has maxVisits %d and maxDistance %d, want numbers that are not negative", in.MaxVisits, in.MaxDistance)
	}
	if r := in.Rates; r != nil {
		t.Rates = dispatch.Rates(*r)
		if err := b.rates(field+".rates", map[string]int64{
			"fixed": r.Fixed, "travel": r.Travel, "distance": r.Distance,
			"duty": r.Duty, "onSite": r.OnSite, "overtime": r.Overtime,
		}); err != nil {
			return err
		}
	}
	var err error
	if t.Skills, err = b.skills(field+".skills", in.Skills); err != nil {
		return err
	}
	if t.Capacity, err = b.amounts(field+".capacity", in.Capacity); err != nil {
		return err
	}
	for k := range in.Depots {
		d, err := b.depot(fmt.Sprintf("%s.depots[%d]", field, k), &in.Depots[k])
		if err != nil {
			return err
		}
		t.Depots = append(t.Depots, d)
	}
	if err := b.shifts(field, in, &t); err != nil {
		return err
	}
	b.p.Technicians = append(b.p.Technicians, t)
	return nil
}

func (b *fettleBuilder) depot(field string, in *fettleDepot) (dispatch.Depot, error) {
	d := dispatch.Depot{Duration: in.Duration.ticks, MaxStops: in.MaxStops, Unlimited: in.Unlimited, AllTools: in.AllTools}
	var err error
	if d.Place, err = b.place(field+".place", in.Place); err != nil {
		return d, err
	}
	if d.MaxStops < 0 {
		return d, b.fault(field+".maxStops", "is %d, want a number from 1, or 0 for 1", d.MaxStops)
	}
	d.Windows, err = b.windows(field+".windows", in.Windows)
	return d, err
}

func (b *fettleBuilder) shifts(field string, in *fettleTechnician, t *dispatch.Technician) error {
	home := dispatch.NoPlace
	var err error
	if in.Home != nil {
		if home, err = b.place(field+".home", in.Home); err != nil {
			return err
		}
	}
	if len(in.Shifts) == 0 {
		return b.fault(field+".shifts", "is empty, want at least one shift")
	}
	for k := range in.Shifts {
		at := fmt.Sprintf("%s.shifts[%d]", field, k)
		s, err := b.shift(at, &in.Shifts[k], home)
		if err != nil {
			return err
		}
		if k > 0 && s.Start < t.Shifts[k-1].End {
			return b.fault(at, "starts at %s, want shifts in order that do not overlap", in.Shifts[k].Start.text)
		}
		t.Shifts = append(t.Shifts, s)
	}
	return nil
}

func (b *fettleBuilder) shift(field string, in *fettleShift, home int32) (dispatch.Shift, error) {
	s := dispatch.Shift{Overtime: in.Overtime.ticks}
	var err error
	if s.Start, err = b.tick(field+".start", in.Start); err != nil {
		return s, err
	}
	if s.End, err = b.tick(field+".end", in.End); err != nil {
		return s, err
	}
	if s.End <= s.Start {
		return s, b.fault(field+".end", "is %s, want an end after the start %s", in.End.text, in.Start.text)
	}
	if s.LatestDeparture, err = b.optionalTick(field+".latestDeparture", in.LatestDeparture); err != nil {
		return s, err
	}
	if s.StartPlace, err = b.shiftPlace(field+".startPlace", in.StartPlace, home, in.StartAnywhere); err != nil {
		return s, err
	}
	if s.EndPlace, err = b.shiftPlace(field+".endPlace", in.EndPlace, home, in.EndAnywhere); err != nil {
		return s, err
	}
	for k := range in.Breaks {
		at := fmt.Sprintf("%s.breaks[%d]", field, k)
		br := dispatch.Break{ID: in.Breaks[k].ID, Duration: in.Breaks[k].Duration.ticks}
		if br.Windows, err = b.windows(at+".windows", in.Breaks[k].Windows); err != nil {
			return s, err
		}
		s.Breaks = append(s.Breaks, br)
	}
	return s, nil
}

// shiftPlace is where a shift starts or ends: its own place, else the home, else (or when anywhere) no place.
func (b *fettleBuilder) shiftPlace(field string, place *fettlePlace, home int32, anywhere bool) (int32, error) {
	switch {
	case anywhere && place != nil:
		return 0, b.fault(field, "is given beside \"anywhere\", want one or the other")
	case anywhere:
		return dispatch.NoPlace, nil
	case place != nil:
		return b.place(field, place)
	}
	return home, nil
}

// visits converts the visits.
func (b *fettleBuilder) visits() error {
	b.p.Visits = make([]dispatch.Visit, 0, len(b.file.Visits))
	for i := range b.file.Visits {
		if err := b.oneVisit(fmt.Sprintf("visits[%d]", i), &b.file.Visits[i]); err != nil {
			return err
		}
	}
	return nil
}

func (b *fettleBuilder) oneVisit(field string, in *fettleVisit) error {
	v := dispatch.Visit{
		ID: dispatch.VisitID(in.ID), WorkOrder: dispatch.WorkOrderID(in.WorkOrder), OnSite: in.OnSite.ticks,
		OnSiteBy: kinds(in.OnSiteBy), Entry: in.Entry.ticks, EntryBy: kinds(in.EntryBy), Building: in.Building, Tools: in.Tools,
		Territory: in.Territory, Priority: in.Priority, Unserved: in.Unserved, Urgency: dispatch.Urgency(in.Urgency), Tier: in.Tier,
		Attributes: in.Attributes,
	}
	if in.Urgency == "" {
		v.Urgency = dispatch.UrgencyNormal
	}
	switch {
	case !v.Urgency.Valid():
		return b.fault(field+".urgency", "is %q, want NORMAL or EMERGENCY", in.Urgency)
	case v.Priority < 0 || v.Priority > 1_000_000:
		return b.fault(field+".priority", "is %d, want a whole number from 0 to 1000000", v.Priority)
	case v.Tier != "" && b.p.Policy.Tier(v.Tier) == nil:
		return b.fault(field+".tier", "is %q, want the name of a tier of the policy", v.Tier)
	}
	if err := b.rate(field+".unserved", v.Unserved); err != nil {
		return err
	}
	var err error
	if v.Place, err = b.place(field+".place", in.Place); err != nil {
		return err
	}
	if v.Windows, err = b.windows(field+".windows", in.Windows); err != nil {
		return err
	}
	if v.Skills, err = b.skills(field+".skills", in.Skills); err != nil {
		return err
	}
	if v.Due, err = b.optionalTick(field+".due", in.Due); err != nil {
		return err
	}
	if v.Deliver, err = b.amounts(field+".deliver", in.Deliver); err != nil {
		return err
	}
	if v.Collect, err = b.amounts(field+".collect", in.Collect); err != nil {
		return err
	}
	if err := b.whoMay(field, in, &v); err != nil {
		return err
	}
	b.p.Visits = append(b.p.Visits, v)
	return nil
}

// whoMay converts what ties a visit to technicians.
func (b *fettleBuilder) whoMay(field string, in *fettleVisit, v *dispatch.Visit) error {
	var err error
	if v.Only, err = b.who(field+".only", in.Only); err != nil {
		return err
	}
	if v.Excluded, err = b.who(field+".excluded", in.Excluded); err != nil {
		return err
	}
	if v.Preferred, err = b.who(field+".preferred", in.Preferred); err != nil {
		return err
	}
	if err := b.promised(field, in, v); err != nil {
		return err
	}
	if in.Pin == nil {
		return nil
	}
	pin := &dispatch.Pin{Technician: dispatch.TechnicianID(in.Pin.Technician), Rank: in.Pin.Rank, Adjacent: in.Pin.Adjacent, Started: in.Pin.Started}
	if pin.Start, err = b.optionalTick(field+".pin.start", in.Pin.Start); err != nil {
		return err
	}
	switch {
	case pin.Technician == "" && pin.Start == dispatch.NoTick:
		return b.fault(field+".pin", "pins nothing, want a technician or a start")
	case pin.Rank < 0:
		return b.fault(field+".pin.rank", "is %d, want a number from 1, or 0 for free", pin.Rank)
	case pin.Adjacent && pin.Rank == 0:
		return b.fault(field+".pin.adjacent", "is true without a rank")
	}
	v.Pin = pin
	return nil
}

func kinds(by map[string]fettleDuration) map[string]dispatch.Tick {
	if len(by) == 0 {
		return nil
	}
	out := make(map[string]dispatch.Tick, len(by))
	for kind, d := range by {
		out[kind] = d.ticks
	}
	return out
}
