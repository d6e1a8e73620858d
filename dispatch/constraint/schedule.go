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
	m := cost.Measure{Travel: s.Travel, Distance: s.Distance, Duty: int64(s.End) - int64(s.Departure), OnSite: s.OnSite,
		Overtime: int64(max(s.End-r.End, 0)), Lateness: s.Late}
	if w.m.static != nil {
		for _, v := range stops {
			if v < w.m.Visits {
				m.Static += w.m.Static(r.Class, v)
			}
		}
	}
	return m
}

// Schedule walks a route and returns it with every time filled in: it leaves as late as it may without ending later, and
// from there everything happens as early as it can. False when a rule forbids it.
func (w *Walker) Schedule(r *Route, stops []int32) (dispatch.Route, bool) {
	out := dispatch.Route{Technician: r.Technician, Shift: r.Shift}
	if !w.Walk(r, stops) {
		return out, false
	}
	if len(stops) == 0 {
		return out, true
	}
	end := w.Sum.End
	departure := min(w.backwardBreaks(r, stops, end), r.LatestStart)
	w.Sum.Departure = departure
	out.Departure, out.End = dispatch.Tick(departure), dispatch.Tick(end)
	at, left := r.StartPlace, departure // place and time of the stop before
	prev := int32(-1)
	w.chosen(r, stops, departure, func(_ int, v, arrival, start int32) {
		stop := dispatch.Stop{Visit: -1, Break: -1, Depot: -1, Arrival: dispatch.Tick(arrival), Start: dispatch.Tick(start)}
		if v <= -2 {
			k := -2 - v
			stop.Kind, stop.Break, stop.Travel = dispatch.StopBreak, k, dispatch.Tick(arrival-left)
			left = start + r.breaks[k].duration
			stop.End = dispatch.Tick(left)
			out.Stops = append(out.Stops, stop)
			return
		}
		if v == -1 {
			out.EndTravel, out.EndDistance = dispatch.Tick(arrival-left), r.travel.metres(at, r.EndPlace)
			return
		}
		place, _, enter, work := w.stop(r, v, prev)
		stop.Travel, stop.Distance = dispatch.Tick(arrival-left), r.travel.metres(at, place)
		stop.Entry, stop.End = dispatch.Tick(enter), dispatch.Tick(start+enter+work)
		if v < w.m.Visits {
			stop.Kind, stop.Visit = dispatch.StopVisit, v
			if w.m.due[v] < start {
				stop.Late = dispatch.Tick(start - w.m.due[v])
			}
		} else {
			stop.Kind, stop.Depot = dispatch.StopDepot, v-w.m.Visits
		}
		out.Stops = append(out.Stops, stop)
		at, left, prev = place, start+enter+work, w.m.before(v)
	})
	m := w.priced(r, stops)
	out.Cost = cost.Terms(&r.Rates, &m)
	w.staticTerms(r, stops, &out.Cost)
	return out, true
}

// staticTerms splits the static cost of a route's visits into its terms.
func (w *Walker) staticTerms(r *Route, stops []int32, c *dispatch.Cost) {
	if w.m.static == nil {
		return
	}
	p := w.m.Problem
	t := &p.Technicians[r.Technician]
	for _, v := range stops {
		if v < w.m.Visits {
			c[dispatch.TermSkillSurplus] += cost.SkillSurplus(&p.Policy, t, &p.Visits[v])
			c[dispatch.TermPreference] += cost.Preference(&p.Policy, t, &p.Visits[v])
		}
	}
}
