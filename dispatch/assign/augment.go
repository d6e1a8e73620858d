package assign

// augment turns the outcome of the auction into an optimal matching with exact duals: it keeps the matches that are tight,
// tries to place the rest by reductions, then finds one shortest alternating path for every node that still breaks
// complementary slackness, rows first, then columns. A row search never opens a column and the reverse.
//
// Jonker & Volgenant (1987), "A shortest augmenting path algorithm for dense and sparse linear assignment problems", sections
// 3 and 4; deviations: any dual feasible start, both sides may stay without partner at a limit. O(open * arcs * log nodes) in the worst case; the
// auction leaves about 3% of the rows open, and their searches stay local.
func (s *solver) augment() {
	s.tighten()
	s.placeColumns()
	s.reduce(s.row, s.col)
	f := newFinder(max(len(s.row.pot), len(s.col.pot)))
	s.searches(f, s.row, s.col)
	s.searches(f, s.col, s.row)
}

// tighten lowers the price of each sold column until its arc is tight, restores the row potentials, and keeps the matches
// that are tight after that.
func (s *solver) tighten() {
	r, c := s.row, s.col
	r.raise(c)
	for i, j := range r.match {
		if j != none {
			c.pot[j] = min(c.limit[j], r.arcCost(i, j)-r.pot[i])
		}
	}
	r.raise(c)
	for i, j := range r.match {
		if j != none && r.arcCost(i, j)-c.pot[j] != r.pot[i] {
			r.match[i], c.match[j] = none, none
		}
	}
}

// placeColumns raises the potential of each unsold column as far as it goes and gives it a waiting row that is then tight.
func (s *solver) placeColumns() {
	r, c := s.row, s.col
	for j := range c.pot {
		if c.match[j] != none {
			continue
		}
		c.pot[j] = c.least(r, j)
		for e := c.start[j]; e < c.start[j+1]; e++ {
			i := c.adj[e]
			if r.match[i] == none && r.pot[i] < r.limit[i] && c.cost[e]-r.pot[i] == c.pot[j] {
				r.match[i], c.match[j] = int32(j), i
				break
			}
		}
	}
}

// reduce is the augmenting row reduction of Jonker & Volgenant (1987), section 3: an auction with exact bids (eps = 0). A
// bidder whose two best choices cost the same and are both taken waits for the search.
func (s *solver) reduce(a, b *side) {
	var free []int32
	for v, w := range a.match {
		if w == none && a.pot[v] < a.limit[v] {
			free = append(free, int32(v))
		}
	}
	for left := s.tune.reductions * len(free); left > 0 && len(free) > 0; left-- {
		v := free[len(free)-1]
		free = free[:len(free)-1]
		best, second, w := a.twoBest(b, v)
		a.pot[v] = best
		if w == none {
			continue
		}
		out := b.match[w]
		if best == second && out != none {
			continue
		}
		b.pot[w] -= second - best
		a.pot[v] = second
		if out != none {
			a.match[out] = none
			free = append(free, out)
		}
		a.match[v], b.match[w] = w, v
	}
}

// searches runs one search for each open node of a.
func (s *solver) searches(f *finder, a, b *side) {
	for v := range a.pot {
		if a.match[v] != none || a.pot[v] >= a.limit[v] {
			continue
		}
		if s.canceled() {
			return
		}
		s.stats.Searches++
		f.run(a, b, int32(v))
	}
}

// finder finds shortest alternating paths by Dijkstra's algorithm on reduced costs; its arrays serve all searches of a solve.
type finder struct {
	dist  []int64 // by node of the opposite side, valid where stamp is the search's
	from  []int32 // node of the own side that reached it
	stamp []int32
	now   int32
	heap  heap
	done  []int32 // nodes of the opposite side with final distance, in order
}

func newFinder(n int) *finder {
	return &finder{dist: make([]int64, n), from: make([]int32, n), stamp: make([]int32, n)}
}

// goal is the cheapest end of an alternating path met so far: the free node to of the opposite side, or else the node leave
// of the own side, which gives up its partner.
type goal struct {
	dist      int64
	to, leave int32
}

// run repairs root, a node of a without partner below its limit: it grows the alternating tree from root until the nearest
// end, lifts the potentials and flips the path. Potentials stay dual feasible and matched arcs tight; no other node of either
// side becomes open.
func (f *finder) run(a, b *side, root int32) {
	f.now++
	f.heap, f.done = f.heap[:0], f.done[:0]
	end := goal{dist: a.limit[root] - a.pot[root], to: none, leave: root}
	// Invariant: every node of the opposite side nearer than the scanned one is in done, and no path that ends sooner than
	// end is hidden behind a node that was not pushed.
	f.scan(a, b, root, 0, &end)
	for len(f.heap) > 0 {
		top := f.heap.pop()
		if top.dist >= end.dist {
			break
		}
		if f.dist[top.node] != top.dist {
			continue
		}
		f.done = append(f.done, top.node)
		f.scan(a, b, b.match[top.node], top.dist, &end)
	}
	f.lift(a, b, root, end.dist)
	f.flip(a, b, root, end)
}

// scan relaxes the arcs of v, reached at distance d.
func (f *finder) scan(a, b *side, v int32, d int64, end *goal) {
	base := d - a.pot[v]
	from, to := a.start[v], a.start[v+1]
	adj, cost := a.adj[from:to], a.cost[from:to]
	for e, w := range adj {
		nd := base + cost[e] - b.pot[w]
		if nd >= end.dist || f.stamp[w] == f.now && f.dist[w] <= nd {
			continue
		}
		f.stamp[w], f.dist[w], f.from[w] = f.now, nd, v
		x := b.match[w]
		if x == none {
			*end = goal{dist: nd, to: w}
			continue
		}
		if out := nd + a.limit[x] - a.pot[x]; out < end.dist {
			*end = goal{dist: out, to: none, leave: x}
		}
		f.heap.push(entry{nd, w})
	}
}

// lift raises the potentials of the tree's own nodes and lowers the opposite ones so that the path to the end is tight.
func (f *finder) lift(a, b *side, root int32, dist int64) {
	a.pot[root] += dist
	for _, w := range f.done {
		d := dist - f.dist[w]
		b.pot[w] -= d
		a.pot[b.match[w]] += d
	}
}

// flip exchanges matched and unmatched arcs on the path from root to the end.
func (f *finder) flip(a, b *side, root int32, end goal) {
	w := end.to
	if w == none {
		if end.leave == root {
			return
		}
		w = a.match[end.leave]
		a.match[end.leave] = none
	}
	for {
		v := f.from[w]
		a.match[v], b.match[w], w = w, v, a.match[v]
		if v == root {
			return
		}
	}
}

// entry is a node of the opposite side with the distance at which it was pushed.
type entry struct {
	dist int64
	node int32
}

// heap is a binary-array heap of arity 4 by distance; stale entries are skipped by the caller.
type heap []entry

func (h *heap) push(x entry) {
	q := append(*h, x)
	i := len(q) - 1
	for i > 0 {
		p := (i - 1) / 4
		if q[p].dist <= x.dist {
			break
		}
		q[i] = q[p]
		i = p
	}
	q[i] = x
	*h = q
}

func (h *heap) pop() entry {
	q := *h
	top, last := q[0], q[len(q)-1]
	q = q[:len(q)-1]
	*h = q
	if len(q) == 0 {
		return top
	}
	i := 0
	for c := 1; c < len(q); c = 4*i + 1 {
		least := c
		for x := c + 1; x < min(c+4, len(q)); x++ {
			if q[x].dist < q[least].dist {
				least = x
			}
		}
		if q[least].dist >= last.dist {
			break
		}
		q[i] = q[least]
		i = least
	}
	q[i] = last
	return top
}
