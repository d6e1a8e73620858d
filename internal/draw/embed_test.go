package draw

import (
	"math"
	"testing"
)

// grid is d of points of a grid: a plane has room for it exactly.
func grid(columns int) func(i, j int) float64 {
	return func(i, j int) float64 {
		return math.Hypot(float64(i%columns-j%columns), float64(i/columns-j/columns))
	}
}

func TestEmbedKeepsPlaneDistances(t *testing.T) {
	t.Parallel()
	for n, within := range map[int]float64{2: 1e-3, 12: 1e-3, 160: 1e-3, 400: 0.03} { // the last has more places than landmarks
		d := grid(7)
		at := embed(d, n)
		for i := range at {
			for j := range at {
				if have := math.Hypot(at[i].x-at[j].x, at[i].y-at[j].y); math.Abs(have-d(i, j)) > within*(1+d(i, j)) {
					t.Fatalf("n = %d: %d and %d are %v apart; want %v", n, i, j, have, d(i, j))
				}
			}
		}
	}
}

func TestEmbedOfNothingAndOfOnePlace(t *testing.T) {
	t.Parallel()
	zero := func(_, _ int) float64 { return 0 }
	if at := embed(zero, 0); len(at) != 0 {
		t.Errorf("no places: %v", at)
	}
	for _, at := range embed(zero, 5) {
		if at != (spot{}) {
			t.Errorf("places without distance: %v", at)
		}
	}
}
