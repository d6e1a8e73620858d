package check

import (
	"slices"

	"fettle/dispatch"
)

// cost prices the route by term from its recomputed times. Unserved and fairness belong to the plan as a whole.
func (t *tour) cost() dispatch.Cost {
	var c dispatch.Cost
	if len(t.stops) == 0 {
		return c
	}
	rates, policy := &t.who.Rates, &t.p.Policy
	travel, distance := totals(&t.result)
	c[dispatch.TermTravel] = travel * rates.Travel
	c[dispatch.TermDistance] = distance * rates.Distance
	c[dispatch.TermDuty] = (int64(t.result.End) - int64(t.result.Departure)) * rates.Duty
	c[dispatch.TermOnSite] = t.onSiteTime() * rates.OnSite
	c[dispatch.TermOvertime] = max(0, int64(t.result.End)-int64(t.duty.End)) * rates.Overtime
	if t.countVisits() > 0 {
		c[dispatch.TermFixed] = rates.Fixed
	}
	for i := range t.result.Stops {
		s := &t.result.Stops[i]
		if s.Kind != dispatch.StopVisit {
			continue
		}
		v := &t.p.Visits[s.Visit]
		c[dispatch.TermLateness] += latenessCost(policy, v, int64(s.Late))
		for _, want := range v.Skills {
			c[dispatch.TermSkillSurplus] += policy.SkillSurplus * int64(max(0, heldLevel(t.who, want.Skill)-max(want.Level, 1)))
		}
		if len(v.Preferred) > 0 && !slices.Contains(v.Preferred, t.who.ID) {
			c[dispatch.TermPreference] += policy.NotPreferred
		}
		if v.Usual != "" && v.Usual != t.who.ID {
			c[dispatch.TermContinuity] += policy.Continuity
		}
		c[dispatch.TermStability] += t.promiseCost(v, int64(s.Start))
		c[dispatch.TermCover] += covered(t.p, s.Visit, t.technician)
	}
	for k := range t.stops {
		if t.visit(k) != nil {
			t.userTerms(&c, k)
		}
	}
	return c
}

// onSiteTime is the sum of entry and work of the route's visits.
func (t *tour) onSiteTime() int64 {
	var sum int64
	for i := range t.result.Stops {
		if s := &t.result.Stops[i]; s.Kind == dispatch.StopVisit {
			sum += int64(s.End) - int64(s.Start)
		}
	}
	return sum
}

// workTime is onSiteTime without entry: what fairness weighs.
func (t *tour) workTime() int64 {
	sum := t.onSiteTime()
	for i := range t.result.Stops {
		sum -= int64(t.result.Stops[i].Entry)
	}
	return sum
}

// latenessCost adds up the steps of the visit's tier; a tier that the policy does not have costs nothing.
func latenessCost(policy *dispatch.Policy, v *dispatch.Visit, late int64) int64 {
	name := v.Tier
	if name == "" {
		name = policy.DefaultTier
	}
	for i := range policy.Tiers {
		if policy.Tiers[i].Name != name {
			continue
		}
		var sum int64
		for _, step := range policy.Tiers[i].Steps {
			sum += max(0, late-int64(step.After)) * step.PerTick
		}
		return sum
	}
	return 0
}

// planCost adds the routes, the visits that no route serves, and fairness.
func planCost(p *dispatch.Problem, tours []*tour) dispatch.Cost {
	var sum dispatch.Cost
	served := make([]bool, len(p.Visits))
	work := make([]int64, len(p.Technicians))
	for _, t := range tours {
		sum = sum.Plus(t.result.Cost)
		work[t.technician] += t.workTime()
		for k := range t.stops {
			if t.visit(k) != nil {
				served[t.stops[k].Visit] = true
			}
		}
	}
	for v, cost := range dispatch.UnservedCosts(p) {
		if !served[v] {
			sum[dispatch.TermUnserved] += cost
		}
	}
	sum[dispatch.TermFairness] = fairness(p, work)
	sum[dispatch.TermMaxLateness] = int64(mostLate(tours)) * p.Policy.MaxLateness
	return sum
}

// mostLate is the largest lateness of any visit.
func mostLate(tours []*tour) dispatch.Tick {
	var most dispatch.Tick
	for _, t := range tours {
		for i := range t.result.Stops {
			most = max(most, t.result.Stops[i].Late)
		}
	}
	return most
}

// fairness prices the workload (work without entry, and history) of each technician who has a shift above the mean of them all,
// rounded up.
func fairness(p *dispatch.Problem, onSite []int64) int64 {
	if p.Policy.Fairness == 0 {
		return 0
	}
	var total, count, above int64
	for i := range p.Technicians {
		if t := &p.Technicians[i]; len(t.Shifts) > 0 {
			total += onSite[i] + t.History
			count++
		}
	}
	if count == 0 {
		return 0
	}
	mean := total / count
	if total%count > 0 { // Go's division rounds towards zero, which is up already for a negative total
		mean++
	}
	for i := range p.Technicians {
		if t := &p.Technicians[i]; len(t.Shifts) > 0 {
			above += max(0, onSite[i]+t.History-mean)
		}
	}
	return above * p.Policy.Fairness
}
