// Package instance generates assignment problems by seed, for benchmarks and for tests that need size.
//
// Every family gives each row K candidate columns. Random draws them uniformly with uniform costs; Geometric takes the
// columns nearest to the row, points uniform in a square of 1,000 km, cost the distance in metres, rounded down: the shape
// of candidate graphs from a spatial index. A planted pair a row keeps the problem feasible where the family says so.
package instance

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Arcs is a generated problem in compressed sparse rows.
type Arcs struct {
	Rows, Cols int
	RowStart   []int32
	Col        []int32
	Cost       []int64
}

// Source returns the generator of a seed.
func Source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x5eed)) }

// Random draws k distinct columns a row (k <= cols), costs uniform in 1..maxCost. With plant, one of them follows a random
// injection, so that all rows can be served (rows <= cols). O(rows * k).
func Random(r *rand.Rand, rows, cols, k int, maxCost int64, plant bool) Arcs {
	g := Arcs{Rows: rows, Cols: cols, RowStart: []int32{0}}
	perm := r.Perm(cols)
	seen := make([]int, cols)
	for i := range rows {
		from := len(g.Col)
		if plant {
			g.Col = append(g.Col, int32(perm[i]))
			seen[perm[i]] = i + 1
		}
		for len(g.Col)-from < k {
			if j := r.IntN(cols); seen[j] != i+1 {
				seen[j] = i + 1
				g.Col = append(g.Col, int32(j))
			}
		}
		slices.Sort(g.Col[from:])
		for range k {
			g.Cost = append(g.Cost, 1+r.Int64N(maxCost))
		}
		g.RowStart = append(g.RowStart, int32(len(g.Col)))
	}
	return g
}

const sideMeters = 1e6

type point struct{ x, y float64 }

type near struct {
	meters float64
	col    int32
}

// Geometric joins each row to its k nearest columns (k <= cols). With plant, the last of them gives way to the pair of a random
// injection (rows <= cols), at its distance, which is usually far. O(rows * k log k).
func Geometric(r *rand.Rand, rows, cols, k int, plant bool) Arcs {
	g := Arcs{Rows: rows, Cols: cols, RowStart: []int32{0}}
	at, to := scatter(r, rows), scatter(r, cols)
	perm := r.Perm(cols)
	grid := newGrid(to)
	var found []near
	for i, p := range at {
		found = grid.nearest(p, k, found)
		if plant && !slices.ContainsFunc(found, func(f near) bool { return f.col == int32(perm[i]) }) {
			found[k-1] = near{distance(p, to[perm[i]]), int32(perm[i])}
		}
		slices.SortFunc(found, func(a, b near) int { return int(a.col - b.col) })
		for _, f := range found {
			g.Col, g.Cost = append(g.Col, f.col), append(g.Cost, int64(f.meters))
		}
		g.RowStart = append(g.RowStart, int32(len(g.Col)))
	}
	return g
}

// Dense returns rows x cols costs uniform in 1..maxCost, row by row.
func Dense(r *rand.Rand, rows, cols int, maxCost int64) []int64 {
	cost := make([]int64, rows*cols)
	for k := range cost {
		cost[k] = 1 + r.Int64N(maxCost)
	}
	return cost
}

func scatter(r *rand.Rand, n int) []point {
	out := make([]point, n)
	for i := range out {
		out[i] = point{r.Float64() * sideMeters, r.Float64() * sideMeters}
	}
	return out
}

func distance(a, b point) float64 { return math.Hypot(a.x-b.x, a.y-b.y) }

// grid holds the columns by square, about four to one.
type grid struct {
	points []point
	width  int
	cells  [][]int32
}

func newGrid(points []point) *grid {
	g := &grid{points: points, width: max(1, int(math.Sqrt(float64(len(points))/4)))}
	g.cells = make([][]int32, g.width*g.width)
	for j, p := range points {
		c := g.index(p.y)*g.width + g.index(p.x)
		g.cells[c] = append(g.cells[c], int32(j))
	}
	return g
}

func (g *grid) index(v float64) int { return min(int(v/sideMeters*float64(g.width)), g.width-1) }

// nearest returns the k points nearest to p: squares in growing rings until the k-th is nearer than the ring.
func (g *grid) nearest(p point, k int, out []near) []near {
	x, y := g.index(p.x), g.index(p.y)
	for ring := 1; ; ring++ {
		out = out[:0]
		for cy := max(0, y-ring); cy <= min(g.width-1, y+ring); cy++ {
			for cx := max(0, x-ring); cx <= min(g.width-1, x+ring); cx++ {
				for _, j := range g.cells[cy*g.width+cx] {
					out = append(out, near{distance(p, g.points[j]), j})
				}
			}
		}
		slices.SortFunc(out, func(a, b near) int {
			if a.meters < b.meters || a.meters == b.meters && a.col < b.col {
				return -1
			}
			return 1
		})
		if len(out) >= k && out[k-1].meters <= float64(ring)*sideMeters/float64(g.width) || ring >= g.width {
			return out[:min(k, len(out))]
		}
	}
}
