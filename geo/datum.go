package geo

import "math"

// Datum names the system that the numbers of a coordinate are in. It belongs to coordinates at the edge of the program
// (imports, map providers, phones); inside everything is WGS-84. The zero value means "not set" and is not Valid.
type Datum string

const (
	// WGS84 is the datum of GPS and of OpenStreetMap.
	WGS84 Datum = "WGS84"
	// GCJ02 is the shifted datum that Chinese law asks of public maps (Amap, Tencent, Google in China): 100 to 700 m off.
	GCJ02 Datum = "GCJ02"
	// BD09 is Baidu's datum: GCJ-02 shifted once more by about 1 km.
	BD09 Datum = "BD09"
)

// Valid says that d is one of the three known datums.
func (d Datum) Valid() bool { return d == WGS84 || d == GCJ02 || d == BD09 }

// ToWGS84 converts p, whose numbers are in d, to WGS-84. It returns an *InvalidError for an invalid point or datum.
//
// It inverts FromWGS84 numerically: the round trip in either direction is exact to 1 mm everywhere. The commonly used
// one-step inverse is up to 2 m off.
func ToWGS84(p Point, d Datum) (Point, error) {
	if err := checkDatum(p, d); err != nil {
		return Point{}, err
	}
	if d == WGS84 || chinaWeight(p) == 0 && !nearChinaOutline(p) {
		return p, nil
	}
	// Fixed point of w = p - shift(w). shift is Lipschitz with a constant below 0.2 (its own slope is below 0.01, and that
	// of the taper is the largest shift, 1.5 km, over taperMeters), so each round removes at least four fifths of the error.
	const (
		mostRounds = 40
		enough     = 1e-10 // degrees, 0.01 mm
	)
	w := p
	for range mostRounds {
		q := shifted(w, d)
		dLat, dLon := p.Lat-q.Lat, p.Lon-q.Lon
		w.Lat, w.Lon = w.Lat+dLat, w.Lon+dLon
		if math.Abs(dLat) < enough && math.Abs(dLon) < enough {
			break
		}
	}
	return w, nil
}

// FromWGS84 converts a WGS-84 point to d. It returns an *InvalidError for an invalid point or datum.
//
// Outside China both Chinese datums equal WGS-84. No public text says where exactly the shift ends; here it falls
// linearly to zero within 10 km of chinaOutline, all of it at least 5 km outside the land border and the coast, so that the
// conversion is continuous and can be inverted everywhere. Libraries that test a rectangle instead shift Seoul and Hanoi too.
func FromWGS84(p Point, d Datum) (Point, error) {
	if err := checkDatum(p, d); err != nil {
		return Point{}, err
	}
	return shifted(p, d), nil
}

func checkDatum(p Point, d Datum) error {
	if !d.Valid() {
		return &InvalidError{Field: "datum", Value: string(d), Want: "WGS84, GCJ02 or BD09"}
	}
	return p.Validate()
}

func shifted(w Point, d Datum) Point {
	if d == WGS84 {
		return w
	}
	weight := chinaWeight(w)
	if weight == 0 {
		return w
	}
	dLat, dLon := gcjShift(w)
	q := Point{Lat: w.Lat + weight*dLat, Lon: w.Lon + weight*dLon}
	if d == BD09 {
		dLat, dLon = baiduShift(q)
		q.Lat, q.Lon = q.Lat+weight*dLat, q.Lon+weight*dLon
	}
	return q
}

// gcjShift is the published approximation of the shift from WGS-84 to GCJ-02, in degrees. It first appeared as eviltransform
// (2013); constants are the semi-major axis in metres and the squared eccentricity of the Krasovsky 1940 ellipsoid.
func gcjShift(w Point) (dLat, dLon float64) {
	const (
		semiMajor = 6378245.0
		ee        = 0.00669342162296594323
	)
	x, y := w.Lon-105, w.Lat-35
	root := math.Sqrt(math.Abs(x))
	common := 20*math.Sin(6*x*math.Pi) + 20*math.Sin(2*x*math.Pi)
	north := -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*root
	north += (common + 20*math.Sin(y*math.Pi) + 40*math.Sin(y/3*math.Pi) + 160*math.Sin(y/12*math.Pi) + 320*math.Sin(y*math.Pi/30)) * 2 / 3
	east := 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*root
	east += (common + 20*math.Sin(x*math.Pi) + 40*math.Sin(x/3*math.Pi) + 150*math.Sin(x/12*math.Pi) + 300*math.Sin(x/30*math.Pi)) * 2 / 3
	sinLat := math.Sin(radians(w.Lat))
	magic := 1 - ee*sinLat*sinLat
	dLat = degrees(north / (semiMajor * (1 - ee) / (magic * math.Sqrt(magic))))
	dLon = degrees(east / (semiMajor / math.Sqrt(magic) * math.Cos(radians(w.Lat))))
	return dLat, dLon
}

// baiduShift is the published approximation of the shift from GCJ-02 to BD-09, in degrees.
func baiduShift(g Point) (dLat, dLon float64) {
	const frequency = math.Pi * 3000 / 180
	r := math.Hypot(g.Lon, g.Lat) + 0.00002*math.Sin(g.Lat*frequency)
	theta := math.Atan2(g.Lat, g.Lon) + 0.000003*math.Cos(g.Lon*frequency)
	return r*math.Sin(theta) + 0.006 - g.Lat, r*math.Cos(theta) + 0.0065 - g.Lon
}

// taperMeters is the width of the strip inside chinaOutline in which the shift falls to zero.
const taperMeters = 10_000

// chinaWeight is the share of the shift that applies: 1 in China, 0 outside of the outline.
func chinaWeight(p Point) float64 {
	if p.Lat < 17 || p.Lat > 55 || p.Lon < 72 || p.Lon > 136 || !ringContains(chinaOutline, p) {
		return 0
	}
	return math.Min(1, outlineDistance(p)/taperMeters)
}

// nearChinaOutline says that a shifted point outside of the outline could stem from a point inside.
func nearChinaOutline(p Point) bool {
	const farthestShift = 5_000 // metres; the largest is below 2,000
	return p.Lat > 16 && p.Lat < 56 && p.Lon > 71 && p.Lon < 137 && outlineDistance(p) < farthestShift
}

// outlineDistance is the distance in metres to chinaOutline, in the plane that is true to scale at p: exact enough for a
// taper, and continuous in p, which is what the inverse needs.
func outlineDistance(p Point) float64 {
	stretch := math.Cos(radians(p.Lat))
	least := math.Inf(1)
	a := chinaOutline[len(chinaOutline)-1]
	for _, b := range chinaOutline {
		least = math.Min(least, squaredToSegment((a.Lon-p.Lon)*stretch, a.Lat-p.Lat, (b.Lon-p.Lon)*stretch, b.Lat-p.Lat))
		a = b
	}
	return MetersPerDegree * math.Sqrt(least)
}

// squaredToSegment is the squared distance from the origin to the segment from (ax, ay) to (bx, by).
func squaredToSegment(ax, ay, bx, by float64) float64 {
	dx, dy := bx-ax, by-ay
	t := 0.0
	if length := dx*dx + dy*dy; length > 0 {
		t = math.Max(0, math.Min(1, -(ax*dx+ay*dy)/length))
	}
	x, y := ax+t*dx, ay+t*dy
	return x*x + y*y
}
