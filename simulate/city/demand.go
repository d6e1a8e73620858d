package city

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/geo"
)

// Report is one message about a fault, with what only the simulation knows about the work behind it.
type Report struct {
	At          time.Duration // since local midnight
	Kind        Kind          // where: Rental, Park or Flat
	Building    string        // id, "" for a flat
	Unit        string        // id of the dwelling or office, "" for what belongs to a whole building
	Location    geo.Point
	Fault       string // code of the kind of fault, see Faults
	Skill       dispatch.SkillLevel
	Urgency     dispatch.Urgency
	OnSite      time.Duration // expected work, whole minutes: what the dispatcher is told
	Actual      time.Duration // work that it will turn out to be; hidden from the dispatcher
	Windows     []Window      // in which somebody is at home; none means any time
	Description Name
	Channel     dispatch.Channel
}

// Window is a half-open interval of local time since midnight of the report's day; beyond 24 h it is on the next day.
type Window struct{ Start, End time.Duration }

// source is one of the three places that reports come from.
type source struct {
	kind             Kind
	working, resting float64 // reports on a working day and on Saturday or Sunday, before season
	hours            func(h float64) float64
}

// sources are the demand of a day; the counts are means of Poisson draws.
func sources() []source {
	office := func(h float64) float64 {
		return 0.035 + 1.25*hump(h, 9.4, 1.0) + 0.62*hump(h, 14.2, 1.9) + 0.45*hump(h, 17.4, 1.2)
	}
	home := func(h float64) float64 {
		return 0.07 + 0.8*hump(h, 7.9, 1.2) + 0.35*hump(h, 13, 2.5) + 1.25*hump(h, 19.6, 1.7)
	}
	return []source{{Park, 118, 72, office}, {Rental, 29, 37, home}, {Flat, 6, 8, home}}
}

// Day makes the reports of a calendar day, in order of time. Only the year, month and day of the date count. The same
// city and date give the same reports. A working day has about 150, of which about 120 come from the business park.
func (c *City) Day(date time.Time) []Report {
	y, m, d := date.Date()
	r := rand.New(rand.NewPCG(c.Seed, uint64(y)*10_000+uint64(m)*100+uint64(d)))
	rest := date.Weekday() == time.Saturday || date.Weekday() == time.Sunday
	var out []Report
	for _, s := range sources() {
		mean := s.working
		if rest {
			mean = s.resting
		}
		for range poisson(r, mean*season(m)) {
			out = append(out, c.report(r, &s, m))
		}
	}
	slices.SortStableFunc(out, func(a, b Report) int { return int(a.At - b.At) })
	return out
}

// season is how much more is reported in the hottest and coldest months.
func season(m time.Month) float64 {
	switch m {
	case time.July, time.August:
		return 1.08
	case time.January, time.June, time.September:
		return 1.03
	}
	return 0.99
}

// poisson draws a count (Knuth 1969, The Art of Computer Programming 2, 3.4.1); for means of some hundred at most.
func poisson(r *rand.Rand, mean float64) int {
	limit, p := math.Exp(-mean), 1.0
	for n := 0; ; n++ {
		if p *= r.Float64(); p <= limit {
			return n
		}
	}
}

// report draws one report of a source.
func (c *City) report(r *rand.Rand, s *source, m time.Month) Report {
	at := moment(r, s.hours)
	f := drawFault(r, c.faults, s.kind, m)
	rep := Report{
		At: at, Kind: s.kind, Fault: f.Code, Skill: f.Skill, Urgency: dispatch.UrgencyNormal, Description: f.Text,
		OnSite: f.OnSite, Actual: noisy(r, f.OnSite, f.Spread), Channel: channel(r, s.kind, f),
	}
	if r.Float64() < f.Emergency {
		rep.Urgency = dispatch.UrgencyEmergency
	}
	c.place(r, &rep, f)
	if !f.Common && s.kind != Park && rep.Urgency == dispatch.UrgencyNormal {
		rep.Windows = windows(r, at)
	}
	return rep
}

// moment draws a time of day by a rhythm that is nowhere above rhythmTop.
func moment(r *rand.Rand, hours func(h float64) float64) time.Duration {
	const rhythmTop = 1.7
	for {
		h := 24 * r.Float64()
		if r.Float64()*rhythmTop < hours(h) {
			return time.Duration(h * float64(time.Hour)).Truncate(time.Second)
		}
	}
}

// place draws where it is.
func (c *City) place(r *rand.Rand, rep *Report, f *Fault) {
	if rep.Kind == Flat {
		flats := c.Units[len(c.Units)-flatCount:]
		u := &flats[r.IntN(len(flats))]
		rep.Unit, rep.Location = u.ID, u.Location
		return
	}
	b := c.worn(r, rep.Kind)
	rep.Building, rep.Location = b.ID, b.Location
	switch {
	case f.Common:
	case rep.Kind == Park:
		rep.Unit = b.RoomID(1+r.IntN(b.Floors), 1+r.IntN(b.RoomsAFloor))
	default:
		for {
			u := &c.Units[r.IntN(len(c.Units))]
			if u.Building == b.ID && u.Leased {
				rep.Unit = u.ID
				return
			}
		}
	}
}

// worn draws a building by its rooms and its wear.
func (c *City) worn(r *rand.Rand, kind Kind) *Building {
	total := 0.0
	for i := range c.Buildings {
		if c.Buildings[i].Kind == kind {
			total += c.weights[i] * math.Sqrt(float64(c.Buildings[i].Rooms()))
		}
	}
	left, last := r.Float64()*total, 0
	for i := range c.Buildings {
		if c.Buildings[i].Kind != kind {
			continue
		}
		last = i
		if left -= c.weights[i] * math.Sqrt(float64(c.Buildings[i].Rooms())); left < 0 {
			break
		}
	}
	return &c.Buildings[last]
}

// windows draws when somebody is at home: more often than not it does not matter, else this evening, tomorrow morning,
// tomorrow afternoon or tomorrow evening.
func windows(r *rand.Rand, at time.Duration) []Window {
	hour := time.Hour
	evening, roll := Window{18 * hour, 21 * hour}, r.Float64()
	tomorrow := func(w Window) Window { return Window{w.Start + 24*hour, w.End + 24*hour} }
	switch {
	case roll < 0.58:
		return nil
	case roll < 0.82 && at < 18*hour+30*time.Minute:
		return []Window{evening}
	case roll < 0.88 && at < 12*hour:
		return []Window{{14 * hour, 17 * hour}, evening}
	case roll < 0.94:
		return []Window{tomorrow(Window{9 * hour, 12 * hour})}
	}
	return []Window{tomorrow(evening)}
}

// channel draws how the message comes in.
func channel(r *rand.Rand, kind Kind, f *Fault) dispatch.Channel {
	roll := r.Float64()
	switch {
	case f.Common && roll < 0.35:
		return dispatch.ChannelIOT
	case kind == Park && roll < 0.4:
		return dispatch.ChannelFrontDesk
	case roll < 0.7:
		return dispatch.ChannelWeChat
	case roll < 0.88:
		return dispatch.ChannelApp
	}
	return dispatch.ChannelPhone
}
