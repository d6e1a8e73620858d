package score_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"fettle/forecast/score"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > within {
		t.Errorf("%s is %g, want %g within %g", what, got, want, within)
	}
}

func TestDistAgainstItsDefinition(t *testing.T) {
	t.Parallel()
	for _, d := range []score.Dist{{0.01, 0.5}, {1, 1}, {3, 0.2}, {40, 5}, {300, 8}, {2, 1e6}} {
		sum, mean := 0.0, 0.0
		for n := range 6000 {
			p := d.P(n)
			sum += p
			mean += p * float64(n)
			if n < 200 {
				near(t, "CDF", d.CDF(n), sum, 1e-9)
			}
		}
		near(t, "sum of probabilities", sum, 1, 1e-8)
		near(t, "mean", mean, d.Mean, 1e-5*math.Max(1, d.Mean))
	}
	poisson := distuv.Poisson{Lambda: 2}
	for n := range 60 {
		near(t, "the Poisson limit", score.Dist{Mean: 2, Size: 1e12}.LogP(n), poisson.LogProb(float64(n)), 1e-6*(1+float64(n)))
	}
}

func TestQuantilesAreTheFirstCountsReached(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := score.Dist{
			Mean: math.Exp(rapid.Float64Range(-7, 8).Draw(t, "log mean")), Size: math.Exp(rapid.Float64Range(-3, 6).Draw(t, "log size")),
		}
		p10, p50, p90 := d.Quantiles()
		for _, c := range []struct {
			q float64
			n int
		}{{0.1, p10}, {0.5, p50}, {0.9, p90}} {
			if d.CDF(c.n) < c.q-1e-9 || c.n > 0 && d.CDF(c.n-1) > c.q+1e-9 {
				t.Fatalf("%g quantile of %+v is %d: CDF %g below, %g there", c.q, d, c.n, d.CDF(c.n-1), d.CDF(c.n))
			}
			if c.n != d.Quantile(c.q) {
				t.Fatalf("Quantile(%g) of %+v is %d, Quantiles says %d", c.q, d, d.Quantile(c.q), c.n)
			}
		}
	})
}

func TestCRPSIsTheIntegral(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n int
		d score.Dist
	}{{0, score.Dist{Mean: 0.2, Size: 1}}, {7, score.Dist{Mean: 0.2, Size: 1}}, {3, score.Dist{Mean: 4, Size: 2}}, {250, score.Dist{Mean: 300, Size: 20}}} {
		want := 0.0
		for k := range 5000 {
			step := 0.0
			if k >= c.n {
				step = 1
			}
			want += math.Pow(c.d.CDF(k)-step, 2)
		}
		near(t, "CRPS", score.CRPS(c.n, c.d), want, 1e-6)
	}
}

func TestDeviance(t *testing.T) {
	t.Parallel()
	near(t, "of a perfect mean", score.Deviance(4, 4), 0, 1e-12)
	near(t, "of nothing", score.Deviance(0, 0.5), 1, 1e-12)
	near(t, "of 2 from 1", score.Deviance(2, 1), 2*(2*math.Ln2-1), 1e-12)
	if v := score.Deviance(3, 0); math.IsInf(v, 0) || math.IsNaN(v) {
		t.Errorf("deviance from a mean of 0 is %g", v)
	}
}

// draw draws counts of a distribution: Poisson of a gamma.
func draw(d score.Dist, rng *rand.Rand) int {
	mean := distuv.Gamma{Alpha: d.Size, Beta: d.Size / d.Mean, Src: rng}.Rand()
	return int(distuv.Poisson{Lambda: math.Max(mean, 1e-12), Src: rng}.Rand())
}

func TestRightDistributionsAreCalibratedAndWrongOnesAreNot(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		name   string
		factor float64 // of the size that is claimed
		right  bool
	}{{"right", 1, true}, {"too narrow", 40, false}, {"too wide", 0.1, false}} {
		var counts []int
		var ds []score.Dist
		var pits []float64
		for i := range 1500 {
			truth := score.Dist{Mean: []float64{0.3, 2, 30}[i%3], Size: 1.5}
			n := draw(truth, rng)
			claim := score.Dist{Mean: truth.Mean, Size: truth.Size * c.factor}
			counts, ds = append(counts, n), append(ds, claim)
			pits = append(pits, score.PIT(n, claim, rng))
		}
		_, p := score.Uniform(pits)
		if (p > 0.01) != c.right {
			t.Errorf("%s: p of the PIT is %g", c.name, p)
		}
		if v := score.Coverage(counts, ds, 0.8); (math.Abs(v-0.8) < 0.03) != c.right {
			t.Errorf("%s: coverage is %g", c.name, v)
		}
	}
}

func TestHotspotsAndGain(t *testing.T) {
	t.Parallel()
	means := [][]float64{{4, 3, 2, 1}, {1, 2, 3, 4}}
	counts := [][]int{{6, 0, 2, 0}, {1, 1, 0, 2}}
	h := score.Hotspots(means, counts, 0.25)
	near(t, "hit", h.Hit, 8.0/12, 1e-12)
	near(t, "PAI", h.PAI, 8.0/12/0.25, 1e-12)
	near(t, "PEI", h.PEI, 1, 1e-12)
	curve := score.Gain(means, counts)
	for i, want := range []float64{8.0 / 12, 8.0 / 12, 11.0 / 12, 1} {
		near(t, "gain", curve[i], want, 1e-12)
	}
	if got := score.Hotspots(means, [][]int{{0, 0, 0, 0}, {0, 0, 0, 0}}, 0.5); got.Hit != 0 || math.IsNaN(got.PAI) {
		t.Errorf("hotspots without events are %+v", got)
	}
}
