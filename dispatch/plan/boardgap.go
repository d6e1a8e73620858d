package plan

import (
	"math"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
	"fettle/geo"
)

// How the search stays exact
//
// A gap is the place between two neighbours p and q of a committed route, the start and the end of the route included. All
// places are projected to a plane in which no distance is longer than it is (on the globe: great circle >= chord >=
// orthographic projection). Let a visit v be inserted and m be the point half way between p and q in that plane. Reflected
// in m, the way v-p becomes a way from the reflection v' of v to q, so by the triangle inequality
//
//	d(p,v) + d(v,q) >= d(v,v') = 2 d(m,v).                                                         (1)
//
// Straight distances bound travel from below: a leg costs at least kappa a metre, where
// kappa is the least price of a metre over all routes, less what rounding to ticks takes off (slack). So the route grows
// by at least
//
//	2 kappa d(m,v) + base(v) - lambda(gap)                                                         (2)
//
// with base(v) the least static price and price of work of v over the classes that may serve it, and lambda the price of
// the leg p-q, which falls away, with slack and credit. The credit is what a longer route may save elsewhere: nothing may
// become cheaper than free and no stop can start before its earliest, so it is the lateness above that (Board.delays),
// waiting (where duty is paid: new duty >= new travel + new work + breaks) and the entry to q. A gap with one end only (a
// route that begins or ends anywhere) has kappa d(p,v) instead; one with none has 0.
//
// Gaps are kept in layers by group of classes, factor (2, 1 or 0) and lambda rounded up to a power of two, each a grid with
// some tens of gaps a cell. A search visits rings of cells around v in the layers of the groups that may serve it, always in
// the layer whose next ring has the least (2), and ends when that exceeds the worst cost that still counts. Cells of the
// border hold what lies beyond it: moving points to the nearest point of a rectangle shortens distances too.
//
// With a dense matrix nothing is known about distances: all gaps are in the layer of factor 0, and every search scans it.

// gapRef says where the spot of a gap is kept.
type gapRef struct {
	layer int32 // -1: the gap cannot take any visit and is not kept
	cell  int32
	slot  int32
}

// key is what rules most gaps out, kept apart from the rest of the spot so that a search reads 16 bytes a gap in sequence.
type key struct {
	// What constraint.Model.Room says: leaves p at dep or later, arrives at q at arrive or earlier, room in between.
	dep, arrive, room int32
	class             int32 // of the route
}

// spot is the rest of a gap as the search reads it.
type spot struct {
	px, py, qx, qy float32 // the ends in the plane of the index; equal when one is anywhere
	lambda         float32 // rounded up
	push           float32 // least price of a tick of delay behind the gap, rounded down
	leg            float32 // ticks of the way from p to q, rounded up; meaningful when push is not 0
	route, at      int32   // the new stop's index on the route
	begins         bool    // p is anywhere: nothing is driven to v
}

func (s *spot) middle() (x, y float64) {
	return (float64(s.px) + float64(s.qx)) / 2, (float64(s.py) + float64(s.qy)) / 2
}

// layer is a grid of gaps of one group with the same factor and similar lambda.
type layer struct {
	factor        float64 // 2, 1 or 0 in (2)
	limit         float64 // no lambda in it is larger
	side          float64
	columns, rows int32
	count, room   int // gaps now, and when the grid becomes finer
	cells         []cell
}

type cell struct {
	keys  []key
	spots []spot // by the index of keys
}

// gapIndex is the layers and the constants of the bound.
type gapIndex struct {
	places         *placeBook
	west, south    float64 // corner of the grids
	width, height  float64
	kappa          float64 // least price of a metre
	ticksPerMeter  float64 // least travel time of a metre
	layers         []layer // first the one of factor 0, then by group, factor and lambda
	groups, levels int
	perCell        int
	unit           float64                       // length of the first level: lambda up to factor * kappa * unit
	ref            func(route, at int32) *gapRef // where a route keeps the reference to a gap
	slackTicks     float64                       // by how much a leg may be shorter than ticksPerMeter says
	leastOnSite    int64                         // least price of a tick of work over all routes
	rounding       float64                       // covers that spots keep coordinates in 32 bits
}

func (g *gapIndex) init(m *constraint.Model, places *placeBook, o *BoardOptions, gaps int) {
	g.places = places
	if g.perCell = o.GapsPerCell; g.perCell <= 0 {
		g.perCell = gapsPerCell
	}
	g.leastOnSite = math.MaxInt64
	g.kappa, g.ticksPerMeter = math.Inf(1), math.Inf(1)
	for i := range m.Routes {
		r := &m.Routes[i]
		g.leastOnSite = min(g.leastOnSite, r.Rates.OnSite+r.Rates.Duty)
		if places.metric {
			g.rate(m.Problem, r)
		}
	}
	if len(m.Routes) == 0 {
		g.leastOnSite = 0
	}
	g.layers = []layer{{limit: math.Inf(1)}}
	if !places.metric || len(m.Routes) == 0 || g.kappa <= 0 {
		g.kappa, g.ticksPerMeter = 0, 0
		return
	}
	g.bounds()
	extent := max(math.Abs(g.west), math.Abs(g.south), math.Abs(g.west+g.width), math.Abs(g.south+g.height))
	if places.globe {
		extent = geo.EarthRadiusMeters // places may come from anywhere
	}
	g.rounding = extent / (1 << 22)
	if g.unit = o.DetourMeters; g.unit <= 0 {
		g.unit = math.Sqrt(g.width * g.height * gapsPerCell / float64(max(gaps, 1)))
	}
	for u := g.unit; g.levels == 0 || u < g.width+g.height; u *= 2 {
		g.levels++
	}
	g.groups = min(int(m.Classes), mostGroups)
	for range g.groups {
		for _, factor := range []float64{2, 1} {
			for k := range g.levels {
				l := layer{factor: factor, limit: factor * g.kappa * math.Ldexp(g.unit, k)}
				g.layers = append(g.layers, l)
			}
		}
	}
}

// mostGroups limits the layers where technicians have many combinations of skills: classes then share groups. Chosen
// by measurement, as gapsPerCell.
const mostGroups = 64

// rate lowers the prices of a metre to those of a route.
func (g *gapIndex) rate(p *dispatch.Problem, r *constraint.Route) {
	t := &p.Technicians[r.Technician]
	profile := &p.Travel[t.Travel]
	m, _ := profile.Time.Metric()
	stretch := 1.0
	if t.SpeedPercent > 0 {
		stretch = 100 / float64(t.SpeedPercent)
	}
	ticks := m.Scale * stretch
	g.slackTicks = max(g.slackTicks, stretch+1)
	price := float64(r.Rates.Travel+r.Rates.Duty) * ticks
	if profile.Distance != nil {
		if d, ok := profile.Distance.Metric(); ok && d.Globe == m.Globe {
			price += float64(r.Rates.Distance) * d.Scale
		}
	}
	g.kappa, g.ticksPerMeter = min(g.kappa, price), min(g.ticksPerMeter, ticks)
}

// bounds is the rectangle of the known places, with some air.
func (g *gapIndex) bounds() {
	west, south, east, north := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i := range g.places.at {
		x, y := g.places.at[i][0], g.places.at[i][1]
		west, south, east, north = min(west, x), min(south, y), max(east, x), max(north, y)
	}
	if west > east {
		west, south, east, north = 0, 0, 0, 0
	}
	const air = 500
	g.west, g.south = west-air, south-air
	g.width, g.height = east-west+2*air, north-south+2*air
}

// layerOf is the layer for a gap.
func (g *gapIndex) layerOf(class int32, factor, lambda float64) int32 {
	if factor == 0 || g.kappa == 0 {
		return 0
	}
	level := 0
	for limit := factor * g.kappa * g.unit; level < g.levels && lambda > limit; limit *= 2 {
		level++
	}
	if level == g.levels {
		return 0
	}
	if factor == 1 {
		level += g.levels
	}
	return int32(1 + int(class)%g.groups*2*g.levels + level)
}

// cellAt is the column and row of a point in a layer.
func (g *gapIndex) cellAt(l *layer, x, y float64) (column, row int32) {
	if l.factor == 0 {
		return 0, 0
	}
	column = int32(min(max((x-g.west)/l.side, 0), float64(l.columns-1)))
	row = int32(min(max((y-g.south)/l.side, 0), float64(l.rows-1)))
	return column, row
}

// put keeps a gap and tells its route where.
func (g *gapIndex) put(index int32, k key, s spot) {
	l := &g.layers[index]
	if l.count >= l.room {
		g.refine(index)
	}
	g.insert(index, k, s)
	l.count++
}

func (g *gapIndex) insert(index int32, k key, s spot) {
	l := &g.layers[index]
	x, y := s.middle()
	column, row := g.cellAt(l, x, y)
	at := row*l.columns + column
	c := &l.cells[at]
	c.keys, c.spots = append(c.keys, k), append(c.spots, s)
	*g.ref(s.route, s.at) = gapRef{layer: index, cell: at, slot: int32(len(c.spots) - 1)}
}

// refine gives a layer a grid for four times as many gaps as it has. Amortised O(1) for each gap that comes.
func (g *gapIndex) refine(index int32) {
	l := &g.layers[index]
	old := l.cells
	l.room = max(4*l.count, 2*g.perCell)
	l.columns, l.rows = 1, 1
	if l.factor > 0 {
		l.side = math.Sqrt(g.width * g.height * 2 * float64(g.perCell) / float64(l.room))
		l.columns, l.rows = int32(g.width/l.side)+1, int32(g.height/l.side)+1
	}
	l.cells = make([]cell, int(l.columns)*int(l.rows))
	for i := range old {
		for k := range old[i].keys {
			g.insert(index, old[i].keys[k], old[i].spots[k])
		}
	}
}

// take drops a gap; the last of its cell fills the slot.
func (g *gapIndex) take(ref gapRef) {
	l := &g.layers[ref.layer]
	c := &l.cells[ref.cell]
	last := len(c.spots) - 1
	if int(ref.slot) != last {
		moved := &c.spots[last]
		c.keys[ref.slot], c.spots[ref.slot] = c.keys[last], *moved
		g.ref(moved.route, moved.at).slot = ref.slot
	}
	c.keys, c.spots = c.keys[:last], c.spots[:last]
	l.count--
}
