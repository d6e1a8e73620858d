package bound

import (
	"cmp"
	"slices"
)

// shiftTime bounds what must be left out: within each group of visits that the same technicians may serve, and over all
// visits, by the time of the shifts. A group is bounded by its own technicians, so the bounds of groups add up.
func (g *graph) shiftTime() int64 {
	groups := map[string][]int32{}
	var names []string
	all := make([]int32, 0, g.n)
	var lost int64
	for v := range int32(g.n) {
		if !g.visits[v].mayBe {
			lost += g.visits[v].price
			continue
		}
		name := g.allowed(v)
		if groups[name] == nil {
			names = append(names, name)
		}
		groups[name] = append(groups[name], v)
		all = append(all, v)
	}
	var sum, time int64
	for _, name := range names {
		sum += g.overflow(groups[name], g.time(func(class int32) bool { return name[class] == 1 }))
	}
	time = g.time(func(int32) bool { return true })
	return lost + max(sum, g.overflow(all, time))
}

// allowed names the classes that may serve a visit.
func (g *graph) allowed(v int32) string {
	name := make([]byte, g.m.Classes)
	for c := range g.m.Classes {
		if g.m.Allowed(c, v) {
			name[c] = 1
		}
	}
	return string(name)
}

// time is how long the shifts of some classes last together.
func (g *graph) time(of func(class int32) bool) (sum int64) {
	for i := range g.m.Routes {
		if r := &g.m.Routes[i]; of(r.Class) {
			sum += int64(r.LatestEnd) - int64(r.Start)
		}
	}
	return sum
}

// overflow is the price of what does not fit in a time, when visits may be served in part: those with the best price for
// their time first. Rounded down. O(n log n).
func (g *graph) overflow(visits []int32, time int64) int64 {
	need := func(v int32) int64 { return int64(g.visits[v].work) + int64(g.visits[v].reach) }
	visits = slices.Clone(visits)
	slices.SortFunc(visits, func(x, y int32) int {
		a, b := float64(g.visits[x].price)*float64(need(y)), float64(g.visits[y].price)*float64(need(x))
		return cmp.Or(cmp.Compare(b, a), cmp.Compare(x, y))
	})
	var lost, all float64
	for _, v := range visits {
		n := need(v)
		all += float64(g.visits[v].price)
		if n <= time {
			time -= n
			continue
		}
		lost += float64(g.visits[v].price) * (1 - float64(time)/float64(n))
		time = 0
	}
	// Prices reach 2^62, beyond what a float64 has digits for: take off more than they may be wrong by.
	return max(int64(lost-1e-12*all)-1, 0)
}
