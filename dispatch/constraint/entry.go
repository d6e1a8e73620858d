package constraint

import "fettle/dispatch"

// compileBuilding numbers the building of a visit: visits that share one pay its entry time once when they follow each
// other. A visit without a building shares only with visits at its own place, whose number is then negative.
func (m *Model) compileBuilding(i int32, v *dispatch.Visit) {
	if v.Building == "" {
		m.building[i] = -1 - v.Place
		return
	}
	id, ok := m.buildings[v.Building]
	if !ok {
		id = int32(len(m.buildings))
		m.buildings[v.Building] = id
	}
	m.building[i] = id
}

// enter is the entry time of visit v on a route when the visit before is prev (-1 for none, or after a depot stop).
func (m *Model) enter(r *Route, prev, v int32) int32 {
	if m.entry == nil || (prev >= 0 && m.building[prev] == m.building[v]) {
		return 0
	}
	return m.entry[r.kind][v]
}
