// Package breach tells how likely an order is to break its promise of somebody on site, before it does.
//
// Forecast follows the planned routes through the days on which work and ways vary (package promise) and gives a raw chance; what
// routes do not know, as technicians who decline and orders that come between, Calibrator learns from what became of earlier
// forecasts. Rule decides who is told.
//
// Read in this order: forecast.go, calibrate.go.
package breach

import (
	"math"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/dispatch/promise"
)

// Basis is what a chance rests on: how firmly somebody has the order.
type Basis string

// The bases.
const (
	Unplanned Basis = "UNPLANNED" // nobody has it
	Offered   Basis = "OFFERED"   // on the route of somebody who has not agreed
	Accepted  Basis = "ACCEPTED"
	UnderWay  Basis = "UNDER_WAY"
)

// Bases lists the bases, the least firm first.
func Bases() []Basis { return []Basis{Unplanned, Offered, Accepted, UnderWay} }

// Chance is how likely the promise of an order is broken.
type Chance struct {
	Order      dispatch.WorkOrderID
	Technician dispatch.TechnicianID // "" when nobody has it
	Due        time.Time             // when somebody is to be on site
	Planned    time.Time             // when somebody should be, by the plan; zero when nobody has it
	Basis      Basis
	Raw        float64 // in [0, 1], as the route says
}

// Forecast tells of every open order whose promise of somebody on site can still be kept or broken: nobody has been there yet, and it
// is not due. Orders are in the order in which they are given. The snapshot and the orders are of one instant.
func Forecast(s *engine.Snapshot, orders []*engine.Order, v promise.Variability, now time.Time) []Chance {
	f := &forecaster{s: s, now: now, v: v, sampler: promise.NewSampler(v), at: map[dispatch.WorkOrderID]place{}, busy: map[dispatch.TechnicianID]*engine.Order{}}
	for r := range s.Plan.Routes {
		for k := range s.Plan.Routes[r].Stops {
			if st := &s.Plan.Routes[r].Stops[k]; st.Kind == dispatch.StopVisit {
				f.at[s.Problem.Visits[st.Visit].WorkOrder] = place{r, k}
			}
		}
	}
	for _, o := range orders {
		if o.State.Started() {
			f.busy[o.TechnicianID()] = o
		}
	}
	var out []Chance
	for _, o := range orders {
		if o.State.Open() && o.Clocks.Arrived.IsZero() && o.Due.OnSite.After(now) && o.State != engine.StatePaused {
			out = append(out, f.chance(o))
		}
	}
	return out
}

// forecaster is what one forecast looks at.
type forecaster struct {
	s       *engine.Snapshot
	now     time.Time
	v       promise.Variability
	sampler *promise.Sampler
	at      map[dispatch.WorkOrderID]place
	busy    map[dispatch.TechnicianID]*engine.Order
}

// place is a stop of a route.
type place struct{ route, stop int }

func (f *forecaster) chance(o *engine.Order) Chance {
	c := Chance{Order: o.ID, Technician: o.TechnicianID(), Due: o.Due.OnSite, Basis: Unplanned}
	at, routed := f.at[o.ID]
	switch {
	case o.State == engine.StateEnRoute:
		c.Basis, c.Planned = UnderWay, o.Assignment.Arrival
		c.Raw = f.late(c.Planned.Sub(o.Clocks.Departed), f.now.Sub(o.Clocks.Departed), o.Due.OnSite.Sub(o.Clocks.Departed))
	case o.Assignment != nil && routed:
		c.Basis, c.Planned = Offered, o.Assignment.Arrival
		if o.State == engine.StateAccepted {
			c.Basis = Accepted
		}
		c.Raw = 1 - f.kept(at, o.Due.OnSite)
	case o.Assignment != nil: // beyond what is planned
		c.Basis, c.Planned = Offered, o.Assignment.Arrival
		c.Raw = float64(b2i(!o.Assignment.Arrival.Before(o.Due.OnSite)))
	default:
		c.Raw = spent(o.Created, f.now, o.Due.OnSite)
	}
	return c
}

// spent is the share of the time until a deadline that has gone by.
func spent(from, now, due time.Time) float64 {
	whole := due.Sub(from).Seconds()
	if whole <= 0 {
		return 1
	}
	return min(1, max(0, now.Sub(from).Seconds()/whole))
}

// late is the chance that a way takes longer than it may, when it was planned to take so long and has gone on for so long.
func (f *forecaster) late(planned, gone, may time.Duration) float64 {
	if planned <= 0 {
		planned = time.Minute
	}
	over := func(d time.Duration) float64 { return above(f.v.Travel, d.Seconds()/planned.Seconds()) }
	left := over(max(gone, 0))
	if left <= 0 {
		return 1 // it takes longer than any way does
	}
	return min(1, over(may)/left)
}

// above is the chance that a lognormal ratio is above another.
func above(s promise.Spread, ratio float64) float64 {
	if ratio <= 0 || s.Mean <= 0 {
		return 1
	}
	variance := math.Log1p(s.Deviation * s.Deviation / (s.Mean * s.Mean))
	if variance == 0 {
		return float64(b2i(ratio < s.Mean))
	}
	z := (math.Log(ratio) - math.Log(s.Mean) + variance/2) / math.Sqrt(variance)
	return math.Erfc(z/math.Sqrt2) / 2
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// kept is the chance that the visit of a stop begins in time.
func (f *forecaster) kept(at place, due time.Time) float64 {
	r := &f.s.Plan.Routes[at.route]
	p := f.s.Problem
	deviation := 0.0
	if o := f.busy[p.Technicians[r.Technician].ID]; o != nil {
		deviation = f.v.OnSite.Deviation * o.OnSite.Seconds()
	}
	opens := func(stop int) dispatch.Tick {
		visit, open := &p.Visits[r.Stops[stop].Visit], -dispatch.Far
		for _, w := range visit.Windows {
			if w.Start <= r.Stops[stop].Start {
				open = w.Start
			}
		}
		return open
	}
	by := dispatch.Tick(due.Sub(p.Origin) / time.Second)
	return f.sampler.Reliability(r, at.stop, deviation, opens, by)
}

// Above is the chance from which on supervisors are told of an order before its deadline, by the policy that rules; 0 for never.
func Above(c *engine.Conduct, o *engine.Order) float64 {
	above := 0.0
	for i := range c.Rules {
		switch r := &c.Rules[i]; {
		case r.Building != "" && r.Building == o.Building:
			return r.EscalateAbove
		case r.Building != "":
		case r.Team != "" && r.Team == o.Territory || r.Team == "" && above == 0:
			above = r.EscalateAbove
		}
	}
	return above
}
