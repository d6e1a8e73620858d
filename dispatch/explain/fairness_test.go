package explain

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"fettle/dispatch/cost"
)

// TestFairnessChange compares bisection with pricing all loads again.
func TestFairnessChange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := fairness{weight: rapid.Int64Range(1, 5).Draw(t, "weight")}
		f.loads = rapid.SliceOfN(rapid.Int64Range(0, 50), 1, 8).Draw(t, "loads")
		for i := range f.loads {
			f.index = append(f.index, int32(i))
		}
		f.settle()
		loads := slices.Clone(f.loads)
		var moves []moved
		for range rapid.IntRange(0, 3).Draw(t, "moves") {
			m := moved{rapid.Int32Range(0, int32(len(loads))-1).Draw(t, "who"), rapid.Int64Range(-20, 20).Draw(t, "work")}
			m.work = max(m.work, -loads[m.technician])
			loads[m.technician] += m.work
			moves = append(moves, m)
		}
		want := cost.Fairness(f.weight, loads) - cost.Fairness(f.weight, f.loads)
		if got := f.change(moves...); got != want {
			t.Fatalf("loads %v, moves %v: change %d, want %d", f.loads, moves, got, want)
		}
	})
}
