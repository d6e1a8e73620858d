package model

import "fettle/forecast/count"

// averageDays is how many days a moving average sees.
const averageDays = 28

// movingAverage expects the mean of the last 28 days, spread over the week as the city is.
type movingAverage struct {
	setup  *Setup
	rhythm *rhythm
	window past
	sum    []float64
	seen   int
}

func newMovingAverage(s *Setup) meanModel {
	return &movingAverage{
		setup: s, rhythm: newRhythm(s), sum: make([]float64, len(s.Places)),
		window: past{lag: averageDays * s.Axis.PerDay()},
	}
}

func (m *movingAverage) observe(bucket int, counts []count.Count) {
	all := 0.0
	for _, c := range counts {
		m.sum[c.Place] += float64(c.N)
		all += float64(c.N)
	}
	for _, c := range m.window.push(counts) {
		m.sum[c.Place] -= float64(c.N)
	}
	m.seen = min(m.seen+1, m.window.lag)
	total := 0.0
	for _, n := range m.sum {
		total += n
	}
	m.rhythm.learn(bucket, all, total/float64(m.seen))
}

func (m *movingAverage) mean(first, span int, out []float64) {
	factor := 0.0
	for b := first; b < first+span; b++ {
		factor += m.rhythm.at(b)
	}
	for c, n := range m.sum {
		out[c] = n * factor / float64(max(1, m.seen))
	}
}
