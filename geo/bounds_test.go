package geo_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/geo"
)

var fiji = geo.Bounds{South: -20, West: 177, North: -15, East: -178} // crosses the antimeridian, 5 degrees wide

func TestBoundsContains(t *testing.T) {
	t.Parallel()
	earth := geo.Bounds{South: -90, West: -180, North: 90, East: 180}
	for _, tt := range []struct {
		name  string
		box   geo.Bounds
		point geo.Point
		want  bool
	}{
		{"edge is inside", geo.Bounds{South: 1, West: 1, North: 2, East: 2}, geo.Point{Lat: 1, Lon: 2}, true},
		{"south of it", geo.Bounds{South: 1, West: 1, North: 2, East: 2}, geo.Point{Lat: 0.999, Lon: 1}, false},
		{"west part of a crossing box", fiji, geo.Point{Lat: -18, Lon: 178.4}, true},
		{"east part of a crossing box", fiji, geo.Point{Lat: -18, Lon: -179}, true},
		{"the antimeridian by either name", fiji, geo.Point{Lat: -18, Lon: 180}, true},
		{"the other side of the earth", fiji, geo.Point{Lat: -18, Lon: 0}, false},
		{"-180 is on an edge at 180", geo.Bounds{West: 170, East: 180}, geo.Point{Lon: -180}, true},
		{"the whole earth", earth, geo.Point{Lat: 90, Lon: -180}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.box.Contains(tt.point); got != tt.want {
				t.Errorf("Contains = %v", got)
			}
		})
	}
}

func TestBoundsShape(t *testing.T) {
	t.Parallel()
	if w := fiji.WidthDegrees(); w != 5 { // 180 - 177 + 180 - 178
		t.Errorf("width = %v, want 5", w)
	}
	if c := fiji.Center(); c != (geo.Point{Lat: -17.5, Lon: 179.5}) {
		t.Errorf("center = %v", c)
	}
	parts, n := fiji.Split()
	want := [2]geo.Bounds{{South: -20, West: 177, North: -15, East: 180}, {South: -20, West: -180, North: -15, East: -178}}
	if n != 2 || parts != want {
		t.Errorf("Split = %v, %d", parts, n)
	}
	if _, n := (geo.Bounds{West: 1, East: 2}).Split(); n != 1 {
		t.Errorf("Split of a plain box has %d parts", n)
	}
	for _, bad := range []geo.Bounds{{South: 2, North: 1}, {West: -181}, {North: 91}} {
		if bad.Valid() || bad.Validate() == nil {
			t.Errorf("%v is valid", bad)
		}
	}
	if err := fiji.Validate(); err != nil {
		t.Error(err)
	}
}

func TestBoundsOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		points []geo.Point
		want   geo.Bounds
	}{
		{"one point", []geo.Point{{Lat: 3, Lon: 4}}, geo.Bounds{South: 3, West: 4, North: 3, East: 4}},
		{"plain", []geo.Point{{Lat: 3, Lon: 4}, {Lat: -1, Lon: 9}}, geo.Bounds{South: -1, West: 4, North: 3, East: 9}},
		// Longitudes -170, 0 and 175: the empty arcs are 170, 175 and 15 degrees; the widest is from 0 to 175.
		{"across the antimeridian", []geo.Point{{Lon: 175}, {Lon: -170}, {Lon: 0}}, geo.Bounds{West: 175, East: 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := geo.BoundsOf(tt.points...)
			if diff := cmp.Diff(tt.want, got); !ok || diff != "" {
				t.Errorf("BoundsOf (-want +got):\n%s", diff)
			}
		})
	}
	if _, ok := geo.BoundsOf(); ok {
		t.Error("BoundsOf nothing is ok")
	}
}

func drawBounds(t *rapid.T, label string) geo.Bounds {
	a, b := drawPoint(t, label+".a"), drawPoint(t, label+".b")
	return geo.Bounds{South: min(a.Lat, b.Lat), North: max(a.Lat, b.Lat), West: a.Lon, East: b.Lon}
}

func TestBoundsProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, p := drawBounds(t, "a"), drawBounds(t, "b"), drawPoint(t, "p")
		if a.Intersects(b) != b.Intersects(a) {
			t.Fatal("Intersects is not symmetric")
		}
		if a.Contains(p) && b.Contains(p) && !a.Intersects(b) {
			t.Fatal("a common point, but no intersection")
		}
		corner := geo.Point{Lat: max(a.South, b.South), Lon: a.West}
		if !a.Intersects(b) && a.Contains(corner) && b.Contains(corner) {
			t.Fatal("a common corner, but no intersection")
		}
		parts, n := a.Split()
		inPart := parts[0].Contains(p) || n == 2 && parts[1].Contains(p)
		if inPart != a.Contains(p) {
			t.Fatalf("Split changes whether %v is inside", p)
		}
		q := drawPoint(t, "q")
		if of, _ := geo.BoundsOf(p, q); !of.Contains(p) || !of.Contains(q) || of.WidthDegrees() > 180 {
			t.Fatalf("BoundsOf %v, %v = %v", p, q, of)
		}
	})
}

func TestBoundsAroundHoldsTheCircle(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 2_000 {
		p := geo.Point{Lat: random.Float64()*180 - 90, Lon: random.Float64()*360 - 180}
		radius := geo.Meters(random.ExpFloat64() * 500_000)
		box := geo.BoundsAround(p, radius)
		if !box.Valid() {
			t.Fatalf("BoundsAround(%v, %v) = %v is not valid", p, radius, box)
		}
		for range 20 {
			if q := geo.Destination(p, random.Float64()*360, radius); !box.Contains(q) {
				t.Fatalf("BoundsAround(%v, %v) = %v does not hold %v", p, radius, box, q)
			}
		}
	}
}
