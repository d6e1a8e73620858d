package h3cell_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/uber/h3-go/v4"
	"pgregory.net/rapid"

	"fettle/geo"
	"fettle/geo/h3cell"
)

func drawPoint(t *rapid.T) geo.Point {
	lat := rapid.OneOf(rapid.Float64Range(-90, 90), rapid.SampledFrom([]float64{-90, -89.999, 0, 89.999, 90})).Draw(t, "lat")
	lon := rapid.OneOf(rapid.Float64Range(-180, 180), rapid.SampledFrom([]float64{-180, -179.999, 0, 179.999, 180})).Draw(t, "lon")
	return geo.Point{Lat: lat, Lon: lon}
}

func TestOf(t *testing.T) {
	t.Parallel()
	// The example of the H3 documentation: 37.775938728915946, -122.41795063018799 at resolution 9.
	if c, err := h3cell.Of(geo.Point{Lat: 37.775938728915946, Lon: -122.41795063018799}, 9); err != nil || c != 0x8928308280fffff {
		t.Errorf("Of = %v, %v", c, err)
	}
	for name, f := range map[string]func() error{
		"NaN":                 func() error { _, err := h3cell.Of(geo.Point{Lat: math.NaN()}, 9); return err },
		"swapped":             func() error { _, err := h3cell.Of(geo.Point{Lat: 120, Lon: 30}, 9); return err },
		"resolution 16":       func() error { _, err := h3cell.Of(geo.Point{}, 16); return err },
		"resolution -1":       func() error { _, err := h3cell.Of(geo.Point{}, -1); return err },
		"center of zero":      func() error { _, err := h3cell.Center(0); return err },
		"boundary of garbage": func() error { _, err := h3cell.Boundary(12345); return err },
		"disk of zero":        func() error { _, err := h3cell.Disk(0, 1); return err },
		"disk too large":      func() error { _, err := h3cell.Disk(0x8928308280fffff, h3cell.MaxDiskSteps+1); return err },
		"ring negative":       func() error { _, err := h3cell.Ring(0x8928308280fffff, -1); return err },
		"circle of zero":      func() error { _, err := h3cell.InnerRadius(0); return err },
	} {
		if f() == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestPointIsInItsCell(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, resolution := drawPoint(t), rapid.IntRange(0, geo.MaxCellResolution).Draw(t, "resolution")
		c, err := h3cell.Of(p, resolution)
		if err != nil || !c.Valid() || !h3cell.Valid(c) || c.Resolution() != resolution {
			t.Fatalf("Of = %v, %v", c, err)
		}
		middle, err := h3cell.Center(c)
		if err != nil || !middle.Valid() {
			t.Fatalf("Center = %v, %v", middle, err)
		}
		if again, err := h3cell.Of(middle, resolution); err != nil || again != c {
			t.Fatalf("the center of %v is in %v, %v", c, again, err)
		}
		parent, err := c.Parent(max(0, resolution-1))
		if want := geo.Cell(h3.Cell(c).Parent(max(0, resolution-1))); err != nil || parent != want {
			t.Fatalf("Parent = %v, %v; the library says %v", parent, err, want)
		}
		if c.Pentagon() != h3.Cell(c).IsPentagon() || c.String() != h3.Cell(c).String() {
			t.Fatalf("pure Go and library differ on %v", c)
		}
	})
}

// Random bit patterns around valid cells: the pure Go check and the library agree.
func TestValidAgreesWithTheLibrary(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	valid := 0
	for range 60_000 {
		p := geo.Point{Lat: random.Float64()*180 - 90, Lon: random.Float64()*360 - 180}
		c, err := h3cell.Of(p, random.IntN(16))
		if err != nil {
			t.Fatal(err)
		}
		if random.IntN(3) == 0 { // near a pentagon: zero the digits, then disturb one
			parent, err := c.Parent(0)
			if err != nil {
				t.Fatal(err)
			}
			center := h3.Cell(parent).CenterChild(c.Resolution())
			c = geo.Cell(center)
		}
		for range random.IntN(3) {
			c ^= 1 << random.IntN(64)
		}
		if c.Valid() {
			valid++
		}
		if c.Valid() != h3cell.Valid(c) {
			t.Fatalf("Valid(%v): pure Go %v, library %v", c, c.Valid(), h3cell.Valid(c))
		}
	}
	if valid < 6_000 || valid > 54_000 {
		t.Errorf("%d of 60,000 are valid: the test does not test both sides", valid)
	}
}

func TestPentagons(t *testing.T) {
	t.Parallel()
	for resolution := 0; resolution <= geo.MaxCellResolution; resolution++ {
		for _, pentagon := range h3.Pentagons(resolution) {
			c := geo.Cell(pentagon)
			if !c.Valid() || !c.Pentagon() {
				t.Fatalf("%v is no pentagon", c)
			}
			// 1 + 5 cells in the first disk, 1 + 5 + 10 in the second; rings of 5 and 10.
			for steps, want := range []int{1, 6, 16} {
				disk, err := h3cell.Disk(c, steps)
				if err != nil || len(disk) != want {
					t.Fatalf("disk of %d steps around %v has %d cells, %v; want %d", steps, c, len(disk), err, want)
				}
				ring, err := h3cell.Ring(c, steps)
				if err != nil || len(ring) != max(1, 5*steps) {
					t.Fatalf("ring %d around %v has %d cells, %v", steps, c, len(ring), err)
				}
			}
			corners, err := h3cell.Boundary(c)
			if err != nil || len(corners)%5 != 0 {
				t.Fatalf("boundary of %v has %d corners, %v", c, len(corners), err)
			}
		}
	}
}

func TestDiskIsUnionOfRings(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, err := h3cell.Of(drawPoint(t), rapid.IntRange(1, 10).Draw(t, "resolution"))
		if err != nil {
			t.Fatal(err)
		}
		steps := rapid.IntRange(0, 4).Draw(t, "steps")
		disk, err := h3cell.Disk(c, steps)
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		for k := range steps + 1 {
			ring, err := h3cell.Ring(c, k)
			if err != nil {
				t.Fatal(err)
			}
			count += len(ring)
		}
		if count != len(disk) {
			t.Fatalf("rings have %d cells, the disk %d", count, len(disk))
		}
	})
}

// A point within the inner circle is in the cell, and just outside of it there is a direction that is not.
func TestInnerRadius(t *testing.T) {
	t.Parallel()
	check := func(t *rapid.T, c geo.Cell) {
		radius, err := h3cell.InnerRadius(c)
		if err != nil || radius <= 0 {
			t.Fatalf("InnerRadius(%v) = %v, %v", c, radius, err)
		}
		middle, err := h3cell.Center(c)
		if err != nil {
			t.Fatal(err)
		}
		left := false
		for bearing := 0.0; bearing < 360; bearing += 3 {
			inside, err1 := h3cell.Of(geo.Destination(middle, bearing, radius*0.999999), c.Resolution())
			outside, err2 := h3cell.Of(geo.Destination(middle, bearing, radius*1.01), c.Resolution())
			if err1 != nil || err2 != nil || inside != c {
				t.Fatalf("within the inner circle of %v at %v degrees is %v, %v, %v", c, bearing, inside, err1, err2)
			}
			left = left || outside != c
		}
		if !left && math.Abs(middle.Lat) < 89.99 { // the poles get a wider margin
			t.Fatalf("the inner circle of %v with %v m could be larger", c, radius)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		// Finer than 13 a cell is below 10 m and rounding of Destination takes part.
		resolution := rapid.IntRange(0, 13).Draw(t, "resolution")
		if rapid.IntRange(0, 4).Draw(t, "kind") == 0 {
			check(t, geo.Cell(rapid.SampledFrom(h3.Pentagons(resolution)).Draw(t, "pentagon")))
			return
		}
		c, err := h3cell.Of(drawPoint(t), resolution)
		if err != nil {
			t.Fatal(err)
		}
		check(t, c)
	})
}

func TestCoverHoldsThePolygon(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		middle     geo.Point
		radius     geo.Meters
		resolution int
	}{
		{"city", geo.Point{Lat: 30.2, Lon: 120.2}, 6_000, 8},
		{"antimeridian", geo.Point{Lat: -18, Lon: 180}, 20_000, 7},
		{"north pole", geo.Point{Lat: 90, Lon: 0}, 300_000, 4},
		{"near the south pole", geo.Point{Lat: -89.5, Lon: 100}, 200_000, 4},
		{"around a pentagon", pointOf(t, h3.Pentagons(6)[0]), 15_000, 6},
		{"smaller than a cell", geo.Point{Lat: 30.2, Lon: 120.2}, 10, 7},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var g geo.Polygon
			for bearing := 0.0; bearing < 360; bearing += 10 {
				reach := tt.radius
				if int(bearing)%20 == 0 {
					reach /= 2 // a star: thin tips
				}
				g.Outer = append(g.Outer, geo.Destination(tt.middle, bearing, reach))
			}
			cells, err := h3cell.Cover(g, tt.resolution)
			if err != nil {
				t.Fatal(err)
			}
			filled, err := h3cell.Fill(g, tt.resolution)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d cells, %d with their center inside", len(cells), len(filled))
			random := rand.New(rand.NewPCG(7, 8))
			sample := func() geo.Point {
				return geo.Destination(tt.middle, random.Float64()*360, tt.radius*geo.Meters(math.Sqrt(random.Float64())))
			}
			checkCover(t, g, cells, filled, tt.resolution, sample)
		})
	}
}

func pointOf(t *testing.T, c h3.Cell) geo.Point {
	t.Helper()
	p, err := h3cell.Center(geo.Cell(c))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func checkCover(t *testing.T, g geo.Polygon, cells, filled []geo.Cell, resolution int, sample func() geo.Point) {
	t.Helper()
	covered, centered := map[geo.Cell]bool{}, map[geo.Cell]bool{}
	for _, c := range cells {
		covered[c] = true
	}
	for _, c := range filled {
		centered[c] = true
		if !covered[c] {
			t.Fatalf("%v is filled but not covered", c)
		}
	}
	hits := 0
	for range 8_000 {
		p := sample()
		c, err := h3cell.Of(p, resolution)
		if err != nil {
			t.Fatal(err)
		}
		if !g.Contains(p) {
			continue
		}
		hits++
		if !covered[c] {
			t.Fatalf("%v is in the polygon, its cell %v is not in the cover", p, c)
		}
		center, err := h3cell.Center(c)
		if err != nil || g.Contains(center) != centered[c] {
			t.Fatalf("cell %v: center inside %v, filled %v, %v", c, g.Contains(center), centered[c], err)
		}
	}
	if hits < 2_000 {
		t.Errorf("only %d samples are in the polygon", hits)
	}
}

func TestFillAgreesWithTheLibrary(t *testing.T) {
	t.Parallel()
	g := geo.Polygon{
		Outer: []geo.Point{{Lat: 30.1, Lon: 120.1}, {Lat: 30.1, Lon: 120.3}, {Lat: 30.3, Lon: 120.3}, {Lat: 30.25, Lon: 120.1}},
		Holes: [][]geo.Point{{{Lat: 30.15, Lon: 120.15}, {Lat: 30.2, Lon: 120.15}, {Lat: 30.2, Lon: 120.2}}},
	}
	filled, err := h3cell.Fill(g, 8)
	if err != nil {
		t.Fatal(err)
	}
	loop := func(ring []geo.Point) (l h3.GeoLoop) {
		for _, p := range ring {
			l = append(l, h3.LatLng{Lat: p.Lat, Lng: p.Lon})
		}
		return l
	}
	want := map[geo.Cell]bool{}
	for _, c := range h3.PolygonToCells(h3.GeoPolygon{GeoLoop: loop(g.Outer), Holes: []h3.GeoLoop{loop(g.Holes[0])}}, 8) {
		want[geo.Cell(c)] = true
	}
	got := map[geo.Cell]bool{}
	for _, c := range filled {
		got[c] = true
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) < 100 {
		t.Errorf("%d cells (-library +ours):\n%s", len(got), diff)
	}
}

func TestCoverRefuses(t *testing.T) {
	t.Parallel()
	country := geo.Polygon{Outer: []geo.Point{{Lat: 20, Lon: 100}, {Lat: 20, Lon: 120}, {Lat: 40, Lon: 110}}}
	for name, f := range map[string]func() error{
		"a polygon of no points": func() error { _, err := h3cell.Cover(geo.Polygon{}, 5); return err },
		"resolution 16":          func() error { _, err := h3cell.Fill(country, 16); return err },
		"a country at 15":        func() error { _, err := h3cell.Fill(country, 15); return err },
	} {
		if f() == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func BenchmarkOf(b *testing.B) {
	b.ReportAllocs()
	p := geo.Point{Lat: 31.2, Lon: 121.5}
	for b.Loop() {
		if _, err := h3cell.Of(p, 8); err != nil {
			b.Fatal(err)
		}
	}
}

func Example() {
	p := geo.Point{Lat: 30.2741, Lon: 120.1551}
	c, err := h3cell.Of(p, 8)
	if err != nil {
		fmt.Println(err)
		return
	}
	radius, err := h3cell.InnerRadius(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	disk, err := h3cell.Disk(c, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("cell %v: stays up to %.0f m from the center, %d cells with neighbours\n", c, radius, len(disk))
	// Output: cell 88309a553dfffff: stays up to 380 m from the center, 7 cells with neighbours
}
