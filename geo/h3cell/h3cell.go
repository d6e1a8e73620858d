// Package h3cell computes with H3 cells where the H3 library itself is needed: the cell of a point, centres and
// boundaries, disks and rings of neighbours, the cells of a polygon, and the inner circle that lets an index keep a cell
// until an object has really left it.
//
// It is the cgo fence: no other package imports h3-go, and a call costs microseconds, so nothing here belongs into an
// inner loop. What follows from the bits of a cell alone (text form, validity, resolution, parent) is in geo. The pinned
// h3-go returns no errors, so every function validates its arguments before it calls.
//
// Reading order: Of, Center, Boundary, Disk and Ring, InnerRadius, then Fill and Cover in cover.go. All functions are
// pure and safe for concurrent use; results are in ascending order of the cell number unless stated otherwise.
package h3cell

import (
	"fmt"
	"math"
	"slices"

	"github.com/uber/h3-go/v4"

	"fettle/geo"
)

// MaxDiskSteps is the largest k of Disk and Ring: about 188,000 cells.
const MaxDiskSteps = 250

// Of is the cell at resolution (0 to 15) that p lies in.
func Of(p geo.Point, resolution int) (geo.Cell, error) {
	if err := p.Validate(); err != nil {
		return 0, fmt.Errorf("find cell of point: %w", err)
	}
	if err := checkResolution(resolution); err != nil {
		return 0, fmt.Errorf("find cell of point: %w", err)
	}
	return of(p, resolution), nil
}

func of(p geo.Point, resolution int) geo.Cell {
	return geo.Cell(h3.LatLngToCell(h3.LatLng{Lat: p.Lat, Lng: p.Lon}, resolution))
}

func checkResolution(resolution int) error {
	if resolution < 0 || resolution > geo.MaxCellResolution {
		return &geo.InvalidError{Field: "resolution", Value: resolution, Want: fmt.Sprintf("in [0, %d]", geo.MaxCellResolution)}
	}
	return nil
}

func checkCell(c geo.Cell) error {
	if !c.Valid() {
		return &geo.InvalidError{Field: "cell", Value: c.String(), Want: "a valid H3 cell"}
	}
	return nil
}

// Valid says what the H3 library says; it agrees with geo.Cell.Valid, which needs no cgo.
func Valid(c geo.Cell) bool { return h3.Cell(c).IsValid() }

// Center is the centre of the cell.
func Center(c geo.Cell) (geo.Point, error) {
	if err := checkCell(c); err != nil {
		return geo.Point{}, fmt.Errorf("find center of cell: %w", err)
	}
	return center(c), nil
}

func center(c geo.Cell) geo.Point { return point(h3.CellToLatLng(h3.Cell(c))) }

// point keeps longitudes in range: H3 may return one that rounding put just outside.
func point(l h3.LatLng) geo.Point {
	return geo.Point{Lat: math.Max(-90, math.Min(90, l.Lat)), Lon: math.Max(-180, math.Min(180, l.Lng))}
}

// Boundary is the ring of corners, not closed: 6 for a hexagon, 5 for a pentagon, and up to 10 where the cell crosses an
// edge of the icosahedron. The edges between corners are great circles.
func Boundary(c geo.Cell) ([]geo.Point, error) {
	if err := checkCell(c); err != nil {
		return nil, fmt.Errorf("find boundary of cell: %w", err)
	}
	return boundary(c), nil
}

func boundary(c geo.Cell) []geo.Point {
	corners := h3.CellToBoundary(h3.Cell(c))
	ring := make([]geo.Point, len(corners))
	for i, l := range corners {
		ring[i] = point(l)
	}
	return ring
}

// Disk is the cells within steps moves of c between neighbours, c included: 3k(k+1)+1 of them, fewer around a pentagon.
// steps is in [0, MaxDiskSteps].
func Disk(c geo.Cell, steps int) ([]geo.Cell, error) {
	if err := checkDisk(c, steps); err != nil {
		return nil, fmt.Errorf("find disk around cell: %w", err)
	}
	return disk(c, steps), nil
}

// Ring is the cells that are exactly steps moves from c: 6k of them, fewer around a pentagon. steps is in
// [0, MaxDiskSteps]; 0 gives c alone.
func Ring(c geo.Cell, steps int) ([]geo.Cell, error) {
	if err := checkDisk(c, steps); err != nil {
		return nil, fmt.Errorf("find ring around cell: %w", err)
	}
	// The library pads its rings with zero cells near a pentagon, all of them with distance 0.
	var ring []geo.Cell
	for _, n := range h3.GridDiskDistances(h3.Cell(c), steps)[steps] {
		if n != 0 {
			ring = append(ring, geo.Cell(n))
		}
	}
	slices.Sort(ring)
	return ring, nil
}

func checkDisk(c geo.Cell, steps int) error {
	if steps < 0 || steps > MaxDiskSteps {
		return &geo.InvalidError{Field: "steps", Value: steps, Want: fmt.Sprintf("in [0, %d]", MaxDiskSteps)}
	}
	return checkCell(c)
}

func disk(c geo.Cell, steps int) []geo.Cell {
	found := h3.GridDisk(h3.Cell(c), steps)
	cells := make([]geo.Cell, len(found))
	for i, n := range found {
		cells[i] = geo.Cell(n)
	}
	slices.Sort(cells)
	return cells
}

// InnerRadius is the radius of the largest circle around the centre of the cell that lies in the cell: a point nearer to
// the centre than this is in the cell, without a call of the library. Zero for the
// smallest cells at a pole, where the library is not exact enough. Cells are
// distorted, so it has no constant ratio to the resolution.
func InnerRadius(c geo.Cell) (geo.Meters, error) {
	if err := checkCell(c); err != nil {
		return 0, fmt.Errorf("find inner circle of cell: %w", err)
	}
	return innerRadius(c), nil
}

func innerRadius(c geo.Cell) geo.Meters {
	// One part in a million (1 mm in 1 km) and a micrometre cover the rounding of the library and of the distance. Within
	// metres of a pole the library takes the arc sine of a number near 1: its centres and corners are up to 0.1 m off.
	const margin = 1e-6
	least := geo.Meters(1e-6)
	middle := center(c)
	if math.Abs(middle.Lat) > 89.99 {
		least = 0.5
	}
	nearest := geo.Meters(math.Inf(1))
	ring := boundary(c)
	a := ring[len(ring)-1]
	for _, b := range ring {
		nearest = min(nearest, distanceToArc(middle, a, b))
		a = b
	}
	return max(0, nearest*(1-margin)-least)
}

// distanceToArc is the distance from p to the great-circle arc from a to b, for arcs well under half a turn.
func distanceToArc(p, a, b geo.Point) geo.Meters {
	along := degreesBetween(geo.Bearing(a, b), geo.Bearing(a, p))
	back := degreesBetween(geo.Bearing(b, a), geo.Bearing(b, p))
	toA, toB := geo.DistanceHaversine(p, a), geo.DistanceHaversine(p, b)
	if along > 90 || back > 90 { // the nearest point is a corner
		return min(toA, toB)
	}
	// Cross-track distance: the right spherical triangle with hypotenuse toA and the angle at a.
	sine := math.Sin(float64(toA)/geo.EarthRadiusMeters) * math.Sin(along*math.Pi/180)
	return geo.Meters(math.Asin(sine) * geo.EarthRadiusMeters)
}

// degreesBetween is the angle between two bearings, in [0, 180].
func degreesBetween(a, b float64) float64 {
	d := math.Abs(a - b)
	return math.Min(d, 360-d)
}
