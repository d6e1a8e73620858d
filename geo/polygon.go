package geo

import (
	"fmt"
	"math"

	"github.com/paulmach/orb"
)

// Polygon is an area with holes. A ring may repeat its first point at the end or not, and may run either way round. Edges
// are straight in latitude and longitude, as in GeoJSON (RFC 7946, 3.1.1), and take the shorter way in longitude, so that
// a ring may cross the antimeridian; an edge that is 180 degrees wide or more needs a point in between. A ring that goes
// once around the earth encloses the pole that is nearer to its mean latitude.
type Polygon struct {
	Outer []Point
	Holes [][]Point
}

// Validate returns nil or an *InvalidError: an invalid point, or a ring with fewer than three different points. It does
// not look for rings that cross themselves; Contains treats those by the even-odd rule.
func (g Polygon) Validate() error {
	if err := validateRing("outer", g.Outer); err != nil {
		return err
	}
	for i, hole := range g.Holes {
		if err := validateRing(fmt.Sprintf("holes[%d]", i), hole); err != nil {
			return err
		}
	}
	return nil
}

func validateRing(field string, ring []Point) error {
	distinct := map[Point]bool{}
	for i, p := range ring {
		if !p.Valid() {
			return p.fault().at(fmt.Sprintf("%s[%d]", field, i))
		}
		if len(distinct) < 3 {
			distinct[p] = true
		}
	}
	if len(distinct) < 3 {
		return &InvalidError{Field: field, Value: fmt.Sprintf("a ring of %d different points", len(distinct)), Want: "at least 3"}
	}
	return nil
}

// Contains says that p lies in the outer ring and in no hole. The edges are half open in a way that makes a point on an
// edge or a corner shared by several polygons lie in exactly one of them, as long as they share the same corner points:
// territories that tile a city never both claim an address. O(n) time in the number of points, no allocation.
func (g Polygon) Contains(p Point) bool {
	if !ringContains(g.Outer, p) {
		return false
	}
	for _, hole := range g.Holes {
		if ringContains(hole, p) {
			return false
		}
	}
	return true
}

// ringContains counts the edges that cross the meridian of p between p and the north pole. The parity says whether p and
// the north pole are on different sides of the ring.
func ringContains(ring []Point, p Point) bool {
	if len(ring) < 3 {
		return false
	}
	inside := false
	turn, latSum := 0.0, 0.0
	a := ring[len(ring)-1]
	aLon := wrapDegrees(a.Lon - p.Lon)
	for _, b := range ring {
		bLon := wrapDegrees(b.Lon - p.Lon)
		latSum += b.Lat
		step := bLon - aLon
		turn += wrapDegrees(step)
		// Corners east of the meridian of p count as one side, the others as the other. An edge between the two sides
		// meets this meridian when it is less than half a turn wide and the opposite meridian otherwise.
		if (aLon > 0) != (bLon > 0) && math.Abs(step) < 180 && latAtMeridian(a, b, aLon, bLon) > p.Lat {
			inside = !inside
		}
		a, aLon = b, bLon
	}
	if math.Abs(turn) > 180 && latSum >= 0 { // once around, nearer to the north pole: that pole is inside
		inside = !inside
	}
	return inside
}

// latAtMeridian is where the edge meets longitude 0, given the longitudes of its ends relative to that meridian. It is
// computed from the western end whichever way the edge runs, so that both neighbours of an edge get the same number.
func latAtMeridian(a, b Point, aLon, bLon float64) float64 {
	if bLon < aLon {
		a, b, aLon, bLon = b, a, bLon, aLon
	}
	return a.Lat + (b.Lat-a.Lat)*(-aLon/(bLon-aLon))
}

// Bounds is the smallest box that holds the outer ring, or false when there is no point. A polygon that encloses a pole
// reaches to the pole and around the earth.
func (g Polygon) Bounds() (Bounds, bool) {
	if len(g.Outer) == 0 {
		return Bounds{}, false
	}
	// Unrolled longitudes: the ring is followed the short way, so its width can exceed that of its points.
	west, east := g.Outer[0].Lon, g.Outer[0].Lon
	b := Bounds{South: 90, North: -90}
	lon, latSum := west, 0.0
	for i, p := range g.Outer {
		b.South, b.North = math.Min(b.South, p.Lat), math.Max(b.North, p.Lat)
		latSum += p.Lat
		next := g.Outer[(i+1)%len(g.Outer)]
		lon += wrapDegrees(next.Lon - p.Lon)
		west, east = math.Min(west, lon), math.Max(east, lon)
	}
	switch {
	case math.Abs(lon-g.Outer[0].Lon) > 180 && latSum >= 0:
		return Bounds{South: b.South, West: -180, North: 90, East: 180}, true
	case math.Abs(lon-g.Outer[0].Lon) > 180:
		return Bounds{South: -90, West: -180, North: b.North, East: 180}, true
	case east-west >= 360:
		b.West, b.East = -180, 180
	default:
		b.West, b.East = keepOrWrap(west), keepOrWrap(east)
	}
	return b, true
}

// keepOrWrap leaves a longitude that is already valid as it is, 180 included.
func keepOrWrap(lon float64) float64 {
	if lon >= -180 && lon <= 180 {
		return lon
	}
	return wrapDegrees(lon)
}

// Orb returns closed rings in the [lon, lat] order of GeoJSON, for encoders only.
func (g Polygon) Orb() orb.Polygon {
	o := make(orb.Polygon, 0, 1+len(g.Holes))
	o = append(o, orbRing(g.Outer))
	for _, hole := range g.Holes {
		o = append(o, orbRing(hole))
	}
	return o
}

func orbRing(ring []Point) orb.Ring {
	r := make(orb.Ring, 0, len(ring)+1)
	for _, p := range ring {
		r = append(r, p.Orb())
	}
	if len(ring) > 0 && ring[0] != ring[len(ring)-1] {
		r = append(r, ring[0].Orb())
	}
	return r
}

// PolygonFromOrb reads rings that a GeoJSON decoder produced and validates the result. The first ring is the outer one.
func PolygonFromOrb(o orb.Polygon) (Polygon, error) {
	var g Polygon
	for i, ring := range o {
		points := make([]Point, 0, len(ring))
		for _, p := range ring {
			points = append(points, PointFromOrb(p))
		}
		if n := len(points); n > 1 && points[0] == points[n-1] {
			points = points[:n-1]
		}
		if i == 0 {
			g.Outer = points
		} else {
			g.Holes = append(g.Holes, points)
		}
	}
	if err := g.Validate(); err != nil {
		return Polygon{}, fmt.Errorf("read polygon: %w", err)
	}
	return g, nil
}
