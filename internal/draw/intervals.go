package draw

import (
	"io"
	"math"
	"strconv"
)

// Panel is one figure of several things, each with its interval.
type Panel struct {
	Title string
	Rows  []Interval
}

// Interval is a mean and its limits. Limits that are NaN are not drawn, nor is a mean.
type Interval struct {
	Name            string
	Mean, Low, High float64
}

// Sizes of a picture of intervals.
const (
	panelWidth = inner/2 - 12
	labelWidth = 130.0
	rowHeight  = 22.0
)

// Intervals draws panels of means with their intervals, two in a row, each on an axis of its own that begins at 0. The same
// panels give the same bytes. The only error is that of w.
func Intervals(w io.Writer, title string, panels []Panel) error {
	body := &canvas{}
	body.text(margin, margin+22, "title", title)
	body.text(margin, margin+44, "quiet", "Means over days; lines are 95 % confidence intervals.")
	y := margin + 64.0
	for i := 0; i < len(panels); i += 2 {
		height := 0.0
		for k := i; k < min(i+2, len(panels)); k++ {
			height = max(height, body.panel(&panels[k], margin+float64(k-i)*(panelWidth+24), y))
		}
		y += height + 18
	}
	out := &canvas{}
	out.open("svg", "xmlns", "http://www.w3.org/2000/svg", "viewBox", "0 0 "+num(width)+" "+num(y), "width", width, "height", y,
		"class", "fettle-plan", "role", "img")
	out.leaf("title", title)
	out.leaf("style", style())
	out.leaf("rect", "", "class", "paper", "width", width, "height", y)
	out.buf.Write(body.buf.Bytes())
	out.close("svg")
	_, err := w.Write(out.buf.Bytes())
	return err
}

// panel draws one panel and returns its height.
func (c *canvas) panel(p *Panel, x, y float64) float64 {
	height := 44 + rowHeight*float64(len(p.Rows))
	c.leaf("rect", "", "class", "panel", "x", x, "y", y, "width", panelWidth, "height", height, "rx", 6)
	c.text(x+12, y+22, "home", p.Title)
	most := 0.0
	for _, r := range p.Rows {
		for _, v := range []float64{r.Mean, r.High} {
			if !math.IsNaN(v) {
				most = max(most, v)
			}
		}
	}
	if most == 0 {
		most = 1
	}
	from, length := x+labelWidth, panelWidth-labelWidth-76
	at := func(v float64) float64 { return from + length*min(max(v/most, 0), 1) }
	c.leaf("path", "", "class", "grid", "d", "M"+num(from)+" "+num(y+34)+"V"+num(y+height-8))
	for i, r := range p.Rows {
		line := y + 34 + rowHeight*(float64(i)+0.5)
		c.text(x+12, line+4, "quiet", elide(r.Name, 20))
		if math.IsNaN(r.Mean) {
			c.text(from+6, line+4, "quiet", "nothing to measure")
			continue
		}
		c.open("g", "class", colorOf(i))
		if !math.IsNaN(r.Low) && !math.IsNaN(r.High) {
			c.leaf("path", "", "class", "leg", "d", "M"+num(at(r.Low))+" "+num(line)+"H"+num(at(r.High)))
		}
		c.leaf("circle", "", "class", "solid", "cx", at(r.Mean), "cy", line, "r", 4.5)
		c.close("g")
		c.text(x+panelWidth-10, line+4, "end", short(r.Mean))
	}
	return height
}

// short writes a number in three digits or so.
func short(v float64) string {
	switch {
	case math.Abs(v) >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case math.Abs(v) >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}
