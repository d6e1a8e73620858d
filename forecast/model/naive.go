package model

import "fettle/forecast/count"

// seasonalNaive expects what came in the same bucket of the week before.
type seasonalNaive struct {
	setup *Setup
	week  int             // buckets of a week
	last  [][]count.Count // the last week, by bucket modulo week
	next  int
}

func newSeasonalNaive(s *Setup) meanModel {
	week := 7 * s.Axis.PerDay()
	return &seasonalNaive{setup: s, week: week, last: make([][]count.Count, week), next: s.First}
}

func (m *seasonalNaive) at(bucket int) int { return ((bucket % m.week) + m.week) % m.week }

func (m *seasonalNaive) observe(bucket int, counts []count.Count) {
	m.last[m.at(bucket)] = append(m.last[m.at(bucket)][:0], counts...)
	m.next = bucket + 1
}

func (m *seasonalNaive) mean(first, span int, out []float64) {
	for b := first; b < first+span; b++ {
		for _, c := range m.last[m.at(b)] {
			out[c.Place] += float64(c.N)
		}
	}
}
