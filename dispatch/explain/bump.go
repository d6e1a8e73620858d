package explain

import (
	"cmp"
	"slices"

	"fettle/dispatch"
)

// bump is one visit, or pair, that could be taken off its route to make room.
type bump struct {
	r    int32
	u    unit
	line line  // the route without it
	loss int64 // what the plan loses by leaving it out, less what its route saves; without fairness
}

// Displacement says who would have to give way to a visit that has no room.
type Displacement struct {
	Technician, Shift int32
	// Visits to be taken off that route: one visit or pair when that is enough, else two of them.
	Visits []int32
	// Stop is when and where the visit would then be done.
	Stop dispatch.Stop
	// Difference is the cost of the plan with the visit instead of these, less that of the plan as it is.
	Difference int64
}

// eviction is a displacement as it is searched for.
type eviction struct {
	at    placement
	line  line // without the visits that give way
	out   []unit
	total int64
}

// pairWork is how many positions a search among pairs may look at for one visit; singleWork is the same for single visits
// when the search need not be exact. Measured with BenchmarkFinish: 30 ns a position.
const (
	pairWork   = 1_000_000
	singleWork = 4_000
)

// Displaced searches for the fewest visits, one or two on one route (pairs count as one), whose removal makes room for a
// visit that is left out, and among these for the cheapest; false when there are none. Work that has started is never
// removed. Where routes depend on one another it is not looked for. Routes of many stops are searched for two visits up to a bound of pairWork positions.
func (e *Explainer) Displaced(v int32) (Displacement, bool) {
	if e.whole != nil {
		return Displacement{}, false
	}
	u := e.b.unit(v)
	if e.b.at[u.head] != none {
		return Displacement{}, false
	}
	ev, ok := e.evict(u, noLimit)
	if !ok {
		return Displacement{}, false
	}
	r := &e.b.m.Routes[ev.at.route]
	d := Displacement{Technician: r.Technician, Shift: r.Shift, Difference: ev.total}
	for _, out := range ev.out {
		out.each(func(x int32) { d.Visits = append(d.Visits, x) })
	}
	_, d.Stop = e.b.planned(ev.at.route, slices.Clone(e.b.with(&ev.line, u, ev.at)), v)
	return d, true
}

// index lists who could be bumped, the cheapest loss first. O(stops^2 of each route).
func (e *Explainer) index() {
	if e.bumps != nil {
		return
	}
	b := e.b
	e.bumps = []bump{}
	for r := range b.lines {
		l := &b.lines[r]
		if l.broken != "" {
			continue
		}
		for _, u := range b.removable(l) {
			bare := b.lay(int32(r), b.without(l, nil, u))
			if bare.broken == "" {
				e.bumps = append(e.bumps, bump{int32(r), u, bare, b.unserved(u) + bare.cost - l.cost})
			}
		}
	}
	slices.SortStableFunc(e.bumps, func(x, y bump) int { return cmp.Compare(x.loss, y.loss) })
}

// removable lists the units of a line that have not started.
func (b *board) removable(l *line) []unit {
	var out []unit
	for _, code := range l.stops {
		if code >= b.m.Visits {
			continue
		}
		u := b.unit(code)
		started := u.head != code // the second of a pair comes with the first
		u.each(func(v int32) { started = started || (b.p.Visits[v].Pin != nil && b.p.Visits[v].Pin.Started) })
		if !started {
			out = append(out, u)
		}
	}
	return out
}

// evict finds the cheapest eviction. With a bound on the work it stops at the first whose loss alone is no better than the
// best found, or at the bound; noLimit makes it exact.
func (e *Explainer) evict(u unit, work int64) (eviction, bool) {
	e.index()
	b := e.b
	best := eviction{at: nowhere(none)}
	exact, until := work == noLimit, b.work+work
	for i := range e.bumps {
		x := &e.bumps[i]
		if !exact && (b.work > until || (best.at.p != none && x.loss >= best.total+b.unserved(u))) {
			break
		}
		if b.allowed(x.r, u) && b.ranksKept(x.r, u) {
			e.evictFrom(&best, u, x.r, &x.line, x.loss, x.u)
		}
	}
	if best.at.p != none {
		return best, true
	}
	if exact {
		until = b.work + pairWork
	}
	for r := range b.lines {
		if b.lines[r].broken != "" || !b.allowed(int32(r), u) || !b.ranksKept(int32(r), u) {
			continue
		}
		e.evictPairs(&best, u, int32(r), until)
	}
	return best, best.at.p != none
}

// evictPairs tries every two units of a route.
func (e *Explainer) evictPairs(best *eviction, u unit, r int32, until int64) {
	b := e.b
	l := &b.lines[r]
	units := b.removable(l)
	for i, x := range units {
		for _, y := range units[i+1:] {
			if b.work > until {
				return
			}
			bare := line{stops: b.without(l, nil, x, y)}
			b.work += int64(4 * len(bare.stops))
			if !b.times(r, &bare) || !e.mayFit(r, &bare, u) {
				continue
			}
			if bare = b.lay(r, bare.stops); bare.broken == "" {
				e.evictFrom(best, u, r, &bare, b.unserved(x)+b.unserved(y)+bare.cost-l.cost, x, y)
			}
		}
	}
}

// mayFit tests the positions of a line by its laid-out times alone; where a depot stop or the first of a pair could cut a
// way short these say nothing.
func (e *Explainer) mayFit(r int32, l *line, u unit) bool {
	if u.tail != none || len(e.b.m.Routes[r].Depots) > 0 {
		return true
	}
	s := e.b.newScan(r, l, u)
	e.b.work += int64(len(l.stops) + 1)
	for p := range int32(len(l.stops) + 1) {
		if s.shortAt(p, u.head) == 0 {
			return true
		}
	}
	return false
}

// evictFrom tries a unit on a route from which others were taken, at a loss.
func (e *Explainer) evictFrom(best *eviction, u unit, r int32, l *line, loss int64, out ...unit) {
	b := e.b
	route := &b.m.Routes[r]
	work := b.onSite(r, u)
	for _, x := range out {
		work -= b.onSite(r, x)
	}
	base := loss - b.unserved(u) + b.fair.change(moved{route.Technician, work})
	s := b.newScan(r, l, u)
	s.misses = false
	if best.at.p != none {
		s.limit = best.total - base
	}
	if s.run(); s.best.p == none {
		return
	}
	*best = eviction{at: s.best, line: *l, out: slices.Clone(out), total: base + s.best.cost - l.cost}
}
