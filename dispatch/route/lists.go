package route

import (
	"math"
	"sync"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
)

// candidate is a neighbour of a visit with the travel time between the two.
type candidate struct{ node, d int32 }

// lists are the pruned neighbourhoods of every visit, made once and shared by all trajectories: who may usefully come
// before or after it, who is near, and which types of route may be opened for it. Accorsi and Vigo (2021), "A fast and
// scalable heuristic for the solution of large-scale capacitated vehicle routing problems", section 3.1, prune in the same
// spirit; Vidal et al. (2013), section 4.2, rank by time as well as by distance.
type lists struct {
	pred  [][]candidate
	succ  [][]candidate
	near  [][]int32
	types [][]int32 // nearest first
	// leastIn and leastOut are, by visit, the shortest travel to it and from it on any leg; 0 when routes differ in travel.
	leastIn, leastOut []int32
	// typeOf lists the routes of each type.
	routesOf [][]int32
	uniform  bool // candidate.d holds for every route; else it is 0

	arrangeOnce sync.Once
	arranged    arranged
}

// poolAbove is the number of visits above which neighbours are sought among the nearest by coordinates only.
const poolAbove = 1500

func newLists(m *constraint.Model, tune Tuning) *lists {
	n := int(m.Visits)
	l := &lists{
		pred: make([][]candidate, n), succ: make([][]candidate, n), near: make([][]int32, n), types: make([][]int32, n),
		uniform: m.Uniform(),
	}
	if len(m.Routes) == 0 {
		return l
	}
	l.groupRoutes(m)
	b := newListBuilder(m, tune)
	l.leastIn, l.leastOut = make([]int32, n), make([]int32, n)
	for v := int32(0); v < m.Visits; v++ {
		l.pred[v], l.succ[v], l.near[v] = b.neighbours(v)
		in, out := l.openable(m, v)
		if l.uniform {
			l.leastIn[v], l.leastOut[v] = min(b.leastIn, in), min(b.leastOut, out)
		} else {
			forgetLegs(l.pred[v])
			forgetLegs(l.succ[v])
		}
	}
	return l
}

// forgetLegs sets the travel times of candidates to 0, a lower bound for every route.
func forgetLegs(list []candidate) {
	for i := range list {
		list[i].d = 0
	}
}

func (l *lists) groupRoutes(m *constraint.Model) {
	for i := range m.Routes {
		t := int(m.Routes[i].Type)
		for len(l.routesOf) <= t {
			l.routesOf = append(l.routesOf, nil)
		}
		l.routesOf[t] = append(l.routesOf[t], int32(i))
	}
}

// openable lists the types of route that may serve v, nearest start first, and returns the shortest travel from any start
// and to any end.
func (l *lists) openable(m *constraint.Model, v int32) (in, out int32) {
	const most = 64 // farther ones are opened only when a nearer route lets go of work
	var best bounded
	best.limit = most
	for t, routes := range l.routesOf {
		r := &m.Routes[routes[0]]
		there, back := r.Leg(r.StartPlace, m.Place(v)), r.Leg(m.Place(v), r.EndPlace)
		if t == 0 {
			in, out = there, back
		}
		in, out = min(in, there), min(out, back)
		if m.Allowed(r.Class, v) {
			best.offer(float64(there)+float64(back), candidate{int32(t), there})
		}
	}
	l.types[v] = make([]int32, len(best.items))
	for i, x := range best.items {
		l.types[v][i] = x.c.node
	}
	return in, out
}

// listBuilder finds neighbours.
type listBuilder struct {
	m       *constraint.Model
	tune    Tuning
	route   *constraint.Route
	table   []int32
	side    int
	first   []int32
	last    []int32
	work    []int32
	classes [][]uint64 // by visit: classes that may serve it; nil when all may
	pool    *pool      // nil: everybody
	all     []int32
	pred    bounded
	succ    bounded
	near    bounded
	leastIn int32 // shortest travel to the visit in hand from another
	// leastOut is the same from it to another.
	leastOut int32
}

func newListBuilder(m *constraint.Model, tune Tuning) *listBuilder {
	n := int(m.Visits)
	b := &listBuilder{m: m, tune: tune, route: &m.Routes[0], first: make([]int32, n), last: make([]int32, n), work: make([]int32, n)}
	table, side := b.route.Table()
	b.table, b.side = table, int(side)
	for v := int32(0); v < m.Visits; v++ {
		b.first[v], b.last[v] = math.MaxInt32, math.MinInt32
		m.Windows(v, func(first, last int32) {
			b.first[v], b.last[v] = min(b.first[v], first), max(b.last[v], last)
		})
		b.work[v] = m.OnSite(b.route, v)
		b.all = append(b.all, v)
	}
	b.clampWindows()
	b.shareClasses()
	if n > poolAbove {
		b.pool = newPool(m)
	}
	b.pred.limit, b.succ.limit, b.near.limit = tune.Neighbours, tune.Neighbours, tune.Near
	if b.classes != nil {
		b.pred.limit, b.succ.limit = tune.Qualified, tune.Qualified
	}
	return b
}

// clampWindows narrows the windows to what the shifts leave of them, so that waiting is measured in real time.
func (b *listBuilder) clampWindows() {
	early, late := int32(math.MaxInt32), int32(math.MinInt32)
	for i := range b.m.Routes {
		early, late = min(early, b.m.Routes[i].Start), max(late, b.m.Routes[i].LatestEnd)
	}
	for v := range b.first {
		b.first[v], b.last[v] = max(b.first[v], early), min(b.last[v], late)
	}
}

// shareClasses tabulates who may serve each visit, so that visits which nobody can serve together are no neighbours.
func (b *listBuilder) shareClasses() {
	const maxWords = 16
	m := b.m
	words := (int(m.Classes) + 63) / 64
	if m.Classes == 1 || words > maxWords {
		return
	}
	flat := make([]uint64, words*int(m.Visits))
	b.classes = make([][]uint64, m.Visits)
	for v := int32(0); v < m.Visits; v++ {
		b.classes[v] = flat[int(v)*words : (int(v)+1)*words]
		for c := int32(0); c < m.Classes; c++ {
			if m.Allowed(c, v) {
				b.classes[v][c/64] |= 1 << (c % 64)
			}
		}
	}
}

func (b *listBuilder) share(u, v int32) bool {
	if b.classes == nil {
		return true
	}
	for k, w := range b.classes[u] {
		if w&b.classes[v][k] != 0 {
			return true
		}
	}
	return false
}

func (b *listBuilder) leg(u, v int32) int32 {
	if b.table != nil {
		return b.table[int(b.m.Place(u))*b.side+int(b.m.Place(v))]
	}
	return b.route.Leg(b.m.Place(u), b.m.Place(v))
}

// neighbours ranks the others as predecessors, successors and company of v.
func (b *listBuilder) neighbours(v int32) (pred, succ []candidate, near []int32) {
	b.pred.items, b.succ.items, b.near.items = b.pred.items[:0], b.succ.items[:0], b.near.items[:0]
	others := b.all
	if b.pool != nil {
		others = b.pool.around(b.m.Place(v), b.tune.Pool)
	}
	b.leastIn, b.leastOut = math.MaxInt32, math.MaxInt32
	for _, u := range others {
		if u == v || !b.share(u, v) {
			continue
		}
		in, out := b.leg(u, v), b.leg(v, u)
		b.leastIn, b.leastOut = min(b.leastIn, in), min(b.leastOut, out)
		if in >= dispatch.Unreachable || out >= dispatch.Unreachable {
			continue
		}
		b.near.offer(float64(in)+float64(out), candidate{u, in})
		if b.first[u]+b.work[u]+in <= b.last[v] {
			wait := max(b.first[v]-(b.last[u]+b.work[u]+in), 0)
			b.pred.offer(float64(in)+b.tune.WaitWeight*float64(wait), candidate{u, in})
		}
		if b.first[v]+b.work[v]+out <= b.last[u] {
			wait := max(b.first[u]-(b.last[v]+b.work[v]+out), 0)
			b.succ.offer(float64(out)+b.tune.WaitWeight*float64(wait), candidate{u, out})
		}
	}
	near = make([]int32, len(b.near.items))
	for i, x := range b.near.items {
		near[i] = x.c.node
	}
	return b.pred.candidates(), b.succ.candidates(), near
}

// bounded keeps the best few of what it is offered, in order. O(log limit) for most offers: nothing at all once the worst
// kept is better.
type bounded struct {
	limit int
	items []ranked
}

type ranked struct {
	key float64
	c   candidate
}

func (b *bounded) offer(key float64, c candidate) {
	if len(b.items) == b.limit {
		if b.limit == 0 || key >= b.items[b.limit-1].key {
			return
		}
		b.items = b.items[:b.limit-1]
	}
	lo, hi := 0, len(b.items)
	for lo < hi {
		mid := (lo + hi) / 2
		if b.items[mid].key <= key {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	b.items = append(b.items, ranked{})
	copy(b.items[lo+1:], b.items[lo:])
	b.items[lo] = ranked{key, c}
}

func (b *bounded) candidates() []candidate {
	out := make([]candidate, len(b.items))
	for i, x := range b.items {
		out[i] = x.c
	}
	return out
}
