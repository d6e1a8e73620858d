package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// Deck is slides for a meeting: one figure each, with what it means and when it was made.
type Deck struct {
	Title    string
	Language string    // BCP 47, as "en" or "zh-CN"
	Time     time.Time // when it was made, in its metadata
	Footer   string    // at the foot of each slide, beside its number
	Slides   []Slide
}

// Slide is one figure.
type Slide struct {
	Title  string
	Figure string // what to remember, large: "63 %"
	Said   string // beside the figure: of what it is, and as of when
	Chart  Chart
	Means  string // the definition
}

// Chart is what a slide shows: Columns, Rows or Trend.
type Chart interface {
	draw(p *page, b box) error
}

// Bar is a value with its name and how it is written.
type Bar struct {
	Name  string
	Value float64 // not below zero
	Text  string
	Alarm bool // it is to be seen first
}

// Columns are bars that stand: periods of time, from left to right. At most 31.
type Columns []Bar

// Rows are bars that lie: groups, from top to bottom. At most 14.
type Rows []Bar

// Trend is shares of a whole by day, each from 0 to 1, with a line that they should stay above. Days without a share are gaps.
type Trend struct {
	Days []Day
	Line float64 // 0 for none
	Name string  // of the line
}

// Day is a place of a Trend.
type Day struct {
	Name  string
	Share float64
	Known bool
}

// box is where a chart is drawn, in millimetres.
type box struct{ x, y, wide, high float64 }

// Lengths of slides in millimetres: 16 to 9.
const (
	slideWide = 320.0
	slideHigh = 180.0
	slideEdge = 20.0

	slideInner = slideWide - 2*slideEdge
	rowName    = 74.0 // what the name of a lying bar takes
	rowText    = 34.0 // what its value takes
	colText    = 6.0  // above and below a standing bar
)

var (
	slideTitle  = style{size: 24, line: 11, heavy: true, shade: 20}
	slideFigure = style{size: 34, line: 15, heavy: true, shade: 20}
	slideSaid   = style{size: 12, line: 6, shade: 90}
	slideMeans  = style{size: 11, line: 5.4, shade: 70}
	slideLabel  = style{size: 11, line: 5.4, shade: 40}
	slideSmall  = style{size: 8.5, line: 4.2, shade: 70}
	slideFoot   = style{size: 8.5, line: 4.2, shade: 120}
)

// calm and alarm are the colours of bars.
var (
	calm  = [3]int{38, 100, 168}
	alarm = [3]int{190, 62, 40}
)

// Bytes lays the deck out. An error says what of it cannot be drawn.
func (d *Deck) Bytes() ([]byte, error) {
	face, err := loaded()
	if err != nil {
		return nil, err
	}
	if len(d.Slides) == 0 {
		return nil, errors.New("a deck without slides")
	}
	f := fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: fpdf.SizeType{Wd: slideWide, Ht: slideHigh}})
	f.SetCatalogSort(true)
	f.SetCreationDate(d.Time.UTC())
	f.SetModificationDate(d.Time.UTC())
	f.SetTitle(d.Title, true)
	f.SetProducer("fettle", true)
	f.SetLang(d.Language)
	f.SetAutoPageBreak(false, 0)
	f.AddUTF8FontFromBytes(family, "", face.data)
	p := &page{f: f, face: face}
	for i := range d.Slides {
		f.AddPage()
		if err := d.slide(p, i); err != nil {
			return nil, fmt.Errorf("slide %d, %s: %w", i+1, d.Slides[i].Title, err)
		}
	}
	var out bytes.Buffer
	if err := f.Output(&out); err != nil {
		return nil, fmt.Errorf("pdf: %w", err)
	}
	return out.Bytes(), nil
}

// slide draws one: title, figure, chart, definition, foot.
func (d *Deck) slide(p *page, i int) error {
	s := &d.Slides[i]
	const chartTop, meansTop, footTop = 50.0, slideHigh - 38, slideHigh - 12
	p.some(slideEdge, 13, slideInner, 1, s.Title, slideTitle)
	p.some(slideEdge, 28, slideInner, 1, s.Figure, slideFigure)
	p.use(slideFigure)
	after := p.f.GetStringWidth(p.face.readable(s.Figure))
	if after > 0 {
		after += 6
	}
	p.some(slideEdge+after, 31, slideInner-after, 2, s.Said, slideSaid)
	if s.Chart != nil {
		if err := s.Chart.draw(p, box{slideEdge, chartTop, slideInner, meansTop - chartTop - 4}); err != nil {
			return err
		}
	}
	p.some(slideEdge, meansTop, slideInner, 4, s.Means, slideMeans)
	p.some(slideEdge, footTop, slideInner-20, 1, d.Footer, slideFoot)
	p.some(slideWide-slideEdge-18, footTop, 18, 1, fmt.Sprintf("%d / %d", i+1, len(d.Slides)), slideFoot)
	return nil
}

// some draws the first lines of a text; the last ends in an ellipsis when there are more.
func (p *page) some(x, y, wide float64, most int, text string, s style) {
	lines := p.lines(text, wide, s)
	for i, line := range lines[:min(len(lines), most)] {
		if i == most-1 && len(lines) > most {
			line += "…"
		}
		p.put(x, y+float64(i)*s.line, line, s)
	}
}

// bar fills a box.
func (p *page) bar(b box, loud bool) {
	c := calm
	if loud {
		c = alarm
	}
	p.f.SetFillColor(c[0], c[1], c[2])
	p.f.Rect(b.x, b.y, b.wide, b.high, "F")
}

// line draws one from a place to another.
func (p *page) line(x1, y1, x2, y2, wide float64, c [3]int) {
	p.f.SetDrawColor(c[0], c[1], c[2])
	p.f.SetLineWidth(wide)
	p.f.Line(x1, y1, x2, y2)
}

// longest is the length of the longest bar, 1 when all are empty; an error for what cannot be drawn.
func longest(bars []Bar, most int) (float64, error) {
	if len(bars) == 0 || len(bars) > most {
		return 0, fmt.Errorf("%d bars: want 1 to %d", len(bars), most)
	}
	out := 0.0
	for _, b := range bars {
		if !(b.Value >= 0) { // NaN too
			return 0, fmt.Errorf("bar %s: %v is below zero or no number", b.Name, b.Value)
		}
		out = max(out, b.Value)
	}
	if out == 0 {
		return 1, nil
	}
	return out, nil
}

func (c Columns) draw(p *page, b box) error {
	top, err := longest(c, 31)
	if err != nil {
		return err
	}
	step := b.wide / float64(len(c))
	wide := min(step*0.7, 26)
	floor, high := b.y+b.high-colText, b.high-2*colText
	for i, bar := range c {
		x, tall := b.x+(float64(i)+0.5)*step-wide/2, high*bar.Value/top
		p.bar(box{x, floor - tall, wide, tall}, bar.Alarm)
		p.middle(x+wide/2, floor-tall-slideSmall.line-0.6, step, bar.Text)
		p.middle(x+wide/2, floor+1, step, bar.Name)
	}
	p.line(b.x, floor, b.x+b.wide, floor, 0.3, [3]int{120, 120, 120})
	return nil
}

// middle draws a small line around x.
func (p *page) middle(x, y, wide float64, text string) {
	line := p.lines(text, wide, slideSmall)[0]
	p.put(x-p.f.GetStringWidth(line)/2, y, line, slideSmall)
}

func (r Rows) draw(p *page, b box) error {
	top, err := longest(r, 14)
	if err != nil {
		return err
	}
	step := min(b.high/float64(len(r)), 12)
	for i, bar := range r {
		y, long := b.y+float64(i)*step, (b.wide-rowName-rowText)*bar.Value/top
		p.some(b.x, y+(step-slideLabel.line)/2, rowName-4, 1, bar.Name, slideLabel)
		p.bar(box{b.x + rowName, y + step*0.15, long, step * 0.7}, bar.Alarm)
		p.some(b.x+rowName+long+2, y+(step-slideLabel.line)/2, rowText, 1, bar.Text, slideLabel)
	}
	return nil
}

func (t Trend) draw(p *page, b box) error {
	if len(t.Days) < 2 {
		return fmt.Errorf("a trend of %d days: want 2", len(t.Days))
	}
	const names = 14.0
	left, wide := b.x+names, b.wide-names
	floor, high := b.y+b.high-colText, b.high-colText-2
	at := func(i int) (x, y float64) {
		return left + wide*float64(i)/float64(len(t.Days)-1), floor - high*t.Days[i].Share
	}
	for tenth := 0; tenth <= 10; tenth += 2 {
		y := floor - high*float64(tenth)/10
		p.line(left, y, left+wide, y, 0.15, [3]int{215, 215, 215})
		p.put(b.x, y-slideSmall.line/2, fmt.Sprintf("%d %%", tenth*10), slideSmall)
	}
	for i, d := range t.Days {
		if !(d.Share >= 0 && d.Share <= 1) {
			return fmt.Errorf("day %s: a share of %v", d.Name, d.Share)
		}
		if i > 0 && d.Known && t.Days[i-1].Known {
			x1, y1 := at(i - 1)
			x2, y2 := at(i)
			p.line(x1, y1, x2, y2, 0.7, calm)
		}
	}
	if t.Line > 0 {
		y := floor - high*t.Line
		p.line(left, y, left+wide, y, 0.5, alarm)
		p.put(left+2, y-slideSmall.line-0.6, p.face.readable(t.Name), slideSmall)
	}
	for _, i := range []int{0, (len(t.Days) - 1) / 2, len(t.Days) - 1} {
		x, _ := at(i)
		p.middle(min(max(x, left+10), left+wide-10), floor+1, 40, t.Days[i].Name)
	}
	return nil
}
