package problem

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"fettle/dispatch"
	"fettle/geo"
)

// problem turns the rows into a problem.
func (t *trsp) problem() (*dispatch.Problem, error) {
	m, err := t.travel()
	if err != nil {
		return nil, &Error{File: t.name, Msg: err.Error()}
	}
	p := &dispatch.Problem{
		Name: t.title, Scale: dispatch.Scale{TicksPerUnit: t.ticks, CostPerUnit: int64(t.ticks)},
		Travel: []dispatch.Travel{{Time: m}}, Policy: dispatch.Policy{Unserved: dispatch.UnservedPolicy{Lexicographic: true}},
		Places: make([]dispatch.Place, len(t.nodes)),
	}
	dims := t.dimensions()
	for d := range dims {
		p.Dimensions = append(p.Dimensions, "part "+strconv.Itoa(d))
	}
	needDepot := false
	for i := range t.nodes {
		n := &t.nodes[i]
		p.Places[i] = dispatch.Place{Name: strconv.Itoa(i), X: n.x, Y: n.y, InPlane: t.times == nil}
		if i > int(t.crew) {
			v, err := t.visit(i, dims)
			if err != nil {
				return nil, err
			}
			needDepot = needDepot || v.Deliver != nil || v.Tools != nil
			p.Visits = append(p.Visits, v)
		}
	}
	var depots []dispatch.Depot
	if needDepot {
		depots = []dispatch.Depot{{Windows: []dispatch.TimeWindow{t.window(0)}, MaxStops: 1, Unlimited: true, AllTools: true}}
	}
	for k := 1; k <= int(t.crew); k++ {
		p.Technicians = append(p.Technicians, t.technician(k, dims, depots))
	}
	return p, nil
}

// dimensions is the number of kinds of parts: none when the head announces some but no row has any.
func (t *trsp) dimensions() int {
	for i := range t.nodes {
		if len(t.nodes[i].parts) > 0 {
			return len(t.nodes[i].parts)
		}
	}
	return 0
}

func (t *trsp) window(i int) dispatch.TimeWindow {
	return inclusive(t.nodes[i].open, t.nodes[i].close, t.ticks)
}

func (t *trsp) visit(i, dims int) (dispatch.Visit, error) {
	n := &t.nodes[i]
	v := dispatch.Visit{
		ID: dispatch.VisitID(strconv.Itoa(i)), Place: int32(i), Windows: []dispatch.TimeWindow{t.window(i)},
		OnSite: fixed(n.service, t.ticks, geo.RoundUp), Skills: skillNumbers(n.skills), Tools: toolNumbers(n.tools), Due: dispatch.NoTick,
	}
	if t.line = n.line; v.Windows[0].Empty() {
		return v, t.fault("TWE", "the window [%v, %v] holds no instant of 1/%d", n.open, n.close, t.ticks)
	}
	for _, amount := range n.parts {
		if amount > 0 {
			v.Deliver = amounts(n.parts, dims)
			break
		}
	}
	return v, nil
}

func (t *trsp) technician(k, dims int, depots []dispatch.Depot) dispatch.Technician {
	n := &t.nodes[k]
	day := t.window(k)
	tech := dispatch.Technician{
		ID: dispatch.TechnicianID(strconv.Itoa(k)), Skills: skillNumbers(n.skills), Tools: toolNumbers(n.tools), Depots: depots,
		Shifts: []dispatch.Shift{{Start: day.Start, End: max(day.End-1, day.Start), LatestDeparture: dispatch.NoTick, StartPlace: int32(k), EndPlace: int32(k)}},
		Rates:  dispatch.Rates{Duty: 1},
	}
	if dims > 0 {
		tech.Capacity = amounts(n.parts, dims)
	}
	return tech
}

// amounts is a list of parts in full length; an empty list is none of each.
func amounts(parts []int32, dims int) []int32 {
	if len(parts) == 0 {
		return make([]int32, dims)
	}
	return parts
}

func skillNumbers(numbers []int32) []dispatch.SkillLevel {
	var out []dispatch.SkillLevel
	for _, s := range numbers {
		out = append(out, dispatch.SkillLevel{Skill: dispatch.Skill(strconv.Itoa(int(s))), Level: 1})
	}
	return out
}

func toolNumbers(numbers []int32) []string {
	var out []string
	for _, s := range numbers {
		out = append(out, strconv.Itoa(int(s)))
	}
	return out
}

// trspPlan is the native plan: one line of node ids a tour. With K technicians and n requests, technician k starts at home
// k, ends at its copy K+n+k, and K+n+K+k is the copy of the main depot.
type trspPlan struct{}

// writePlan writes the tours.
func (trspPlan) writePlan(w io.Writer, p *dispatch.Problem, plan *dispatch.Plan) error {
	var out []byte
	crew, n := len(p.Technicians), len(p.Visits)
	for i := range plan.Routes {
		r := &plan.Routes[i]
		k := int(r.Technician) + 1
		out = strconv.AppendInt(out, int64(k), 10)
		for _, s := range r.Stops {
			switch s.Kind {
			case dispatch.StopVisit:
				out = fmt.Appendf(out, " %s", p.Visits[s.Visit].ID)
			case dispatch.StopDepot:
				out = fmt.Appendf(out, " %d", crew+n+crew+k)
			}
		}
		out = fmt.Appendf(out, " %d\n", crew+n+k)
	}
	_, err := w.Write(out)
	return err
}

// readPlan reads the tours, also in the published form on one line: <1,83,85,126|2,127>.
func (trspPlan) readPlan(name string, data []byte, p *dispatch.Problem) (*dispatch.Plan, error) {
	f := newTextFile(name, data)
	plan := &dispatch.Plan{}
	used := make([]bool, len(p.Technicians))
	for f.next() {
		if strings.HasPrefix(f.text, "#") {
			continue
		}
		for tour := range strings.SplitSeq(strings.Trim(f.text, "<>"), "|") {
			r, err := trspTour(f, tour, p)
			if err != nil {
				return nil, err
			}
			if used[r.Technician] {
				return nil, f.fault("tour", "technician %d has two tours", r.Technician+1)
			}
			if used[r.Technician] = true; len(r.Stops) > 0 {
				plan.Routes = append(plan.Routes, r)
			}
		}
	}
	listUnassigned(p, plan)
	return plan, nil
}

func trspTour(f *textFile, tour string, p *dispatch.Problem) (dispatch.Route, error) {
	cells := strings.FieldsFunc(tour, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
	crew, n := len(p.Technicians), len(p.Visits)
	nodes := make([]int, len(cells))
	for i, cell := range cells {
		v, err := f.amount("node", cell, int32(n+3*crew))
		if err != nil {
			return dispatch.Route{}, err
		}
		nodes[i] = int(v)
	}
	if len(nodes) < 2 || nodes[0] < 1 || nodes[0] > crew || nodes[len(nodes)-1] != crew+n+nodes[0] {
		return dispatch.Route{}, f.fault("tour", "is %q, want home k of 1..%d, nodes, and %d+k", strings.TrimSpace(tour), crew, crew+n)
	}
	k := nodes[0]
	r := dispatch.Route{Technician: int32(k - 1)}
	for _, node := range nodes[1 : len(nodes)-1] {
		switch {
		case node > crew && node <= crew+n:
			r.Stops = append(r.Stops, visitStop(int32(node-crew-1)))
		case (node == 0 || node == crew+n+crew+k) && len(p.Technicians[k-1].Depots) > 0:
			r.Stops = append(r.Stops, depotStop(0))
		default:
			return r, f.fault("tour", "holds node %d, which technician %d may not visit", node, k)
		}
	}
	return r, nil
}
