package promise

import "math"

// enough is how many observations replace an assumption: their standard deviation is then known within 10 % (two visits of
// three).
const enough = 50

// memory is how many observations count: older ones fade, so that a gauge follows the seasons.
const memory = 2000

// A ratio beyond these is a fault of a record (a button pressed in the evening, or twice), not of a plan.
const leastRatio, mostRatio = 0.02, 20

// Gauge measures the variability of own work: the ratio of what it took to what was planned. A long way says more than a
// short one, so each ratio weighs as much as what was planned; the mean is then that of sums. The zero value is ready to use.
// It is not safe for concurrent use.
type Gauge struct{ onSite, travel tally }

// OnSite takes in how long work took that was planned, both in the same unit, which must stay the same. Pairs that cannot be
// right are left out.
func (g *Gauge) OnSite(planned, actual float64) { g.onSite.add(planned, actual) }

// Travel takes in how long a way took.
func (g *Gauge) Travel(planned, actual float64) { g.travel.add(planned, actual) }

// Variability is what was measured, and what is assumed where fewer than 50 observations are there.
func (g *Gauge) Variability() Variability {
	v := Assumed()
	if g.onSite.n >= enough {
		v.OnSite = g.onSite.spread()
	}
	if g.travel.n >= enough {
		v.Travel = g.travel.spread()
	}
	return v
}

// tally keeps a weighted mean and sum of squares (West 1979, Updating mean and variance estimates,
// doi:10.1145/359146.359153), with weights that fade once the memory is full.
type tally struct {
	n                     int
	weight, mean, squares float64
}

func (t *tally) add(planned, actual float64) {
	ratio := actual / planned
	if !(planned > 0) || !(ratio >= leastRatio && ratio <= mostRatio) {
		return
	}
	if t.n++; t.n > memory {
		t.weight, t.squares = t.weight*(1-1.0/memory), t.squares*(1-1.0/memory)
	}
	t.weight += planned
	d := ratio - t.mean
	t.mean += d * planned / t.weight
	t.squares += planned * d * (ratio - t.mean)
}

func (t *tally) spread() Spread {
	return Spread{Mean: t.mean, Deviation: math.Sqrt(t.squares / t.weight), Observations: t.n}
}
