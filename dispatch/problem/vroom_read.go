package problem

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"fettle/dispatch"
	"fettle/geo"
)

// profiles decides between matrices and straight lines, lists the travel profiles in the order in which vehicles name
// them, and makes the places of the matrices.
func (r *vroomReader) profiles() error {
	if r.in.Matrix != nil {
		if r.in.Matrices != nil {
			return r.fault("matrix", "given beside matrices: want one of them")
		}
		r.in.Matrices = map[string]vroomMatrix{"car": {Durations: r.in.Matrix}}
	}
	r.travel = make(map[string]int32)
	if r.in.Matrices == nil {
		r.spots = make(map[geo.Point]int32)
	} else {
		r.matrices = r.in.Matrices
	}
	for i := range r.in.Vehicles {
		v := &r.in.Vehicles[i]
		if v.Profile == "" {
			v.Profile = "car"
		}
		if _, ok := r.travel[v.Profile]; ok {
			continue
		}
		r.travel[v.Profile] = int32(len(r.p.Travel))
		t := dispatch.Travel{Name: v.Profile}
		if r.matrices != nil {
			var err error
			if t, err = r.matrixTravel(i, v.Profile); err != nil {
				return err
			}
		}
		r.p.Travel = append(r.p.Travel, t)
	}
	return nil
}

// matrixTravel converts the matrices of a profile, and makes the places when it is the first.
func (r *vroomReader) matrixTravel(vehicle int, profile string) (dispatch.Travel, error) {
	out := dispatch.Travel{Name: profile}
	m, ok := r.matrices[profile]
	if !ok {
		return out, r.fault(fmt.Sprintf("vehicles[%d].profile", vehicle), "is %q, want one of matrices: %q", profile, slices.Sorted(maps.Keys(r.matrices)))
	}
	field := "matrices." + profile
	if r.in.Matrix != nil {
		field = "matrix"
	}
	if len(m.Durations) == 0 {
		return out, r.fault(field, "has no durations")
	}
	if r.p.Places == nil {
		r.p.Places = make([]dispatch.Place, len(m.Durations))
	}
	durations := field
	if r.in.Matrix == nil {
		durations += ".durations"
	}
	var err error
	if out.Time, err = r.matrix(durations, m.Durations); err != nil {
		return out, err
	}
	if m.Distances != nil {
		out.Distance, err = r.matrix(field+".distances", m.Distances)
	}
	return out, err
}

// matrix converts a square table. Values from dispatch.Unreachable on mean that there is no way.
func (r *vroomReader) matrix(field string, rows [][]uint32) (*geo.Matrix, error) {
	n := len(r.p.Places)
	if len(rows) != n {
		return nil, r.fault(field, "has %d rows, want %d as the first matrix has", len(rows), n)
	}
	for i, row := range rows { // before the table is allocated: a long column of short rows is no matrix
		if len(row) != n {
			return nil, r.fault(fmt.Sprintf("%s[%d]", field, i), "has %d numbers, want %d: the matrix must be square", len(row), n)
		}
	}
	values := make([]int32, 0, n*n)
	for _, row := range rows {
		for _, v := range row {
			values = append(values, int32(min(v, uint32(dispatch.Unreachable))))
		}
	}
	m, err := geo.NewDense(n, values)
	if err != nil {
		return nil, r.fault(field, "%v", err)
	}
	return m, nil
}

// spot gives the place of a task or vehicle end by index (with matrices) or coordinates (without).
func (r *vroomReader) spot(field, indexField string, location []float64, index *uint64) (int32, error) {
	var at geo.Point
	if location != nil {
		var err error
		if at, err = r.point(field, location); err != nil {
			return 0, err
		}
	}
	if r.matrices == nil {
		if location == nil {
			return 0, r.fault(field, "missing: without matrices every place needs coordinates")
		}
		return r.spotOf(at), nil
	}
	if index == nil {
		return 0, r.fault(indexField, "missing: with matrices every place needs its index")
	}
	if *index >= uint64(len(r.p.Places)) {
		return 0, r.fault(indexField, "is %d, want less than %d, the size of the matrix", *index, len(r.p.Places))
	}
	if place := &r.p.Places[*index]; location != nil && !place.OnGlobe {
		place.Point, place.OnGlobe = at, true
	}
	return int32(*index), nil
}

func (r *vroomReader) spotOf(at geo.Point) int32 {
	if place, ok := r.spots[at]; ok {
		return place
	}
	place := int32(len(r.p.Places))
	r.spots[at] = place
	r.p.Places = append(r.p.Places, dispatch.Place{Point: at, OnGlobe: true})
	return place
}

// point checks coordinates in the order [lon, lat].
func (r *vroomReader) point(field string, location []float64) (geo.Point, error) {
	if len(location) != 2 {
		return geo.Point{}, r.fault(field, "has %d numbers, want [lon, lat]", len(location))
	}
	at := geo.Point{Lon: location[0], Lat: location[1]}
	if err := at.Validate(); err != nil {
		return at, r.fault(field, "want [lon, lat]: %v", err)
	}
	return at, nil
}

// vehicles makes a technician with one shift of each vehicle.
func (r *vroomReader) vehicles() error {
	for i := range r.in.Vehicles {
		if err := r.vehicle(i); err != nil {
			return err
		}
	}
	return nil
}

func (r *vroomReader) vehicle(i int) error {
	v, field := &r.in.Vehicles[i], fmt.Sprintf("vehicles[%d]", i)
	if v.ID == nil {
		return r.fault(field+".id", "missing")
	}
	if !r.doc.addVehicle(v) {
		return r.fault(field+".id", "is %d, want an id that no other vehicle has", *v.ID)
	}
	t := dispatch.Technician{
		ID: dispatch.TechnicianID(strconv.FormatUint(*v.ID, 10)), Name: v.Description, Kind: v.Type,
		Skills: vroomSkills(v.Skills), Travel: r.travel[v.Profile],
	}
	for _, step := range []func(string, *vroomVehicle, *dispatch.Technician) error{r.shift, r.rates, r.limits} {
		if err := step(field, v, &t); err != nil {
			return err
		}
	}
	var err error
	t.Capacity, err = r.loads(field+".capacity", v.Capacity)
	r.p.Technicians = append(r.p.Technicians, t)
	return err
}

// shift fills the technician's one shift: ends, working hours and breaks.
func (r *vroomReader) shift(field string, v *vroomVehicle, t *dispatch.Technician) error {
	s := dispatch.Shift{
		End: dispatch.Tick(vroomHorizon), LatestDeparture: dispatch.NoTick,
		StartPlace: dispatch.NoPlace, EndPlace: dispatch.NoPlace,
	}
	hasStart, hasEnd := v.Start != nil || v.StartIndex != nil, v.End != nil || v.EndIndex != nil
	if !hasStart && !hasEnd {
		return r.fault(field, "has neither start nor end, want at least one of them")
	}
	var err error
	if hasStart {
		if s.StartPlace, err = r.spot(field+".start", field+".start_index", v.Start, v.StartIndex); err != nil {
			return err
		}
	}
	if hasEnd {
		if s.EndPlace, err = r.spot(field+".end", field+".end_index", v.End, v.EndIndex); err != nil {
			return err
		}
	}
	if v.TimeWindow != nil {
		if s.Start, s.End, err = r.window(field+".time_window", v.TimeWindow); err != nil {
			return err
		}
	}
	if s.Breaks, err = r.breaks(field, v.Breaks); err != nil {
		return err
	}
	t.Shifts = []dispatch.Shift{s}
	return nil
}

func (r *vroomReader) breaks(field string, in []vroomBreak) ([]dispatch.Break, error) {
	var out []dispatch.Break
	seen := make(map[uint64]bool, len(in))
	for k := range in {
		b, at := &in[k], fmt.Sprintf("%s.breaks[%d]", field, k)
		if b.ID == nil {
			return nil, r.fault(at+".id", "missing")
		}
		if seen[*b.ID] {
			return nil, r.fault(at+".id", "is %d, want an id that no other break of the vehicle has", *b.ID)
		}
		seen[*b.ID] = true
		windows, err := r.windows(at+".time_windows", b.TimeWindows)
		if err != nil {
			return nil, err
		}
		length, err := r.length(at+".service", b.Service)
		if err != nil {
			return nil, err
		}
		out = append(out, dispatch.Break{ID: strconv.FormatUint(*b.ID, 10), Windows: windows, Duration: length})
	}
	return out, nil
}

// rates converts the costs of a vehicle to integer cost: per_hour / 3600 for each second, per_km / 1000 for each metre.
func (r *vroomReader) rates(field string, v *vroomVehicle, t *dispatch.Technician) error {
	c := &v.Costs
	for _, f := range []struct {
		name  string
		value uint64
	}{{"fixed", c.Fixed}, {"per_hour", c.perHour()}, {"per_task_hour", c.PerTaskHour}, {"per_km", c.PerKm}} {
		if f.value > maxVROOMCost {
			return r.fault(field+".costs."+f.name, "is %d, want at most %d", f.value, maxVROOMCost)
		}
	}
	if c.PerKm > 0 && !r.distances(v.Profile) {
		return r.fault(field+".costs.per_km", "needs matrices.%s.distances", v.Profile)
	}
	scale := r.p.Scale.Cost()
	t.Rates = dispatch.Rates{
		Fixed: int64(c.Fixed) * scale, Travel: int64(c.perHour()) * scale / 3600,
		OnSite: int64(c.PerTaskHour) * scale / 3600, Distance: int64(c.PerKm) * scale / 1000,
	}
	return nil
}

// distances reports whether a profile has distances: from its matrix, or by straight line.
func (r *vroomReader) distances(profile string) bool {
	return r.matrices == nil || r.matrices[profile].Distances != nil
}

func (r *vroomReader) limits(field string, v *vroomVehicle, t *dispatch.Technician) error {
	for _, l := range []struct {
		name  string
		value *uint64
	}{{"max_tasks", v.MaxTasks}, {"max_travel_time", v.MaxTravelTime}, {"max_distance", v.MaxDistance}} {
		if l.value != nil && *l.value == 0 {
			return r.fault(field+"."+l.name, "is 0, want at least 1; leave out a vehicle that must not be used")
		}
	}
	if v.MaxTasks != nil {
		t.MaxVisits = int32(min(*v.MaxTasks, math.MaxInt32))
	}
	if v.MaxTravelTime != nil {
		t.MaxTravel = dispatch.Tick(min(*v.MaxTravelTime, uint64(vroomHorizon)))
	}
	if v.MaxDistance != nil {
		if !r.distances(v.Profile) {
			return r.fault(field+".max_distance", "needs matrices.%s.distances", v.Profile)
		}
		t.MaxDistance = int64(min(*v.MaxDistance, math.MaxInt64/2))
	}
	if f := v.SpeedFactor; f != nil {
		t.SpeedPercent = int32(math.Round(min(max(*f, 0), 6) * 100))
		if *f > 5 || t.SpeedPercent < 1 {
			return r.fault(field+".speed_factor", "is %v, want more than 0 (from 0.01 on) and at most 5", *f)
		}
	}
	return nil
}

func vroomSkills(in []uint32) []dispatch.SkillLevel {
	var out []dispatch.SkillLevel
	for _, s := range in {
		out = append(out, dispatch.SkillLevel{Skill: dispatch.Skill(strconv.FormatUint(uint64(s), 10)), Level: 1})
	}
	return out
}
