package draw

import (
	"bytes"
	"encoding/xml"
	"math"
	"strconv"
)

// canvas writes SVG elements; all text and attribute values are escaped here and nowhere else.
type canvas struct{ buf bytes.Buffer }

// open writes a start tag. Attributes come in pairs of a name and a string, int or float64.
func (c *canvas) open(name string, attributes ...any) {
	c.buf.WriteString("<" + name)
	for i := 0; i+1 < len(attributes); i += 2 {
		key, _ := attributes[i].(string)
		c.buf.WriteString(" " + key + `="`)
		switch v := attributes[i+1].(type) {
		case string:
			c.escape(v)
		case int:
			c.buf.WriteString(strconv.Itoa(v))
		case float64:
			c.buf.WriteString(num(v))
		}
		c.buf.WriteString(`"`)
	}
	c.buf.WriteString(">")
}

func (c *canvas) close(name string) { c.buf.WriteString("</" + name + ">\n") }

// leaf writes an element that holds text, or nothing.
func (c *canvas) leaf(name, text string, attributes ...any) {
	c.open(name, attributes...)
	c.escape(text)
	c.close(name)
}

// text writes a line of text.
func (c *canvas) text(x, y float64, class, text string) {
	c.leaf("text", text, "class", class, "x", x, "y", y)
}

// titled writes an element with a tooltip.
func (c *canvas) titled(name, title string, attributes ...any) {
	c.open(name, attributes...)
	c.buf.WriteString("<title>")
	c.escape(title)
	c.buf.WriteString("</title>")
	c.close(name)
}

// bothNames writes a name twice: for wide pictures, and shorter for narrow ones, of which the style shows one.
func (c *canvas) bothNames(x, y float64, class, name string, wide, slim int) {
	c.text(x, y, class+" wide", elide(name, wide))
	c.text(x, y, class+" slim", elide(name, slim))
}

// escape writes text for XML; what XML cannot hold becomes U+FFFD. A buffer never fails.
func (c *canvas) escape(text string) { _ = xml.EscapeText(&c.buf, []byte(text)) }

// num writes a coordinate with at most one decimal: finer than any screen, and coarse enough that the last bits of
// floating point, which differ between processors, do not show.
func num(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		v = 0
	}
	v = math.Round(v*10) / 10
	if v == 0 {
		v = 0 // no minus zero
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// elide shortens text to n > 0 characters, the last of them an ellipsis.
func elide(text string, n int) string {
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return string(runes[:n-1]) + "…"
}
