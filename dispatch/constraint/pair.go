package constraint

// compilePairs links the two visits of each pair.
func (m *Model) compilePairs() {
	p := m.Problem
	if len(p.Pairs) == 0 {
		return
	}
	m.partner, m.second = make([]int32, m.Visits), make([]bool, m.Visits)
	for i := range m.partner {
		m.partner[i] = -1
	}
	for _, pair := range p.Pairs {
		m.partner[pair.First], m.partner[pair.Second] = pair.Second, pair.First
		m.second[pair.Second] = true
		if pair.Amount != nil {
			if m.carried == nil {
				m.carried = make([]int32, int(m.Visits)*m.dims)
			}
			copy(m.carried[int(pair.First)*m.dims:], pair.Amount)
		}
	}
}

// Partner is the other visit of a pair and whether v is the second of the two; -1 when v stands alone.
func (m *Model) Partner(v int32) (other int32, second bool) {
	if m.partner == nil {
		return -1, false
	}
	return m.partner[v], m.second[v]
}
