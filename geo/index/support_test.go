package index_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"fettle/geo"
	"fettle/geo/index"
)

// object is what the linear scans of the tests know about an object.
type object struct {
	point  geo.Point
	skills uint64
}

// scan is the definition of a right answer: all objects by distance, then number, cut at k.
func scan(objects map[int32]object, q geo.Point, k int, f index.Filter) []index.Neighbor {
	found := []index.Neighbor{}
	for id, o := range objects {
		d := geo.DistanceHaversine(q, o.point)
		if o.skills&f.Skills != f.Skills || f.Radius > 0 && d > f.Radius || f.Keep != nil && !f.Keep(id) {
			continue
		}
		found = append(found, index.Neighbor{ID: id, Distance: d})
	}
	slices.SortFunc(found, func(a, b index.Neighbor) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.ID, b.ID))
	})
	if k > 0 && len(found) > k {
		found = found[:k]
	}
	return found
}

// centers are the places where a flat grid could go wrong, and an ordinary one.
var centers = []geo.Point{
	{Lat: 30.27, Lon: 120.15},
	{Lat: -18, Lon: 180},
	{Lat: 65, Lon: -179.999},
	{Lat: 90, Lon: 0},
	{Lat: -90, Lon: 77},
	{Lat: 89.9, Lon: 179},
	{Lat: 0, Lon: 0},
}

// drawPlace draws near one of the centers at a random scale, or anywhere; a coarse raster makes ties likely.
func drawPlace(t *rapid.T, center geo.Point) geo.Point {
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		return geo.Point{Lat: rapid.Float64Range(-90, 90).Draw(t, "lat"), Lon: rapid.Float64Range(-180, 180).Draw(t, "lon")}
	case 1:
		return geo.Point{
			Lat: float64(rapid.SampledFrom([]int{-90, -45, 0, 45, 90}).Draw(t, "rasterLat")),
			Lon: float64(rapid.SampledFrom([]int{-180, -90, 0, 90, 180}).Draw(t, "rasterLon")),
		}
	case 2:
		return center
	}
	scale := rapid.SampledFrom([]float64{1, 300, 5_000, 100_000, 3_000_000}).Draw(t, "scale")
	reach := geo.Meters(scale * rapid.Float64Range(0, 1).Draw(t, "reach"))
	return geo.Destination(center, float64(rapid.IntRange(0, 359).Draw(t, "bearing")), reach)
}

// cityPoints are n uniform points in a square of side meters, the same for every call.
func cityPoints(tb testing.TB, n int, sideMeters float64) []geo.Point {
	tb.Helper()
	random := rand.New(rand.NewPCG(11, 12))
	points := make([]geo.Point, n)
	for i := range points {
		points[i] = cityPoint(random, sideMeters)
	}
	return points
}

func cityPoint(random *rand.Rand, sideMeters float64) geo.Point {
	center := geo.Point{Lat: 31.2, Lon: 121.5}
	p := geo.Destination(center, 90, geo.Meters((random.Float64()-0.5)*sideMeters))
	return geo.Destination(p, 0, geo.Meters((random.Float64()-0.5)*sideMeters))
}
