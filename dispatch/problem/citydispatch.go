package problem

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"fettle/dispatch"
	"fettle/geo"
)

// The travel of a city dispatch file: straight lines in kilometres, a detour of 1.3, 25 km/h, in whole seconds.
const (
	cityDetour          = 1.3
	citySpeedKPH        = 25
	citySecondsPerKm    = cityDetour / citySpeedKPH * 3600
	maxCityKm           = 1e5
	cityCostPerPriority = 10_000_000 // exceeds the travel of any day: 10,000 technicians drive 1,000 s each
)

// cityFile is the JSON as it stands.
type cityFile struct {
	Meta        cityMeta         `json:"meta"`
	Technicians []cityTechnician `json:"technicians"`
	Jobs        []cityJob        `json:"jobs"`
}

type cityMeta struct {
	Techs         int      `json:"techs"`
	Jobs          int      `json:"jobs"`
	Seed          int64    `json:"seed"`
	SquareKm      float64  `json:"square_km"`
	SpeedKPH      *float64 `json:"speed_kmh"`
	Detour        *float64 `json:"detour"`
	Skills        int      `json:"skills"`
	Rule          string   `json:"rule"`
	TotalPriority int64    `json:"total_priority"`
}

type cityTechnician struct {
	ID     int64    `json:"id"`
	X      *float64 `json:"x"`
	Y      *float64 `json:"y"`
	Shift  []int64  `json:"shift"`
	Skills []int32  `json:"skills"`
}

type cityJob struct {
	ID       int64    `json:"id"`
	X        *float64 `json:"x"`
	Y        *float64 `json:"y"`
	Service  int64    `json:"service"`
	Skill    *int32   `json:"skill"`
	Window   []int64  `json:"tw"`
	Priority int32    `json:"priority"`
	Kind     string   `json:"kind"`
}

// readCityDispatch reads the city dispatch JSON: technicians with a shift [s, s] and numbered skills, jobs with one skill
// and a window [s, s] in which work may start, both ends included; places in a plane of kilometres. Technicians start and
// end at their own place. Every job may be left out: the objective is the sum of the priorities served, then travel, so
// one unit of priority costs more than all travel.
func readCityDispatch(name string, data []byte) (*Document, error) {
	var file cityFile
	if err := decodeStrict(name, data, &file); err != nil {
		return nil, err
	}
	c := &city{name: name, data: data, p: &dispatch.Problem{
		Scale:  dispatch.Scale{TicksPerUnit: 1, Unit: "s", CostPerUnit: 1},
		Policy: dispatch.Policy{Unserved: dispatch.UnservedPolicy{PerPriority: cityCostPerPriority}},
	}}
	if m := file.Meta; (m.SpeedKPH != nil && *m.SpeedKPH != citySpeedKPH) || (m.Detour != nil && *m.Detour != cityDetour) {
		return nil, c.fault("meta", "the format's travel is fixed: want speed_kmh 25 and detour 1.3")
	}
	c.p.Technicians = make([]dispatch.Technician, 0, len(file.Technicians))
	c.p.Visits = make([]dispatch.Visit, 0, len(file.Jobs))
	for i := range file.Technicians {
		if err := c.technician(i, &file.Technicians[i]); err != nil {
			return nil, err
		}
	}
	for i := range file.Jobs {
		if err := c.job(i, &file.Jobs[i]); err != nil {
			return nil, err
		}
	}
	m, err := planar(c.x, c.y, citySecondsPerKm, geo.RoundNearest)
	if err != nil {
		return nil, c.fault("", "%v", err)
	}
	c.p.Travel = []dispatch.Travel{{Time: m}}
	if err := c.p.Validate(); err != nil {
		return nil, invalidField(name, data, err, "visits", "jobs")
	}
	return &Document{Name: name, Format: Dispatch, Problem: c.p, native: cityPlan{}}, nil
}

// city collects the problem.
type city struct {
	name string
	data []byte
	p    *dispatch.Problem
	x, y []float64
}

func (c *city) fault(field, format string, args ...any) error {
	return fieldError(c.name, c.data, field, fmt.Sprintf(format, args...))
}

// place adds a place and gives its index.
func (c *city) place(field string, x, y *float64) (int32, error) {
	if x == nil || y == nil {
		return 0, c.fault(field, "wants x and y, in kilometres")
	}
	if math.Abs(*x) > maxCityKm || math.Abs(*y) > maxCityKm {
		return 0, c.fault(field, "lies at (%v, %v), want kilometres between -1e5 and 1e5", *x, *y)
	}
	c.x, c.y = append(c.x, *x), append(c.y, *y)
	c.p.Places = append(c.p.Places, dispatch.Place{X: *x, Y: *y, InPlane: true})
	return int32(len(c.x) - 1), nil
}

// interval reads [start, end] in seconds, both included.
func (c *city) interval(field string, v []int64) (start, end dispatch.Tick, err error) {
	if len(v) != 2 || v[0] > v[1] || v[0] < 0 || v[1] >= int64(dispatch.Far) {
		return 0, 0, c.fault(field, "is %v, want [start, end] in seconds", v)
	}
	return dispatch.Tick(v[0]), dispatch.Tick(v[1]), nil
}

func (c *city) technician(i int, t *cityTechnician) error {
	field := "technicians[" + strconv.Itoa(i) + "]"
	place, err := c.place(field, t.X, t.Y)
	if err != nil {
		return err
	}
	start, end, err := c.interval(field+".shift", t.Shift)
	if err != nil {
		return err
	}
	skills := make([]dispatch.SkillLevel, len(t.Skills))
	for k, s := range t.Skills {
		if s < 0 || slices.Contains(t.Skills[:k], s) {
			return c.fault(fmt.Sprintf("%s.skills[%d]", field, k), "is %d, want a number from 0 that is given once", s)
		}
		skills[k] = dispatch.SkillLevel{Skill: dispatch.Skill(strconv.Itoa(int(s))), Level: 1}
	}
	c.p.Technicians = append(c.p.Technicians, dispatch.Technician{
		ID: dispatch.TechnicianID(strconv.FormatInt(t.ID, 10)), Skills: skills, Rates: dispatch.Rates{Travel: 1},
		Shifts: []dispatch.Shift{{Start: start, End: end, LatestDeparture: dispatch.NoTick, StartPlace: place, EndPlace: place}},
	})
	return nil
}

func (c *city) job(i int, j *cityJob) error {
	field := "jobs[" + strconv.Itoa(i) + "]"
	place, err := c.place(field, j.X, j.Y)
	if err != nil {
		return err
	}
	start, end, err := c.interval(field+".tw", j.Window)
	if err != nil {
		return err
	}
	switch {
	case j.Skill == nil || *j.Skill < 0:
		return c.fault(field+".skill", "want the number of a skill, from 0")
	case j.Service < 0 || j.Service > int64(dispatch.Far):
		return c.fault(field+".service", "is %d, want seconds that are not negative", j.Service)
	case j.Priority < 0:
		return c.fault(field+".priority", "is %d, want a number that is not negative", j.Priority)
	}
	v := dispatch.Visit{
		ID: dispatch.VisitID(strconv.FormatInt(j.ID, 10)), Place: place, Windows: []dispatch.TimeWindow{{Start: start, End: end + 1}},
		OnSite: dispatch.Tick(j.Service), Skills: []dispatch.SkillLevel{{Skill: dispatch.Skill(strconv.Itoa(int(*j.Skill))), Level: 1}},
		Priority: j.Priority, Due: dispatch.NoTick, Urgency: dispatch.UrgencyNormal,
	}
	if j.Kind == "urgent" {
		v.Urgency = dispatch.UrgencyEmergency
	}
	c.p.Visits = append(c.p.Visits, v)
	return nil
}

// cityPlan is the native plan: {"routes":{"<technician id>":[job ids in order]}}.
type cityPlan struct{}

// writePlan lists the routes by technician.
func (cityPlan) writePlan(w io.Writer, p *dispatch.Problem, plan *dispatch.Plan) error {
	out := []byte(`{"routes":{`)
	for i := range plan.Routes {
		r := &plan.Routes[i]
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, "\n\""+string(p.Technicians[r.Technician].ID)+"\":["...)
		for k, v := range r.Visits() {
			if k > 0 {
				out = append(out, ',')
			}
			out = append(out, p.Visits[v].ID...)
		}
		out = append(out, ']')
	}
	_, err := w.Write(append(out, "}}\n"...))
	return err
}

// readPlan reads such a plan; routes come out in the order of the technicians.
func (cityPlan) readPlan(name string, data []byte, p *dispatch.Problem) (*dispatch.Plan, error) {
	var file struct {
		Routes map[string][]json.Number `json:"routes"`
	}
	if err := decodeStrict(name, data, &file); err != nil {
		return nil, err
	}
	visits, technicians := visitIndex(p), technicianIndex(p)
	plan := &dispatch.Plan{}
	for id, jobs := range file.Routes {
		field := "routes." + id
		t, ok := technicians[dispatch.TechnicianID(id)]
		if !ok {
			return nil, fieldError(name, data, field, "is no technician of the problem")
		}
		r := dispatch.Route{Technician: t}
		for k, job := range jobs {
			v, ok := visits[dispatch.VisitID(job.String())]
			if !ok {
				return nil, fieldError(name, data, fmt.Sprintf("%s[%d]", field, k), fmt.Sprintf("is %s, which is no job of the problem", job))
			}
			r.Stops = append(r.Stops, visitStop(v))
		}
		if len(r.Stops) > 0 {
			plan.Routes = append(plan.Routes, r)
		}
	}
	slices.SortFunc(plan.Routes, func(a, b dispatch.Route) int { return int(a.Technician - b.Technician) })
	listUnassigned(p, plan)
	return plan, nil
}
