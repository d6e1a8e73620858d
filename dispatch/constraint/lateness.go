package constraint

import "fettle/dispatch"

// nameTiers numbers the lateness tiers.
func (m *Model) nameTiers() {
	m.tiers = map[string]int32{}
	for k := range m.Problem.Policy.Tiers {
		m.tiers[m.Problem.Policy.Tiers[k].Name] = int32(k)
	}
}

// compileLateness tabulates due instant and tier. A visit whose tier has no steps costs nothing when late.
func (m *Model) compileLateness(i int32, v *dispatch.Visit) {
	m.due[i], m.tier[i], m.by[i] = far, -1, far
	if v.Due == dispatch.NoTick {
		return
	}
	m.due[i] = int32(v.Due)
	if m.Problem.Policy.MaxLateness != 0 {
		m.by[i] = m.due[i]
	}
	name := v.Tier
	if name == "" {
		name = m.Problem.Policy.DefaultTier
	}
	if k, ok := m.tiers[name]; ok && len(m.Problem.Policy.Tiers[k].Steps) > 0 {
		m.tier[i], m.by[i], m.lateness = k, m.due[i], true
	}
}

// late is the cost of starting visit v at t: lateness, and a promised start that is moved.
func (m *Model) late(v, t int32) int64 {
	moved := m.moved(v, t)
	if t <= m.due[v] || m.tier[v] < 0 {
		return moved
	}
	return moved + m.Problem.Policy.Tiers[m.tier[v]].Cost(dispatch.Tick(t-m.due[v]))
}
