package plan

import (
	"math"
	"slices"
)

// Takers is how many technicians have a route that can take a visit, each counted once, whatever it costs. Exact: where
// times do not decide all, a route is walked with the visit in each gap that they allow, until one is feasible. O(gaps of routes whose shift meets the
// visit's windows).
func (b *Board) Takers(v int32) (int, error) {
	if err := b.known(v); err != nil {
		return 0, err
	}
	first, last := int32(math.MaxInt32), int32(math.MinInt32) // start of work
	b.model.Windows(v, func(from, to int32) { first, last = min(first, from), max(last, to) })
	count, technician := 0, int32(-1)
	for r := range b.routes {
		route := &b.model.Routes[r]
		if route.Technician == technician || route.Start > last || route.LatestEnd < first || !b.takes(int32(r), v, last) {
			continue
		}
		count, technician = count+1, route.Technician
	}
	return count, nil
}

// takes tells whether a route has a place for a visit that starts at last at the latest.
func (b *Board) takes(r, v, last int32) bool {
	m, route, br := b.model, &b.model.Routes[r], &b.routes[r]
	if br.visits >= route.MaxVisits || !b.may(r, v) {
		return false
	}
	place := m.Place(v)
	for at := range int32(len(br.stops) + 1) {
		g, from, to := b.gap(r, at)
		if slices.Min(g.Early) > last {
			return false // nor can the gaps behind it
		}
		if _, ok := m.Fits(route, &g, v, route.Leg(from, place), route.Leg(place, to)); !ok {
			continue
		}
		if m.TimesDecide(route) || b.walk.Walk(route, b.codes(r, v, int(at))) {
			return true
		}
	}
	return false
}
