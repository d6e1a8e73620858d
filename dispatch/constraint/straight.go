package constraint

import "slices"

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
