package problem

import (
	"fmt"
	"io"
	"strings"

	"fettle/dispatch"
)

// routeText is the plan format that Solomon files and VRPLIB share: a line "Route #1: 5 3 7" for each route and a last
// line "Cost 828.9". Numbers are the ids of the visits.
type routeText struct {
	// numbered says that route k belongs to vehicle k: empty routes are written too. Otherwise vehicles are alike and
	// the routes that are used are counted from 1.
	numbered bool
	decimals int // of the cost
}

// writePlan writes the routes and the length of all legs, recomputed from the travel matrix.
func (t routeText) writePlan(w io.Writer, p *dispatch.Problem, plan *dispatch.Plan) error {
	var out []byte
	var cost int64
	next := 1
	for i := range plan.Routes {
		r := &plan.Routes[i]
		for ; t.numbered && next <= int(r.Technician); next++ {
			out = fmt.Appendf(out, "Route #%d:\n", next)
		}
		out = fmt.Appendf(out, "Route #%d:", next)
		for _, v := range r.Visits() {
			out = fmt.Appendf(out, " %s", p.Visits[v].ID)
		}
		out = append(out, '\n')
		next++
		cost += legs(p, r)
	}
	for ; t.numbered && next <= len(p.Technicians); next++ {
		out = fmt.Appendf(out, "Route #%d:\n", next)
	}
	out = fmt.Appendf(out, "Cost %.*f\n", t.decimals, float64(cost)/float64(p.Scale.Cost()))
	_, err := w.Write(out)
	return err
}

// legs is the travel time of a route in ticks, from its visits and depot stops alone.
func legs(p *dispatch.Problem, r *dispatch.Route) int64 {
	t := &p.Technicians[r.Technician]
	shift := &t.Shifts[r.Shift]
	m := p.Travel[t.Travel].Time
	var sum int64
	at := shift.StartPlace
	goTo := func(place int32) {
		if at != dispatch.NoPlace && place != dispatch.NoPlace {
			sum += int64(m.At(at, place))
		}
		at = place
	}
	for i := range r.Stops {
		switch s := &r.Stops[i]; s.Kind {
		case dispatch.StopVisit:
			goTo(p.Visits[s.Visit].Place)
		case dispatch.StopDepot:
			goTo(t.Depots[s.Depot].Place)
		}
	}
	goTo(shift.EndPlace)
	return sum
}

// readPlan reads what writePlan writes. The cost that is stated is not believed, only checked to be a number.
func (t routeText) readPlan(name string, data []byte, p *dispatch.Problem) (*dispatch.Plan, error) {
	f := newTextFile(name, data)
	index := visitIndex(p)
	used := make(map[int32]bool)
	plan := &dispatch.Plan{}
	for f.next() {
		head, body, found := strings.Cut(f.text, ":")
		word, number, _ := strings.Cut(strings.Join(strings.Fields(strings.ToLower(head)), " "), " ")
		switch {
		case word == "cost":
			if _, err := f.number("cost", strings.Trim(number+body, " ")); err != nil {
				return nil, err
			}
		case (word == "route" || strings.HasPrefix(word, "route#")) && found:
			k, err := f.amount("route", strings.Trim(strings.TrimPrefix(word, "route")+number, "# "), int32(len(p.Technicians)))
			if err != nil {
				return nil, err
			}
			if k == 0 || used[k] {
				return nil, f.fault("route", "is %d, want a number from 1 that no other route has", k)
			}
			used[k] = true
			stops, err := f.stops(body, index)
			if err != nil {
				return nil, err
			}
			if len(stops) > 0 {
				plan.Routes = append(plan.Routes, dispatch.Route{Technician: k - 1, Stops: stops})
			}
		case strings.HasPrefix(f.text, "#"):
		default:
			return nil, f.fault("", "want a line \"Route #k: i j ...\" or \"Cost c\"")
		}
	}
	listUnassigned(p, plan)
	return plan, nil
}

// stops reads visit ids that are separated by blanks.
func (f *textFile) stops(body string, index map[dispatch.VisitID]int32) ([]dispatch.Stop, error) {
	var stops []dispatch.Stop
	for _, id := range strings.Fields(body) {
		v, ok := index[dispatch.VisitID(id)]
		if !ok {
			return nil, f.fault("route", "holds %q, which is no visit of the problem", id)
		}
		stops = append(stops, visitStop(v))
	}
	return stops, nil
}
