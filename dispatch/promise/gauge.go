package promise

import "math"

// enough is how many observations replace an assumption: their standard deviation is then known within 10 % (two visits of
// three).
const enough = 50

// memory is how many observations count: older ones fade, so that a gauge follows the seasons.
const memory = 2000

// A ratio beyond these is a fault of a record (a button pressed in the evening, or twice), not of a plan.
const leastRatio, mostRatio = 0.02, 20

// Gauge measures the variability of own work: the ratio of what it took to what was planned. The zero value is ready to
// use. It is not safe for concurrent use.
type Gauge struct{ onSite, travel tally }

// OnSite takes in how long work took that was planned, both in the same unit. Pairs that cannot be right are left out.
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

// tally keeps mean and sum of squares (Welford 1962, doi:10.1080/00401706.1962.10490022), with weights that fade once the
// memory is full.
type tally struct {
	n             int
	mean, squares float64
	weight        float64
}

func (t *tally) add(planned, actual float64) {
	ratio := actual / planned
	if !(planned > 0) || !(ratio >= leastRatio && ratio <= mostRatio) {
		return
	}
	t.n++
	if t.weight >= memory {
		t.weight, t.squares = t.weight*(1-1.0/memory), t.squares*(1-1.0/memory)
	}
	t.weight++
	d := ratio - t.mean
	t.mean += d / t.weight
	t.squares += d * (ratio - t.mean)
}

func (t *tally) spread() Spread {
	return Spread{Mean: t.mean, Deviation: math.Sqrt(t.squares / (t.weight - 1)), Observations: t.n}
}
