package dispatch

// UnservedCosts gives, for each visit, the integer cost of leaving it out.
//
// A visit's own Unserved wins. Otherwise it is PerVisit + Priority * PerPriority of the policy; a lexicographic policy
// chooses both itself: PerVisit exceeds every cost that a plan can have otherwise, and PerPriority exceeds PerVisit times
// the number of visits, so that first the sum of priorities counts, then the number of visits, then all else. O(visits +
// technicians).
func UnservedCosts(p *Problem) []int64 {
	perVisit, perPriority := p.Policy.Unserved.PerVisit, p.Policy.Unserved.PerPriority
	if p.Policy.Unserved.Lexicographic {
		perVisit = operatingBound(p) + 1
		perPriority = perVisit * int64(len(p.Visits)+1)
	}
	out := make([]int64, len(p.Visits))
	for i := range p.Visits {
		v := &p.Visits[i]
		out[i] = perVisit + int64(v.Priority)*perPriority
		if v.Unserved > 0 {
			out[i] = v.Unserved
		}
	}
	return out
}

// operatingBound is an upper bound on the cost of serving with every technician, capped so that the sum of all
// lexicographic weights stays below 2^62. Real plans cost far less than either.
func operatingBound(p *Problem) int64 {
	n, top := int64(len(p.Visits)+1), int64(1)
	for i := range p.Visits {
		top = max(top, int64(p.Visits[i].Priority))
	}
	ceiling := (int64(1) << 62) / (n * n) / (top + 1)
	if q := &p.Policy; len(q.Terms) > 0 || q.Continuity+q.Cover != 0 || q.Stability != (StabilityPolicy{}) {
		return ceiling // what these terms may come to is not known here
	}
	var sum int64
	for i := range p.Technicians {
		t := &p.Technicians[i]
		for k := range t.Shifts {
			s := &t.Shifts[k]
			span := int64(s.End) + int64(s.Overtime) - int64(s.Start)
			perTick := t.Rates.Travel + t.Rates.Duty + t.Rates.OnSite + t.Rates.Overtime
			if span > 0 && perTick > ceiling/span || t.Rates.Fixed > ceiling || t.Rates.Distance != 0 {
				return ceiling
			}
			sum += span*perTick + t.Rates.Fixed
			if sum > ceiling {
				return ceiling
			}
		}
	}
	return max(sum, 1<<20)
}
