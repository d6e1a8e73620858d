package problem

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"fettle/dispatch"
	"fettle/geo"
)

// vrp pragmatic JSON. One tick is one second, counted from the earliest shift start. What is decided here:
//
//   - A file holds no routing matrix, so locations need coordinates: travel is the great circle (mean earth radius, no
//     detour) at the profile's speed, 10 m/s unless given, as that project does when it has no matrix either.
//   - Costs become integers in millionths of the file's unit at the finest; the time cost counts the whole tour from
//     departure to end.
//   - A job is one task, or one pickup and one delivery; each task has one place.
//   - A break, optional there, is always taken by a tour that has a job.
//   - Objectives are an order of importance; each gets a weight above everything that those after it can add up to, as
//     far as 60 bits carry.
//   - Everything else is refused by name.

// pragSpeed is the speed in metres a second of a profile that gives none.
const pragSpeed = 10.0

type pragInput struct {
	Plan       pragPlan        `json:"plan"`
	Fleet      pragFleet       `json:"fleet"`
	Objectives []pragObjective `json:"objectives"`
}

type pragPlan struct {
	Jobs       []pragJob       `json:"jobs"`
	Relations  []pragRelation  `json:"relations"`
	Clustering json.RawMessage `json:"clustering"`
	Areas      json.RawMessage `json:"areas"`
}

type pragJob struct {
	ID            string          `json:"id"`
	Pickups       []pragTask      `json:"pickups"`
	Deliveries    []pragTask      `json:"deliveries"`
	Replacements  []pragTask      `json:"replacements"`
	Services      []pragTask      `json:"services"`
	Skills        *pragSkills     `json:"skills"`
	Value         float64         `json:"value"`
	Group         json.RawMessage `json:"group"`
	Compatibility json.RawMessage `json:"compatibility"`
}

type pragSkills struct {
	AllOf  []string `json:"allOf"`
	OneOf  []string `json:"oneOf"`
	NoneOf []string `json:"noneOf"`
}

type pragTask struct {
	Places []pragPlace     `json:"places"`
	Demand []int64         `json:"demand"`
	Order  json.RawMessage `json:"order"`
}

type pragPlace struct {
	Location *pragLocation `json:"location"`
	Duration float64       `json:"duration"`
	Times    [][]string    `json:"times"`
	Tag      string        `json:"tag"`
}

type pragLocation struct {
	Lat   *float64 `json:"lat,omitempty"`
	Lng   *float64 `json:"lng,omitempty"`
	Index *uint64  `json:"index,omitempty"`
	Type  string   `json:"type,omitempty"`
}

type pragRelation struct {
	Type       string   `json:"type"`
	VehicleID  string   `json:"vehicleId"`
	Jobs       []string `json:"jobs"`
	ShiftIndex uint64   `json:"shiftIndex"`
}

type pragFleet struct {
	Vehicles  []pragVehicle   `json:"vehicles"`
	Profiles  []pragProfile   `json:"profiles"`
	Resources json.RawMessage `json:"resources"`
}

type pragProfile struct {
	Name  string   `json:"name"`
	Speed *float64 `json:"speed"`
}

type pragVehicle struct {
	TypeID     string   `json:"typeId"`
	VehicleIDs []string `json:"vehicleIds"`
	Profile    struct {
		Matrix string   `json:"matrix"`
		Scale  *float64 `json:"scale"`
	} `json:"profile"`
	Costs    pragCosts   `json:"costs"`
	Shifts   []pragShift `json:"shifts"`
	Capacity []int64     `json:"capacity"`
	Skills   []string    `json:"skills"`
	Limits   pragLimits  `json:"limits"`
}

type pragCosts struct {
	Fixed    float64 `json:"fixed"`
	Distance float64 `json:"distance"`
	Time     float64 `json:"time"`
}

type pragLimits struct {
	MaxDistance  *float64        `json:"maxDistance"`
	MaxDuration  *float64        `json:"maxDuration"`
	ShiftTime    *float64        `json:"shiftTime"` // the old name of maxDuration
	TourSize     *uint64         `json:"tourSize"`
	Areas        json.RawMessage `json:"areas"`
	AllowedAreas json.RawMessage `json:"allowedAreas"`
}

type pragShift struct {
	Start     pragStart       `json:"start"`
	End       *pragEnd        `json:"end"`
	Breaks    []pragBreak     `json:"breaks"`
	Reloads   []pragReload    `json:"reloads"`
	Recharges json.RawMessage `json:"recharges"`
	Dispatch  json.RawMessage `json:"dispatch"`
}

type pragStart struct {
	Earliest string        `json:"earliest"`
	Latest   *string       `json:"latest"`
	Location *pragLocation `json:"location"`
}

type pragEnd struct {
	Earliest json.RawMessage `json:"earliest"`
	Latest   string          `json:"latest"`
	Location *pragLocation   `json:"location"`
}

type pragBreak struct {
	Time     json.RawMessage `json:"time"` // [from, to], or {earliest, latest} of a required break
	Places   []pragPlace     `json:"places"`
	Duration *float64        `json:"duration"`
	Policy   string          `json:"policy"`
}

type pragReload struct {
	Location   *pragLocation `json:"location"`
	Duration   float64       `json:"duration"`
	Times      [][]string    `json:"times"`
	Tag        string        `json:"tag"`
	ResourceID *string       `json:"resourceId"`
}

type pragObjective struct {
	Type            string          `json:"type"`
	ReductionFactor *float64        `json:"reductionFactor"` // steers that project's search, not the aim
	Breaks          *float64        `json:"breaks"`          // price of a skipped break; none is skipped here
	Options         json.RawMessage `json:"options"`
	Strategy        json.RawMessage `json:"strategy"`
	Objectives      json.RawMessage `json:"objectives"`
	IsConstrained   json.RawMessage `json:"isConstrained"`
	Threshold       json.RawMessage `json:"threshold"`
}

// pragReader turns one file into a problem; each of its steps fills a part of p and doc.
type pragReader struct {
	name string
	data []byte
	in   pragInput
	p    *dispatch.Problem
	doc  *pragNative

	spots    map[geo.Point]int32
	speeds   map[string]float64 // by profile
	travel   map[string]int32   // profile and scale -> index in p.Travel
	pace     []float64          // metres a second, by travel
	capacity string             // the field that set the number of dimensions
	total    []int64            // demands of all tasks, by dimension
	values   []float64          // of jobs
	jobs     map[string]*pragJobNote
	lists    map[string][]dispatch.TechnicianID // technicians by skill rule
	latest   dispatch.Tick                      // latest instant that the file names
}

// pragJobNote is what relations and objectives need of a job that was read.
type pragJobNote struct {
	visits []int32 // one, or the pickup and the delivery
	used   bool    // by a relation
}

// readPragmatic reads a problem in the vrp pragmatic format.
func readPragmatic(name string, data []byte) (*Document, error) {
	r := &pragReader{
		name: name, data: data, p: &dispatch.Problem{Name: name}, doc: newPragNative(), spots: make(map[geo.Point]int32),
		travel: make(map[string]int32), jobs: make(map[string]*pragJobNote), lists: make(map[string][]dispatch.TechnicianID),
	}
	if err := decodeStrict(name, data, &r.in); err != nil {
		return nil, err
	}
	for _, step := range []func() error{r.unsupported, r.origin, r.profiles, r.scale, r.fleet, r.tasks, r.relations, r.lines, r.objectives} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if err := r.p.Validate(); err != nil {
		return nil, &Error{File: name, Msg: err.Error()}
	}
	r.doc.finish(r.p)
	return &Document{Name: name, Format: Pragmatic, Problem: r.p, native: r.doc}, nil
}

func (r *pragReader) fault(field, format string, args ...any) error {
	return fieldError(r.name, r.data, field, fmt.Sprintf(format, args...))
}

// unsupported refuses by name what Fettle cannot plan and what can be told without reading further.
func (r *pragReader) unsupported() error {
	if r.in.Plan.Clustering != nil {
		return r.fault("plan.clustering", "not supported")
	}
	if r.in.Plan.Areas != nil {
		return r.fault("plan.areas", "not supported")
	}
	if len(r.in.Fleet.Vehicles) == 0 {
		return r.fault("fleet.vehicles", "want at least one vehicle")
	}
	for i := range r.in.Fleet.Vehicles {
		v, field := &r.in.Fleet.Vehicles[i], fmt.Sprintf("fleet.vehicles[%d]", i)
		if len(v.Shifts) == 0 {
			return r.fault(field+".shifts", "want at least one shift")
		}
		if v.Limits.Areas != nil || v.Limits.AllowedAreas != nil {
			return r.fault(field+".limits.areas", "not supported")
		}
		for k := range v.Shifts {
			if v.Shifts[k].Recharges != nil {
				return r.fault(fmt.Sprintf("%s.shifts[%d].recharges", field, k), "not supported")
			}
			if v.Shifts[k].Dispatch != nil {
				return r.fault(fmt.Sprintf("%s.shifts[%d].dispatch", field, k), "not supported")
			}
		}
	}
	return nil
}

// origin puts tick 0 at the earliest start of a shift.
func (r *pragReader) origin() error {
	for i := range r.in.Fleet.Vehicles {
		for k := range r.in.Fleet.Vehicles[i].Shifts {
			at, err := r.instant(fmt.Sprintf("fleet.vehicles[%d].shifts[%d].start.earliest", i, k), r.in.Fleet.Vehicles[i].Shifts[k].Start.Earliest)
			if err != nil {
				return err
			}
			if r.p.Origin.IsZero() || at.Before(r.p.Origin) {
				r.p.Origin = at
			}
		}
	}
	return nil
}

func (r *pragReader) instant(field, text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, r.fault(field, "is %q, want a time as 2019-07-04T09:00:00Z", text)
	}
	return at.UTC().Truncate(time.Second), nil
}

// tick converts an instant; it must lie within 8.5 years of the first shift.
func (r *pragReader) tick(field, text string) (dispatch.Tick, error) {
	at, err := r.instant(field, text)
	if err != nil {
		return 0, err
	}
	seconds := int64(at.Sub(r.p.Origin) / time.Second) // saturates far beyond the horizon
	if seconds > vroomHorizon || seconds < -vroomHorizon {
		return 0, r.fault(field, "is %s, want a time within %d seconds of the first shift's start", text, vroomHorizon)
	}
	r.latest = max(r.latest, dispatch.Tick(seconds))
	return dispatch.Tick(seconds), nil
}

// windows converts inclusive windows to half-open ones. They must be in order and apart.
func (r *pragReader) windows(field string, in [][]string) ([]dispatch.TimeWindow, error) {
	var out []dispatch.TimeWindow
	for k, w := range in {
		at := fmt.Sprintf("%s[%d]", field, k)
		if len(w) != 2 {
			return nil, r.fault(at, "has %d times, want [start, end]", len(w))
		}
		start, err := r.tick(at+"[0]", w[0])
		if err != nil {
			return nil, err
		}
		end, err := r.tick(at+"[1]", w[1])
		if err != nil {
			return nil, err
		}
		if start > end {
			return nil, r.fault(at, "ends before it starts")
		}
		if k > 0 && start < out[k-1].End {
			return nil, r.fault(at, "starts at %s, want windows in order that do not overlap or touch", w[0])
		}
		out = append(out, dispatch.TimeWindow{Start: start, End: end + 1})
	}
	return out, nil
}

// length rounds a duration in seconds to ticks.
func (r *pragReader) length(field string, seconds float64) (dispatch.Tick, error) {
	if !(seconds >= 0 && seconds <= float64(vroomHorizon)) {
		return 0, r.fault(field, "is %v, want between 0 and %d seconds", seconds, vroomHorizon)
	}
	return dispatch.Tick(math.Round(seconds)), nil
}

// spot gives the place of a location with coordinates.
func (r *pragReader) spot(field string, l *pragLocation) (int32, error) {
	switch {
	case l == nil:
		return 0, r.fault(field, "missing")
	case l.Type != "":
		return 0, r.fault(field+".type", "is %q, not supported here: want lat and lng", l.Type)
	case l.Index != nil:
		return 0, r.fault(field+".index", "not supported: there is no routing matrix in the file, want lat and lng")
	case l.Lat == nil || l.Lng == nil:
		return 0, r.fault(field, "want lat and lng")
	}
	at := geo.Point{Lat: *l.Lat, Lon: *l.Lng}
	if err := at.Validate(); err != nil {
		return 0, r.fault(field, "%v", err)
	}
	if place, ok := r.spots[at]; ok {
		return place, nil
	}
	place := int32(len(r.p.Places))
	r.spots[at] = place
	r.p.Places = append(r.p.Places, dispatch.Place{Point: at, OnGlobe: true})
	return place, nil
}

// amounts checks and converts a demand and adds it to the totals.
func (r *pragReader) amounts(field string, in []int64) ([]int32, error) {
	if len(in) != len(r.total) {
		return nil, r.fault(field, "has %d numbers, want %d as %s has", len(in), len(r.total), r.capacity)
	}
	out := make([]int32, len(in))
	for d, a := range in {
		at := fmt.Sprintf("%s[%d]", field, d)
		if a < 0 {
			return nil, r.fault(at, "is %d, want a number that is not negative", a)
		}
		if a > maxAmount || r.total[d]+a > maxAmount {
			return nil, r.fault(at, "makes the sum of all demands more than %d", maxAmount)
		}
		out[d] = int32(a)
		r.total[d] += a
	}
	return out, nil
}
