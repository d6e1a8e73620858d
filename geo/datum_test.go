package geo_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"fettle/geo"
)

func TestFromWGS84(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		datum geo.Datum
		in    geo.Point
		want  geo.Point
	}{
		// Figures of the public test sets of the formulas (eviltransform, coordtransform).
		{"Shanghai", geo.GCJ02, geo.Point{Lat: 31.1774276, Lon: 121.5272106}, geo.Point{Lat: 31.17530398364597, Lon: 121.531541859215}},
		{"Shenzhen", geo.GCJ02, geo.Point{Lat: 22.543847, Lon: 113.912316}, geo.Point{Lat: 22.540796131694766, Lon: 113.9171764808363}},
		{"Beijing", geo.GCJ02, geo.Point{Lat: 39.911954, Lon: 116.377817}, geo.Point{Lat: 39.91334545536069, Lon: 116.38404722455657}},
		{"Beijing by the second set", geo.GCJ02, geo.Point{Lat: 39.915, Lon: 116.404}, geo.Point{Lat: 39.91640428150164, Lon: 116.41024449916938}},
		{"WGS84 is the identity", geo.WGS84, geo.Point{Lat: 39.915, Lon: 116.404}, geo.Point{Lat: 39.915, Lon: 116.404}},
		{"Seoul is not shifted", geo.GCJ02, geo.Point{Lat: 37.5665, Lon: 126.978}, geo.Point{Lat: 37.5665, Lon: 126.978}},
		{"Hanoi is not shifted", geo.BD09, geo.Point{Lat: 21.03, Lon: 105.85}, geo.Point{Lat: 21.03, Lon: 105.85}},
		{"Taipei is not shifted", geo.GCJ02, geo.Point{Lat: 25.03, Lon: 121.56}, geo.Point{Lat: 25.03, Lon: 121.56}},
		{"Paris is not shifted", geo.GCJ02, geo.Point{Lat: 48.85, Lon: 2.35}, geo.Point{Lat: 48.85, Lon: 2.35}},
		{"the south pole is not shifted", geo.BD09, geo.Point{Lat: -90, Lon: 180}, geo.Point{Lat: -90, Lon: 180}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := geo.FromWGS84(tt.in, tt.datum)
			if err != nil || geo.DistanceHaversine(got, tt.want) > 0.01 {
				t.Errorf("FromWGS84 = %v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

func TestBaiduFigure(t *testing.T) {
	t.Parallel()
	// coordtransform: GCJ-02 39.915, 116.404 is BD-09 39.92133699351022, 116.41036949371029.
	wgs, err := geo.ToWGS84(geo.Point{Lat: 39.915, Lon: 116.404}, geo.GCJ02)
	if err != nil {
		t.Fatal(err)
	}
	got, err := geo.FromWGS84(wgs, geo.BD09)
	if want := (geo.Point{Lat: 39.92133699351022, Lon: 116.41036949371029}); err != nil || geo.DistanceHaversine(got, want) > 0.01 {
		t.Errorf("FromWGS84 = %v, %v; want %v", got, err, want)
	}
}

// Cities at the borders are shifted in full: the outline keeps clear of them.
func TestBorderCitiesAreShifted(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]geo.Point{
		"Heihe": {Lat: 50.245, Lon: 127.528}, "Dandong": {Lat: 40.124, Lon: 124.394}, "Ruili": {Lat: 24.01, Lon: 97.85},
		"Manzhouli": {Lat: 49.598, Lon: 117.379}, "Sanya": {Lat: 18.252, Lon: 109.512}, "Hong Kong": {Lat: 22.3, Lon: 114.17},
		"Zhoushan": {Lat: 30.0, Lon: 122.2}, "Suifenhe": {Lat: 44.396, Lon: 131.151}, "Khorgas": {Lat: 44.21, Lon: 80.42},
		"Mohe": {Lat: 53.48, Lon: 122.37}, "Hekou": {Lat: 22.53, Lon: 103.94}, "Xiamen": {Lat: 24.48, Lon: 118.09},
	} {
		q, err := geo.FromWGS84(p, geo.GCJ02)
		if d := geo.DistanceHaversine(p, q); err != nil || d < 50 || d > 1_500 {
			t.Errorf("%s is shifted by %.0f m, %v; want 50 to 1,500", name, d, err)
		}
	}
}

func TestDatumRoundTrip(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	worst, farthest := geo.Meters(0), geo.Meters(0)
	for range 6_000 {
		p := geo.Point{Lat: 15 + random.Float64()*42, Lon: 70 + random.Float64()*68}
		if random.IntN(10) == 0 {
			p = geo.Point{Lat: random.Float64()*180 - 90, Lon: random.Float64()*360 - 180}
		}
		for _, d := range []geo.Datum{geo.WGS84, geo.GCJ02, geo.BD09} {
			there, err1 := geo.FromWGS84(p, d)
			back, err2 := geo.ToWGS84(there, d)
			other, err3 := geo.ToWGS84(p, d)
			again, err4 := geo.FromWGS84(other, d)
			if err1 != nil || err2 != nil || err3 != nil || err4 != nil {
				t.Fatal(p, d, err1, err2, err3, err4)
			}
			farthest = max(farthest, geo.DistanceHaversine(p, there))
			worst = max(worst, geo.DistanceHaversine(p, back), geo.DistanceHaversine(p, again))
		}
	}
	t.Logf("worst round trip %.2g m, largest shift %.0f m", worst, farthest)
	if worst > 0.001 {
		t.Errorf("worst round trip is %v m, promised 1 mm", worst)
	}
}

func TestDatumRefuses(t *testing.T) {
	t.Parallel()
	if geo.Datum("").Valid() || geo.Datum("gcj02").Valid() || !geo.BD09.Valid() {
		t.Error("Valid is wrong")
	}
	if _, err := geo.ToWGS84(geo.Point{}, "EPSG:3857"); err == nil {
		t.Error("an unknown datum is accepted")
	}
	if _, err := geo.FromWGS84(geo.Point{Lat: math.NaN()}, geo.GCJ02); err == nil {
		t.Error("NaN is accepted")
	}
}
