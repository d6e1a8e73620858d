package explain

import (
	"fettle/dispatch"
	"fettle/dispatch/constraint"
)

// DefaultBest is how many alternatives a card shows when Explainer.Best is 0.
const DefaultBest = 5

// Explainer answers questions about one plan. It holds scratch memory and is not safe for concurrent use.
type Explainer struct {
	// Best is the number of alternatives on a card, and of refusals whose flip is sought; 0 means DefaultBest.
	Best int

	b     *board
	whole *whole // for problems whose routes depend on one another
	bumps []bump // lazily, see displaced
}

// New indexes the routes of a plan for its problem's model. It reads technicians, shifts and the order of visits and depot
// stops; times and cost are computed again. Stops that do not exist are ignored. A plan whose routes break rules can be
// explained too, but what is on such a route has no price (Card.Blocked). O(stops).
func New(m *constraint.Model, plan *dispatch.Plan) *Explainer {
	stops := read(m, plan)
	e := &Explainer{b: newBoard(m, stops)}
	if m.Joint() {
		e.whole = newWhole(e.b, stops)
	}
	return e
}

func (e *Explainer) best() int {
	if e.Best > 0 {
		return e.Best
	}
	return DefaultBest
}

// Card says why a visit is where it is, and what else could be done with it.
type Card struct {
	Visit   int32
	Partner int32 // the other visit of a pair, which moves along; -1 without

	// Technician and Shift are -1 for a visit that no route serves. Position counts the visits before it on the route.
	Technician, Shift, Position int32
	// Stop is the planned stop with its times.
	Stop dispatch.Stop
	// Marginal is what the plan pays for having the visit where it is: the route with it less the route without it, term by
	// term, with the change of fairness. For a visit left out it is the cost of leaving it out.
	Marginal dispatch.Cost
	// Blocked is the rule that the route would break without the visit, or breaks already; there are then no alternatives.
	// Blocked.Reason is "" otherwise.
	Blocked Refusal
	// Elsewhere is the next best position on the same route; nil when there is none.
	Elsewhere *Alternative
	// Alternatives are the best placements on other routes, one a technician, cheapest first.
	Alternatives []Alternative
	// Others counts the technicians who could do it too but are not among the alternatives.
	Others int
	// Refused are the technicians who cannot, the nearest to being able first.
	Refused []Refusal
	// Unassigned is why no route serves the visit; nil when one does.
	Unassigned *dispatch.Unassigned
}

// Alternative is another place for a visit, everything else staying in its order.
type Alternative struct {
	Technician, Shift, Position int32
	Stop                        dispatch.Stop
	// Difference is the cost of the whole plan afterwards less that of the plan as it is, and Terms the same by term.
	Difference int64
	Terms      dispatch.Cost
	// BindingRule is the name of the term that makes it dearer most; "" when none does.
	BindingRule string
	// Flip is the smallest single change that was found to make it as good as the plan; nil when it is that good already or
	// no change of the kinds tried does it.
	Flip *Flip

	at placement
}

// Refusal is a technician who cannot do a visit: which rule, and by how much at the nearest miss.
type Refusal struct {
	Technician, Shift int32 // Shift is -1 when the rule is about the technician
	Reason            dispatch.Reason
	Short             int64 // in the rule's unit; 0 when that has no meaning
	// Visit is the one whose window or stock the rule is about: the visit itself, or one that would be too late after it;
	// -1 for the route as a whole.
	Visit int32
	// Detail is one sentence for people.
	Detail string
	// Flip is the smallest single change that was found to let the technician do it: as well as the plan does it if there is
	// such a change, else at all.
	Flip *Flip

	miss miss
}

// origin is where a unit is now, and its route without it.
type origin struct {
	r     int32 // none when it is left out
	bare  line
	saved int64 // what goes when it is taken away, without fairness
	give  moved
	cost  dispatch.Cost // saved by term
}

// origin takes a unit off its route; the refusal is that the route does not allow it. Its reason is "" otherwise.
func (b *board) origin(u unit) (origin, Refusal) {
	o := origin{r: b.at[u.head]}
	if o.r == none {
		o.saved = b.unserved(u)
		o.cost[dispatch.TermUnserved] = o.saved
		return o, Refusal{}
	}
	l := &b.lines[o.r]
	no := Refusal{Technician: b.m.Routes[o.r].Technician, Shift: b.m.Routes[o.r].Shift, Visit: none, Reason: l.broken}
	if l.broken != "" {
		no.Detail = "The route breaks a rule as it is: " + b.missText(miss{at: nowhere(o.r), reason: l.broken, visit: none}) + "."
		return o, no
	}
	stops := b.without(l, nil, u)
	o.bare = b.lay(o.r, stops)
	if o.bare.broken != "" {
		m := b.failed(nowhere(o.r), stops)
		no.Reason, no.Short, no.Visit = m.reason, m.short, m.visit
		no.Detail = "Without it the route would not work: " + b.missText(m) + "."
		return o, no
	}
	o.saved = l.cost - o.bare.cost
	o.cost = b.terms(o.r, l.stops).Minus(b.terms(o.r, stops))
	o.give = moved{no.Technician, -b.onSite(o.r, u)}
	return o, Refusal{}
}

// terms is the cost of a feasible route by term.
func (b *board) terms(r int32, stops []int32) dispatch.Cost {
	route, _ := b.w.Schedule(&b.m.Routes[r], stops)
	return route.Cost
}

// line is the line of a route with the origin's unit taken away.
func (b *board) lineFor(o *origin, r int32) *line {
	if r == o.r {
		return &o.bare
	}
	return &b.lines[r]
}

// difference is what a placement changes in the cost of the whole plan.
func (b *board) difference(o *origin, u unit, at placement) int64 {
	return at.cost - b.lineFor(o, at.route).cost - o.saved + b.fairer(o, u, at.route)
}

// fairer is what moving the unit to route r changes in the cost of fairness.
func (b *board) fairer(o *origin, u unit, r int32) int64 {
	take := moved{b.m.Routes[r].Technician, b.onSite(r, u)}
	if o.r == none {
		return b.fair.change(take)
	}
	return b.fair.change(o.give, take)
}

// refusal turns a miss of a technician into words.
func (b *board) refusal(m miss) Refusal {
	route := &b.m.Routes[m.at.route]
	return Refusal{
		Technician: route.Technician, Shift: route.Shift, Reason: m.reason, Short: m.short, Visit: m.visit,
		Detail: title(b.who(route.Technician)) + " cannot: " + b.missText(m) + ".", miss: m,
	}
}
