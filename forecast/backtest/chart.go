package backtest

import (
	"fmt"
	"math"
	"strings"
)

// Chart is a picture and the table behind it.
type Chart struct {
	Name string // of the files, without ending
	SVG  string
	CSV  string
}

// Charts draws the result: reliability, gain, hit rate by share of places, and the histogram of the PIT. Without a judged
// forecast there are none.
func (r *Result) Charts() []Chart {
	if r.Judged == 0 {
		return nil
	}
	return []Chart{r.reliabilityChart(), r.gainChart(), r.hitChart(), r.pitChart()}
}

const chartWidth, chartHeight, chartLeft, chartTop, chartRight, chartBottom = 560.0, 380.0, 64.0, 46.0, 20.0, 52.0

// plot is a picture while it is drawn, x and y from 0 to 1.
type plot struct{ b strings.Builder }

func newPlot(title, x, y string) *plot {
	p := &plot{}
	fmt.Fprintf(&p.b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" role="img" font-family="system-ui,sans-serif" font-size="12" fill="#23272e">`,
		chartWidth, chartHeight)
	fmt.Fprintf(&p.b, `<title>%s</title><rect width="100%%" height="100%%" fill="#fdfcfa"/>`, title)
	fmt.Fprintf(&p.b, `<text x="%g" y="24" font-size="16" font-weight="600">%s</text>`, chartLeft, title)
	fmt.Fprintf(&p.b, `<text x="%g" y="%g" text-anchor="middle">%s</text>`, (chartLeft+chartWidth-chartRight)/2, chartHeight-12, x)
	fmt.Fprintf(&p.b, `<text transform="translate(16 %g) rotate(-90)" text-anchor="middle">%s</text>`, (chartTop+chartHeight-chartBottom)/2, y)
	return p
}

func (p *plot) x(v float64) float64 { return chartLeft + v*(chartWidth-chartLeft-chartRight) }

func (p *plot) y(v float64) float64 {
	return chartHeight - chartBottom - v*(chartHeight-chartTop-chartBottom)
}

// tickX and tickY draw a line of the grid with its label.
func (p *plot) tickX(at float64, label string) {
	fmt.Fprintf(&p.b, `<path d="M%.1f %.1fV%.1f" stroke="#d9d5cc"/><text x="%.1f" y="%.1f" text-anchor="middle" fill="#5b626d">%s</text>`,
		p.x(at), p.y(0), p.y(1), p.x(at), p.y(0)+18, label)
}

func (p *plot) tickY(at float64, label string) {
	fmt.Fprintf(&p.b, `<path d="M%.1f %.1fH%.1f" stroke="#d9d5cc"/><text x="%.1f" y="%.1f" text-anchor="end" fill="#5b626d">%s</text>`,
		p.x(0), p.y(at), p.x(1), p.x(0)-8, p.y(at)+4, label)
}

func (p *plot) percentTicks() {
	for _, v := range []float64{0, 0.2, 0.4, 0.6, 0.8, 1} {
		p.tickX(v, fmt.Sprintf("%.0f %%", 100*v))
		p.tickY(v, fmt.Sprintf("%.0f %%", 100*v))
	}
}

// line draws points joined by straight lines.
func (p *plot) line(points [][2]float64, style string) {
	p.b.WriteString(`<path fill="none" `)
	p.b.WriteString(style)
	p.b.WriteString(` d="`)
	for i, at := range points {
		letter := "L"
		if i == 0 {
			letter = "M"
		}
		fmt.Fprintf(&p.b, "%s%.1f %.1f", letter, p.x(at[0]), p.y(at[1]))
	}
	p.b.WriteString(`"/>`)
}

const (
	strongLine = `stroke="#332288" stroke-width="2.5"`
	faintLine  = `stroke="#8a8f98" stroke-dasharray="5 4"`
)

func (p *plot) done() string { return p.b.String() + "</svg>\n" }

// reliabilityChart shows what came against what was forecast, both in logarithms.
func (r *Result) reliabilityChart() Chart {
	p := newPlot("Reliability: what came when so much was forecast", "forecast mean of a place", "mean of what came, 95 % band")
	low, high := math.Inf(1), math.Inf(-1)
	var table strings.Builder
	table.WriteString("forecasts,mean,came,low,high\n")
	for _, g := range r.Reliability {
		low, high = math.Min(low, math.Min(g.Mean, math.Max(g.Low, g.Mean/4))), math.Max(high, math.Max(g.Mean, g.High))
		fmt.Fprintf(&table, "%d,%.6g,%.6g,%.6g,%.6g\n", g.Forecasts, g.Mean, g.Came, g.Low, g.High)
	}
	if len(r.Reliability) == 0 {
		low, high = 0.1, 10
	}
	first, last := math.Floor(math.Log10(low)), math.Ceil(math.Log10(high*1.001))
	place := func(v float64) float64 {
		return math.Max(0, math.Min(1, (math.Log10(math.Max(v, 1e-9))-first)/(last-first)))
	}
	for e := first; e <= last; e++ {
		label := fmt.Sprintf("%g", math.Pow(10, e))
		p.tickX(place(math.Pow(10, e)), label)
		p.tickY(place(math.Pow(10, e)), label)
	}
	p.line([][2]float64{{0, 0}, {1, 1}}, faintLine)
	for _, g := range r.Reliability {
		p.line([][2]float64{{place(g.Mean), place(g.Low)}, {place(g.Mean), place(g.High)}}, `stroke="#88ccee" stroke-width="4"`)
		fmt.Fprintf(&p.b, `<circle cx="%.1f" cy="%.1f" r="4.5" fill="#332288"/>`, p.x(place(g.Mean)), p.y(place(g.Came)))
	}
	return Chart{"reliability", p.done(), table.String()}
}

// gainChart shows the share of events that the best places catch.
func (r *Result) gainChart() Chart {
	p := newPlot("Gain: share of events in the places that were ranked first", "share of places", "share of events")
	p.percentTicks()
	var table strings.Builder
	table.WriteString("places,share_of_places,share_of_events\n0,0,0\n")
	points := [][2]float64{{0, 0}}
	for i, v := range r.Gain {
		at := float64(i+1) / float64(len(r.Gain))
		points = append(points, [2]float64{at, v})
		fmt.Fprintf(&table, "%d,%.6g,%.6g\n", i+1, at, v)
	}
	p.line([][2]float64{{0, 0}, {1, 1}}, faintLine)
	p.line(points, strongLine)
	return Chart{"gain", p.done(), table.String()}
}

// hitChart shows hit rates at the usual shares.
func (r *Result) hitChart() Chart {
	p := newPlot("Hit rate: events caught by the best few places", "share of places that is watched", "share of events")
	var table strings.Builder
	table.WriteString("percent_of_places,hit,pai,pei\n")
	for _, v := range []float64{0, 0.2, 0.4, 0.6, 0.8, 1} {
		p.tickY(v, fmt.Sprintf("%.0f %%", 100*v))
	}
	for i, s := range r.Hotspots {
		at := (float64(i) + 0.5) / float64(len(r.Hotspots))
		p.tickX(at, fmt.Sprintf("%g %%", s.Percent))
		fmt.Fprintf(&p.b, `<rect x="%.1f" y="%.1f" width="52" height="%.1f" fill="#332288"/><text x="%.1f" y="%.1f" text-anchor="middle">%.1f %%</text>`,
			p.x(at)-26, p.y(s.Hit), p.y(0)-p.y(s.Hit), p.x(at), p.y(s.Hit)-6, 100*s.Hit)
		fmt.Fprintf(&table, "%g,%.6g,%.6g,%.6g\n", s.Percent, s.Hit, s.PAI, s.PEI)
	}
	return Chart{"hitrate", p.done(), table.String()}
}

// pitChart shows whether the distributions are right: ten bars of equal height.
func (r *Result) pitChart() Chart {
	p := newPlot("PIT: level when distributions are right", "probability that was forecast for less than what came", "share of forecasts")
	var table strings.Builder
	table.WriteString("from,to,share\n")
	most := 0.2
	for _, v := range r.PIT.Histogram {
		most = math.Max(most, v)
	}
	for _, v := range []float64{0, 0.05, 0.1, 0.15, 0.2} {
		p.tickY(v/most, fmt.Sprintf("%.0f %%", 100*v))
	}
	for i, v := range r.PIT.Histogram {
		left, right := float64(i)/10, float64(i+1)/10
		fmt.Fprintf(&p.b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#332288" stroke="#fdfcfa"/>`,
			p.x(left), p.y(v/most), p.x(right)-p.x(left), p.y(0)-p.y(v/most))
		p.tickX(left, fmt.Sprintf("%.1f", left))
		fmt.Fprintf(&table, "%.1f,%.1f,%.6g\n", left, right, v)
	}
	p.tickX(1, "1.0")
	p.line([][2]float64{{0, 0.1 / most}, {1, 0.1 / most}}, faintLine)
	return Chart{"pit", p.done(), table.String()}
}
