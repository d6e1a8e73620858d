package index

import (
	"fmt"
	"math"

	"fettle/geo"
)

// GridConfig sizes a Grid. The zero value works.
type GridConfig struct {
	// CellMeters is the side of a cell, in [50, 100000]; 0 means 500. Best is a side with about 4 to 16 objects in a cell
	// where objects are dense; searches slow down by the square of the ratio beyond that (benchmarks/results/index.json).
	CellMeters float64
	// Objects is how many objects to reserve memory for; 0 reserves none.
	Objects int
}

const (
	defaultCellMeters = 500
	leastCellMeters   = 50
	mostCellMeters    = 100_000
)

// Grid is a flat grid for points that move, over the whole earth, with a set of up to 64 skills per object.
//
// The earth is cut into rows of CellMeters and each row into columns of about CellMeters. Only cells that hold something
// take memory: a hash table finds them, and each keeps its objects in one contiguous run, so that a search reads memory
// in sequence and a small move writes 16 bytes. Roughly 100 bytes per object where cells hold several. Coordinates are kept in full precision.
type Grid struct {
	rowsPerDegree float64
	degreesPerRow float64 // 1 / rowsPerDegree
	rows          int
	zoneShift     uint   // a zone is 1<<zoneShift rows with the same number of columns
	zones         []zone // by row >> zoneShift
	table         cellTable
	locations     []location // by object number
	count         int
}

type zone struct {
	columns          int
	columnsPerDegree float64 // columns / 360
	degreesPerColumn float64
	farthest         float64 // degrees: no column is nearer than this just because its far edge is past the opposite meridian
}

// location says where an object is kept; key 0 means that it is not in the grid.
type location struct {
	key   cellKey
	slot  int32 // of table.slots
	entry int32 // of table.entries
}

// NewGrid makes an empty grid, or returns a *geo.InvalidError.
func NewGrid(c GridConfig) (*Grid, error) {
	if c.CellMeters == 0 {
		c.CellMeters = defaultCellMeters
	}
	if !(c.CellMeters >= leastCellMeters && c.CellMeters <= mostCellMeters) {
		return nil, &geo.InvalidError{
			Field: "CellMeters", Value: c.CellMeters,
			Want: fmt.Sprintf("in [%d, %d], or 0 for %d", leastCellMeters, mostCellMeters, defaultCellMeters),
		}
	}
	if c.Objects < 0 || c.Objects > MaxObject+1 {
		return nil, &geo.InvalidError{Field: "Objects", Value: c.Objects, Want: fmt.Sprintf("in [0, %d]", MaxObject+1)}
	}
	g := &Grid{
		rowsPerDegree: geo.MetersPerDegree / c.CellMeters,
		degreesPerRow: c.CellMeters / geo.MetersPerDegree,
		locations:     make([]location, 0, c.Objects),
	}
	g.rows = int(math.Ceil(180 * g.rowsPerDegree))
	// Zones of about half a degree: narrow enough that columns keep their width, few enough that the table stays small.
	g.zoneShift = uint(max(0, math.Ilogb(g.rowsPerDegree)))
	for first := 0; first < g.rows; first += 1 << g.zoneShift {
		middle := (float64(first)+float64(int(1)<<g.zoneShift)/2)/g.rowsPerDegree - 90
		g.zones = append(g.zones, newZone(max(1, int(360*g.rowsPerDegree*math.Cos(middle*radiansPerDegree)))))
	}
	g.table.init(c.Objects)
	return g, nil
}

func newZone(columns int) zone {
	n := float64(columns)
	return zone{columns: columns, columnsPerDegree: n / 360, degreesPerColumn: 360 / n, farthest: max(0, 180-360/n)}
}

// Len is the number of objects.
func (g *Grid) Len() int { return g.count }

// Put adds object id at p with the given skills, or moves it there and replaces its skills. It returns a
// *geo.InvalidError for an invalid point or a number outside [0, MaxObject], and changes nothing then.
func (g *Grid) Put(id int32, p geo.Point, skills uint64) error {
	if err := checkObject(id); err != nil {
		return fmt.Errorf("put object %d: %w", id, err)
	}
	if err := p.Validate(); err != nil {
		return fmt.Errorf("put object %d: %w", id, err)
	}
	for len(g.locations) <= int(id) {
		g.locations = append(g.locations, location{})
	}
	if g.locations[id].key != 0 {
		g.table.setSkills(g.locations[id], skills)
		return g.Update(id, p)
	}
	g.insert(g.key(p), entry{lat: p.Lat, lon: p.Lon, skills: skills, id: id})
	g.count++
	return nil
}

// Update moves object id to p; its skills stay. It returns an error that wraps ErrUnknownObject when the object was never
// put or was removed, and a *geo.InvalidError for an invalid point; nothing changes then. A move within a cell takes O(1);
// a move to another cell O(objects in both cells), amortised over the growth of the cells.
func (g *Grid) Update(id int32, p geo.Point) error {
	if uint(id) >= uint(len(g.locations)) || g.locations[id].key == 0 || !p.Valid() {
		return g.updateFault(id, p)
	}
	at := &g.locations[id]
	key := g.key(p)
	if key == at.key {
		e := &g.table.entries[at.entry]
		e.lat, e.lon = p.Lat, p.Lon
		return nil
	}
	moved := g.table.entries[at.entry]
	moved.lat, moved.lon = p.Lat, p.Lon
	g.take(*at)
	g.insert(key, moved)
	return nil
}

func (g *Grid) updateFault(id int32, p geo.Point) error {
	if err := p.Validate(); err != nil {
		return fmt.Errorf("update object %d: %w", id, err)
	}
	return fmt.Errorf("update object %d: %w", id, ErrUnknownObject)
}

// SetSkills replaces the skills of object id, or returns an error that wraps ErrUnknownObject.
func (g *Grid) SetSkills(id int32, skills uint64) error {
	if !g.has(id) {
		return fmt.Errorf("set skills of object %d: %w", id, ErrUnknownObject)
	}
	g.table.setSkills(g.locations[id], skills)
	return nil
}

// Remove takes object id out and says whether it was there.
func (g *Grid) Remove(id int32) bool {
	if !g.has(id) {
		return false
	}
	g.take(g.locations[id])
	g.locations[id] = location{}
	g.count--
	return true
}

// At is the place and the skills of object id, or false when it is not in the grid.
func (g *Grid) At(id int32) (p geo.Point, skills uint64, ok bool) {
	if !g.has(id) {
		return geo.Point{}, 0, false
	}
	e := &g.table.entries[g.locations[id].entry]
	return geo.Point{Lat: e.lat, Lon: e.lon}, e.skills, true
}

func (g *Grid) has(id int32) bool {
	return uint(id) < uint(len(g.locations)) && g.locations[id].key != 0
}

// key is the cell of a valid point.
func (g *Grid) key(p geo.Point) cellKey {
	row := g.row(p.Lat)
	z := &g.zones[row>>g.zoneShift]
	return makeKey(row, z.column((p.Lon+180)*z.columnsPerDegree))
}

func (g *Grid) row(lat float64) int {
	return min(int((lat+90)*g.rowsPerDegree), g.rows-1)
}

// column takes a position in columns east of the antimeridian. Longitude 180, and what rounding puts there, is column 0:
// the same meridian as -180.
func (z *zone) column(position float64) int {
	c := int(position)
	if c >= z.columns {
		c = 0
	}
	return c
}

// insert adds an entry to its cell and records where it is.
func (g *Grid) insert(key cellKey, e entry) {
	slot := g.table.find(key)
	if slot < 0 {
		if g.table.full() {
			g.table.rehash(g.locations)
		}
		slot = g.table.create(key)
	}
	s := &g.table.slots[slot]
	if s.count == s.room() {
		g.table.grow(s, g.locations)
	}
	if s.count == 0 {
		g.table.live++
	}
	at := s.start + s.count
	s.count++
	s.skills |= e.skills
	g.table.entries[at] = e
	g.locations[e.id] = location{key: key, slot: slot, entry: at}
}

// take removes the entry at a location from its cell: the last entry of the run fills the gap.
func (g *Grid) take(at location) {
	t := &g.table
	s := &t.slots[at.slot]
	last := s.start + s.count - 1
	if at.entry != last {
		t.entries[at.entry] = t.entries[last]
		g.locations[t.entries[at.entry].id].entry = at.entry
	}
	s.count--
	if s.count == 0 {
		t.release(s)
		t.live--
	}
	t.narrow(s)
}
