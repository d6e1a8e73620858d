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

// nameKinds numbers the kinds of technician. Kind 0 is everybody else.
func (m *Model) nameKinds() {
	m.kinds = map[string]int32{"": 0}
	for i := range m.Problem.Technicians {
		k := m.Problem.Technicians[i].Kind
		if _, ok := m.kinds[k]; !ok {
			m.kinds[k] = int32(len(m.kinds))
		}
	}
	m.onSite = make([][]int32, len(m.kinds))
}

// compileDurations tabulates on-site and entry times by kind of technician.
func (m *Model) compileDurations(i int32, v *dispatch.Visit) {
	for name, k := range m.kinds {
		work, enter := v.OnSite, v.Entry
		if t, ok := v.OnSiteBy[name]; ok {
			work = t
		}
		if t, ok := v.EntryBy[name]; ok {
			enter = t
		}
		m.onSite[k][i] = int32(work)
		if enter > 0 && m.entry == nil {
			m.entry = make([][]int32, len(m.kinds))
			for e := range m.entry {
				m.entry[e] = make([]int32, m.Visits)
			}
		}
		if m.entry != nil {
			m.entry[k][i] = int32(enter)
		}
	}
}

// enter is the entry time of visit v on a route when the visit before is prev (-1 for none, or after a depot stop).
func (m *Model) enter(r *Route, prev, v int32) int32 {
	if m.entry == nil || (prev >= 0 && m.building[prev] == m.building[v]) {
		return 0
	}
	return m.entry[r.kind][v]
}
