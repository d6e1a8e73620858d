package scenario

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/simulate/day"
)

// Scenario is a checked File. It is immutable.
type Scenario struct {
	file   File
	zone   *time.Location
	start  time.Time // local midnight of the first day
	people []day.Person
	demand func(r *rand.Rand, midnight time.Time) []day.Report // of one calendar day, in any order
	habits day.Habits
	roads  day.Roads
	levels day.Levels
	points []geo.Point
	past   func() day.Expected // of days before the first, counted once
}

// New checks a file and makes a scenario of it. An error is a *dispatch.InvalidError.
func New(f *File) (*Scenario, error) {
	s := &Scenario{file: *f, habits: day.DefaultHabits(), roads: day.DefaultRoads(), levels: day.DefaultLevels()}
	s.past = sync.OnceValue(s.expected)
	c := checker{}
	c.must(f.Name != "", "name", f.Name, "a name")
	zone, err := time.LoadLocation(f.Zone)
	c.must(f.Zone != "" && err == nil, "zone", f.Zone, "an IANA time zone such as Asia/Shanghai")
	if c.err != nil {
		return nil, c.err
	}
	s.zone = zone
	s.start, err = time.ParseInLocation(time.DateOnly, f.Start, zone)
	c.must(err == nil, "start", f.Start, "a day such as 2026-03-02")
	c.habits(f.Habits, &s.habits)
	c.roads(f.Roads, &s.roads)
	c.levels(f.Levels, &s.levels)
	if f.Operator != nil {
		c.must(len(f.Technicians)+len(f.Places)+len(f.Faults)+len(f.Standby) == 0 && f.Reports == nil, "operator", "",
			"no technicians, places, faults, reports or standby beside it")
		c.must(f.Operator.Demand >= 0 && f.Operator.Demand <= 100, "operator.demand", num(f.Operator.Demand), "a factor up to 100")
		if c.err == nil {
			s.operate(f.Operator)
		}
		return s, c.err
	}
	c.staff(f)
	c.places(f)
	if c.err != nil {
		return nil, c.err
	}
	s.hire()
	s.points = make([]geo.Point, len(f.Standby))
	for i, p := range f.Standby {
		s.points[i] = p.point()
	}
	s.demand = s.draw
	return s, nil
}

// Days of a World before and after the one that is measured.
const before, after = 7, 1

// Name is that of the scenario.
func (s *Scenario) Name() string { return s.file.Name }

// World draws one day: number counts days from the first, and the seed makes other days of the same dates. People are those
// of the scenario whatever the number.
func (s *Scenario) World(seed uint64, number int) *day.World {
	y, m, d := s.start.Date()
	midnight := func(k int) time.Time { return s.midnight(y, m, d+number+k) }
	w := &day.World{
		Start: midnight(-before), Count: dispatch.TimeSpan{Start: midnight(0), End: midnight(1)}, Zone: s.zone,
		Habits: s.habits, Roads: s.roads, Levels: s.levels, Standby: s.points, Expected: s.past(),
		Seed: seed ^ uint64(number+1)*0x9e3779b97f4a7c15,
	}
	for k := -before; k <= after; k++ {
		reports := s.demand(rand.New(rand.NewPCG(seed, uint64(number)<<8|uint64(k+before))), midnight(k))
		slices.SortStableFunc(reports, func(a, b day.Report) int { return a.At.Compare(b.At) })
		for i := range reports {
			reports[i].ID = dispatch.WorkOrderID(fmt.Sprintf("r%d-%04d", k+before, i))
		}
		w.Reports = append(w.Reports, reports...)
	}
	for _, p := range s.people {
		p.Profile.Shifts = day.Expand(&p.Profile, midnight(-before), midnight(24), s.zone)
		w.People = append(w.People, p)
	}
	return w
}

func (s *Scenario) midnight(y int, m time.Month, d int) time.Time {
	return time.Date(y, m, d, 0, 0, 0, 0, s.zone)
}

// hire makes the technicians of the file.
func (s *Scenario) hire() {
	for i := range s.file.Technicians {
		t := &s.file.Technicians[i]
		profile := engine.Profile{Name: t.ID, Home: t.Home.point(), Tools: t.Tools, Zone: s.file.Zone}
		for _, k := range t.Skills {
			profile.Skills = append(profile.Skills, dispatch.SkillLevel{Skill: dispatch.Skill(k.Skill), Level: k.Level})
		}
		profile.Weekly = []engine.WeeklyShift{t.Shift.weekly()}
		for k := range max(t.Count, 1) {
			id := t.ID
			if t.Count > 1 {
				id = fmt.Sprintf("%s-%d", t.ID, k+1)
			}
			s.people = append(s.people, day.Person{ID: dispatch.TechnicianID(id), Profile: profile})
		}
	}
}

// weekly is a shift that was checked before.
func (s *Shift) weekly() engine.WeeklyShift {
	w := engine.WeeklyShift{}
	for _, d := range s.Days {
		w.Days = append(w.Days, time.Weekday(slices.Index(weekdays(), d)))
	}
	w.Start, _ = minutes(s.Start)
	w.End, _ = minutes(s.End)
	if b := s.Break; b != nil {
		out := engine.WeeklyBreak{Duration: duration(b.Minutes)}
		out.Start, _ = minutes(b.Start)
		out.End, _ = minutes(b.End)
		w.Breaks = []engine.WeeklyBreak{out}
	}
	return w
}

func weekdays() []string { return []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"} }

// minutes reads HH:MM.
func minutes(text string) (int32, bool) {
	h, m, ok := strings.Cut(text, ":")
	hour, errHour := strconv.Atoi(h)
	minute, errMinute := strconv.Atoi(m)
	ok = ok && len(h) == 2 && len(m) == 2 && errHour == nil && errMinute == nil && hour >= 0 && hour < 24 && minute >= 0 && minute < 60
	return int32(60*hour + minute), ok
}

func duration(minutes float64) time.Duration {
	return time.Duration(minutes * float64(time.Minute)).Truncate(time.Second)
}

func (p Point) point() geo.Point { return geo.Point{Lat: p.Latitude, Lon: p.Longitude} }

// draw makes the reports of a day of a file.
func (s *Scenario) draw(r *rand.Rand, midnight time.Time) []day.Report {
	f := &s.file
	count := f.Reports.Working
	if d := midnight.Weekday(); d == time.Saturday || d == time.Sunday {
		count = f.Reports.Resting
	}
	var out []day.Report
	for range poisson(r, count) {
		place := &f.Places[pick(r, len(f.Places), func(i int) float64 { return f.Places[i].Weight })]
		fault := &f.Faults[pick(r, len(f.Faults), func(i int) float64 { return f.Faults[i].Weight })]
		hour := pick(r, 24, func(i int) float64 { return f.Reports.Rhythm[i] })
		rep := day.Report{
			At: midnight.Add(time.Duration((float64(hour) + r.Float64()) * float64(time.Hour)).Truncate(time.Second)),
			Wish: engine.Wish{
				Location: place.point(), Building: place.ID, OnSite: duration(fault.OnSiteMinutes), Description: fault.Code,
				Urgency: dispatch.UrgencyNormal,
				Skills:  []dispatch.SkillLevel{{Skill: dispatch.Skill(fault.Skill.Skill), Level: fault.Skill.Level}},
			},
			Door: place.Door,
		}
		factor := min(max(math.Exp(fault.Spread*r.NormFloat64()), 0.4), 3)
		rep.Actual = duration(fault.OnSiteMinutes * factor)
		if r.Float64() < fault.Emergency {
			rep.Wish.Urgency = dispatch.UrgencyEmergency
		}
		out = append(out, rep)
	}
	return out
}

// pick draws an index by weight.
func pick(r *rand.Rand, n int, weight func(i int) float64) int {
	total := 0.0
	for i := range n {
		total += weight(i)
	}
	left, last := r.Float64()*total, 0
	for i := range n {
		if weight(i) <= 0 {
			continue
		}
		last = i
		if left -= weight(i); left < 0 {
			break
		}
	}
	return last
}

// poisson draws a count (Knuth 1969, The Art of Computer Programming 2, 3.4.1), in parts of which none underflows.
func poisson(r *rand.Rand, mean float64) (n int) {
	for ; mean > 0; mean -= 200 {
		limit, p := math.Exp(-min(mean, 200)), 1.0
		for {
			if p *= r.Float64(); p <= limit {
				break
			}
			n++
		}
	}
	return n
}
