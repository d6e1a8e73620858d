package instance_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/benchmarks/assignment/instance"
)

func Example() {
	g := instance.Random(instance.Source(1), 4, 4, 2, 100, true)
	fmt.Println(g.Rows, g.Cols, g.RowStart, len(g.Col), len(g.Cost))
	// Output: 4 4 [0 2 4 6 8] 8 8
}

func TestEachRowHasItsCandidates(t *testing.T) {
	t.Parallel()
	for name, g := range map[string]instance.Arcs{
		"random":            instance.Random(instance.Source(1), 50, 60, 7, 100, false),
		"random, planted":   instance.Random(instance.Source(1), 50, 60, 7, 100, true),
		"geometric":         instance.Geometric(instance.Source(1), 50, 60, 7, false),
		"geometric, plant":  instance.Geometric(instance.Source(1), 50, 60, 7, true),
		"geometric, few":    instance.Geometric(instance.Source(1), 5, 3, 3, false),
		"geometric, a grid": instance.Geometric(instance.Source(1), 300, 3000, 9, false),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := len(g.Col) / g.Rows
			for i := range g.Rows {
				row := g.Col[g.RowStart[i]:g.RowStart[i+1]]
				if len(row) != k || !slices.IsSorted(row) || len(slices.Compact(slices.Clone(row))) != k || row[0] < 0 || int(row[k-1]) >= g.Cols {
					t.Fatalf("row %d has columns %v, want %d different ones in order", i, row, k)
				}
			}
		})
	}
}

func TestGeometricTakesTheNearest(t *testing.T) {
	t.Parallel()
	const rows, cols, k = 40, 200, 6
	g := instance.Geometric(instance.Source(3), rows, cols, k, false)
	// The same draws: rows, then columns, x before y.
	r := instance.Source(3)
	draw := func(n int) [][2]float64 {
		out := make([][2]float64, n)
		for i := range out {
			out[i] = [2]float64{r.Float64() * 1e6, r.Float64() * 1e6}
		}
		return out
	}
	at, to := draw(rows), draw(cols)
	for i, p := range at {
		all := make([]int64, cols)
		for j, q := range to {
			all[j] = int64(math.Hypot(p[0]-q[0], p[1]-q[1]))
		}
		slices.Sort(all)
		got := slices.Clone(g.Cost[g.RowStart[i]:g.RowStart[i+1]])
		slices.Sort(got)
		if d := cmp.Diff(all[:k], got); d != "" {
			t.Fatalf("row %d: %s", i, d)
		}
	}
}

func TestEqualSeedsGiveEqualInstances(t *testing.T) {
	t.Parallel()
	make3 := func(seed uint64) []instance.Arcs {
		return []instance.Arcs{
			instance.Random(instance.Source(seed), 30, 30, 5, 1000, true),
			instance.Geometric(instance.Source(seed), 30, 30, 5, true),
			{Cost: instance.Dense(instance.Source(seed), 5, 6, 10)},
		}
	}
	if d := cmp.Diff(make3(4), make3(4)); d != "" {
		t.Error(d)
	}
	if cmp.Equal(make3(4), make3(5)) {
		t.Error("other seeds give the same instances")
	}
}
