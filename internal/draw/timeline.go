package draw

import (
	"fmt"
	"math"
	"unicode/utf8"

	"fettle/dispatch"
)

// timeline is the chart of times while it is drawn.
type timeline struct {
	*scene
	c         *canvas
	low, high float64 // ticks at the left and right edge
	top       float64 // of the current row
	row       float64 // height of a row
}

// gutter is the room for names left of the rows.
const gutter = 118.0

// timeline draws one row for each technician and returns where the picture ends.
func (s *scene) timeline(c *canvas, y float64) float64 {
	if !s.timed {
		c.text(margin, y+14, "quiet", "No timeline: the plan states no times.")
		return y + 14 + margin
	}
	t := &timeline{scene: s, c: c, low: math.Inf(1), high: math.Inf(-1), row: 36}
	for i := range s.routes {
		t.low = math.Min(t.low, float64(s.routes[i].of.Departure))
		t.high = math.Max(t.high, float64(s.routes[i].of.End))
	}
	air := (t.high - t.low) * 0.015
	t.low, t.high = t.low-air, t.high+air
	rows := s.rows()
	if len(rows) > 24 {
		t.row = 27
	}
	t.text(y+14, "lead", t.heading())
	y += 46
	bottom := y + float64(len(rows))*t.row
	t.grid(y, bottom, len(rows) > 12)
	for i, row := range rows {
		t.top = y + float64(i)*t.row
		t.technician(row)
	}
	if len(rows) > 12 {
		bottom += 20
	}
	return t.key(bottom+24) + margin
}

func (t *timeline) text(y float64, class, text string) { t.c.text(margin, y, class, text) }

// heading says which time the axis shows.
func (t *timeline) heading() string {
	switch {
	case !t.p.Origin.IsZero():
		at := t.p.At(dispatch.Tick(t.low))
		return at.Format("Monday, 2 January 2006") + ", local time " + at.Format("(MST)")
	case t.secondsPerTick > 0:
		return "Timeline in hours"
	case t.p.Scale.Unit != "":
		return "Timeline in " + t.p.Scale.Unit
	}
	return "Timeline"
}

// x is where an instant lies.
func (t *timeline) x(at float64) float64 {
	return margin + gutter + (at-t.low)/(t.high-t.low)*(inner-gutter)
}

// grid draws the axis.
func (t *timeline) grid(top, bottom float64, twice bool) {
	const apart = 62
	for i, m := range t.marks(t.low, t.high, int(math.Floor((inner-gutter)/apart))) {
		class, label := "grid", "quiet mid"
		if m.strong {
			class = "day"
		}
		if i%2 == 1 {
			label += " fine"
		}
		x := t.x(m.at)
		t.c.leaf("line", "", "class", class, "x1", x, "y1", top-5, "x2", x, "y2", bottom)
		t.c.text(x, top-9, label, m.label)
		if twice {
			t.c.text(x, bottom+15, label, m.label)
		}
	}
}

// bar draws a rectangle from one instant to another, clipped to the axis.
func (t *timeline) bar(from, to, y, h float64, class, title string) {
	from, to = math.Max(from, t.low), math.Min(to, t.high)
	if to <= from {
		return
	}
	x := t.x(from)
	if title == "" {
		t.c.leaf("rect", "", "class", class, "x", x, "y", y, "width", t.x(to)-x, "height", h)
		return
	}
	t.c.titled("rect", title, "class", class, "x", x, "y", y, "width", t.x(to)-x, "height", h, "rx", 1.5)
}

// technician draws a row: shifts below, then windows, then what is done.
func (t *timeline) technician(routes []*route) {
	h := t.row - 4
	t.c.leaf("rect", "", "class", "row", "x", margin+gutter, "y", t.top, "width", inner-gutter, "height", h)
	t.c.bothNames(margin, t.top+h/2+4.5, "", nameOf(routes[0].who), 15, 9)
	for _, r := range routes {
		t.bar(float64(r.shift.Start), float64(r.shift.End), t.top, h, "shift", "")
	}
	for _, r := range routes {
		t.c.open("g", "class", colorOf(r.index))
		t.windows(r)
		number, ids := 0, t.idsFit(r)
		for k := range r.stops {
			label := ""
			if stop := &r.stops[k]; stop.Kind == dispatch.StopVisit {
				number++
				label = num(float64(number))
				if ids {
					label = string(t.p.Visits[stop.Visit].ID)
				}
			}
			t.stop(r, &r.stops[k], label)
		}
		t.travel(float64(r.of.End), float64(r.of.EndTravel))
		t.c.close("g")
	}
}

// windows shades when each visit may start, if that is a part of the axis at all.
func (t *timeline) windows(r *route) {
	for _, stop := range r.stops {
		if stop.Kind != dispatch.StopVisit {
			continue
		}
		for _, w := range t.p.Visits[stop.Visit].Windows {
			from, to := float64(w.Start), float64(w.End)
			if w.Contains(stop.Start) && (from > t.low || to < t.high) {
				t.bar(from, to, t.top, t.row-4, "open", "")
			}
		}
	}
}

// travel draws the thin bar of a leg by its end.
func (t *timeline) travel(end, length float64) {
	t.bar(end-length, end, t.top+(t.row-4)/2-2, 4, "solid", "")
}

// stop draws travel, waiting, and what happens at the stop, with the label of a visit.
func (t *timeline) stop(r *route, stop *dispatch.Stop, label string) {
	const air = 4
	y, h := t.top+air, t.row-4-2*air
	start, end := float64(stop.Start), float64(stop.End)
	t.travel(float64(stop.Arrival), float64(stop.Travel))
	if stop.Start > stop.Arrival {
		t.bar(float64(stop.Arrival), start, y+h/4, h/2, "wait", "waiting "+t.length(start-float64(stop.Arrival)))
	}
	switch stop.Kind {
	case dispatch.StopVisit:
		v := &t.p.Visits[stop.Visit]
		t.bar(start, end, y, h, "work", t.describe(r, stop))
		t.bar(start, start+float64(stop.Entry), y, h, "entry", "")
		if v.Urgency == dispatch.UrgencyEmergency {
			t.bar(start, end, y-1.5, h+3, "alarm", "emergency")
		}
		if stop.Late > 0 {
			t.bar(start, end, y-3, 3, "late", t.length(float64(stop.Late))+" late")
		}
		if from := start + float64(stop.Entry); t.fits(from, end, label) {
			t.c.text((t.x(from)+t.x(end))/2, y+h/2+3.5, "tag mid", label)
		}
	case dispatch.StopBreak:
		t.bar(start, end, y+2, h-4, "break", fmt.Sprintf("break, %s to %s", t.clock(stop.Start), t.clock(stop.End)))
	default:
		t.bar(start, end, y, h, "hub", "depot")
	}
}

// fits reports whether a label finds room in a block.
func (t *timeline) fits(from, to float64, label string) bool {
	const char = 5.9
	return char*float64(utf8.RuneCountInString(label)) <= t.x(math.Min(to, t.high))-t.x(math.Max(from, t.low))-3
}

// idsFit reports whether most visits of a route have room for their id; else all of them show their number on the map.
func (t *timeline) idsFit(r *route) bool {
	room := 0
	for _, stop := range r.stops {
		if stop.Kind == dispatch.StopVisit && t.fits(float64(stop.Start)+float64(stop.Entry), float64(stop.End), string(t.p.Visits[stop.Visit].ID)) {
			room++
		}
	}
	return 2*room > r.visits
}

// key explains the bars and returns where it ends.
func (t *timeline) key(y float64) float64 {
	x := margin + gutter
	t.c.open("g", "class", colorOf(0)+" fine")
	for _, item := range []struct {
		label, class string
		h            float64
	}{
		{"travel", "solid", 4},
		{"entry", "entry", 13},
		{"work", "work", 13},
		{"waiting", "wait", 7},
		{"break", "break", 10},
		{"window", "open", 17},
		{"shift", "shift", 17},
		{"late", "late", 3},
	} {
		t.c.leaf("rect", "", "class", item.class, "x", x, "y", y-4-item.h/2, "width", 20, "height", item.h)
		t.c.text(x+26, y, "quiet", item.label)
		x += 46 + 6.6*float64(len(item.label))
	}
	t.c.close("g")
	return y
}
