package engine

import (
	"time"

	"fettle/dispatch"
)

// Names of the lateness tiers, which are those of the urgencies.
const (
	tierNormal    = "NORMAL"
	tierEmergency = "EMERGENCY"
)

// DefaultPolicy weighs in seconds of travel: a second of travel costs 1. Waiting counts from the report (waitsFrom): 1 a
// second for a normal order, 2 once the eight hours of its promise are over, more later; 10 and 20 (beyond an hour) for an
// emergency. So an emergency takes a technician from a normal order's way, and orders do not queue behind one technician
// while another stands idle: priced from the promise on alone, the demo city took 4.8 h in the median from report to
// completion and was on time in 76 % of orders; from the report on 1.4 h and 92 %, with the same people. Leaving work out
// costs more than anything else can: what is feasible is served. An emergency that nobody near would answer is worth 30,000 (of
// 30, 100 and 300 thousand the smallest that pays; docs/forecast.md).
func DefaultPolicy() dispatch.Policy {
	return dispatch.Policy{
		ID: "default", Version: 1,
		Unserved: dispatch.UnservedPolicy{PerVisit: 100_000_000, PerPriority: 1_000_000},
		Tiers: []dispatch.LatenessTier{
			{Name: tierNormal, Steps: []dispatch.LatenessStep{
				{PerTick: 1}, {After: 8 * 3600, PerTick: 1}, {After: 10 * 3600, PerTick: 1}, {After: 16 * 3600, PerTick: 2},
			}},
			{Name: tierEmergency, Steps: []dispatch.LatenessStep{{PerTick: 10}, {After: 3600, PerTick: 10}}},
		},
		DefaultTier:  tierNormal,
		SkillSurplus: 120,
		NotPreferred: 600,
		Cover:        30,
	}
}

// What a technician costs, in the unit of DefaultPolicy. Overtime is a buffer for days that run late, not for planning: a
// new order goes there only when waiting for the next shift is worse.
const (
	travelRate   = 1
	overtimeRate = 1000
)

// DefaultPositionTrust is how old a position may be, unless Config says, before it is no longer trusted.
const DefaultPositionTrust = 15 * time.Minute

// Defaults of Config.
const (
	defaultZone     = "Asia/Shanghai"
	defaultHorizon  = 48 * time.Hour
	defaultOvertime = 30 * time.Minute
	defaultSpeedKPH = 30
	defaultDetour   = 1.3
	defaultOnSite   = 45 * time.Minute
)

func defaultLevels() (normal, emergency ServiceLevel) {
	normal = ServiceLevel{
		Acknowledge: 15 * time.Minute, Accept: 2 * time.Hour, OnSite: 8 * time.Hour, Resolve: 24 * time.Hour,
		Offer: 15 * time.Minute, Ladder: time.Hour,
	}
	emergency = ServiceLevel{
		Acknowledge: 30 * time.Minute, Accept: 30 * time.Minute, OnSite: time.Hour, Resolve: 4 * time.Hour,
		Offer: 5 * time.Minute, Ladder: 15 * time.Minute,
	}
	return normal, emergency
}

// fill replaces what is not given by defaults.
func (c *Config) fill() error {
	if c.Zone == nil {
		zone, err := time.LoadLocation(defaultZone)
		if err != nil {
			zone = time.FixedZone(defaultZone, 8*3600) // no zone table on this machine; the zone has no daylight saving
		}
		c.Zone = zone
	}
	normal, emergency := defaultLevels()
	c.Normal.fill(normal)
	c.Emergency.fill(emergency)
	if c.Policy == nil {
		p := DefaultPolicy()
		c.Policy = &p
	}
	if c.Policy.Unserved.Lexicographic || c.Policy.Unserved.PerVisit <= 0 {
		return &dispatch.InvalidError{Field: "policy.unserved.perVisit", Want: "a positive price: live dispatch weighs what it leaves out"}
	}
	setDefault(&c.Horizon, defaultHorizon)
	setDefault(&c.PositionTrust, DefaultPositionTrust)
	switch {
	case c.Overtime == 0:
		c.Overtime = defaultOvertime
	case c.Overtime < 0:
		c.Overtime = 0
	}
	if c.SpeedKPH <= 0 {
		c.SpeedKPH = defaultSpeedKPH
	}
	if c.DetourFactor <= 0 {
		c.DetourFactor = defaultDetour
	}
	return nil
}

func (l *ServiceLevel) fill(d ServiceLevel) {
	setDefault(&l.Acknowledge, d.Acknowledge)
	setDefault(&l.Ladder, d.Ladder)
	setDefault(&l.Accept, d.Accept)
	setDefault(&l.OnSite, d.OnSite)
	setDefault(&l.Resolve, d.Resolve)
	setDefault(&l.Offer, d.Offer)
}

func setDefault(v *time.Duration, d time.Duration) {
	if *v <= 0 {
		*v = d
	}
}

// secondsPerMeter is how long a metre of straight line takes.
func (c *Config) secondsPerMeter() float64 { return c.DetourFactor * 3.6 / c.SpeedKPH }

// level is the service level of an urgency.
func (c *Config) level(u dispatch.Urgency) *ServiceLevel {
	if u == dispatch.UrgencyEmergency {
		return &c.Emergency
	}
	return &c.Normal
}

// dues are the promises of a wish that is made now. Who asks for a later day is not owed a visit before it.
func (c *Config) dues(w *Wish, now time.Time) *DueTimes {
	l := c.level(w.Urgency)
	d := &DueTimes{Acknowledge: now.Add(l.Acknowledge), Accept: now.Add(l.Accept), OnSite: now.Add(l.OnSite), Resolve: now.Add(l.Resolve)}
	if len(w.Windows) > 0 && w.Windows[0].End.After(d.OnSite) {
		later := w.Windows[0].End.Sub(d.OnSite)
		d.OnSite, d.Resolve = d.OnSite.Add(later), d.Resolve.Add(later)
	}
	return d
}
