package plan

import (
	"errors"
	"math"

	"fettle/dispatch"
)

// ErrStaleOffer says that the route of an offer has changed since the offer was made.
var ErrStaleOffer = errors.New("offer is stale: its route has changed")

// Offer is one way to take a visit in: the cheapest position on the route of one technician and shift.
type Offer struct {
	Visit      int32
	Technician int32
	Shift      int32
	Position   int32 // index among the open stops of the route, depots included
	// Difference is what the plan's routes cost more with the visit than without, exactly, and Terms the same by term. A
	// term can be negative: a route that starts earlier may be less late elsewhere.
	Difference int64
	Terms      dispatch.Cost
	Arrival    dispatch.Tick
	Start      dispatch.Tick

	route   int32
	changes uint32
}

// Offer ranks the cheapest feasible insertions of a visit, one for each route, by difference, then technician and shift;
// of equal positions the earliest. It returns up to BoardOptions.Offers of them, in a slice that holds until the next call;
// none when no route can take the visit, or when each costs more than leaving it out (Model.Unserved; 0 there means at any
// cost). Refusals and Insert tell why.
//
// O(gaps whose bound is below the answer), most often a few hundred of them; no more than all. A few words are allocated
// for each offer returned.
func (b *Board) Offer(v int32) ([]Offer, error) {
	if err := b.known(v); err != nil {
		return nil, err
	}
	if b.visits[v].route >= 0 {
		return nil, &dispatch.InvalidError{Field: "visit", Value: string(b.model.Problem.Visits[v].ID), Want: "a visit that is on no route"}
	}
	b.search(v, b.n, b.priceLimit(v))
	return b.quote(), nil
}

// priceLimit is what an insertion may cost.
func (b *Board) priceLimit(v int32) int64 {
	if limit := b.model.Unserved(v); limit > 0 {
		return limit
	}
	return noPriceLimit
}

// noPriceLimit leaves room for sums.
const noPriceLimit = math.MaxInt64 / 16

// quote fills in terms and times of the best insertions found. It panics when a route that was priced a moment ago is not
// feasible any more, which a deterministic walk cannot do.
func (b *Board) quote() []Offer {
	q := &b.query
	for i := range q.best {
		o := &q.best[i]
		with, ok := b.walk.Quote(&b.model.Routes[o.route], b.codes(o.route, o.Visit, int(o.Position)), int(o.Position))
		if !ok {
			panic("plan: a route that was priced is not feasible") //nolint:forbidigo // invariant: the walk that priced it is deterministic
		}
		o.Terms = with.Cost.Minus(b.routes[o.route].terms)
		o.Arrival, o.Start = with.Arrival, with.Start
	}
	return q.best
}
