package index

import (
	"fmt"
	"math"
	"slices"

	"fettle/geo"
	"fettle/geo/h3cell"
)

// Cells keeps the H3 cell of each object at one resolution, and the members of each cell. An update calls the H3 library
// only when the object has left the inner circle of its cell: the largest circle around the centre that lies in the cell.
//
// About 75 to 90 % of the area of a cell is in that circle; an object that stays in a corner costs a library call for each
// update. Answers are always those of the library.
type Cells struct {
	resolution int
	places     []int32 // by object number: index into cells plus 1, 0 for absent
	slots      []int32 // by object number: position among the members of its cell
	cells      []cellMembers
	free       []int32 // entries of cells that are empty
	byCell     map[geo.Cell]int32
	count      int
}

// cellMembers is one cell that has, or had, members.
type cellMembers struct {
	cell    geo.Cell
	center  geo.Point
	cos     float64 // of the latitude of the center
	slope   float64 // sine of it per degree
	inner   float64 // squared degrees of chord: an upper bound below this is inside
	members []int32
}

// NewCells makes an empty index at an H3 resolution in [0, 15], or returns a *geo.InvalidError.
func NewCells(resolution int) (*Cells, error) {
	if resolution < 0 || resolution > geo.MaxCellResolution {
		return nil, &geo.InvalidError{Field: "resolution", Value: resolution, Want: fmt.Sprintf("in [0, %d]", geo.MaxCellResolution)}
	}
	return &Cells{resolution: resolution, byCell: map[geo.Cell]int32{}}, nil
}

// Resolution is that of all cells.
func (c *Cells) Resolution() int { return c.resolution }

// Len is the number of objects.
func (c *Cells) Len() int { return c.count }

// Update adds object id or moves it to p, and says whether its cell is another one than before (true for a new object). It
// returns a *geo.InvalidError for an invalid point or a number outside [0, MaxObject], and changes nothing then. O(1).
func (c *Cells) Update(id int32, p geo.Point) (changed bool, err error) {
	if err := checkObject(id); err != nil {
		return false, fmt.Errorf("update cell of object %d: %w", id, err)
	}
	if err := p.Validate(); err != nil {
		return false, fmt.Errorf("update cell of object %d: %w", id, err)
	}
	for len(c.places) <= int(id) {
		c.places, c.slots = append(c.places, 0), append(c.slots, 0)
	}
	place := c.places[id]
	if place != 0 && c.cells[place-1].holds(p) {
		return false, nil
	}
	cell, err := h3cell.Of(p, c.resolution)
	if err != nil {
		return false, fmt.Errorf("update cell of object %d: %w", id, err)
	}
	if place != 0 && c.cells[place-1].cell == cell {
		return false, nil
	}
	to, err := c.find(cell)
	if err != nil {
		return false, fmt.Errorf("update cell of object %d: %w", id, err)
	}
	if place != 0 {
		c.take(id)
	}
	m := &c.cells[to]
	c.places[id], c.slots[id] = to+1, int32(len(m.members))
	m.members = append(m.members, id)
	c.count++
	return true, nil
}

// holds says that p is for certain in the inner circle; the bound is the upper one of (2) in gridsearch.go, and a chord is
// never longer than its arc.
func (m *cellMembers) holds(p geo.Point) bool {
	a, b := p.Lat-m.center.Lat, p.Lon-m.center.Lon
	if b > 180 {
		b -= 360
	} else if b < -180 {
		b += 360
	}
	a2 := a * a
	return a2+m.cos*(m.cos-a*m.slope+a2*squareHalf)*b*b < m.inner
}

// find is the entry of a cell, made when there is none.
func (c *Cells) find(cell geo.Cell) (int32, error) {
	if at, ok := c.byCell[cell]; ok {
		return at, nil
	}
	center, err := h3cell.Center(cell)
	if err != nil {
		return 0, err
	}
	radius, err := h3cell.InnerRadius(cell)
	if err != nil {
		return 0, err
	}
	var at int32
	if n := len(c.free); n > 0 {
		at, c.free = c.free[n-1], c.free[:n-1]
	} else {
		at = int32(len(c.cells))
		c.cells = append(c.cells, cellMembers{})
	}
	m := &c.cells[at]
	sin, cos := math.Sincos(center.Lat * radiansPerDegree)
	arc := float64(radius) / geo.MetersPerDegree
	// The squared chord of the radius, bounded from below.
	inner := arc * arc * (1 - arc*arc*squareTwelfth) * (1 - slackRatio)
	*m = cellMembers{cell: cell, center: center, cos: cos, slope: sin * radiansPerDegree, inner: inner, members: m.members[:0]}
	c.byCell[cell] = at
	return at, nil
}

// Remove takes object id out and says whether it was there. O(1).
func (c *Cells) Remove(id int32) bool {
	if _, ok := c.Cell(id); !ok {
		return false
	}
	c.take(id)
	c.places[id] = 0
	return true
}

// take removes a held object from the members of its cell: the last one fills the gap.
func (c *Cells) take(id int32) {
	at := c.places[id] - 1
	m := &c.cells[at]
	last := len(m.members) - 1
	filler := m.members[last]
	m.members[c.slots[id]] = filler
	c.slots[filler] = c.slots[id]
	m.members = m.members[:last]
	c.count--
	if last == 0 {
		delete(c.byCell, m.cell)
		c.free = append(c.free, at)
	}
}

// Cell is the cell of object id, or false when it is not held.
func (c *Cells) Cell(id int32) (geo.Cell, bool) {
	if uint(id) >= uint(len(c.places)) || c.places[id] == 0 {
		return 0, false
	}
	return c.cells[c.places[id]-1].cell, true
}

// Count is the number of objects in the cell, 0 for a cell of another resolution.
func (c *Cells) Count(cell geo.Cell) int {
	if at, ok := c.byCell[cell]; ok {
		return len(c.cells[at].members)
	}
	return 0
}

// Occupied returns the cells that hold an object, ascending. The answer is in buf[:0], extended as needed.
func (c *Cells) Occupied(buf []geo.Cell) []geo.Cell {
	found := buf[:0]
	for cell := range c.byCell {
		found = append(found, cell)
	}
	slices.Sort(found)
	return found
}

// Objects returns the objects in the cell, ascending. The answer is in buf[:0], extended as needed.
func (c *Cells) Objects(cell geo.Cell, buf []int32) []int32 {
	found := buf[:0]
	if at, ok := c.byCell[cell]; ok {
		found = append(found, c.cells[at].members...)
	}
	slices.Sort(found)
	return found
}

// Disk returns the objects in the cells within steps moves of cell, ascending; see h3cell.Disk for the range of steps and
// the errors. The answer is in buf[:0], extended as needed.
func (c *Cells) Disk(cell geo.Cell, steps int, buf []int32) ([]int32, error) {
	found := buf[:0]
	disk, err := h3cell.Disk(cell, steps)
	if err != nil {
		return found, fmt.Errorf("find objects around cell: %w", err)
	}
	for _, n := range disk {
		if at, ok := c.byCell[n]; ok {
			found = append(found, c.cells[at].members...)
		}
	}
	slices.Sort(found)
	return found, nil
}
