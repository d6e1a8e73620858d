package assign

import "math"

// none marks a node without a partner.
const none = int32(-1)

// side is one side of the bipartite graph seen from its own nodes. Rows and columns play the same part (a row may stay
// unassigned at its limit, a column at limit 0), so every algorithm here is written once, for a side and its opposite.
//
// With y the potentials of the rows and z those of the columns, a state is dual feasible when y[i] + z[j] <= cost(i, j) on
// every arc, y[i] <= limit[i] and z[j] <= limit[j] = 0. Its dual value is the sum of all potentials.
type side struct {
	start []int32 // node v has the arcs start[v] .. start[v+1]-1
	adj   []int32 // node of the opposite side, by arc
	cost  []int64 // by arc
	pot   []int64 // potential, <= limit
	limit []int64 // price of staying without partner
	match []int32 // partner on the opposite side, or none
}

func newSide(n int) *side {
	s := &side{pot: make([]int64, n), limit: make([]int64, n), match: make([]int32, n)}
	for v := range s.match {
		s.match[v] = none
	}
	return s
}

// transpose fills the arcs of b with those of a seen from b's nodes, in ascending order of a's nodes. O(arcs + nodes).
func transpose(a, b *side) {
	n := len(b.pot)
	b.start = make([]int32, n+1)
	b.adj = make([]int32, len(a.adj))
	b.cost = make([]int64, len(a.adj))
	for _, w := range a.adj {
		b.start[w+1]++
	}
	for w := range n {
		b.start[w+1] += b.start[w]
	}
	next := make([]int32, n)
	copy(next, b.start)
	for v := range a.pot {
		for e := a.start[v]; e < a.start[v+1]; e++ {
			w := a.adj[e]
			b.adj[next[w]] = int32(v)
			b.cost[next[w]] = a.cost[e]
			next[w]++
		}
	}
}

// least returns the largest potential that node v may take for the potentials of b.
func (a *side) least(b *side, v int) int64 {
	best := a.limit[v]
	s, t := a.start[v], a.start[v+1]
	adj, cost := a.adj[s:t], a.cost[s:t]
	for e, w := range adj {
		best = min(best, cost[e]-b.pot[w])
	}
	return best
}

// raise sets every potential of a to the largest that those of b allow, which restores dual feasibility. O(arcs).
func (a *side) raise(b *side) {
	for v := range a.pot {
		a.pot[v] = a.least(b, v)
	}
}

// arcCost returns the cost of the arc v-w; MaxInt64 when there is none.
func (a *side) arcCost(v int, w int32) int64 {
	for e := a.start[v]; e < a.start[v+1]; e++ {
		if a.adj[e] == w {
			return a.cost[e]
		}
	}
	return math.MaxInt64
}

// open counts the nodes that break complementary slackness: without partner, yet priced below their limit.
func (a *side) open() int {
	n := 0
	for v, w := range a.match {
		if w == none && a.pot[v] < a.limit[v] {
			n++
		}
	}
	return n
}
