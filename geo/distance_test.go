package geo_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"fettle/geo"
)

// drawPoint favours the places where geography breaks: poles, the antimeridian, the equator and the zero meridian.
func drawPoint(t *rapid.T, label string) geo.Point {
	lat := rapid.OneOf(rapid.Float64Range(-90, 90), rapid.SampledFrom([]float64{-90, -89.999, 0, 89.999, 90})).Draw(t, label+".lat")
	lon := rapid.OneOf(rapid.Float64Range(-180, 180), rapid.SampledFrom([]float64{-180, -179.999, 0, 179.999, 180})).Draw(t, label+".lon")
	return geo.Point{Lat: lat, Lon: lon}
}

func TestDistanceHaversine(t *testing.T) {
	t.Parallel()
	degree := math.Pi / 180 * geo.EarthRadiusMeters // 111,195.08 m
	tests := []struct {
		name string
		a, b geo.Point
		want float64
	}{
		{"same place", geo.Point{Lat: 31, Lon: 121}, geo.Point{Lat: 31, Lon: 121}, 0},
		{"one degree of latitude", geo.Point{Lat: 10}, geo.Point{Lat: 11}, degree},
		{"one degree along the equator across the antimeridian", geo.Point{Lon: 179.5}, geo.Point{Lon: -179.5}, degree},
		{"both names of the antimeridian", geo.Point{Lat: 5, Lon: 180}, geo.Point{Lat: 5, Lon: -180}, 0},
		{"all longitudes meet at the pole", geo.Point{Lat: 90, Lon: 10}, geo.Point{Lat: 90, Lon: -120}, 0},
		{"over the pole: 1 + 2 degrees", geo.Point{Lat: 89, Lon: 0}, geo.Point{Lat: 88, Lon: 180}, 3 * degree},
		{"half way round", geo.Point{Lat: 0, Lon: 0}, geo.Point{Lat: 0, Lon: 180}, 180 * degree},
		// h = sin2(30) + cos(0) cos(60) sin2(45) = 0.25 + 0.25 = 0.5, so the angle is 2 asin(sqrt 0.5) = 90 degrees.
		{"a right angle", geo.Point{Lat: 0, Lon: 0}, geo.Point{Lat: 60, Lon: 90}, 90 * degree},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := float64(geo.DistanceHaversine(tt.a, tt.b)); math.Abs(got-tt.want) > 1e-6 {
				t.Errorf("distance = %.9f, want %.9f", got, tt.want)
			}
		})
	}
}

func TestDistanceIsAMetric(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawPoint(t, "a"), drawPoint(t, "b"), drawPoint(t, "c")
		ab, ba, bc, ac := geo.DistanceHaversine(a, b), geo.DistanceHaversine(b, a), geo.DistanceHaversine(b, c), geo.DistanceHaversine(a, c)
		if ab != ba {
			t.Fatalf("not symmetric: %v and %v", ab, ba)
		}
		// 0.3 m covers the flat arc sine at antipodal points.
		if ac > ab+bc+0.3 {
			t.Fatalf("triangle: %v > %v + %v", ac, ab, bc)
		}
		if ab < 0 || float64(ab) > math.Pi*geo.EarthRadiusMeters {
			t.Fatalf("distance %v is out of range", ab)
		}
	})
}

// The bounds are those that the comment of DistanceEquirect promises.
func TestDistanceEquirectErrorBound(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, tt := range []struct{ rangeMeters, bound float64 }{{50e3, 2.5e-5}, {250e3, 6e-4}, {1000e3, 1e-2}} {
		worst := 0.0
		for range 50_000 {
			a := geo.Point{Lat: random.Float64()*140 - 70, Lon: random.Float64()*360 - 180}
			b := geo.Destination(a, random.Float64()*360, geo.Meters((0.01+0.99*random.Float64())*tt.rangeMeters))
			if math.Abs(b.Lat) > 70 {
				continue
			}
			exact := float64(geo.DistanceHaversine(a, b))
			worst = math.Max(worst, math.Abs(float64(geo.DistanceEquirect(a, b))-exact)/exact)
		}
		t.Logf("up to %.0f km: largest relative error %.2g", tt.rangeMeters/1000, worst)
		if worst > tt.bound {
			t.Errorf("up to %.0f km the error is %.3g, promised %g", tt.rangeMeters/1000, worst, tt.bound)
		}
	}
	if d := geo.DistanceEquirect(geo.Point{Lon: 179.9}, geo.Point{Lon: -179.9}); math.Abs(float64(d)-0.2*geo.MetersPerDegree) > 1e-3 {
		t.Errorf("across the antimeridian = %v, want 0.2 degrees", d)
	}
}

func TestBearing(t *testing.T) {
	t.Parallel()
	origin := geo.Point{}
	for _, tt := range []struct {
		name string
		to   geo.Point
		want float64
	}{
		{"north", geo.Point{Lat: 1}, 0},
		{"east", geo.Point{Lon: 1}, 90},
		{"south", geo.Point{Lat: -1}, 180},
		{"west", geo.Point{Lon: -1}, 270},
		{"same place", geo.Point{}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := geo.Bearing(origin, tt.to); math.Abs(got-tt.want) > 1e-9 {
				t.Errorf("Bearing = %v, want %v", got, tt.want)
			}
		})
	}
}

// From the north pole every way is south: bearing b leaves along the meridian lon + 180 - b, that is, south along lon for
// bearing 180, and along lon + 90 for bearing 90.
func TestDestinationFromThePoles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		from    geo.Point
		bearing float64
		want    geo.Point
	}{
		{geo.Point{Lat: 90, Lon: 10}, 180, geo.Point{Lat: 89, Lon: 10}},
		{geo.Point{Lat: 90, Lon: 10}, 90, geo.Point{Lat: 89, Lon: 100}},
		{geo.Point{Lat: -90, Lon: 10}, 0, geo.Point{Lat: -89, Lon: 10}},
		{geo.Point{Lat: -90, Lon: 10}, 90, geo.Point{Lat: -89, Lon: 100}},
		{geo.Point{Lat: 89.5, Lon: 0}, 0, geo.Point{Lat: 89.5, Lon: 180}}, // half a degree past the pole
	} {
		got := geo.Destination(tt.from, tt.bearing, geo.MetersPerDegree)
		if geo.DistanceHaversine(got, tt.want) > 1e-6 {
			t.Errorf("one degree from %v at %v = %v, want %v", tt.from, tt.bearing, got, tt.want)
		}
	}
}

func TestDestinationKeepsDistanceAndBearing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawPoint(t, "p")
		bearing := rapid.Float64Range(0, 360).Draw(t, "bearing")
		distance := rapid.Float64Range(0, 15e6).Draw(t, "meters")
		q := geo.Destination(p, bearing, geo.Meters(distance))
		if !q.Valid() {
			t.Fatalf("Destination = %v is not valid", q)
		}
		if got := float64(geo.DistanceHaversine(p, q)); math.Abs(got-distance) > 1e-2 {
			t.Fatalf("distance to destination = %v, want %v", got, distance)
		}
		if distance < 1 || math.Abs(p.Lat) > 89.9 || math.Abs(q.Lat) > 89.9 {
			return // the bearing turns too fast to compare
		}
		turn := math.Mod(math.Abs(geo.Bearing(p, q)-bearing), 360)
		if math.Min(turn, 360-turn) > 1e-4 {
			t.Fatalf("bearing to destination = %v, want %v", geo.Bearing(p, q), bearing)
		}
	})
}

func BenchmarkDistanceHaversine(b *testing.B) {
	b.ReportAllocs()
	p, q, sum := geo.Point{Lat: 31.2, Lon: 121.5}, geo.Point{Lat: 31.3, Lon: 121.4}, geo.Meters(0)
	for b.Loop() {
		sum += geo.DistanceHaversine(p, q)
	}
	_ = sum
}

func TestSeriesAreAsExactAsTheLibrary(t *testing.T) {
	t.Parallel()
	// Through the public function: along a meridian the distance is the difference of latitudes in radians times the radius,
	// whatever branch is taken on either side of the limit of the series (about 318 km, 2.86 degrees).
	for i := 1; i <= 60_000; i++ {
		degrees := float64(i) / 10_000
		got := float64(geo.DistanceHaversine(geo.Point{Lat: 30}, geo.Point{Lat: 30 + degrees}))
		want := ((30 + degrees) - 30) * math.Pi / 180 * geo.EarthRadiusMeters
		if math.Abs(got-want) > 1e-9+1e-15*want {
			t.Fatalf("%v degrees: got %v m, want %v m", degrees, got, want)
		}
	}
}
