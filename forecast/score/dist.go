package score

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/mathext"
)

// Dist is a negative binomial distribution of a count. Size is its dispersion: large is nearly Poisson, small is bursty.
type Dist struct {
	Mean float64
	Size float64
}

// Variance is mean + mean*mean/size.
func (d Dist) Variance() float64 { return d.Mean + d.Mean*d.Mean/d.Size }

// LogP is the logarithm of the probability of n. Time grows with n only up to 32.
func (d Dist) LogP(n int) float64 {
	if n < 0 {
		return math.Inf(-1)
	}
	// log1p keeps the Poisson limit exact for large sizes.
	zero := -d.Size * math.Log1p(d.Mean/d.Size)
	if n == 0 {
		return zero
	}
	x := float64(n)
	each := math.Log(d.Mean / (d.Size + d.Mean))
	return zero + x*each + logRising(d.Size, n) - logFactorial(n)
}

// logRising is log of s (s+1) ... (s+n-1).
func logRising(s float64, n int) float64 {
	if n > 32 {
		if s > 1e7 { // the difference of two huge values of log-gamma has lost its digits
			return float64(n) * math.Log(s+float64(n-1)/2)
		}
		a, _ := math.Lgamma(s + float64(n))
		b, _ := math.Lgamma(s)
		return a - b
	}
	sum, product := 0.0, 1.0
	for i := range n {
		product *= s + float64(i)
		if product > 1e200 || product < 1e-200 {
			sum, product = sum+math.Log(product), 1
		}
	}
	return sum + math.Log(product)
}

func logFactorial(n int) float64 {
	if n < 2 {
		return 0
	}
	v, _ := math.Lgamma(float64(n) + 1)
	return v
}

// P is the probability of n.
func (d Dist) P(n int) float64 { return math.Exp(d.LogP(n)) }

// walk calls f with n = 0, 1, 2, ..., its probability and the sum so far, until f says stop or nothing is left.
func (d Dist) walk(f func(n int, p, sum float64) bool) {
	const mostSteps = 1 << 20
	p, sum := d.P(0), 0.0
	start := 0
	if p == 0 { // far from zero the recursion would begin with nothing
		start = max(0, int(d.Mean-12*math.Sqrt(d.Variance())))
		p = d.P(start)
	}
	odds := d.Mean / (d.Mean + d.Size)
	for n := start; n-start < mostSteps; n++ {
		sum += p
		if !f(n, p, math.Min(sum, 1)) {
			return
		}
		p *= (float64(n) + d.Size) / float64(n+1) * odds
	}
}

// CDF is the probability of n or less: a sum of terms for small n, else the regularised incomplete beta function.
func (d Dist) CDF(n int) float64 {
	if n < 0 {
		return 0
	}
	const mostTerms = 24
	if n > mostTerms {
		return mathext.RegIncBeta(d.Size, float64(n)+1, d.Size/(d.Size+d.Mean))
	}
	p, sum := d.P(0), 0.0
	odds := d.Mean / (d.Mean + d.Size)
	for k := range n + 1 {
		sum += p
		p *= (float64(k) + d.Size) / float64(k+1) * odds
	}
	return math.Min(sum, 1)
}

// Quantile is the smallest count that is reached with probability q in (0, 1).
func (d Dist) Quantile(q float64) int {
	high := 1
	for d.CDF(high) < q-tiny && high < math.MaxInt32 {
		high *= 2
	}
	return sort.Search(high, func(n int) bool { return d.CDF(n) >= q-tiny })
}

// tiny is the rounding that a probability may carry.
const tiny = 1e-12

// Quantiles gives the 10 %, 50 % and 90 % points.
func (d Dist) Quantiles() (p10, p50, p90 int) {
	if d.Mean > 20 {
		return d.Quantile(0.1), d.Quantile(0.5), d.Quantile(0.9)
	}
	stage := 0
	points := [3]float64{0.1, 0.5, 0.9}
	var at [3]int
	d.walk(func(n int, p, sum float64) bool {
		for stage < 3 && (sum >= points[stage]-tiny || p == 0 && float64(n) > d.Mean) {
			at[stage] = n
			stage++
		}
		return stage < 3
	})
	return at[0], at[1], at[2]
}
