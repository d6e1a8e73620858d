package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"codeberg.org/go-pdf/fpdf"
)

// Lengths in millimetres.
const (
	left   = 18.0
	width  = 210 - 2*left
	top    = 18.0
	bottom = 297 - 20.0
	foot   = 297 - 12.0

	factName  = 46.0 // what a fact's name takes of the width
	cellSpace = 1.4  // between a cell's text and its edge

	signHeight = 22.0
	signGap    = 8.0
)

const pageCount = "{pages}"

// style is how text looks: its size in points, the height of a line in millimetres, how dark it is from 0, black, to 255.
type style struct {
	size, line float64
	heavy      bool
	shade      int
}

var (
	title   = style{size: 17, line: 8.5, heavy: true, shade: 20}
	heading = style{size: 12, line: 6.5, heavy: true, shade: 20}
	body    = style{size: 10, line: 5.2, shade: 30}
	small   = style{size: 7.5, line: 3.8, shade: 110}
	cell    = style{size: 8.5, line: 4.4, shade: 30}
	head    = style{size: 8.5, line: 4.4, heavy: true, shade: 30}
	label   = style{size: 10, line: 5.2, shade: 110}
)

// page is where the next line goes.
type page struct {
	f    *fpdf.Fpdf
	face *face
	y    float64
}

func (p *page) begin() {
	p.f.AddPage()
	p.y = top
}

// need begins a page unless this much is left of the present one.
func (p *page) need(height float64) {
	if p.y+height > bottom {
		p.begin()
	}
}

func (p *page) skip(height float64) { p.y += height }

// use makes a style that of what is drawn next.
func (p *page) use(s style) {
	p.f.SetFont(family, "", s.size)
	p.f.SetTextColor(s.shade, s.shade, s.shade)
	p.f.SetDrawColor(s.shade, s.shade, s.shade)
	p.f.SetLineWidth(s.size * 0.012) // of the outline that makes letters heavy
	p.f.SetTextRenderingMode(0)
	if s.heavy {
		p.f.SetTextRenderingMode(2)
	}
}

// lines cuts text for a width.
func (p *page) lines(text string, wide float64, s style) []string {
	p.use(s)
	return wrap(p.face.readable(text), wide, p.f.GetStringWidth)
}

// put draws one line whose top is at y.
func (p *page) put(x, y float64, line string, s style) {
	p.use(s)
	p.f.Text(x, y+s.line*0.76, line)
}

// write draws text and moves on.
func (p *page) write(x, wide float64, text string, s style) {
	for _, line := range p.lines(text, wide, s) {
		p.need(s.line)
		p.put(x, p.y, line, s)
		p.y += s.line
	}
}

func (p *page) rule(y float64, shade int) {
	p.f.SetDrawColor(shade, shade, shade)
	p.f.SetLineWidth(0.2)
	p.f.Line(left, y, left+width, y)
}

// foot ends a page.
func (p *page) foot(text string) {
	p.rule(foot-4, 190)
	p.put(left, foot-3, p.face.readable(strings.ReplaceAll(text, "\n", " ")), small)
	number := fmt.Sprintf("%d / %s", p.f.PageNo(), pageCount)
	p.put(left+width-14, foot-3, number, small)
}

func (h Heading) lay(p *page) error {
	p.skip(3)
	p.need(heading.line + 3*body.line) // not alone at the foot of a page
	p.write(left, width, string(h), heading)
	p.skip(1)
	return nil
}

func (t Paragraph) lay(p *page) error {
	p.write(left, width, string(t), body)
	p.skip(2)
	return nil
}

func (t Small) lay(p *page) error {
	p.write(left, width, string(t), small)
	p.skip(1)
	return nil
}

func (f Facts) lay(p *page) error {
	for _, fact := range f {
		names := p.lines(fact.Name, factName-2, label)
		p.need(float64(len(names)) * label.line)
		for i, line := range names {
			p.put(left, p.y+float64(i)*label.line, line, label)
		}
		page, y := p.f.PageNo(), p.y+float64(len(names))*label.line
		p.write(left+factName, width-factName, fact.Value, body)
		if p.f.PageNo() == page {
			p.y = max(p.y, y)
		}
	}
	p.skip(2)
	return nil
}

func (t Table) lay(p *page) error {
	if len(t.Columns) == 0 {
		return errors.New("a table without columns")
	}
	total := 0.0
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		total += c.Share
		names[i] = c.Name
	}
	if total <= 0 {
		return errors.New("a table whose columns have no width")
	}
	widths := make([]float64, len(t.Columns))
	for i, c := range t.Columns {
		widths[i] = width * c.Share / total
	}
	p.need(4 * cell.line)
	p.row(p.cells(names, widths, head), widths, head, nil)
	for _, row := range t.Rows {
		p.row(p.cells(row, widths, cell), widths, cell, names)
	}
	p.skip(3)
	return nil
}

// cells cuts the texts of a row into lines.
func (p *page) cells(texts []string, widths []float64, s style) [][]string {
	out := make([][]string, len(widths))
	for i := range out {
		if i < len(texts) {
			out[i] = p.lines(texts[i], widths[i]-2*cellSpace, s)
		}
	}
	return out
}

// row draws a row, on further pages where it is longer than one, each with the head.
func (p *page) row(cells [][]string, widths []float64, s style, names []string) {
	for left := true; left; {
		height := 0
		for _, lines := range cells {
			height = max(height, len(lines))
		}
		fits := int((bottom - p.y - 2*cellSpace) / s.line)
		if height > fits && (fits < 1 || p.y > top+3*s.line) {
			p.begin()
			if names != nil {
				p.row(p.cells(names, widths, head), widths, head, nil)
			}
			fits = int((bottom - p.y - 2*cellSpace) / s.line)
		}
		fits = max(fits, 1)
		left = p.strip(cells, widths, s, fits)
	}
}

// strip draws up to a number of lines of each cell and takes them off it. It reports whether lines are left.
func (p *page) strip(cells [][]string, widths []float64, s style, fits int) bool {
	x, most, more := left, 0, false
	for i, lines := range cells {
		n := min(len(lines), fits)
		for j, line := range lines[:n] {
			p.put(x+cellSpace, p.y+cellSpace+float64(j)*s.line, line, s)
		}
		cells[i] = lines[n:]
		more = more || n < len(lines)
		most = max(most, n)
		x += widths[i]
	}
	p.y += float64(most)*s.line + 2*cellSpace
	shade := 215
	if s.heavy {
		shade = 90
	}
	p.rule(p.y, shade)
	return more
}

func (g Signatures) lay(p *page) error {
	const perRow = 2
	wide := (width - signGap*(perRow-1)) / perRow
	for start := 0; start < len(g); start += perRow {
		row := g[start:min(start+perRow, len(g))]
		p.need(signHeight + 5*body.line)
		next := p.y
		for i, s := range row {
			x := left + float64(i)*(wide+signGap)
			y, err := p.sign(x, wide, s)
			if err != nil {
				return fmt.Errorf("signature %d: %w", start+i, err)
			}
			next = max(next, y)
		}
		p.y = next + 3
	}
	return nil
}

// sign draws one place and returns where it ends.
func (p *page) sign(x, wide float64, s Signature) (float64, error) {
	p.put(x, p.y, p.face.readable(s.Role), label)
	line := p.y + label.line + signHeight
	if s.Image != nil {
		name := fmt.Sprintf("signature-%.0f-%.0f-%d", x, p.y, p.f.PageNo())
		options := fpdf.ImageOptions{ImageType: kindOf(s.Image)}
		info := p.f.RegisterImageOptionsReader(name, options, bytes.NewReader(s.Image))
		if err := p.f.Error(); err != nil {
			return 0, err
		}
		scale := min((signHeight-2)/info.Height(), wide/info.Width())
		p.f.ImageOptions(name, x, line-1-info.Height()*scale, info.Width()*scale, info.Height()*scale, false, options, 0, "")
	}
	p.f.SetDrawColor(60, 60, 60)
	p.f.SetLineWidth(0.3)
	p.f.Line(x, line, x+wide, line)
	y := line + 1
	for _, text := range p.lines(s.Text, wide, body) {
		p.put(x, y, text, body)
		y += body.line
	}
	return y, nil
}

// kindOf tells the two kinds of pictures apart.
func kindOf(image []byte) string {
	if bytes.HasPrefix(image, []byte("\xff\xd8")) {
		return "JPEG"
	}
	return "PNG"
}
