package city

import (
	"math"
	"math/rand/v2"
	"slices"

	"fettle/geo"
)

// Class is the rank of a street.
type Class string

// The classes of streets, from the fastest.
const (
	Expressway  Class = "expressway"
	Arterial    Class = "arterial"
	Secondary   Class = "secondary"
	Residential Class = "residential"
)

// SpeedKPH is the speed at which a street of the class is driven when it is empty, stops at junctions included.
func (c Class) SpeedKPH() float64 {
	switch c {
	case Expressway:
		return topSpeedKPH
	case Arterial:
		return 42
	case Secondary:
		return 32
	}
	return 20
}

const topSpeedKPH = 68.0

// Street is one street, or a part of one, as it is drawn.
type Street struct {
	Name   Name
	Class  Class
	Bridge bool // it crosses the river
	Points []geo.Point
}

// Footprint is the ground plan of a building. Ring is open and runs counter-clockwise on the map.
type Footprint struct {
	Ring         []geo.Point
	Use          Use
	HeightMeters int
	Building     string // id of the operator's building, or ""
}

// City is the street plan, the operator in it and its demand. It is immutable after New and safe for concurrent use; the
// caller must not change the slices.
type City struct {
	Seed       uint64
	Bounds     geo.Bounds
	Streets    []Street
	Water      []Area
	Parks      []Area
	Blocks     []Area
	Footprints []Footprint

	Buildings   []Building // rental buildings, then those of the business park
	Units       []Unit     // rooms of the rental buildings, building by building, then scattered flats
	Technicians []Technician

	warp    *warp
	net     *network
	weights []float64 // how often things break, by building
	faults  []Fault
}

// Streams of random numbers: what is added to one part of the city leaves the others as they are.
const (
	streamPlan uint64 = iota + 1
	streamNames
	streamGround
	streamOperator
	streamPeople
	streamDemand
)

// stream is the random numbers of one part.
func stream(seed, part uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, part)) }

// New makes the city of a seed. It takes some 60 ms; O(n log n) in the number of houses and junctions, of which there
// are some thousand.
func New(seed uint64) *City {
	c := &City{Seed: seed, Bounds: geo.Bounds{South: southLat, West: westLon, North: northLat, East: eastLon}}
	plan := stream(seed, streamPlan)
	c.warp = newWarp(plan)
	lay := newLayout(plan, newNamer(stream(seed, streamNames)))
	g := &ground{w: c.warp, r: stream(seed, streamGround), lay: lay, city: c}
	g.dig()
	g.settle()
	c.net = newNetwork(c.warp, lay)
	c.net.christen(lay)
	c.Streets = c.net.streets(c.warp, lay)
	g.operate(stream(seed, streamOperator))
	g.draw()
	c.Technicians = g.hire(stream(seed, streamPeople))
	c.faults = Faults()
	c.weights = wear(stream(seed, streamDemand), len(c.Buildings))
	return c
}

// draw puts the houses that were not taken as buildings of the operator on the map.
func (g *ground) draw() {
	taken := map[int]string{}
	for i := range g.city.Buildings {
		taken[g.city.Buildings[i].house] = g.city.Buildings[i].ID
	}
	for i := range g.houses {
		p := &g.houses[i]
		ring := make([]xy, len(p.ring))
		for k, c := range p.ring {
			ring[k] = g.w.plane(c)
		}
		if ringArea(ring) < 0 {
			slices.Reverse(ring)
		}
		g.city.Footprints = append(g.city.Footprints, Footprint{
			Ring: g.w.points(ring), Use: g.uses[p.block], HeightMeters: p.height, Building: taken[i],
		})
	}
}

// InWater says that p lies in the river, a canal or a lake.
func (c *City) InWater(p geo.Point) bool {
	for i := range c.Water {
		if (geo.Polygon{Outer: c.Water[i].Ring}).Contains(p) {
			return true
		}
	}
	return false
}

// wear is how much more often than the average things break in each building; the mean is about 1.
func wear(r *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.Exp(0.35*r.NormFloat64() - 0.06)
	}
	return out
}
