package h3cell

import (
	"fmt"
	"math"
	"slices"

	"fettle/geo"
)

// MaxCoverCells limits the answer of Fill and Cover; a polygon that needs more wants a coarser resolution.
const MaxCoverCells = 500_000

// Fill is the cells whose centre lies in the polygon: polygons that share no point get cells that share no cell. A polygon
// smaller than a cell may get none.
func Fill(g geo.Polygon, resolution int) ([]geo.Cell, error) {
	c, err := coverPolygon(g, resolution)
	if err != nil {
		return nil, fmt.Errorf("fill polygon with cells: %w", err)
	}
	filled := make([]geo.Cell, 0, len(c.state))
	for cell, centered := range c.state {
		if centered {
			filled = append(filled, cell)
		}
	}
	slices.Sort(filled)
	return filled, nil
}

// Cover is cells that together hold every point of the polygon: those of Fill and all that its edges touch. It can hold
// a cell that comes within a 64th of the mean cell radius of an edge without touching it.
func Cover(g geo.Polygon, resolution int) ([]geo.Cell, error) {
	c, err := coverPolygon(g, resolution)
	if err != nil {
		return nil, fmt.Errorf("cover polygon with cells: %w", err)
	}
	cells := make([]geo.Cell, 0, len(c.state))
	for cell := range c.state {
		cells = append(cells, cell)
	}
	slices.Sort(cells)
	return cells, nil
}

// cover follows the edges of the polygon and floods the inside from there. It does not use the library's polygonToCells,
// whose idea of an edge differs from that of geo.Polygon at the antimeridian and at the poles.
//
// Why nothing is missed: let q be a point of the polygon in cell C. If no edge meets C then C is wholly inside, its
// centre is contained, and a walk from q within the polygon to the nearest edge passes only such cells until it enters one
// that an edge meets; neighbours of those are flooded. If an edge meets C, some point b of the edge lies in C and some
// sample s of the edge is within half a spacing of b, so C is at most half a spacing from s and is added by touch.
//
// Cost: one library call for each sample and each flooded cell, O(cells * corners) containment tests.
type cover struct {
	polygon    geo.Polygon
	resolution int
	spacing    geo.Meters        // largest distance between samples along an edge
	state      map[geo.Cell]bool // cells of the cover; true: the centre is in the polygon
	queue      []geo.Cell        // cells whose neighbours are still to be looked at
}

// samplesPerRadius is how many samples an edge gets for each cell radius it is long.
const samplesPerRadius = 32

func coverPolygon(g geo.Polygon, resolution int) (*cover, error) {
	if err := checkResolution(resolution); err != nil {
		return nil, err
	}
	if err := g.Validate(); err != nil {
		return nil, err
	}
	// A hexagon of area A has an inner radius of sqrt(A / (2 sqrt 3)); there are 2 + 120 * 7^r cells.
	area := 4 * math.Pi * geo.EarthRadiusMeters * geo.EarthRadiusMeters / (2 + 120*math.Pow(7, float64(resolution)))
	radius := math.Sqrt(area / (2 * math.Sqrt(3)))
	c := &cover{polygon: g, resolution: resolution, spacing: geo.Meters(radius / samplesPerRadius), state: map[geo.Cell]bool{}}
	for _, ring := range append([][]geo.Point{g.Outer}, g.Holes...) {
		if err := c.trace(ring); err != nil {
			return nil, err
		}
	}
	return c, c.flood()
}

func (c *cover) tooMany() error {
	return &geo.InvalidError{
		Field: "resolution", Value: c.resolution,
		Want: fmt.Sprintf("a coarser one: the polygon needs more than %d cells", MaxCoverCells),
	}
}

// trace adds the cells along a ring.
func (c *cover) trace(ring []geo.Point) error {
	for i, a := range ring {
		b := ring[(i+1)%len(ring)]
		dLat, dLon := b.Lat-a.Lat, shortWay(b.Lon-a.Lon)
		// The metric length of a step is at most that of its two components at the latitude nearest to the equator.
		widest := 1.0
		if a.Lat*b.Lat > 0 {
			widest = math.Cos(math.Min(math.Abs(a.Lat), math.Abs(b.Lat)) * math.Pi / 180)
		}
		steps := math.Ceil(geo.MetersPerDegree * math.Hypot(dLat, dLon*widest) / float64(c.spacing))
		if steps > MaxCoverCells*samplesPerRadius {
			return c.tooMany()
		}
		for k := 0.0; k <= steps; k++ {
			f := k / math.Max(1, steps)
			c.touch(geo.Point{Lat: a.Lat + f*dLat, Lon: shortWay(a.Lon + f*dLon)})
			if len(c.state) > MaxCoverCells {
				return c.tooMany()
			}
		}
	}
	return nil
}

// touch adds every cell that comes within half a spacing of s.
func (c *cover) touch(s geo.Point) {
	home := of(s, c.resolution)
	reach := c.spacing * 0.51
	if _, known := c.state[home]; known && geo.DistanceHaversine(s, center(home))+reach < innerRadius(home) {
		return
	}
	c.add(home)
	for _, n := range disk(home, 1) {
		if n != home && distanceToRing(s, boundary(n)) <= reach {
			c.add(n)
		}
	}
}

func distanceToRing(p geo.Point, ring []geo.Point) geo.Meters {
	nearest := geo.Meters(math.Inf(1))
	a := ring[len(ring)-1]
	for _, b := range ring {
		nearest = min(nearest, distanceToArc(p, a, b))
		a = b
	}
	return nearest
}

func (c *cover) add(cell geo.Cell) {
	if _, known := c.state[cell]; !known {
		c.state[cell] = c.polygon.Contains(center(cell))
		c.queue = append(c.queue, cell)
	}
}

// flood adds the cells with their centre in the polygon that neighbours lead to.
func (c *cover) flood() error {
	for len(c.queue) > 0 {
		cell := c.queue[len(c.queue)-1]
		c.queue = c.queue[:len(c.queue)-1]
		for _, n := range disk(cell, 1) {
			if _, known := c.state[n]; !known && c.polygon.Contains(center(n)) {
				c.state[n] = true
				c.queue = append(c.queue, n)
			}
		}
		if len(c.state) > MaxCoverCells {
			return c.tooMany()
		}
	}
	return nil
}

// shortWay brings a longitude or a difference of longitudes to [-180, 180].
func shortWay(lon float64) float64 {
	switch {
	case lon > 180:
		return lon - 360
	case lon < -180:
		return lon + 360
	}
	return lon
}
