package draw

import (
	"fmt"
	"math"

	"fettle/dispatch"
)

// home is a place where technicians start or end.
type home struct {
	at    spot
	users []*route // one for each technician, the first of its routes
}

// homePlaces groups the routes by their places, in the order of the plan.
func (m *chart) homePlaces() []home {
	index := map[int32]int{}
	var out []home
	for i := range m.routes {
		r := &m.routes[i]
		for _, place := range []int32{r.shift.StartPlace, r.shift.EndPlace} {
			at, ok := m.at[place]
			if !ok {
				continue
			}
			if _, known := index[place]; !known {
				index[place] = len(out)
				out = append(out, home{at: at})
			}
			h := &out[index[place]]
			known := false
			for _, u := range h.users {
				known = known || u.of.Technician == r.of.Technician
			}
			if !known {
				h.users = append(h.users, r)
			}
		}
	}
	return out
}

func (h *home) name() string {
	if len(h.users) == 1 {
		return nameOf(h.users[0].who)
	}
	return count(len(h.users), "technician")
}

// homes draws squares, coloured for one technician and neutral for several, and depots as diamonds.
func (m *chart) homes() {
	for _, h := range m.homePlaces() {
		class, size := "hub", 6.0
		if len(h.users) == 1 {
			class, size = "solid", 5.0
		}
		m.c.open("g", "class", colorOf(h.users[0].index))
		m.c.titled("rect", "Home of "+h.name(), "class", class, "x", h.at.x-size, "y", h.at.y-size, "width", 2*size, "height", 2*size, "rx", 1.2)
		m.c.close("g")
		m.taken = append(m.taken, box{h.at.x - size, h.at.y - size, 2 * size, 2 * size})
	}
	drawn := map[int32]bool{}
	for i := range m.routes {
		r := &m.routes[i]
		for k := range r.stops {
			place, ok := m.place(r, &r.stops[k])
			if !ok || r.stops[k].Kind != dispatch.StopDepot || drawn[place] {
				continue
			}
			drawn[place] = true
			at := m.at[place]
			m.c.titled("path", "Depot", "class", "cross", "d",
				fmt.Sprintf("M%s %sl8 8l-8 8l-8 -8Z", num(at.x), num(at.y-8)))
		}
	}
}

// names labels the homes where a label finds room beside, above or below the square.
func (m *chart) names() {
	const most, char, high = 30, 6.5, 14.0
	homes := m.homePlaces()
	if len(homes) > most {
		return
	}
	for _, h := range homes {
		name := elide(h.name(), 18)
		w := char * float64(len([]rune(name)))
		for _, at := range []struct {
			x, y  float64
			class string
			left  float64
		}{
			{h.at.x + 10, h.at.y + 4, "home halo fine", 0},
			{h.at.x - 10, h.at.y + 4, "home halo end fine", w},
			{h.at.x, h.at.y - 11, "home halo mid fine", w / 2},
			{h.at.x, h.at.y + 20, "home halo mid fine", w / 2},
		} {
			room := box{at.x - at.left, at.y - high + 3, w, high}
			if !m.free(room) {
				continue
			}
			m.taken = append(m.taken, room)
			m.c.text(at.x, at.y, at.class, name)
			break
		}
	}
}

func (m *chart) free(room box) bool {
	for _, b := range m.taken {
		if room.overlaps(b) {
			return false
		}
	}
	return room.within(m.frame)
}

// scaleBar shows a round length on the ground.
func (m *chart) scaleBar(metersPerUnit float64) {
	meters := roundDown(120 * metersPerUnit)
	length := meters / metersPerUnit
	if length < 1 || math.IsInf(length, 0) || math.IsNaN(length) {
		return
	}
	label := num(meters) + " m"
	if meters >= 1000 {
		label = num(meters/1000) + " km"
	}
	x, y := m.frame.x+m.frame.w-14, m.frame.y+m.frame.h-14
	m.c.leaf("path", "", "class", "day", "fill", "none", "d", fmt.Sprintf("M%s %sv5h%sv-5", num(x-length), num(y-5), num(length)))
	m.c.text(x-length/2, y-7, "quiet mid halo", label)
}

// roundDown is the largest of 1, 2 and 5 times a power of ten that is not above v.
func roundDown(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, lead := range []float64{5, 2} {
		if lead*power <= v {
			return lead * power
		}
	}
	return power
}

// key explains the signs that occur and returns where it ends.
func (m *chart) key(y float64) float64 {
	x := m.frame.x + 8
	item := func(label string, draw func(at spot)) {
		draw(spot{x, y - 4})
		m.c.text(x+13, y, "quiet fine", label)
		x += 34 + 6.1*float64(len(label))
	}
	depot, emergency := false, false
	for i := range m.routes {
		for _, stop := range m.routes[i].stops {
			depot = depot || stop.Kind == dispatch.StopDepot
			emergency = emergency || (stop.Kind == dispatch.StopVisit && m.p.Visits[stop.Visit].Urgency == dispatch.UrgencyEmergency)
		}
	}
	for _, u := range m.left {
		emergency = emergency || m.p.Visits[u.Visit].Urgency == dispatch.UrgencyEmergency
	}
	m.c.open("g", "class", colorOf(0)+" fine")
	item("home", func(at spot) {
		m.c.leaf("rect", "", "class", "hub", "x", at.x-5, "y", at.y-5, "width", 10, "height", 10, "rx", 1.2)
	})
	if m.dot >= 7 {
		item("visit, by order of the route", func(at spot) { m.c.leaf("circle", "", "class", "ring", "cx", at.x, "cy", at.y, "r", 6) })
	} else {
		item("visit", func(at spot) { m.c.leaf("circle", "", "class", "solid", "cx", at.x, "cy", at.y, "r", 4.5) })
	}
	if emergency {
		item("emergency", func(at spot) { m.c.leaf("circle", "", "class", "alarm", "cx", at.x, "cy", at.y, "r", 6) })
	}
	if len(m.left) > 0 {
		item("unassigned", func(at spot) { m.cross(at, 6, "unassigned") })
	}
	if depot {
		item("depot", func(at spot) {
			m.c.leaf("path", "", "class", "cross", "d", fmt.Sprintf("M%s %sl6 6l-6 6l-6 -6Z", num(at.x), num(at.y-6)))
		})
	}
	m.c.close("g")
	return y + 16
}
