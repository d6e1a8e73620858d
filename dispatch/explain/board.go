package explain

import (
	"slices"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
)

// board is a plan laid out for trying changes to it: each route with the earliest and the latest times of its stops, so
// that most positions of a visit are ruled out in constant time and only the rest is walked.
//
// The laid-out times (constraint.Model.Room) are optimistic: what they rule out no walk would allow.
type board struct {
	m      *constraint.Model
	p      *dispatch.Problem
	w      *constraint.Walker
	lines  []line  // by route of the model
	at     []int32 // visit -> route, -1 when no route serves it
	hours  []hours // by visit
	stock  []int32 // Model.StockTotals
	dims   int     // stock totals of one visit
	fair   fairness
	of     [][]int32 // technician -> routes
	ranked bool      // some visit has a pinned rank, see ranksKept
	buf    []int32
	early  []int32 // scratch of times
	leave  []int32
	known  []known // by the first visit of a unit, what fill found out; nil before
	// work counts the positions looked at, so that a caller can stop at a bound without a clock.
	work int64
}

// known is what the final pass knows of a unit that stays out: no placement is worth while, the nearest miss over all
// routes, and whether there may be a placement that is not worth while.
type known struct {
	near miss
	dear bool
}

// hours are the windows of a stop, both ends inclusive.
type hours struct {
	first, last int32
	more        [][2]int32 // when there are several
}

func (h *hours) add(first, last int32) {
	if h.more == nil && h.first > h.last {
		h.first, h.last = first, last
		return
	}
	if h.more == nil {
		h.more = [][2]int32{{h.first, h.last}}
	}
	h.more = append(h.more, [2]int32{first, last})
	h.last = last
}

// open is the earliest start at or after t; more than last when there is none.
func (h *hours) open(t int32) int32 {
	if t <= h.first {
		return h.first
	}
	for _, x := range h.more {
		if t <= x[1] {
			return max(t, x[0])
		}
	}
	return t
}

// line is one route laid out. Node 0 is its start, node i the stop i-1, and the last node its end. What goes in after node
// p leaves it at dep[p] or later, arrives at the next node at arrive[p] or earlier, and takes room[p] ticks or less.
type line struct {
	stops  []int32 // codes as the walker takes them
	place  []int32 // by node
	dep    []int32 // by node but the last
	arrive []int32
	room   []int32
	visits int32
	cost   int64
	// spare bounds from above what an insertion can save on the route: the cost of everything but its travel, distance,
	// work and fixed part.
	spare            int64
	travel, distance int64
	stock            []int64
	broken           dispatch.Reason // the rule that the route as it stands breaks; "" when feasible
}

// none is an index that points nowhere.
const none int32 = -1

// newBoard lays out a plan; stops gives each route of the model as the walker takes it.
func newBoard(m *constraint.Model, stops [][]int32) *board {
	p := m.Problem
	b := &board{
		m: m, p: p, w: m.NewWalker(), lines: make([]line, len(m.Routes)), at: make([]int32, m.Visits),
		hours: make([]hours, m.Visits), of: make([][]int32, len(p.Technicians)), stock: m.StockTotals(), dims: 2 * len(p.Dimensions),
	}
	for v := range b.at {
		b.at[v] = none
		h := &b.hours[v]
		h.first, h.last = 1, 0
		m.Windows(int32(v), h.add)
		rank, _ := m.Rank(int32(v))
		b.ranked = b.ranked || rank > 0
	}
	for r := range m.Routes {
		t := m.Routes[r].Technician
		b.of[t] = append(b.of[t], int32(r))
		b.set(int32(r), stops[r])
	}
	b.fair = b.newFairness()
	return b
}

// read finds the stops of a plan by route of the model. What does not exist or was met before is left out.
func read(m *constraint.Model, plan *dispatch.Plan) [][]int32 {
	index := make(map[[2]int32]int32, len(m.Routes))
	for r := range m.Routes {
		index[[2]int32{m.Routes[r].Technician, m.Routes[r].Shift}] = int32(r)
	}
	out := make([][]int32, len(m.Routes))
	seen := make([]bool, m.Visits)
	for i := range plan.Routes {
		r, ok := index[[2]int32{plan.Routes[i].Technician, plan.Routes[i].Shift}]
		if !ok || out[r] != nil {
			continue
		}
		stops := make([]int32, 0, len(plan.Routes[i].Stops))
		for k := range plan.Routes[i].Stops {
			s := &plan.Routes[i].Stops[k]
			switch {
			case s.Kind == dispatch.StopVisit && s.Visit >= 0 && s.Visit < m.Visits && !seen[s.Visit]:
				seen[s.Visit] = true
				stops = append(stops, s.Visit)
			case s.Kind == dispatch.StopDepot && s.Depot >= 0 && int(s.Depot) < len(m.Routes[r].Depots):
				stops = append(stops, m.Visits+s.Depot)
			}
		}
		out[r] = stops
	}
	return out
}

// set makes stops the order of a route.
func (b *board) set(r int32, stops []int32) {
	for _, v := range b.lines[r].stops {
		if v < b.m.Visits {
			b.at[v] = none
		}
	}
	for _, v := range stops {
		if v < b.m.Visits {
			b.at[v] = r
		}
	}
	b.lines[r] = b.lay(r, slices.Clone(stops))
}

// lay computes the line of a route; it keeps stops. O(stops).
func (b *board) lay(r int32, stops []int32) line {
	route := &b.m.Routes[r]
	l := line{stops: stops}
	cost, ok := b.w.Cost(route, stops)
	if !ok {
		l.broken = b.w.Fail.Reason
	}
	l.cost = cost
	sum := b.w.Sum
	l.travel, l.distance = sum.Travel, sum.Distance
	b.times(r, &l)
	var work int64
	if b.stock != nil {
		l.stock = make([]int64, b.dims)
	}
	for _, v := range stops {
		if v >= b.m.Visits {
			continue
		}
		l.visits++
		work += int64(b.m.OnSite(route, v))
		for d := range l.stock {
			l.stock[d] += int64(b.stock[int(v)*b.dims+d])
		}
	}
	if len(stops) > 0 && ok {
		rates := &route.Rates
		l.spare = sum.Late + rates.Duty*(int64(sum.End)-int64(sum.Departure)) + rates.OnSite*(sum.OnSite-work) +
			rates.Overtime*int64(max(sum.End-route.End, 0))
	}
	return l
}

// times fills place, dep, arrive and room; false when no times keep the windows of the stops.
func (b *board) times(r int32, l *line) bool {
	route := &b.m.Routes[r]
	n := len(l.stops)
	flat := make([]int32, 4*n+5)
	l.place, l.dep, l.arrive, l.room = flat[:n+2], flat[n+2:2*n+3], flat[2*n+3:3*n+4], flat[3*n+4:]
	l.place[0], l.place[n+1] = route.StartPlace, route.EndPlace
	for i, code := range l.stops {
		l.place[i+1] = b.place(route, code)
	}
	var ok bool
	if b.early, b.leave, ok = b.w.Times(route, l.stops, b.early, b.leave); !ok {
		return false
	}
	breaks, _ := route.Breaks()
	g := constraint.Gap{Prev: none}
	for p := range n + 1 {
		g.Next = none
		if p < n {
			g.Next = l.stops[p]
		}
		g.Early, g.Leave = b.early[p*(breaks+1):(p+1)*(breaks+1)], b.leave[p*(breaks+1):(p+1)*(breaks+1)]
		l.dep[p], l.arrive[p], l.room[p] = b.m.Room(route, &g)
		g.Prev = g.Next
	}
	return true
}

// plus adds a length to an instant; sums stay where they are later than every instant without overflow.
func plus(t, length int32) int32 {
	return int32(min(int64(t)+int64(length), 2*int64(dispatch.Far)))
}

// place of a stop by its code.
func (b *board) place(route *constraint.Route, code int32) int32 {
	if code < b.m.Visits {
		return b.m.Place(code)
	}
	return route.Depots[code-b.m.Visits].Place
}

// stop gives the windows and the work of a stop by its code.
func (b *board) stop(r, code int32) (hours, int32) {
	if code < b.m.Visits {
		return b.hours[code], b.m.OnSite(&b.m.Routes[r], code)
	}
	depot := code - b.m.Visits
	h := hours{first: 1, last: 0}
	b.m.DepotWindows(r, depot, h.add)
	return h, int32(b.m.Routes[r].Depots[depot].Duration)
}

// unit is what moves together: a visit, or both visits of a pair.
type unit struct {
	head int32
	tail int32 // the second visit of a pair, else none
}

func (b *board) unit(v int32) unit {
	other, second := b.m.Partner(v)
	if second {
		return unit{other, v}
	}
	return unit{v, other}
}

// each calls f for the one or two visits.
func (u unit) each(f func(v int32)) {
	f(u.head)
	if u.tail != none {
		f(u.tail)
	}
}

// has reports whether code is one of the visits.
func (u unit) has(code int32) bool { return code == u.head || (u.tail != none && code == u.tail) }

// allowed reports whether the static rules let a route serve the unit.
func (b *board) allowed(r int32, u unit) bool {
	class := b.m.Routes[r].Class
	return b.m.Allowed(class, u.head) && (u.tail == none || b.m.Allowed(class, u.tail))
}

// unserved is the cost of leaving the unit out.
func (b *board) unserved(u unit) (sum int64) {
	u.each(func(v int32) { sum += b.m.Unserved(v) })
	return sum
}

// onSite is the work of the unit on a route.
func (b *board) onSite(r int32, u unit) (sum int64) {
	u.each(func(v int32) { sum += int64(b.m.OnSite(&b.m.Routes[r], v)) })
	return sum
}

// without gives the stops of a line less some units; when no visit is left, depot stops go too.
func (b *board) without(l *line, out []int32, units ...unit) []int32 {
	visits := 0
	for _, code := range l.stops {
		if slices.ContainsFunc(units, func(u unit) bool { return u.has(code) }) {
			continue
		}
		if code < b.m.Visits {
			visits++
		}
		out = append(out, code)
	}
	if visits == 0 {
		return out[:0]
	}
	return out
}
