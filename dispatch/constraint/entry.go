package constraint

// compileBuildings numbers the buildings: visits that share one pay its entry time once when they follow each other. A
// visit without a building shares only with visits at its own place.
func (m *Model) compileBuildings() {
	named := map[string]int32{}
	m.building = make([]int32, m.Visits)
	for i := range m.Problem.Visits {
		v := &m.Problem.Visits[i]
		if v.Building == "" {
			m.building[i] = v.Place
			continue
		}
		id, ok := named[v.Building]
		if !ok {
			id = int32(len(m.Problem.Places) + len(named))
			named[v.Building] = id
		}
		m.building[i] = id
	}
}

// compileDurations tabulates on-site and entry times by kind of technician. Kind 0 is everybody else.
func (m *Model) compileDurations() {
	m.kinds = map[string]int32{"": 0}
	for i := range m.Problem.Technicians {
		k := m.Problem.Technicians[i].Kind
		if _, ok := m.kinds[k]; !ok {
			m.kinds[k] = int32(len(m.kinds))
		}
	}
	m.onSite = make([][]int32, len(m.kinds))
	entry := make([][]int32, len(m.kinds))
	some := false
	for name, k := range m.kinds {
		m.onSite[k], entry[k] = make([]int32, m.Visits), make([]int32, m.Visits)
		for i := range m.Problem.Visits {
			v := &m.Problem.Visits[i]
			work, enter := v.OnSite, v.Entry
			if t, ok := v.OnSiteBy[name]; ok {
				work = t
			}
			if t, ok := v.EntryBy[name]; ok {
				enter = t
			}
			m.onSite[k][i], entry[k][i] = int32(work), int32(enter)
			some = some || enter > 0
		}
	}
	if some {
		m.entry = entry
	}
}

// enter is the entry time of visit v on a route when the visit before is prev (-1 for none, or after a depot stop).
func (m *Model) enter(r *Route, prev, v int32) int32 {
	if m.entry == nil || (prev >= 0 && m.building[prev] == m.building[v]) {
		return 0
	}
	return m.entry[r.kind][v]
}
