package backtest

import (
	"math"
	"math/rand/v2"

	"fettle/forecast/count"
	"fettle/forecast/model"
	"fettle/forecast/score"
)

// Result is how a model did. Figures of an empty sample are zero.
type Result struct {
	Model     string    `json:"model"`
	Places    int       `json:"places"`
	Forecasts int       `json:"forecasts"` // of all places at once
	Judged    int       `json:"judged"`    // those whose buckets were all observed
	Events    int       `json:"events"`    // in the judged buckets
	Deviance  float64   `json:"deviance"`  // Poisson, mean over places and buckets
	LogLoss   float64   `json:"logLoss"`   // negative binomial
	CRPS      float64   `json:"crps"`
	Bias      float64   `json:"bias"` // forecast over came
	Coverage  Coverages `json:"coverage80"`
	PIT       PIT       `json:"pit"`
	Hotspots  []Spot    `json:"hotspots"`

	Reliability []Reliable `json:"-"`
	Gain        []float64  `json:"-"` // share of events caught by the best 1, 2, ... places
}

// Coverages are shares of what came inside of the 80 % intervals.
type Coverages struct {
	Places  float64 `json:"places"`
	Regions float64 `json:"regions"` // totals of districts, the parents of the cells
	Total   float64 `json:"total"`   // totals of the city
}

// PIT is the test of the distributions of single places.
type PIT struct {
	Values    int       `json:"values"`   // after thinning
	Distance  float64   `json:"distance"` // Kolmogorov-Smirnov
	P         float64   `json:"p"`
	Histogram []float64 `json:"histogram"` // share of all values in each tenth, before thinning
}

// Spot is the hotspots at one share of the places.
type Spot struct {
	Percent float64 `json:"percent"`
	Hit     float64 `json:"hit"`
	PAI     float64 `json:"pai"`
	PEI     float64 `json:"pei"`
}

// Reliable is one group of forecasts of about the same mean.
type Reliable struct {
	Forecasts int
	Mean      float64 // of what was forecast
	Came      float64 // mean of what came
	Low, High float64 // 95 % band around what came, by the spread in the group
}

// judge gathers forecasts and what came.
type judge struct {
	setup  *model.Setup
	opt    Options
	rng    *rand.Rand
	r      Result
	means  [][]float64
	counts [][]int

	sumMean                float64
	pits                   []float64 // of all places
	thin                   []float64
	regions, totals, cells cover
}

// cover gathers counts and their distributions.
type cover struct {
	n []int
	d []score.Dist
}

func (c *cover) add(n int, d score.Dist) { c.n, c.d = append(c.n, n), append(c.d, d) }

func (c *cover) share() float64 {
	if len(c.n) == 0 {
		return 0
	}
	return score.Coverage(c.n, c.d, 0.8)
}

func newJudge(t *count.Table, s *model.Setup, o Options) *judge {
	j := &judge{setup: s, opt: o, rng: rand.New(rand.NewPCG(o.Seed, 9))}
	j.r.Model, j.r.Places = o.Model, len(t.Places)
	return j
}

// thinning keeps one value in so many, by chance, so that what is tested is nearly independent.
const thinning = 40

// judge compares one forecast with what came.
func (j *judge) judge(f *model.Forecast, came []count.Count) {
	n := make([]int, len(f.Places))
	regions, total := make([]int, len(f.Regions)), 0
	for _, c := range came {
		n[c.Place] += int(c.N)
		regions[j.setup.RegionOf[c.Place]] += int(c.N)
		total += int(c.N)
	}
	means := make([]float64, len(n))
	for i, d := range f.Places {
		means[i] = d.Mean
		j.sumMean += d.Mean
		j.r.Deviance += score.Deviance(n[i], d.Mean)
		j.r.LogLoss += score.LogLoss(n[i], d)
		j.r.CRPS += score.CRPS(n[i], d)
		j.cells.add(n[i], d)
		pit := score.PIT(n[i], d, j.rng)
		if j.rng.IntN(thinning) == 0 {
			j.thin = append(j.thin, pit)
		}
		j.pits = append(j.pits, pit)
	}
	for r, d := range f.Regions {
		j.regions.add(regions[r], d)
	}
	j.totals.add(total, f.Total)
	j.r.Events += total
	j.means, j.counts = append(j.means, means), append(j.counts, n)
}

// result closes the books.
func (j *judge) result() *Result {
	r := &j.r
	r.Judged = len(j.means)
	r.Forecasts = (j.opt.To - j.opt.From) / max(1, j.opt.Horizon.Span)
	if cells := float64(len(j.cells.n)); cells > 0 {
		r.Deviance /= cells
		r.LogLoss /= cells
		r.CRPS /= cells
	}
	if r.Events > 0 {
		r.Bias = j.sumMean / float64(r.Events)
	}
	r.Coverage = Coverages{Places: j.cells.share(), Regions: j.regions.share(), Total: j.totals.share()}
	r.PIT.Values, r.PIT.Histogram = len(j.thin), make([]float64, 10)
	if len(j.thin) > 0 {
		r.PIT.Distance, r.PIT.P = score.Uniform(j.thin)
	}
	for _, v := range j.pits {
		r.PIT.Histogram[min(9, int(v*10))] += 1 / float64(len(j.pits))
	}
	for _, percent := range []float64{1, 5, 10, 20} {
		h := score.Hotspots(j.means, j.counts, percent/100)
		r.Hotspots = append(r.Hotspots, Spot{Percent: percent, Hit: h.Hit, PAI: h.PAI, PEI: h.PEI})
	}
	r.Gain = score.Gain(j.means, j.counts)
	r.Reliability = reliability(j.means, j.counts)
	return r
}

// reliability groups forecasts by their mean, two groups for each doubling.
func reliability(means [][]float64, counts [][]int) []Reliable {
	type group struct{ n, mean, came, square float64 }
	groups := map[int]*group{}
	low, high := math.MaxInt, math.MinInt
	for t := range means {
		for c, m := range means[t] {
			k := int(math.Floor(2 * math.Log2(math.Max(m, 1e-6))))
			if groups[k] == nil {
				groups[k] = &group{}
				low, high = min(low, k), max(high, k)
			}
			g, y := groups[k], float64(counts[t][c])
			g.n++
			g.mean += m
			g.came += y
			g.square += y * y
		}
	}
	var all []Reliable
	for k := low; k <= high; k++ {
		g := groups[k]
		if g == nil || g.n < 20 {
			continue
		}
		came := g.came / g.n
		error95 := 1.96 * math.Sqrt(math.Max(0, g.square/g.n-came*came)/g.n)
		all = append(all, Reliable{int(g.n), g.mean / g.n, came, math.Max(0, came-error95), came + error95})
	}
	return all
}
