package homecare

import (
	"encoding/json"
	"fmt"
	"io"
	"math"

	"fettle/dispatch"
)

// Solution is the JSON of a solution. Published ones carry more, which is passed over.
type Solution struct {
	Routes []Route `json:"routes"`
}

// Route is what one caregiver does.
type Route struct {
	Caregiver string     `json:"caregiver_id"`
	Locations []Location `json:"locations"`
}

// Location is one service.
type Location struct {
	Patient   string  `json:"patient"`
	Service   string  `json:"service"`
	Arrival   float64 `json:"arrival_time"` // when the service starts
	Departure float64 `json:"departure_time"`
}

// Write writes a plan, every caregiver with a route.
func Write(w io.Writer, p *dispatch.Problem, plan *dispatch.Plan) error {
	out := Solution{Routes: make([]Route, len(p.Technicians))}
	for i := range p.Technicians {
		out.Routes[i] = Route{Caregiver: string(p.Technicians[i].ID), Locations: []Location{}}
	}
	for i := range plan.Routes {
		r := &out.Routes[plan.Routes[i].Technician]
		for _, s := range plan.Routes[i].Stops {
			if s.Kind != dispatch.StopVisit {
				continue
			}
			v := &p.Visits[s.Visit]
			r.Locations = append(r.Locations, Location{
				Patient: string(v.WorkOrder), Service: string(v.Skills[0].Skill), Arrival: minutes(p, s.Start), Departure: minutes(p, s.End),
			})
		}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	return enc.Encode(&out)
}

func minutes(p *dispatch.Problem, t dispatch.Tick) float64 {
	return math.Round(p.Scale.Units(t)*maxScale) / maxScale
}

// Read reads a solution: for each route the caregiver and the order of the services. Times are not believed. A fault of the
// file is a *Fault or an error of encoding/json.
func Read(data []byte, p *dispatch.Problem) (*dispatch.Plan, error) {
	var in Solution
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, fmt.Errorf("solution: %w", err)
	}
	who, what := map[string]int32{}, map[string]int32{}
	for i := range p.Technicians {
		who[string(p.Technicians[i].ID)] = int32(i)
	}
	for i := range p.Visits {
		what[string(p.Visits[i].ID)] = int32(i)
	}
	plan := &dispatch.Plan{}
	for i, r := range in.Routes {
		t, ok := who[r.Caregiver]
		if !ok {
			return nil, fault(fmt.Sprintf("routes[%d].caregiver_id", i), "is %q, which is no caregiver of the instance", r.Caregiver)
		}
		route := dispatch.Route{Technician: t}
		for k, l := range r.Locations {
			v, ok := what[l.Patient+"/"+l.Service]
			if !ok {
				return nil, fault(fmt.Sprintf("routes[%d].locations[%d]", i, k), "is service %q of patient %q, which the instance does not have", l.Service, l.Patient)
			}
			route.Stops = append(route.Stops, dispatch.Stop{Kind: dispatch.StopVisit, Visit: v, Break: -1, Depot: -1})
		}
		if len(route.Stops) > 0 {
			plan.Routes = append(plan.Routes, route)
		}
	}
	return plan, nil
}
