package scenario

import (
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/simulate/city"
	"fettle/simulate/day"
)

// Named is a scenario that needs no file; the error names those there are.
func Named(name string) (*Scenario, error) {
	if name == "operator" {
		return New(&File{Name: name, Start: "2026-03-02", Zone: "Asia/Shanghai", Operator: &Operator{CitySeed: 1}})
	}
	return nil, &dispatch.InvalidError{Field: "scenario", Value: name, Want: "a file, or operator: the operator of the demo"}
}

// operate takes people and demand from the demo's city. It takes some 60 ms.
func (s *Scenario) operate(o *Operator) {
	c := city.New(o.CitySeed)
	for i := range c.Technicians {
		t := &c.Technicians[i]
		s.people = append(s.people, day.Person{ID: t.ID, Profile: engine.Profile{
			Name: t.Name.En, Skills: t.Skills, Tools: t.Tools, Home: t.Home, Zone: s.file.Zone, Weekly: weeklyOf(t),
		}})
	}
	for i := range c.Technicians {
		s.people[i].ID = dispatch.TechnicianID(strings.Clone(string(c.Technicians[i].ID)))
	}
	s.points = standby(c, 8)
	factor := o.Demand
	if factor == 0 {
		factor = 1
	}
	s.demand = func(r *rand.Rand, midnight time.Time) []day.Report {
		var out []day.Report
		for left := factor; left > 0; left-- {
			demand := *c
			demand.Seed = r.Uint64()
			for _, rep := range demand.Day(midnight) {
				if left >= 1 || r.Float64() < left {
					out = append(out, reportOf(&rep, midnight))
				}
			}
		}
		return out
	}
}

// weeklyOf is the week of a technician of the city, with the break of the turn.
func weeklyOf(t *city.Technician) []engine.WeeklyShift {
	pause := engine.WeeklyBreak{Start: 11*60 + 30, End: 13 * 60, Duration: time.Hour}
	switch t.Turn {
	case city.LateTurn:
		pause = engine.WeeklyBreak{Start: 16*60 + 30, End: 18 * 60, Duration: 45 * time.Minute}
	case city.NightTurn:
		pause = engine.WeeklyBreak{Start: 60, End: 150, Duration: 45 * time.Minute}
	}
	start, end := t.Turn.Hours()
	w := engine.WeeklyShift{
		Start: int32(start / time.Minute), End: int32(end/time.Minute) % (24 * 60), Breaks: []engine.WeeklyBreak{pause},
	}
	for _, s := range t.Shifts {
		w.Days = append(w.Days, s.Weekday)
	}
	return []engine.WeeklyShift{w}
}

// reportOf is a report of the city's day.
func reportOf(r *city.Report, midnight time.Time) day.Report {
	out := day.Report{
		At: midnight.Add(r.At), Actual: r.Actual, Door: r.Unit != "" && r.Kind != city.Park,
		Wish: engine.Wish{
			Location: r.Location, UnitID: r.Unit, Building: r.Building, Description: r.Description.En, Channel: r.Channel,
			Urgency: r.Urgency, Skills: []dispatch.SkillLevel{r.Skill}, OnSite: r.OnSite,
		},
	}
	for _, w := range r.Windows {
		out.Wish.Windows = append(out.Wish.Windows, dispatch.TimeSpan{Start: midnight.Add(w.Start), End: midnight.Add(w.End)})
	}
	return out
}

// standby chooses places among the operator's buildings, one after the other, each where it brings the rooms nearest to the
// next standby place: the greedy rule for the k-median problem (Cornuejols, Fisher and Nemhauser 1977,
// doi:10.1287/mnsc.23.8.789). O(places * buildings^2).
func standby(c *city.City, n int) []geo.Point {
	away := make([]float64, len(c.Buildings))
	for i := range away {
		away[i] = math.Inf(1)
	}
	var out []geo.Point
	for range n {
		best, least := 0, math.Inf(1)
		for k := range c.Buildings {
			sum := 0.0
			for i := range c.Buildings {
				d := float64(geo.DistanceEquirect(c.Buildings[i].Location, c.Buildings[k].Location))
				sum += min(d, away[i]) * math.Sqrt(float64(c.Buildings[i].Rooms()))
			}
			if sum < least {
				best, least = k, sum
			}
		}
		p := c.Buildings[best].Location
		for i := range away {
			away[i] = min(away[i], float64(geo.DistanceEquirect(c.Buildings[i].Location, p)))
		}
		out = append(out, p)
	}
	return out
}
