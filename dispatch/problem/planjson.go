package problem

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"fettle/dispatch"
)

// planFormat is the value of "format", the first field of a plan JSON: it tells a plan from everything else.
const planFormat = "fettle-plan"

// planFile is the plan JSON, in the order of its fields. Instants are RFC 3339 when the problem has an origin, else
// numbers in the time unit of the source; lengths of time are numbers in that unit (seconds beside wall times); costs are
// integers, costPerUnit of them to one cost unit of the source.
type planFile struct {
	Format        string           `json:"format"`
	Problem       string           `json:"problem,omitempty"`
	Status        dispatch.Status  `json:"status"`
	Seed          uint64           `json:"seed"`
	Iterations    int64            `json:"iterations"`
	Policy        string           `json:"policy,omitempty"`
	PolicyVersion int32            `json:"policyVersion,omitempty"`
	Summary       planSummary      `json:"summary"`
	Cost          planCost         `json:"cost"`
	CostPerUnit   int64            `json:"costPerUnit"`
	Bound         *planBound       `json:"bound,omitempty"`
	Routes        []planRoute      `json:"routes"`
	Unassigned    []planUnassigned `json:"unassigned"`
	Explanations  json.RawMessage  `json:"explanations,omitempty"`
}

// planBound is a lower bound on the cost of every plan; without one its method is "none".
type planBound struct {
	Cost       *int64               `json:"cost,omitempty"`
	GapPercent *float64             `json:"gapPercent,omitempty"`
	Method     dispatch.BoundMethod `json:"method"`
}

func boundOf(plan *dispatch.Plan) *planBound {
	b := &plan.Bound
	switch b.Method {
	case "":
		return nil
	case dispatch.BoundNone:
		return &planBound{Method: b.Method}
	}
	gap := math.Round(1e4*b.GapPercent(plan.Cost.Total())) / 1e4
	return &planBound{Cost: &b.Cost, GapPercent: &gap, Method: b.Method}
}

type planSummary struct {
	Visits     int      `json:"visits"`
	Served     int      `json:"served"`
	Unassigned int      `json:"unassigned"`
	Routes     int      `json:"routes"`
	Travel     planSpan `json:"travel"`
	Distance   int64    `json:"distance,omitempty"`
	Waiting    planSpan `json:"waiting"`
	OnSite     planSpan `json:"onSite"`
	Late       planSpan `json:"late"`
	Duty       planSpan `json:"duty"`
}

type planRoute struct {
	Technician dispatch.TechnicianID `json:"technicianId"`
	Shift      int32                 `json:"shift"`
	Departure  planTime              `json:"departure"`
	End        planTime              `json:"end"`
	EndTravel  planSpan              `json:"endTravel"`
	Stops      []planStop            `json:"stops"`
	Cost       planCost              `json:"cost"`
}

type planStop struct {
	Kind     dispatch.StopKind `json:"kind"`
	Visit    dispatch.VisitID  `json:"visitId,omitempty"`
	Break    *int32            `json:"break,omitempty"`
	BreakID  string            `json:"breakId,omitempty"`
	Depot    *int32            `json:"depot,omitempty"`
	Travel   planSpan          `json:"travel"`
	Distance int64             `json:"distance,omitempty"`
	Arrival  planTime          `json:"arrival"`
	Start    planTime          `json:"start"`
	Entry    planSpan          `json:"entry,omitempty"`
	End      planTime          `json:"end"`
	Late     planSpan          `json:"late,omitempty"`
}

type planUnassigned struct {
	Visit      dispatch.VisitID      `json:"visitId"`
	Reason     dispatch.Reason       `json:"reason"`
	Detail     string                `json:"detail,omitempty"`
	Technician dispatch.TechnicianID `json:"technicianId,omitempty"`
	Short      int64                 `json:"short,omitempty"`
}

// planTime is an instant as it stands in the JSON, quotes included.
type planTime = json.RawMessage

// planSpan is a length of time in source units.
type planSpan = json.Number

// planCost is a cost with its terms.
type planCost struct {
	Total int64     `json:"total"`
	Terms planTerms `json:"terms"`
}

// planTerms are the terms that are not zero, under their own names, which the policy gives to user terms.
type planTerms map[string]int64

func costOf(p *dispatch.Problem, c dispatch.Cost) planCost {
	terms := planTerms{}
	for t, value := range c {
		if value != 0 {
			terms[p.Policy.TermName(dispatch.Term(t))] = value
		}
	}
	return planCost{Total: c.Total(), Terms: terms}
}

// MarshalJSON implements json.Marshaler: Fettle's own terms come in their own order, then those of users by name.
func (t planTerms) MarshalJSON() ([]byte, error) {
	names := make([]string, 0, len(t))
	own := map[string]bool{}
	for term := range dispatch.TermUser {
		name := term.String()
		if _, ok := t[name]; ok {
			names, own[name] = append(names, name), true
		}
	}
	for _, name := range sortedKeys(t) {
		if !own[name] {
			names = append(names, name)
		}
	}
	out := []byte{'{'}
	for i, name := range names {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendQuote(out, name)
		out = strconv.AppendInt(append(out, ':'), t[name], 10)
	}
	return append(out, '}'), nil
}

// WritePlanJSON writes the plan as Fettle's plan JSON: the same plan gives the same bytes.
func WritePlanJSON(w io.Writer, d *Document, plan *dispatch.Plan) error {
	return writePlanJSON(w, d.Problem, plan, nil)
}

// WriteExplainedPlanJSON is WritePlanJSON with "explanations" at the end: a JSON value in a form of the caller's, which
// readers of plans pass over.
func WriteExplainedPlanJSON(w io.Writer, d *Document, plan *dispatch.Plan, explanations json.RawMessage) error {
	return writePlanJSON(w, d.Problem, plan, explanations)
}

func writePlanJSON(w io.Writer, p *dispatch.Problem, plan *dispatch.Plan, explanations json.RawMessage) error {
	j := &planWriter{p: p}
	file := planFile{
		Format: planFormat, Problem: p.Name, Status: plan.Status, Seed: plan.Seed, Iterations: plan.Iterations,
		Policy: plan.Policy, PolicyVersion: plan.PolicyVersion, Summary: j.summary(plan), Cost: costOf(p, plan.Cost),
		CostPerUnit: p.Scale.Cost(), Routes: make([]planRoute, len(plan.Routes)), Unassigned: make([]planUnassigned, len(plan.Unassigned)),
		Bound: boundOf(plan), Explanations: explanations,
	}
	for i := range plan.Routes {
		file.Routes[i] = j.route(&plan.Routes[i])
	}
	for i := range plan.Unassigned {
		u := &plan.Unassigned[i]
		file.Unassigned[i] = planUnassigned{Visit: p.Visits[u.Visit].ID, Reason: u.Reason, Detail: u.Detail, Short: u.Short}
		if u.Technician >= 0 {
			file.Unassigned[i].Technician = p.Technicians[u.Technician].ID
		}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(&file); err != nil {
		return fmt.Errorf("write plan JSON: %w", err)
	}
	return nil
}

// planWriter converts ticks to the words of the file.
type planWriter struct {
	p *dispatch.Problem
}

// instant is a tick as wall time, or as a number without an origin; null when it is not set.
func (j *planWriter) instant(t dispatch.Tick) planTime {
	switch {
	case t == dispatch.NoTick:
		return planTime("null")
	case j.p.Origin.IsZero():
		return planTime(j.span(int64(t)))
	}
	return planTime(strconv.Quote(j.p.At(t).Format(time.RFC3339Nano)))
}

// span is a number of ticks in source units.
func (j *planWriter) span(ticks int64) planSpan {
	return planSpan(strconv.FormatFloat(float64(ticks)/float64(j.p.Scale.Ticks()), 'f', -1, 64))
}

// optionalSpan is "" (left out) for none.
func (j *planWriter) optionalSpan(t dispatch.Tick) planSpan {
	if t == 0 {
		return ""
	}
	return j.span(int64(t))
}

func (j *planWriter) route(r *dispatch.Route) planRoute {
	t := &j.p.Technicians[r.Technician]
	out := planRoute{
		Technician: t.ID, Shift: r.Shift, Departure: j.instant(r.Departure), End: j.instant(r.End),
		EndTravel: j.span(int64(r.EndTravel)), Stops: make([]planStop, len(r.Stops)), Cost: costOf(j.p, r.Cost),
	}
	for k := range r.Stops {
		s := &r.Stops[k]
		stop := planStop{
			Kind: s.Kind, Travel: j.span(int64(s.Travel)), Distance: s.Distance, Arrival: j.instant(s.Arrival),
			Start: j.instant(s.Start), Entry: j.optionalSpan(s.Entry), End: j.instant(s.End), Late: j.optionalSpan(s.Late),
		}
		switch s.Kind {
		case dispatch.StopVisit:
			stop.Visit = j.p.Visits[s.Visit].ID
		case dispatch.StopBreak:
			stop.Break, stop.BreakID = &s.Break, t.Shifts[r.Shift].Breaks[s.Break].ID
		case dispatch.StopDepot:
			stop.Depot = &s.Depot
		}
		out.Stops[k] = stop
	}
	return out
}

func (j *planWriter) summary(plan *dispatch.Plan) planSummary {
	var travel, distance, waiting, onSite, late, duty int64
	s := planSummary{Visits: len(j.p.Visits), Unassigned: len(plan.Unassigned), Routes: len(plan.Routes)}
	for i := range plan.Routes {
		r := &plan.Routes[i]
		travel, distance, duty = travel+int64(r.EndTravel), distance+r.EndDistance, duty+int64(r.End)-int64(r.Departure)
		for k := range r.Stops {
			stop := &r.Stops[k]
			travel, distance, late = travel+int64(stop.Travel), distance+stop.Distance, late+int64(stop.Late)
			if stop.Kind != dispatch.StopBreak {
				waiting += int64(stop.Start) - int64(stop.Arrival)
			}
			if stop.Kind == dispatch.StopVisit {
				s.Served++
				onSite += int64(stop.End) - int64(stop.Start)
			}
		}
	}
	s.Travel, s.Distance, s.Waiting, s.OnSite, s.Late, s.Duty = j.span(travel), distance, j.span(waiting), j.span(onSite), j.span(late), j.span(duty)
	return s
}

// isPlanJSON tells plan JSON by its "format".
func isPlanJSON(data []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(data))
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return false
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return false
		}
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			return false
		}
		if key == "format" {
			return string(value) == strconv.Quote(planFormat)
		}
	}
	return false
}

// readPlanJSON reads technicians, shifts and stops; what the file says about times, costs and reasons is left to a checker
// to find out.
func readPlanJSON(name string, data []byte, p *dispatch.Problem) (*dispatch.Plan, error) {
	var file planFile
	if err := decodeStrict(name, data, &file); err != nil {
		return nil, err
	}
	r := &planReader{name: name, data: data, p: p, visits: visitIndex(p), technicians: technicianIndex(p)}
	plan := &dispatch.Plan{Status: file.Status, Seed: file.Seed, Iterations: file.Iterations, Policy: file.Policy, PolicyVersion: file.PolicyVersion}
	for i := range file.Routes {
		route, err := r.route(fmt.Sprintf("routes[%d]", i), &file.Routes[i])
		if err != nil {
			return nil, err
		}
		plan.Routes = append(plan.Routes, route)
	}
	for i := range file.Unassigned {
		v, ok := r.visits[file.Unassigned[i].Visit]
		if !ok {
			return nil, r.fault(fmt.Sprintf("unassigned[%d].visitId", i), "is %q, which is no visit of the problem", file.Unassigned[i].Visit)
		}
		plan.Unassigned = append(plan.Unassigned, dispatch.Unassigned{Visit: v, Technician: -1})
	}
	listUnassigned(p, plan)
	return plan, nil
}

type planReader struct {
	name        string
	data        []byte
	p           *dispatch.Problem
	visits      map[dispatch.VisitID]int32
	technicians map[dispatch.TechnicianID]int32
}

func (r *planReader) fault(field, format string, args ...any) error {
	return fieldError(r.name, r.data, field, fmt.Sprintf(format, args...))
}

func (r *planReader) route(field string, in *planRoute) (dispatch.Route, error) {
	t, ok := r.technicians[in.Technician]
	if !ok {
		return dispatch.Route{}, r.fault(field+".technicianId", "is %q, which is no technician of the problem", in.Technician)
	}
	if shifts := len(r.p.Technicians[t].Shifts); in.Shift < 0 || int(in.Shift) >= shifts {
		return dispatch.Route{}, r.fault(field+".shift", "is %d, want an index below %d", in.Shift, shifts)
	}
	out := dispatch.Route{Technician: t, Shift: in.Shift}
	for k := range in.Stops {
		s, err := r.stop(fmt.Sprintf("%s.stops[%d]", field, k), &in.Stops[k], &out)
		if err != nil {
			return out, err
		}
		out.Stops = append(out.Stops, s)
	}
	return out, nil
}

func (r *planReader) stop(field string, in *planStop, route *dispatch.Route) (dispatch.Stop, error) {
	t := &r.p.Technicians[route.Technician]
	none := int32(-1)
	switch in.Kind {
	case dispatch.StopVisit:
		v, ok := r.visits[in.Visit]
		if !ok {
			return dispatch.Stop{}, r.fault(field+".visitId", "is %q, which is no visit of the problem", in.Visit)
		}
		return visitStop(v), nil
	case dispatch.StopBreak:
		breaks := t.Shifts[route.Shift].Breaks
		index := none
		if in.Break != nil {
			index = *in.Break
		} else if in.BreakID != "" {
			index = int32(slices.IndexFunc(breaks, func(b dispatch.Break) bool { return b.ID == in.BreakID }))
		}
		if index < 0 || int(index) >= len(breaks) {
			return dispatch.Stop{}, r.fault(field+".break", "want the index of a break of the shift, below %d", len(breaks))
		}
		return dispatch.Stop{Kind: dispatch.StopBreak, Visit: -1, Break: index, Depot: -1}, nil
	case dispatch.StopDepot:
		if in.Depot == nil || *in.Depot < 0 || int(*in.Depot) >= len(t.Depots) {
			return dispatch.Stop{}, r.fault(field+".depot", "want the index of a depot of the technician, below %d", len(t.Depots))
		}
		return depotStop(*in.Depot), nil
	}
	return dispatch.Stop{}, r.fault(field+".kind", "is %q, want visit, break or depot", in.Kind)
}

// fettlePlan is the native plan of Fettle's own format: plan JSON.
type fettlePlan struct{}

func (fettlePlan) writePlan(w io.Writer, p *dispatch.Problem, plan *dispatch.Plan) error {
	return writePlanJSON(w, p, plan, nil)
}

func (fettlePlan) readPlan(name string, data []byte, p *dispatch.Problem) (*dispatch.Plan, error) {
	return readPlanJSON(name, data, p)
}
