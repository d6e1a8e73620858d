package city

import (
	"math"
	"math/rand/v2"
	"slices"
)

// line is a street on the sheet: straight, with the junctions on it.
type line struct {
	a, b  xy
	class Class
	name  Name
	cuts  []cut
	canal int // 0 none, 1 a canal runs on the left of the way from a to b, -1 on the right
}

// cut is a junction at a fraction of a line.
type cut struct {
	t    float64
	node int
}

// side is one side of a quad: the part of a line from t0 to t1, which may run backwards.
type side struct {
	line   int
	t0, t1 float64
}

// quad is a piece of the sheet between streets.
type quad struct {
	corner [4]xy
	side   [4]side // side i leads from corner i to corner i+1
	use    Use
	depth  int
	bank   int // 0 this side of the river, 1 the other
}

// layout is the street plan on the flat sheet.
type layout struct {
	r     *rand.Rand
	names *namer
	lines []line
	nodes []xy
	leafs []quad
}

// The sheet: how far streets reach along the river and inland, beyond what the map shows.
const (
	sheetReach  = 6200.0
	sheetDepth  = 7600.0
	bankRoad    = 70.0 // from the water's edge to the middle of the first street
	farDepth    = 3400.0
	snapMeters  = 70.0 // a new street meets an existing junction that is nearer than this
	leastSide   = 105.0
	canalMargin = 52.0 // canal and the green on both sides
)

// newLayout draws all streets and blocks.
func newLayout(r *rand.Rand, names *namer) *layout {
	l := &layout{r: r, names: names}
	along, ring := l.ticks(-sheetReach, sheetReach, 0, [2]float64{-2350, 2250})
	inland, rung := l.ticks(bankRoad, sheetDepth, bankRoad, [2]float64{1080, 4150})
	ax := axes{along: along, alongRing: ring, inland: inland, inlandRing: rung}
	ax.inlandRing[0] = false
	near := l.grid(ax, 0)
	far, farRing := l.ticks(-riverWidth-bankRoad, -riverWidth-farDepth, -riverWidth-bankRoad, [2]float64{-2600, -9e9})
	farRing[0] = false
	beyond := l.grid(axes{along: along, alongRing: ring, inland: far, inlandRing: farRing}, 1)
	l.bridges(near, beyond, ring)
	return l
}

// axes are the main streets of one bank.
type axes struct {
	along, inland         []float64
	alongRing, inlandRing []bool
}

// ticks places main streets at uneven steps from one end to the other. Streets of the expressway ring are at fixed places.
func (l *layout) ticks(from, to, first float64, ring [2]float64) (at []float64, isRing []bool) {
	sign := 1.0
	if to < from {
		sign = -1
	}
	marks := []float64{from}
	for x := from; ; {
		x += sign * mix(820, 1350, l.r.Float64())
		if sign*(to-x) < 500 {
			break
		}
		marks = append(marks, x)
	}
	marks = append(marks, to)
	fixed := []float64{ring[0], ring[1]}
	marks = slices.DeleteFunc(marks, func(x float64) bool {
		return x != first && (math.Abs(x-ring[0]) < 560 || math.Abs(x-ring[1]) < 560)
	})
	for _, x := range fixed {
		if x > min(from, to) && x < max(from, to) {
			marks = append(marks, x)
		}
	}
	slices.SortFunc(marks, func(a, b float64) int { return int(math.Copysign(1, sign*(a-b))) })
	for _, x := range marks {
		isRing = append(isRing, slices.Contains(fixed, x))
	}
	return marks, isRing
}

// grid lays the main streets of one bank, splits what lies between them, and returns the nodes along the river.
func (l *layout) grid(ax axes, bank int) []int {
	rows, cols := len(ax.inland), len(ax.along)
	node := make([][]int, rows)
	for j := range node {
		node[j] = make([]int, cols)
		for i := range node[j] {
			wobble := xy{mix(-70, 70, l.r.Float64()), mix(-70, 70, l.r.Float64())}
			if ax.alongRing[i] { // an expressway has no bends that the river does not have
				wobble.x /= 7
			}
			if ax.inlandRing[j] {
				wobble.y /= 7
			}
			if j == 0 {
				wobble.y = 0
			}
			node[j][i] = l.node(xy{ax.along[i], ax.inland[j]}.add(wobble))
		}
	}
	across, inland := make([][]int, rows), make([][]int, rows)
	for j := range node {
		across[j], inland[j] = make([]int, cols), make([]int, cols)
		name := l.names.next(ax.mainClass(ax.inlandRing, j))
		for i := 0; i+1 < cols; i++ {
			across[j][i] = l.street(node[j][i], node[j][i+1], ax.mainClass(ax.inlandRing, j), name)
		}
	}
	for i := range ax.along {
		name := l.names.next(ax.mainClass(ax.alongRing, i))
		for j := 0; j+1 < rows; j++ {
			inland[j][i] = l.street(node[j][i], node[j+1][i], ax.mainClass(ax.alongRing, i), name)
		}
	}
	l.canals(across, inland, bank)
	for j := 0; j+1 < rows; j++ {
		for i := 0; i+1 < cols; i++ {
			q := quad{bank: bank}
			for k, n := range [4]int{node[j][i], node[j][i+1], node[j+1][i+1], node[j+1][i]} {
				q.corner[k] = l.nodes[n]
			}
			q.side = [4]side{{across[j][i], 0, 1}, {inland[j][i+1], 0, 1}, {across[j+1][i], 1, 0}, {inland[j][i], 1, 0}}
			l.split(q.zoned())
		}
	}
	return node[0]
}

// mainClass is the class of main street k.
func (ax *axes) mainClass(ring []bool, k int) Class {
	switch {
	case ring[k]:
		return Expressway
	case k%3 == 2:
		return Secondary
	}
	return Arterial
}

// canals puts water beside two main streets.
func (l *layout) canals(across, inland [][]int, bank int) {
	if bank != 0 || len(across) < 5 {
		return
	}
	for _, row := range across[3:4] {
		for _, id := range row[:len(row)-1] {
			l.lines[id].canal = 1
		}
	}
	for _, col := range []int{3, len(inland[0]) - 4} {
		for j := range len(inland) - 1 {
			l.lines[inland[j][col]].canal = -1
		}
	}
}

// bridges joins the banks where the main streets meet the river.
func (l *layout) bridges(near, far []int, ring []bool) {
	for i := range near {
		switch {
		case ring[i]:
			l.street(near[i], far[i], Expressway, l.names.bridge())
		case i%5 == 0:
			l.street(near[i], far[i], Arterial, l.names.bridge())
		}
	}
}

// node adds a place on the sheet.
func (l *layout) node(p xy) int {
	l.nodes = append(l.nodes, p)
	return len(l.nodes) - 1
}

// street adds a line between two nodes.
func (l *layout) street(a, b int, class Class, name Name) int {
	l.lines = append(l.lines, line{
		a: l.nodes[a], b: l.nodes[b], class: class, name: name, cuts: []cut{{0, a}, {1, b}},
	})
	return len(l.lines) - 1
}

// join finds or makes the junction at fraction f of a side, not nearer to an end than leastSide.
func (l *layout) join(s side, f float64) (t float64, node int) {
	ln := &l.lines[s.line]
	meters := distance(ln.a, ln.b)
	t = mix(s.t0, s.t1, f)
	best := snapMeters / meters
	lo, hi := min(s.t0, s.t1)+0.8*leastSide/meters, max(s.t0, s.t1)-0.8*leastSide/meters
	found := -1
	for i, c := range ln.cuts {
		if d := math.Abs(c.t - t); d < best && between(c.t, lo, hi) {
			best, found = d, i
		}
	}
	if found >= 0 {
		return ln.cuts[found].t, ln.cuts[found].node
	}
	node = l.node(lerp(ln.a, ln.b, t))
	ln.cuts = append(ln.cuts, cut{t, node})
	return t, node
}

// split cuts a quad by a street until it is a block.
func (l *layout) split(q quad) {
	var size [4]float64
	for i := range q.corner {
		size[i] = distance(q.corner[i], q.corner[(i+1)%4])
	}
	area := math.Abs(ringArea(q.corner[:]))
	if q.depth == 1 {
		q.use = l.use(&q, q.use)
	}
	k := 0 // split the sides k and k+2, the longer ones
	if size[1]+size[3] > size[0]+size[2] {
		k = 1
	}
	if area < l.target(&q) || min(size[k], size[k+2]) < 2.2*leastSide {
		q.use = l.leafUse(&q, area)
		l.leafs = append(l.leafs, q)
		return
	}
	f := mix(0.38, 0.62, l.r.Float64())
	g := f + mix(-0.07, 0.07, l.r.Float64())
	tp, p := l.join(q.side[k], f)
	tq, o := l.join(q.side[k+2], 1-g)
	id := l.street(p, o, l.innerClass(distance(l.nodes[p], l.nodes[o])), Name{})
	sa, sb, sc, sd := q.side[k], q.side[k+1], q.side[k+2], q.side[(k+3)%4]
	a, b := q, q
	a.corner = [4]xy{q.corner[k], l.nodes[p], l.nodes[o], q.corner[(k+3)%4]}
	a.side = [4]side{{sa.line, sa.t0, tp}, {id, 0, 1}, {sc.line, tq, sc.t1}, sd}
	b.corner = [4]xy{l.nodes[p], q.corner[k+1], q.corner[k+2], l.nodes[o]}
	b.side = [4]side{{sa.line, tp, sa.t1}, sb, {sc.line, sc.t0, tq}, {id, 1, 0}}
	a.depth, b.depth = q.depth+1, q.depth+1
	l.split(a)
	l.split(b)
}

// innerClass is the class of a street that splits a cell, by its length.
func (l *layout) innerClass(meters float64) Class {
	if meters > 950 || (meters > 620 && l.r.Float64() < 0.55) {
		return Secondary
	}
	return Residential
}
