package city

import (
	"math"
	"math/rand/v2"
	"slices"

	"fettle/geo"
)

// Area is a named piece of ground: water, a park or a block. Ring is open and runs counter-clockwise on the map.
type Area struct {
	Kind string // water: river, canal, lake; park: park, hill, bank; block: its Use
	Name Name   // empty for blocks
	Ring []geo.Point
}

// ground is the plan with everything on it, on the sheet and in the plane, while a city is made.
type ground struct {
	w      *warp
	r      *rand.Rand
	lay    *layout
	water  []pool      // clipped to the map
	blocks [][4]xy     // sheet, inside of the streets
	uses   []Use       // by block
	houses []footprint // sheet
	city   *City
}

// pool is a piece of water in the plane, with its box.
type pool struct {
	ring   []xy
	lo, hi xy
}

func newPool(ring []xy) pool {
	p := pool{ring: ring, lo: ring[0], hi: ring[0]}
	for _, c := range ring {
		p.lo = xy{min(p.lo.x, c.x), min(p.lo.y, c.y)}
		p.hi = xy{max(p.hi.x, c.x), max(p.hi.y, c.y)}
	}
	return p
}

// near says that a place lies in the water or within some metres of it.
func (w *pool) near(p xy, meters float64) bool {
	if !between(p.x, w.lo.x-meters, w.hi.x+meters) || !between(p.y, w.lo.y-meters, w.hi.y+meters) {
		return false
	}
	if inRing(w.ring, p) {
		return true
	}
	for i, a := range w.ring {
		if _, d := projectOn(a, w.ring[(i+1)%len(w.ring)], p); d < meters {
			return true
		}
	}
	return false
}

// lakeArea is the size in square metres of a park from which it has a lake.
const lakeArea = 150e3

// halfWidth is the distance from the middle of a street to the blocks beside it.
func halfWidth(c Class) float64 {
	switch c {
	case Expressway:
		return 30
	case Arterial:
		return 22
	case Secondary:
		return 15
	}
	return 9
}

// area puts a ring of the plane on the map as an Area, or not when nothing of it is seen.
func (g *ground) area(to *[]Area, kind string, name Name, ring []xy) []xy {
	ring = clipRing(ring, g.w.half)
	if len(ring) < 3 || math.Abs(ringArea(ring)) < 60 {
		return nil
	}
	if ringArea(ring) < 0 {
		slices.Reverse(ring)
	}
	*to = append(*to, Area{Kind: kind, Name: name, Ring: g.w.points(ring)})
	return ring
}

// wet adds water.
func (g *ground) wet(kind string, name Name, ring []xy) {
	if ring = g.area(&g.city.Water, kind, name, ring); ring != nil {
		g.water = append(g.water, newPool(ring))
	}
}

// dig makes the river, canals, a stream and a lake.
func (g *ground) dig() {
	bank := func(inland float64) []xy { return []xy{{-sheetReach, inland}, {sheetReach, inland}} }
	near, far := g.w.planes(bank(0), 120), g.w.planes(bank(-riverWidth), 120)
	slices.Reverse(far)
	g.wet("river", Name{"Lanjiang River", "澜江"}, append(simplify(near, 2), simplify(far, 2)...))
	for _, side := range [][2]float64{{12, bankRoad - 20}, {-riverWidth - bankRoad + 20, -riverWidth - 12}} {
		strip := []xy{{-sheetReach, side[0]}, {sheetReach, side[0]}, {sheetReach, side[1]}, {-sheetReach, side[1]}}
		g.area(&g.city.Parks, "bank", Name{"Riverside Park", "滨江公园"}, simplifyRing(g.w.planes(append(strip, strip[0]), 120), 2))
	}
	g.canals()
	g.stream()
}

// canals follows the streets that have one beside them.
func (g *ground) canals() {
	for first := 0; first < len(g.lay.lines); first++ {
		ln := &g.lay.lines[first]
		if ln.canal == 0 {
			continue
		}
		course := []xy{ln.a, ln.b}
		for first+1 < len(g.lay.lines) && g.lay.lines[first+1].canal == ln.canal && g.lay.lines[first+1].a == course[len(course)-1] {
			first++
			course = append(course, g.lay.lines[first].b)
		}
		off := float64(ln.canal) * (halfWidth(ln.class) + 15)
		ring := ribbon(course, off+10, 10-off)
		s := g.lay.names.stem()
		g.wet("canal", Name{s.En + " Canal", s.Zh + "河"}, simplifyRing(g.w.planes(append(ring, ring[0]), 150), 1.2))
	}
}

// stream winds from the hills to the river, whatever stands in its way.
func (g *ground) stream() {
	var course []xy
	phase := g.r.Float64() * 6
	for inland := -20.0; inland < 5600; inland += 60 {
		x := -1750 + 190*math.Sin(inland/520+phase) + 60*math.Sin(inland/190+2*phase) + 0.12*inland
		course = append(course, xy{x, inland})
	}
	ring := ribbon(course, 9, 9)
	s := g.lay.names.stem()
	g.wet("canal", Name{s.En + " Creek", s.Zh + "溪"}, simplifyRing(g.w.planes(append(ring, ring[0]), 80), 1))
}

// dry says that a place of the plane keeps some metres from all water.
func (g *ground) dry(p xy, meters float64) bool {
	for i := range g.water {
		if g.water[i].near(p, meters) {
			return false
		}
	}
	return true
}

// settle turns the pieces between streets into blocks, parks and houses.
func (g *ground) settle() {
	for i := range g.lay.leafs {
		q := &g.lay.leafs[i]
		var margin [4]float64
		for k, s := range q.side {
			ln := &g.lay.lines[s.line]
			margin[k] = halfWidth(ln.class)
			if (ln.canal > 0 && s.t0 < s.t1) || (ln.canal < 0 && s.t0 > s.t1) {
				margin[k] = max(canalMargin, margin[k]+28)
			}
		}
		block, ok := insetQuad(q.corner, margin)
		if !ok || math.Abs(ringArea(block[:])) < 1200 {
			continue
		}
		g.block(block, q.use)
	}
}

// block puts one block on the map.
func (g *ground) block(block [4]xy, use Use) {
	outline := g.w.planes(append(block[:], block[0]), 90)
	ring := simplifyRing(outline[:len(outline)-1], 1.5)
	switch use {
	case Hill:
		g.hill(block)
		return
	case Green:
		name := Name{}
		if math.Abs(ringArea(block[:])) > 30e3 {
			name = g.lay.names.green()
		}
		if g.area(&g.city.Parks, "park", name, ring) != nil && math.Abs(ringArea(block[:])) > lakeArea {
			g.lake(block)
		}
		return
	}
	if g.area(&g.city.Blocks, string(use), Name{}, ring) == nil {
		return
	}
	id := len(g.blocks)
	g.blocks, g.uses = append(g.blocks, block), append(g.uses, use)
	yard, ok := insetQuad(block, [4]float64{7, 7, 7, 7})
	if !ok {
		return
	}
	for _, p := range raise(g.r, yard, use) {
		if p.block = id; g.fits(&p) {
			g.houses = append(g.houses, p)
		}
	}
}

// fits says that a house is on the map and on dry ground.
func (g *ground) fits(p *footprint) bool {
	for _, c := range append(p.ring[:len(p.ring):len(p.ring)], p.center, p.door) {
		at := g.w.plane(c)
		if !g.w.inside(at) || !g.dry(at, 8) {
			return false
		}
	}
	return true
}

// blob is a round ring with a wavy edge.
func (g *ground) blob(center, radius xy) []xy {
	a, b, c := g.r.Float64()*6, g.r.Float64()*6, g.r.Float64()*6
	var ring []xy
	for i := range 36 {
		t := 2 * math.Pi * float64(i) / 36
		k := 1 + 0.12*math.Sin(2*t+a) + 0.09*math.Sin(3*t+b) + 0.05*math.Sin(5*t+c)
		ring = append(ring, g.w.plane(center.add(xy{radius.x * k * math.Cos(t), radius.y * k * math.Sin(t)})))
	}
	return ring
}

// lake puts water into a park.
func (g *ground) lake(block [4]xy) {
	wide, deep := distance(block[0], block[1]), distance(block[1], block[2])
	s := g.lay.names.stem()
	g.wet("lake", Name{s.En + " Lake", s.Zh + "湖"}, g.blob(ringCenter(block[:]), xy{wide * 0.3, deep * 0.27}))
}

// hill is wooded ground without streets, with its rim left open.
func (g *ground) hill(block [4]xy) {
	s := g.lay.names.stem()
	outline := g.w.planes(append(block[:], block[0]), 90)
	g.area(&g.city.Parks, "hill", Name{s.En + " Hill", s.Zh + "山"}, simplifyRing(outline[:len(outline)-1], 1.5))
}
