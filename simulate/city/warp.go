package city

import (
	"math"
	"math/rand/v2"

	"fettle/geo"
)

// xy is a place in metres: on the sheet (x along the river, y away from it, negative beyond the bank) or in the plane of
// the map (x east, y north of its centre). Functions say which.
type xy struct{ x, y float64 }

func (a xy) add(b xy) xy             { return xy{a.x + b.x, a.y + b.y} }
func (a xy) sub(b xy) xy             { return xy{a.x - b.x, a.y - b.y} }
func (a xy) mul(k float64) xy        { return xy{a.x * k, a.y * k} }
func (a xy) length() float64         { return math.Sqrt(a.x*a.x + a.y*a.y) }
func (a xy) cross(b xy) float64      { return a.x*b.y - a.y*b.x }
func (a xy) unit() xy                { return a.mul(1 / max(a.length(), 1e-9)) }
func (a xy) left() xy                { return xy{-a.y, a.x} }
func lerp(a, b xy, t float64) xy     { return xy{a.x + (b.x-a.x)*t, a.y + (b.y-a.y)*t} }
func mix(a, b, t float64) float64    { return a + (b-a)*t }
func distance(a, b xy) float64       { return a.sub(b).length() }
func square(v float64) float64       { return v * v }
func between(v, lo, hi float64) bool { return v >= lo && v <= hi }

// The frame of the map: six by seven kilometres.
const (
	southLat, northLat = 30.168, 30.222
	westLon, eastLon   = 120.168, 120.242
	centerLat          = (southLat + northLat) / 2
	centerLon          = (westLon + eastLon) / 2
)

// The bend of the river, chosen by eye. In the middle of the map the bank lies bankBase + bankBulge north-west of the
// centre, and falls back to bankBase at bankReach along the river on either side. Inland the bend fades over bankFade.
const (
	chordDegrees = 40.0
	bankBase     = 150.0
	bankBulge    = 1500.0
	bankReach    = 4500.0
	bankFade     = 4500.0
	fanPerMeter  = 0.05 / 1000 // streets that lead inland close up by this
	riverWidth   = 1080.0
)

// wave is one smooth displacement of the sheet.
type wave struct{ kx, ky, phase, dx, dy float64 }

// warp bends the sheet into the plane of the map.
type warp struct {
	cos, sin float64
	waves    []wave
	lonScale float64 // metres a degree of longitude
	half     xy      // half the map
}

// newWarp draws the waves.
func newWarp(r *rand.Rand) *warp {
	w := &warp{
		cos: math.Cos(chordDegrees * math.Pi / 180), sin: math.Sin(chordDegrees * math.Pi / 180),
		lonScale: geo.MetersPerDegree * math.Cos(centerLat*math.Pi/180),
	}
	const frame = 0.05 // metres kept from the edge, so that rounding does not cross it
	w.half = xy{(eastLon-westLon)/2*w.lonScale - frame, (northLat-southLat)/2*geo.MetersPerDegree - frame}
	for range 6 {
		length, angle, push := mix(2000, 4500, r.Float64()), 2*math.Pi*r.Float64(), 2*math.Pi*r.Float64()
		k, amplitude := 2*math.Pi/length, length*0.017
		w.waves = append(w.waves, wave{
			kx: k * math.Cos(angle), ky: k * math.Sin(angle), phase: 2 * math.Pi * r.Float64(),
			dx: amplitude * math.Cos(push), dy: amplitude * math.Sin(push),
		})
	}
	return w
}

// plane moves a place on the sheet to the plane of the map.
func (w *warp) plane(p xy) xy {
	along, inland := p.x, p.y
	bend := max(1-square(along/bankReach), -1.3) * math.Exp(-inland/bankFade)
	s, n := along*(1-fanPerMeter*inland), bankBase+bankBulge*bend-inland
	for _, v := range w.waves {
		d := math.Sin(v.kx*along + v.ky*inland + v.phase)
		s, n = s+v.dx*d, n+v.dy*d
	}
	return xy{s*w.cos - n*w.sin, s*w.sin + n*w.cos}
}

// planes moves a line on the sheet to the plane, with points in between at most step metres apart.
func (w *warp) planes(line []xy, step float64) []xy {
	var out []xy
	for i := 1; i < len(line); i++ {
		n := max(int(math.Ceil(distance(line[i-1], line[i])/step)), 1)
		for k := range n {
			out = append(out, w.plane(lerp(line[i-1], line[i], float64(k)/float64(n))))
		}
	}
	if len(line) > 0 {
		out = append(out, w.plane(line[len(line)-1]))
	}
	return out
}

// inside says that a place of the plane is on the map.
func (w *warp) inside(p xy) bool { return math.Abs(p.x) <= w.half.x && math.Abs(p.y) <= w.half.y }

// point gives the coordinates of a place of the plane.
func (w *warp) point(p xy) geo.Point {
	return geo.Point{Lat: centerLat + p.y/geo.MetersPerDegree, Lon: centerLon + p.x/w.lonScale}
}

// place is the inverse of point.
func (w *warp) place(p geo.Point) xy {
	return xy{(p.Lon - centerLon) * w.lonScale, (p.Lat - centerLat) * geo.MetersPerDegree}
}

// points gives the coordinates of places of the plane.
func (w *warp) points(ps []xy) []geo.Point {
	out := make([]geo.Point, len(ps))
	for i, p := range ps {
		out[i] = w.point(p)
	}
	return out
}
