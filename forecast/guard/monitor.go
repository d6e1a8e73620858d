package guard

import (
	"fmt"
	"math"
	"time"

	"fettle/forecast/score"
)

// Monitor follows forecasts and what came, and forgets old ones.
type Monitor struct {
	level  float64
	n      float64
	inside float64
	mean   float64
	came   float64
	spread float64 // variance that was forecast
}

const (
	monitorKeep   = 0.98 // of the evidence with each new one: about the last 50 count
	monitorFewest = 20.0 // before, nothing is said
	monitorSigma  = 3.0  // standard deviations that are no chance
)

// NewMonitor watches central intervals of a level, such as 0.8.
func NewMonitor(level float64) *Monitor { return &Monitor{level: level} }

// Add takes a forecast whose time is over, and what came. Give it totals (of a city, of a district), not every cell.
func (m *Monitor) Add(n int, d score.Dist) {
	m.n = m.n*monitorKeep + 1
	m.inside = m.inside*monitorKeep + score.Inside(n, d, m.level)
	m.mean = m.mean*monitorKeep + d.Mean
	m.came = m.came*monitorKeep + float64(n)
	m.spread = m.spread*monitorKeep*monitorKeep + d.Variance()
}

// Health is what a screen shows beside a forecast.
type Health struct {
	Trusted  bool
	Coverage float64 // of the intervals lately; 0 before anything came
	Bias     float64 // forecast over came; 0 before anything came
	Reasons  []string
}

// Health judges the forecasts so far. made is when the latest forecast was made, until when its horizon ends.
func (m *Monitor) Health(now, made, until time.Time) Health {
	h := Health{Trusted: true}
	fail := func(format string, args ...any) {
		h.Trusted = false
		h.Reasons = append(h.Reasons, fmt.Sprintf(format, args...))
	}
	if now.After(until) {
		fail("made %s for the time until %s, which is over", made.Format(time.RFC3339), until.Format(time.RFC3339))
	}
	if m.n == 0 {
		return h
	}
	h.Coverage = m.inside / m.n
	if m.came > 0 {
		h.Bias = m.mean / m.came
	}
	if m.n < monitorFewest {
		return h
	}
	deviation := math.Sqrt(m.level * (1 - m.level) / m.n)
	if math.Abs(h.Coverage-m.level) > monitorSigma*deviation {
		fail("%.0f %% of what came lay inside of the %.0f %% intervals", 100*h.Coverage, 100*m.level)
	}
	if math.Abs(m.mean-m.came) > monitorSigma*math.Sqrt(m.spread) {
		fail("%.0f were forecast where %.0f came", m.mean, m.came)
	}
	return h
}
