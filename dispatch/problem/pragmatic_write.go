package problem

import (
	"encoding/json"
	"io"
	"math"
	"time"

	"fettle/dispatch"
)

// pragNative keeps what an answer in the pragmatic format repeats from the file.
type pragNative struct {
	vehicles  []pragVehicleNote
	tasks     []pragTaskNote // by visit
	byVehicle map[string]int32
	byTask    map[pragKey]int32
	stock     []vroomStock // by visit
}

// pragKey identifies a task of a job.
type pragKey struct{ job, kind string }

type pragTaskNote struct {
	pragKey
	tag string
}

type pragVehicleNote struct {
	id, typeID string
	costs      pragCosts
	shifts     []pragShift
}

func newPragNative() *pragNative {
	return &pragNative{byVehicle: make(map[string]int32), byTask: make(map[pragKey]int32)}
}

// addVehicle notes the next vehicle and reports whether its id is new.
func (d *pragNative) addVehicle(id string, v *pragVehicle) bool {
	_, known := d.byVehicle[id]
	d.byVehicle[id] = int32(len(d.vehicles))
	d.vehicles = append(d.vehicles, pragVehicleNote{id: id, typeID: v.TypeID, costs: v.Costs, shifts: v.Shifts})
	return !known
}

// addTask notes the next visit.
func (d *pragNative) addTask(job, kind, tag string) {
	key := pragKey{job, kind}
	d.byTask[key] = int32(len(d.tasks))
	d.tasks = append(d.tasks, pragTaskNote{key, tag})
}

// finish notes what each visit does to the load, once the problem is complete.
func (d *pragNative) finish(p *dispatch.Problem) {
	d.stock = stockOf(p)
}

type pragStatistic struct {
	Cost     float64   `json:"cost"`
	Distance int64     `json:"distance"`
	Duration int64     `json:"duration"`
	Times    pragTimes `json:"times"`
}

type pragTimes struct {
	Driving   int64 `json:"driving"`
	Serving   int64 `json:"serving"`
	Waiting   int64 `json:"waiting"`
	Break     int64 `json:"break"`
	Commuting int64 `json:"commuting"`
	Parking   int64 `json:"parking"`
}

type pragStopTime struct {
	Arrival   string `json:"arrival"`
	Departure string `json:"departure"`
}

type pragInterval struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

type pragActivity struct {
	JobID    string        `json:"jobId"`
	Type     string        `json:"type"`
	Location *pragLocation `json:"location,omitempty"`
	Time     *pragInterval `json:"time,omitempty"`
	JobTag   string        `json:"jobTag,omitempty"`
}

type pragStop struct {
	Location   *pragLocation  `json:"location,omitempty"` // nil on the way
	Time       pragStopTime   `json:"time"`
	Distance   *int64         `json:"distance,omitempty"` // nil on the way
	Load       []int64        `json:"load"`
	Activities []pragActivity `json:"activities"`
}

type pragTour struct {
	VehicleID  string        `json:"vehicleId"`
	TypeID     string        `json:"typeId"`
	ShiftIndex int32         `json:"shiftIndex"`
	Stops      []pragStop    `json:"stops"`
	Statistic  pragStatistic `json:"statistic"`
}

type pragReason struct {
	Code        string `json:"code"`
	Description string `json:"description"`
}

type pragUnassigned struct {
	JobID   string       `json:"jobId"`
	Reasons []pragReason `json:"reasons"`
}

type pragAnswer struct {
	Statistic  pragStatistic    `json:"statistic"`
	Tours      []pragTour       `json:"tours"`
	Unassigned []pragUnassigned `json:"unassigned"`
}

// writePlan implements native. Times, travel and distances are those of the plan; the cost is computed from them with the
// file's own rates, whatever the objectives are.
func (d *pragNative) writePlan(w io.Writer, p *dispatch.Problem, plan *dispatch.Plan) error {
	out := pragAnswer{Tours: []pragTour{}, Unassigned: []pragUnassigned{}}
	for i := range plan.Routes {
		trip := &pragTrip{doc: d, p: p, route: &plan.Routes[i]}
		trip.write()
		out.Statistic.add(&trip.tour.Statistic)
		out.Tours = append(out.Tours, trip.tour)
	}
	listed := make(map[string]bool)
	for _, u := range plan.Unassigned {
		job := d.tasks[u.Visit].job
		if listed[job] {
			continue
		}
		listed[job] = true
		reason := pragReasonOf(u.Reason)
		if u.Detail != "" {
			reason.Description = u.Detail
		}
		out.Unassigned = append(out.Unassigned, pragUnassigned{JobID: job, Reasons: []pragReason{reason}})
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

func (s *pragStatistic) add(o *pragStatistic) {
	s.Cost = millionths(s.Cost + o.Cost)
	s.Distance += o.Distance
	s.Duration += o.Duration
	s.Times.Driving += o.Times.Driving
	s.Times.Serving += o.Times.Serving
	s.Times.Waiting += o.Times.Waiting
	s.Times.Break += o.Times.Break
}

// millionths rounds a cost to six decimals: the same digits on every processor, also on those that fuse multiply and add.
func millionths(x float64) float64 { return math.Round(x*1e6) / 1e6 }

// pragReasonOf translates a reason to the codes of the format.
func pragReasonOf(r dispatch.Reason) pragReason {
	switch r {
	case dispatch.ReasonSkillMissing, dispatch.ReasonSkillLevel, dispatch.ReasonToolMissing, dispatch.ReasonExcluded, dispatch.ReasonNotRequired:
		return pragReason{"SKILL_CONSTRAINT", "cannot serve required skill"}
	case dispatch.ReasonOutOfShift, dispatch.ReasonWindowClosed:
		return pragReason{"TIME_WINDOW_CONSTRAINT", "cannot be visited within time window"}
	case dispatch.ReasonCapacity:
		return pragReason{"CAPACITY_CONSTRAINT", "does not fit into any vehicle due to capacity"}
	case dispatch.ReasonUnreachable:
		return pragReason{"REACHABLE_CONSTRAINT", "location unreachable"}
	case dispatch.ReasonMaxDistance:
		return pragReason{"MAX_DISTANCE_CONSTRAINT", "cannot be assigned due to max distance constraint of vehicle"}
	case dispatch.ReasonMaxVisits:
		return pragReason{"TOUR_SIZE_CONSTRAINT", "cannot be assigned due to tour size constraint of vehicle"}
	case dispatch.ReasonBreak:
		return pragReason{"BREAK_CONSTRAINT", "break is not assignable"}
	case dispatch.ReasonPinned:
		return pragReason{"LOCKING_CONSTRAINT", "cannot be served due to relation lock"}
	}
	return pragReason{"NO_REASON_FOUND", "unknown"}
}

// pragTrip writes one route.
type pragTrip struct {
	doc   *pragNative
	p     *dispatch.Problem
	route *dispatch.Route
	tour  pragTour
	place int32   // of the stop that is being written; NoPlace when it has none
	goods []int64 // delivered later or collected before, emptied at a depot
	pairs []int64 // between a pickup and its delivery
}

func (t *pragTrip) write() {
	r := t.route
	note := &t.doc.vehicles[r.Technician]
	shift, in := &t.p.Technicians[r.Technician].Shifts[r.Shift], &note.shifts[r.Shift]
	t.tour = pragTour{VehicleID: note.id, TypeID: note.typeID, ShiftIndex: r.Shift, Stops: []pragStop{}}
	t.goods, t.pairs = make([]int64, len(t.p.Dimensions)), make([]int64, len(t.p.Dimensions))
	t.refill(0)
	t.open(shift.StartPlace, in.Start.Location)
	t.act(pragActivity{JobID: pragDeparture, Type: pragDeparture}, shift.Start, shift.Start, r.Departure)
	for i := range r.Stops {
		t.stop(i, &r.Stops[i])
	}
	t.travel(r.EndTravel, r.EndDistance)
	if in.End != nil {
		if r.EndTravel > 0 || shift.EndPlace != t.place || t.place == dispatch.NoPlace {
			t.open(shift.EndPlace, in.End.Location)
		}
		t.act(pragActivity{JobID: pragArrival, Type: pragArrival}, r.End, r.End, r.End)
	}
	s := &t.tour.Statistic
	s.Duration = int64(r.End - r.Departure)
	s.Cost = millionths(note.costs.Fixed + float64(note.costs.Distance*float64(s.Distance)) + float64(note.costs.Time*float64(s.Duration)))
	for i := range t.tour.Stops {
		if a := t.tour.Stops[i].Activities; len(a) == 1 { // the stop's own place and time are enough
			a[0].Location, a[0].Time = nil, nil
		}
	}
}

// stop writes a stop of the route: as one more activity where the technician already is, or as a stop of its own.
func (t *pragTrip) stop(i int, s *dispatch.Stop) {
	t.travel(s.Travel, s.Distance)
	times := &t.tour.Statistic.Times
	times.Waiting += int64(s.Start - s.Arrival)
	var a pragActivity
	place := t.place
	switch s.Kind {
	case dispatch.StopBreak:
		a = pragActivity{JobID: pragPause, Type: pragPause}
		times.Break += int64(s.End - s.Start)
		if s.Travel > 0 { // on the way
			t.openOnWay()
			place = t.place
		}
	case dispatch.StopDepot:
		place = t.p.Technicians[t.route.Technician].Depots[s.Depot].Place
		a = pragActivity{JobID: pragReloading, Type: pragReloading, JobTag: t.doc.vehicles[t.route.Technician].shifts[0].Reloads[s.Depot].Tag}
		times.Serving += int64(s.End - s.Start)
		t.refill(i + 1)
	default:
		note, stock := &t.doc.tasks[s.Visit], &t.doc.stock[s.Visit]
		place = t.p.Visits[s.Visit].Place
		a = pragActivity{JobID: note.job, Type: note.kind, JobTag: note.tag}
		times.Serving += int64(s.End - s.Start)
		addAmounts(t.goods, stock.deliver, -1)
		addAmounts(t.goods, stock.collect, 1)
		addAmounts(t.pairs, stock.amountIn, 1)
		addAmounts(t.pairs, stock.amountOut, -1)
	}
	if place != t.place || (s.Travel > 0 && s.Kind != dispatch.StopBreak) {
		at := t.p.Places[place].Point
		t.open(place, &pragLocation{Lat: &at.Lat, Lng: &at.Lon})
	}
	t.act(a, s.Arrival, s.Start, s.End)
}

// refill puts on board, at the start or a depot, what is delivered before the next depot; what was collected stays there.
func (t *pragTrip) refill(from int) {
	clear(t.goods)
	for i := from; i < len(t.route.Stops) && t.route.Stops[i].Kind != dispatch.StopDepot; i++ {
		if v := t.route.Stops[i].Visit; t.route.Stops[i].Kind == dispatch.StopVisit {
			addAmounts(t.goods, t.doc.stock[v].deliver, 1)
		}
	}
}

func (t *pragTrip) travel(seconds dispatch.Tick, meters int64) {
	t.tour.Statistic.Times.Driving += int64(seconds)
	t.tour.Statistic.Distance += meters
}

func (t *pragTrip) open(place int32, location *pragLocation) {
	distance := t.tour.Statistic.Distance
	t.tour.Stops = append(t.tour.Stops, pragStop{Location: location, Distance: &distance})
	t.place = place
}

func (t *pragTrip) openOnWay() {
	t.tour.Stops = append(t.tour.Stops, pragStop{})
	t.place = dispatch.NoPlace
}

// act adds an activity to the stop that is open.
func (t *pragTrip) act(a pragActivity, arrival, start, end dispatch.Tick) {
	s := &t.tour.Stops[len(t.tour.Stops)-1]
	if len(s.Activities) == 0 {
		s.Time.Arrival = t.at(arrival)
	}
	s.Time.Departure = t.at(end)
	s.Load = make([]int64, len(t.goods))
	for d := range s.Load {
		s.Load[d] = t.goods[d] + t.pairs[d]
	}
	a.Location, a.Time = s.Location, &pragInterval{t.at(start), t.at(end)}
	s.Activities = append(s.Activities, a)
}

func (t *pragTrip) at(tick dispatch.Tick) string { return t.p.At(tick).UTC().Format(time.RFC3339) }
