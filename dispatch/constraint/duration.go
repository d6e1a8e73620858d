package constraint

import "fettle/dispatch"

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
