package problem

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"fettle/dispatch"
)

// lines makes the travel of each profile and scale by straight line.
func (r *pragReader) lines() error {
	l := newLines(r.p.Places)
	if msg := l.tooMany(len(r.pace)); msg != "" {
		return r.fault("fleet.profiles", "%s", msg)
	}
	distances, err := l.distances(1)
	if err != nil {
		return r.fault("fleet.profiles", "%v", err)
	}
	for i, speed := range r.pace {
		times, err := l.times(speed, 1)
		if err != nil {
			return r.fault("fleet.profiles", "%v", err)
		}
		r.p.Travel[i].Time, r.p.Travel[i].Distance = times, distances
	}
	return nil
}

// The objectives that are supported.
const (
	pragMinUnassigned = "minimize-unassigned"
	pragMaxValue      = "maximize-value"
	pragMinTours      = "minimize-tours"
	pragMinCost       = "minimize-cost"
	pragMinDistance   = "minimize-distance"
	pragMinDuration   = "minimize-duration"
)

// maxLevel bounds what one objective can add up to, so that all together stay within 63 bits.
const maxLevel = int64(1) << 60

// objectives turns the order of objectives into weights, from the least important to the most: each weighs one more than
// all that come after it can add up to.
func (r *pragReader) objectives() error {
	list, err := r.objectiveList()
	if err != nil {
		return err
	}
	priorities, sum := r.priorities()
	var below int64
	weigh := func(count int64) int64 {
		weight := min(below+1, maxLevel/max(count, 1))
		below = min(below+weight*count, maxLevel)
		return weight
	}
	jobs, weights := int64(len(r.values)), make(map[string]int64)
	for i := len(list) - 1; i >= 0; i-- {
		switch list[i] {
		case pragMinCost, pragMinDistance, pragMinDuration:
			r.rates(list[i])
			below = r.operatingBound()
		case pragMinTours:
			weights[list[i]] = weigh(min(r.tours(), jobs))
		case pragMinUnassigned:
			weights[list[i]] = weigh(jobs)
		case pragMaxValue:
			weights[list[i]] = weigh(sum)
		}
	}
	for i := range r.p.Technicians {
		r.p.Technicians[i].Rates.Fixed += weights[pragMinTours]
	}
	unserved := dispatch.UnservedPolicy{PerVisit: weights[pragMinUnassigned], PerPriority: weights[pragMaxValue]}
	r.p.Policy = dispatch.Policy{ID: "pragmatic", Version: 1, Unserved: unserved}
	for i := range r.in.Plan.Jobs {
		visits := r.jobs[r.in.Plan.Jobs[i].ID].visits
		r.p.Visits[visits[0]].Priority = priorities[i]
		if len(visits) == 2 { // one job, left out once: each visit carries half of its weight
			all := max(unserved.PerVisit+int64(priorities[i])*unserved.PerPriority, 2)
			r.p.Visits[visits[0]].Unserved, r.p.Visits[visits[1]].Unserved = all-all/2, all/2
			r.p.Visits[visits[1]].Priority = priorities[i]
		}
	}
	return nil
}

// objectiveList checks the objectives, or gives the default order: value when a job has one, then jobs, tours and cost.
func (r *pragReader) objectiveList() ([]string, error) {
	valued := slices.IndexFunc(r.values, func(v float64) bool { return v > 0 })
	if r.in.Objectives == nil {
		list := []string{pragMinUnassigned, pragMinTours, pragMinCost}
		if valued >= 0 {
			list = append([]string{pragMaxValue}, list...)
		}
		return list, nil
	}
	var list []string
	for i := range r.in.Objectives {
		o, field := &r.in.Objectives[i], fmt.Sprintf("objectives[%d]", i)
		if err := r.objective(field, o, i == len(r.in.Objectives)-1); err != nil {
			return nil, err
		}
		if slices.Contains(list, o.Type) {
			return nil, r.fault(field+".type", "is %q a second time", o.Type)
		}
		list = append(list, o.Type)
	}
	if !slices.Contains(list, pragMinUnassigned) {
		return nil, r.fault("objectives", "want minimize-unassigned among them: without it a plan without tours is best")
	}
	if valued >= 0 && !slices.Contains(list, pragMaxValue) {
		return nil, r.fault(fmt.Sprintf("plan.jobs[%d].value", valued), "given, but objectives has no maximize-value")
	}
	return list, nil
}

// objective refuses by name an objective that cannot be a weight, and settings that it does not have.
func (r *pragReader) objective(field string, o *pragObjective, last bool) error {
	switch o.Type {
	case pragMinUnassigned, pragMaxValue, pragMinTours:
	case pragMinCost, pragMinDistance, pragMinDuration:
		if !last {
			return r.fault(field+".type", "is %q, not supported before other objectives: want it last", o.Type)
		}
	default:
		return r.fault(field+".type", "is %q, not supported: want minimize-unassigned, maximize-value, minimize-tours, and last minimize-cost, minimize-distance or minimize-duration", o.Type)
	}
	if o.Options != nil || o.Strategy != nil || o.Objectives != nil || o.IsConstrained != nil || o.Threshold != nil {
		return r.fault(field, "has settings that %s does not know", o.Type)
	}
	return nil
}

// priorities turns the values of jobs into the smallest integers in the same ratio, with up to three decimals of the
// values, and gives their sum.
func (r *pragReader) priorities() (out []int32, sum int64) {
	scale, divisor := 1.0, uint64(0)
	for _, v := range r.values {
		for scale < 1000 && !whole(v*scale) {
			scale *= 10
		}
	}
	out = make([]int32, len(r.values))
	for i, v := range r.values {
		out[i] = int32(math.Round(v * scale))
		divisor = gcd(divisor, uint64(out[i]))
	}
	for i := range out {
		out[i] /= int32(max(divisor, 1))
		sum += int64(out[i])
	}
	return out, sum
}

// rates sets what technicians cost, by the last objective.
func (r *pragReader) rates(objective string) {
	scale := r.p.Scale.Cost()
	for i := range r.p.Technicians {
		t, c := &r.p.Technicians[i], &r.doc.vehicles[i].costs
		switch objective {
		case pragMinCost:
			t.Rates = dispatch.Rates{Fixed: pragCost(c.Fixed, scale), Duty: pragCost(c.Time, scale), Distance: pragCost(c.Distance, scale)}
		case pragMinDistance:
			t.Rates = dispatch.Rates{Distance: scale}
		case pragMinDuration:
			t.Rates = dispatch.Rates{Duty: scale}
		}
	}
}

// tours is the most tours that a plan can have.
func (r *pragReader) tours() (n int64) {
	for i := range r.p.Technicians {
		n += int64(len(r.p.Technicians[i].Shifts))
	}
	return n
}

// operatingBound is more than any sensible plan costs: every tour as long as its shift, and two of the longest legs for
// each visit. A shift without an end lasts until all is done after the last instant that the file names.
func (r *pragReader) operatingBound() int64 {
	var longest, farthest, onSite int64
	for j := range int32(len(r.p.Places)) { // no leg is longer than the two from its ends to place 0
		for i := range r.p.Travel {
			longest = max(longest, 2*int64(r.p.Travel[i].Time.At(0, j))+1)
			farthest = max(farthest, 2*int64(r.p.Travel[i].Distance.At(0, j))+1)
		}
	}
	for i := range r.p.Visits {
		onSite += int64(r.p.Visits[i].OnSite)
	}
	legs := 2*int64(len(r.p.Visits)) + 2
	tail := int64(r.latest) + onSite + satMul(legs, longest)
	var sum, most int64
	for i := range r.p.Technicians {
		t := &r.p.Technicians[i]
		most = max(most, t.Rates.Distance)
		for k := range t.Shifts {
			span := min(int64(t.Shifts[k].End), tail) - int64(t.Shifts[k].Start)
			sum = min(sum+t.Rates.Fixed+satMul(max(span, 0), t.Rates.Duty), maxLevel)
		}
	}
	return min(sum+satMul(satMul(legs, farthest), most), maxLevel)
}

// satMul multiplies numbers that are not negative and stops at maxLevel.
func satMul(a, b int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if hi > 0 || lo > uint64(maxLevel) {
		return maxLevel
	}
	return int64(lo)
}
