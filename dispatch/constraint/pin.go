package constraint

import "fettle/dispatch"

// compilePin tabulates the pinned order.
func (m *Model) compilePin(i int32, v *dispatch.Visit) {
	ranked := v.Pin != nil && v.Pin.Rank != 0
	if ranked && m.rank == nil {
		m.rank, m.adjacent = make([]int32, m.Visits), make([]bool, m.Visits)
	}
	switch {
	case ranked:
		m.rank[i], m.adjacent[i] = v.Pin.Rank, v.Pin.Adjacent
	case m.rank != nil:
		m.rank[i], m.adjacent[i] = 0, false
	}
}

// Rank is the pinned order of a visit, 0 for free, and whether nothing may come between it and the rank before.
func (m *Model) Rank(v int32) (rank int32, adjacent bool) {
	if m.rank == nil {
		return 0, false
	}
	return m.rank[v], m.adjacent[v]
}

// orderKept tests the pinned order of a whole route: ranks rise, and an adjacent visit follows the rank before at once (or
// starts the route). It returns the first stop that breaks it, or -1.
func (m *Model) orderKept(stops []int32) int {
	last := int32(0)
	for i, v := range stops {
		if v >= m.Visits || m.rank[v] == 0 {
			continue
		}
		if m.rank[v] < last {
			return i
		}
		if m.adjacent[v] && i > 0 && (stops[i-1] >= m.Visits || m.rank[stops[i-1]] == 0) {
			return i
		}
		last = m.rank[v]
	}
	return -1
}
