package plan

import (
	"cmp"
	"math"
	"slices"

	"fettle/dispatch"
	"fettle/dispatch/cost"
)

// query is one search: the visit, the state of each layer, the insertions that wait to be priced, and the best so far.
type query struct {
	v           int32
	x, y        float64
	first, last int32 // start of work
	work        int32 // least over all kinds of technician
	leave       int32 // first + work
	late        bool  // a late start costs something
	base        float64
	barred      []int32 // by class: 0, or -1 when it may not
	groups      uint64  // of the classes that may
	want        int
	limit       int64

	layers  []layerState // heap by bound
	pending []insertion  // heap by bound
	best    []Offer
	priced  bool // the limit may have ruled something out
	walks   int  // of the last search, for tests and benchmarks
	scanned int
}

// layerState is how far a search has come in a layer.
type layerState struct {
	bound             float64 // of the next ring
	layer             int32
	ring, column, row int32
}

// insertion is a position that passed every test but the walk.
type insertion struct {
	bound     int64
	route, at int32
}

func compareInsertions(a, b insertion) int {
	return cmp.Or(cmp.Compare(a.bound, b.bound), cmp.Compare(a.route, b.route), cmp.Compare(a.at, b.at))
}

// cutoff is the cost above which nothing matters any more.
func (q *query) cutoff() int64 {
	if len(q.best) == q.want {
		return min(q.limit, q.best[q.want-1].Difference)
	}
	return q.limit
}

// search finds the want cheapest insertions of v that cost no more than limit.
func (b *Board) search(v int32, want int, limit int64) {
	q := &b.query
	q.begin(v, want, limit)
	if !b.prepare() {
		return
	}
	b.openLayers()
	for {
		frontier := math.Inf(1)
		if len(q.layers) > 0 {
			if q.layers[0].bound <= float64(q.cutoff()) {
				frontier = q.layers[0].bound
			} else {
				q.priced = true
			}
		}
		// Invariant: every insertion that can still be among the best is pending or has a bound of frontier or more.
		b.settle(frontier)
		if math.IsInf(frontier, 1) || frontier > float64(q.cutoff()) {
			return
		}
		b.scanRing()
		b.settleEarly()
	}
}

// settleEarly prices pending insertions before their turn for a first cutoff, and whenever one promises to halve it: a
// search without a cutoff looks closely at every gap it reads.
func (b *Board) settleEarly() {
	q := &b.query
	for len(q.pending) > 0 && (len(q.best) < q.want || q.pending[0].bound < q.cutoff()/2) {
		b.price(q.pop())
	}
}

// begin forgets the search before.
func (q *query) begin(v int32, want int, limit int64) {
	q.v, q.want, q.limit = v, want, limit
	q.best, q.pending = q.best[:0], q.pending[:0]
	q.priced, q.walks, q.scanned = false, 0, 0
}

// prepare reads the visit; false when no class of routes may serve it.
func (b *Board) prepare() bool {
	q, m := &b.query, b.model
	v := q.v
	q.groups, q.barred = 0, q.barred[:0]
	static := int64(math.MaxInt64)
	for c := int32(0); c < m.Classes; c++ {
		q.barred = append(q.barred, -1)
		if m.Allowed(c, v) {
			q.barred[c] = 0
			q.groups |= 1 << (c % mostGroups)
			static = min(static, m.Static(c, v))
		}
	}
	if q.groups == 0 {
		return false
	}
	q.first, q.last = math.MaxInt32, math.MinInt32
	m.Windows(v, func(first, last int32) { q.first, q.last = min(q.first, first), max(q.last, last) })
	q.work = int32(m.Problem.Visits[v].OnSite)
	for _, t := range m.Problem.Visits[v].OnSiteBy {
		q.work = min(q.work, int32(t))
	}
	q.leave = q.first + q.work
	q.late = m.Lateness(v, math.MaxInt32/2) > 0
	q.base = float64(static + b.gaps.leastOnSite*int64(q.work))
	if b.places.metric {
		at := b.places.at[m.Place(v)]
		q.x, q.y = at[0], at[1]
	}
	return true
}

// openLayers starts the search in every layer that may hold a gap for the visit.
func (b *Board) openLayers() {
	q, g := &b.query, &b.gaps
	q.layers = q.layers[:0]
	open := func(i int) {
		if l := &g.layers[i]; l.count > 0 {
			column, row := g.cellAt(l, q.x, q.y)
			q.layers = append(q.layers, layerState{bound: q.base - l.limit, layer: int32(i), column: column, row: row})
		}
	}
	open(0)
	for group := range g.groups {
		if q.groups>>group&1 != 0 {
			for i := range 2 * g.levels {
				open(1 + group*2*g.levels + i)
			}
		}
	}
	for i := len(q.layers)/2 - 1; i >= 0; i-- {
		q.sink(i)
	}
}

// sink restores the heap of layers below i.
func (q *query) sink(i int) {
	h := q.layers
	for {
		down := 2*i + 1
		if down >= len(h) {
			return
		}
		if down+1 < len(h) && h[down+1].bound < h[down].bound {
			down++
		}
		if h[i].bound <= h[down].bound {
			return
		}
		h[i], h[down] = h[down], h[i]
		i = down
	}
}

// scanRing reads the next ring of cells of the first layer.
func (b *Board) scanRing() {
	q := &b.query
	s := &q.layers[0]
	l := &b.gaps.layers[s.layer]
	k := s.ring
	for row := max(s.row-k, 0); row <= min(s.row+k, l.rows-1); row++ {
		step := int32(1)
		if row != s.row-k && row != s.row+k {
			step = 2 * k
		}
		for column := s.column - k; column <= s.column+k; column += step {
			if column >= 0 && column < l.columns {
				b.scan(l, &l.cells[row*l.columns+column])
			}
		}
	}
	s.ring++
	if d := b.gaps.outside(l, s, q.x, q.y); math.IsInf(d, 1) {
		last := len(q.layers) - 1
		q.layers[0] = q.layers[last]
		q.layers = q.layers[:last]
	} else {
		s.bound = q.base - l.limit + l.factor*b.gaps.kappa*d
	}
	q.sink(0)
}

// outside is the distance from a point to the nearest cell of the layer that no ring has reached; +Inf when there is none.
func (g *gapIndex) outside(l *layer, s *layerState, x, y float64) float64 {
	if l.factor == 0 {
		return math.Inf(1)
	}
	// The point as the border cells hold it.
	x = min(max(x-g.west, 0), float64(l.columns)*l.side)
	y = min(max(y-g.south, 0), float64(l.rows)*l.side)
	d := math.Inf(1)
	if c := s.column - s.ring + 1; c > 0 {
		d = min(d, x-float64(c)*l.side)
	}
	if c := s.column + s.ring; c < l.columns {
		d = min(d, float64(c)*l.side-x)
	}
	if r := s.row - s.ring + 1; r > 0 {
		d = min(d, y-float64(r)*l.side)
	}
	if r := s.row + s.ring; r < l.rows {
		d = min(d, float64(r)*l.side-y)
	}
	return max(d, 0)
}

// scan tests the gaps of a cell, the cheapest tests first.
func (b *Board) scan(l *layer, c *cell) {
	q := &b.query
	q.scanned += len(c.keys)
	for i := range c.keys {
		if k := &c.keys[i]; q.fits(k) {
			b.test(l, k, &c.spots[i])
		}
	}
}

// fits is the first test of a gap: one branch instead of four that nobody can foresee. A difference below zero, or a class
// that may not, sets the sign.
func (q *query) fits(k *key) bool {
	return (q.last-k.dep)|(k.arrive-q.leave)|(k.room-q.work)|q.barred[k.class] >= 0
}

// test bounds the cost of a gap by its place and hands it on.
func (b *Board) test(l *layer, k *key, s *spot) {
	q, g := &b.query, &b.gaps
	cutoff := float64(q.cutoff())
	bound := q.base - float64(s.lambda)
	early, delay := float64(k.dep), float64(q.work)
	if l.factor > 0 {
		in := length(float64(s.px)-q.x, float64(s.py)-q.y)
		way := (in + length(float64(s.qx)-q.x, float64(s.qy)-q.y)) * l.factor / 2
		if bound += g.kappa * way; bound > cutoff {
			q.priced = true
			return
		}
		if float64(k.room-q.work) < (way-2*g.rounding)*g.ticksPerMeter-2*g.slackTicks {
			return
		}
		if !s.begins {
			early += max((in-g.rounding)*g.ticksPerMeter-g.slackTicks, 0)
		}
		if early > float64(q.last) {
			return
		}
		delay += (way-2*g.rounding)*g.ticksPerMeter - 2*g.slackTicks
	}
	if s.push > 0 {
		bound += float64(s.push) * max(delay-float64(s.leg), 0)
	}
	if q.late {
		bound += float64(b.model.Lateness(q.v, max(q.first, int32(math.Floor(early)))))
	}
	if bound > cutoff {
		q.priced = true
		return
	}
	b.consider(k, s)
}

// length is math.Hypot without its care for overflow, which costs more than the rest of the test.
func length(x, y float64) float64 { return math.Sqrt(x*x + y*y) }

// consider tests a gap with exact travel times and lets it wait for its walk.
func (b *Board) consider(k *key, s *spot) {
	q, m := &b.query, b.model
	r := s.route
	route, br := &m.Routes[r], &b.routes[r]
	if b.visits[q.v].named && !b.may(r, q.v) {
		return
	}
	g, from, to := b.gap(r, s.at)
	place := m.Place(q.v)
	in, out := route.Leg(from, place), route.Leg(place, to)
	if max(in, out) >= dispatch.Unreachable || in+out+q.work > k.room {
		return
	}
	rates := &route.Rates
	delay := max(in+out-route.Leg(from, to)+m.OnSite(route, q.v)+m.Entry(route, g.Prev, q.v), 0)
	grown, metres := int64(in)+int64(out), route.Metres(from, place)+route.Metres(place, to)
	work := int64(m.OnSite(route, q.v)) + int64(m.Entry(route, g.Prev, q.v))
	if g.Next >= 0 && g.Next < m.Visits {
		work += int64(m.Entry(route, q.v, g.Next)) - int64(m.Entry(route, g.Prev, g.Next))
	}
	duty := grown + work - br.wait
	fixed := int64(0)
	if len(br.stops) == 0 {
		_, pause := route.Breaks()
		fixed, duty = rates.Fixed, duty+pause
	} else {
		leg := int64(route.Leg(from, to))
		grown, metres, duty = grown-leg, metres-route.Metres(from, to), duty-leg
	}
	bound := fixed + rates.Travel*grown + rates.Distance*metres + rates.OnSite*work + rates.Duty*duty - br.credit +
		br.push[s.at]*int64(delay) + m.Static(route.Class, q.v) + b.preference(r, q.v)
	if bound > q.cutoff() {
		q.priced = true
		return
	}
	start, ok := m.Fits(route, &g, q.v, in, out)
	if !ok {
		return
	}
	if bound += m.Lateness(q.v, start); bound > q.cutoff() {
		q.priced = true
		return
	}
	q.push(insertion{bound: bound, route: r, at: s.at})
}

// preference is what the model, which does not know whom the visit names, leaves out of its static cost.
func (b *Board) preference(r, v int32) int64 {
	if !b.visits[v].named {
		return 0
	}
	p := b.model.Problem
	return cost.Personal(&p.Policy, &p.Technicians[b.model.Routes[r].Technician], &p.Visits[v])
}

// settle prices the pending insertions whose bound is no more than frontier, the least bound first.
func (b *Board) settle(frontier float64) {
	q := &b.query
	for len(q.pending) > 0 && float64(q.pending[0].bound) <= frontier {
		c := q.pop()
		if c.bound > q.cutoff() {
			q.priced = true
			q.pending = q.pending[:0]
			return
		}
		b.price(c)
	}
}

// price walks the route with the visit, unless its route already offers more than the insertion can.
func (b *Board) price(c insertion) {
	q := &b.query
	if k := q.rank(c.route); k >= 0 && q.best[k].Difference < c.bound {
		return
	}
	q.walks++
	total, ok := b.walk.Cost(&b.model.Routes[c.route], b.codes(c.route, q.v, int(c.at)))
	if ok {
		b.take(c, total-b.routes[c.route].cost+b.preference(c.route, q.v))
	}
}

// rank is the index of a route among the best, or -1.
func (q *query) rank(r int32) int {
	for k := range q.best {
		if q.best[k].route == r {
			return k
		}
	}
	return -1
}

// take keeps an insertion when it is among the best.
func (b *Board) take(c insertion, difference int64) {
	q := &b.query
	if difference > q.cutoff() {
		q.priced = true
		return
	}
	route := &b.model.Routes[c.route]
	o := Offer{
		Visit: q.v, Technician: route.Technician, Shift: route.Shift, Position: c.at, Difference: difference,
		route: c.route, changes: b.routes[c.route].changes,
	}
	if k := q.rank(c.route); k >= 0 {
		if compareOffers(&o, &q.best[k]) >= 0 {
			return
		}
		q.best = slices.Delete(q.best, k, k+1)
	}
	k := len(q.best)
	for k > 0 && compareOffers(&o, &q.best[k-1]) < 0 {
		k--
	}
	if k == q.want {
		return
	}
	if len(q.best) == q.want {
		q.best = q.best[:q.want-1]
	}
	q.best = slices.Insert(q.best, k, o)
}

func compareOffers(a, b *Offer) int {
	return cmp.Or(cmp.Compare(a.Difference, b.Difference), cmp.Compare(a.route, b.route), cmp.Compare(a.Position, b.Position))
}

// push and pop keep pending a heap.
func (q *query) push(c insertion) {
	q.pending = append(q.pending, c)
	h := q.pending
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if compareInsertions(h[i], h[up]) >= 0 {
			return
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
}

func (q *query) pop() insertion {
	h := q.pending
	top, last := h[0], len(h)-1
	h[0] = h[last]
	h = h[:last]
	q.pending = h
	for i := 0; ; {
		down := 2*i + 1
		if down >= last {
			return top
		}
		if down+1 < last && compareInsertions(h[down+1], h[down]) < 0 {
			down++
		}
		if compareInsertions(h[i], h[down]) <= 0 {
			return top
		}
		h[i], h[down] = h[down], h[i]
		i = down
	}
}
