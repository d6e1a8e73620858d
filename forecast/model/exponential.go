package model

import (
	"math"

	"fettle/forecast/count"
)

// trend is an exponentially weighted level of a whole territory over the rhythm of its week.
type trend struct {
	*rhythm
	num, den, keep float64
}

func newTrend(s *Setup, days float64) *trend {
	return &trend{rhythm: newRhythm(s), keep: math.Exp2(-1 / (days * float64(s.Axis.PerDay())))}
}

func (t *trend) level() float64 { return (t.num + 0.3) / (t.den + 0.6) }

func (t *trend) observe(bucket int, counts []count.Count) {
	all := 0.0
	for _, c := range counts {
		all += float64(c.N)
	}
	t.learn(bucket, all, t.level())
	t.num = t.num*t.keep + all
	t.den = t.den*t.keep + t.at(bucket)
}

func (t *trend) mean(first, span int) float64 {
	sum := 0.0
	for b := first; b < first+span; b++ {
		sum += t.at(b)
	}
	return sum * t.level()
}

// exponential smooths each place on its own, with one half-life for all: that under which past counts were most likely.
type exponential struct {
	setup  *Setup
	city   *trend
	masses []*mass
	score  []float64
}

func newExponential(s *Setup) meanModel {
	m := &exponential{setup: s, city: newTrend(s, 28)}
	for _, days := range []float64{7, 14, 28, 56, 112} {
		m.masses = append(m.masses, newMass(s, days))
		m.score = append(m.score, 0)
	}
	return m
}

func (m *exponential) observe(bucket int, counts []count.Count) {
	places := float64(len(m.setup.Places))
	for i, mass := range m.masses {
		for _, c := range counts {
			m.score[i] += float64(c.N) * math.Log((mass.place[c.Place]+mass.weight/places)/(mass.total+mass.weight))
		}
		for _, c := range counts {
			mass.add(c.Place, m.setup.RegionOf[c.Place], float64(c.N))
		}
		mass.tick()
	}
	m.city.observe(bucket, counts)
}

// best is the candidate with the highest score.
func best(scores []float64) int {
	at := 0
	for i, s := range scores {
		if s > scores[at] {
			at = i
		}
	}
	return at
}

func (m *exponential) mean(first, span int, out []float64) {
	mass, total := m.masses[best(m.score)], m.city.mean(first, span)
	places := float64(len(m.setup.Places))
	for c := range out {
		out[c] = total * (mass.place[c] + mass.weight/places) / (mass.total + mass.weight)
	}
}
