package check

import "fettle/dispatch"

// Codes for faults of a day as it was carried out.
const (
	RuleTooSoon dispatch.Reason = "TOO_SOON" // leaves before the work before is done, or for a visit before it was known
	RuleRefused dispatch.Reason = "REFUSED"  // refuses a visit that was known from the start, or one that is served
)

// DayReport is the judgement of a day.
type DayReport struct {
	Feasible   bool // no violation
	Violations []Violation
	Refused    int // visits
	// Duty is the sum over the technicians from the first departure to the arrival at the end place, and Travel that of their
	// driving.
	Duty, Travel dispatch.Tick
}

// Day judges a day as it was carried out, from the departures alone: nobody leaves a stop before the work there is done, or
// for a visit before the instant at which it became known (known, by visit; dispatch.NoTick for those known from the
// start); every visit is served in time, with skills, tools and stock, or refused, which those known from the start may
// not be. The problem must be valid and have no breaks, pairs, pins or entry times; the rest may be anything and gives a
// report. O(legs + visits * technicians' lists).
func Day(p *dispatch.Problem, known []dispatch.Tick, trails []dispatch.Trail, refused []int32) DayReport {
	j := &judge{p: p, played: true}
	plan := &dispatch.Plan{}
	for _, t := range trails {
		plan.Routes = append(plan.Routes, dispatch.Route{Technician: t.Technician, Stops: stopsOf(t)})
	}
	report := DayReport{Refused: len(refused)}
	for _, v := range refused {
		if v >= 0 && int(v) < len(known) && known[v] == dispatch.NoTick {
			j.add(Violation{RuleRefused, -1, -1, v, -1, 0, sentence("Visit %s was known from the start and is refused.", p.Visits[v].ID)})
		}
		plan.Unassigned = append(plan.Unassigned, dispatch.Unassigned{Visit: v, Technician: -1})
	}
	j.served(plan)
	j.shifts(plan)
	for i := range trails {
		t := j.tour(int32(i), trails[i].Technician, 0, plan.Routes[i].Stops)
		if t == nil {
			continue
		}
		t.rules()
		duty, travel := t.carriedOut(&trails[i], known)
		report.Duty, report.Travel = report.Duty+duty, report.Travel+travel
	}
	report.Violations, report.Feasible = j.violations, len(j.violations) == 0
	return report
}

// stopsOf is the order of a trail.
func stopsOf(t dispatch.Trail) []dispatch.Stop {
	out := make([]dispatch.Stop, len(t.Legs))
	for i, l := range t.Legs {
		out[i] = dispatch.Stop{Kind: l.Kind, Visit: l.Visit, Depot: l.Depot, Break: -1}
	}
	return out
}

// carriedOut runs a trail at its own departures.
func (t *tour) carriedOut(trail *dispatch.Trail, known []dispatch.Tick) (duty, travel dispatch.Tick) {
	if len(trail.Legs) != len(t.stops) || len(t.stops) == 0 {
		return 0, 0 // reading the order reported it
	}
	free, nodes := int64(t.duty.Start), t.nodes()
	for k := range t.stops {
		leaves, n := int64(trail.Legs[k].Departure), &nodes[k]
		if leaves < free {
			t.fault(RuleTooSoon, k, free-leaves, "Technician %s leaves for stop %d %d too soon: he is not free.", t.who.ID, k, free-leaves)
		}
		if v := t.visit(k); v != nil {
			if at := int64(known[t.stops[k].Visit]); leaves < at {
				t.fault(RuleTooSoon, k, at-leaves, "Technician %s leaves for visit %s %d before it is known.", t.who.ID, v.ID, at-leaves)
			}
		}
		start, missed := opening(n.windows, leaves+n.travel)
		if missed > 0 {
			t.fault(dispatch.ReasonWindowClosed, k, missed, "Technician %s is at stop %d too late by %d.", t.who.ID, k, missed)
		}
		free, travel = start+n.work, travel+tick(n.travel)
	}
	if int64(trail.Homeward) < free {
		t.fault(RuleTooSoon, -1, free-int64(trail.Homeward), "Technician %s leaves for the end place before the work is done.", t.who.ID)
	}
	ticks := nodes[len(t.stops)].travel
	end, latest := int64(trail.Homeward)+ticks, int64(t.duty.End)+int64(t.duty.Overtime)
	if end > latest {
		t.fault(dispatch.ReasonOutOfShift, -1, end-latest, "Technician %s is at the end place %d after the end of the shift.", t.who.ID, end-latest)
	}
	return tick(end - int64(trail.Legs[0].Departure)), travel + tick(ticks)
}
