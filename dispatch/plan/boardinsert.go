package plan

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
)

// Insert places a visit at its best offer. When there is none it returns why, and the visit stays on the board unplaced.
func (b *Board) Insert(v int32) (Offer, *dispatch.Unassigned, error) {
	offers, err := b.Offer(v)
	if err != nil {
		return Offer{}, nil, err
	}
	if len(offers) == 0 {
		return Offer{}, b.why(v), nil
	}
	best := offers[0]
	return best, nil, b.Place(v, best)
}

// Place commits an offer, or returns ErrStaleOffer when its route has changed since. O(stops of the route).
func (b *Board) Place(v int32, o Offer) error {
	if err := b.known(v); err != nil {
		return err
	}
	if o.Visit != v || b.visits[v].route >= 0 || o.changes != b.routes[o.route].changes {
		return fmt.Errorf("place visit %s: %w", b.model.Problem.Visits[v].ID, ErrStaleOffer)
	}
	br := &b.routes[o.route]
	br.stops = slices.Insert(br.stops, int(o.Position), v)
	b.visits[v].route = o.route
	if !b.commit(o.route) {
		return fmt.Errorf("place visit %s: the route that was priced is not feasible: the board lost track of it", b.model.Problem.Visits[v].ID)
	}
	return nil
}

// Unplace takes a visit off its route; it stays on the board. A visit that is on no route stays as it is; one that has
// started is an error. Without the triangle inequality (dense matrices) the rest of a route may not be feasible on its own:
// its visits leave the route too, those that break a rule first.
func (b *Board) Unplace(v int32) error {
	if err := b.known(v); err != nil {
		return err
	}
	state := &b.visits[v]
	if state.started {
		return &dispatch.InvalidError{Field: "visit", Value: string(b.model.Problem.Visits[v].ID), Want: "a visit that has not started"}
	}
	if state.route < 0 {
		return nil
	}
	r := state.route
	br := &b.routes[r]
	br.stops = slices.DeleteFunc(br.stops, func(s int32) bool { return s == v })
	state.route = -1
	b.repair(r)
	return nil
}

// repair commits a route, without the stops that keep it from being feasible, and returns the visits among them: the stop
// that breaks a rule, or the longest when the route as a whole does. Depots without a visit leave it too.
func (b *Board) repair(r int32) (displaced []int32) {
	br := &b.routes[r]
	if !slices.ContainsFunc(br.stops, func(s int32) bool { return s >= 0 }) {
		br.stops = br.stops[:0]
	}
	for !b.commit(r) {
		at := b.walk.Fail.Stop
		if at < 0 || at >= len(br.stops) {
			at = b.longest(r)
		}
		if s := br.stops[at]; s >= 0 {
			b.visits[s].route = -1
			displaced = append(displaced, s)
		}
		br.stops = slices.Delete(br.stops, at, at+1)
		if !slices.ContainsFunc(br.stops, func(s int32) bool { return s >= 0 }) {
			br.stops = br.stops[:0]
		}
	}
	return displaced
}

// longest is the stop of a route without which it takes the least time.
func (b *Board) longest(r int32) int {
	route, stops := &b.model.Routes[r], b.routes[r].stops
	best, most := len(stops)-1, int32(-1)
	for i, s := range stops {
		from, to := route.StartPlace, route.EndPlace
		if i > 0 {
			from = b.stopPlace(r, stops[i-1])
		}
		if i+1 < len(stops) {
			to = b.stopPlace(r, stops[i+1])
		}
		place := b.stopPlace(r, s)
		saved := route.Leg(from, place) + route.Leg(place, to) - route.Leg(from, to)
		if s >= 0 {
			saved += b.model.OnSite(route, s)
		}
		if saved >= most {
			best, most = i, saved
		}
	}
	return best
}

// why finds the reason for a visit without offers.
func (b *Board) why(v int32) *dispatch.Unassigned {
	u := &dispatch.Unassigned{Visit: v, Technician: -1, Reason: dispatch.ReasonNoTechnician, Detail: "There is no technician with a shift."}
	if b.query.priced {
		b.search(v, 1, noPriceLimit)
	}
	if best := b.query.best; len(best) > 0 {
		u.Reason, u.Technician, u.Short = dispatch.ReasonTooCostly, best[0].Technician, best[0].Difference-b.model.Unserved(v)
		u.Detail = fmt.Sprintf("Technician %s could go, but that costs %d and leaving the visit out %d.",
			b.model.Problem.Technicians[u.Technician].ID, best[0].Difference, b.model.Unserved(v))
		return u
	}
	near, ok := b.nearestRefusal(v)
	if !ok {
		all := b.Refusals(v, 1)
		if len(all) == 0 {
			return u
		}
		near = all[0]
	}
	u.Reason, u.Technician, u.Short = near.Reason, near.Technician, near.Short
	u.Detail = fmt.Sprintf("The nearest technician, %s, cannot go: %s.", b.model.Problem.Technicians[u.Technician].ID, u.Reason)
	return u
}

// nearestRefusal is why the nearest route that has room for anything refuses a visit without offers, found by reading the
// index once; false when the index cannot tell.
func (b *Board) nearestRefusal(v int32) (Refusal, bool) {
	q := &b.query
	best, least := int32(-1), math.Inf(1)
	for i := range b.gaps.layers {
		for k := range b.gaps.layers[i].cells {
			c := &b.gaps.layers[i].cells[k]
			for j := range c.keys {
				if q.barred[c.keys[j].class] < 0 {
					continue
				}
				s := &c.spots[j]
				d := min(length(float64(s.px)-q.x, float64(s.py)-q.y), length(float64(s.qx)-q.x, float64(s.qy)-q.y))
				if (d < least || (d == least && s.route < best)) && b.may(s.route, v) {
					best, least = s.route, d
				}
			}
		}
	}
	if best < 0 || !b.places.metric {
		return Refusal{}, false
	}
	return b.refusal(best, v, true)
}

// Refusal is why a route cannot take a visit.
type Refusal struct {
	Technician, Shift int32
	// Reason is the rule that comes nearest to letting the visit in, at any position, and Short by how much it is missed.
	Reason dispatch.Reason
	Short  int64
}

// Refusals tells, for the n nearest routes that cannot take a visit, why: first those whose technician may serve it by
// skill, territory and name, nearest first; then the others. Near means from the nearest stop or end of the
// route, straight where the board knows distances, else by travel time.
// O(stops of all routes): it is for explanations, not for the way of every visit.
func (b *Board) Refusals(v int32, n int) []Refusal {
	if b.known(v) != nil || n <= 0 {
		return nil
	}
	type near struct {
		route int32
		away  float64
		may   bool
	}
	all := make([]near, 0, len(b.routes))
	for r := range b.routes {
		if route := &b.model.Routes[r]; route.LatestEnd <= route.Start && len(b.routes[r].stops) == 0 {
			continue // a shift without length
		}
		all = append(all, near{int32(r), b.away(int32(r), v), b.may(int32(r), v)})
	}
	slices.SortFunc(all, func(x, y near) int {
		if x.may != y.may {
			if x.may {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(x.away, y.away), cmp.Compare(x.route, y.route))
	})
	var out []Refusal
	for _, c := range all {
		if len(out) == n {
			break
		}
		if f, refused := b.refusal(c.route, v, c.may); refused {
			out = append(out, f)
		}
	}
	return out
}

// away is how far a visit is from the nearest place of a route: straight where distances are, else by travel time.
func (b *Board) away(r, v int32) float64 {
	route, place := &b.model.Routes[r], b.model.Place(v)
	way := func(from, to int32) float64 {
		if !b.places.metric {
			return float64(route.Leg(from, to))
		}
		if min(from, to) < 0 {
			return math.Inf(1)
		}
		p, q := &b.places.at[from], &b.places.at[to]
		return length(p[0]-q[0], p[1]-q[1])
	}
	least := min(way(route.StartPlace, place), way(place, route.EndPlace))
	for _, s := range b.routes[r].stops {
		least = min(least, way(b.stopPlace(r, s), place))
	}
	return least
}

// refusal walks every position of a route; false when one of them is feasible.
func (b *Board) refusal(r, v int32, may bool) (Refusal, bool) {
	route := &b.model.Routes[r]
	f := Refusal{Technician: route.Technician, Shift: route.Shift}
	if !may {
		p := b.model.Problem
		f.Reason, f.Short = constraint.Static(&p.Technicians[route.Technician], &p.Visits[v])
		return f, true
	}
	for at := 0; at <= len(b.routes[r].stops); at++ {
		if _, ok := b.walk.Cost(route, b.codes(r, v, at)); ok {
			return f, false
		}
		fail := &b.walk.Fail
		// A rule missed by an amount tells more than one that is broken as such.
		if f.Reason == "" || (fail.Short > 0 && (f.Short == 0 || fail.Short < f.Short)) {
			f.Reason, f.Short = fail.Reason, fail.Short
		}
	}
	return f, true
}
