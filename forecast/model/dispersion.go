package model

import (
	"math"

	"fettle/forecast/score"
)

const (
	meanBins  = 48 // of the logarithm of the mean, two for each doubling, from 2^-12 on
	leastLog2 = -12
	sizeSteps = 24 // candidates of the size, from 0.03 to 300 in equal ratios
)

// dispersion learns the size of negative binomial distributions from their means and what came. It keeps, for each range of
// means, the log-likelihood of a grid of sizes, forgets slowly, and answers with the posterior mean of log size, nearby
// ranges lending their evidence.
type dispersion struct {
	log   [meanBins][sizeSteps]float64
	zeros [meanBins]struct{ n, mean float64 } // counts of zero, together: their likelihood follows from their mean
	prior float64                             // log size that is believed before any evidence
	known [meanBins]float64                   // answers, until new evidence comes
	stale bool
}

// priorSpread is the standard deviation of the prior of log size: a factor of 3 either way.
const priorSpread = 1.1

func newDispersion(priorSize float64) *dispersion {
	return &dispersion{prior: math.Log(priorSize), stale: true}
}

func gridSize(g int) float64 { return 0.03 * math.Pow(10000, float64(g)/(sizeSteps-1)) }

// binOf is the range of means that a mean belongs to, as a real number.
func binOf(mean float64) float64 {
	return math.Max(0, math.Min(meanBins-1, 2*(math.Log2(math.Max(mean, 1e-9))-leastLog2)))
}

// learn takes a mean that was forecast and the count that came.
func (d *dispersion) learn(mean float64, n int) {
	b := int(binOf(mean) + 0.5)
	b = min(b, meanBins-1)
	d.stale = true
	if n == 0 {
		d.zeros[b].n++
		d.zeros[b].mean += mean
		return
	}
	for g := range sizeSteps {
		d.log[b][g] += score.Dist{Mean: mean, Size: gridSize(g)}.LogP(n)
	}
}

// forget discounts all evidence by a factor.
func (d *dispersion) forget(keep float64) {
	for b := range meanBins {
		d.zeros[b].n *= keep
		d.zeros[b].mean *= keep
		for g := range sizeSteps {
			d.log[b][g] *= keep
		}
	}
}

// size answers for a mean.
func (d *dispersion) size(mean float64) float64 {
	if d.stale {
		d.answer()
	}
	x := binOf(mean)
	low := min(int(x), meanBins-2)
	part := x - float64(low)
	return math.Exp((1-part)*d.known[low] + part*d.known[low+1])
}

// answer works out the posterior means.
func (d *dispersion) answer() {
	d.stale = false
	var own [meanBins][sizeSteps]float64
	for b := range meanBins {
		own[b] = d.log[b]
		if z := d.zeros[b]; z.n > 1e-9 {
			for g := range sizeSteps {
				s := gridSize(g)
				own[b][g] -= z.n * s * math.Log1p(z.mean/z.n/s)
			}
		}
	}
	for b := range meanBins {
		var sum [sizeSteps]float64
		for step, weight := range []float64{1, 0.5, 0.25, 0.1} {
			for _, at := range []int{b - step, b + step} {
				if at < 0 || at >= meanBins || step == 0 && at != b {
					continue
				}
				if step == 0 {
					weight = 0.5 // the bin itself is met twice
				}
				for g := range sizeSteps {
					sum[g] += weight * own[at][g]
				}
			}
		}
		d.known[b] = d.posterior(&sum)
	}
}

// posterior is the mean of log size under a log-likelihood and the prior.
func (d *dispersion) posterior(log *[sizeSteps]float64) float64 {
	best := math.Inf(-1)
	var post [sizeSteps]float64
	for g := range sizeSteps {
		z := (math.Log(gridSize(g)) - d.prior) / priorSpread
		post[g] = log[g] - z*z/2
		best = math.Max(best, post[g])
	}
	sum, mean := 0.0, 0.0
	for g := range sizeSteps {
		p := math.Exp(post[g] - best)
		sum += p
		mean += p * math.Log(gridSize(g))
	}
	return mean / sum
}
