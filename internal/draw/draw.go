// Package draw makes a picture of a plan: one self-contained SVG with a map of the routes, a legend, and a timeline with a
// row for each technician. It plans and checks nothing and shows what it is given: draw the routes of a check.Report to
// see recomputed times. SVG draws a plan, Intervals draws comparisons of figures.
//
// The files follow the picture from inside out: canvas.go writes elements, style.go holds the looks, scene.go reads problem
// and plan, layout.go and embed.go place the places; then header.go, chart.go (the map), legend.go, timeline.go and axis.go
// draw.
package draw

import (
	"io"

	"fettle/dispatch"
)

// The picture is 1000 units wide; its height follows the content.
const (
	width  = 1000.0
	margin = 24.0
	inner  = width - 2*margin
)

// SVG writes the picture of a plan. Light and dark colours follow the reader's preference, and below 600 pixels of width
// the text grows and fine print goes away. The same problem and plan give the same bytes. Whatever in the plan does not
// exist in the problem is left out, so odd plans give odd pictures, never a panic; p must be valid. The only error is that
// of w. O(places^2) at most, for problems without coordinates.
func SVG(w io.Writer, p *dispatch.Problem, plan *dispatch.Plan) error {
	if plan == nil {
		plan = &dispatch.Plan{}
	}
	s := newScene(p, plan)
	body := &canvas{}
	y := s.header(body, margin)
	y = s.overview(body, y)
	y = s.timeline(body, y)

	out := &canvas{}
	out.open("svg", "xmlns", "http://www.w3.org/2000/svg", "viewBox", "0 0 "+num(width)+" "+num(y), "width", width, "height", y,
		"class", "fettle-plan", "role", "img", "aria-labelledby", "fettle-plan-title")
	out.leaf("title", s.title(), "id", "fettle-plan-title")
	out.leaf("style", style())
	s.definitions(out)
	out.leaf("rect", "", "class", "paper", "width", width, "height", y)
	out.buf.Write(body.buf.Bytes())
	out.close("svg")
	_, err := w.Write(out.buf.Bytes())
	return err
}

// definitions are the patterns: waiting is hatched.
func (s *scene) definitions(c *canvas) {
	c.open("defs")
	c.open("pattern", "id", "fettle-wait", "width", 5, "height", 5, "patternUnits", "userSpaceOnUse", "patternTransform", "rotate(45)")
	c.leaf("line", "", "class", "hatch", "x1", 1, "y1", 0, "x2", 1, "y2", 5)
	c.close("pattern")
	c.close("defs")
}
