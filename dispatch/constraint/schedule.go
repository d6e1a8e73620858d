package constraint

import (
	"fettle/dispatch"
	"fettle/dispatch/cost"
)

// Cost walks a route and returns its total cost; false when a rule forbids it (Fail tells which). An empty route costs
// nothing. Fairness and unserved visits are not a route's own and not in it.
func (w *Walker) Cost(r *Route, stops []int32) (int64, bool) {
	if !w.Walk(r, stops) {
		return 0, false
	}
	if len(stops) == 0 {
		return 0, true
	}
	m := w.priced(r, stops)
	return cost.Route(&r.Rates, &m), true
}

func (w *Walker) priced(r *Route, stops []int32) cost.Measure {
	s := &w.Sum
	m := cost.Measure{
		Travel: s.Travel, Distance: s.Distance, Duty: int64(s.End) - int64(s.Departure), OnSite: s.OnSite,
		Overtime: int64(max(s.End-r.End, 0)), Lateness: s.Late,
	}
	if w.m.static != nil {
		for _, v := range stops {
			if v < w.m.Visits {
				m.Static += w.m.Static(r.Class, v)
			}
		}
	}
	return m
}

// Schedule walks a route and returns it with every time filled in: it leaves as late as the rule of time (Walker.time)
// allows, and from there everything happens as early as it can. False when a rule forbids it.
func (w *Walker) Schedule(r *Route, stops []int32) (dispatch.Route, bool) {
	out := dispatch.Route{Technician: r.Technician, Shift: r.Shift}
	if !w.Walk(r, stops) {
		return out, false
	}
	if len(stops) == 0 {
		return out, true
	}
	end := w.Sum.End
	departure := w.depart(r, stops)
	w.Sum.Departure = departure
	out.Departure, out.End = dispatch.Tick(departure), dispatch.Tick(end)
	l := ledger{w: w, r: r, out: &out, at: r.StartPlace, left: departure, prev: -1, leg: -1}
	w.chosen(r, stops, departure, func(i int, v, arrival, start int32) {
		next := r.EndPlace
		if i < len(stops) {
			next, _, _, _ = w.stop(r, stops[i], -1)
		}
		l.write(next, v, arrival, start)
	})
	m := w.priced(r, stops)
	out.Cost = cost.Terms(&r.Rates, &m)
	w.staticTerms(r, stops, &out.Cost)
	for i := range out.Stops {
		if s := &out.Stops[i]; s.Kind == dispatch.StopVisit {
			w.splitLate(&out.Cost, s.Visit, int32(s.Start))
		}
	}
	return out, true
}

// splitLate moves what a visit that starts at t pays for its promise out of the term of lateness.
func (w *Walker) splitLate(c *dispatch.Cost, v, t int32) {
	moved := w.m.moved(v, t)
	c[dispatch.TermLateness] -= moved
	c[dispatch.TermStability] += moved
}

// staticTerms splits the static cost of a route's visits into its terms.
func (w *Walker) staticTerms(r *Route, stops []int32, c *dispatch.Cost) {
	if w.m.static == nil {
		return
	}
	for _, v := range stops {
		if v < w.m.Visits {
			cost.Static(c, w.m.Problem, w.m.tables, v, r.Technician)
		}
	}
}

// ledger writes the stops of a route as a walk meets them.
type ledger struct {
	w    *Walker
	r    *Route
	out  *dispatch.Route
	at   int32 // place of the stop before
	left int32 // departure from it, or end of the last break
	prev int32 // visit whose building the next may share
	leg  int32 // travel that the leg in hand still has, -1 before its first stop
	far  int64 // distance that it still has
}

// write adds a stop, given by its code as in Walker.chosen, on the way to the place next. A break on the way counts the part
// of the leg that was driven before it; its distance is that part, rounded down.
func (l *ledger) write(next, v, arrival, start int32) {
	if l.leg < 0 {
		l.leg, l.far = l.r.travel.leg(l.at, next), l.r.travel.metres(l.at, next)
	}
	driven := arrival - l.left
	stop := dispatch.Stop{Visit: -1, Break: -1, Depot: -1, Travel: dispatch.Tick(driven), Arrival: dispatch.Tick(arrival), Start: dispatch.Tick(start)}
	switch {
	case v == -1:
		l.out.EndTravel, l.out.EndDistance = stop.Travel, l.far
		return
	case v < -1:
		k := -2 - v
		if l.leg > 0 {
			stop.Distance = l.far * int64(driven) / int64(l.leg)
		}
		l.leg, l.far, l.left = l.leg-driven, l.far-stop.Distance, start+l.r.breaks[k].duration
		stop.Kind, stop.Break, stop.End = dispatch.StopBreak, k, dispatch.Tick(l.left)
	default:
		_, _, enter, work := l.w.stop(l.r, v, l.prev)
		stop.Distance = l.far
		l.at, l.left, l.prev, l.leg = next, start+enter+work, l.w.m.before(v), -1
		stop.Entry, stop.End = dispatch.Tick(enter), dispatch.Tick(l.left)
		l.name(&stop, v, start)
	}
	l.out.Stops = append(l.out.Stops, stop)
}

// name says which visit or depot a stop is, and how late.
func (l *ledger) name(stop *dispatch.Stop, v, start int32) {
	m := l.w.m
	if v >= m.Visits {
		stop.Kind, stop.Depot = dispatch.StopDepot, v-m.Visits
		return
	}
	stop.Kind, stop.Visit = dispatch.StopVisit, v
	if m.due[v] < start {
		stop.Late = dispatch.Tick(start - m.due[v])
	}
}
