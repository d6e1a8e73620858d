package model

import (
	"math"

	"fettle/forecast/count"
	"fettle/forecast/score"
)

// meanModel forecasts means only.
type meanModel interface {
	observe(bucket int, counts []count.Count)
	// mean adds nothing to what was learned; out has one element for each place.
	mean(first, span int, out []float64)
}

// leastForecast is the smallest mean that any model gives.
const leastForecast = 1e-4

// calibrated gives distributions to a model of means, by what its errors were like.
type calibrated struct {
	setup   *Setup
	inner   meanModel
	next    int
	places  *dispersion
	regions *interval
	total   *interval
	open    []guess
}

// guess is means that wait for what comes.
type guess struct {
	first int
	mean  []float64
	came  []float64
}

func newCalibrated(s *Setup, inner meanModel) *calibrated {
	return &calibrated{
		setup: s, inner: inner, next: s.First, places: newDispersion(1), regions: newInterval(3), total: newInterval(8),
	}
}

// Observe implements Model.
func (m *calibrated) Observe(counts []count.Count) {
	m.settle(counts)
	m.inner.observe(m.next, counts)
	m.next++
	if (m.next-m.setup.First)%m.setup.Axis.PerDay() == 0 {
		keep := math.Exp2(-1.0 / dispersionDays)
		m.places.forget(keep)
		keep *= keep
		m.regions.forget(keep)
		m.total.forget(keep)
	}
	if (m.next-m.setup.First)%strideOf(m.setup) == 0 && m.next-m.setup.First >= m.setup.Axis.PerDay() {
		first := m.next + m.setup.Lead - 1
		m.open = append(m.open, guess{first, m.means(first, m.setup.Span), make([]float64, len(m.setup.Places))})
	}
}

func (m *calibrated) means(first, span int) []float64 {
	out := make([]float64, len(m.setup.Places))
	m.inner.mean(first, span, out)
	// While little was seen, nothing is ruled out: about a seventh of an event in all the buckets of a place.
	least := math.Max(leastForecast, 0.15*float64(span)/float64(m.next-m.setup.First+1))
	for c := range out {
		if !(out[c] > least) {
			out[c] = least
		}
	}
	return out
}

func (m *calibrated) settle(counts []count.Count) {
	still := m.open[:0]
	for _, g := range m.open {
		if m.next >= g.first && m.next < g.first+m.setup.Span {
			for _, c := range counts {
				g.came[c.Place] += float64(c.N)
			}
		}
		if m.next < g.first+m.setup.Span-1 {
			still = append(still, g)
			continue
		}
		m.learn(&g)
	}
	m.open = still
}

func (m *calibrated) learn(g *guess) {
	mean, came := make([]float64, len(m.setup.Regions)), make([]float64, len(m.setup.Regions))
	allMean, allCame := 0.0, 0.0
	for c, r := range m.setup.RegionOf {
		m.places.learn(g.mean[c], int(g.came[c]))
		mean[r] += g.mean[c]
		came[r] += g.came[c]
		allMean += g.mean[c]
		allCame += g.came[c]
	}
	for r := range mean {
		m.regions.learn(mean[r], int(came[r]))
	}
	m.total.learn(allMean, int(allCame))
}

// Predict implements Model.
func (m *calibrated) Predict(first, span int) *Forecast {
	f := &Forecast{First: first, Span: span, Places: make([]score.Dist, len(m.setup.Places)), Regions: make([]score.Dist, len(m.setup.Regions))}
	for c, mean := range m.means(first, span) {
		f.Places[c] = score.Dist{Mean: mean, Size: m.places.size(mean)}
	}
	fillTotals(m.setup, f, m.regions, m.total)
	return f
}
