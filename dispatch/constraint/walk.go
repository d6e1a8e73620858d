package constraint

import (
	"math"

	"fettle/dispatch"
)

// Walker times and prices routes of one model. It holds scratch memory, so each goroutine needs its own.
//
// A route is given as its stops in order: a visit, or Visits+k for depot k of the technician. Breaks are not stops: the
// walk places them. It keeps, for each number of breaks taken, the earliest time at which the technician can be so far;
// earlier is never worse, so this is exact. O(stops * (breaks+1)^2).
type Walker struct {
	m     *Model
	early []int32 // (stop, breaks taken) -> earliest departure; far+ when impossible
	late  []int32 // (stop, breaks taken) -> latest arrival
	stamp []int32 // visit -> epoch of the walk that met it
	epoch int32
	// from is the departure whose earliest times the last walk kept: the start of the shift, or later for a longest duty.
	// anyhow leaves promises out of the rule of time: see duty.go.
	from   int32
	anyhow bool
	// floor is by visit the instant before which links do not let it start, nil without; held says that the route in hand has
	// a linked visit: see joint.go.
	floor []int32
	held  bool

	// Fail tells why the last walk failed: the rule, the stop in the order given (-1 for the route as a whole, len(stops)
	// for its end) and by how much.
	Fail struct {
		Reason dispatch.Reason
		Stop   int
		Short  int64
	}
	// Sum of the last successful walk, and Work the part of Sum.OnSite that is not entry: the load that fairness weighs,
	// which does not depend on the order of the stops.
	Sum  Sum
	Work int64
}

// Sum is what a walk measured.
type Sum struct {
	Departure, End int32 // the departure is the earliest where duty is not paid: Schedule finds the one that is kept
	Travel         int64
	Distance       int64
	OnSite         int64 // work and entry
	Late           int64 // cost of when visits start: lateness and promises that are moved
	MostLate       int32 // ticks of the largest lateness
}

// NewWalker makes a walker.
func (m *Model) NewWalker() *Walker {
	return &Walker{m: m, stamp: make([]int32, m.Visits)}
}

const never = math.MaxInt32

func (w *Walker) fail(why dispatch.Reason, stop int, short int64) bool {
	w.Fail.Reason, w.Fail.Stop, w.Fail.Short = why, stop, short
	return false
}

// Walk tests a route against every rule and measures it. It assumes that the static rules hold (Model.Allowed). An empty
// route is feasible and costs nothing.
func (w *Walker) Walk(r *Route, stops []int32) bool {
	w.Sum, w.Work = Sum{}, 0
	if len(stops) == 0 {
		return true
	}
	w.held = w.m.tied != nil && w.m.tiedOne(stops)
	return w.linked(stops) && w.loaded(r, stops) && w.measure(r, stops) && w.time(r, stops)
}

// linked tests pairs and pinned order.
func (w *Walker) linked(stops []int32) bool {
	m := w.m
	if m.rank != nil {
		if at := m.orderKept(stops); at >= 0 {
			return w.fail(dispatch.ReasonPinned, at, 0)
		}
	}
	if m.partner == nil {
		return true
	}
	w.epoch++
	open := 0
	for i, v := range stops {
		if v >= m.Visits || m.partner[v] < 0 {
			continue
		}
		w.stamp[v] = w.epoch
		if !m.second[v] {
			open++
			continue
		}
		if w.stamp[m.partner[v]] != w.epoch {
			return w.fail(dispatch.ReasonPair, i, 0)
		}
		open--
	}
	if open > 0 {
		return w.fail(dispatch.ReasonPair, len(stops), int64(open))
	}
	return true
}

// loaded tests stock and tools.
func (w *Walker) loaded(r *Route, stops []int32) bool {
	m := w.m
	if m.stocked() && r.Capacity != nil {
		for d := 0; d < m.dims; d++ {
			if at, over := m.stockFits(r, stops, d); at >= 0 {
				return w.fail(dispatch.ReasonCapacity, at, over)
			}
		}
	}
	if m.tools == nil {
		return true
	}
	have := r.tools
	for i, v := range stops {
		if v >= m.Visits {
			if r.Depots[v-m.Visits].AllTools {
				have = math.MaxUint64
			}
		} else if m.tools[v]&^have != 0 {
			return w.fail(dispatch.ReasonToolMissing, i, 1)
		}
	}
	return true
}

// stop gives the place, windows, entry and work of a stop; prev is the visit before, -1 for none.
func (w *Walker) stop(r *Route, v, prev int32) (place int32, windows *windowSet, enter, work int32) {
	m := w.m
	if v < m.Visits {
		return m.place[v], &m.windows[v], m.enter(r, prev, v), m.onSite[r.kind][v]
	}
	d := &r.Depots[v-m.Visits]
	return d.Place, &r.depotSet[v-m.Visits], 0, int32(d.Duration)
}

// before is the visit whose building the next one may share.
func (m *Model) before(v int32) int32 {
	if v < m.Visits {
		return v
	}
	return -1
}

// measure sums what does not depend on the time of day and tests the limits.
func (w *Walker) measure(r *Route, stops []int32) bool {
	m, t, s := w.m, r.travel, &w.Sum
	visits := int32(0)
	at, prev := r.StartPlace, int32(-1)
	var depots [8]int32
	for i, v := range stops {
		place, _, enter, work := w.stop(r, v, prev)
		leg := t.leg(at, place)
		if leg >= dispatch.Unreachable {
			return w.fail(dispatch.ReasonUnreachable, i, 0)
		}
		s.Travel += int64(leg)
		if t.distance != nil {
			s.Distance += t.metres(at, place)
		}
		if v < m.Visits {
			visits++
			s.OnSite += int64(enter + work)
			w.Work += int64(work)
		} else if k := v - m.Visits; int(k) < len(depots) {
			if depots[k]++; depots[k] > max(r.Depots[k].MaxStops, 1) {
				return w.fail(dispatch.ReasonCapacity, i, 1)
			}
		}
		at, prev = place, m.before(v)
	}
	leg := t.leg(at, r.EndPlace)
	if leg >= dispatch.Unreachable {
		return w.fail(dispatch.ReasonUnreachable, len(stops), 0)
	}
	s.Travel += int64(leg)
	s.Distance += t.metres(at, r.EndPlace)
	if why, short := r.limitsKept(visits, s.Travel, s.Distance); why != "" {
		return w.fail(why, -1, short)
	}
	return true
}

// time tests windows, breaks and shift, and finds departure and end.
//
// A route ends as early as it can. Within that, a technician whose time on duty is paid or limited leaves as late as
// possible, but not so late that a visit becomes late, or later than it must be, by its tier; any other leaves as late
// as keeps every start where it is at the earliest, so that nothing waits for the last instant of a window. A longest duty
// goes before both the earliest end and promises: duty.go.
func (w *Walker) time(r *Route, stops []int32) bool {
	w.from = r.Start
	if len(r.breaks) > 0 {
		return w.timeWithBreaks(r, stops) && w.dutyKept(r, stops)
	}
	end, ok := w.forward(r, stops, r.Start)
	if !ok {
		return false
	}
	w.Sum.Departure, w.Sum.End = r.Start, end
	if !r.leavesLate() {
		return true
	}
	w.Sum.Departure = min(w.backward(r, stops, end), r.LatestStart)
	if w.m.lateness {
		w.Sum.Late, w.Sum.MostLate = 0, 0
		w.forward(r, stops, w.Sum.Departure)
	}
	return w.dutyKept(r, stops)
}

// startBy is the latest start that the rule of time allows a stop whose earliest start is given.
func (w *Walker) startBy(r *Route, v, earliest int32) int32 {
	switch {
	case w.anyhow:
		return never
	case w.held, !r.leavesLate():
		return earliest
	case v < w.m.Visits && w.m.by[v] < far:
		return max(earliest, w.m.by[v])
	}
	return never
}

// forward runs the route from a departure at the earliest times and sums lateness; it returns the end.
func (w *Walker) forward(r *Route, stops []int32, departure int32) (end int32, ok bool) {
	m, t := w.m, r.travel
	now, at, prev := departure, r.StartPlace, int32(-1)
	if m.lateness {
		w.early = grow(w.early, len(stops))
	}
	for i, v := range stops {
		place, windows, enter, work := w.stop(r, v, prev)
		now += t.leg(at, place)
		if w.floor != nil && v < m.Visits {
			now = max(now, w.floor[v])
		}
		now = windows.open(now)
		if now > windows.last {
			return 0, w.fail(dispatch.ReasonWindowClosed, i, int64(now-windows.last))
		}
		if m.lateness {
			w.early[i] = now
			if v < m.Visits {
				w.Sum.Late += m.late(v, now)
				w.Sum.MostLate = max(w.Sum.MostLate, now-m.due[v])
			}
		}
		now += enter + work
		at, prev = place, m.before(v)
	}
	now += t.leg(at, r.EndPlace)
	if now > r.LatestEnd {
		return 0, w.fail(dispatch.ReasonOutOfShift, len(stops), int64(now-r.LatestEnd))
	}
	return now, true
}

// backward is the latest departure of a feasible route that ends at end, on paid duty; forward must have run it at the
// earliest before.
func (w *Walker) backward(r *Route, stops []int32, end int32) int32 {
	t := r.travel
	now, next := end, r.EndPlace
	for i := len(stops) - 1; i >= 0; i-- {
		prev := int32(-1)
		if i > 0 {
			prev = w.m.before(stops[i-1])
		}
		place, windows, enter, work := w.stop(r, stops[i], prev)
		now -= t.leg(place, next) + enter + work
		if w.m.lateness {
			now = min(now, w.startBy(r, stops[i], w.early[i]))
		}
		now = windows.latest(now)
		next = place
	}
	return now - t.leg(r.StartPlace, next)
}
