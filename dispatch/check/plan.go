package check

import (
	"fettle/dispatch"
)

// Codes of this package for faults that are no dispatch.Reason: they concern the plan as a document.
const (
	RuleIndex       dispatch.Reason = "INDEX"            // the plan names something that the problem does not have
	RuleServedTwice dispatch.Reason = "SERVED_TWICE"     // a visit is on two stops, or served and unassigned
	RuleNotAnswered dispatch.Reason = "NOT_ANSWERED"     // a visit is neither served nor unassigned
	RuleShiftTwice  dispatch.Reason = "SHIFT_USED_TWICE" // two routes for one shift
	RuleNoVisit     dispatch.Reason = "NO_VISIT"         // a route that goes somewhere but serves nobody
	RuleDepot       dispatch.Reason = "DEPOT"            // depot stops: how often and when
	RuleStatedTime  dispatch.Reason = "STATED_TIME"      // the plan states a time that the order does not give
	RuleStatedCost  dispatch.Reason = "STATED_COST"      // the plan states a cost that the order does not give
	RuleExpression  dispatch.Reason = "EXPRESSION"       // an expression of the policy cannot be evaluated
)

// Violation is one broken rule. Indices are -1 where they have no meaning.
type Violation struct {
	Rule       dispatch.Reason
	Route      int32 // index in Plan.Routes
	Stop       int32 // index in that route's Stops, as the plan lists them
	Visit      int32
	Technician int32
	By         int64  // how much is missing or too much, in the rule's unit; 0 when that has no meaning
	Text       string // one sentence for a dispatcher
}

// Report is the judgement of a plan.
type Report struct {
	Feasible   bool // no violation
	Violations []Violation
	Cost       dispatch.Cost // recomputed
	// Routes are recomputed from the order of the plan's routes, index by index, with all times, breaks and cost filled in.
	// Stops that name nothing in the problem are left out.
	Routes []dispatch.Route
}

// Plan judges a plan for a valid problem (Problem.Validate). It reads from the plan only technician, shift and the order
// of stops; times and costs that the plan states are compared with those it computes, and all zero counts as not stated.
// Any content of the plan, also nil, gives a report; nothing in it makes Plan panic. O(stops * breaks^3 + visits *
// technicians' lists).
func Plan(p *dispatch.Problem, plan *dispatch.Plan) Report {
	if plan == nil {
		plan = &dispatch.Plan{}
	}
	j := &judge{p: p}
	j.served(plan)
	j.shifts(plan)
	j.meet(plan)
	tours := make([]*tour, 0, len(plan.Routes))
	report := Report{Routes: make([]dispatch.Route, len(plan.Routes))}
	for i := range plan.Routes {
		r := &plan.Routes[i]
		t := j.tour(int32(i), r.Technician, r.Shift, r.Stops)
		if t == nil {
			report.Routes[i] = dispatch.Route{Technician: r.Technician, Shift: r.Shift}
			continue
		}
		t.rules()
		t.statedTimes(r)
		report.Routes[i] = t.result
		tours = append(tours, t)
	}
	j.pairs(tours)
	j.ranks(tours)
	j.crews(tours)
	j.orders(tours)
	report.Cost = planCost(p, tours)
	j.statedCosts(plan, report.Cost, tours)
	report.Violations, report.Feasible = j.violations, len(j.violations) == 0
	return report
}

// Schedule computes the times and the cost of one route from the order of its stops, by the convention of the package, and
// says which rules about time it breaks: windows, pinned starts, breaks, the shift, legs without a way, and indices. Break
// stops may be absent: then they are placed. The problem must be valid; technician and shift may be anything.
func Schedule(p *dispatch.Problem, technician, shift int32, stops []dispatch.Stop) (dispatch.Route, []Violation) {
	j := &judge{p: p}
	t := j.tour(-1, technician, shift, stops)
	if t == nil {
		return dispatch.Route{Technician: technician, Shift: shift}, j.violations
	}
	return t.result, j.violations
}

// judge collects violations.
type judge struct {
	p          *dispatch.Problem
	violations []Violation
	// played says that routes were carried out, not planned: what a technician left for may have gone to somebody else, so that
	// a route can have no visit.
	played bool
	tied   map[int32]bool  // visits that are in a link
	floor  map[int32]int64 // instants before which links do not let visits start: see meet
	free   bool            // breaks are placed by the checker, whatever the plan says
}

func (j *judge) add(v Violation) { j.violations = append(j.violations, v) }

// tour is one route under judgement.
type tour struct {
	*judge
	route      int32 // index in the plan, or -1
	technician int32
	shift      int32
	who        *dispatch.Technician
	duty       *dispatch.Shift
	stops      []dispatch.Stop // visits and depots in order, all of them known to the problem
	stated     []int32         // for each of stops its index in the plan's route
	breakStops []int32         // for each break its index in the plan's route; nil when the plan places none
	result     dispatch.Route
}

// tour reads the order of a route and schedules it; nil when technician or shift do not exist.
func (j *judge) tour(route, technician, shift int32, stops []dispatch.Stop) *tour {
	if technician < 0 || int(technician) >= len(j.p.Technicians) {
		j.add(Violation{RuleIndex, route, -1, -1, -1, 0, sentence("Route %d names technician %d, which does not exist.", route, technician)})
		return nil
	}
	t := &tour{judge: j, route: route, technician: technician, shift: shift, who: &j.p.Technicians[technician]}
	if shift < 0 || int(shift) >= len(t.who.Shifts) {
		t.fault(RuleIndex, -1, 0, "Route %d names shift %d of technician %s, which does not exist.", route, shift, t.who.ID)
		return nil
	}
	t.duty = &t.who.Shifts[shift]
	legs := t.read(stops)
	if len(t.stops) > 0 && t.countVisits() == 0 && !j.played {
		t.fault(RuleNoVisit, -1, 0, "The route of technician %s has stops but serves no visit.", t.who.ID)
	}
	if j.free {
		legs = nil
	}
	t.schedule(legs)
	t.result.Cost = t.cost()
	return t
}

// read keeps the visits and depots that exist and returns the leg of each break stop: leg k leads to the k-th kept stop.
// It returns nil when the plan places no breaks, or places them wrongly, which is a fault.
func (t *tour) read(stops []dispatch.Stop) []int {
	var legs, order []int
	for i := range stops {
		s := &stops[i]
		switch {
		case s.Kind == dispatch.StopVisit && s.Visit >= 0 && int(s.Visit) < len(t.p.Visits),
			s.Kind == dispatch.StopDepot && s.Depot >= 0 && int(s.Depot) < len(t.who.Depots):
			t.stops = append(t.stops, dispatch.Stop{Kind: s.Kind, Visit: s.Visit, Depot: s.Depot, Break: -1})
			t.stated = append(t.stated, int32(i))
		case s.Kind == dispatch.StopBreak && s.Break >= 0 && int(s.Break) < len(t.duty.Breaks):
			legs, order = append(legs, len(t.stops)), append(order, int(s.Break))
			t.breakStops = append(t.breakStops, int32(i))
		default:
			t.stopFault(RuleIndex, int32(i), 0, "Stop %d of technician %s is of kind %q with visit %d, break %d, depot %d: there is no such thing.",
				i, t.who.ID, s.Kind, s.Visit, s.Break, s.Depot)
		}
	}
	if len(legs) == 0 || t.breaksInOrder(order) {
		return legs
	}
	t.breakStops = nil
	return nil
}

// rules judges what does not depend on other routes.
func (t *tour) rules() {
	for _, rule := range []func(*tour){
		(*tour).skills, (*tour).tools, (*tour).allowed, (*tour).territory, (*tour).eligible, (*tour).pinned, (*tour).stock, (*tour).depots, (*tour).limits,
	} {
		rule(t)
	}
}

// fault reports a violation of the route, at the k-th kept stop or, with k = -1, as a whole.
func (t *tour) fault(rule dispatch.Reason, k int, by int64, format string, args ...any) {
	v := Violation{Rule: rule, Route: t.route, Stop: -1, Visit: -1, Technician: t.technician, By: by, Text: sentence(format, args...)}
	if k >= 0 {
		v.Stop = t.stated[k]
		if t.stops[k].Kind == dispatch.StopVisit {
			v.Visit = t.stops[k].Visit
		}
	}
	t.add(v)
}

// stopFault reports a violation at a stop by its index in the plan.
func (t *tour) stopFault(rule dispatch.Reason, stop int32, by int64, format string, args ...any) {
	t.add(Violation{rule, t.route, stop, -1, t.technician, by, sentence(format, args...)})
}

// visit is the visit of the k-th kept stop, or nil at a depot.
func (t *tour) visit(k int) *dispatch.Visit {
	if t.stops[k].Kind != dispatch.StopVisit {
		return nil
	}
	return &t.p.Visits[t.stops[k].Visit]
}

func (t *tour) countVisits() int {
	n := 0
	for k := range t.stops {
		if t.visit(k) != nil {
			n++
		}
	}
	return n
}
