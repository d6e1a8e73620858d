package problem

import (
	"fmt"
	"slices"

	"fettle/dispatch"
)

// vroomSolution is what readPlan needs of VROOM's output.
type vroomSolution struct {
	Code   *int   `json:"code"`
	Error  string `json:"error"`
	Routes []struct {
		Vehicle *uint64 `json:"vehicle"`
		Steps   []struct {
			Type string  `json:"type"`
			ID   *uint64 `json:"id"`
			Job  *uint64 `json:"job"`
		} `json:"steps"`
	} `json:"routes"`
}

// readPlan implements native.
func (d *vroomNative) readPlan(name string, data []byte, p *dispatch.Problem) (*dispatch.Plan, error) {
	var in vroomSolution
	if err := decodeAnswer(name, data, &in); err != nil {
		return nil, err
	}
	fault := func(field, format string, args ...any) error {
		return fieldError(name, data, field, fmt.Sprintf(format, args...))
	}
	if in.Code == nil {
		return nil, fault("code", "missing: want a VROOM solution")
	}
	if *in.Code != 0 {
		return nil, fault("code", "is %d, want 0: %s", *in.Code, in.Error)
	}
	plan := &dispatch.Plan{Status: dispatch.StatusComplete}
	for i := range in.Routes {
		field := fmt.Sprintf("routes[%d]", i)
		if in.Routes[i].Vehicle == nil {
			return nil, fault(field+".vehicle", "missing")
		}
		t, ok := d.byVehicle[*in.Routes[i].Vehicle]
		if !ok {
			return nil, fault(field+".vehicle", "is %d, want the id of a vehicle of the problem", *in.Routes[i].Vehicle)
		}
		route := dispatch.Route{Technician: t}
		for k, s := range in.Routes[i].Steps {
			at := fmt.Sprintf("%s.steps[%d]", field, k)
			if s.ID == nil {
				s.ID = s.Job
			}
			stop, ok, msg := d.stop(t, s.Type, s.ID)
			if msg != "" {
				return nil, fault(at, "%s", msg)
			}
			if ok {
				route.Stops = append(route.Stops, stop)
			}
		}
		if len(route.Visits()) > 0 {
			plan.Routes = append(plan.Routes, route)
		}
	}
	plan.Unassigned = leftOut(p, plan.Routes)
	return plan, nil
}

// stop converts a step; ok is false for the start and the end, which are no stops.
func (d *vroomNative) stop(technician int32, kind string, id *uint64) (stop dispatch.Stop, ok bool, msg string) {
	out := dispatch.Stop{Visit: -1, Break: -1, Depot: -1}
	if kind == "start" || kind == "end" {
		return out, false, ""
	}
	if id == nil {
		return out, false, "has no id"
	}
	if kind == "break" {
		out.Kind, out.Break = dispatch.StopBreak, int32(slices.Index(d.vehicles[technician].breakIDs, *id))
		if out.Break < 0 {
			return out, false, fmt.Sprintf("is break %d, which the vehicle does not have", *id)
		}
		return out, true, ""
	}
	visit, known := d.byTask[vroomKey{kind, *id}]
	if !known {
		return out, false, fmt.Sprintf("is %q %d, which the problem does not have", kind, *id)
	}
	out.Kind, out.Visit = dispatch.StopVisit, visit
	return out, true, ""
}
