package problem

import (
	"fmt"

	"fettle/dispatch"
	"fettle/geo"
)

// pragSolution is what readPlan needs of a solution.
type pragSolution struct {
	Tours *[]pragSolutionTour `json:"tours"`
}

type pragSolutionTour struct {
	VehicleID  string `json:"vehicleId"`
	ShiftIndex int64  `json:"shiftIndex"`
	Stops      []struct {
		Location   *pragLocation `json:"location"`
		Activities []struct {
			JobID    string        `json:"jobId"`
			Type     string        `json:"type"`
			Location *pragLocation `json:"location"`
		} `json:"activities"`
	} `json:"stops"`
}

// readPlan implements native.
func (d *pragNative) readPlan(name string, data []byte, p *dispatch.Problem) (*dispatch.Plan, error) {
	var in pragSolution
	if err := decodeAnswer(name, data, &in); err != nil {
		return nil, err
	}
	if in.Tours == nil {
		return nil, fieldError(name, data, "tours", "missing: want a pragmatic solution")
	}
	plan := &dispatch.Plan{Status: dispatch.StatusComplete}
	for i := range *in.Tours {
		route, field, msg := d.tour(p, &(*in.Tours)[i])
		if msg != "" {
			return nil, fieldError(name, data, fmt.Sprintf("tours[%d].%s", i, field), msg)
		}
		if len(route.Visits()) > 0 {
			plan.Routes = append(plan.Routes, route)
		}
	}
	plan.Unassigned = leftOut(p, plan.Routes)
	return plan, nil
}

// tour converts a tour, or says which field is wrong and why.
func (d *pragNative) tour(p *dispatch.Problem, in *pragSolutionTour) (out dispatch.Route, field, msg string) {
	t, ok := d.byVehicle[in.VehicleID]
	if !ok {
		return out, "vehicleId", fmt.Sprintf("is %q, want the id of a vehicle of the problem", in.VehicleID)
	}
	tech := &p.Technicians[t]
	if in.ShiftIndex < 0 || in.ShiftIndex >= int64(len(tech.Shifts)) {
		return out, "shiftIndex", fmt.Sprintf("is %d, want less than %d", in.ShiftIndex, len(tech.Shifts))
	}
	out.Technician, out.Shift = t, int32(in.ShiftIndex)
	breaks, used := int32(0), make([]bool, len(tech.Depots))
	for k := range in.Stops {
		for m, a := range in.Stops[k].Activities {
			field = fmt.Sprintf("stops[%d].activities[%d]", k, m)
			s := dispatch.Stop{Visit: -1, Break: -1, Depot: -1}
			switch a.Type {
			case pragDeparture, pragArrival:
				continue
			case pragPause:
				s.Kind, s.Break = dispatch.StopBreak, breaks
				if breaks++; int(s.Break) >= len(tech.Shifts[out.Shift].Breaks) {
					return out, field, fmt.Sprintf("is break number %d of the tour, the shift has %d", breaks, len(tech.Shifts[out.Shift].Breaks))
				}
			case pragReloading:
				at := a.Location
				if at == nil {
					at = in.Stops[k].Location
				}
				if s.Kind, s.Depot = dispatch.StopDepot, depotAt(p, tech, used, at); s.Depot < 0 {
					return out, field, "is a reload where the vehicle has none left"
				}
				used[s.Depot] = true
			default:
				visit, known := d.byTask[pragKey{a.JobID, a.Type}]
				if !known {
					return out, field, fmt.Sprintf("is the %s of job %q, which the problem does not have", a.Type, a.JobID)
				}
				s.Kind, s.Visit = dispatch.StopVisit, visit
			}
			out.Stops = append(out.Stops, s)
		}
	}
	return out, "", ""
}

// depotAt finds the first depot at a location that was not used yet, or -1.
func depotAt(p *dispatch.Problem, t *dispatch.Technician, used []bool, at *pragLocation) int32 {
	if at == nil || at.Lat == nil || at.Lng == nil {
		return -1
	}
	point := geo.Point{Lat: *at.Lat, Lon: *at.Lng}
	for k := range t.Depots {
		if !used[k] && p.Places[t.Depots[k].Place].Point == point {
			return int32(k)
		}
	}
	return -1
}
