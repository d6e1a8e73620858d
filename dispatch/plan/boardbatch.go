package plan

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"fettle/dispatch"
	"fettle/dispatch/assign"
)

// batchOffers is how many routes each visit of a batch asks for in a round: with more, fewer rounds and more search.
const batchOffers = 8

// InsertAll places many visits at once, each on the route that is best for all of them together: emergencies first, then
// by priority. Visits of one rank are matched to routes in rounds, at most one to a route: the routes that each could join
// and at what exact difference come from Offer, and package assign finds the cheapest matching, in which a visit may stay
// out at the price of leaving it out. What stays out because others took its routes tries again in the next round.
//
// It returns the visits that no route takes, with the reason, in the order of visits. Against inserting one after the other in the same
// order, and against regret insertion, this costs less (benchmarks/results/insertion.json).
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
	for len(order) > 0 {
		n := 1
		for n < len(order) && b.rank(order[n]) == b.rank(order[0]) {
			n++
		}
		if err := b.insertRank(ctx, order[:n]); err != nil {
			return nil, err
		}
		order = order[n:]
	}
	var out []dispatch.Unassigned
	for _, v := range visits {
		if b.visits[v].route < 0 {
			out = append(out, *b.why(v))
		}
	}
	return out, nil
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

// insertRank places visits of equal rank in rounds.
func (b *Board) insertRank(ctx context.Context, visits []int32) error {
	open := slices.Clone(visits)
	for len(open) > 0 {
		offers, start := b.collect(open)
		taken, err := b.match(ctx, offers, start)
		if err != nil {
			return err
		}
		n := len(open)
		left := open[:0]
		for i, v := range open {
			if k := taken[i]; k >= 0 {
				if err := b.Place(v, offers[k]); err != nil {
					return err
				}
			} else if start[i+1] > start[i] { // without an offer now it has none later: routes only fill
				left = append(left, v)
			}
		}
		open = left
		if len(open) == n || ctx.Err() != nil {
			return b.insertInOrder(open)
		}
	}
	return nil
}

// insertInOrder places visits one after the other.
func (b *Board) insertInOrder(visits []int32) error {
	for _, v := range visits {
		offers, err := b.Offer(v)
		if err != nil {
			return err
		}
		if len(offers) == 0 {
			continue
		}
		if err := b.Place(v, offers[0]); err != nil {
			return err
		}
	}
	return nil
}

// outPrice is what staying out of this round costs. A visit with as many offers as it asked for tries again on routes that
// have changed by then, which is taken to cost as much as its last choice now; one with fewer must fear to stay out.
func (b *Board) outPrice(offers []Offer, most int64) int64 {
	switch {
	case len(offers) == 0:
		return 0
	case len(offers) == batchOffers:
		return offers[batchOffers-1].Difference
	}
	return min(b.priceLimit(offers[0].Visit), most)
}

// collect asks for the offers of each visit: those of visit i are offers[start[i]:start[i+1]].
func (b *Board) collect(visits []int32) (offers []Offer, start []int32) {
	start = append(start, 0)
	for _, v := range visits {
		b.search(v, batchOffers, b.priceLimit(v))
		offers = append(offers, b.query.best...)
		start = append(start, int32(len(offers)))
	}
	return offers, start
}

// match chooses at most one offer a visit and one a route at the least total cost; -1 for a visit that stays out.
func (b *Board) match(ctx context.Context, offers []Offer, start []int32) ([]int32, error) {
	n := len(start) - 1
	column := map[int32]int32{}
	most := int64(1)
	for i := range offers {
		most = max(most, 2*offers[i].Difference)
		if _, ok := column[offers[i].route]; !ok {
			column[offers[i].route] = int32(len(column))
		}
	}
	build := assign.NewBuilder(n, len(column))
	for i := range n {
		for k := start[i]; k < start[i+1]; k++ {
			build.Arc(i, int(column[offers[k].route]), offers[k].Difference)
		}
		build.MayStayUnassigned(i, b.outPrice(offers[start[i]:start[i+1]], most))
	}
	problem, err := build.Build()
	if err != nil {
		return nil, fmt.Errorf("match batch: %w", err)
	}
	solved, err := assign.Solve(ctx, problem, assign.Options{})
	if err != nil {
		return nil, fmt.Errorf("match batch: %w", err)
	}
	taken := make([]int32, n)
	for i := range n {
		taken[i] = -1
		for k := start[i]; k < start[i+1]; k++ {
			if solved.Assignment[i] >= 0 && column[offers[k].route] == solved.Assignment[i] {
				taken[i] = k
			}
		}
	}
	return taken, nil
}
