// Package promise tells how likely a planned visit is to begin within the interval that a tenant was told.
//
// A plan has one time for everything; work and ways vary. A Sampler follows a route through a thousand days on which each
// visit and each way takes a part more or less than was planned: who is early waits for the window, who is late stays late
// until a wait or a break takes it up. Variability says by how much: assumed as long as little is known (Assumed), measured
// from own work afterwards (Gauge).
//
// The package has no clock and knows neither orders nor people. Read in this order: Variability, Sampler, Gauge.
package promise

import (
	"math"
	"math/rand/v2"

	"fettle/dispatch"
)

// Spread is how the ratio of actual to planned time varies: a mean of 1 and a deviation of 0 say that plans are always right.
type Spread struct {
	Mean, Deviation float64
	// Observations is how many pairs of plan and fact are behind it; 0 means that it is assumed.
	Observations int
}

// Variability is how work and travel differ from what was planned.
type Variability struct {
	OnSite, Travel Spread
}

// Assumed is the variability of a service that has not measured its own: on average plans are right, two visits of three
// take between 0.65 and 1.35 of the time that was expected, and two ways of three between 0.8 and 1.2. These are
// assumptions, not measurements: answers that rest on them must say so.
func Assumed() Variability {
	return Variability{OnSite: Spread{Mean: 1, Deviation: 0.35}, Travel: Spread{Mean: 1, Deviation: 0.2}}
}

// days is how many days a Sampler draws. A probability is then within 0.03 of that of endless days, see the test.
const days = 1024

// Sampler draws days. It is deterministic: the same variability gives the same days, so that the reliabilities of two
// windows differ by the windows alone. It is not safe for concurrent use.
//
// Ratios are lognormal. Each stop has every quantile (k + 1/2)/1024 of its ratio once, in an order of its own (Latin hypercube
// sampling: McKay, Beckman and Conover 1979, doi:10.1080/00401706.1979.10489755).
type Sampler struct {
	onSite, travel []float64  // ratio by quantile
	normal         []float64  // standard normal by quantile
	orders         [][]uint16 // by draw: which quantile each day has
	rng            *rand.Rand
	now            []float64
}

// NewSampler makes a sampler.
func NewSampler(v Variability) *Sampler {
	s := &Sampler{rng: rand.New(rand.NewPCG(1, days)), now: make([]float64, days)}
	for k := range days {
		z := math.Sqrt2 * math.Erfinv((2*float64(k)+1)/days-1)
		s.normal = append(s.normal, z)
		s.onSite = append(s.onSite, v.OnSite.ratio(z))
		s.travel = append(s.travel, v.Travel.ratio(z))
	}
	return s
}

// ratio is the lognormal ratio at a standard normal.
func (s Spread) ratio(z float64) float64 {
	if s.Mean <= 0 {
		return 0
	}
	variance := math.Log1p(s.Deviation * s.Deviation / (s.Mean * s.Mean))
	return s.Mean * math.Exp(math.Sqrt(variance)*z-variance/2)
}

// order is which quantile each day has in draw k.
func (s *Sampler) order(k int) []uint16 {
	for len(s.orders) <= k {
		o := make([]uint16, days)
		for i := range o {
			o[i] = uint16(i)
		}
		s.rng.Shuffle(days, func(i, j int) { o[i], o[j] = o[j], o[i] })
		s.orders = append(s.orders, o)
	}
	return s.orders[k]
}

// Reliability is the probability that the visit at a stop of a planned route starts before an instant, in [0, 1].
//
// deviation is how uncertain the departure of the route is, as a standard deviation in ticks: not 0 where the technician must
// first finish what is at work now. opens gives the instant before which the visit of a stop may not start; it is asked for
// stops below at. Who is early waits, so no visit starts before its window. Not in it: technicians who fall ill, work that is
// handed to others, and re-planning, which keeps promises that a route left alone would break. O(1024 at).
func (s *Sampler) Reliability(r *dispatch.Route, at int, deviation float64, opens func(stop int) dispatch.Tick, by dispatch.Tick) float64 {
	for day, k := range s.order(0) {
		s.now[day] = float64(r.Departure) + deviation*s.normal[k]
	}
	for i := range r.Stops[:at+1] {
		stop := &r.Stops[i]
		s.add(1+2*i, s.travel, float64(stop.Travel))
		switch {
		case i == at:
		case stop.Kind == dispatch.StopVisit:
			s.wait(float64(opens(i)))
			s.add(2+2*i, s.onSite, float64(stop.End-stop.Start))
		default: // a break or a depot, which do not vary
			s.wait(float64(stop.Start))
			for day := range s.now {
				s.now[day] += float64(stop.End - stop.Start)
			}
		}
	}
	kept := 0
	for _, t := range s.now {
		if t < float64(by) {
			kept++
		}
	}
	return float64(kept) / days
}

// add adds what was planned, times the ratio of each day.
func (s *Sampler) add(draw int, ratio []float64, planned float64) {
	if planned == 0 {
		return
	}
	for day, k := range s.order(draw) {
		s.now[day] += ratio[k] * planned
	}
}

// wait waits until an instant.
func (s *Sampler) wait(until float64) {
	for day, t := range s.now {
		s.now[day] = max(t, until)
	}
}
