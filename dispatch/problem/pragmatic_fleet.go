package problem

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"

	"fettle/dispatch"
)

// finest is the largest number of parts of a cost unit that costs are rounded to.
const finest = 1_000_000

// profiles notes the speed of each profile.
func (r *pragReader) profiles() error {
	r.speeds = make(map[string]float64)
	for i, f := range r.in.Fleet.Profiles {
		field := fmt.Sprintf("fleet.profiles[%d]", i)
		if _, ok := r.speeds[f.Name]; ok {
			return r.fault(field+".name", "is %q, want a name that no other profile has", f.Name)
		}
		speed := pragSpeed
		if f.Speed != nil {
			speed = *f.Speed
		}
		if !(speed >= 0.01 && speed <= 10_000) {
			return r.fault(field+".speed", "is %v, want between 0.01 and 10000 metres a second", speed)
		}
		r.speeds[f.Name] = speed
	}
	return nil
}

// scale finds the smallest power of ten, up to a million, in whose parts every cost is whole.
func (r *pragReader) scale() error {
	digits := int64(1)
	for i := range r.in.Fleet.Vehicles {
		c := &r.in.Fleet.Vehicles[i].Costs
		for _, f := range []struct {
			name  string
			value float64
		}{{"fixed", c.Fixed}, {"distance", c.Distance}, {"time", c.Time}} {
			if !(f.value >= 0 && f.value <= 1e9) {
				return r.fault(fmt.Sprintf("fleet.vehicles[%d].costs.%s", i, f.name), "is %v, want between 0 and 1e9", f.value)
			}
			for digits < finest && !whole(f.value*float64(digits)) {
				digits *= 10
			}
			if f.value > 0 && pragCost(f.value, digits) == 0 {
				return r.fault(fmt.Sprintf("fleet.vehicles[%d].costs.%s", i, f.name), "is %v, want 0 or at least a millionth", f.value)
			}
		}
	}
	r.p.Scale = dispatch.Scale{TicksPerUnit: 1, Unit: "s", CostPerUnit: digits}
	return nil
}

// whole reports whether x is an integer but for the error of one product in floating point.
func whole(x float64) bool { return math.Abs(x-math.Round(x)) <= 1e-9*max(1, x) }

func pragCost(x float64, scale int64) int64 { return int64(math.Round(x * float64(scale))) }

// fleet makes a technician of each vehicle id.
func (r *pragReader) fleet() error {
	n := len(r.in.Fleet.Vehicles[0].Capacity)
	if n == 0 {
		return r.fault("fleet.vehicles[0].capacity", "missing")
	}
	r.capacity, r.total = "fleet.vehicles[0].capacity", make([]int64, n)
	for d := range n {
		r.p.Dimensions = append(r.p.Dimensions, fmt.Sprintf("demand %d", d+1))
	}
	for i := range r.in.Fleet.Vehicles {
		t, field := dispatch.Technician{}, fmt.Sprintf("fleet.vehicles[%d]", i)
		v := &r.in.Fleet.Vehicles[i]
		for _, step := range []func(string, *pragVehicle, *dispatch.Technician) error{r.vehicle, r.profile, r.shifts, r.reloads, r.limits} {
			if err := step(field, v, &t); err != nil {
				return err
			}
		}
		if len(v.VehicleIDs) == 0 {
			return r.fault(field+".vehicleIds", "want at least one id")
		}
		for k, id := range v.VehicleIDs {
			if !r.doc.addVehicle(id, v) {
				return r.fault(fmt.Sprintf("%s.vehicleIds[%d]", field, k), "is %q, want an id that no other vehicle has", id)
			}
			t.ID, t.Name = dispatch.TechnicianID(id), id
			r.p.Technicians = append(r.p.Technicians, t)
		}
	}
	return nil
}

// vehicle fills what stands on the vehicle type itself.
func (r *pragReader) vehicle(field string, v *pragVehicle, t *dispatch.Technician) error {
	t.Kind = v.TypeID
	for _, s := range v.Skills {
		if s == "" {
			return r.fault(field+".skills", "has an empty name")
		}
		t.Skills = append(t.Skills, dispatch.SkillLevel{Skill: dispatch.Skill(s), Level: 1})
	}
	if len(v.Capacity) != len(r.total) {
		return r.fault(field+".capacity", "has %d numbers, want %d as %s has", len(v.Capacity), len(r.total), r.capacity)
	}
	t.Capacity = make([]int32, len(v.Capacity))
	for d, a := range v.Capacity {
		if a < 0 {
			return r.fault(fmt.Sprintf("%s.capacity[%d]", field, d), "is %d, want a number that is not negative", a)
		}
		t.Capacity[d] = int32(min(a, maxAmount)) // more than all there is to carry changes nothing
	}
	return nil
}

// profile gives the vehicle its travel: one for each profile and scale.
func (r *pragReader) profile(field string, v *pragVehicle, t *dispatch.Technician) error {
	speed, ok := r.speeds[v.Profile.Matrix]
	if !ok {
		return r.fault(field+".profile.matrix", "is %q, want the name of one of fleet.profiles", v.Profile.Matrix)
	}
	name := v.Profile.Matrix
	if s := v.Profile.Scale; s != nil {
		if !(*s >= 0.001 && *s <= 1000) {
			return r.fault(field+".profile.scale", "is %v, want between 0.001 and 1000", *s)
		}
		if speed /= *s; speed < 0.01 || speed > 10_000 {
			return r.fault(field+".profile.scale", "is %v, which makes the speed %v: want between 0.01 and 10000 metres a second", *s, speed)
		}
		name = fmt.Sprintf("%s times %v", name, *s)
	}
	if _, ok := r.travel[name]; !ok {
		r.travel[name] = int32(len(r.p.Travel))
		r.p.Travel = append(r.p.Travel, dispatch.Travel{Name: name})
		r.pace = append(r.pace, speed)
	}
	t.Travel = r.travel[name]
	return nil
}

func (r *pragReader) shifts(field string, v *pragVehicle, t *dispatch.Technician) error {
	for k := range v.Shifts {
		s, err := r.shift(fmt.Sprintf("%s.shifts[%d]", field, k), &v.Shifts[k])
		if err != nil {
			return err
		}
		t.Shifts = append(t.Shifts, s)
	}
	return nil
}

// shift converts a shift.
func (r *pragReader) shift(field string, in *pragShift) (dispatch.Shift, error) {
	s := dispatch.Shift{LatestDeparture: dispatch.NoTick}
	var err error
	if s.Start, err = r.tick(field+".start.earliest", in.Start.Earliest); err != nil {
		return s, err
	}
	if s.StartPlace, err = r.shiftPlace(field+".start.location", in.Start.Location); err != nil {
		return s, err
	}
	if err = r.shiftEnd(field, in, &s); err != nil {
		return s, err
	}
	if in.Start.Latest != nil {
		if s.LatestDeparture, err = r.tick(field+".start.latest", *in.Start.Latest); err != nil {
			return s, err
		}
		if s.LatestDeparture < s.Start || s.LatestDeparture > s.End {
			return s, r.fault(field+".start.latest", "is %s, want a time within the shift", *in.Start.Latest)
		}
	}
	for k := range in.Breaks {
		b, err := r.pause(fmt.Sprintf("%s.breaks[%d]", field, k), &in.Breaks[k], &s)
		if err != nil {
			return s, err
		}
		s.Breaks = append(s.Breaks, b)
	}
	return s, nil
}

// shiftEnd fills the end of a shift; without one it lasts as long as there are ticks and ends at the last visit.
func (r *pragReader) shiftEnd(field string, in *pragShift, s *dispatch.Shift) (err error) {
	s.End, s.EndPlace = s.Start+dispatch.Tick(vroomHorizon), dispatch.NoPlace
	if in.End == nil {
		return nil
	}
	if in.End.Earliest != nil {
		return r.fault(field+".end.earliest", "not supported")
	}
	if s.End, err = r.tick(field+".end.latest", in.End.Latest); err != nil {
		return err
	}
	if s.End < s.Start {
		return r.fault(field+".end.latest", "is %s, want a time that is not before the start", in.End.Latest)
	}
	s.EndPlace, err = r.shiftPlace(field+".end.location", in.End.Location)
	return err
}

// shiftPlace is the place of an end of a shift. A location of type unknown costs no travel, as an open end does.
func (r *pragReader) shiftPlace(field string, l *pragLocation) (int32, error) {
	if l != nil && l.Type == "unknown" {
		return dispatch.NoPlace, nil
	}
	return r.spot(field, l)
}

// pause converts a break.
func (r *pragReader) pause(field string, in *pragBreak, s *dispatch.Shift) (dispatch.Break, error) {
	out := dispatch.Break{ID: pragPause}
	if in.Policy != "" && in.Policy != "skip-if-no-intersection" {
		return out, r.fault(field+".policy", "is %q, not supported: a tour takes its breaks", in.Policy)
	}
	ends, seconds, lengthField, err := r.pauseParts(field, in)
	if err != nil {
		return out, err
	}
	var at [2]dispatch.Tick
	for k, raw := range ends {
		if at[k], err = r.pauseEnd(field+".time", raw, s); err != nil {
			return out, err
		}
	}
	if at[1] < at[0] {
		return out, r.fault(field+".time", "ends before it starts")
	}
	out.Windows = []dispatch.TimeWindow{{Start: at[0], End: at[1] + 1}}
	out.Duration, err = r.length(lengthField, seconds)
	return out, err
}

// pauseParts takes a break apart: the ends of its window, and its length with the field that holds it. The window is a
// pair of times, or of seconds after a departure that is fixed; a required break writes the pair as an object.
func (r *pragReader) pauseParts(field string, in *pragBreak) (ends [2]json.RawMessage, seconds float64, lengthField string, err error) {
	var pair []json.RawMessage
	if json.Unmarshal(in.Time, &pair) == nil && len(pair) == 2 {
		if len(in.Places) != 1 || in.Places[0].Location != nil || in.Places[0].Times != nil || in.Duration != nil {
			return ends, 0, "", r.fault(field+".places", "want one place with a duration and no location or times: others are not supported")
		}
		return [2]json.RawMessage{pair[0], pair[1]}, in.Places[0].Duration, field + ".places[0].duration", nil
	}
	var required struct {
		Earliest json.RawMessage `json:"earliest"`
		Latest   json.RawMessage `json:"latest"`
	}
	if json.Unmarshal(in.Time, &required) != nil || required.Earliest == nil || required.Latest == nil {
		return ends, 0, "", r.fault(field+".time", "want [start, end], or earliest and latest of a required break")
	}
	if in.Places != nil || in.Duration == nil {
		return ends, 0, "", r.fault(field+".duration", "want a duration and no places in a required break")
	}
	return [2]json.RawMessage{required.Earliest, required.Latest}, *in.Duration, field + ".duration", nil
}

// pauseEnd converts one end of a break's window: a time, or an offset from a fixed departure.
func (r *pragReader) pauseEnd(field string, raw json.RawMessage, s *dispatch.Shift) (dispatch.Tick, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil && text != "" {
		return r.tick(field, text)
	}
	var offset float64
	if json.Unmarshal(raw, &offset) != nil || string(raw) == "null" {
		return 0, r.fault(field, "holds %s, want a time or a number of seconds", raw)
	}
	if s.LatestDeparture != s.Start {
		return 0, r.fault(field, "is an offset, which is not supported unless start.latest equals start.earliest")
	}
	length, err := r.length(field, offset)
	return min(s.Start+length, dispatch.Tick(2*vroomHorizon)), err
}

// reloads makes depots. They belong to the technician, so all shifts must have the same.
func (r *pragReader) reloads(field string, v *pragVehicle, t *dispatch.Technician) error {
	for k := range v.Shifts {
		if !reflect.DeepEqual(v.Shifts[k].Reloads, v.Shifts[0].Reloads) {
			return r.fault(fmt.Sprintf("%s.shifts[%d].reloads", field, k), "not supported: want the same reloads in every shift of a vehicle")
		}
	}
	for k, in := range v.Shifts[0].Reloads {
		at := fmt.Sprintf("%s.shifts[0].reloads[%d]", field, k)
		if in.ResourceID != nil {
			return r.fault(at+".resourceId", "not supported: a depot's stock is not shared")
		}
		place, err := r.spot(at+".location", in.Location)
		if err != nil {
			return err
		}
		d := dispatch.Depot{Place: place, MaxStops: 1}
		if d.Duration, err = r.length(at+".duration", in.Duration); err != nil {
			return err
		}
		if d.Windows, err = r.windows(at+".times", in.Times); err != nil {
			return err
		}
		t.Depots = append(t.Depots, d)
	}
	return nil
}

func (r *pragReader) limits(field string, v *pragVehicle, t *dispatch.Technician) error {
	l := &v.Limits
	if l.MaxDistance != nil {
		if !(*l.MaxDistance >= 1 && *l.MaxDistance <= 1e15) {
			return r.fault(field+".limits.maxDistance", "is %v, want between 1 and 1e15 metres", *l.MaxDistance)
		}
		t.MaxDistance = int64(*l.MaxDistance)
	}
	if l.MaxDuration == nil {
		l.MaxDuration = l.ShiftTime
	} else if l.ShiftTime != nil {
		return r.fault(field+".limits.shiftTime", "given beside maxDuration: it is the old name of it")
	}
	if err := r.maxDuration(field+".limits.maxDuration", l.MaxDuration, t); err != nil || l.TourSize == nil {
		return err
	}
	size, breaks := *l.TourSize, uint64(len(v.Shifts[0].Breaks))
	for k := range v.Shifts {
		if uint64(len(v.Shifts[k].Breaks)) != breaks || len(v.Shifts[k].Reloads) > 0 {
			return r.fault(field+".limits.tourSize", "not supported beside reloads or shifts with different numbers of breaks")
		}
	}
	if size <= breaks { // breaks count as activities there
		return r.fault(field+".limits.tourSize", "is %d, want more than the %d breaks, which count too", size, breaks)
	}
	t.MaxVisits = int32(min(size-breaks, math.MaxInt32))
	return nil
}

// maxDuration limits the length of a tour.
func (r *pragReader) maxDuration(field string, seconds *float64, t *dispatch.Technician) error {
	if seconds == nil {
		return nil
	}
	length, err := r.length(field, *seconds)
	if err == nil && length <= 0 {
		err = r.fault(field, "is %v, want a length of time above 0", *seconds)
	}
	t.MaxDuty = length
	return err
}
