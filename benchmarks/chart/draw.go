package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
)

// Sizes of the picture, in pixels at its natural size.
const (
	columns, width          = 3, 960
	cellHeight              = 250
	padLeft, padRight       = 48, 14
	padTop, padBottom       = 46, 40
	dot, ownDot             = 3.0, 4.0
	textSize, smallTextSize = 12, 11
)

// color of a solver on white; the same in light and dark, for the picture has a ground of its own.
func color(solver string) string {
	known := map[string]string{
		fettle: "#0b5cad", "HGS-VRPTW 2022": "#c2410c", "PyVRP 0.14": "#15803d", "VROOM 1.15": "#7e22ce", "nextroute": "#6b7280",
	}
	if c, ok := known[solver]; ok {
		return c
	}
	return "#111827"
}

// picture is an SVG being written.
type picture struct{ bytes.Buffer }

func (p *picture) add(format string, args ...any) { fmt.Fprintf(&p.Buffer, format+"\n", args...) }

func (p *picture) text(x, y float64, style, text string) {
	p.add(`<text x="%.1f" y="%.1f" %s>%s</text>`, x, y, style, escape(text))
}

func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a buffer takes everything
	return b.String()
}

// draw makes the picture: the panels in rows, the legend in the cell after the last.
func draw(ps []panel, all []series, measured string) []byte {
	rows := (len(ps) + columns) / columns
	p := &picture{}
	p.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" font-family="system-ui, sans-serif" font-size="%d" fill="#1f2937">`,
		width, rows*cellHeight, width, rows*cellHeight, textSize)
	p.add("<title>How good plans are after how much time: Fettle and its peers</title>")
	p.add(`<rect width="%d" height="%d" fill="#ffffff"/>`, width, rows*cellHeight)
	for i := range ps {
		p.panel(&ps[i], all, float64(i%columns)*width/columns, float64(i/columns)*cellHeight)
	}
	k := len(ps)
	p.legend(all, measured, float64(k%columns)*width/columns, float64(k/columns)*cellHeight)
	p.add("</svg>")
	return p.Bytes()
}

// frame is where the values of a panel are drawn.
type frame struct{ x, y, w, h float64 }

func (f *frame) point(x, y *axis, at point) (px, py float64) {
	return f.x + f.w*x.at(at.seconds), f.y + f.h*(1-y.at(at.value))
}

func (p *picture) panel(of *panel, all []series, x, y float64) {
	f := frame{x + padLeft, y + padTop, width/columns - padLeft - padRight, cellHeight - padTop - padBottom}
	seconds, values := axis{log: true, ticks: []float64{0.75, 75}}, valueAxis(of, all)
	p.text(f.x, y+20, `font-weight="600"`, of.title)
	p.text(f.x, y+36, fmt.Sprintf(`font-size="%d" fill="#4b5563"`, smallTextSize), of.unit+" (less is better)")
	for _, t := range values.ticks {
		_, py := f.point(&seconds, &values, point{seconds.ticks[0], t})
		p.add(`<path d="M%.1f %.1fh%.1f" stroke="#e5e7eb"/>`, f.x, py, f.w)
		label := number(t)
		if of.measure == gap && t <= least {
			label = "≤" + label
		}
		p.text(f.x-6, py+4, fmt.Sprintf(`text-anchor="end" font-size="%d"`, smallTextSize), label)
	}
	for _, t := range []float64{1, 3, 10, 30, 60} {
		px, _ := f.point(&seconds, &values, point{t, values.ticks[0]})
		p.add(`<path d="M%.1f %.1fv%.1f" stroke="#f3f4f6"/>`, px, f.y, f.h)
		p.text(px, f.y+f.h+15, fmt.Sprintf(`text-anchor="middle" font-size="%d"`, smallTextSize), number(t))
	}
	p.add(`<path d="M%.1f %.1fv%.1fh%.1f" fill="none" stroke="#9ca3af"/>`, f.x, f.y, f.h, f.w)
	p.text(f.x+f.w, f.y+f.h+30, fmt.Sprintf(`text-anchor="end" font-size="%d" fill="#4b5563"`, smallTextSize), "seconds (logarithmic)")
	for i := range all {
		if all[i].panel == of.name {
			p.line(&all[i], &f, &seconds, &values)
		}
	}
}

// line draws the points of a solver; ours thicker, with its values.
func (p *picture) line(s *series, f *frame, seconds, values *axis) {
	c, own, path := color(s.solver), s.solver == fettle, ""
	for i, at := range s.points {
		x, y := f.point(seconds, values, at)
		path += fmt.Sprintf("%s%.1f %.1f", map[bool]string{true: "M", false: "L"}[i == 0], x, y)
	}
	thick, radius := 1.5, dot
	if own {
		thick, radius = 2.5, ownDot
	}
	p.add(`<path d="%s" fill="none" stroke="%s" stroke-width="%.1f"/>`, path, c, thick)
	for _, at := range s.points {
		x, y := f.point(seconds, values, at)
		p.add(`<circle cx="%.1f" cy="%.1f" r="%.1f" fill="%s"><title>%s</title></circle>`, x, y, radius, c,
			escape(fmt.Sprintf("%s: %s after %s s", s.solver, number(at.value), number(at.seconds))))
		if own {
			up := -8.0
			if y < f.y+16 {
				up = 16
			}
			p.text(x, y+up, fmt.Sprintf(`text-anchor="middle" font-size="%d" font-weight="600" fill="%s" stroke="#ffffff" stroke-width="3" paint-order="stroke"`,
				smallTextSize, c), number(at.value))
		}
	}
}

func (p *picture) legend(all []series, measured string, x, y float64) {
	var solvers []string
	for i := len(all) - 1; i >= 0; i-- {
		if !slices.Contains(solvers, all[i].solver) {
			solvers = append(solvers, all[i].solver)
		}
	}
	slices.Sort(solvers)
	slices.SortStableFunc(solvers, func(a, b string) int {
		if (a == fettle) != (b == fettle) {
			if a == fettle {
				return -1
			}
			return 1
		}
		return 0
	})
	left, top := x+padLeft, y+padTop
	for i, s := range solvers {
		at := top + float64(i)*22
		p.add(`<path d="M%.1f %.1fh28" stroke="%s" stroke-width="2.5"/><circle cx="%.1f" cy="%.1f" r="4" fill="%s"/>`, left, at, color(s), left+14, at, color(s))
		p.text(left+38, at+4, "", s)
	}
	for i, note := range []string{"one thread, machines of one kind", "peers measured " + measured + ", one seed", "time: processor or wall, see peers.json"} {
		p.text(left, top+float64(len(solvers))*22+14+float64(i)*16, fmt.Sprintf(`font-size="%d" fill="#4b5563"`, smallTextSize), note)
	}
}
