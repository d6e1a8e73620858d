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
	fresh [meanBins]bool                      // which answers are up to date
}

// priorSpread is the standard deviation of the prior of log size: a factor of 3 either way.
const priorSpread = 1.1

func newDispersion(priorSize float64) *dispersion {
	return &dispersion{prior: math.Log(priorSize)}
}

// sizeGrid is the candidates and their logarithms.
var sizeGrid = func() (grid [sizeSteps]struct{ size, log float64 }) {
	for g := range grid {
		grid[g].size = 0.03 * math.Pow(10000, float64(g)/(sizeSteps-1))
		grid[g].log = math.Log(grid[g].size)
	}
	return grid
}()

// binOf is the range of means that a mean belongs to, as a real number.
func binOf(mean float64) float64 {
	return math.Max(0, math.Min(meanBins-1, 2*(math.Log2(math.Max(mean, 1e-9))-leastLog2)))
}

// learn takes a mean that was forecast and the count that came.
func (d *dispersion) learn(mean float64, n int) {
	b := int(binOf(mean) + 0.5)
	b = min(b, meanBins-1)
	d.fresh = [meanBins]bool{}
	if n == 0 {
		d.zeros[b].n++
		d.zeros[b].mean += mean
		return
	}
	for g := range sizeSteps {
		d.log[b][g] += score.Dist{Mean: mean, Size: sizeGrid[g].size}.LogP(n)
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
	x := binOf(mean)
	low := min(int(x), meanBins-2)
	part := x - float64(low)
	return math.Exp((1-part)*d.answer(low) + part*d.answer(low+1))
}

// lent is how much the evidence of a range of means counts for one that is 0, 1, 2, ... ranges away.
var lent = [...]float64{1, 0.5, 0.25, 0.1}

// answer is the posterior mean of log size in one range.
func (d *dispersion) answer(b int) float64 {
	if d.fresh[b] {
		return d.known[b]
	}
	var sum [sizeSteps]float64
	for at := max(0, b-len(lent)+1); at < min(meanBins, b+len(lent)); at++ {
		d.evidence(at, lent[max(at-b, b-at)], &sum)
	}
	d.known[b], d.fresh[b] = d.posterior(&sum), true
	return d.known[b]
}

// evidence adds the log-likelihoods of one range, weighted.
func (d *dispersion) evidence(b int, weight float64, sum *[sizeSteps]float64) {
	for g := range sum {
		sum[g] += weight * d.log[b][g]
	}
	if z := d.zeros[b]; z.n > 1e-9 {
		for g := range sum {
			s := sizeGrid[g].size
			sum[g] -= weight * z.n * s * math.Log1p(z.mean/z.n/s)
		}
	}
}

// posterior is the mean of log size under a log-likelihood and the prior.
func (d *dispersion) posterior(log *[sizeSteps]float64) float64 {
	best := math.Inf(-1)
	var post [sizeSteps]float64
	for g := range post {
		z := (sizeGrid[g].log - d.prior) / priorSpread
		post[g] = log[g] - z*z/2
		best = math.Max(best, post[g])
	}
	sum, mean := 0.0, 0.0
	for g, v := range post {
		if v < best-30 {
			continue
		}
		p := math.Exp(v - best)
		sum += p
		mean += p * sizeGrid[g].log
	}
	return mean / sum
}
