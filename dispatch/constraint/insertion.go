package constraint

import (
	"fmt"
	"math"

	"fettle/dispatch"
	"fettle/dispatch/cost"
)

// Gap is the place between two neighbours on a route that is feasible, with the times that decide whether a visit fits
// there. Walker.Times fills the times.
type Gap struct {
	Prev, Next int32   // stop codes; -1 for the start and the end of the route
	Early      []int32 // earliest departure from Prev, by breaks taken; more than dispatch.Far when impossible
	Leave      []int32 // latest departure from Next (arrival at the end), by breaks taken; less than -dispatch.Far when impossible
}

// Metres is the distance between two places for a route; 0 without a distance matrix.
func (r *Route) Metres(a, b int32) int64 { return r.travel.metres(a, b) }

// Breaks is the number of breaks of a route and the ticks they take in all.
func (r *Route) Breaks() (count int, ticks int64) {
	for k := range r.breaks {
		ticks += int64(r.breaks[k].duration)
	}
	return len(r.breaks), ticks
}

// Times tabulates a route for insertion: early[i*(B+1)+b] is the earliest departure from stop i-1 (the start for i = 0)
// with b of B breaks taken, leave[i*(B+1)+b] the latest departure from stop i (the arrival at the end for i = len(stops))
// that keeps what follows feasible. Both slices are extended as needed and returned. False when the route's times are not
// feasible; an empty route always is. O(stops * (B+1)^2).
func (w *Walker) Times(r *Route, stops, early, leave []int32) (earliest, latest []int32, ok bool) {
	b1 := len(r.breaks) + 1
	n := len(stops)
	if _, ok := w.forwardBreaks(r, stops, r.Start); !ok && n > 0 {
		return early, leave, false
	}
	early = append(early[:0], w.early[:(n+1)*b1]...)
	leave = leave[:0]
	for range (n + 1) * b1 {
		leave = append(leave, -never)
	}
	leave[n*b1+b1-1] = r.LatestEnd
	for i := n - 1; i >= 0; i-- {
		next := int32(-1)
		if i+1 < n {
			next = stops[i+1]
		}
		place, _, _, _ := w.stop(r, stops[i], -1)
		d := r.travel.leg(place, w.placeOf(r, next))
		for b := 0; b < b1; b++ {
			limit := w.m.arriveBy(r, stops[i], next, leave[(i+1)*b1+b])
			if limit == -never {
				continue
			}
			for a := 0; a <= b; a++ {
				if t, ok := driveLatest(limit, d, r.breaks[a:b]); ok {
					leave[i*b1+a] = max(leave[i*b1+a], t)
				}
			}
		}
	}
	return early, leave, true
}

// placeOf is the place of a stop, -1 for the end of the route.
func (w *Walker) placeOf(r *Route, v int32) int32 {
	if v < 0 {
		return r.EndPlace
	}
	place, _, _, _ := w.stop(r, v, -1)
	return place
}

// arriveBy is the latest arrival at a stop (-1 for the end) after prev so as to leave it at leave; -never when impossible.
func (m *Model) arriveBy(r *Route, prev, v, leave int32) int32 {
	if v < 0 || leave == -never {
		return leave
	}
	var windows *windowSet
	var busy int32
	if v < m.Visits {
		windows, busy = &m.windows[v], m.enter(r, m.before(prev), v)+m.onSite[r.kind][v]
	} else {
		windows, busy = &r.depotSet[v-m.Visits], int32(r.Depots[v-m.Visits].Duration)
	}
	t := windows.latest(leave - busy)
	if t < windows.first {
		return -never
	}
	return t
}

// Room gives what any insertion into a gap must keep: it leaves the stop before at dep or later, arrives at the stop after
// at arrive or earlier, and has room ticks in between for travel and work. All three are optimistic about entry times.
func (m *Model) Room(r *Route, g *Gap) (dep, arrive, room int32) {
	dep, arrive, room = never, -never, -never
	for b := range g.Leave {
		limit := g.Leave[b]
		if g.Next >= 0 && limit != -never {
			// Entry may fall away when the inserted visit is in the same building.
			if g.Next < m.Visits {
				limit += m.enter(r, m.before(g.Prev), g.Next)
			}
			limit = m.arriveBy(r, g.Prev, g.Next, limit)
		}
		if limit == -never {
			continue
		}
		taken := int32(0)
		for a := b; a >= 0; a-- {
			if a < b {
				taken += r.breaks[a].duration
			}
			if g.Early[a] == never {
				continue
			}
			dep, arrive = min(dep, g.Early[a]), max(arrive, limit)
			room = max(room, limit-g.Early[a]-taken)
		}
	}
	return dep, arrive, room
}

// Fits tells exactly whether a visit fits in a gap as far as windows, entry, breaks and the shift go, and its earliest
// start there. in and out are the travel times from the stop before and to the stop after. O((breaks+1)^3).
func (m *Model) Fits(r *Route, g *Gap, v, in, out int32) (start int32, ok bool) {
	windows := &m.windows[v]
	busy := m.enter(r, m.before(g.Prev), v) + m.onSite[r.kind][v]
	b1 := len(r.breaks) + 1
	start = never
	for a := 0; a < b1; a++ {
		if g.Early[a] == never {
			continue
		}
		for c := a; c < b1; c++ {
			t, ok := drive(g.Early[a], in, r.breaks[a:c])
			if !ok {
				break
			}
			if t = windows.open(t); t > windows.last || t >= start {
				continue
			}
			if m.reaches(r, g, v, t+busy, out, c) {
				start = t
			}
		}
	}
	return start, start != never
}

// TimesDecide reports whether Fits and MaxVisits decide all about a visit that the static rules let a route serve: nothing is
// carried, pinned in order or picked up, and only the shift and the number of visits limit the route.
func (m *Model) TimesDecide(r *Route) bool {
	return !m.stocked() && m.rank == nil && m.partner == nil && len(r.Depots) == 0 &&
		r.MaxTravel == math.MaxInt64 && r.MaxDistance == math.MaxInt64 && r.MaxDuty == math.MaxInt32
}

// reaches tells whether leaving v at t with c breaks taken keeps the rest of the route feasible.
func (m *Model) reaches(r *Route, g *Gap, v, t, out int32, c int) bool {
	for b := c; b <= len(r.breaks); b++ {
		limit := m.arriveBy(r, v, g.Next, g.Leave[b])
		if limit == -never {
			continue
		}
		if at, ok := drive(t, out, r.breaks[c:b]); ok && at <= limit {
			return true
		}
	}
	return false
}

// Entry is the entry time of a visit on a route after the stop prev (-1 for the start of the route).
func (m *Model) Entry(r *Route, prev, v int32) int32 { return m.enter(r, m.before(prev), v) }

// Lateness is the cost of starting a visit at t, a promise that is moved included. It never falls with t.
func (m *Model) Lateness(v, t int32) int64 { return m.late(v, t) }

// Quote is what a route costs by term and when one of its stops happens.
type Quote struct {
	Cost           dispatch.Cost
	Total          int64 // as Walker.Cost gives it
	Arrival, Start dispatch.Tick
}

// Quote walks a route and returns its cost by term with the times of stop at (-1 for none), as Schedule would; false when
// a rule forbids the route. It allocates a few words only.
func (w *Walker) Quote(r *Route, stops []int32, at int) (q Quote, ok bool) {
	if !w.Walk(r, stops) || len(stops) == 0 {
		return q, len(stops) == 0
	}
	m := w.priced(r, stops)
	q.Cost, q.Total = cost.Terms(&r.Rates, &m), cost.Route(&r.Rates, &m)
	w.staticTerms(r, stops, &q.Cost)
	if at < 0 && w.m.promised == nil {
		return q, true
	}
	w.chosen(r, stops, w.depart(r, stops), func(i int, v, arrival, start int32) {
		if v >= 0 && v < w.m.Visits {
			w.splitLate(&q.Cost, v, start)
		}
		if i == at && v >= 0 {
			q.Arrival, q.Start = dispatch.Tick(arrival), dispatch.Tick(start)
		}
	})
	return q, true
}

// Restart lets a route of a growing model begin anew: at a place (dispatch.NoPlace for anywhere), at an instant, with the
// first breaks of its shift taken. It changes the shift in the model's problem with it. A shift whose end lies before the
// instant ends then; its overtime shrinks accordingly.
func (m *Model) Restart(route, place int32, at dispatch.Tick, breaks int) error {
	r := &m.Routes[route]
	s := &m.Problem.Technicians[r.Technician].Shifts[r.Shift]
	if (place != dispatch.NoPlace && (place < 0 || int(place) >= len(m.Problem.Places))) || breaks < 0 || breaks > len(r.breaks) {
		return &dispatch.InvalidError{Field: "restart", Value: fmt.Sprint(place, breaks), Want: "a known place and a number of breaks that the shift has left"}
	}
	s.Start, s.StartPlace, s.Breaks = at, place, s.Breaks[breaks:]
	if at > s.End {
		s.Overtime = max(s.Overtime-(at-s.End), 0)
		s.End = at
	}
	if s.LatestDeparture != dispatch.NoTick {
		s.LatestDeparture = max(s.LatestDeparture, at)
	}
	fresh := *r
	fresh.Start, fresh.End, fresh.LatestEnd, fresh.LatestStart = int32(at), int32(s.End), int32(s.End+s.Overtime), int32(s.End)
	if s.LatestDeparture != dispatch.NoTick {
		fresh.LatestStart = int32(s.LatestDeparture)
	}
	fresh.breaks = r.breaks[breaks:]
	if fresh.StartPlace = place; place == dispatch.NoPlace {
		fresh.StartPlace = r.travel.nowhere()
	}
	*r = fresh
	return nil
}

// SetShift gives a route of a growing model another shift: hours, breaks, start and end. It changes the shift in the model's
// problem with it.
func (m *Model) SetShift(route int32, s dispatch.Shift) {
	r := &m.Routes[route]
	t := &m.Problem.Technicians[r.Technician]
	t.Shifts[r.Shift] = s
	fresh := m.compileRoute(r.Technician, r.Shift, map[travelKey]*travel{keyOf(t): r.travel})
	fresh.Class, fresh.Type = r.Class, r.Type
	*r = fresh
}

// BreaksClosed is how many of the first breaks of a route can no longer start at or after an instant.
func (r *Route) BreaksClosed(at int32) int {
	n := 0
	for n < len(r.breaks) && r.breaks[n].windows.last < at {
		n++
	}
	return n
}

// HasPlace reports whether an index is a place of the problem, and not what stands for nowhere.
func (m *Model) HasPlace(place int32) bool { return place >= 0 && int(place) < len(m.Problem.Places) }
