package geo

import (
	"fmt"
	"math"
	"slices"
)

// Bounds is a box between two parallels and two meridians, in degrees, with its edges. West > East means that the box
// crosses the antimeridian: {West: 170, East: -170} is 20 degrees wide. The whole earth is {-90, -180, 90, 180}. The zero
// value is the single point 0, 0.
type Bounds struct {
	South, West, North, East float64
}

// Valid says that both corners are valid points and South <= North.
func (b Bounds) Valid() bool {
	return b.southWest().Valid() && b.northEast().Valid() && b.South <= b.North
}

// Validate returns nil or an *InvalidError that names the field.
func (b Bounds) Validate() error {
	if e := b.southWest(); !e.Valid() {
		return e.fault().at("southWest")
	}
	if e := b.northEast(); !e.Valid() {
		return e.fault().at("northEast")
	}
	if b.South > b.North {
		return &InvalidError{Field: "south", Value: b.South, Want: fmt.Sprintf("at most north, which is %v", b.North)}
	}
	return nil
}

func (b Bounds) southWest() Point { return Point{Lat: b.South, Lon: b.West} }
func (b Bounds) northEast() Point { return Point{Lat: b.North, Lon: b.East} }

// CrossesAntimeridian says that the box contains longitudes on both sides of 180 degrees.
func (b Bounds) CrossesAntimeridian() bool { return b.West > b.East }

// WidthDegrees is the extent in longitude, in [0, 360].
func (b Bounds) WidthDegrees() float64 {
	if b.West > b.East {
		return b.East - b.West + 360
	}
	return b.East - b.West
}

// Center is the middle in degrees (not the middle by area); its longitude is in [-180, 180).
func (b Bounds) Center() Point {
	return Point{Lat: (b.South + b.North) / 2, Lon: wrapDegrees(b.West + b.WidthDegrees()/2)}
}

// Contains says that p lies in the box or on its edge. Longitudes -180 and 180 are the same meridian.
func (b Bounds) Contains(p Point) bool {
	return p.Lat >= b.South && p.Lat <= b.North && b.containsLon(p.Lon)
}

func (b Bounds) containsLon(lon float64) bool {
	if b.containsLonNumber(lon) {
		return true
	}
	return math.Abs(lon) == 180 && b.containsLonNumber(-lon)
}

func (b Bounds) containsLonNumber(lon float64) bool {
	if b.West > b.East {
		return lon >= b.West || lon <= b.East
	}
	return lon >= b.West && lon <= b.East
}

// Intersects says that the two boxes share at least one point, an edge or a corner included.
func (b Bounds) Intersects(o Bounds) bool {
	if b.South > o.North || o.South > b.North {
		return false
	}
	// Two arcs of a circle meet exactly when one of them contains the western end of the other.
	return b.containsLon(o.West) || o.containsLon(b.West)
}

// Split returns the one or two boxes with West <= East that together cover the same points; n is 1 or 2.
func (b Bounds) Split() (parts [2]Bounds, n int) {
	if b.West <= b.East {
		return [2]Bounds{b}, 1
	}
	west, east := b, b
	west.East, east.West = 180, -180
	return [2]Bounds{west, east}, 2
}

// BoundsOf is the smallest box that holds all points; of two equally narrow ones it takes the one that begins further
// west. It is false when there is no point. O(n log n) time, O(n) memory.
func BoundsOf(points ...Point) (Bounds, bool) {
	if len(points) == 0 {
		return Bounds{}, false
	}
	b := Bounds{South: points[0].Lat, North: points[0].Lat}
	lons := make([]float64, len(points))
	for i, p := range points {
		b.South, b.North = math.Min(b.South, p.Lat), math.Max(b.North, p.Lat)
		lons[i] = p.Lon
	}
	slices.Sort(lons)
	// The box is what the widest empty arc leaves: start with the arc across the antimeridian.
	last := len(lons) - 1
	b.West, b.East = lons[0], lons[last]
	widest := lons[0] + 360 - lons[last]
	for i := 1; i <= last; i++ {
		if gap := lons[i] - lons[i-1]; gap > widest {
			widest, b.West, b.East = gap, lons[i], lons[i-1]
		}
	}
	return b, true
}

// BoundsAround is a box that holds every point within radius of p (and more in its corners). A circle that contains a
// pole gives all longitudes. The radius must not be negative.
func BoundsAround(p Point, radius Meters) Bounds {
	// The margin of 1e-9 degrees (0.1 mm) keeps points that rounding puts just outside.
	const margin = 1e-9
	delta := float64(radius) / MetersPerDegree
	b := Bounds{South: math.Max(-90, p.Lat-delta-margin), North: math.Min(90, p.Lat+delta+margin), West: -180, East: 180}
	if b.South <= -90 || b.North >= 90 {
		return b
	}
	// Tangent meridians of a small circle: sin(dLon) = sin(delta) / cos(lat).
	dLon := degrees(math.Asin(math.Min(1, math.Sin(radians(delta))/math.Cos(radians(p.Lat))))) + margin
	if dLon >= 180 {
		return b
	}
	b.West, b.East = wrapDegrees(p.Lon-dLon), wrapDegrees(p.Lon+dLon)
	return b
}
