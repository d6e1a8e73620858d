package model

import (
	"math"

	"fettle/forecast/count"
	"fettle/forecast/score"
)

// hierarchical is our model: a hierarchical negative binomial. The mean of a place is the level of the city times the mix
// of kinds times the kind's map; each kind has a dispersion of its own, so that a place whose events are of a bursty kind has
// a wide distribution. City and districts have dispersions of their own, learned from their own errors: what places share
// (a holiday, a storm) does not cancel out in their sum.
type hierarchical struct {
	setup *Setup
	next  int

	city  *level
	kinds []*kindState
	all   *layers
	allAt *layers // as of one horizon ago
	past  past

	widen   *widening
	regions *interval
	total   *interval
	open    []outlook
}

// kindState is what is known of one kind.
type kindState struct {
	level *level
	share *share
	size  *dispersion
	lags  bool
}

// outlook is a forecast that waits for what comes.
type outlook struct {
	first int
	mean  [][]float64 // [kind][place]
	size  []float64   // of each place, before it is widened
	came  [][]float64 // [kind][place]
}

func newHierarchical(s *Setup) *hierarchical {
	h := &hierarchical{
		setup: s, next: s.First, city: newLevel(s), all: newLayers(s, nil),
		widen: newWidening(), regions: newInterval(3), total: newInterval(8),
		past: past{lag: s.Lead - 1 + (s.Span-1)/2},
	}
	h.allAt = h.all
	if h.past.lag > 0 {
		h.allAt = newLayers(s, nil)
	}
	for range s.Kinds {
		k := &kindState{level: newLevel(s), size: newDispersion(1)}
		now := newLayers(s, h.all)
		then := now
		if h.past.lag > 0 {
			then = newLayers(s, h.allAt)
			k.lags = true
		}
		k.share = newShare(s, now, then)
		h.kinds = append(h.kinds, k)
	}
	return h
}

// Observe implements Model.
func (h *hierarchical) Observe(counts []count.Count) {
	h.settle(counts)
	events := make([]float64, len(h.kinds))
	sum := 0.0
	for _, c := range counts {
		k := h.setup.KindOf[c.Kind]
		events[k] += float64(c.N)
		sum += float64(c.N)
		if h.next-h.setup.First >= warmDays*h.setup.Axis.PerDay() {
			h.kinds[k].share.learn(c)
		}
	}
	h.city.observe(sum)
	for k, state := range h.kinds {
		state.level.observe(events[k])
	}
	h.remember(counts)
	h.next++
	if (h.next-h.setup.First)%h.setup.Axis.PerDay() == 0 {
		h.forget()
	}
	if (h.next-h.setup.First)%strideOf(h.setup) == 0 && h.next-h.setup.First >= h.setup.Axis.PerDay() {
		o := h.look(h.next+h.setup.Lead-1, h.setup.Span)
		o.came = zeros(len(h.kinds), len(h.setup.Places))
		h.open = append(h.open, *o)
	}
}

// warmDays is the age at which sources are old enough for their weights to be learned.
const warmDays = 30

// dispersionDays is the half-life of what dispersions know.
const dispersionDays = 180

func (h *hierarchical) forget() {
	keep := math.Exp2(-1.0 / dispersionDays)
	for _, k := range h.kinds {
		k.size.forget(keep)
	}
	keep *= keep // intervals keep up with seasons: half the half-life
	h.regions.forget(keep)
	h.total.forget(keep)
	h.widen.forget(keep)
}

// remember adds the counts of a bucket to the layers, and older ones to those that lag.
func (h *hierarchical) remember(counts []count.Count) {
	for _, c := range counts {
		h.kinds[h.setup.KindOf[c.Kind]].share.now.add(c)
		h.all.add(c)
	}
	if h.past.lag > 0 {
		for _, c := range h.past.push(counts) {
			h.kinds[h.setup.KindOf[c.Kind]].share.then.add(c)
			h.allAt.add(c)
		}
		h.allAt.tick()
	}
	h.all.tick()
	for _, k := range h.kinds {
		k.share.now.tick()
		if k.lags {
			k.share.then.tick()
		}
		k.share.tick()
	}
}

func zeros(rows, columns int) [][]float64 {
	all := make([]float64, rows*columns)
	m := make([][]float64, rows)
	for i := range m {
		m[i] = all[i*columns : (i+1)*columns]
	}
	return m
}

// look works out the means of kinds and places, and the size that follows from the kinds.
func (h *hierarchical) look(first, span int) *outlook {
	places := len(h.setup.Places)
	o := &outlook{first: first, mean: zeros(len(h.kinds), places), size: make([]float64, places)}
	byKind := make([]float64, len(h.kinds))
	sum := 0.0
	for k, state := range h.kinds {
		byKind[k] = state.level.mean(first, span)
		sum += byKind[k]
	}
	pooled := h.pool(h.city.mean(first, span), sum)
	excess, mean := make([]float64, places), make([]float64, places)
	for k, state := range h.kinds {
		state.share.predict(o.mean[k])
		for c := range o.mean[k] {
			m := math.Max(o.mean[k][c]*byKind[k]*pooled/sum, 1e-9)
			o.mean[k][c] = m
			mean[c] += m
			excess[c] += m * m / state.size.size(m)
		}
	}
	for c := range o.size {
		o.size[c] = mean[c] * mean[c] / excess[c]
	}
	return o
}

// pool weighs the level of the city against the sum of the kinds' by how they did, as a geometric mean.
func (h *hierarchical) pool(city, sum float64) float64 {
	if len(h.kinds) == 1 {
		return city
	}
	return math.Sqrt(city * sum)
}

// settle adds the counts of the next bucket to the outlooks that it belongs to and learns from those that are over.
func (h *hierarchical) settle(counts []count.Count) {
	still := h.open[:0]
	for i := range h.open {
		o := &h.open[i]
		if h.next >= o.first && h.next < o.first+h.setup.Span {
			for _, c := range counts {
				o.came[h.setup.KindOf[c.Kind]][c.Place] += float64(c.N)
			}
		}
		if h.next >= o.first+h.setup.Span-1 {
			h.learn(o)
			continue
		}
		still = append(still, *o)
	}
	h.open = still
}

// learn updates the dispersions.
func (h *hierarchical) learn(o *outlook) {
	regionMean, regionCame := make([]float64, len(h.setup.Regions)), make([]int, len(h.setup.Regions))
	allMean, allCame := 0.0, 0
	for c := range h.setup.Places {
		mean, came := 0.0, 0
		for k := range h.kinds {
			h.kinds[k].size.learn(o.mean[k][c], int(o.came[k][c]))
			mean += o.mean[k][c]
			came += int(o.came[k][c])
		}
		h.widen.learn(score.Dist{Mean: mean, Size: o.size[c]}, came)
		r := h.setup.RegionOf[c]
		regionMean[r] += mean
		regionCame[r] += came
		allMean += mean
		allCame += came
	}
	for r := range regionMean {
		h.regions.learn(regionMean[r], regionCame[r])
	}
	h.total.learn(allMean, allCame)
}

// Predict implements Model.
func (h *hierarchical) Predict(first, span int) *Forecast {
	o := h.look(first, span)
	f := &Forecast{First: first, Span: span, Places: make([]score.Dist, len(h.setup.Places)), Regions: make([]score.Dist, len(h.setup.Regions))}
	widen := h.widen.factor()
	for c := range f.Places {
		mean := 0.0
		for k := range h.kinds {
			mean += o.mean[k][c]
		}
		f.Places[c] = score.Dist{Mean: mean, Size: o.size[c] * widen}
	}
	fillTotals(h.setup, f, h.regions, h.total)
	return f
}

// fillTotals sums the means of places and asks the dispersions for the sizes of the sums.
func fillTotals(s *Setup, f *Forecast, regions, total *interval) {
	for c := range f.Places {
		f.Regions[s.RegionOf[c]].Mean += f.Places[c].Mean
		f.Total.Mean += f.Places[c].Mean
	}
	for r := range f.Regions {
		f.Regions[r].Size = regions.size(f.Regions[r].Mean)
	}
	f.Total.Size = total.size(f.Total.Mean)
}

// widening learns by what factor sizes are too large or too small.
type widening struct {
	log [wideningSteps]float64
}

const wideningSteps = 15

func newWidening() *widening { return &widening{} }

// wideningGrid is the factors that are tried.
var wideningGrid = func() (grid [wideningSteps]float64) {
	for g := range grid {
		grid[g] = math.Exp(float64(g-wideningSteps/2) * 0.25)
	}
	return grid
}()

func (w *widening) learn(d score.Dist, n int) {
	for g := range wideningSteps {
		w.log[g] += score.Dist{Mean: d.Mean, Size: d.Size * wideningGrid[g]}.LogP(n)
	}
}

func (w *widening) forget(keep float64) {
	for g := range w.log {
		w.log[g] *= keep
	}
}

// factor is the posterior mean of the log factor, under a prior that it is about 1.
func (w *widening) factor() float64 {
	best, sum, mean := math.Inf(-1), 0.0, 0.0
	var post [wideningSteps]float64
	for g := range w.log {
		z := math.Log(wideningGrid[g]) / 0.5
		post[g] = w.log[g] - z*z/2
		best = math.Max(best, post[g])
	}
	for g, p := range post {
		e := math.Exp(p - best)
		sum += e
		mean += e * math.Log(wideningGrid[g])
	}
	return math.Exp(mean / sum)
}
