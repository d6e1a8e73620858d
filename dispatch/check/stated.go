package check

import "fettle/dispatch"

// statesTimes reports whether a route of a plan comes with times.
func statesTimes(r *dispatch.Route) bool {
	if r.Departure != 0 || r.End != 0 {
		return true
	}
	for i := range r.Stops {
		if r.Stops[i].Start != 0 || r.Stops[i].End != 0 {
			return true
		}
	}
	return false
}

// statedTimes compares the times that the plan states with the recomputed ones: departure, end, every visit and depot, the
// breaks where the plan places them, and the sums of travel and distance.
func (t *tour) statedTimes(r *dispatch.Route) {
	if !statesTimes(r) {
		return
	}
	t.same(-1, "departure", r.Departure, t.result.Departure)
	t.same(-1, "end", r.End, t.result.End)
	k := 0
	for i := range t.result.Stops {
		is := &t.result.Stops[i]
		if is.Kind == dispatch.StopBreak {
			if t.breakStops != nil {
				at := t.breakStops[is.Break]
				t.same(at, "start", r.Stops[at].Start, is.Start)
				t.same(at, "end", r.Stops[at].End, is.End)
			}
			continue
		}
		at := t.stated[k]
		said := &r.Stops[at]
		t.same(at, "arrival", said.Arrival, is.Arrival)
		t.same(at, "start", said.Start, is.Start)
		t.same(at, "entry", said.Entry, is.Entry)
		t.same(at, "end", said.End, is.End)
		t.same(at, "lateness", said.Late, is.Late)
		k++
	}
	saidTravel, saidDistance := totals(r)
	travel, distance := totals(&t.result)
	if saidTravel != travel {
		t.fault(RuleStatedTime, -1, saidTravel-travel, "The plan lets technician %s travel %d ticks in all; the legs add up to %d.", t.who.ID, saidTravel, travel)
	}
	if saidDistance != distance {
		t.fault(RuleStatedTime, -1, saidDistance-distance, "The plan lets technician %s cover a distance of %d; the legs add up to %d.", t.who.ID, saidDistance, distance)
	}
}

// same compares one stated time of a stop (by its index in the plan) or, with -1, of the route.
func (t *tour) same(stop int32, what string, said, is dispatch.Tick) {
	if said == is {
		return
	}
	where := "the route"
	if stop >= 0 {
		where = sentence("stop %d", stop)
	}
	t.stopFault(RuleStatedTime, stop, int64(said)-int64(is), "The plan states %d as %s of %s of technician %s; the order gives %d.", said, what, where, t.who.ID, is)
}

// statedCosts compares the cost that the plan and its routes state with the recomputed one, term by term. A plan that
// states times must state its cost too.
func (j *judge) statedCosts(plan *dispatch.Plan, cost dispatch.Cost, tours []*tour) {
	states := plan.Cost != dispatch.Cost{}
	for i := range plan.Routes {
		states = states || statesTimes(&plan.Routes[i])
	}
	if states {
		j.sameCost(Violation{Rule: RuleStatedCost, Route: -1, Stop: -1, Visit: -1, Technician: -1}, "the plan", plan.Cost, cost)
	}
	for _, t := range tours {
		if said := plan.Routes[t.route].Cost; said != (dispatch.Cost{}) {
			at := Violation{Rule: RuleStatedCost, Route: t.route, Stop: -1, Visit: -1, Technician: t.technician}
			j.sameCost(at, sentence("the route of technician %s", t.who.ID), said, t.result.Cost)
		}
	}
}

func (j *judge) sameCost(at Violation, where string, said, is dispatch.Cost) {
	for term := range dispatch.Terms {
		if said[term] != is[term] {
			at.By = said[term] - is[term]
			at.Text = sentence("The stated %s cost of %s is %d; the order gives %d.", j.p.Policy.TermName(term), where, said[term], is[term])
			j.add(at)
		}
	}
}
