package constraint

import "fettle/dispatch"

// compileLateness tabulates due instants and tiers. A visit whose tier has no steps is never late.
func (m *Model) compileLateness() {
	policy := &m.Problem.Policy
	index := map[string]int32{}
	for k := range policy.Tiers {
		index[policy.Tiers[k].Name] = int32(k)
	}
	for i := range m.Problem.Visits {
		v := &m.Problem.Visits[i]
		m.due[i], m.tier[i] = far, -1
		name := v.Tier
		if name == "" {
			name = policy.DefaultTier
		}
		k, ok := index[name]
		if v.Due == dispatch.NoTick {
			continue
		}
		m.due[i] = int32(v.Due)
		if ok && len(policy.Tiers[k].Steps) > 0 {
			m.tier[i], m.lateness = k, true
		}
	}
}

// late is the cost of starting visit v at t.
func (m *Model) late(v, t int32) int64 {
	if t <= m.due[v] || m.tier[v] < 0 {
		return 0
	}
	return m.Problem.Policy.Tiers[m.tier[v]].Cost(dispatch.Tick(t - m.due[v]))
}
