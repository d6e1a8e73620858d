// Package vectortile writes Mapbox vector tiles (specification 2.1) of filled areas, for maps that draw cells.
//
// The encoder is our own: the one of orb takes its features as GeoJSON, whose package brings the MongoDB driver and an unmaintained
// protobuf into every program that uses it. What is needed here is one layer of convex polygons.
//
// A Layer is for one tile. Add keeps what the tile shows of an area, Encode writes it.
package vectortile

import (
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"fettle/geo"
)

// Units across a tile, and how far beyond its edge areas are drawn, so that no edge shows.
const (
	Extent = 4096
	margin = 64
)

// Type is the media type of a tile.
const Type = "application/vnd.mapbox-vector-tile"

// Property is a name with a value: a string, an int or a float64. Values of other types are left out.
type Property struct {
	Name  string
	Value any
}

// Layer collects the areas of a tile. The zero value is of no use: see New.
type Layer struct {
	name       string
	scale      float64 // units around the earth
	left, top  float64 // of the tile, in units
	names      []string
	nameIndex  map[string]uint64
	values     [][]byte
	valueIndex map[string]uint64
	features   [][]byte
}

// New makes a layer of the tile at a zoom, column and row of the web's scheme: tile 0, 0, 0 is the earth.
func New(name string, zoom, column, row int) *Layer {
	return &Layer{
		name: name, scale: Extent * math.Exp2(float64(zoom)), left: Extent * float64(column), top: Extent * float64(row),
		nameIndex: map[string]uint64{}, valueIndex: map[string]uint64{},
	}
}

// spot is a place in units of the tile, y downwards.
type spot struct{ x, y float64 }

// maxLat is where the web's picture of the earth ends.
const maxLat = 85.05112877980659

// project places a point beside another one, so that an area over the antimeridian hangs together.
func (l *Layer) project(p geo.Point, beside float64) spot {
	const whole, half = 360.0, 180.0
	lon := p.Lon
	if lon-beside > half {
		lon -= whole
	} else if beside-lon > half {
		lon += whole
	}
	lat := min(max(p.Lat, -maxLat), maxLat) * math.Pi / half
	y := (1 - math.Asinh(math.Tan(lat))/math.Pi) / 2
	return spot{(lon+half)/whole*l.scale - l.left, y*l.scale - l.top}
}

// Add keeps what the tile shows of a convex area, whose ring is not closed and runs either way round, and reports whether that is
// anything.
func (l *Layer) Add(ring []geo.Point, properties []Property) bool {
	if len(ring) == 0 {
		return false
	}
	spots := make([]spot, len(ring))
	for i, p := range ring {
		spots[i] = l.project(p, ring[0].Lon)
	}
	var shown [][][2]int64
	for _, around := range []float64{0, -l.scale, l.scale} { // what lies over the antimeridian is seen from both sides
		moved := slices.Clone(spots)
		for i := range moved {
			moved[i].x += around
		}
		if at := whole(clip(moved)); at != nil {
			shown = append(shown, at)
		}
	}
	if len(shown) == 0 {
		return false
	}
	var tags, out []byte
	for _, p := range properties {
		if value := encodeValue(p.Value); value != nil {
			tags = protowire.AppendVarint(tags, l.nameOf(p.Name))
			tags = protowire.AppendVarint(tags, l.valueOf(value))
		}
	}
	const tagsField, typeField, geometryField, polygon = 2, 3, 4, 3
	out = appendBytes(out, tagsField, tags)
	out = appendNumber(out, typeField, polygon)
	l.features = append(l.features, appendBytes(out, geometryField, outline(shown)))
	return true
}

// clip cuts a convex area to the tile and its margin, one edge after the other (Sutherland and Hodgman 1974).
func clip(ring []spot) []spot {
	const low, high = -margin, Extent + margin
	for _, beyond := range []func(s spot) float64{ // how far outside of an edge, negative inside
		func(s spot) float64 { return low - s.x },
		func(s spot) float64 { return s.x - high },
		func(s spot) float64 { return low - s.y },
		func(s spot) float64 { return s.y - high },
	} {
		var kept []spot
		for i, b := range ring {
			a := ring[(i+len(ring)-1)%len(ring)]
			from, to := beyond(a), beyond(b)
			if from > 0 != (to > 0) {
				t := from / (from - to)
				kept = append(kept, spot{a.x + t*(b.x-a.x), a.y + t*(b.y-a.y)})
			}
			if to <= 0 {
				kept = append(kept, b)
			}
		}
		if ring = kept; len(ring) == 0 {
			return nil
		}
	}
	return ring
}

// whole rounds a ring to units and turns it clockwise as it is seen; nil when nothing of it is left.
func whole(ring []spot) [][2]int64 {
	var out [][2]int64
	for _, s := range ring {
		at := [2]int64{int64(math.Round(s.x)), int64(math.Round(s.y))}
		if len(out) == 0 || at != out[len(out)-1] {
			out = append(out, at)
		}
	}
	if n := len(out); n > 1 && out[0] == out[n-1] {
		out = out[:n-1]
	}
	area := int64(0) // twice, positive for a ring that is clockwise where y points downwards
	for i, b := range out {
		a := out[(i+len(out)-1)%len(out)]
		area += a[0]*b[1] - b[0]*a[1]
	}
	switch {
	case area == 0:
		return nil
	case area < 0:
		slices.Reverse(out)
	}
	return out
}

// outline writes rings as commands: to the first corner, along the others, back.
func outline(rings [][][2]int64) (out []byte) {
	const moveTo, lineTo, closePath = 1, 2, 7
	command := func(id, times int) { out = protowire.AppendVarint(out, uint64(id|times<<3)) }
	var pen [2]int64
	step := func(to [2]int64) {
		out = protowire.AppendVarint(out, protowire.EncodeZigZag(to[0]-pen[0]))
		out = protowire.AppendVarint(out, protowire.EncodeZigZag(to[1]-pen[1]))
		pen = to
	}
	for _, ring := range rings {
		command(moveTo, 1)
		step(ring[0])
		command(lineTo, len(ring)-1)
		for _, to := range ring[1:] {
			step(to)
		}
		command(closePath, 1)
	}
	return out
}

// encodeValue writes a value; nil for a type that has no place here.
func encodeValue(v any) []byte {
	const text, double, signed = 1, 3, 6
	switch v := v.(type) {
	case string:
		return appendBytes(nil, text, []byte(v))
	case float64:
		return protowire.AppendFixed64(protowire.AppendTag(nil, double, protowire.Fixed64Type), math.Float64bits(v))
	case int:
		return appendNumber(nil, signed, protowire.EncodeZigZag(int64(v)))
	}
	return nil
}

func (l *Layer) nameOf(name string) uint64 {
	i, known := l.nameIndex[name]
	if !known {
		i = uint64(len(l.names))
		l.nameIndex[name] = i
		l.names = append(l.names, name)
	}
	return i
}

func (l *Layer) valueOf(value []byte) uint64 {
	i, known := l.valueIndex[string(value)]
	if !known {
		i = uint64(len(l.values))
		l.valueIndex[string(value)] = i
		l.values = append(l.values, value)
	}
	return i
}

// Encode writes the tile; nothing when it shows nothing, which is an empty tile.
func (l *Layer) Encode() []byte {
	if len(l.features) == 0 {
		return nil
	}
	const version, layersField, nameField, featuresField, keysField, valuesField, extentField, versionField = 2, 3, 1, 2, 3, 4, 5, 15
	var out []byte
	out = appendNumber(out, versionField, version)
	out = appendBytes(out, nameField, []byte(l.name))
	for _, f := range l.features {
		out = appendBytes(out, featuresField, f)
	}
	for _, name := range l.names {
		out = appendBytes(out, keysField, []byte(name))
	}
	for _, v := range l.values {
		out = appendBytes(out, valuesField, v)
	}
	out = appendNumber(out, extentField, Extent)
	return appendBytes(nil, layersField, out)
}

func appendBytes(to []byte, field protowire.Number, b []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(to, field, protowire.BytesType), b)
}

func appendNumber(to []byte, field protowire.Number, n uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(to, field, protowire.VarintType), n)
}
