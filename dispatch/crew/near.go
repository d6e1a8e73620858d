package crew

import (
	"cmp"
	"slices"
)

// neighbours is how many neighbours of a visit moves look at. waitWeight and lateWeight are what a tick of waiting or
// lateness that no plan avoids counts against one of travel in their order.
const (
	neighbours = 40
	waitWeight = 0.2
	lateWeight = 1.0
)

// nearest lists for each visit those that go well before or after it: little travel, little waiting. Its crew is not among
// them. O(visits^2 log visits).
func nearest(s *search) [][]int32 {
	out := make([][]int32, s.n)
	if s.r == 0 {
		return out
	}
	type scored struct {
		v     int32
		score float64
	}
	all := make([]scored, 0, s.n)
	for v := int32(0); v < s.n; v++ {
		all = all[:0]
		for u := int32(0); u < s.n; u++ {
			if u != v && s.head[u] != s.head[v] {
				all = append(all, scored{u, min(s.badness(u, v), s.badness(v, u))})
			}
		}
		slices.SortFunc(all, func(a, b scored) int { return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.v, b.v)) })
		for _, x := range all[:min(neighbours, len(all))] {
			out[v] = append(out[v], x.v)
		}
	}
	return out
}

// badness is what there is against serving v right after u.
func (s *search) badness(u, v int32) float64 {
	leg := float64(s.leg(0, u, v))
	latest := float64(min(s.last[u], s.due[u])) + float64(s.work[u]) + leg
	soonest := float64(s.first[u]) + float64(s.work[u]) + leg
	wait := max(float64(s.first[v])-latest, 0)
	late := max(soonest-float64(min(s.last[v], s.due[v])), 0)
	return leg + waitWeight*wait + lateWeight*late
}
