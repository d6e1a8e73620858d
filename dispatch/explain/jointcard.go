package explain

import (
	"cmp"
	"slices"

	"fettle/dispatch"
)

// jointCard is the card of a visit where routes depend on one another. Marginal is what the plan pays for its whole unit;
// alternatives move the visit alone.
func (e *Explainer) jointCard(v int32) Card {
	w := e.whole
	card := Card{Visit: v, Partner: none, Technician: none, Shift: none, Position: none}
	if other, _ := w.m.Partner(v); other >= 0 {
		card.Partner = other
	}
	r := w.b.at[v]
	if r != none {
		card.Technician, card.Shift = w.m.Routes[r].Technician, w.m.Routes[r].Shift
	}
	if w.no.reason != "" {
		card.Blocked = Refusal{
			Technician: none, Shift: none, Reason: w.no.reason, Short: w.no.short, Visit: w.no.visit,
			Detail: "The plan breaks a rule as it is: " + w.b.missText(w.no) + ".",
		}
		return card
	}
	if r == none {
		reason := w.reason(v, jointWork)
		card.Unassigned = &reason
		for _, x := range w.units[v] {
			card.Marginal[dispatch.TermUnserved] += w.m.Unserved(x)
		}
		return card
	}
	now := w.terms(w.stops)
	card.Position, card.Stop = w.planned(w.stops, r, v)
	rest, routes := w.without(w.units[v])
	if _, ok := w.change(rest, routes...); !ok {
		no := w.failed()
		card.Blocked = Refusal{
			Technician: card.Technician, Shift: card.Shift, Reason: no.reason, Short: no.short, Visit: no.visit,
			Detail: "Without it the plan would not work: " + w.b.missText(no) + ".",
		}
		return card
	}
	card.Marginal = now.Minus(w.terms(rest))
	e.jointOthers(&card, r, now)
	return card
}

// planned is the stop of a visit in a plan that keeps the rules, and the number of visits before it.
func (w *whole) planned(stops [][]int32, r, v int32) (int32, dispatch.Stop) {
	plan, _ := w.j.Plan(stops)
	for i := range plan.Routes {
		route := &plan.Routes[i]
		if route.Technician != w.m.Routes[r].Technician || route.Shift != w.m.Routes[r].Shift {
			continue
		}
		for k := range route.Stops {
			if route.Stops[k].Kind == dispatch.StopVisit && route.Stops[k].Visit == v {
				return int32(slices.Index(route.Visits(), v)), route.Stops[k]
			}
		}
	}
	return none, dispatch.Stop{Visit: none, Break: none, Depot: none}
}

// jointOthers tries the visit at every other position of every technician.
func (e *Explainer) jointOthers(card *Card, own int32, now dispatch.Cost) {
	w, v := e.whole, card.Visit
	rest, _ := w.without([]int32{v})
	var found []Alternative
	if best, _ := w.bestOf(rest, v, own, []int32{own}); best.at.p != none {
		best = w.complete(best, rest, v, now)
		card.Elsewhere = &best
	}
	for t := range w.b.of {
		others := slices.DeleteFunc(slices.Clone(w.b.of[t]), func(r int32) bool { return r == own })
		best, near := w.bestOf(rest, v, own, others)
		switch {
		case best.at.p != none:
			found = append(found, best)
		case card.Technician == int32(t):
		case near.reason != "":
			card.Refused = append(card.Refused, w.b.refusal(near))
		default:
			card.Refused = append(card.Refused, w.b.staticRefusal(int32(t), w.b.unit(v)))
		}
	}
	slices.SortStableFunc(found, func(x, y Alternative) int { return cmp.Compare(x.Difference, y.Difference) })
	for _, a := range found {
		if len(card.Alternatives) == e.best() {
			card.Others++
			continue
		}
		card.Alternatives = append(card.Alternatives, w.complete(a, rest, v, now))
	}
	slices.SortStableFunc(card.Refused, func(x, y Refusal) int {
		return cmp.Or(cmp.Compare(distance(&x), distance(&y)), cmp.Compare(x.Short, y.Short))
	})
}

// bestOf is the cheapest position of a visit, but for the one it has, on some routes, and the nearest miss.
func (w *whole) bestOf(rest [][]int32, v, own int32, routes []int32) (best Alternative, near miss) {
	best.at = nowhere(none)
	for _, r := range routes {
		if !w.m.Allowed(w.m.Routes[r].Class, v) {
			continue
		}
		for p := 0; p <= len(rest[r]); p++ {
			if r == own && w.stops[r][p] == v {
				continue
			}
			difference, ok := w.change(w.with(rest, v, r, p), own, r)
			if !ok {
				if m := w.failed(); m.nearer(&near) {
					m.at = nowhere(r)
					near = m
				}
				continue
			}
			if best.at.p == none || difference < best.Difference {
				best = Alternative{Technician: w.m.Routes[r].Technician, Shift: w.m.Routes[r].Shift, Difference: difference, at: nowhere(r)}
				best.at.p = int32(p)
			}
		}
	}
	return best, near
}

// complete prices an alternative by term and plans its stop.
func (w *whole) complete(a Alternative, rest [][]int32, v int32, now dispatch.Cost) Alternative {
	stops := w.with(rest, v, a.at.route, int(a.at.p))
	a.Terms = w.terms(stops).Minus(now)
	a.Position, a.Stop = w.planned(stops, a.at.route, v)
	worst := int64(0)
	for term, c := range a.Terms {
		if c > worst {
			worst, a.BindingRule = c, dispatch.Term(term).String()
		}
	}
	return a
}
