package model

import (
	"math"

	"fettle/forecast/score"
)

// interval learns sizes for totals, whose intervals people plan by: the size under which 80 % of what came lay inside of the
// central 80 % interval. Likelihood alone is ruled by the few worst days (a batch of hundreds, a storm) and makes the
// interval of all other days too wide; it serves here as the prior.
type interval struct {
	*dispersion
	inside [meanBins][sizeSteps]float64
	seen   [meanBins]float64
}

const (
	intervalLevel = 0.8
	intervalPrior = 10   // observations that the likelihood's answer counts for
	intervalSlope = 0.12 // by how much coverage is taken to fall when the size grows e-fold
)

func newInterval(priorSize float64) *interval { return &interval{dispersion: newDispersion(priorSize)} }

// learn takes a mean that was forecast and the count that came.
func (v *interval) learn(mean float64, n int) {
	v.dispersion.learn(mean, n)
	b := min(int(binOf(mean)+0.5), meanBins-1)
	v.seen[b]++
	for g := range sizeGrid {
		v.inside[b][g] += score.Inside(n, score.Dist{Mean: mean, Size: sizeGrid[g].size}, intervalLevel)
	}
}

// forget discounts all evidence by a factor.
func (v *interval) forget(keep float64) {
	v.dispersion.forget(keep)
	for b := range v.seen {
		v.seen[b] *= keep
		for g := range v.inside[b] {
			v.inside[b][g] *= keep
		}
	}
}

// size answers for a mean.
func (v *interval) size(mean float64) float64 {
	x := binOf(mean)
	low := min(int(x), meanBins-2)
	part := x - float64(low)
	return math.Exp((1-part)*v.answer(low) + part*v.answer(low+1))
}

// answer is the log size at which coverage falls to the level, in one range of means.
func (v *interval) answer(b int) float64 {
	likely := v.dispersion.answer(b)
	n := float64(intervalPrior)
	for at := max(0, b-len(lent)+1); at < min(meanBins, b+len(lent)); at++ {
		n += lent[max(at-b, b-at)] * v.seen[at]
	}
	excess := func(g int) float64 {
		sum := intervalPrior * intervalSlope * (likely - sizeGrid[g].log)
		for at := max(0, b-len(lent)+1); at < min(meanBins, b+len(lent)); at++ {
			weight := lent[max(at-b, b-at)]
			sum += weight * (v.inside[at][g] - intervalLevel*v.seen[at])
		}
		return sum / n
	}
	// From the narrow end: with tiny sizes nearly everything is expected to be zero, and coverage falls again.
	before := excess(sizeSteps - 1)
	if before >= 0 {
		return sizeGrid[sizeSteps-1].log
	}
	for g := sizeSteps - 2; g >= 0; g-- {
		now := excess(g)
		if now >= 0 {
			part := before / (before - now)
			return sizeGrid[g+1].log + part*(sizeGrid[g].log-sizeGrid[g+1].log)
		}
		before = now
	}
	return likely
}
