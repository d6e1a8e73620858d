package model

import (
	"math"
	"time"

	"gonum.org/v1/gonum/mat"

	"fettle/forecast/count"
)

// glm is one Poisson regression for all places: the logarithm of the mean is linear in the place's recent and long-run counts,
// those of its neighbours, the level of the city, weekday, time of day and holidays. It is refitted every two weeks by
// iteratively reweighted least squares with a small ridge (McCullagh and Nelder 1989).
type glm struct {
	setup  *Setup
	masses [3]*mass // of 7, 28 and 180 days
	beta   []float64
	rows   []glmRow
	oldest int
	open   []glmLook
	next   int
}

// glmRow is the features of one place and horizon, and what came.
type glmRow struct {
	x []float64
	y float64
}

// glmLook is rows that wait for what comes.
type glmLook struct {
	first int
	rows  map[int32]*glmRow
}

const (
	glmFeatures  = 19
	glmRows      = 30000
	glmRidge     = 5
	glmRounds    = 8
	glmRefitDays = 14
)

func newGLM(s *Setup) meanModel {
	m := &glm{setup: s, next: s.First}
	for i, days := range []float64{7, 28, 180} {
		m.masses[i] = newMass(s, days)
	}
	return m
}

// rate is events of an average bucket by a mass.
func (m *glm) rate(i int, n float64) float64 {
	mass := m.masses[i]
	seen := float64(m.next - m.setup.First)
	// The sum of the weights of all buckets seen, in units of an event now: a geometric series.
	buckets := (1 - math.Pow(mass.grow, -seen)) / (1 - 1/mass.grow)
	return n / mass.weight / math.Max(1, buckets)
}

// x gives the features of a place for a span of buckets.
func (m *glm) x(place int32, first, span int) []float64 {
	x := make([]float64, glmFeatures)
	per := float64(span)
	floor := 0.05 / (1 + float64(m.next-m.setup.First))
	logRate := func(i int, n float64) float64 { return math.Log(per * (m.rate(i, n) + floor)) }
	x[0] = 1
	at := 1
	for i := range m.masses {
		x[at] = logRate(i, m.masses[i].place[place])
		at++
	}
	near := 0.0
	for _, j := range m.setup.Near[place] {
		near += m.masses[1].place[j]
	}
	x[at] = logRate(1, near/math.Max(1, float64(len(m.setup.Near[place]))))
	at++
	x[at] = logRate(0, m.masses[0].total) - logRate(1, m.masses[1].total)
	at++
	a := m.setup.Axis
	for b := first; b < first+span; b++ {
		if w := a.Weekday(b); w != time.Sunday {
			x[at+int(w)-1] += 1 / per
		}
		angle := 2 * math.Pi * float64(a.Slot(b)) / float64(a.PerDay())
		if a.PerDay() > 1 {
			for k := 1; k <= 3; k++ {
				x[at+4+2*k] += math.Sin(float64(k)*angle) / per
				x[at+5+2*k] += math.Cos(float64(k)*angle) / per
			}
		}
		x[at+12] += m.setup.Holidays.On(a.Day(b)).Weight / per
	}
	return x
}

func (m *glm) observe(bucket int, counts []count.Count) {
	still := m.open[:0]
	for _, look := range m.open {
		for _, c := range counts {
			if row := look.rows[c.Place]; row != nil && bucket >= look.first && bucket < look.first+m.setup.Span {
				row.y += float64(c.N)
			}
		}
		if bucket < look.first+m.setup.Span-1 {
			still = append(still, look)
			continue
		}
		m.keep(&look)
	}
	m.open = still
	for _, mass := range m.masses {
		for _, c := range counts {
			mass.add(c.Place, m.setup.RegionOf[c.Place], float64(c.N))
		}
		mass.tick()
	}
	m.next = bucket + 1
	seen := m.next - m.setup.First
	if seen%strideOf(m.setup) == 0 {
		m.look(seen)
	}
	if seen%(glmRefitDays*m.setup.Axis.PerDay()) == 0 {
		m.fit()
	}
}

// look opens rows for some of the places, others each time.
func (m *glm) look(seen int) {
	look := glmLook{first: m.next + m.setup.Lead - 1, rows: map[int32]*glmRow{}}
	step := max(1, len(m.setup.Places)/150)
	for c := seen / strideOf(m.setup) % step; c < len(m.setup.Places); c += step {
		look.rows[int32(c)] = &glmRow{x: m.x(int32(c), look.first, m.setup.Span)}
	}
	m.open = append(m.open, look)
}

// keep moves rows that are over to those that are fitted.
func (m *glm) keep(look *glmLook) {
	for c := range m.setup.Places {
		row := look.rows[int32(c)]
		if row == nil {
			continue
		}
		if len(m.rows) < glmRows {
			m.rows = append(m.rows, *row)
			continue
		}
		m.rows[m.oldest] = *row
		m.oldest = (m.oldest + 1) % glmRows
	}
}

// fit refits the coefficients. Where the system cannot be solved it keeps the old ones.
func (m *glm) fit() {
	if len(m.rows) < 20*glmFeatures {
		return
	}
	beta := append([]float64(nil), m.beta...)
	if beta == nil {
		beta = make([]float64, glmFeatures)
		beta[3] = 1
	}
	for range glmRounds {
		gradient, hessian := mat.NewVecDense(glmFeatures, nil), mat.NewSymDense(glmFeatures, nil)
		for _, row := range m.rows {
			mean := linear(beta, row.x)
			hessian.SymRankOne(hessian, mean, mat.NewVecDense(glmFeatures, row.x))
			gradient.AddScaledVec(gradient, row.y-mean, mat.NewVecDense(glmFeatures, row.x))
		}
		for a := range glmFeatures {
			gradient.SetVec(a, gradient.AtVec(a)-glmRidge*beta[a])
			hessian.SetSym(a, a, hessian.At(a, a)+glmRidge)
		}
		var factors mat.Cholesky
		var step mat.VecDense
		if !factors.Factorize(hessian) || factors.SolveVecTo(&step, gradient) != nil {
			return
		}
		for a := range beta {
			beta[a] += math.Max(-1, math.Min(1, step.AtVec(a)))
		}
	}
	m.beta = beta
}

// linear is the mean by coefficients and features.
func linear(beta, x []float64) float64 {
	sum := 0.0
	for a := range beta {
		sum += beta[a] * x[a]
	}
	return math.Exp(math.Max(-12, math.Min(12, sum)))
}

func (m *glm) mean(first, span int, out []float64) {
	for c := range out {
		if m.beta == nil {
			out[c] = m.rate(2, m.masses[2].place[c]) * float64(span)
			continue
		}
		// The coefficients are those of the setup's span: other spans are made of such pieces, the last by proportion.
		own := m.setup.Span
		for b := first; b < first+span; b += own {
			part := float64(min(own, first+span-b)) / float64(own)
			out[c] += linear(m.beta, m.x(int32(c), b, own)) * part
		}
	}
}
