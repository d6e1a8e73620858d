package plan

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"fettle/dispatch"
)

// batchOffers is how many routes each visit of a batch keeps in sight. Of 2 to 8, 3 is the fastest; 2 is 3 to 5 % cheaper, but
// searches anew so often that it takes a fifth longer (benchmarks/results/insertion.json).
const batchOffers = 3

// InsertAll places many visits at once: emergencies first, then by priority, and within a rank by regret (Potvin and
// Rousseau 1993, A parallel route building algorithm, doi:10.1016/0377-2217(93)90221-8): always the visit that loses most
// when it does not get its best route now, where a missing choice counts as the price of leaving the visit out. After each
// placement only the offers on the route that changed are renewed.
//
// It returns the visits that no route takes, with the reason, in the order given. When ctx ends the visits that are left
// are returned as dispatch.ReasonNotTried. O(n) searches and O(n^2) comparisons for n visits.
//
// Measured against one visit after the other: a third cheaper where routes are nearly full, with half as many visits left
// out, a fifth cheaper where they are half full, 5 % dearer where they are empty. Rounds of optimal matching (package
// assign), at most one visit a route and round, are equal where routes are nearly full and a quarter to a third dearer
// where they have room, because visits of one round cannot share a trip.
func (b *Board) InsertAll(ctx context.Context, visits []int32) ([]dispatch.Unassigned, error) {
	order := slices.Clone(visits)
	for _, v := range order {
		if err := b.known(v); err != nil {
			return nil, err
		}
		if b.visits[v].route >= 0 {
			return nil, &dispatch.InvalidError{Field: "visits", Value: string(b.model.Problem.Visits[v].ID), Want: "visits that are on no route"}
		}
	}
	slices.SortFunc(order, b.compareRank)
	order = slices.Compact(order)
	for len(order) > 0 && ctx.Err() == nil {
		n := 1
		for n < len(order) && b.rank(order[n]) == b.rank(order[0]) {
			n++
		}
		if err := b.insertRank(ctx, order[:n]); err != nil {
			return nil, fmt.Errorf("insert batch: %w", err)
		}
		order = order[n:]
	}
	return b.leftOut(ctx, visits), nil
}

// leftOut gives the reasons for the visits of a batch that are on no route.
func (b *Board) leftOut(ctx context.Context, visits []int32) (out []dispatch.Unassigned) {
	for _, v := range visits {
		if b.visits[v].route >= 0 {
			continue
		}
		if ctx.Err() != nil {
			out = append(out, dispatch.Unassigned{Visit: v, Technician: -1, Reason: dispatch.ReasonNotTried, Detail: "The batch was interrupted."})
			continue
		}
		b.search(v, 1, b.priceLimit(v))
		out = append(out, *b.why(v))
	}
	return out
}

// visitRank orders visits for admission.
type visitRank struct {
	normal   bool
	priority int32
}

func (b *Board) rank(v int32) visitRank {
	x := &b.model.Problem.Visits[v]
	return visitRank{x.Urgency != dispatch.UrgencyEmergency, x.Priority}
}

func (b *Board) compareRank(v, w int32) int {
	x, y := b.rank(v), b.rank(w)
	if x.normal != y.normal {
		if y.normal {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(y.priority, x.priority), cmp.Compare(v, w))
}

// hopeful is a visit of a batch with its best offers, which are exact: cheapest first, terms and times not filled in.
type hopeful struct {
	v        int32
	complete bool // no route beside those of the offers takes it
	offers   []Offer
}

// insertRank places visits of equal rank by regret.
func (b *Board) insertRank(ctx context.Context, visits []int32) error {
	open := make([]hopeful, 0, len(visits))
	for _, v := range visits {
		h := hopeful{v: v}
		if b.seek(&h); len(h.offers) > 0 {
			open = append(open, h)
		}
	}
	for changed := int32(-1); len(open) > 0 && ctx.Err() == nil; {
		// Invariant: the offers of all open visits are exact but for those on the changed route.
		next, most := -1, int64(math.MinInt64)
		left := open[:0]
		for i := range open {
			h := open[i]
			if b.renew(&h, changed); len(h.offers) == 0 {
				continue
			}
			if g := b.regret(&h); g > most {
				next, most = len(left), g
			}
			left = append(left, h)
		}
		if open = left; next < 0 {
			break
		}
		if err := b.Place(open[next].v, open[next].offers[0]); err != nil {
			return err
		}
		changed = open[next].offers[0].route
		open = slices.Delete(open, next, next+1)
	}
	return nil
}

// seek finds the offers of a visit on the whole board.
func (b *Board) seek(h *hopeful) {
	b.search(h.v, batchOffers, b.priceLimit(h.v))
	h.offers = append(h.offers[:0], b.query.best...)
	h.complete = len(h.offers) < batchOffers
}

// regret is what a visit may lose by waiting.
func (b *Board) regret(h *hopeful) (sum int64) {
	limit := min(b.priceLimit(h.v), math.MaxInt64/16/batchOffers)
	for k := 1; k < batchOffers; k++ {
		other := limit
		if k < len(h.offers) {
			other = h.offers[k].Difference
		}
		sum += other - h.offers[0].Difference
	}
	return sum
}

// renew brings the offers of a visit up to date after a route has changed.
func (b *Board) renew(h *hopeful, changed int32) {
	at := slices.IndexFunc(h.offers, func(o Offer) bool { return o.route == changed })
	if at < 0 {
		return
	}
	h.offers = slices.Delete(h.offers, at, at+1)
	o, ok := b.offerOn(h.v, changed)
	if ok {
		k, _ := slices.BinarySearchFunc(h.offers, o, func(x, y Offer) int { return compareOffers(&x, &y) })
		// Behind all others it may be dearer than a route that is out of sight.
		if k < len(h.offers) || h.complete {
			h.offers = slices.Insert(h.offers, k, o)
		}
	}
	if len(h.offers) < 2 && !h.complete {
		b.seek(h)
	}
}

// offerOn is the best insertion of a visit into one route.
func (b *Board) offerOn(v, r int32) (Offer, bool) {
	q := &b.query
	q.begin(v, 1, b.priceLimit(v))
	if !b.prepare() {
		return Offer{}, false
	}
	for _, ref := range b.routes[r].gaps {
		if ref.layer < 0 {
			continue
		}
		l := &b.gaps.layers[ref.layer]
		c := &l.cells[ref.cell]
		if k := &c.keys[ref.slot]; q.fits(k) {
			b.test(l, k, &c.spots[ref.slot])
		}
	}
	b.settle(math.Inf(1))
	if len(q.best) == 0 {
		return Offer{}, false
	}
	return q.best[0], true
}
