package geo_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"fettle/geo"
)

func box(south, west, north, east float64) []geo.Point {
	return []geo.Point{{Lat: south, Lon: west}, {Lat: south, Lon: east}, {Lat: north, Lon: east}, {Lat: north, Lon: west}}
}

func TestPolygonContains(t *testing.T) {
	t.Parallel()
	city := geo.Polygon{Outer: box(30, 120, 31, 121), Holes: [][]geo.Point{box(30.4, 120.4, 30.6, 120.6)}}
	crossing := geo.Polygon{Outer: box(-20, 177, -15, -178)}
	arctic := geo.Polygon{Outer: []geo.Point{{Lat: 80, Lon: 0}, {Lat: 80, Lon: 90}, {Lat: 80, Lon: 180}, {Lat: 80, Lon: -90}}}
	antarctic := geo.Polygon{Outer: []geo.Point{{Lat: -80, Lon: -90}, {Lat: -80, Lon: 180}, {Lat: -80, Lon: 90}, {Lat: -80, Lon: 0}}}
	for _, tt := range []struct {
		name    string
		polygon geo.Polygon
		point   geo.Point
		want    bool
	}{
		{"inside", city, geo.Point{Lat: 30.2, Lon: 120.2}, true},
		{"in the hole", city, geo.Point{Lat: 30.5, Lon: 120.5}, false},
		{"outside", city, geo.Point{Lat: 31.2, Lon: 120.5}, false},
		{"crossing, west part", crossing, geo.Point{Lat: -18, Lon: 178}, true},
		{"crossing, east part", crossing, geo.Point{Lat: -18, Lon: -179}, true},
		{"crossing, on the antimeridian", crossing, geo.Point{Lat: -18, Lon: -180}, true},
		{"crossing, outside", crossing, geo.Point{Lat: -18, Lon: -177}, false},
		{"crossing, far side of the earth", crossing, geo.Point{Lat: -18, Lon: -2}, false},
		{"north pole", arctic, geo.Point{Lat: 90, Lon: 33}, true},
		{"near the north pole", arctic, geo.Point{Lat: 85, Lon: -135}, true},
		{"south of the arctic ring", arctic, geo.Point{Lat: 79, Lon: 45}, false},
		{"south pole", antarctic, geo.Point{Lat: -90, Lon: 0}, true},
		{"north of the antarctic ring", antarctic, geo.Point{Lat: 0, Lon: 0}, false},
		{"empty polygon", geo.Polygon{}, geo.Point{}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.polygon.Contains(tt.point); got != tt.want {
				t.Errorf("Contains(%v) = %v", tt.point, got)
			}
			if bounds, ok := tt.polygon.Bounds(); tt.want && (!ok || !bounds.Contains(tt.point)) {
				t.Errorf("Bounds() = %v does not hold %v", bounds, tt.point)
			}
		})
	}
}

// Four territories around one corner: every point, those on the seams included, is in exactly one of them.
func TestTilesShareNoPoint(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lat, lon := 30.5, rapid.SampledFrom([]float64{120.5, 179.9, -180, 0}).Draw(t, "lon")
		at := func(dLat, dLon float64) geo.Point {
			l := lon + dLon
			if l > 180 {
				l -= 360
			}
			if l < -180 {
				l += 360
			}
			return geo.Point{Lat: lat + dLat, Lon: l}
		}
		middle := at(rapid.Float64Range(-0.2, 0.2).Draw(t, "cLat"), rapid.Float64Range(-0.2, 0.2).Draw(t, "cLon"))
		sw, se, ne, nw := at(-1, -1), at(-1, 1), at(1, 1), at(1, -1)
		tiles := []geo.Polygon{
			{Outer: []geo.Point{sw, se, middle}},
			{Outer: []geo.Point{se, ne, middle}},
			{Outer: []geo.Point{middle, nw, ne}},
			{Outer: []geo.Point{nw, sw, middle}},
		}
		p := at(rapid.Float64Range(-0.9, 0.9).Draw(t, "dLat"), rapid.Float64Range(-0.9, 0.9).Draw(t, "dLon"))
		switch rapid.IntRange(0, 2).Draw(t, "where") {
		case 1:
			p = middle
		case 2: // on a seam by construction, as far as floating point allows
			f := rapid.Float64Range(0, 0.99).Draw(t, "f")
			p = geo.Point{Lat: middle.Lat + f*(ne.Lat-middle.Lat), Lon: middle.Lon}
		}
		count := 0
		for _, tile := range tiles {
			if tile.Contains(p) {
				count++
			}
		}
		if count != 1 {
			t.Fatalf("%v is in %d of 4 tiles around %v", p, count, middle)
		}
	})
}

func TestPolygonContainsAgreesWithBox(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := drawBounds(t, "b")
		p := drawPoint(t, "p")
		onEdge := p.Lat == b.South || p.Lat == b.North || p.Lon == b.West || p.Lon == b.East || p.Lon == 180 || p.Lon == -180
		if onEdge || b.WidthDegrees() >= 180 || b.South == b.North || b.WidthDegrees() == 0 {
			return
		}
		g := geo.Polygon{Outer: box(b.South, b.West, b.North, b.East)}
		if g.Contains(p) != b.Contains(p) {
			t.Fatalf("polygon says %v, box %v says %v for %v", g.Contains(p), b, b.Contains(p), p)
		}
	})
}

func TestPolygonValidate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		polygon geo.Polygon
		field   string
	}{
		{"good", geo.Polygon{Outer: box(0, 0, 1, 1)}, ""},
		{"no ring", geo.Polygon{}, "outer"},
		{"two different points", geo.Polygon{Outer: []geo.Point{{}, {Lat: 1}, {}}}, "outer"},
		{"swapped point", geo.Polygon{Outer: []geo.Point{{}, {Lat: 1}, {Lat: 120, Lon: 30}}}, "outer[2].lat"},
		{"bad hole", geo.Polygon{Outer: box(0, 0, 1, 1), Holes: [][]geo.Point{{{Lon: 181}}}}, "holes[0][0].lon"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.polygon.Validate()
			var invalid *geo.InvalidError
			switch {
			case tt.field == "" && err != nil:
				t.Error(err)
			case tt.field != "" && (!errors.As(err, &invalid) || invalid.Field != tt.field):
				t.Errorf("Validate() = %v, want field %s", err, tt.field)
			}
		})
	}
}

func TestPolygonOrb(t *testing.T) {
	t.Parallel()
	g := geo.Polygon{Outer: box(30, 120, 31, 121), Holes: [][]geo.Point{box(30.4, 120.4, 30.6, 120.6)}}
	o := g.Orb()
	if first := o[0][0]; first != (orb.Point{120, 30}) || o[0][len(o[0])-1] != first {
		t.Errorf("ring %v is not closed in [lon, lat] order", o[0])
	}
	back, err := geo.PolygonFromOrb(o)
	if diff := cmp.Diff(g, back); err != nil || diff != "" {
		t.Errorf("round trip: %v\n%s", err, diff)
	}
	if _, err := geo.PolygonFromOrb(orb.Polygon{{{30, 120}}}); err == nil {
		t.Error("a swapped ring is accepted")
	}
	if _, ok := (geo.Polygon{}).Bounds(); ok {
		t.Error("an empty polygon has bounds")
	}
}
