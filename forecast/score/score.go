package score

import (
	"math"
	"math/rand/v2"
	"slices"
)

// leastMean keeps a forecast of nothing from being infinitely wrong.
const leastMean = 1e-3

// Deviance is the Poisson deviance of a count from a mean: 0 when they are equal. Means count as at least 0.001.
func Deviance(n int, mean float64) float64 {
	mean = math.Max(mean, leastMean)
	y := float64(n)
	if n == 0 {
		return 2 * mean
	}
	return 2 * (y*math.Log(y/mean) - (y - mean))
}

// LogLoss is minus the log probability that a forecast gave to what came.
func LogLoss(n int, d Dist) float64 {
	d.Mean = math.Max(d.Mean, leastMean)
	return -d.LogP(n)
}

// CRPS is the continuous ranked probability score: the integral of the squared distance between the forecast's
// distribution function and the step at what came. It is in the unit of the count; 0 is perfect.
func CRPS(n int, d Dist) float64 {
	d.Mean = math.Max(d.Mean, leastMean)
	sum := 0.0
	begun := -1
	d.walk(func(k int, p, f float64) bool {
		if begun < 0 {
			begun = k
			sum += float64(max(0, k-n)) // below the walk the function is zero
		}
		step := 0.0
		if k >= n {
			step = 1
		}
		sum += (f - step) * (f - step)
		return k < n || 1-f > 1e-9 && p > 0
	})
	return sum
}

// Interval is a forecast interval of a count, both ends included.
type Interval struct{ Low, High int }

// Central is the interval that leaves (1-level)/2 out on each side, 0.8 from the 10 % to the 90 % point.
func Central(d Dist, level float64) Interval {
	return Interval{Low: d.Quantile((1 - level) / 2), High: d.Quantile(1 - (1-level)/2)}
}

// Coverage is the share of counts that lie in the central intervals of their forecasts. Counts on an end of a coarse
// interval count by the part of their probability that belongs inside, so that a right forecast covers its level at any mean.
func Coverage(counts []int, ds []Dist, level float64) float64 {
	if len(counts) == 0 {
		return math.NaN()
	}
	sum := 0.0
	for i, n := range counts {
		sum += Inside(n, ds[i], level)
	}
	return sum / float64(len(counts))
}

// Inside is 1 for a count in the central interval, 0 outside, and for one on an end the part of its probability that
// belongs inside.
func Inside(n int, d Dist, level float64) float64 {
	low, high := (1-level)/2, 1-(1-level)/2
	below := d.CDF(n - 1)
	upTo := d.CDF(n)
	if upTo <= below {
		return 0
	}
	return math.Max(0, math.Min(upTo, high)-math.Max(below, low)) / (upTo - below)
}

// PIT is the randomised probability integral transform: uniform in (0, 1) over many counts when the forecasts are right.
func PIT(n int, d Dist, rng *rand.Rand) float64 {
	below := d.CDF(n - 1)
	return below + rng.Float64()*(d.CDF(n)-below)
}

// Uniform is the Kolmogorov-Smirnov test of values against the uniform distribution on (0, 1): the largest distance of the
// distribution functions, and the probability of a larger one by chance (asymptotic, good for 30 values and more). The
// values must be independent: thin those of neighbouring places and days first.
func Uniform(values []float64) (distance, p float64) {
	v := slices.Clone(values)
	slices.Sort(v)
	n := float64(len(v))
	for i, x := range v {
		distance = math.Max(distance, math.Max(x-float64(i)/n, float64(i+1)/n-x))
	}
	root := math.Sqrt(n)
	lambda := (root + 0.12 + 0.11/root) * distance
	for k := 1; k <= 100; k++ {
		sign := 1.0
		if k%2 == 0 {
			sign = -1
		}
		p += 2 * sign * math.Exp(-2*float64(k*k)*lambda*lambda)
	}
	return distance, math.Max(0, math.Min(1, p))
}
