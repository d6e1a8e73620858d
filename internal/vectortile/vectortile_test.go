package vectortile_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"

	"fettle/geo"
	"fettle/internal/vectortile"
)

// parts are the fields of a message, as they come.
func parts(t interface{ Fatalf(string, ...any) }, b []byte) map[protowire.Number][][]byte {
	out := map[protowire.Number][][]byte{}
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatalf("no tag in % x", b)
		}
		size := protowire.ConsumeFieldValue(field, kind, b[n:])
		if size < 0 {
			t.Fatalf("no value in % x", b)
		}
		value := b[n : n+size]
		if kind == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(value)
		}
		out[field] = append(out[field], value)
		b = b[n+size:]
	}
	return out
}

func numbers(b []byte) (out []uint64) {
	for len(b) > 0 {
		n, size := protowire.ConsumeVarint(b)
		out = append(out, n)
		b = b[size:]
	}
	return out
}

// corners follows the commands of the first ring of a polygon.
func corners(t interface{ Fatalf(string, ...any) }, geometry []byte) (out [][2]int64) {
	var pen [2]int64
	in := numbers(geometry)
	for len(in) > 0 {
		id, times := in[0]&7, int(in[0]>>3)
		in = in[1:]
		if id == 7 {
			return out
		}
		for range times {
			pen[0] += protowire.DecodeZigZag(in[0])
			pen[1] += protowire.DecodeZigZag(in[1])
			out = append(out, pen)
			in = in[2:]
		}
	}
	t.Fatalf("a polygon that is not closed: %v", out)
	return nil
}

// The example of the specification, 4.3.5.6: a polygon is moveTo, lineTo, closePath with steps in zigzag.
func TestASquareAroundTheMiddleOfTheEarth(t *testing.T) {
	t.Parallel()
	l := vectortile.New("cells", 0, 0, 0)
	square := []geo.Point{{Lat: -45, Lon: -90}, {Lat: -45, Lon: 90}, {Lat: 45, Lon: 90}, {Lat: 45, Lon: -90}} // anticlockwise on a map
	if !l.Add(square, []vectortile.Property{{Name: "mean", Value: 1.5}, {Name: "p10", Value: -3}, {Name: "cell", Value: "a"}, {Name: "odd", Value: struct{}{}}}) {
		t.Fatal("the square is not on the earth")
	}
	tile := parts(t, l.Encode())
	layer := parts(t, tile[3][0])
	if v, _ := protowire.ConsumeVarint(layer[15][0]); v != 2 || string(layer[1][0]) != "cells" || len(layer[2]) != 1 || len(layer[3]) != 3 || len(layer[4]) != 3 {
		t.Fatalf("%v", layer)
	}
	feature := parts(t, layer[2][0])
	if diff := cmp.Diff([]uint64{0, 0, 1, 1, 2, 2}, numbers(feature[2][0])); diff != "" {
		t.Error(diff)
	}
	y := int64(math.Round(4096 * (1 - math.Asinh(1)/math.Pi) / 2)) // the tangent of 45 degrees is 1
	want := [][2]int64{{1024, y}, {3072, y}, {3072, 4096 - y}, {1024, 4096 - y}}
	if diff := cmp.Diff(want, corners(t, feature[4][0])); diff != "" {
		t.Error(diff)
	}
	if bits, _ := protowire.ConsumeFixed64(parts(t, layer[4][0])[3][0]); math.Float64frombits(bits) != 1.5 {
		t.Errorf("mean is %v", math.Float64frombits(bits))
	}
}

// hexagon is about a point, with a radius in degrees.
func hexagon(at geo.Point, radius float64) []geo.Point {
	out := make([]geo.Point, 6)
	for i := range out {
		sin, cos := math.Sincos(float64(i) * math.Pi / 3)
		lon := at.Lon + radius*cos
		if lon > 180 {
			lon -= 360
		}
		out[i] = geo.Point{Lat: at.Lat + radius*sin, Lon: lon}
	}
	return out
}

// What a tile keeps lies in it or its margin, and is clockwise where y points downwards; a hexagon is in some tile of every zoom.
func TestWhateverIsCutIsAPolygonOfTheTile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := geo.Point{Lat: rapid.Float64Range(-80, 80).Draw(t, "lat"), Lon: rapid.Float64Range(-179, 179.9).Draw(t, "lon")}
		ring := hexagon(at, rapid.Float64Range(0.02, 0.9).Draw(t, "radius"))
		zoom := rapid.IntRange(0, 10).Draw(t, "zoom")
		side := math.Exp2(float64(zoom))
		x := int((at.Lon + 180) / 360 * side)
		y := int((1 - math.Asinh(math.Tan(at.Lat*math.Pi/180))/math.Pi) / 2 * side)
		l := vectortile.New("cells", zoom, x, y)
		if !l.Add(ring, nil) {
			if zoom > 4 {
				t.Fatalf("the tile of its middle does not show it")
			}
			return // smaller than a unit
		}
		got := corners(t, parts(t, parts(t, parts(t, l.Encode())[3][0])[2][0])[4][0])
		area := int64(0)
		for i, b := range got {
			a := got[(i+len(got)-1)%len(got)]
			area += a[0]*b[1] - b[0]*a[1]
			if b[0] < -64 || b[0] > 4160 || b[1] < -64 || b[1] > 4160 {
				t.Fatalf("corner %v is beyond the margin", b)
			}
		}
		if len(got) < 3 || area <= 0 {
			t.Fatalf("%v has area %d/2", got, area)
		}
	})
}

func TestNothingIsAnEmptyTile(t *testing.T) {
	t.Parallel()
	l := vectortile.New("cells", 10, 0, 0)
	if l.Add(hexagon(geo.Point{Lat: 30, Lon: 120}, 0.01), nil) || l.Add(nil, nil) || l.Encode() != nil {
		t.Error("a tile on the other side of the earth shows something")
	}
}
