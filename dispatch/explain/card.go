package explain

import (
	"cmp"
	"slices"

	"fettle/dispatch"
)

// Visit makes the card of a visit, an index of the problem. Every difference is exact; see the package comment for what an alternative is. O(stops of
// all routes) walks at worst, plus some hundred evaluations of two routes for each flip.
func (e *Explainer) Visit(v int32) Card {
	if e.whole != nil {
		return e.jointCard(v)
	}
	b := e.b
	u := b.unit(v)
	card := Card{Visit: v, Partner: none, Technician: none, Shift: none, Position: none}
	if u.tail != none {
		card.Partner = u.head + u.tail - v
	}
	o, no := b.origin(u)
	e.place(&card, &o)
	if no.Reason != "" {
		card.Blocked = no
		return card
	}
	card.Marginal = o.cost
	if o.r == none {
		reason := e.Reason(v)
		card.Unassigned = &reason
	} else {
		card.Marginal[dispatch.TermFairness] -= b.fair.change(o.give)
		card.Elsewhere = e.elsewhere(&card, &o, u)
	}
	e.others(&card, &o, u)
	return card
}

// place fills in where the visit is.
func (e *Explainer) place(card *Card, o *origin) {
	if o.r == none {
		return
	}
	r := &e.b.m.Routes[o.r]
	card.Technician, card.Shift = r.Technician, r.Shift
	if e.b.lines[o.r].broken == "" {
		card.Position, card.Stop = e.b.planned(o.r, e.b.lines[o.r].stops, card.Visit)
	}
}

// planned is the stop of a visit on a feasible route, and the number of visits before it.
func (b *board) planned(r int32, stops []int32, v int32) (int32, dispatch.Stop) {
	route, _ := b.w.Schedule(&b.m.Routes[r], stops)
	position := int32(0)
	for i := range route.Stops {
		if route.Stops[i].Kind != dispatch.StopVisit {
			continue
		}
		if route.Stops[i].Visit == v {
			return position, route.Stops[i]
		}
		position++
	}
	return none, dispatch.Stop{Visit: none, Break: none, Depot: none}
}

// elsewhere is the next best position on the visit's own route.
func (e *Explainer) elsewhere(card *Card, o *origin, u unit) *Alternative {
	s := e.b.newScan(o.r, &o.bare, u)
	s.except = e.b.lines[o.r].stops
	s.run()
	if s.best.p == none {
		return nil
	}
	a := e.alternative(card, o, u, s.best)
	return &a
}

// others looks at every other route and sorts technicians into alternatives and refusals.
func (e *Explainer) others(card *Card, o *origin, u unit) {
	b := e.b
	var found []Alternative
	for t := range b.of {
		best, difference, near := b.technician(int32(t), o, u)
		switch {
		case best.p != none:
			found = append(found, Alternative{Technician: int32(t), Difference: difference, at: best})
		case near.reason != "" && card.Technician != int32(t):
			card.Refused = append(card.Refused, b.refusal(near))
		case card.Technician != int32(t):
			card.Refused = append(card.Refused, b.staticRefusal(int32(t), u))
		}
	}
	slices.SortStableFunc(found, func(x, y Alternative) int { return cmp.Compare(x.Difference, y.Difference) })
	card.Others = max(0, len(found)-e.best())
	for _, a := range found[:len(found)-card.Others] {
		full := e.alternative(card, o, u, a.at)
		full.Flip = b.flip(o, u, &full)
		card.Alternatives = append(card.Alternatives, full)
	}
	slices.SortStableFunc(card.Refused, func(x, y Refusal) int {
		return cmp.Or(cmp.Compare(distance(&x), distance(&y)), cmp.Compare(x.Short, y.Short))
	})
	for i := range card.Refused[:min(e.best(), len(card.Refused))] {
		card.Refused[i].Flip = b.flipRefusal(o, u, &card.Refused[i])
	}
}

// distance ranks refusals: rules about the route before rules about the technician.
func distance(r *Refusal) int {
	if r.Shift != none {
		return nearness(r.Reason)
	}
	return 10 + bend(r.Reason)
}

// technician is the cheapest placement of the unit on the other shifts of a technician, what it changes in the plan, and
// the nearest miss when there is none. Both are empty when the static rules refuse it.
func (b *board) technician(t int32, o *origin, u unit) (best placement, difference int64, near miss) {
	best = nowhere(none)
	for _, r := range b.of[t] {
		if r == o.r || !b.allowed(r, u) {
			continue
		}
		if !b.ranksKept(r, u) {
			if m := (miss{at: nowhere(r), reason: dispatch.ReasonPinned, visit: none, walked: true}); m.nearer(&near) {
				near = m
			}
			continue
		}
		s := b.newScan(r, &b.lines[r], u)
		s.run()
		if s.best.p == none {
			if m := b.settled(s.l, u, s.near); m.nearer(&near) {
				near = m
			}
			continue
		}
		if d := b.difference(o, u, s.best); best.p == none || d < difference {
			best, difference = s.best, d
		}
	}
	return best, difference, near
}

// alternative prices a placement by term and plans its stop.
func (e *Explainer) alternative(card *Card, o *origin, u unit, at placement) Alternative {
	b := e.b
	route := &b.m.Routes[at.route]
	a := Alternative{Technician: route.Technician, Shift: route.Shift, Difference: b.difference(o, u, at), at: at}
	l := b.lineFor(o, at.route)
	stops := slices.Clone(b.with(l, u, at))
	a.Terms = b.terms(at.route, stops).Minus(b.terms(at.route, l.stops)).Minus(o.cost)
	a.Terms[dispatch.TermFairness] = b.fairer(o, u, at.route)
	a.Position, a.Stop = b.planned(at.route, stops, card.Visit)
	worst := int64(0)
	for term, c := range a.Terms {
		if c > worst {
			worst, a.BindingRule = c, b.p.Policy.TermName(dispatch.Term(term))
		}
	}
	return a
}
