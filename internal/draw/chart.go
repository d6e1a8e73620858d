package draw

import (
	"fmt"
	"math"
	"strings"

	"fettle/dispatch"
)

// box is a rectangle of the picture.
type box struct{ x, y, w, h float64 }

func (b box) overlaps(o box) bool {
	return b.x < o.x+o.w && o.x < b.x+b.w && b.y < o.y+o.h && o.y < b.y+b.h
}

func (b box) within(o box) bool {
	return b.x >= o.x && b.y >= o.y && b.x+b.w <= o.x+o.w && b.y+b.h <= o.y+o.h
}

// chart is the map while it is drawn.
type chart struct {
	*scene
	c      *canvas
	frame  box
	at     map[int32]spot // by place
	visits map[int32]spot // by visit: places with several visits spread them
	dot    float64        // radius of an ordinary visit
	most   int32          // highest priority
	taken  []box          // where no label may go
}

// chart draws the map into a box and returns where it ends, with the key below it.
func (s *scene) chart(c *canvas, land *terrain, frame box) float64 {
	c.leaf("rect", "", "class", "panel", "x", frame.x, "y", frame.y, "width", frame.w, "height", frame.h, "rx", 6)
	const pad = 34
	at, scale := land.fit(frame.x+pad, frame.y+pad, frame.w-2*pad, frame.h-2*pad)
	m := &chart{scene: s, c: c, frame: frame, at: at, visits: map[int32]spot{}, dot: 4.5}
	for _, size := range []struct {
		visits int
		radius float64
	}{{400, 5.5}, {160, 7.5}, {70, 9.5}} {
		if s.served+len(s.left) <= size.visits {
			m.dot = size.radius
		}
	}
	m.spread()
	class := "paths"
	if len(s.routes) > beside {
		class += " dense"
	}
	c.open("g", "class", class)
	for i := range s.routes {
		m.path(&s.routes[i])
	}
	c.close("g")
	m.homes()
	m.leftOut()
	for i := range s.routes {
		m.dots(&s.routes[i])
	}
	m.names()
	if land.metersPerUnit > 0 && scale > 0 {
		m.scaleBar(land.metersPerUnit / scale)
	}
	y := frame.y + frame.h + 20
	c.text(frame.x+2, y, "quiet fine", land.caption)
	return m.key(y + 20)
}

// spread puts visits of one place around it on a sunflower (Vogel 1979: k-th point at angle k times the golden angle and
// distance growing with the root of k), so that none hides another.
func (m *chart) spread() {
	here := map[spot]int{}
	home := map[spot]bool{}
	whole := func(at spot) spot { return spot{math.Round(at.x), math.Round(at.y)} }
	for i := range m.routes {
		for _, place := range []int32{m.routes[i].shift.StartPlace, m.routes[i].shift.EndPlace} {
			if at, ok := m.at[place]; ok {
				home[whole(at)] = true
			}
		}
	}
	put := func(visit int32) {
		at, ok := m.at[m.p.Visits[visit].Place]
		if _, done := m.visits[visit]; done || !ok {
			return
		}
		k := float64(here[whole(at)])
		if home[whole(at)] {
			k++
		}
		here[whole(at)]++
		const golden = 2.399963229728653 // radians
		r := 1.9 * m.dot * math.Sqrt(k)
		at = spot{at.x + r*math.Cos(k*golden), at.y + r*math.Sin(k*golden)}
		m.visits[visit] = at
		m.taken = append(m.taken, box{at.x - m.dot, at.y - m.dot, 2 * m.dot, 2 * m.dot})
	}
	for i := range m.routes {
		for _, stop := range m.routes[i].stops {
			if stop.Kind == dispatch.StopVisit {
				put(stop.Visit)
			}
		}
		for _, visit := range m.routes[i].of.Visits() {
			if visit >= 0 && int(visit) < len(m.p.Visits) {
				m.most = max(m.most, m.p.Visits[visit].Priority)
			}
		}
	}
	for _, u := range m.left {
		put(u.Visit)
		m.most = max(m.most, m.p.Visits[u.Visit].Priority)
	}
}

// points is the way of a route over the map; out and back say whether it begins and ends with a leg to a home.
func (m *chart) points(r *route) (way []spot, out, back bool) {
	if at, ok := m.at[r.shift.StartPlace]; ok {
		way, out = append(way, at), true
	}
	for k := range r.stops {
		stop := &r.stops[k]
		if stop.Kind == dispatch.StopVisit {
			way = append(way, m.visits[stop.Visit])
		} else if place, ok := m.place(r, stop); ok {
			way = append(way, m.at[place])
		}
	}
	if at, ok := m.at[r.shift.EndPlace]; ok {
		way, back = append(way, at), true
	}
	return way, out, back
}

// path draws the legs of a route, those from and to home lighter, with arrows.
func (m *chart) path(r *route) {
	way, out, back := m.points(r)
	m.c.open("g", "class", colorOf(r.index))
	title := r.name + ", " + count(r.visits, "visit")
	if m.timed {
		title += fmt.Sprintf(", travel %s, duty %s", m.length(float64(r.travel)), m.length(r.duty()))
	}
	from, to := 0, len(way)
	if out && len(way) > 1 {
		m.line("commute", title, dashOf(r.index), way[:2])
		from = 1
	}
	if back && to-from > 1 {
		m.line("commute", title, dashOf(r.index), way[to-2:])
		to--
	}
	if to-from > 1 {
		m.line("leg", title, dashOf(r.index), way[from:to])
	}
	for i := 1; i < len(way); i++ {
		m.arrow(way[i-1], way[i])
	}
	m.c.close("g")
}

func (m *chart) line(class, title, dash string, way []spot) {
	var d strings.Builder
	for i, at := range way {
		d.WriteString(map[bool]string{true: "M", false: "L"}[i == 0] + num(at.x) + " " + num(at.y))
	}
	m.c.titled("path", title, "class", class, "d", d.String(), "stroke-dasharray", dash)
}

// arrow points along a leg a little after its middle; short legs have none.
func (m *chart) arrow(a, b spot) {
	dx, dy := b.x-a.x, b.y-a.y
	length := math.Hypot(dx, dy)
	if length < 3.2*m.dot+6 {
		return
	}
	dx, dy = dx/length, dy/length
	size := math.Min(5.5, 2.5+m.dot/3)
	x, y := a.x+dx*length*0.56, a.y+dy*length*0.56
	m.c.leaf("path", "", "class", "solid", "d", fmt.Sprintf("M%s %sL%s %sL%s %sZ", num(x+dx*size), num(y+dy*size),
		num(x-dx*size-dy*size*0.75), num(y-dy*size+dx*size*0.75), num(x-dx*size+dy*size*0.75), num(y-dy*size-dx*size*0.75)))
}

// dots draws the visits of a route, numbered in order where there is room, larger with priority, emergencies in a red ring.
func (m *chart) dots(r *route) {
	m.c.open("g", "class", colorOf(r.index))
	number := 0
	for k := range r.stops {
		stop := &r.stops[k]
		if stop.Kind != dispatch.StopVisit {
			continue
		}
		number++
		at, radius := m.visits[stop.Visit], m.radius(stop.Visit)
		class := "solid"
		if m.dot >= 7 {
			class = "ring"
		}
		if m.p.Visits[stop.Visit].Urgency == dispatch.UrgencyEmergency {
			m.c.leaf("circle", "", "class", "alarm", "cx", at.x, "cy", at.y, "r", radius+3)
		}
		m.c.titled("circle", fmt.Sprintf("%d. %s", number, m.describe(r, stop)), "class", class, "cx", at.x, "cy", at.y, "r", radius)
		if m.dot >= 7 {
			m.c.text(at.x, at.y+3.6, "tag mid", num(float64(number)))
		}
	}
	m.c.close("g")
}

func (m *chart) radius(visit int32) float64 {
	if m.most <= 0 {
		return m.dot
	}
	return m.dot * (0.85 + 0.35*float64(max(m.p.Visits[visit].Priority, 0))/float64(m.most))
}

// leftOut draws the unassigned visits as hollow crosses with their reason.
func (m *chart) leftOut() {
	for _, u := range m.left {
		at := m.visits[u.Visit]
		title := fmt.Sprintf("%s · unassigned", m.p.Visits[u.Visit].ID)
		for _, more := range []string{string(u.Reason), u.Detail} {
			if more != "" {
				title += " · " + more
			}
		}
		if m.p.Visits[u.Visit].Urgency == dispatch.UrgencyEmergency {
			m.c.leaf("circle", "", "class", "alarm", "cx", at.x, "cy", at.y, "r", m.radius(u.Visit)+3)
		}
		m.cross(at, m.radius(u.Visit)*0.95, title)
	}
}

// cross is an outlined X.
func (m *chart) cross(at spot, size float64, title string) {
	arm := size * 0.36
	plus := [][2]float64{
		{-arm, -size},
		{arm, -size},
		{arm, -arm},
		{size, -arm},
		{size, arm},
		{arm, arm},
		{arm, size},
		{-arm, size},
		{-arm, arm},
		{-size, arm},
		{-size, -arm},
		{-arm, -arm},
	}
	var d strings.Builder
	for i, p := range plus {
		x, y := (p[0]-p[1])*math.Sqrt2/2, (p[0]+p[1])*math.Sqrt2/2
		d.WriteString(map[bool]string{true: "M", false: "L"}[i == 0] + num(at.x+x) + " " + num(at.y+y))
	}
	m.c.titled("path", title, "class", "cross", "d", d.String()+"Z")
}
