package index

import (
	"math"

	"fettle/geo"
)

// How the search stays exact
//
// All angles below are in degrees of arc, all comparisons in squared degrees. Let the query be at latitude f with longitude
// l, an object at f + a, l + b with |b| <= 180, and d the great-circle distance between them. The haversine formula is
//
//	4 sin2(d/2) = 4 sin2(a/2) + cos(f) cos(f + a) 4 sin2(b/2).                                     (1)
//
// (2) Lower bound of one object. In radians 4 sin2(x/2) = 2 - 2 cos(x) >= x2 (1 - x2/12), by the Taylor series of the
// cosine, for all x; and cos(f + a) >= cos(f) - a sin(f) - a2/2, by its Taylor formula of order 2; and cos(f + a) >= 0.
// Put into (1) they bound 4 sin2(d/2) <= d2 from below without a trigonometric function, everywhere on earth; nearby
// the bound is tight to the order of d2. Only objects that pass it are candidates.
//
// The same formulas bound it from above: 4 sin2(x/2) <= x2 and cos(f + a) <= cos(f) - a sin(f) + a2/2. The k-th least upper
// bound limits the answer before any distance is known, so the search first collects candidates by their bounds and
// computes the distances of the few that remain. All limits are on 4 sin2(d/2), the squared chord, which is at most d2.
//
// (3) Lower bound of the rows that are not searched yet: d >= |a|.
//
// (4) Lower bound of the columns that are not searched yet. Every point with |b| >= B, B <= 90, is at d with sin(d) >=
// cos(f) sin(B), the distance to the nearer of two meridians, or further when |b| > 90, where the way leads over or past a
// pole and d >= 90 - |f|. Hence d >= asin(cos(f) sin(B)) >= cos(f) B (1 - B2/6) in radians. It holds for all rows at once,
// whatever the widths of their columns.
//
// The search visits rings of cells around the query, leaves out cells whose nearest point is too far by (2), and stops when both (3) and (4) exceed the distance of the worst answer
// so far, strictly, so that ties are decided by number. A relative slack of 1e-9 and an absolute one of 1e-9 degrees
// (0.1 mm) cover the rounding of all these, which is below 1e-14 relative and 1e-13 degrees.
const (
	slackRatio   = 1e-9
	slackDegrees = 1e-9

	radiansPerDegree = math.Pi / 180
	// The factors 1/12, 1/2 and 1/6 of (2) and (4) for squares of degrees.
	squareTwelfth = radiansPerDegree * radiansPerDegree / 12
	squareHalf    = radiansPerDegree * radiansPerDegree / 2
	squareSixth   = radiansPerDegree * radiansPerDegree / 6
)

// search is the state of one query; it lives on the stack of the caller.
type search struct {
	query  geo.Point
	cos    float64 // of the latitude of the query
	slope  float64 // sine of it per degree
	filter Filter
	k      int     // 0: collect everything within the limit
	limit  float64 // squared chord in degrees: nothing beyond can be part of the answer; includes the slack
	found  []Neighbor

	// Candidates that wait for their distance, and the k least upper bounds of all candidates so far.
	waits   bool // whether they wait at all: not when k is 0 or large
	pending [mostPending]candidate
	waiting int
	uppers  [mostUppers]float64
	bounded int
}

type candidate struct {
	entry *entry
	lower float64 // bound (2)
}

const (
	mostPending = 64
	mostUppers  = 32
)

func newSearch(q geo.Point, k int, f Filter, buf []Neighbor) search {
	sin, cos := math.Sincos(q.Lat * radiansPerDegree)
	s := search{query: q, cos: cos, slope: sin * radiansPerDegree, filter: f, k: k, limit: math.Inf(1), found: buf[:0]}
	s.waits = k > 0 && k <= mostUppers
	if f.Radius > 0 {
		s.limit = squaredLimit(f.Radius)
	}
	return s
}

// squaredLimit is the bound that an object at distance d passes for certain.
func squaredLimit(d geo.Meters) float64 {
	arc := float64(d)/geo.MetersPerDegree + slackDegrees
	return arc * arc * (1 + slackRatio)
}

// Nearest returns the k nearest objects that pass the filter, nearest first, ties by number; fewer when fewer pass. The
// answer is in buf[:0], extended when its capacity is below k. An invalid point or k < 1 gives an empty answer.
//
// Time: O(cells and objects within the distance of the answer); when that is more than the grid holds, O(n), as for a skill
// that hardly any object has, or a query far from everything. No allocation when buf has room.
func (g *Grid) Nearest(q geo.Point, k int, f Filter, buf []Neighbor) []Neighbor {
	if k < 1 || !q.Valid() || g.count == 0 {
		return buf[:0]
	}
	s := newSearch(q, k, f, buf)
	g.rings(&s)
	s.settle()
	return s.found
}

// rings visits the cells around the query, ring by ring. Ring k is the cells at a distance of k rows or columns from that
// of the query; the columns of each row are counted from the column that the query would have in that row.
func (g *Grid) rings(s *search) {
	center := g.row(s.query.Lat)
	visited := 0
	var views [2*cachedRings + 1]rowView // of the rows around center, as far as they were met
	for ring := 0; ; ring++ {
		// Invariant: rings 0 to ring-1 are visited, and what lies outside of them may still belong to the answer.
		visited += 8*ring + 1
		if 2*visited > len(g.table.slots) {
			g.scanAll(s)
			return
		}
		for row := max(0, center-ring); row <= min(g.rows-1, center+ring); row++ {
			var v *rowView
			if ring <= cachedRings {
				v = &views[row-center+cachedRings]
			} else {
				v = new(rowView) // does not escape
			}
			if v.zone == nil {
				*v = g.view(s, row)
			}
			if v.least <= s.limit {
				g.visitRing(s, v, ring, row == center-ring || row == center+ring)
			}
		}
		least := g.outside(s, center, ring)
		if math.IsInf(least, 1) || least*least*(1-least*least*squareTwelfth) > s.limit {
			return
		}
	}
}

// cachedRings is how many rings share their views of rows; a search that goes further computes them anew.
const cachedRings = 12

// visitRing looks at the cells of a row that belong to a ring: all of them in its first and last row, else both ends.
func (g *Grid) visitRing(s *search, v *rowView, ring int, edge bool) {
	if edge {
		for offset := max(v.west, -ring); offset <= min(v.east, ring); offset++ {
			g.visit(s, v, offset)
		}
		return
	}
	if -ring >= v.west {
		g.visit(s, v, -ring)
	}
	if ring <= v.east {
		g.visit(s, v, ring)
	}
}

// rowView is one row as seen from a query.
type rowView struct {
	zone       *zone
	row        int
	column     int     // that the longitude of the query falls into
	part       float64 // how far into it, in [0, 1)
	west, east int     // offsets of all columns of the row from that one, each column once
	least      float64 // bound (2) without its second term: the part of the row nearest to the query
	factor     float64 // cos(f) times the least bound of cos(f + a) in the row: the factor of the second term
}

func (g *Grid) view(s *search, row int) rowView {
	z := &g.zones[row>>g.zoneShift]
	position := (s.query.Lon + 180) * z.columnsPerDegree
	v := rowView{zone: z, row: row, column: z.column(position), west: -(z.columns - 1) / 2, east: z.columns / 2}
	v.part = position - float64(int(position))
	// a lies between those of the two edges of the row; both terms of (2) fall towards the nearer edge or the farther one.
	south := float64(row)*g.degreesPerRow - 90 - s.query.Lat
	north := south + g.degreesPerRow
	near, far := max(0, south, -north), max(-south, north)
	v.least = near * near * (1 - near*near*squareTwelfth)
	v.factor = s.cos * max(0, s.cos-math.Abs(s.slope)*far-far*far*squareHalf)
	return v
}

// visit looks at the cell at an offset of columns, unless bound (2) says that all of it is beyond the limit.
func (g *Grid) visit(s *search, v *rowView, offset int) {
	z := v.zone
	b := 0.0
	if offset > 0 {
		b = float64(offset) - v.part
	} else if offset < 0 {
		b = v.part - float64(offset+1)
	}
	// On the far side of the earth a column can be nearer by the other way, by less than its own width.
	b = min(b*z.degreesPerColumn, z.farthest)
	if v.least+v.factor*b*b*(1-b*b*squareTwelfth) > s.limit {
		return
	}
	column := v.column + offset
	if column < 0 {
		column += z.columns
	} else if column >= z.columns {
		column -= z.columns
	}
	at := g.table.find(makeKey(v.row, column))
	if at < 0 {
		return
	}
	if c := &g.table.slots[at]; c.skills&s.filter.Skills == s.filter.Skills {
		s.scan(g.table.entries[c.start : c.start+c.count])
	}
}

// outside is a lower bound, in degrees, of the distance from the query to any object outside of rings 0 to ring: the least
// of (3) and (4). Infinite when nothing is outside.
func (g *Grid) outside(s *search, center, ring int) float64 {
	south, north := center-ring, center+ring
	least := math.Inf(1)
	if south > 0 {
		least = s.query.Lat + 90 - float64(south)*g.degreesPerRow
	}
	if north < g.rows-1 {
		least = min(least, float64(north+1)*g.degreesPerRow-90-s.query.Lat)
	}
	nearest := math.Inf(1) // the least |b| of a column outside
	for i := max(0, south) >> g.zoneShift; i <= min(g.rows-1, north)>>g.zoneShift; i++ {
		z := &g.zones[i]
		if ring >= z.columns/2 {
			continue // all columns are visited
		}
		position := (s.query.Lon + 180) * z.columnsPerDegree
		part := position - float64(int(position))
		nearest = min(nearest, (float64(ring)+min(part, 1-part))*z.degreesPerColumn)
	}
	if !math.IsInf(nearest, 1) {
		b := min(nearest, 90)
		least = min(least, s.cos*b*(1-b*b*squareSixth))
	}
	return max(0, least*(1-slackRatio)-slackDegrees)
}

// scanAll starts over with a linear scan. The limit stays: it was reached by objects that the scan meets again.
func (g *Grid) scanAll(s *search) {
	s.found, s.waiting, s.bounded = s.found[:0], 0, 0
	for i := range g.table.slots {
		if c := &g.table.slots[i]; c.count > 0 && c.skills&s.filter.Skills == s.filter.Skills {
			s.scan(g.table.entries[c.start : c.start+c.count])
		}
	}
}

// scan looks at the objects of one cell.
func (s *search) scan(entries []entry) {
	need := s.filter.Skills
	for i := range entries {
		e := &entries[i]
		if e.skills&need != need {
			continue
		}
		a, b := e.lat-s.query.Lat, e.lon-s.query.Lon
		if b > 180 {
			b -= 360
		} else if b < -180 {
			b += 360
		}
		a2, b2 := a*a, b*b
		cos := s.cos - a*s.slope // of f + a, give or take a2/2
		lower := a2*(1-a2*squareTwelfth) + s.cos*max(0, cos-a2*squareHalf)*b2*(1-b2*squareTwelfth)
		if lower > s.limit {
			continue
		}
		if s.waits {
			s.postpone(candidate{entry: e, lower: lower}, a2+s.cos*(cos+a2*squareHalf)*b2)
		} else {
			s.consider(e, s.filter.Keep)
		}
	}
}

// postpone notes a candidate and its upper bound, and lowers the limit to the k-th least upper bound.
func (s *search) postpone(c candidate, upper float64) {
	if s.filter.Keep != nil && !s.filter.Keep(c.entry.id) {
		return
	}
	if s.waiting == mostPending {
		s.settle()
	}
	s.pending[s.waiting] = c
	s.waiting++
	if s.bounded < s.k {
		s.bounded++
	} else if upper >= s.uppers[s.k-1] {
		return
	}
	i := s.bounded - 1
	for ; i > 0 && upper < s.uppers[i-1]; i-- {
		s.uppers[i] = s.uppers[i-1]
	}
	s.uppers[i] = upper
	if s.bounded == s.k {
		s.limit = min(s.limit, s.uppers[s.k-1]*(1+slackRatio)+slackDegrees*slackDegrees)
	}
}

// settle computes the distances of the candidates that are still within the limit.
func (s *search) settle() {
	for _, c := range s.pending[:s.waiting] {
		if c.lower <= s.limit {
			s.consider(c.entry, nil)
		}
	}
	s.waiting = 0
}

// consider computes the distance of an object and adds it to the answer if it belongs there and keep, unless nil, agrees.
func (s *search) consider(e *entry, keep func(id int32) bool) {
	n := Neighbor{ID: e.id, Distance: geo.DistanceHaversine(s.query, geo.Point{Lat: e.lat, Lon: e.lon})}
	if s.filter.Radius > 0 && n.Distance > s.filter.Radius {
		return
	}
	if full := s.k > 0 && len(s.found) == s.k; full && compareNeighbors(n, s.found[s.k-1]) >= 0 {
		return
	}
	if keep != nil && !keep(e.id) {
		return
	}
	if s.k == 0 {
		s.found = append(s.found, n)
		return
	}
	s.found = insertNeighbor(s.found, s.k, n)
	if len(s.found) == s.k {
		s.limit = min(s.limit, squaredLimit(s.found[s.k-1].Distance))
	}
}

// Within returns all objects within f.Radius of q (itself included) that pass the filter, nearest first, ties by number.
// The answer is in buf[:0], extended as needed. An invalid point or a radius of 0 or less gives an empty answer.
// Time: O(cells and objects within the radius + m log m) for m answers, at most O(n + m log m).
func (g *Grid) Within(q geo.Point, f Filter, buf []Neighbor) []Neighbor {
	if !q.Valid() || !(f.Radius > 0) || g.count == 0 {
		return buf[:0]
	}
	s := newSearch(q, 0, f, buf)
	g.circle(&s)
	sortNeighbors(s.found)
	return s.found
}

// circle visits the cells of the box around the circle of the filter's radius.
func (g *Grid) circle(s *search) {
	radius := float64(s.filter.Radius)/geo.MetersPerDegree*(1+slackRatio) + slackDegrees
	south, north := s.query.Lat-radius, s.query.Lat+radius
	half := 360.0 // degrees of longitude to either side
	if south > -90 && north < 90 {
		// The tangent meridians of a circle that holds no pole.
		half = math.Asin(math.Min(1, math.Sin(radius*radiansPerDegree)/s.cos))/radiansPerDegree*(1+slackRatio) + slackDegrees
	}
	first, last := g.row(math.Max(-90, south)), g.row(math.Min(90, north))
	visited := 0
	for row := first; row <= last; row++ {
		v := g.view(s, row)
		west, east := v.west, v.east
		if reach := half * v.zone.columnsPerDegree; reach < float64(v.east) {
			west, east = max(west, -int(reach)-1), min(east, int(reach)+1)
		}
		if visited += east - west + 1; 2*visited > len(g.table.slots) {
			g.scanAll(s)
			return
		}
		for offset := west; offset <= east; offset++ {
			g.visit(s, &v, offset)
		}
	}
}
