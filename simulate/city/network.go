package city

import (
	"math"
	"slices"

	"fettle/geo"
)

// edge is a street between two junctions. It is driven both ways.
type edge struct {
	a, b    int32
	line    int32
	class   Class
	shape   []xy // plane, from a to b
	points  []geo.Point
	meters  []float64 // from a to each point
	seconds float64   // for all of it
}

// length is the way from a to b in metres.
func (e *edge) length() float64 { return e.meters[len(e.meters)-1] }

// arc is an edge as seen from one of its ends.
type arc struct{ to, edge int32 }

// network is the graph of streets.
type network struct {
	nodes []xy // plane
	edges []edge
	arcs  [][]arc
	cells map[[2]int32][]int32 // edges by square of cellMeters
}

const (
	cellMeters = 150.0
	sampleStep = 90.0 // between points of a bent street, before it is simplified
)

// newNetwork makes the graph of what the map shows of the streets, without parts that hang on nothing else.
func newNetwork(w *warp, lay *layout) *network {
	n := &network{}
	for _, p := range lay.nodes {
		n.nodes = append(n.nodes, w.plane(p))
	}
	for i := range lay.lines {
		ln := &lay.lines[i]
		slices.SortFunc(ln.cuts, func(a, b cut) int { return int(math.Copysign(1, a.t-b.t)) })
		for k := 1; k < len(ln.cuts); k++ {
			a, b := ln.cuts[k-1], ln.cuts[k]
			shape := w.planes([]xy{lay.nodes[a.node], lay.nodes[b.node]}, sampleStep)
			n.see(w, edge{a: int32(a.node), b: int32(b.node), line: int32(i), class: ln.class, shape: shape})
		}
	}
	n.connect()
	n.measure(w)
	return n
}

// see keeps the part of an edge that is on the map; streets end at its frame.
func (n *network) see(w *warp, e edge) {
	first := w.inside(e.shape[0])
	if !first {
		slices.Reverse(e.shape)
		e.a, e.b = e.b, e.a
		if !w.inside(e.shape[0]) {
			return
		}
	}
	for i := 1; i < len(e.shape); i++ {
		if w.inside(e.shape[i]) {
			continue
		}
		in, out := e.shape[i-1], e.shape[i]
		for range 40 { // halving: to a nanometre
			if mid := lerp(in, out, 0.5); w.inside(mid) {
				in = mid
			} else {
				out = mid
			}
		}
		e.shape = append(slices.Clone(e.shape[:i]), in)
		n.nodes = append(n.nodes, in)
		e.b = int32(len(n.nodes) - 1)
		break
	}
	e.shape = simplify(e.shape, 1.2)
	n.edges = append(n.edges, e)
}

// connect drops all but the largest connected part and renumbers its nodes.
func (n *network) connect() {
	root := make([]int32, len(n.nodes))
	for i := range root {
		root[i] = int32(i)
	}
	find := func(x int32) int32 {
		for root[x] != x {
			root[x] = root[root[x]]
			x = root[x]
		}
		return x
	}
	for i := range n.edges {
		root[find(n.edges[i].a)] = find(n.edges[i].b)
	}
	count := make([]int, len(n.nodes))
	best := int32(0)
	for i := range n.edges {
		r := find(n.edges[i].a)
		if count[r]++; count[r] > count[best] {
			best = r
		}
	}
	n.edges = slices.DeleteFunc(n.edges, func(e edge) bool { return find(e.a) != best })
	number := make([]int32, len(n.nodes))
	var nodes []xy
	for i := range n.edges {
		for _, end := range []*int32{&n.edges[i].a, &n.edges[i].b} {
			if number[*end] == 0 {
				nodes = append(nodes, n.nodes[*end])
				number[*end] = int32(len(nodes))
			}
			*end = number[*end] - 1
		}
	}
	n.nodes = nodes
}

// measure fills lengths, times, arcs and cells.
func (n *network) measure(w *warp) {
	n.arcs = make([][]arc, len(n.nodes))
	n.cells = map[[2]int32][]int32{}
	for i := range n.edges {
		e := &n.edges[i]
		e.points = w.points(e.shape)
		e.meters = make([]float64, len(e.shape))
		for k := 1; k < len(e.points); k++ {
			e.meters[k] = e.meters[k-1] + float64(geo.DistanceEquirect(e.points[k-1], e.points[k]))
		}
		e.seconds = e.length() / metersPerSecond(e.class.SpeedKPH())
		n.arcs[e.a] = append(n.arcs[e.a], arc{e.b, int32(i)})
		n.arcs[e.b] = append(n.arcs[e.b], arc{e.a, int32(i)})
		for k := 1; k < len(e.shape); k++ {
			n.register(int32(i), e.shape[k-1], e.shape[k])
		}
	}
}

func metersPerSecond(kph float64) float64 { return kph / 3.6 }

func cellOf(p xy) [2]int32 {
	return [2]int32{int32(math.Floor(p.x / cellMeters)), int32(math.Floor(p.y / cellMeters))}
}

// register puts a segment into the cells of its box.
func (n *network) register(id int32, a, b xy) {
	lo, hi := cellOf(xy{min(a.x, b.x), min(a.y, b.y)}), cellOf(xy{max(a.x, b.x), max(a.y, b.y)})
	for x := lo[0]; x <= hi[0]; x++ {
		for y := lo[1]; y <= hi[1]; y++ {
			c := [2]int32{x, y}
			if held := n.cells[c]; len(held) == 0 || held[len(held)-1] != id {
				n.cells[c] = append(held, id)
			}
		}
	}
}

// spot is a place on an edge.
type spot struct {
	edge    int32
	segment int     // between shape[segment] and shape[segment+1]
	meters  float64 // from a
	off     float64 // metres from the place that was asked for
	at      xy
}

// nearest is the place on the streets that is nearest to p.
func (n *network) nearest(p xy) spot {
	best := spot{edge: -1, off: math.Inf(1)}
	home := cellOf(p)
	for ring := int32(0); ring < 4000; ring++ {
		if float64(ring-1)*cellMeters > best.off {
			break
		}
		for x := home[0] - ring; x <= home[0]+ring; x++ {
			step := int32(1)
			if x != home[0]-ring && x != home[0]+ring {
				step = max(2*ring, 1)
			}
			for y := home[1] - ring; y <= home[1]+ring; y += step {
				for _, id := range n.cells[[2]int32{x, y}] {
					n.closer(&best, id, p)
				}
			}
		}
	}
	return best
}

// closer replaces best by the nearest place on an edge when that is nearer.
func (n *network) closer(best *spot, id int32, p xy) {
	e := &n.edges[id]
	for k := 1; k < len(e.shape); k++ {
		t, d := projectOn(e.shape[k-1], e.shape[k], p)
		if d < best.off {
			*best = spot{edge: id, segment: k - 1, meters: mix(e.meters[k-1], e.meters[k], t), off: d, at: lerp(e.shape[k-1], e.shape[k], t)}
		}
	}
}

// christen names the streets on the map that have no name yet.
func (n *network) christen(lay *layout) {
	for i := range n.edges {
		if ln := &lay.lines[n.edges[i].line]; ln.name == (Name{}) {
			ln.name = lay.names.next(ln.class)
		}
	}
}

// streets joins the edges of each line to what is drawn.
func (n *network) streets(w *warp, lay *layout) []Street {
	var out []Street
	for i := 0; i < len(n.edges); {
		e := &n.edges[i]
		ln := &lay.lines[e.line]
		shape, end := slices.Clone(e.shape), e.b
		if i+1 < len(n.edges) && n.edges[i+1].line == e.line && (n.edges[i+1].a == e.a || n.edges[i+1].b == e.a) {
			slices.Reverse(shape)
			end = e.a
		}
		for i++; i < len(n.edges) && lay.lines[n.edges[i].line].name == ln.name; i++ {
			next := &n.edges[i]
			switch end {
			case next.a:
				shape, end = append(shape, next.shape[1:]...), next.b
				continue
			case next.b:
				back := slices.Clone(next.shape)
				slices.Reverse(back)
				shape, end = append(shape, back[1:]...), next.a
				continue
			}
			break
		}
		out = append(out, Street{
			Name: ln.name, Class: ln.class, Bridge: ln.a.y*ln.b.y < 0, Points: w.points(simplify(shape, 1.2)),
		})
	}
	return out
}
