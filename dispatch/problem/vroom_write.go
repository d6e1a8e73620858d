package problem

import (
	"encoding/json"
	"io"

	"fettle/dispatch"
)

// vroomNative keeps what an answer in VROOM's format repeats from the file.
type vroomNative struct {
	base      int64 // time of the file at tick 0
	vehicles  []vroomVehicleNote
	tasks     []vroomTaskNote // by visit
	byVehicle map[uint64]int32
	byTask    map[vroomKey]int32
	stock     []vroomStock // by visit
}

// vroomKey identifies a task: jobs, pickups and deliveries number themselves apart.
type vroomKey struct {
	kind string
	id   uint64
}

type vroomSpot struct {
	Location      []float64 `json:"location,omitempty"`
	LocationIndex *uint64   `json:"location_index,omitempty"`
}

type vroomTaskNote struct {
	vroomKey
	description string
	spot        vroomSpot
}

type vroomVehicleNote struct {
	id          uint64
	description string
	start, end  vroomSpot
	breaks      []string // descriptions
	breakIDs    []uint64
}

// vroomStock is what a visit changes on board: loaded at the start of the route, brought to it, taken from it.
type vroomStock struct {
	deliver, collect, amountIn, amountOut []int32
}

func newVROOMNative() *vroomNative {
	return &vroomNative{byVehicle: make(map[uint64]int32), byTask: make(map[vroomKey]int32)}
}

// addVehicle notes the next vehicle and reports whether its id is new.
func (d *vroomNative) addVehicle(v *vroomVehicle) bool {
	_, known := d.byVehicle[*v.ID]
	d.byVehicle[*v.ID] = int32(len(d.vehicles))
	note := vroomVehicleNote{id: *v.ID, description: v.Description, start: vroomSpot{v.Start, v.StartIndex}, end: vroomSpot{v.End, v.EndIndex}}
	for k := range v.Breaks {
		if v.Breaks[k].ID != nil {
			note.breaks = append(note.breaks, v.Breaks[k].Description)
			note.breakIDs = append(note.breakIDs, *v.Breaks[k].ID)
		}
	}
	d.vehicles = append(d.vehicles, note)
	return !known
}

// addTask notes the next visit and reports whether its id is new among its kind.
func (d *vroomNative) addTask(kind string, t *vroomTask) bool {
	key := vroomKey{kind, *t.ID}
	_, known := d.byTask[key]
	d.byTask[key] = int32(len(d.tasks))
	d.tasks = append(d.tasks, vroomTaskNote{key, t.Description, vroomSpot{t.Location, t.LocationIndex}})
	return !known
}

// finish notes what each visit does to the load, once the problem is complete.
func (d *vroomNative) finish(p *dispatch.Problem) {
	d.stock = stockOf(p)
}

// stockOf lists what each visit changes on board.
func stockOf(p *dispatch.Problem) []vroomStock {
	out := make([]vroomStock, len(p.Visits))
	for i := range p.Visits {
		out[i].deliver, out[i].collect = p.Visits[i].Deliver, p.Visits[i].Collect
	}
	for _, pair := range p.Pairs {
		out[pair.First].amountIn = pair.Amount
		out[pair.Second].amountOut = pair.Amount
	}
	return out
}

type vroomViolation struct{}

// vroomTotals are the figures that a route and the summary share.
type vroomTotals struct {
	Setup       int64   `json:"setup"`
	Service     int64   `json:"service"`
	Duration    int64   `json:"duration"`
	WaitingTime int64   `json:"waiting_time"`
	Priority    int64   `json:"priority"`
	Distance    *int64  `json:"distance,omitempty"`
	Delivery    []int64 `json:"delivery,omitempty"`
	Amount      []int64 `json:"amount,omitempty"` // VROOM's old name of delivery
	Pickup      []int64 `json:"pickup,omitempty"`
}

type vroomSummary struct {
	Cost       int64 `json:"cost"`
	Routes     int   `json:"routes"`
	Unassigned int   `json:"unassigned"`
	vroomTotals
	Violations []vroomViolation `json:"violations"`
}

type vroomUnassigned struct {
	ID          uint64 `json:"id"`
	Type        string `json:"type"`
	Description string `json:"description,omitempty"`
	vroomSpot
	Reason string `json:"reason,omitempty"` // ours: VROOM gives none
}

type vroomStep struct {
	Type        string  `json:"type"`
	ID          *uint64 `json:"id,omitempty"`
	Job         *uint64 `json:"job,omitempty"` // VROOM's old name of id, for jobs
	Description string  `json:"description,omitempty"`
	vroomSpot
	Arrival     int64            `json:"arrival"`
	Duration    int64            `json:"duration"`
	Setup       int64            `json:"setup"`
	Service     int64            `json:"service"`
	WaitingTime int64            `json:"waiting_time"`
	Distance    *int64           `json:"distance,omitempty"`
	Load        []int64          `json:"load,omitempty"`
	Violations  []vroomViolation `json:"violations"`
}

type vroomRoute struct {
	Vehicle uint64 `json:"vehicle"`
	Cost    int64  `json:"cost"`
	vroomTotals
	Description string           `json:"description,omitempty"`
	Steps       []vroomStep      `json:"steps"`
	Violations  []vroomViolation `json:"violations"`
}

type vroomAnswer struct {
	Code       int               `json:"code"`
	Summary    vroomSummary      `json:"summary"`
	Unassigned []vroomUnassigned `json:"unassigned"`
	Routes     []vroomRoute      `json:"routes"`
}

// writePlan implements native. The plan's times, travel and cost are taken as they are; costs are rounded down to VROOM's
// unit and the summary adds the rounded figures, as VROOM does. A route without a start or end of its own starts or ends
// at its first or last task.
func (d *vroomNative) writePlan(w io.Writer, p *dispatch.Problem, plan *dispatch.Plan) error {
	out := vroomAnswer{Unassigned: []vroomUnassigned{}, Routes: []vroomRoute{}}
	sum := &out.Summary
	sum.Violations = []vroomViolation{}
	d.start(p, nil, &sum.vroomTotals)
	for i := range plan.Routes {
		r := d.route(p, &plan.Routes[i])
		sum.Cost += r.Cost
		sum.add(&r.vroomTotals)
		out.Routes = append(out.Routes, r)
	}
	for _, u := range plan.Unassigned {
		t := &d.tasks[u.Visit]
		out.Unassigned = append(out.Unassigned, vroomUnassigned{ID: t.id, Type: t.kind, Description: t.description, vroomSpot: t.spot, Reason: string(u.Reason)})
	}
	sum.Routes, sum.Unassigned = len(out.Routes), len(out.Unassigned)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

// start sets the optional figures that will be counted: amounts when there are dimensions, distance when the technician's
// profile (any profile's, for the summary) has one.
func (d *vroomNative) start(p *dispatch.Problem, t *dispatch.Technician, out *vroomTotals) {
	if n := len(p.Dimensions); n > 0 {
		out.Delivery, out.Pickup = make([]int64, n), make([]int64, n)
		out.Amount = out.Delivery
	}
	for i := range p.Travel {
		if p.Travel[i].Distance != nil && (t == nil || int(t.Travel) == i) {
			out.Distance = new(int64)
		}
	}
}

func (t *vroomTotals) add(o *vroomTotals) {
	t.Setup += o.Setup
	t.Service += o.Service
	t.Duration += o.Duration
	t.WaitingTime += o.WaitingTime
	t.Priority += o.Priority
	if t.Distance != nil && o.Distance != nil {
		*t.Distance += *o.Distance
	}
	for k := range t.Delivery {
		t.Delivery[k] += o.Delivery[k]
		t.Pickup[k] += o.Pickup[k]
	}
}

// vroomTrip is the state of a route on its way.
type vroomTrip struct {
	out  *vroomRoute
	load []int64
}

func (d *vroomNative) route(p *dispatch.Problem, r *dispatch.Route) vroomRoute {
	t := &p.Technicians[r.Technician]
	note, shift, visits := &d.vehicles[r.Technician], &t.Shifts[r.Shift], r.Visits()
	out := vroomRoute{Vehicle: note.id, Cost: vroomCost(p, r), Description: note.description, Steps: []vroomStep{}, Violations: []vroomViolation{}}
	d.start(p, t, &out.vroomTotals)
	trip := &vroomTrip{out: &out, load: make([]int64, len(p.Dimensions))}
	for _, v := range visits {
		addAmounts(trip.load, d.stock[v].deliver, 1)
	}
	start, end := note.start, note.end
	if len(visits) > 0 && shift.StartPlace == dispatch.NoPlace {
		start = d.tasks[visits[0]].spot
	}
	if len(visits) > 0 && shift.EndPlace == dispatch.NoPlace {
		end = d.tasks[visits[len(visits)-1]].spot
	}
	trip.step(vroomStep{Type: "start", vroomSpot: start, Arrival: d.base + int64(r.Departure)})
	for i := range r.Stops {
		s := &r.Stops[i]
		trip.travel(int64(s.Travel), s.Distance)
		switch s.Kind {
		case dispatch.StopVisit:
			d.visit(p, trip, s)
		case dispatch.StopBreak:
			id := note.breakIDs[s.Break]
			out.Service += int64(s.End - s.Start)
			out.WaitingTime += int64(s.Start - s.Arrival)
			trip.step(vroomStep{
				Type: "break", ID: &id, Description: note.breaks[s.Break], Arrival: d.base + int64(s.Arrival),
				Service: int64(s.End - s.Start), WaitingTime: int64(s.Start - s.Arrival),
			})
		}
	}
	trip.travel(int64(r.EndTravel), r.EndDistance)
	trip.step(vroomStep{Type: "end", vroomSpot: end, Arrival: d.base + int64(r.End)})
	return out
}

// vroomCost is the cost of a route in VROOM's unit: fixed, travel and task cost, each rounded down as VROOM does.
func vroomCost(p *dispatch.Problem, r *dispatch.Route) int64 {
	scale := p.Scale.Cost()
	return r.Cost[dispatch.TermFixed]/scale + (r.Cost[dispatch.TermTravel]+r.Cost[dispatch.TermDistance])/scale + r.Cost[dispatch.TermOnSite]/scale
}

func (d *vroomNative) visit(p *dispatch.Problem, trip *vroomTrip, s *dispatch.Stop) {
	note, stock, out := &d.tasks[s.Visit], &d.stock[s.Visit], trip.out
	addAmounts(trip.load, stock.deliver, -1)
	addAmounts(trip.load, stock.collect, 1)
	addAmounts(trip.load, stock.amountIn, 1)
	addAmounts(trip.load, stock.amountOut, -1)
	addAmounts(out.Delivery, stock.deliver, 1)
	addAmounts(out.Delivery, stock.amountOut, 1)
	addAmounts(out.Pickup, stock.collect, 1)
	addAmounts(out.Pickup, stock.amountIn, 1)
	step := vroomStep{
		Type: note.kind, ID: &note.id, Description: note.description, vroomSpot: note.spot, Arrival: d.base + int64(s.Arrival),
		Setup: int64(s.Entry), Service: int64(s.End - s.Start - s.Entry), WaitingTime: int64(s.Start - s.Arrival),
	}
	if note.kind == vroomTypeJob {
		step.Job = &note.id
	}
	out.Setup += step.Setup
	out.Service += step.Service
	out.WaitingTime += step.WaitingTime
	out.Priority += int64(p.Visits[s.Visit].Priority)
	trip.step(step)
}

func (t *vroomTrip) travel(seconds, meters int64) {
	t.out.Duration += seconds
	if t.out.Distance != nil {
		*t.out.Distance += meters
	}
}

// step adds a step with the travel and load so far.
func (t *vroomTrip) step(s vroomStep) {
	s.Duration = t.out.Duration
	if t.out.Distance != nil {
		distance := *t.out.Distance
		s.Distance = &distance
	}
	s.Load = append([]int64(nil), t.load...)
	s.Violations = []vroomViolation{}
	t.out.Steps = append(t.out.Steps, s)
}

// addAmounts adds amounts, times over, to sums of the same length; nil amounts are nothing.
func addAmounts(sums []int64, amounts []int32, times int64) {
	for d, a := range amounts {
		sums[d] += times * int64(a)
	}
}
