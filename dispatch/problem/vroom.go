package problem

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/geo"
)

// VROOM JSON, as its API documentation describes it. One tick is one second. What differs from VROOM, or is decided here:
//
//   - Time windows are inclusive there and half-open here: [a, b] becomes [a, b+1).
//   - Timestamps beyond 8.5 years (real Unix times) are counted from a week before the earliest of them; answers carry the
//     numbers of the file.
//   - Without matrices, travel is by straight line, with the detour and speed that Fettle's own files have by default, the
//     same for every profile. No routing engine is asked.
//   - steps, break max_load and costs matrices are refused by name.
//   - Costs are integers in 1/Scale.CostPerUnit of a VROOM cost unit, the smallest denominator that keeps per_hour, per_km
//     and per_task_hour whole.

const (
	// vroomHorizon is the last tick of an open shift, 8.5 years: far below dispatch.Far, so that sums do not overflow.
	vroomHorizon = int64(dispatch.Far / 4)
	// vroomLead is how far before the first timestamp tick 0 lies, when times are timestamps.
	vroomLead = int64(7 * 24 * 3600)
	// maxAmount bounds the sum of all amounts of one dimension.
	maxAmount = int64(1) << 30
	// maxVROOMCost bounds each cost figure; integer costs of real plans then stay far below 64 bits.
	maxVROOMCost = 1_000_000_000
)

type vroomInput struct {
	Jobs      []vroomJob             `json:"jobs"`
	Shipments []vroomShipment        `json:"shipments"`
	Vehicles  []vroomVehicle         `json:"vehicles"`
	Matrices  map[string]vroomMatrix `json:"matrices"`
	Matrix    [][]uint32             `json:"matrix"` // deprecated: durations of the profile "car"
}

// vroomTask is what jobs and the two steps of a shipment share.
type vroomTask struct {
	ID             *uint64           `json:"id"`
	Description    string            `json:"description"`
	Location       []float64         `json:"location"`
	LocationIndex  *uint64           `json:"location_index"`
	Setup          uint64            `json:"setup"`
	Service        uint64            `json:"service"`
	SetupPerType   map[string]uint64 `json:"setup_per_type"`
	ServicePerType map[string]uint64 `json:"service_per_type"`
	TimeWindows    *[][]uint64       `json:"time_windows"`
}

type vroomJob struct {
	vroomTask
	Amount   []uint64 `json:"amount"` // deprecated name of delivery
	Delivery []uint64 `json:"delivery"`
	Pickup   []uint64 `json:"pickup"`
	Skills   []uint32 `json:"skills"`
	Priority uint64   `json:"priority"`
}

type vroomShipment struct {
	Pickup   *vroomTask `json:"pickup"`
	Delivery *vroomTask `json:"delivery"`
	Amount   []uint64   `json:"amount"`
	Skills   []uint32   `json:"skills"`
	Priority uint64     `json:"priority"`
}

type vroomVehicle struct {
	ID            *uint64         `json:"id"`
	Profile       string          `json:"profile"`
	Description   string          `json:"description"`
	Start         []float64       `json:"start"`
	StartIndex    *uint64         `json:"start_index"`
	End           []float64       `json:"end"`
	EndIndex      *uint64         `json:"end_index"`
	Capacity      []uint64        `json:"capacity"`
	Costs         vroomCosts      `json:"costs"`
	Skills        []uint32        `json:"skills"`
	Type          string          `json:"type"`
	TimeWindow    []uint64        `json:"time_window"`
	Breaks        []vroomBreak    `json:"breaks"`
	SpeedFactor   *float64        `json:"speed_factor"`
	MaxTasks      *uint64         `json:"max_tasks"`
	MaxTravelTime *uint64         `json:"max_travel_time"`
	MaxDistance   *uint64         `json:"max_distance"`
	Steps         json.RawMessage `json:"steps"`
}

type vroomCosts struct {
	Fixed       uint64  `json:"fixed"`
	PerHour     *uint64 `json:"per_hour"` // nil means 3600
	PerTaskHour uint64  `json:"per_task_hour"`
	PerKm       uint64  `json:"per_km"`
}

// perHour is the cost of one hour of travel, with VROOM's default of one unit a second.
func (c *vroomCosts) perHour() uint64 {
	if c.PerHour == nil {
		return 3600
	}
	return *c.PerHour
}

type vroomBreak struct {
	ID          *uint64         `json:"id"`
	TimeWindows *[][]uint64     `json:"time_windows"`
	Service     uint64          `json:"service"`
	Description string          `json:"description"`
	MaxLoad     json.RawMessage `json:"max_load"`
}

type vroomMatrix struct {
	Durations [][]uint32      `json:"durations"`
	Distances [][]uint32      `json:"distances"`
	Costs     json.RawMessage `json:"costs"`
}

// vroomReader turns one file into a problem; each of its steps fills a part of p and doc.
type vroomReader struct {
	name string
	data []byte
	in   vroomInput
	p    *dispatch.Problem
	doc  *vroomNative

	matrices map[string]vroomMatrix // by profile; nil when travel is by straight line
	spots    map[geo.Point]int32    // places by coordinates, without matrices
	travel   map[string]int32       // profile -> index in p.Travel
	capacity string                 // the field that set the number of dimensions
	total    []int64                // amounts of all tasks, by dimension
	setup    bool                   // some task has a setup time
}

// readVROOM reads a problem in VROOM's input format.
func readVROOM(name string, data []byte) (*Document, error) {
	r := &vroomReader{name: name, data: data, p: &dispatch.Problem{Name: name}, doc: newVROOMNative()}
	if err := decodeStrict(name, data, &r.in); err != nil {
		return nil, err
	}
	r.p.Scale = dispatch.Scale{TicksPerUnit: 1, Unit: "s", CostPerUnit: r.costScale()}
	r.p.Policy = dispatch.Policy{ID: "vroom", Version: 1, Unserved: dispatch.UnservedPolicy{Lexicographic: true}}
	for _, step := range []func() error{r.unsupported, r.dimensions, r.profiles, r.times, r.vehicles, r.jobs, r.shipments, r.matricesOrLines} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	r.buildings()
	if err := r.p.Validate(); err != nil {
		return nil, &Error{File: name, Msg: err.Error()}
	}
	r.doc.finish(r.p)
	return &Document{Name: name, Format: VROOM, Problem: r.p, native: r.doc}, nil
}

func (r *vroomReader) fault(field, format string, args ...any) error {
	return fieldError(r.name, r.data, field, fmt.Sprintf(format, args...))
}

// unsupported refuses by name what Fettle cannot plan.
func (r *vroomReader) unsupported() error {
	if len(r.in.Vehicles) == 0 {
		return r.fault("vehicles", "want at least one vehicle")
	}
	for i := range r.in.Vehicles {
		v := &r.in.Vehicles[i]
		if v.Steps != nil {
			return r.fault(fmt.Sprintf("vehicles[%d].steps", i), "not supported: a given route is neither a start nor a rule here")
		}
		for k := range v.Breaks {
			if v.Breaks[k].MaxLoad != nil {
				return r.fault(fmt.Sprintf("vehicles[%d].breaks[%d].max_load", i, k), "not supported: a break is allowed at any load")
			}
		}
	}
	for _, profile := range slices.Sorted(maps.Keys(r.in.Matrices)) {
		if r.in.Matrices[profile].Costs != nil {
			return r.fault("matrices."+profile+".costs", "not supported: cost follows durations and distances")
		}
	}
	return nil
}

// costScale is the smallest number of parts of a cost unit in which every rate per second and per metre is whole: a
// divisor of 18,000, and 1 for VROOM's defaults.
func (r *vroomReader) costScale() int64 {
	scale := uint64(1)
	need := func(rate, per uint64) {
		d := per / gcd(per, rate)
		scale = scale / gcd(scale, d) * d
	}
	for i := range r.in.Vehicles {
		c := &r.in.Vehicles[i].Costs
		need(c.perHour(), 3600)
		need(c.PerTaskHour, 3600)
		need(c.PerKm, 1000)
	}
	return int64(scale)
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// dimensions takes the number of stock dimensions from the first vehicle that has a capacity.
func (r *vroomReader) dimensions() error {
	for i := range r.in.Vehicles {
		if n := len(r.in.Vehicles[i].Capacity); n > 0 {
			r.capacity = fmt.Sprintf("vehicles[%d].capacity", i)
			r.total = make([]int64, n)
			for d := range n {
				r.p.Dimensions = append(r.p.Dimensions, fmt.Sprintf("amount %d", d+1))
			}
			return nil
		}
	}
	return nil
}

// amounts checks and converts amounts of a task and adds them to the totals, times over.
func (r *vroomReader) amounts(field string, in []uint64, times int64) ([]int32, error) {
	if len(in) == 0 {
		return nil, nil
	}
	if len(in) != len(r.total) {
		if r.capacity == "" {
			return nil, r.fault(field, "has %d numbers, want none: no vehicle has a capacity", len(in))
		}
		return nil, r.fault(field, "has %d numbers, want %d as %s has", len(in), len(r.total), r.capacity)
	}
	out := make([]int32, len(in))
	for d, a := range in {
		if a > uint64(maxAmount) || r.total[d]+times*int64(a) > maxAmount {
			return nil, r.fault(fmt.Sprintf("%s[%d]", field, d), "makes the sum of all amounts more than %d", maxAmount)
		}
		out[d] = int32(a)
		r.total[d] += times * int64(a)
	}
	return out, nil
}

// loads converts the capacity of a vehicle; a vehicle without one carries nothing once another has one, as in VROOM.
func (r *vroomReader) loads(field string, in []uint64) ([]int32, error) {
	if r.capacity == "" {
		return nil, nil
	}
	out := make([]int32, len(r.total))
	if len(in) == 0 {
		return out, nil
	}
	if len(in) != len(out) {
		return nil, r.fault(field, "has %d numbers, want %d as %s has", len(in), len(out), r.capacity)
	}
	for d, a := range in { // more than all there is to carry changes nothing
		out[d] = int32(min(a, uint64(maxAmount)))
	}
	return out, nil
}

// times finds tick 0: 0, or a week before the earliest timestamp when there are timestamps that do not fit.
func (r *vroomReader) times() error {
	late, first := false, uint64(math.MaxUint64)
	note := func(w []uint64) {
		if len(w) == 2 && w[0] > uint64(vroomHorizon) {
			late, first = true, min(first, w[0])
		}
	}
	each := func(windows *[][]uint64) {
		if windows != nil {
			for _, w := range *windows {
				note(w)
			}
		}
	}
	for i := range r.in.Jobs {
		each(r.in.Jobs[i].TimeWindows)
	}
	for i := range r.in.Shipments {
		for _, t := range []*vroomTask{r.in.Shipments[i].Pickup, r.in.Shipments[i].Delivery} {
			if t != nil {
				each(t.TimeWindows)
			}
		}
	}
	for i := range r.in.Vehicles {
		note(r.in.Vehicles[i].TimeWindow)
		for k := range r.in.Vehicles[i].Breaks {
			each(r.in.Vehicles[i].Breaks[k].TimeWindows)
		}
	}
	if late {
		r.doc.base = int64(min(first, 1<<40)) - vroomLead
		r.p.Origin = time.Unix(r.doc.base, 0).UTC()
	}
	return nil
}

// window converts an inclusive window to ticks, both ends inclusive still. A start before tick 0 and an end beyond the
// horizon are cut: nobody is on duty there.
func (r *vroomReader) window(field string, w []uint64) (start, end dispatch.Tick, err error) {
	if len(w) != 2 {
		return 0, 0, r.fault(field, "has %d numbers, want [start, end]", len(w))
	}
	if w[0] > w[1] {
		return 0, 0, r.fault(field, "is [%d, %d], want a start that is not after the end", w[0], w[1])
	}
	base, last := uint64(r.doc.base), uint64(r.doc.base+vroomHorizon)
	if w[0] > last || w[1] < base {
		return 0, 0, r.fault(field, "is [%d, %d], want a time between %d and %d as the other windows have", w[0], w[1], base, last)
	}
	return dispatch.Tick(max(w[0], base) - base), dispatch.Tick(min(w[1], last) - base), nil
}

// windows converts the windows of a task or break to half-open ones. As in VROOM they must be in order and apart by at
// least a second.
func (r *vroomReader) windows(field string, in *[][]uint64) ([]dispatch.TimeWindow, error) {
	if in == nil {
		return nil, nil
	}
	if len(*in) == 0 {
		return nil, r.fault(field, "is empty, want at least one window or no such field")
	}
	out := make([]dispatch.TimeWindow, len(*in))
	for k, w := range *in {
		at := fmt.Sprintf("%s[%d]", field, k)
		start, end, err := r.window(at, w)
		if err != nil {
			return nil, err
		}
		if k > 0 && w[0] <= (*in)[k-1][1] {
			return nil, r.fault(at, "starts at %d, want windows in order that do not overlap or touch: the one before ends at %d", w[0], (*in)[k-1][1])
		}
		out[k] = dispatch.TimeWindow{Start: start, End: end + 1}
	}
	return out, nil
}

func (r *vroomReader) length(field string, seconds uint64) (dispatch.Tick, error) {
	if seconds > uint64(vroomHorizon) {
		return 0, r.fault(field, "is %d, want at most %d seconds", seconds, vroomHorizon)
	}
	return dispatch.Tick(seconds), nil
}
