package plan

import (
	"math"
	"slices"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
)

// codes writes the stops of a route as the walker reads them, with visit v at an index when v is not negative. The result
// holds until the next call.
func (b *Board) codes(r, v int32, at int) []int32 {
	b.stops = b.stops[:0]
	for i, s := range b.routes[r].stops {
		if i == at && v >= 0 {
			b.stops = append(b.stops, v)
		}
		b.stops = append(b.stops, b.code(s))
	}
	if v >= 0 && at >= len(b.routes[r].stops) {
		b.stops = append(b.stops, v)
	}
	return b.stops
}

// code is a stop in the model's numbers: depots come after the visits, whose number grows.
func (b *Board) code(s int32) int32 {
	if s < 0 {
		return b.model.Visits - 1 - s
	}
	return s
}

// commit makes the stops of a route count: cost, times and gaps. False when a rule forbids the route (Walker.Fail tells
// which); what was committed before then still stands, and the caller puts the stops back. O(stops).
func (b *Board) commit(r int32) bool {
	route, br := &b.model.Routes[r], &b.routes[r]
	stops := b.codes(r, -1, 0)
	quote, ok := b.walk.Quote(route, stops, -1)
	if !ok {
		return false
	}
	sum := b.walk.Sum
	br.early, br.leave, ok = b.walk.Times(route, stops, br.early, br.leave)
	if !ok {
		return false
	}
	br.cost, br.terms = quote.Total, quote.Cost
	b.delays(r, stops, &sum)
	br.wait, br.visits = 0, 0
	if _, pause := route.Breaks(); route.Rates.Duty > 0 && len(stops) > 0 {
		br.wait = int64(sum.End) - int64(sum.Departure) - sum.Travel - sum.OnSite - pause
	}
	for _, s := range br.stops {
		if s >= 0 {
			br.visits++
		}
	}
	br.changes++
	b.index(r)
	return true
}

// delays finds what a new stop does to the lateness of the others, from the earliest schedule without breaks: no stop starts
// before it, but for rounding and for the entry that one stop may share with the new visit.
//
// The credit is what a longer route may save elsewhere at most: the lateness above that schedule, and overtime hardly at all.
// Without breaks it is next to nothing. The push of a gap is what each tick of delay there costs at least: the sum of the
// rates of the stops behind it that are late already, up to the first that waits for its window. Lateness is convex.
func (b *Board) delays(r int32, stops []int32, sum *constraint.Sum) {
	m, route, br := b.model, &b.model.Routes[r], &b.routes[r]
	br.push = append(br.push[:0], make([]int64, len(stops)+1)...)
	over := max(sum.End-route.End, 0)
	if !b.places.metric { // a new stop may be a short cut
		br.credit = sum.Late + route.Rates.Overtime*int64(over)
		return
	}
	shared := b.floor(r, stops)
	slack, least := shared+2*int32(math.Ceil(b.gaps.slackTicks)), int64(0)
	for i := len(stops) - 1; i >= 0; i-- {
		f := &b.floors[i]
		if v := stops[i]; v < m.Visits {
			late := m.Lateness(v, f.start-slack)
			least += late
			br.push[i] = m.Lateness(v, f.start-slack+1) - late
		}
		if br.push[i] += br.push[i+1]; f.waits {
			br.push[i] = 0
		}
	}
	br.credit = max(sum.Late-least, 0) + route.Rates.Overtime*int64(min(over, slack))
}

// floor is when a stop starts in the earliest schedule without breaks, and whether it waits before.
type floor struct {
	start int32
	waits bool
}

// floor fills Board.floors for a route and returns its longest entry.
func (b *Board) floor(r int32, stops []int32) (entry int32) {
	m, route, br := b.model, &b.model.Routes[r], &b.routes[r]
	count, _ := route.Breaks()
	b1 := count + 1
	b.floors = b.floors[:0]
	from, prev := route.StartPlace, int32(-1)
	for i, v := range stops {
		place, busy := b.stopPlace(r, br.stops[i]), int32(0)
		if v < m.Visits {
			enter := m.Entry(route, prev, v)
			entry, busy = max(entry, enter), enter+m.OnSite(route, v)
		} else {
			busy = int32(route.Depots[v-m.Visits].Duration)
		}
		start := br.early[(i+1)*b1] - busy // no break taken
		b.floors = append(b.floors, floor{start: start, waits: start > br.early[i*b1]+route.Leg(from, place)})
		from, prev = place, v
	}
	return entry
}

// index renews the gaps of a route.
func (b *Board) index(r int32) {
	br := &b.routes[r]
	for i := range br.gaps {
		if br.gaps[i].layer >= 0 {
			b.gaps.take(br.gaps[i])
		}
	}
	br.gaps = br.gaps[:0]
	for range len(br.stops) + 1 {
		br.gaps = append(br.gaps, gapRef{layer: -1})
	}
	for i := range br.gaps {
		if layer, k, s, ok := b.spot(r, int32(i)); ok {
			b.gaps.put(layer, k, s)
		}
	}
}

// gap is the gap before stop at of a route and the places of its two ends.
func (b *Board) gap(r, at int32) (g constraint.Gap, from, to int32) {
	br, route := &b.routes[r], &b.model.Routes[r]
	g.Prev, g.Next = -1, -1
	from, to = route.StartPlace, route.EndPlace
	if at > 0 {
		g.Prev = b.code(br.stops[at-1])
		from = b.stopPlace(r, br.stops[at-1])
	}
	if int(at) < len(br.stops) {
		g.Next = b.code(br.stops[at])
		to = b.stopPlace(r, br.stops[at])
	}
	count, _ := route.Breaks()
	b1 := int32(count + 1)
	g.Early, g.Leave = br.early[at*b1:(at+1)*b1], br.leave[at*b1:(at+1)*b1]
	return g, from, to
}

func (b *Board) stopPlace(r, s int32) int32 {
	if s < 0 {
		return b.model.Routes[r].Depots[-1-s].Place
	}
	return b.model.Place(s)
}

// spot is what the index keeps of a gap; false when nothing ever fits there.
func (b *Board) spot(r, at int32) (layer int32, k key, s spot, ok bool) {
	route, br := &b.model.Routes[r], &b.routes[r]
	if br.visits >= route.MaxVisits {
		return 0, k, s, false
	}
	g, from, to := b.gap(r, at)
	k, s = key{class: route.Class}, spot{route: r, at: at}
	if k.dep, k.arrive, k.room = b.model.Room(route, &g); k.room < 0 {
		return 0, k, s, false
	}
	rates := &route.Rates
	lambda := float64(br.credit) + float64(rates.Duty*br.wait)
	if len(br.stops) == 0 {
		_, pause := route.Breaks()
		lambda -= float64(rates.Fixed + rates.Duty*pause)
	} else {
		leg := route.Leg(from, to)
		lambda += float64((rates.Travel+rates.Duty)*int64(leg) + rates.Distance*route.Metres(from, to))
		if g.Next >= 0 && g.Next < b.model.Visits {
			lambda += float64((rates.OnSite + rates.Duty) * int64(b.model.Entry(route, g.Prev, g.Next)))
		}
	}
	factor := b.ends(&s, from, to)
	if s.push = float32(br.push[at]); s.push > 0 {
		s.push -= s.push * 1e-6
		s.leg = float32(route.Leg(from, to)) * (1 + 1e-6)
	}
	lambda += 2 * (float64(rates.Travel+rates.Duty)*b.gaps.slackTicks + float64(rates.Distance) + b.gaps.kappa*b.gaps.rounding)
	s.lambda = float32(lambda+math.Abs(lambda)*1e-6) + 1
	return b.gaps.layerOf(route.Class, factor, float64(s.lambda)), k, s, true
}

// ends sets where a gap lies and returns the factor of its bound.
func (b *Board) ends(s *spot, from, to int32) (factor float64) {
	if !b.places.metric || (from < 0 && to < 0) {
		return 0
	}
	factor = 2
	if from < 0 {
		factor, from, s.begins = 1, to, true
	} else if to < 0 {
		factor, to = 1, from
	}
	p, q := &b.places.at[from], &b.places.at[to]
	s.px, s.py, s.qx, s.qy = float32(p[0]), float32(p[1]), float32(q[0]), float32(q[1])
	return factor
}

// Route is a committed route with every time filled in; visits that were frozen are not part of it. False when the shift
// has no open visit.
func (b *Board) Route(technician, shift int32) (dispatch.Route, bool) {
	r, err := b.routeIndex(technician, shift)
	if err != nil || len(b.routes[r].stops) == 0 {
		return dispatch.Route{Technician: technician, Shift: shift}, false
	}
	return b.walk.Schedule(&b.model.Routes[r], b.codes(r, -1, 0))
}

// Started lists the frozen visits of a shift, in order. The caller owns the slice.
func (b *Board) Started(technician, shift int32) []int32 {
	r, err := b.routeIndex(technician, shift)
	if err != nil {
		return nil
	}
	return slices.Clone(b.routes[r].started)
}

// Cost is that of all committed routes and of the visits that no route serves, by term. Policy.Fairness is not in it.
// O(routes + visits).
func (b *Board) Cost() dispatch.Cost {
	var sum dispatch.Cost
	for r := range b.routes {
		sum = sum.Plus(b.routes[r].terms)
	}
	for v := range b.visits {
		if b.visits[v].alive && b.visits[v].route < 0 {
			sum[dispatch.TermUnserved] += b.model.Unserved(int32(v))
		}
	}
	return sum
}
