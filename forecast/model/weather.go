package model

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"fettle/forecast/weather"
)

// skies learns what the weather of a day does to its counts: a regression of the logarithm of what came over what the level and the
// rhythm of the week would have given, on how far each value lies from its mean. It is linear, so what one column cannot say (cold
// below freezing, say) is a column of its own. Weather that is not known changes nothing, and neither does what was learned of it
// until it would have forecast the days so far better than to ignore it, by more than chance.
type skies struct {
	table *weather.Table
	seen  float64 // days
	sum   []float64
	sumSq []float64
	gram  *mat.SymDense
	right *mat.VecDense
	beta  []float64
	gain  float64 // of log score over ignoring the weather, each day by what was learned before it
}

const (
	priorWeather = 0.1  // standard deviation of what one deviation of a value does to the logarithm
	mostWeather  = 0.7  // bound of the logarithm of the factor
	mostUnusual  = 3.0  // deviations beyond which a value is no more unusual
	weatherDays  = 28   // before that nobody knows what is usual
	dayNoise     = 0.25 // of a day around what is expected of it, beyond chance
	leastGain    = 3.0  // before that the gain is chance: twenty to one
)

// newSkies is nil without a table: what is not known of the weather costs nothing.
func newSkies(t *weather.Table) *skies {
	n := len(t.Columns())
	if n == 0 {
		return nil
	}
	s := &skies{table: t, sum: make([]float64, n), sumSq: make([]float64, n), beta: make([]float64, n), gram: mat.NewSymDense(n, nil), right: mat.NewVecDense(n, nil)}
	for i := range n {
		s.gram.SetSym(i, i, 1/(priorWeather*priorWeather))
	}
	return s
}

// unusual is how far the values of a day lie from their means, in deviations; nil when nothing is known of the day or of what is usual.
func (s *skies) unusual(day int) []float64 {
	values := s.table.On(day)
	if values == nil || s.seen < weatherDays {
		return nil
	}
	out := make([]float64, len(values))
	for i, x := range values {
		mean := s.sum[i] / s.seen
		deviation := math.Sqrt(s.sumSq[i]/s.seen - mean*mean)
		if !math.IsNaN(x) && deviation > 1e-9 {
			out[i] = math.Max(-mostUnusual, math.Min(mostUnusual, (x-mean)/deviation))
		}
	}
	return out
}

// at is the factor of a day.
func (s *skies) at(day int) float64 {
	if s == nil || s.gain < leastGain {
		return 1
	}
	return s.learned(day)
}

// learned is the factor of a day by what was learned, whether it has proved itself or not.
func (s *skies) learned(day int) float64 {
	sum := 0.0
	for i, z := range s.unusual(day) {
		sum += s.beta[i] * z
	}
	return math.Exp(math.Max(-mostWeather, math.Min(mostWeather, sum)))
}

// learn takes a day that is over, with what would have been expected of it without its weather.
func (s *skies) learn(day int, events, expected float64) {
	if s == nil {
		return
	}
	if z := s.unusual(day); z != nil && expected > 0 {
		noise := dayNoise * dayNoise
		s.gain += logScore(events, expected, noise) - logScore(events, expected*s.learned(day), noise)
		ratio := math.Max(-2, math.Min(2, math.Log((events+0.5)/(expected+0.5))))
		precision := 1 / (noise + 1/(expected+0.5))
		for i := range z {
			s.right.SetVec(i, s.right.AtVec(i)+precision*ratio*z[i])
			for j := i; j < len(z); j++ {
				s.gram.SetSym(i, j, s.gram.At(i, j)+precision*z[i]*z[j])
			}
		}
		var root mat.Cholesky
		var answer mat.VecDense
		if root.Factorize(s.gram) && root.SolveVecTo(&answer, s.right) == nil {
			copy(s.beta, answer.RawVector().Data)
		}
	}
	values := s.table.On(day)
	if values == nil {
		return
	}
	s.seen++
	for i, x := range values {
		if math.IsNaN(x) {
			x = s.sum[i] / s.seen // as usual
		}
		s.sum[i] += x
		s.sumSq[i] += x * x
	}
}
