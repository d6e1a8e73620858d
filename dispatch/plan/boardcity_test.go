package plan_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"fettle/dispatch"
	"fettle/geo"
)

// city is a seeded territory with committed routes: technicians of 8 trades with levels in shifts of nine hours with one
// lunch break, each with a chain of visits around home that its windows allow.
type city struct {
	rng     *rand.Rand
	kmSide  float64
	problem *dispatch.Problem
	plan    *dispatch.Plan
	serial  int
}

const (
	trades         = 8
	secondsPerDeg  = 0.156 // a metre at 30 km/h with detours of 30 %
	citySouth      = 30.0
	cityWest       = 120.0
	lunchTicks     = 45 * 60
	metersPerKm    = 1000
	emergencyShare = 0.05
)

// cityOptions chooses the size and the objective.
type cityOptions struct {
	technicians, stops int
	kmSide             float64
	duty               int64 // price of a second from departure to end
	seed               uint64
}

func newCity(o cityOptions) *city {
	c := &city{rng: rand.New(rand.NewPCG(o.seed, 1)), kmSide: o.kmSide}
	c.problem = &dispatch.Problem{Policy: dispatch.Policy{
		Unserved:     dispatch.UnservedPolicy{PerVisit: 200_000, PerPriority: 400_000},
		Tiers:        []dispatch.LatenessTier{{Name: "standard", Steps: []dispatch.LatenessStep{{PerTick: 5}, {After: 3600, PerTick: 20}}}, {Name: "emergency", Steps: []dispatch.LatenessStep{{PerTick: 100}}}},
		DefaultTier:  "standard",
		SkillSurplus: 600, NotPreferred: 2000,
	}}
	c.plan = &dispatch.Plan{}
	var points []geo.Point
	for t := range o.technicians {
		points = append(points, c.technician(t, o)...)
	}
	m, err := geo.NewGlobe(points, secondsPerDeg, geo.RoundNearest)
	if err != nil {
		panic(err)
	}
	c.problem.Travel = []dispatch.Travel{{Name: "van", Time: m}}
	return c
}

func (c *city) between(low, high int) dispatch.Tick { return dispatch.Tick(low + c.rng.IntN(high-low)) }

// point is somewhere in the city.
func (c *city) point() geo.Point {
	side := c.kmSide * metersPerKm
	return geo.Point{
		Lat: citySouth + c.rng.Float64()*side/geo.MetersPerDegree,
		Lon: cityWest + c.rng.Float64()*side/geo.MetersPerDegree/math.Cos(citySouth*math.Pi/180),
	}
}

func (c *city) addPlace(p geo.Point) int32 {
	c.problem.Places = append(c.problem.Places, dispatch.Place{Point: p, OnGlobe: true})
	return int32(len(c.problem.Places) - 1)
}

func trade(k int) dispatch.Skill { return dispatch.Skill(fmt.Sprintf("trade-%d", k%trades)) }

// technician adds one technician with home, shift and a chain of visits, and returns the points of the new places.
func (c *city) technician(t int, o cityOptions) []geo.Point {
	home := c.point()
	points := []geo.Point{home}
	place := c.addPlace(home)
	start := dispatch.Tick(7+c.rng.IntN(3)) * 3600
	first := c.rng.IntN(trades)
	tech := dispatch.Technician{
		ID:     dispatch.TechnicianID(fmt.Sprintf("t%05d", t)),
		Skills: []dispatch.SkillLevel{{Skill: trade(first), Level: int32(1 + c.rng.IntN(3))}, {Skill: trade(first + 1 + 2*c.rng.IntN(2)), Level: int32(1 + c.rng.IntN(2))}},
		Shifts: []dispatch.Shift{{
			Start: start, End: start + 9*3600, LatestDeparture: dispatch.NoTick, StartPlace: place, EndPlace: place,
			Breaks: []dispatch.Break{{Windows: []dispatch.TimeWindow{{Start: 11*3600 + 1800, End: 14 * 3600}}, Duration: lunchTicks}},
		}},
		Rates: dispatch.Rates{Travel: 10, Duty: o.duty, Overtime: 20},
	}
	c.problem.Technicians = append(c.problem.Technicians, tech)
	route := dispatch.Route{Technician: int32(t)}
	now, at, ate := start, home, false
	for range o.stops {
		next := geo.Destination(at, 360*c.rng.Float64(), geo.Meters(200+2800*c.rng.Float64()))
		now += dispatch.Tick(float64(geo.DistanceHaversine(at, next))*secondsPerDeg + 1)
		if !ate && now > 11*3600+1800 {
			now, ate = now+lunchTicks, true
		}
		v := c.visit()
		held := tech.Skills[c.rng.IntN(2)]
		v.Skills = []dispatch.SkillLevel{{Skill: held.Skill, Level: 1 + int32(c.rng.IntN(int(held.Level)))}}
		v.Place, v.OnSite = int32(len(c.problem.Places)), c.between(20*60, 50*60)
		home := dispatch.Tick(float64(geo.DistanceHaversine(next, home))*secondsPerDeg + 60)
		if now+v.OnSite+home > start+9*3600 || (!ate && now+v.OnSite+home+lunchTicks > start+9*3600) {
			break
		}
		length := c.windowLength()
		open := max(now-c.between(0, int(length)), 0)
		v.Windows = []dispatch.TimeWindow{{Start: open, End: open + length}}
		v.Due = v.Windows[0].End
		c.addPlace(next)
		points = append(points, next)
		route.Stops = append(route.Stops, dispatch.Stop{Kind: dispatch.StopVisit, Visit: int32(len(c.problem.Visits)), Break: -1, Depot: -1})
		c.problem.Visits = append(c.problem.Visits, v)
		now, at = now+v.OnSite, next
	}
	if len(route.Stops) > 0 {
		c.plan.Routes = append(c.plan.Routes, route)
	}
	return points
}

// windowLength is two to four hours, for one visit in five one hour.
func (c *city) windowLength() dispatch.Tick {
	if c.rng.IntN(5) == 0 {
		return 3600
	}
	return c.between(2*3600, 4*3600)
}

// visit is a visit that wants any technician.
func (c *city) visit() dispatch.Visit {
	c.serial++
	return dispatch.Visit{ID: dispatch.VisitID(fmt.Sprintf("v%07d", c.serial)), Due: dispatch.NoTick, Urgency: dispatch.UrgencyNormal}
}

// arrival is a visit that is reported during the day, and where: a twentieth are emergencies, due within the hour at any
// start, the rest have a window.
func (c *city) arrival() (dispatch.Visit, geo.Point) {
	v := c.visit()
	v.Skills = []dispatch.SkillLevel{{Skill: trade(c.rng.IntN(trades)), Level: int32(1 + c.rng.IntN(3))}}
	v.OnSite = c.between(20*60, 50*60)
	open := c.between(7*3600, 15*3600)
	if c.rng.Float64() < emergencyShare {
		v.Urgency, v.Tier, v.Due, v.Priority = dispatch.UrgencyEmergency, "emergency", open+3600, 2
		v.Windows = []dispatch.TimeWindow{{Start: open, End: 24 * 3600}}
		return v, c.point()
	}
	v.Windows = []dispatch.TimeWindow{{Start: open, End: open + c.windowLength()}}
	v.Due = v.Windows[0].End
	return v, c.point()
}
