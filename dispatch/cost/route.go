package cost

import "fettle/dispatch"

// Measure is what a route amounts to, in ticks and distance units.
type Measure struct {
	Travel   int64
	Distance int64
	Duty     int64 // departure to end
	OnSite   int64 // work and entry
	Overtime int64 // after the end of the shift
	Lateness int64 // already priced by tier and by promise
	Static   int64 // already priced by visit and technician, see Static
}

// Route is the total cost of a route that has a visit.
func Route(r *dispatch.Rates, m *Measure) int64 {
	return r.Fixed + r.Travel*m.Travel + r.Distance*m.Distance + r.Duty*m.Duty + r.OnSite*m.OnSite + r.Overtime*m.Overtime +
		m.Lateness + m.Static
}

// Terms is Route by term; the terms of Static are the caller's to fill, and the part of Lateness that is TermStability to
// move there.
func Terms(r *dispatch.Rates, m *Measure) dispatch.Cost {
	var c dispatch.Cost
	c[dispatch.TermFixed] = r.Fixed
	c[dispatch.TermTravel] = r.Travel * m.Travel
	c[dispatch.TermDistance] = r.Distance * m.Distance
	c[dispatch.TermDuty] = r.Duty * m.Duty
	c[dispatch.TermOnSite] = r.OnSite * m.OnSite
	c[dispatch.TermOvertime] = r.Overtime * m.Overtime
	c[dispatch.TermLateness] = m.Lateness
	return c
}
