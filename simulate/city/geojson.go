package city

import (
	"strconv"

	"fettle/geo"
)

// GeoJSON is the street plan as one FeatureCollection (RFC 7946) for a map: [longitude, latitude] with six decimals (0.1 m),
// closed rings that run counter-clockwise, no white space. Features come in the order in which they are to be drawn; the
// property "layer" is one of
//
//	water     polygon; kind: river, canal, lake; name_en, name_zh
//	park      polygon; kind: park, hill, bank; name_en, name_zh where it has a name
//	block     polygon; kind: the Use of the block
//	building  multipolygon of the houses of one block and height; kind; height in metres
//	street    line; class; name_en, name_zh; bridge true over the river
//	property  polygon of a building of the operator, and a point at its entrance; kind: rental or park; id; name_en,
//	          name_zh; height in metres on the polygon
//
// The same seed gives the same bytes.
func (c *City) GeoJSON() []byte {
	w := &geoWriter{buf: make([]byte, 0, 1<<20)}
	w.text(`{"type":"FeatureCollection","bbox":[`)
	w.pair(geo.Point{Lat: c.Bounds.South, Lon: c.Bounds.West})
	w.text(",")
	w.pair(geo.Point{Lat: c.Bounds.North, Lon: c.Bounds.East})
	w.text(`],"features":[`)
	for _, l := range []struct {
		layer string
		areas []Area
	}{{"water", c.Water}, {"park", c.Parks}, {"block", c.Blocks}} {
		for i := range l.areas {
			w.begin("Polygon")
			w.ring(l.areas[i].Ring)
			w.properties(l.layer)
			w.property("kind", l.areas[i].Kind)
			w.names(l.areas[i].Name)
			w.end()
		}
	}
	c.writeStreets(w)
	c.writeHouses(w)
	c.writeProperties(w)
	w.text("]}")
	return w.buf
}

// writeStreets writes the least streets first, so that avenues are drawn over them.
func (c *City) writeStreets(w *geoWriter) {
	for _, class := range []Class{Residential, Secondary, Arterial, Expressway} {
		for i := range c.Streets {
			s := &c.Streets[i]
			if s.Class != class {
				continue
			}
			w.begin("LineString")
			for k, p := range s.Points {
				w.sep(k)
				w.position(p)
			}
			w.properties("street")
			w.property("class", string(s.Class))
			w.names(s.Name)
			if s.Bridge {
				w.text(`,"bridge":true`)
			}
			w.end()
		}
	}
}

// writeHouses joins houses that follow each other and look alike.
func (c *City) writeHouses(w *geoWriter) {
	for i := 0; i < len(c.Footprints); {
		f := &c.Footprints[i]
		if f.Building != "" {
			i++
			continue
		}
		w.begin("MultiPolygon")
		first := i
		for ; i < len(c.Footprints); i++ {
			n := &c.Footprints[i]
			if n.Building != "" || n.Use != f.Use || n.HeightMeters/heightClass != f.HeightMeters/heightClass {
				break
			}
			w.sep(i - first)
			w.text("[")
			w.ring(n.Ring)
			w.text("]")
		}
		w.properties("building")
		w.property("kind", string(f.Use))
		w.number("height", f.HeightMeters)
		w.end()
	}
}

// writeProperties writes the operator's buildings, outlines before entrances.
func (c *City) writeProperties(w *geoWriter) {
	for i := range c.Footprints {
		f := &c.Footprints[i]
		if b, ok := c.Building(f.Building); ok {
			w.begin("Polygon")
			w.ring(f.Ring)
			w.building(b)
			w.number("height", f.HeightMeters)
			w.end()
		}
	}
	for i := range c.Buildings {
		w.begin("Point")
		w.pair(c.Buildings[i].Location)
		w.building(&c.Buildings[i])
		w.end()
	}
}

// geoWriter appends GeoJSON to a buffer. Names hold letters, digits and spaces only, so that they need no escapes.
type geoWriter struct {
	buf  []byte
	many bool // a feature was written before
}

func (w *geoWriter) text(s string) { w.buf = append(w.buf, s...) }

func (w *geoWriter) sep(i int) {
	if i > 0 {
		w.buf = append(w.buf, ',')
	}
}

// begin opens a feature up to the inside of its coordinates.
func (w *geoWriter) begin(geometry string) {
	if w.many {
		w.text(",")
	}
	w.many = true
	w.text(`{"type":"Feature","geometry":{"type":"` + geometry + `","coordinates":[`)
}

// properties closes the coordinates and opens the properties.
func (w *geoWriter) properties(layer string) { w.text(`]},"properties":{"layer":"` + layer + `"`) }

func (w *geoWriter) end() { w.text("}}") }

func (w *geoWriter) property(name, value string) { w.text(`,"` + name + `":"` + value + `"`) }

func (w *geoWriter) number(name string, value int) {
	w.text(`,"` + name + `":` + strconv.Itoa(value))
}

func (w *geoWriter) names(n Name) {
	if n.En != "" {
		w.property("name_en", n.En)
		w.property("name_zh", n.Zh)
	}
}

// building writes the properties of a building of the operator.
func (w *geoWriter) building(b *Building) {
	w.properties("property")
	w.property("kind", string(b.Kind))
	w.property("id", b.ID)
	w.names(b.Name)
}

// pair writes longitude and latitude.
func (w *geoWriter) pair(p geo.Point) {
	w.buf = strconv.AppendFloat(w.buf, p.Lon, 'f', 6, 64)
	w.buf = append(w.buf, ',')
	w.buf = strconv.AppendFloat(w.buf, p.Lat, 'f', 6, 64)
}

func (w *geoWriter) position(p geo.Point) {
	w.text("[")
	w.pair(p)
	w.text("]")
}

// ring writes a ring and closes it.
func (w *geoWriter) ring(ring []geo.Point) {
	w.text("[")
	for _, p := range ring {
		w.position(p)
		w.text(",")
	}
	w.position(ring[0])
	w.text("]")
}
