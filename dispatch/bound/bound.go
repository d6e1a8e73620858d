// Package bound proves how little any plan of a problem can cost, so that a plan can say how far from the best it is at
// most. It takes three relaxations and reports the best of them:
//
// Assignment (dispatch.BoundAssignment): in a plan every visit has one stop before it and one after it, or is left out at its
// price. Forget that these stops form routes from a start to an end; what is left is an assignment problem, whose dual prices
// (package assign) bound every plan from below. An arc costs the least that any technician pays for it; arcs that no time
// window allows are left out; where all technicians are alike as many of them set out as stock, visits and time need.
//
// Tree (dispatch.BoundTree), where every better plan serves every visit: ways between visits connect them with the places
// where routes begin. Forget that each visit has two neighbours, but price it (tree.go).
//
// Shift time (dispatch.BoundShiftTime): serving a visit takes at least its work and the shortest way to it, from technicians
// whom the rules allow. The shifts have only so much time: what does not fit even when visits may be served in part (Dantzig
// 1957, Discrete-variable extremum problems, doi:10.1287/opre.5.2.266) is lost at least.
//
// None counts lateness beyond the earliest start, breaks, entry, fairness or the order of pinned stops: these cost nothing
// less than nothing. The gaps are therefore wide where short routes begin far away or many rules bind: measured against good
// plans 1 to 44 % on Solomon's instances, 12 to 15 % on real service days, 20 to 67 % on Homberger's, 60 % on a city where each
// technician has five visits.
package bound

import (
	"context"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/assign"
	"fettle/dispatch/constraint"
)

// Bounds of what is tried.
const (
	maxNodes  = 8000 // visits and routes
	maxDepots = 1    // places at which a way may be interrupted: with more, a way could lead through several
	// How many arcs a node keeps for the search for prices, where all together are more than manyArcs; all arcs count in the
	// proof.
	nearest  = 24
	manyArcs = 300_000
)

// Options says how far to go.
type Options struct {
	// Over, when not nil, is asked now and then whether time is up; the answer is then dispatch.BoundNone.
	Over func() bool
}

// Of is a lower bound on the cost of every plan of a problem. found is a plan of it: visits that cost more to leave out than
// the whole of it are served in every better plan, and no bound is above its cost. The method is dispatch.BoundNone where
// there is none to be had: rates below zero, several depots for stock, more than 8,000 visits and routes, or no time.
// Deterministic. O(nodes^2 * travel profiles), nodes being visits and routes.
func Of(m *constraint.Model, found *dispatch.Plan, o Options) dispatch.Bound {
	none := dispatch.Bound{Method: dispatch.BoundNone}
	if o.Over == nil {
		o.Over = func() bool { return false }
	}
	if !boundable(m) || found == nil {
		return none
	}
	g := newGraph(m, found.Cost.Total())
	best := dispatch.Bound{Cost: g.shiftTime(), Method: dispatch.BoundShiftTime}
	if o.Over() {
		return none
	}
	for _, of := range []struct {
		method dispatch.BoundMethod
		bound  func() (int64, bool)
	}{
		{dispatch.BoundAssignment, func() (int64, bool) { return g.assignment(o.Over) }},
		{dispatch.BoundTree, func() (int64, bool) { return g.tree(found.Cost.Total(), o.Over) }},
	} {
		cost, ok := of.bound()
		if !ok {
			return none
		}
		if cost > best.Cost {
			best = dispatch.Bound{Cost: cost, Method: of.method}
		}
	}
	if best.Cost = min(best.Cost, found.Cost.Total()); best.Cost <= 0 {
		return none // every cost is that
	}
	return best
}

// Effort is about how long Of takes on one core. Measured at 125 to 1,250 visits and routes: 10 to 310 ms.
func Effort(m *constraint.Model) time.Duration {
	nodes, visits := int(m.Visits)+len(m.Routes), int(m.Visits)
	if nodes > maxNodes {
		return time.Millisecond
	}
	took := time.Duration(nodes*nodes) * 100 * time.Nanosecond
	if visits <= maxTreeNodes {
		took += time.Duration(min(treeWork, treeRounds*visits*visits)) * 3 * time.Nanosecond
	}
	return time.Millisecond + took
}

// boundable reports whether the relaxations hold for a problem.
func boundable(m *constraint.Model) bool {
	if len(m.Routes) == 0 || m.Visits == 0 || int(m.Visits)+len(m.Routes) > maxNodes {
		return false
	}
	for i := range m.Routes {
		r := &m.Routes[i].Rates
		if min(r.Fixed, r.Travel, r.Distance, r.Duty, r.OnSite, r.Overtime) < 0 {
			return false
		}
	}
	return len(depotPlaces(m)) <= maxDepots && costsGrow(m)
}

// costsGrow reports whether no rule pays for being obeyed, and no start becomes cheaper by being later.
func costsGrow(m *constraint.Model) bool {
	p := &m.Problem.Policy
	if min(p.Fairness, p.Stability.Moved, p.Stability.PerTick) < 0 {
		return false
	}
	for i := range p.Tiers {
		if slices.ContainsFunc(p.Tiers[i].Steps, func(s dispatch.LatenessStep) bool { return s.PerTick < 0 }) {
			return false
		}
	}
	for v := range m.Visits {
		for c := range m.Classes {
			if m.Static(c, v) < 0 {
				return false
			}
		}
	}
	return true
}

// depotPlaces are where a way between two visits may be interrupted.
func depotPlaces(m *constraint.Model) []int32 {
	var out []int32
	for i := range m.Routes {
		for _, d := range m.Routes[i].Depots {
			if !slices.Contains(out, d.Place) {
				out = append(out, d.Place)
			}
		}
	}
	return out
}

// assignment solves the relaxation on the cheapest arcs of each row and proves the bound on all arcs: for any prices p of
// the columns, the sum over the rows of their cheapest cost + p, less the sum of p, is below the cost of every assignment in
// which each row and each column is used once. False when time is up.
func (g *graph) assignment(over func() bool) (int64, bool) {
	size := g.n + len(g.m.Routes)
	row := make([]int64, size)
	b := assign.NewBuilder(size, size)
	keep := keeper{n: g.n, ends: nearest}
	if g.n*len(g.m.Routes) <= manyArcs { // visits that can only come first need every start
		keep.ends = size
	}
	for i := range size {
		if i%64 == 0 && over() {
			return 0, false
		}
		g.costs(i, row)
		keep.each(i, row, func(j int) { b.Arc(i, j, row[j]) })
	}
	prices := make([]int64, size)
	if p, err := b.Build(); err == nil { // an error: costs too large to solve; prices of 0 prove something too
		ctx, stop := context.WithCancel(context.Background()) //nolint:forbidigo // its end is decided here
		defer stop()
		if r, err := assign.Solve(polled{ctx, over}, p, assign.Options{}); err == nil {
			prices = r.ColPrice
		}
	}
	var bound int64
	for i := range size {
		if i%64 == 0 && over() {
			return 0, false
		}
		g.costs(i, row)
		least := int64(never)
		for j, c := range row {
			if c < never {
				least = min(least, c+prices[j])
			}
		}
		if least == never {
			return 0, true // nobody can serve it, and it may not be left out: found says otherwise
		}
		bound += least - prices[i]
	}
	return bound, true
}

// polled is a context that ends when time is up.
type polled struct {
	context.Context
	over func() bool
}

func (p polled) Err() error {
	if p.over() {
		return context.DeadlineExceeded
	}
	return nil
}

// keeper picks the arcs of a row for the search: between visits the nearest, to the end of a route and from its start ends.
type keeper struct {
	n, ends int
	order   []int
}

// each calls f with the columns that a row keeps: its own, and the cheapest visits and routes.
func (k *keeper) each(i int, row []int64, f func(j int)) {
	for _, of := range [][2]int{{0, k.n}, {k.n, len(row)}} {
		k.order = k.order[:0]
		for j := of[0]; j < of[1]; j++ {
			if j != i && row[j] < never {
				k.order = append(k.order, j)
			}
		}
		most := nearest
		if i >= k.n || of[0] == k.n {
			most = k.ends
		}
		cheapest(k.order, row, most)
		for _, j := range k.order[:min(most, len(k.order))] {
			f(j)
		}
	}
	if row[i] < never {
		f(i)
	}
}

// cheapest brings the n cheapest columns to the front, in no order. O(columns * log n).
func cheapest(columns []int, row []int64, n int) {
	if len(columns) <= n {
		return
	}
	heap := columns[:n] // the dearest first
	sift := func(at int) {
		for {
			down := 2*at + 1
			if down >= n {
				return
			}
			if down+1 < n && row[heap[down+1]] > row[heap[down]] {
				down++
			}
			if row[heap[at]] >= row[heap[down]] {
				return
			}
			heap[at], heap[down] = heap[down], heap[at]
			at = down
		}
	}
	for at := n/2 - 1; at >= 0; at-- {
		sift(at)
	}
	for at := n; at < len(columns); at++ {
		if row[columns[at]] < row[heap[0]] {
			heap[0], columns[at] = columns[at], heap[0]
			sift(0)
		}
	}
}
