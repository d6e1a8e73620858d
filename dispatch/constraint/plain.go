package constraint

import (
	"math"
	"slices"
)

// Plain reports whether a route of this problem is feasible exactly when its stock total fits and each stop's time window
// can be met one after the other within the longest duty, and whether its cost is travel time, a fixed part and static costs: then a search may
// test an insertion in constant time and need not walk the route. Breaks, entry times, depots, pairs, pinned order, mixed
// stock, limits on travel and distance, a longest duty beside several windows of a visit, lateness and costs of duty, distance, work and overtime make it false.
func (m *Model) Plain() bool {
	if m.entry != nil || m.partner != nil || m.rank != nil || m.lateness || len(m.kinds) > 1 ||
		(m.deliver != nil && m.collect != nil) || m.Problem.Policy.Fairness != 0 {
		return false
	}
	if m.dutyLimited() && slices.ContainsFunc(m.windows, func(w windowSet) bool { return w.more != nil }) {
		return false
	}
	return !slices.ContainsFunc(m.Routes, func(r Route) bool { return !r.plain() })
}

// plain is Plain for what belongs to one route.
func (r *Route) plain() bool {
	return len(r.breaks) == 0 && len(r.Depots) == 0 && r.MaxTravel == math.MaxInt64 && r.MaxDistance == math.MaxInt64 &&
		r.Rates.Duty == 0 && r.Rates.Distance == 0 && r.Rates.OnSite == 0 && r.LatestEnd == r.End
}

// Uniform reports whether all routes share one table of travel times.
func (m *Model) Uniform() bool {
	for i := range m.Routes {
		if m.Routes[i].travel != m.Routes[0].travel {
			return false
		}
	}
	return true
}

// StockTotals gives, for each visit, what it delivers and then what it collects by dimension: 2 * dimensions numbers whose
// sums over a route without depots must each stay within the capacity. nil when no visit moves stock.
func (m *Model) StockTotals() []int32 {
	if m.deliver == nil && m.collect == nil {
		return nil
	}
	out := make([]int32, 2*m.dims*int(m.Visits))
	for v := 0; v < int(m.Visits); v++ {
		for d := 0; d < m.dims; d++ {
			out[2*m.dims*v+d] = int32(amount(m.deliver, int32(v), m.dims, d))
			out[2*m.dims*v+m.dims+d] = int32(amount(m.collect, int32(v), m.dims, d))
		}
	}
	return out
}
