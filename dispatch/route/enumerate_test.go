package route_test

import (
	"testing"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
)

// enumerate is the least cost over all ways to give each visit to a route or nobody, all orders, and all places of depot
// stops (at most one a route).
func enumerate(t *testing.T, p *dispatch.Problem) int64 {
	t.Helper()
	m, err := constraint.New(p)
	if err != nil {
		t.Fatal(err)
	}
	n := int(m.Visits)
	w := m.NewWalker()
	// best[r][set] is the least cost of route r with exactly the visits of the set.
	best := make([][]int64, len(m.Routes))
	for r := range m.Routes {
		best[r] = make([]int64, 1<<n)
		for set := range best[r] {
			best[r][set] = bestOrder(m, w, &m.Routes[r], set, n)
		}
	}
	least := int64(-1)
	var give func(r, left int, cost int64)
	give = func(r, left int, cost int64) {
		if r == len(m.Routes) {
			for v := range n {
				if left&(1<<v) != 0 {
					cost += m.Unserved(int32(v))
				}
			}
			if least < 0 || cost < least {
				least = cost
			}
			return
		}
		for set := left; ; set = (set - 1) & left {
			if best[r][set] >= 0 {
				give(r+1, left&^set, cost+best[r][set])
			}
			if set == 0 {
				return
			}
		}
	}
	give(0, 1<<n-1, 0)
	return least
}

func bestOrder(m *constraint.Model, w *constraint.Walker, r *constraint.Route, set, n int) int64 {
	least := int64(-1)
	var stops []int32
	price := func(stops []int32) {
		if c, ok := w.Cost(r, stops); ok && (least < 0 || c < least) {
			least = c
		}
	}
	var extend func(left int)
	extend = func(left int) {
		if left == 0 {
			price(stops)
			if len(r.Depots) > 0 && len(stops) > 0 {
				for i := 0; i <= len(stops); i++ {
					with := append(append(append([]int32(nil), stops[:i]...), m.Visits), stops[i:]...)
					price(with)
				}
			}
			return
		}
		for v := range n {
			if left&(1<<v) != 0 && m.Allowed(r.Class, int32(v)) {
				stops = append(stops, int32(v))
				extend(left &^ (1 << v))
				stops = stops[:len(stops)-1]
			}
		}
	}
	extend(set)
	return least
}
