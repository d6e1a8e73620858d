package plan

import (
	"errors"
	"fmt"
	"slices"

	"fettle/dispatch"
	"fettle/geo"
)

// Sequence is the order of the open visits of one route, as a caller wants it.
type Sequence struct {
	Technician, Shift int32
	Visits            []int32
}

// Sequence lists the open visits of a shift in order. The caller owns the slice.
func (b *Board) Sequence(technician, shift int32) []int32 {
	r, err := b.routeIndex(technician, shift)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(b.routes[r].stops), func(s int32) bool { return s < 0 })
}

// BreaksLeft is how many breaks of a shift are still to be taken.
func (b *Board) BreaksLeft(technician, shift int32) int {
	r, err := b.routeIndex(technician, shift)
	if err != nil {
		return 0
	}
	n, _ := b.model.Routes[r].Breaks()
	return n
}

// Begin is SetPosition for a technician who has taken the first breaks that the shift had left.
func (b *Board) Begin(technician, shift int32, p geo.Point, at dispatch.Tick, breaks int) (displaced []int32, err error) {
	r, err := b.routeIndex(technician, shift)
	if err != nil {
		return nil, err
	}
	if err := checkInstant(at); err != nil {
		return nil, err
	}
	place, err := b.places.add(p)
	if err != nil {
		return nil, fmt.Errorf("begin route of technician %s: %w", b.model.Problem.Technicians[technician].ID, err)
	}
	left, _ := b.model.Routes[r].Breaks()
	displaced, err = b.restart(r, place, at, min(max(breaks, 0), left))
	b.places.release(place) // the route holds it now
	return displaced, err
}

// Load puts visits on routes in the order given, behind what is there, and returns those that cannot stay: a rule between
// technician and visit forbids it, or one of the route, as in SetPosition. They stay on the board unplaced.
func (b *Board) Load(routes []Sequence) (left []int32, err error) {
	for i := range routes {
		r, err := b.routeIndex(routes[i].Technician, routes[i].Shift)
		if err != nil {
			return nil, err
		}
		for _, v := range routes[i].Visits {
			if err := b.known(v); err != nil {
				return nil, err
			}
			if b.visits[v].route >= 0 {
				return nil, &dispatch.InvalidError{Field: "visits", Value: string(b.model.Problem.Visits[v].ID), Want: "visits that are on no route"}
			}
			if !b.may(r, v) {
				left = append(left, v)
				continue
			}
			b.visits[v].route = r
			b.routes[r].stops = append(b.routes[r].stops, v)
		}
		left = append(left, b.repair(r)...)
	}
	return left, nil
}

// Exchange gives several routes new visits at once, or changes nothing and returns false: when a rule forbids it, when a
// visit that is on one of the routes now would be on none, or when the plan does not become cheaper by at least saving,
// which may be negative. Visits that are on no route now may be among them. Depot stops of these routes are given up.
// O(stops of these routes).
func (b *Board) Exchange(routes []Sequence, saving int64) (bool, error) {
	return b.ExchangeIf(routes, func(saved int64) bool { return saved >= saving })
}

// ExchangeIf is Exchange for a caller who looks at the routes as they would be: accept sees them on the board and what they
// save, and must not change anything; when it refuses, nothing changes.
func (b *Board) ExchangeIf(routes []Sequence, accept func(saved int64) bool) (bool, error) {
	index := make([]int32, len(routes))
	old := make([][]int32, len(routes))
	for i := range routes {
		r, err := b.routeIndex(routes[i].Technician, routes[i].Shift)
		if err != nil {
			return false, err
		}
		index[i], old[i] = r, slices.Clone(b.routes[r].stops)
	}
	if !b.exchangeable(routes, index) {
		return false, nil
	}
	before := b.costOf(index)
	var unserved int64
	for i := range routes {
		for _, v := range routes[i].Visits {
			if b.visits[v].route < 0 {
				unserved += b.model.Unserved(v)
			}
		}
	}
	fresh := make([][]int32, len(routes))
	for i := range routes {
		fresh[i] = routes[i].Visits
	}
	if b.setStops(index, fresh) && accept(before+unserved-b.costOf(index)) {
		return true, nil
	}
	for i := range routes {
		for _, v := range routes[i].Visits {
			b.visits[v].route = -1
		}
	}
	if !b.setStops(index, old) {
		return false, errors.New("exchange visits: a committed route is not feasible any more")
	}
	return false, nil
}

// exchangeable tells whether the routes would have every visit that they have now, each once and allowed.
func (b *Board) exchangeable(routes []Sequence, index []int32) bool {
	seen := map[int32]bool{}
	for i := range routes {
		for _, v := range routes[i].Visits {
			if b.known(v) != nil || seen[v] || b.visits[v].started || !b.may(index[i], v) {
				return false
			}
			if now := b.visits[v].route; now >= 0 && !slices.Contains(index, now) {
				return false
			}
			seen[v] = true
		}
	}
	for _, r := range index {
		for _, s := range b.routes[r].stops {
			if s >= 0 && !seen[s] {
				return false
			}
		}
	}
	return true
}

func (b *Board) costOf(index []int32) (sum int64) {
	for _, r := range index {
		sum += b.routes[r].cost
	}
	return sum
}

// setStops commits new stops for routes; false at the first that is not feasible.
func (b *Board) setStops(index []int32, stops [][]int32) bool {
	for i, r := range index {
		b.routes[r].stops = append(b.routes[r].stops[:0], stops[i]...)
		for _, s := range stops[i] {
			if s >= 0 {
				b.visits[s].route = r
			}
		}
	}
	for _, r := range index {
		if !b.commit(r) {
			return false
		}
	}
	return true
}

// Marginal is the cost of a route by term with a visit that is on it and without.
func (b *Board) Marginal(v int32) (with, without dispatch.Cost, err error) {
	if err := b.known(v); err != nil {
		return with, without, err
	}
	r := b.visits[v].route
	if r < 0 || b.visits[v].started {
		return with, without, &dispatch.InvalidError{Field: "visit", Value: string(b.model.Problem.Visits[v].ID), Want: "an open visit on a route"}
	}
	b.stops = b.stops[:0]
	for _, s := range b.routes[r].stops {
		if s != v {
			b.stops = append(b.stops, b.code(s))
		}
	}
	quote, _ := b.walk.Quote(&b.model.Routes[r], b.stops, -1)
	return b.routes[r].terms, quote.Cost, nil
}
