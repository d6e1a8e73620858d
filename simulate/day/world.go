package day

import (
	"time"

	"fettle/dispatch"
	"fettle/dispatch/cover"
	"fettle/dispatch/engine"
	"fettle/geo"
)

// World is everything that happens whatever the policy. Run does not change it.
type World struct {
	// Start is from when on the World is known. A policy lives it from its WarmUp before Count on.
	Start time.Time
	// Count is the interval whose reports are measured: those before it warm the day up, those after it keep it busy.
	Count dispatch.TimeSpan
	Zone  *time.Location
	// People work in the shifts by date of their profiles; weekly shifts are for Expand.
	People  []Person
	Reports []Report // by rising At
	Habits  Habits
	Roads   Roads
	Levels  Levels
	// Standby are places where technicians without work wait, under policies with standby.
	Standby []geo.Point
	// Expected is where emergencies are expected, under policies that keep cover.
	Expected Expected
	Seed     uint64 // of whatever chance decides
}

// Expected is a forecast of emergencies: how many an hour by place and trade on the average of a day, and by what factor more or
// less in each hour of the day.
type Expected struct {
	Places []cover.Place
	Hour   [24]float64
}

// Person is a technician.
type Person struct {
	ID      dispatch.TechnicianID
	Profile engine.Profile
}

// Report is a fault that somebody reports, with what nobody knows yet.
type Report struct {
	ID   dispatch.WorkOrderID
	At   time.Time
	Wish engine.Wish
	// Actual is how long the work will take.
	Actual time.Duration
	// Door says that somebody must open: a dwelling, not a corridor.
	Door bool
	// Recorded is what is known of a day that has been: it takes the place of luck. nil means luck.
	Recorded *Recorded
}

// Recorded is what happened to a report on a recorded day and would have happened under any policy.
type Recorded struct {
	// Trip is how much longer the way took than the roads of the World say; 0 means as long.
	Trip float64
	// Breaks are the visits that ended without result, in order.
	Breaks []Interruption
	// Declines are who declined, or let an offer pass.
	Declines []dispatch.TechnicianID
	// Canceled is when the report was withdrawn, or found to be another's; zero when it was not.
	Canceled time.Time
}

// Interruption is a visit without result: how long was worked, and how long until it could go on.
type Interruption struct{ Worked, Wait time.Duration }

// Levels are the promises by urgency.
type Levels struct{ Normal, Emergency engine.ServiceLevel }

// Promises are the ends of the three clocks of a report. Who asks for a later day is not owed a visit before it.
func (l *Levels) Promises(r *Report) engine.DueTimes {
	s := &l.Normal
	if r.Wish.Urgency == dispatch.UrgencyEmergency {
		s = &l.Emergency
	}
	due := engine.DueTimes{Accept: r.At.Add(s.Accept), OnSite: r.At.Add(s.OnSite), Resolve: r.At.Add(s.Resolve)}
	if len(r.Wish.Windows) > 0 {
		if later := r.Wish.Windows[0].End.Sub(due.OnSite); later > 0 {
			due.OnSite, due.Resolve = due.OnSite.Add(later), due.Resolve.Add(later)
		}
	}
	return due
}

// DefaultLevels are those of the engine.
func DefaultLevels() Levels {
	return Levels{
		Normal:    engine.ServiceLevel{Accept: 2 * time.Hour, OnSite: 8 * time.Hour, Resolve: 24 * time.Hour, Offer: 15 * time.Minute},
		Emergency: engine.ServiceLevel{Accept: 30 * time.Minute, OnSite: time.Hour, Resolve: 4 * time.Hour, Offer: 5 * time.Minute},
	}
}

// Habits are how people behave. Shares are between 0 and 1; a time with a spread is log-normal: its median, and the standard
// deviation of its logarithm.
type Habits struct {
	Answer       time.Duration // median of how long a technician on shift takes to answer an offer
	AnswerSpread float64
	Decline      float64 // share of offers that are declined; nobody declines an emergency
	LetPass      float64 // share of offers that get no answer
	Absent       float64 // share of visits to a door that nobody opens; a third of it when the tenant has named a window
	CallBack     time.Duration
	Part         float64 // share of visits that end for want of a part
	PartWait     time.Duration
	Sick         float64       // share of shifts that do not take place
	Offline      float64       // share of trips on which the phone has no signal for a while
	Entry        time.Duration // from the door to the work
}

// DefaultHabits are the estimates of the demo (simulate/city), not measured anywhere.
func DefaultHabits() Habits {
	return Habits{
		Answer: 25 * time.Second, AnswerSpread: 0.7, Decline: 0.04, LetPass: 0.03, Absent: 0.06, CallBack: 3 * time.Hour,
		Part: 0.05, PartWait: 20 * time.Hour, Sick: 0.015, Offline: 0.03, Entry: 2 * time.Minute,
	}
}

// Roads are how long the way really takes; the engine plans with the straight line at 30 km/h and a detour of 1.3.
type Roads struct {
	SpeedKPH float64
	Detour   float64
	Slower   [24]float64 // by what factor, by hour of the day; 0 means 1
	Spread   float64     // standard deviation of the logarithm of a trip
}

// leastTrip is how long a trip takes at least: keys and stairs.
const leastTrip = 30 * time.Second

// Takes is how long a trip takes in an hour of the day, without luck.
func (r *Roads) Takes(from, to geo.Point, hour int) time.Duration {
	slower := r.Slower[hour]
	if slower == 0 {
		slower = 1
	}
	seconds := float64(geo.DistanceEquirect(from, to)) * r.Detour * 3.6 / r.SpeedKPH * slower
	return max(time.Duration(seconds*float64(time.Second)).Truncate(time.Second), leastTrip)
}

// DefaultRoads are about those of the demo's city.
func DefaultRoads() Roads {
	return Roads{
		SpeedKPH: 32, Detour: 1.3, Spread: 0.12,
		Slower: [24]float64{7: 1.2, 8: 1.4, 9: 1.2, 11: 1.1, 12: 1.15, 13: 1.15, 14: 1.1, 16: 1.15, 17: 1.4, 18: 1.45, 19: 1.2},
	}
}

// Expand lists the shifts of a profile by date: the weekly ones that begin in [from, to), and those that have a date.
func Expand(p *engine.Profile, from, to time.Time, zone *time.Location) []engine.Shift {
	var out []engine.Shift
	for _, s := range p.Shifts {
		if !s.Start.Before(from) && s.Start.Before(to) {
			out = append(out, s)
		}
	}
	y, m, first := from.In(zone).Date()
	for d := first; time.Date(y, m, d, 0, 0, 0, 0, zone).Before(to); d++ {
		at := func(minute int32) time.Time { return time.Date(y, m, d, int(minute)/60, int(minute)%60, 0, 0, zone) }
		for i := range p.Weekly {
			if s, ok := onDay(&p.Weekly[i], at); ok && !s.Start.Before(from) && s.Start.Before(to) {
				out = append(out, s)
			}
		}
	}
	return out
}

// onDay is a weekly shift on a day, whose minutes at gives; false on another weekday.
func onDay(w *engine.WeeklyShift, at func(minute int32) time.Time) (engine.Shift, bool) {
	works := false
	for _, day := range w.Days {
		works = works || day == at(12*60).Weekday()
	}
	if !works {
		return engine.Shift{}, false
	}
	after := func(minute, than int32) int32 {
		if minute <= than {
			return minute + 24*60
		}
		return minute
	}
	s := engine.Shift{TimeSpan: dispatch.TimeSpan{Start: at(w.Start), End: at(after(w.End, w.Start))}}
	for _, b := range w.Breaks {
		start := after(b.Start, w.Start-1)
		s.Breaks = append(s.Breaks, engine.Break{
			TimeSpan: dispatch.TimeSpan{Start: at(start), End: at(after(b.End, start-1))}, Duration: b.Duration,
		})
	}
	return s, true
}
