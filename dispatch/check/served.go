package check

import "fettle/dispatch"

// served demands that each visit is on exactly one stop, or unassigned once.
func (j *judge) served(plan *dispatch.Plan) {
	seen := make([]int, len(j.p.Visits))
	for i := range plan.Routes {
		for k := range plan.Routes[i].Stops {
			s := &plan.Routes[i].Stops[k]
			if s.Kind != dispatch.StopVisit || s.Visit < 0 || int(s.Visit) >= len(seen) {
				continue
			}
			if seen[s.Visit]++; seen[s.Visit] == 2 {
				j.add(Violation{
					RuleServedTwice, int32(i), int32(k), s.Visit, plan.Routes[i].Technician, 0,
					sentence("Visit %s is served more than once.", j.p.Visits[s.Visit].ID),
				})
			}
		}
	}
	left := j.leftOut(plan, seen)
	for v := range seen {
		if seen[v] == 0 && !left[v] {
			j.add(Violation{RuleNotAnswered, -1, -1, int32(v), -1, 0, sentence("Visit %s is neither served nor unassigned.", j.p.Visits[v].ID)})
		}
	}
}

// leftOut demands that what is listed as unassigned exists, is listed once and served nowhere; it returns what is listed.
func (j *judge) leftOut(plan *dispatch.Plan, served []int) []bool {
	left := make([]bool, len(j.p.Visits))
	for i := range plan.Unassigned {
		v := plan.Unassigned[i].Visit
		switch {
		case v < 0 || int(v) >= len(left):
			j.add(Violation{RuleIndex, -1, -1, -1, -1, 0, sentence("The list of unassigned visits names visit %d, which does not exist.", v)})
		case left[v]:
			j.add(Violation{RuleServedTwice, -1, -1, v, -1, 0, sentence("Visit %s is listed as unassigned twice.", j.p.Visits[v].ID)})
		case served[v] > 0:
			j.add(Violation{RuleServedTwice, -1, -1, v, -1, 0, sentence("Visit %s is served and listed as unassigned.", j.p.Visits[v].ID)})
		}
		if v >= 0 && int(v) < len(left) {
			left[v] = true
		}
	}
	return left
}

// shifts demands that each shift becomes at most one route.
func (j *judge) shifts(plan *dispatch.Plan) {
	type key struct{ technician, shift int32 }
	used := make(map[key]bool, len(plan.Routes))
	for i := range plan.Routes {
		r := &plan.Routes[i]
		k := key{r.Technician, r.Shift}
		if used[k] {
			j.add(Violation{
				RuleShiftTwice, int32(i), -1, -1, r.Technician, 0,
				sentence("Route %d uses shift %d of technician %d, which has a route already.", i, r.Shift, r.Technician),
			})
		}
		used[k] = true
	}
}
