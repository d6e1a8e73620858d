package constraint

import (
	"math"
	"slices"

	"fettle/dispatch"
)

// Straight reports whether the least time on duty of every route follows from one window a stop, travel and time on site
// alone: then a search may tell in constant time what an insertion adds to it. Breaks, entry times and several windows of
// a stop make it false, and lateness, whose price moves the departure.
func (m *Model) Straight() bool {
	several := func(w windowSet) bool { return w.more != nil }
	if m.entry != nil || m.lateness || slices.ContainsFunc(m.windows, several) {
		return false
	}
	return !slices.ContainsFunc(m.Routes, func(r Route) bool {
		return len(r.breaks) > 0 || slices.ContainsFunc(r.depotSet, several)
	})
}

// Alike reports whether every technician takes the same time for a visit.
func (m *Model) Alike() bool { return len(m.kinds) <= 1 }

// Tooled reports whether a route has the tools of a visit on board before it stops at any depot.
func (m *Model) Tooled(r *Route, v int32) bool { return m.tools == nil || m.tools[v]&^r.tools == 0 }

// Exact reports whether, beyond that, everything else about a route follows from sums and from what is on board before its
// first depot stop: stock only leaves or only joins, every depot has what any visit needs, and no rule speaks of travel,
// distance, overtime, order or partners. Then a search knows routes to be feasible and what they cost without a walk.
func (m *Model) Exact() bool {
	if !m.Straight() || m.partner != nil || m.rank != nil || m.deliver != nil && m.collect != nil {
		return false
	}
	return !slices.ContainsFunc(m.Routes, func(r Route) bool {
		return r.LatestEnd != r.End || r.MaxTravel != math.MaxInt64 || r.MaxDistance != math.MaxInt64 || r.Rates.Distance != 0 ||
			m.collect != nil && len(r.Depots) > 0 || slices.ContainsFunc(r.Depots, func(d dispatch.Depot) bool {
			return m.tools != nil && !d.AllTools || m.stocked() && !d.Unlimited
		})
	})
}
