package assign

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
)

// checkEvery is the number of bids between two looks at the context, a power of two.
const checkEvery = 1 << 12

// tuning holds the constants of the solver, chosen by the experiments of docs/adr/0002-assignment-solver.md.
type tuning struct {
	firstDiv    int64 // first epsilon = spread / firstDiv
	shrink      int64 // epsilon is divided by this from phase to phase
	finalDiv    int64 // last epsilon = spread / finalDiv, at least 1
	leaveDiv    int   // a phase may leave 1/leaveDiv of the bidders without partner
	bidsPerNode int   // a phase ends after this many bids a bidder
	reductions  int   // exact bids for each open row before the searches
}

func defaultTuning() tuning {
	return tuning{firstDiv: 5, shrink: 6, finalDiv: 1000, leaveDiv: 3000, bidsPerNode: 20, reductions: 8}
}

// Options are the choices of a solve; the zero value is the default.
type Options struct {
	// ColPrice starts from these prices, one a column, such as those of an earlier result on similar data; negative ones count
	// as 0. Nil starts from nothing. Prices change the speed and which of several optima is found, never the cost.
	ColPrice []int64
}

// Solve finds a cheapest assignment and the prices that prove it. It always returns a result for a problem built by this
// package; the error is an *InvalidError about the options. When ctx ends first the best assignment at hand comes back with
// O(rows * arcs * log cols) at worst.
func Solve(ctx context.Context, p *Problem, opt Options) (*Result, error) {
	if opt.ColPrice != nil && len(opt.ColPrice) != p.cols {
		return nil, &InvalidError{"number of start prices", fmt.Sprint(len(opt.ColPrice)), fmt.Sprintf("one for each of the %d columns", p.cols)}
	}
	s := newSolver(ctx, p, opt, defaultTuning())
	s.run()
	return s.result(), nil
}

type solver struct {
	ctx      context.Context
	stopped  bool
	tune     tuning
	p        *Problem
	row, col *side
	span     int64 // largest minus smallest cost, at least 1
	big      int64 // limit of required rows
	warm     bool
	queue    []int32
	over     []int32 // required rows that compete for too few columns
	stats    Stats
}

func newSolver(ctx context.Context, p *Problem, opt Options, tune tuning) *solver {
	n, m := p.Rows(), p.cols
	s := &solver{ctx: ctx, tune: tune, p: p, row: newSide(n), col: newSide(m), span: max(1, p.high-p.low)}
	// An augmenting path adds a+1 arcs and removes a, or adds a price and removes a+1 arcs; either changes the cost by at most
	// high + (a+1) * spread, where a <= min(n, m). At this price leaving a required row out never pays.
	s.big = max(0, p.high) + int64(min(n, m)+2)*(p.high-p.low+1)
	s.row.start, s.row.adj, s.row.cost = p.rowStart, p.col, p.cost
	for i := range s.row.limit {
		s.row.limit[i] = min(p.UnassignedCost(i), s.big)
	}
	if opt.ColPrice != nil {
		s.warm = true
		for j, price := range opt.ColPrice {
			s.col.pot[j] = -min(max(0, price), s.big)
		}
	}
	s.queue = make([]int32, max(n, m))
	return s
}

func (s *solver) run() {
	if s.canceled() {
		return
	}
	transpose(s.row, s.col)
	s.over = s.overconstrained()
	// The columns that over-constrained rows compete for end at a price near big: start there, or bids climb to it in small steps.
	for _, i := range s.over {
		for _, j := range s.row.adj[s.row.start[i]:s.row.start[i+1]] {
			s.col.pot[j] = min(s.col.pot[j], s.p.high+s.span-s.big)
		}
	}
	s.auction()
	if !s.stopped {
		s.augment()
	}
}

// canceled looks at the context; once true it stays true.
func (s *solver) canceled() bool {
	if !s.stopped && s.ctx.Err() != nil {
		s.stopped = true
	}
	return s.stopped
}

// result reads the assignment and its certificate from the sides.
func (s *solver) result() *Result {
	if s.stopped {
		s.fill()
		s.settle()
	}
	r := &Result{Status: Optimal, Assignment: s.row.match, RowPrice: s.row.pot, ColPrice: make([]int64, s.p.cols), Stats: s.stats}
	for i, j := range r.Assignment {
		switch {
		case j != none:
			r.Cost += s.row.arcCost(i, j)
		case s.p.required(i):
			r.LeftOut = append(r.LeftOut, int32(i))
		default:
			r.Cost += s.p.UnassignedCost(i)
		}
	}
	for j, z := range s.col.pot {
		r.ColPrice[j] = -z
	}
	dual := s.dual()
	if len(r.LeftOut) > 0 {
		r.Status = Infeasible
		r.RequiredPrice = s.big
		dual.addProduct(-s.big, int64(len(r.LeftOut)))
		r.Shortages = s.shortages()
	}
	if s.stopped {
		r.Status, r.Shortages = Interrupted, nil
	}
	r.DualBound = dual.clamp()
	return r
}

// dual returns the sum of all potentials.
func (s *solver) dual() wide {
	var sum wide
	for _, y := range s.row.pot {
		sum.add(y)
	}
	for _, z := range s.col.pot {
		sum.add(z)
	}
	return sum
}

// settle makes the prices of an interrupted solve dual feasible, or drops them when no prices at all prove more.
func (s *solver) settle() {
	s.row.raise(s.col)
	current, prices := s.dual(), slices.Clone(s.col.pot)
	clear(s.col.pot)
	s.row.raise(s.col)
	if zero := s.dual(); zero.less(current) {
		copy(s.col.pot, prices)
		s.row.raise(s.col)
	}
}

// fill gives open rows of an interrupted solve their cheapest free column, first come first served.
func (s *solver) fill() {
	for i, j := range s.row.match {
		if j != none {
			continue
		}
		best, at := s.row.limit[i], none
		for e := s.row.start[i]; e < s.row.start[i+1]; e++ {
			if w := s.row.adj[e]; s.col.match[w] == none && s.row.cost[e] < best {
				best, at = s.row.cost[e], w
			}
		}
		if at != none {
			s.row.match[i], s.col.match[at] = at, int32(i)
		}
	}
}

// shortages splits the over-constrained rows into sets that share no column. O(arcs).
func (s *solver) shortages() []Shortage {
	waiting := make([]bool, s.p.Rows())
	for _, i := range s.over {
		waiting[i] = true
	}
	seen := make([]bool, s.p.cols)
	var out []Shortage
	for i := range waiting {
		if !waiting[i] {
			continue
		}
		waiting[i] = false
		set := Shortage{Rows: []int32{int32(i)}}
		for h := 0; h < len(set.Rows); h++ {
			v := set.Rows[h]
			for _, j := range s.row.adj[s.row.start[v]:s.row.start[v+1]] {
				if seen[j] {
					continue
				}
				seen[j] = true
				set.Cols = append(set.Cols, j)
				for _, k := range s.col.adj[s.col.start[j]:s.col.start[j+1]] {
					if waiting[k] {
						waiting[k] = false
						set.Rows = append(set.Rows, k)
					}
				}
			}
		}
		slices.Sort(set.Rows)
		slices.Sort(set.Cols)
		out = append(out, set)
	}
	return out
}

// wide is a 128-bit sum, wide enough for the prices of all nodes.
type wide struct {
	hi int64
	lo uint64
}

func (w *wide) add(x int64) {
	lo, carry := bits.Add64(w.lo, uint64(x), 0)
	w.lo = lo
	w.hi += x>>63 + int64(carry)
}

func (w *wide) less(x wide) bool { return w.hi < x.hi || w.hi == x.hi && w.lo < x.lo }

func (w *wide) addProduct(x, times int64) {
	for range times {
		w.add(x)
	}
}

// clamp returns the sum, or the end of the int64 range nearest to it.
func (w *wide) clamp() int64 {
	if x := int64(w.lo); x>>63 == w.hi {
		return x
	}
	if w.hi < 0 {
		return -maxInt64 - 1
	}
	return maxInt64
}
