package model

import "math"

// levelHalfLives are those of the exponentially weighted levels, in days, the second being the base.
var levelHalfLives = [...]float64{2, 4, 7, 14, 28, 90}

const (
	levels    = len(levelHalfLives)
	baseLevel = 1
	features  = levels // the ratios of the other levels to the base, and a constant

	burstFactor = 1.6  // a count this much above what was expected, and clear of chance, moves the level no further
	ridgeOfBeta = 6.0  // prior of the regression, in units of the noise
	constant    = 0.3  // scale of the constant among the features
	ratioLimit  = 0.7  // bound of a log ratio: a burst is no trend
	fewestRows  = 10   // rows before anything is regressed
	mostRows    = 6000 // rows that are kept
	fewestDays  = 14   // days before counts are bounded
)

// level forecasts the number of events of a whole territory: exponentially weighted levels of several half-lives over the
// rhythm of the week and the holidays, and a regression of what came on the ratios of these levels, for exactly the horizon
// that is asked for. Ratios carry trend and return to the mean: the regression learns how far a recent rise will last.
type level struct {
	*rhythm
	setup  *Setup
	next   int // the bucket that comes
	first  int
	num    [levels]float64
	den    [levels]float64
	keep   [levels]float64
	beta   [features]float64
	noise  float64 // squared coefficient of variation beyond chance
	rows   []levelRow
	open   []levelRow // rows whose buckets are not over
	stride int
	score  float64 // discounted log score, for those who pool levels
}

// levelRow is a forecast that was made, and what came.
type levelRow struct {
	first  int
	x      [features]float64
	offset float64 // log of the base forecast
	events float64
}

func newLevel(s *Setup) *level {
	l := &level{rhythm: newRhythm(s), setup: s, next: s.First, first: s.First, noise: 0.08, stride: strideOf(s)}
	for j := range levels {
		l.keep[j] = math.Exp2(-1 / (levelHalfLives[j] * float64(s.Axis.PerDay())))
	}
	return l
}

// strideOf thins what is learned from: every day, but of the buckets of a day only each fifth, which meets every hour.
func strideOf(s *Setup) int {
	if s.Axis.PerDay() == 1 {
		return 1
	}
	return 5
}

// value is one of the levels: events of an average bucket. Before any evidence it is one event in two buckets.
func (l *level) value(j int) float64 {
	const events, buckets = 0.3, 0.6
	return (l.num[j] + events*math.Pow(l.keep[j], float64(l.next-l.first))) / (l.den[j] + buckets*math.Pow(l.keep[j], float64(l.next-l.first)))
}

// leastLevel keeps a long silence from becoming certainty: about a third of an event in all that was observed.
func (l *level) leastLevel() float64 { return 0.3 / (float64(l.next-l.first) + 0.6) }

func (l *level) base() float64 { return math.Max(l.value(baseLevel), l.leastLevel()) }

// state gives the features as they are now.
func (l *level) state() (x [features]float64) {
	base := math.Log(l.base())
	at := 0
	for j := range levels {
		if j != baseLevel {
			ratio := math.Log(math.Max(l.value(j), l.leastLevel())) - base
			x[at] = math.Max(-ratioLimit, math.Min(ratioLimit, ratio))
			at++
		}
	}
	x[at] = constant
	return x
}

// adjust is the factor that the regression gives to the base.
func (l *level) adjust(x *[features]float64) float64 {
	sum := 0.0
	for i, b := range l.beta {
		sum += b * x[i]
	}
	return math.Exp(math.Max(-1, math.Min(1, sum)))
}

// current is the level after the regression: events of an average bucket.
func (l *level) current() float64 {
	x := l.state()
	return l.base() * l.adjust(&x)
}

// mean is the expected total of some buckets to come.
func (l *level) mean(first, span int) float64 {
	sum := 0.0
	for b := first; b < first+span; b++ {
		sum += l.at(b)
	}
	return l.current() * sum
}

// observe takes the events of the next bucket.
func (l *level) observe(events float64) {
	bucket := l.next
	l.settle(bucket, events)
	factor := l.at(bucket)
	expected := l.base() * factor
	if l.sky != nil {
		l.forecast = l.current() // what the weather has to be better than
	}
	if l.next-l.first >= fewestDays*l.axis.PerDay() {
		events = bounded(events, expected)
	}
	for j := range levels {
		l.num[j] = l.num[j]*l.keep[j] + events
		l.den[j] = l.den[j]*l.keep[j] + factor
	}
	l.learn(bucket, events, l.value(2))
	l.next++
	if (l.next-l.first)%l.stride == 0 {
		l.foresee()
	}
	if (l.next-l.first)%(7*l.axis.PerDay()) == 0 {
		l.regress()
	}
}

// bounded moves a count that is far from what was expected, and clear of chance, back towards it.
func bounded(events, expected float64) float64 {
	chance := 3 * math.Sqrt(expected)
	return math.Max(expected/(1.5*burstFactor)-chance, math.Min(events, burstFactor*expected+chance))
}

// foresee writes down a forecast at the setup's horizon, to learn from when its buckets are over.
func (l *level) foresee() {
	first, sum := l.next+l.setup.Lead-1, 0.0
	for b := first; b < first+l.setup.Span; b++ {
		sum += l.at(b)
	}
	l.open = append(l.open, levelRow{first: first, x: l.state(), offset: math.Log(math.Max(l.base()*sum, 1e-6))})
}

// settle adds the events of a bucket to the forecasts that it belongs to, and closes those that are over.
func (l *level) settle(bucket int, events float64) {
	still := l.open[:0]
	for _, row := range l.open {
		if bucket >= row.first && bucket < row.first+l.setup.Span {
			row.events += events
		}
		if bucket < row.first+l.setup.Span-1 {
			still = append(still, row)
			continue
		}
		mean := math.Exp(row.offset)
		l.score = l.score*0.98 - logScore(row.events, mean*l.adjust(&row.x), l.noise)
		row.events = math.Min(row.events, 2.5*mean+3*math.Sqrt(mean))
		l.rows = append(l.rows, row)
	}
	l.open = still
	if len(l.rows) > 2*mostRows {
		l.rows = append(l.rows[:0], l.rows[len(l.rows)-mostRows:]...)
	}
}

// logScore is a quasi-likelihood loss that a burst cannot dominate.
func logScore(events, mean, noise float64) float64 {
	z := (events - mean) * (events - mean) / (mean + noise*mean*mean + 0.1)
	return 0.5*math.Log1p(z/4)*5 + 0.5*math.Log(mean+noise*mean*mean+0.1)
}

// regress fits beta by a few steps of penalised Newton on the quasi-likelihood with variance mean + noise*mean^2.
func (l *level) regress() {
	if len(l.rows) < fewestRows {
		return
	}
	l.noise = l.spread()
	ridge := ridgeOfBeta * float64(l.setup.Span) / l.noise
	if l.axis.PerDay() > 1 {
		ridge *= float64(l.axis.PerDay()) / float64(l.stride)
	}
	for range 4 {
		var gradient [features]float64
		var hessian [features][features]float64
		for i := range l.rows {
			row := &l.rows[i]
			mean := math.Exp(row.offset) * l.adjust(&row.x)
			weight := 1 / (1 + l.noise*mean)
			for a := range features {
				gradient[a] += weight * (row.events - mean) * row.x[a]
				for b := range a + 1 {
					hessian[a][b] += weight * mean * row.x[a] * row.x[b]
				}
			}
		}
		for a := range features {
			gradient[a] -= ridge * l.beta[a]
			hessian[a][a] += ridge
		}
		step := solve(&hessian, &gradient)
		for a := range features {
			l.beta[a] += step[a]
		}
	}
}

// spread estimates the noise by moments over the rows.
func (l *level) spread() float64 {
	excess, square := 0.0, 0.0
	for i := range l.rows {
		row := &l.rows[i]
		mean := math.Exp(row.offset) * l.adjust(&row.x)
		excess += (row.events-mean)*(row.events-mean) - mean
		square += mean * mean
	}
	return math.Max(0.02, math.Min(1, excess/math.Max(square, 1e-9)))
}

// solve solves a symmetric positive definite system, given by its lower triangle, by Cholesky factors.
func solve(m *[features][features]float64, right *[features]float64) (x [features]float64) {
	var low [features][features]float64
	for i := range features {
		for j := range i + 1 {
			sum := m[i][j]
			for k := range j {
				sum -= low[i][k] * low[j][k]
			}
			if i == j {
				low[i][i] = math.Sqrt(math.Max(sum, 1e-12))
			} else {
				low[i][j] = sum / low[j][j]
			}
		}
	}
	for i := range features {
		x[i] = right[i]
		for k := range i {
			x[i] -= low[i][k] * x[k]
		}
		x[i] /= low[i][i]
	}
	for i := features - 1; i >= 0; i-- {
		for k := i + 1; k < features; k++ {
			x[i] -= low[k][i] * x[k]
		}
		x[i] /= low[i][i]
	}
	return x
}
