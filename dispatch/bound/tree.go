package bound

import (
	"math"
	"slices"
)

// Bounds of the search for multipliers.
const (
	maxTreeNodes = 1500
	treeWork     = 60_000_000 // edges looked at in all; at most treeRounds rounds
	treeRounds   = 400
	patience     = 12 // rounds without a better bound before steps become half as long
)

// forest is the tree relaxation of plans that serve every visit. Such a plan with K routes is a spanning tree of the visits
// and one node for all places where routes begin, made of K starts and n-K ways between visits, and K ends. Forget that each
// visit has two neighbours and that there are as many ends as starts, but price it (Held and Karp 1970, The
// traveling-salesman problem and minimum spanning trees, doi:10.1287/opre.18.6.1138; Fisher 1994, Optimal solution of vehicle
// routing problems using minimum K-trees, doi:10.1287/opre.42.4.626): multiplier[v] for each neighbour of v, less two of them,
// and turn for each start, less one for each end. For any integer multipliers the least tree plus the least ends is a bound.
type forest struct {
	n, least, most int     // visits, and how many routes there may be
	way            []int64 // n x n: the cheaper direction that windows allow
	start, end     []int64
	constant       int64 // of what every plan costs beside ways

	multiplier []int64
	turn       int64
	// Of the last tree.
	degree       []int32
	starts, ends int
	dist         []int64
	from         []int32
	order        []int32
}

// tree bounds plans by their least forest; false when time is up, 0 when there is no such bound: visits that may be left out,
// or too many.
func (g *graph) tree(incumbent int64, over func() bool) (int64, bool) {
	f := g.forest()
	if f == nil {
		return 0, true
	}
	best, since, scale := int64(0), 0, 1.0
	rounds := min(treeRounds, max(10, treeWork/(f.n*f.n+1)))
	for range rounds {
		if over() {
			return 0, false
		}
		value := f.value()
		if value >= never {
			return 0, true // the windows cut the visits apart: found says otherwise
		}
		if value > best {
			best, since = value, 0
		} else if since++; since > patience {
			since, scale = 0, scale/2
		}
		if best >= incumbent || !f.step(scale*float64(incumbent-value)) {
			break
		}
	}
	return best, true
}

// forest lays the relaxation out; nil when it does not hold.
func (g *graph) forest() *forest {
	f := &forest{least: max(g.least, 1), most: len(g.m.Routes)}
	var of []int32
	for v := range int32(g.n) {
		switch x := &g.visits[v]; {
		case !x.mayBe:
			f.constant += x.price
		case !x.certain:
			return nil
		default:
			of = append(of, v)
			f.constant += x.served
		}
	}
	if f.n = len(of); f.n == 0 || f.n > maxTreeNodes {
		return nil
	}
	f.way = make([]int64, f.n*f.n)
	for i, u := range of {
		for j, v := range of[:i] {
			c := min(g.arc(u, v), g.arc(v, u))
			f.way[i*f.n+j], f.way[j*f.n+i] = c, c
		}
	}
	f.start, f.end = make([]int64, f.n), make([]int64, f.n)
	for i, v := range of {
		f.start[i], f.end[i] = g.ends(v)
	}
	f.multiplier, f.degree = make([]int64, f.n), make([]int32, f.n)
	f.dist, f.from, f.order = make([]int64, f.n), make([]int32, f.n), make([]int32, f.n)
	return f
}

// arc is the cost of the way from one visit to another, never when the windows do not allow it.
func (g *graph) arc(u, v int32) int64 {
	x, y := &g.visits[u], &g.visits[v]
	if g.classes[u]&g.classes[v] == 0 || int64(x.first)+int64(x.work)+int64(g.shortest(x.place, y.place)) > int64(y.last) {
		return never
	}
	return g.cost(x.place, y.place)
}

// ends are the least costs to begin a route with a visit and to end one with it.
func (g *graph) ends(v int32) (start, end int64) {
	start, end = never, never
	place := g.visits[v].place
	for i := range g.m.Routes {
		if r := &g.m.Routes[i]; g.m.Allowed(r.Class, v) {
			perTick, perFar := r.Rates.Travel+r.Rates.Duty, r.Rates.Distance
			start = min(start, r.Rates.Fixed+g.priced(r, r.StartPlace, place, perTick, perFar))
			end = min(end, g.priced(r, place, r.EndPlace, perTick, perFar))
		}
	}
	return start, end
}

// value is the bound of the multipliers, with the degrees of its tree. Prim's algorithm, O(n^2).
func (f *forest) value() int64 {
	sum := f.constant
	for v := range f.n {
		f.dist[v], f.from[v], f.degree[v], f.order[v] = f.start[v]+f.multiplier[v]+f.turn, -1, 0, int32(v)
		sum -= 2 * f.multiplier[v]
	}
	f.starts, f.ends = 0, 0
	for left := f.n; left > 0; left-- {
		at, least := 0, int64(math.MaxInt64)
		for i, v := range f.order[:left] {
			if f.dist[v] < least {
				at, least = i, f.dist[v]
			}
		}
		v := f.order[at]
		f.order[at] = f.order[left-1]
		if least >= never/2 {
			return never
		}
		sum += least
		f.degree[v]++
		if u := f.from[v]; u >= 0 {
			f.degree[u]++
		} else {
			f.starts++
		}
		f.relax(v, f.order[:left-1])
	}
	return sum + f.finish()
}

// relax offers the way from a visit in the tree to those that are not.
func (f *forest) relax(v int32, out []int32) {
	row, own := f.way[int(v)*f.n:int(v+1)*f.n], f.multiplier[v]
	for _, w := range out {
		if row[w] < never {
			if d := row[w] + own + f.multiplier[w]; d < f.dist[w] {
				f.dist[w], f.from[w] = d, v
			}
		}
	}
}

// finish chooses the ends: the cheapest, as many as there must be, and more as long as they save something.
func (f *forest) finish() (sum int64) {
	price := func(v int32) int64 { return f.end[v] + f.multiplier[v] - f.turn }
	for v := range f.n {
		f.order[v] = int32(v)
	}
	slices.SortFunc(f.order, func(x, y int32) int {
		if a, b := price(x), price(y); a != b {
			if a < b {
				return -1
			}
			return 1
		}
		return int(x) - int(y)
	})
	for i, v := range f.order[:min(f.most, f.n)] {
		if i >= f.least && price(v) >= 0 {
			break
		}
		sum += price(v)
		f.degree[v]++
		f.ends++
	}
	return sum
}

// step moves the multipliers along the subgradient, by a length that would close the gap if all were linear (Polyak 1969).
// False when there is nowhere to go.
func (f *forest) step(gap float64) bool {
	norm := float64((f.starts - f.ends) * (f.starts - f.ends))
	for v := range f.n {
		norm += float64((f.degree[v] - 2) * (f.degree[v] - 2))
	}
	if norm == 0 || gap <= 0 {
		return false
	}
	length, moved := gap/norm, false
	move := func(m *int64, by float64) {
		// A multiplier beyond the cost of a plan has lost its way; sums must not overflow.
		d := int64(math.Round(min(max(by, -1e15), 1e15)))
		*m, moved = min(max(*m+d, -1e15), 1e15), moved || d != 0
	}
	for v := range f.n {
		move(&f.multiplier[v], length*float64(f.degree[v]-2))
	}
	move(&f.turn, length*float64(f.starts-f.ends))
	return moved
}
