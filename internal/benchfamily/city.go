package benchfamily

import (
	"fmt"
	"math"
	"math/rand/v2"

	"fettle/dispatch"
	"fettle/geo"
)

// city is a seeded territory with committed routes: technicians of 8 trades in shifts of nine hours with a lunch break, each
// with a chain of visits not far apart that fills most of the shift, and a stream of new visits.
type city struct {
	random  *rand.Rand
	side    float64 // metres
	p       *dispatch.Problem
	plan    *dispatch.Plan
	points  []geo.Point
	serial  int
	arrived []arrival
}

// arrival is a visit that was reported during the day.
type arrival struct {
	index int32 // on the board
	visit dispatch.Visit
	at    geo.Point
}

const (
	cityTrades      = 8
	secondsPerMeter = 0.156 // 30 km/h with detours of 30 %
	hour            = dispatch.Tick(3600)
	lunch           = hour * 3 / 4
)

// newCity is a square of a side in metres. It has up to so many stops for each technician: chains end when the shift is full.
func newCity(technicians, stops int, seed uint64, side float64) (*city, error) {
	c := &city{
		random: rand.New(rand.NewPCG(seed, 0xc17e)), side: side, plan: &dispatch.Plan{},
		p: &dispatch.Problem{Scale: dispatch.Scale{TicksPerUnit: 1, Unit: "s"}, Policy: dispatch.Policy{
			Unserved:    dispatch.UnservedPolicy{PerVisit: 1_000_000},
			Tiers:       []dispatch.LatenessTier{{Name: "standard", Steps: []dispatch.LatenessStep{{PerTick: 20}}}},
			DefaultTier: "standard", SkillSurplus: 600,
		}},
	}
	for t := range technicians {
		c.technician(t, stops)
	}
	m, err := geo.NewGlobe(c.points, secondsPerMeter, geo.RoundNearest)
	c.p.Travel = []dispatch.Travel{{Name: "van", Time: m}}
	return c, err
}

func (c *city) between(low, high dispatch.Tick) dispatch.Tick {
	return low + dispatch.Tick(c.random.IntN(int(high-low)))
}

func (c *city) place(at geo.Point) int32 {
	c.points = append(c.points, at)
	c.p.Places = append(c.p.Places, dispatch.Place{Point: at, OnGlobe: true})
	return int32(len(c.points) - 1)
}

// technician adds one with a shift and a route.
func (c *city) technician(t, stops int) {
	home := pointWithin(c.random, c.side)
	start := c.between(7*hour, 10*hour)
	trade := dispatch.Skill(fmt.Sprintf("trade-%d", c.random.IntN(cityTrades)))
	shift := dispatch.Shift{
		Start: start, End: start + 9*hour, LatestDeparture: dispatch.NoTick, StartPlace: c.place(home),
		Breaks: []dispatch.Break{{Windows: []dispatch.TimeWindow{{Start: 11 * hour, End: 15 * hour}}, Duration: lunch}},
	}
	shift.EndPlace = shift.StartPlace
	c.p.Technicians = append(c.p.Technicians, dispatch.Technician{
		ID: dispatch.TechnicianID(fmt.Sprintf("t%05d", t)), Shifts: []dispatch.Shift{shift}, Rates: dispatch.Rates{Travel: 10},
		Skills: []dispatch.SkillLevel{{Skill: trade, Level: int32(1 + c.random.IntN(3))}},
	})
	r := dispatch.Route{Technician: int32(t)}
	now, at := start+lunch, home // lunch is kept free from the start, wherever it falls
	for range stops {
		next := geo.Destination(at, 360*c.random.Float64(), geo.Meters(200+2800*c.random.Float64()))
		v := c.visit(trade, 1)
		now += rideTime(at, next)
		if now+v.OnSite+rideTime(next, home) > shift.End {
			break
		}
		// The window holds both the start with lunch before and that without.
		v.Windows = []dispatch.TimeWindow{{Start: now - 2*hour, End: now + 2*hour}}
		v.Place = c.place(next)
		r.Stops = append(r.Stops, dispatch.Stop{Kind: dispatch.StopVisit, Visit: int32(len(c.p.Visits)), Break: -1, Depot: -1})
		c.p.Visits = append(c.p.Visits, v)
		now, at = now+v.OnSite, next
	}
	if len(r.Stops) > 0 {
		c.plan.Routes = append(c.plan.Routes, r)
	}
}

// rideTime is the travel time with a tick more than rounding can add.
func rideTime(a, b geo.Point) dispatch.Tick {
	return dispatch.Tick(math.Ceil(float64(geo.DistanceHaversine(a, b))*secondsPerMeter)) + 1
}

func (c *city) visit(trade dispatch.Skill, level int32) dispatch.Visit {
	c.serial++
	return dispatch.Visit{
		ID: dispatch.VisitID(fmt.Sprintf("v%07d", c.serial)), OnSite: c.between(hour/3, hour*2/3), Due: dispatch.NoTick,
		Urgency: dispatch.UrgencyNormal, Skills: []dispatch.SkillLevel{{Skill: trade, Level: level}},
	}
}

// arrival is a visit that is reported during the day, and where it is.
func (c *city) arrival() (dispatch.Visit, geo.Point) {
	v := c.visit(dispatch.Skill(fmt.Sprintf("trade-%d", c.random.IntN(cityTrades))), int32(1+c.random.IntN(3)))
	open := c.between(7*hour, 15*hour)
	v.Windows = []dispatch.TimeWindow{{Start: open, End: open + c.between(hour, 4*hour)}}
	v.Due = v.Windows[0].End
	return v, pointWithin(c.random, c.side)
}
