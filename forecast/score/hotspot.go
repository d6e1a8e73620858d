package score

import (
	"cmp"
	"math"
	"slices"
)

// Hotspot says how well the places with the highest forecasts catch the events.
type Hotspot struct {
	Share float64 // share of places that were picked
	Hit   float64 // share of events in them
	PAI   float64 // prediction accuracy index: hit over the share of area (places are taken as equally large)
	PEI   float64 // prediction efficiency index: hits over the best possible with as many places
}

// Hotspots picks the given share of places with the highest mean in each bucket, pooled over buckets. means and counts are
// [bucket][place]; ties go to the earlier place.
func Hotspots(means [][]float64, counts [][]int, share float64) Hotspot {
	h := Hotspot{}
	hits, best, all := 0, 0, 0
	for t := range means {
		places := len(means[t])
		pick := max(1, int(math.Ceil(float64(places)*share-1e-9)))
		ranked := ranking(means[t])
		sorted := slices.Clone(counts[t])
		slices.SortFunc(sorted, func(a, b int) int { return b - a })
		for i := range pick {
			hits += counts[t][ranked[i]]
			best += sorted[i]
		}
		for _, n := range counts[t] {
			all += n
		}
		h.Share = float64(pick) / float64(places)
	}
	if all == 0 || best == 0 {
		return Hotspot{Share: h.Share}
	}
	h.Hit = float64(hits) / float64(all)
	h.PAI = h.Hit / h.Share
	h.PEI = float64(hits) / float64(best)
	return h
}

// ranking orders places from the highest mean down.
func ranking(means []float64) []int {
	order := make([]int, len(means))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(means[b], means[a]) })
	return order
}

// Gain is the gain curve: the share of events caught by the 1st, 2nd, ... n-th best place of each bucket, pooled. The last
// value is 1; nil when there were no events.
func Gain(means [][]float64, counts [][]int) []float64 {
	var curve []float64
	all := 0.0
	for t := range means {
		if curve == nil {
			curve = make([]float64, len(means[t]))
		}
		for rank, place := range ranking(means[t]) {
			curve[rank] += float64(counts[t][place])
			all += float64(counts[t][place])
		}
	}
	if all == 0 {
		return nil
	}
	sum := 0.0
	for i := range curve {
		sum += curve[i]
		curve[i] = sum / all
	}
	return curve
}
