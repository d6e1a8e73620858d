package city

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// footprint is the ground plan of a building on the sheet.
type footprint struct {
	ring   []xy
	center xy
	door   xy // the middle of the side next to the street
	height int
	block  int
}

// heightClass is what counts as one height on the map, in metres.
const heightClass = 16

// fabric is what a use looks like: the size of its houses, the room between them and their storeys.
type fabric struct {
	wide, deep     float64
	pitchX, pitchY float64
	missing        float64 // share of places left empty
	low, high      int     // metres
	forms          []form
}

// form is the outline of a house within the unit square.
type form []xy

var (
	formBox   = form{{0, 0}, {1, 0}, {1, 1}, {0, 1}}
	formL     = form{{0, 0}, {1, 0}, {1, 0.42}, {0.36, 0.42}, {0.36, 1}, {0, 1}}
	formU     = form{{0, 0}, {1, 0}, {1, 1}, {0.72, 1}, {0.72, 0.4}, {0.28, 0.4}, {0.28, 1}, {0, 1}}
	formStep  = form{{0, 0}, {0.6, 0}, {0.6, 0.18}, {1, 0.18}, {1, 1}, {0.4, 1}, {0.4, 0.82}, {0, 0.82}}
	formCross = form{{0.25, 0}, {0.75, 0}, {0.75, 0.25}, {1, 0.25}, {1, 0.75}, {0.75, 0.75}, {0.75, 1}, {0.25, 1}, {0.25, 0.75}, {0, 0.75}, {0, 0.25}, {0.25, 0.25}}
)

// fabrics is the look of each use; uses that are not named have no houses.
func fabrics(use Use) (fabric, bool) {
	switch use {
	case Homes:
		return fabric{56, 15, 71, 37, 0.06, 18, 36, []form{formBox, formBox, formStep}}, true
	case Towers:
		return fabric{34, 25, 59, 54, 0.1, 54, 99, []form{formBox, formStep, formCross}}, true
	case Shops:
		return fabric{66, 46, 82, 63, 0.08, 15, 80, []form{formBox, formL, formU, formBox}}, true
	case Offices:
		return fabric{62, 38, 92, 74, 0.05, 32, 110, []form{formBox, formL, formU, formStep}}, true
	case Industry:
		return fabric{104, 52, 122, 74, 0.12, 9, 18, []form{formBox, formBox, formL}}, true
	case School:
		return fabric{72, 30, 96, 74, 0.3, 12, 21, []form{formU, formBox, formL}}, true
	}
	return fabric{}, false
}

// raise fills a block with houses in rows along its longer side.
func raise(r *rand.Rand, block [4]xy, use Use) []footprint {
	f, built := fabrics(use)
	if !built {
		return nil
	}
	wide := (distance(block[0], block[1]) + distance(block[2], block[3])) / 2
	deep := (distance(block[1], block[2]) + distance(block[3], block[0])) / 2
	stretch := mix(0.9, 1.15, r.Float64())
	f.wide, f.pitchX = f.wide*stretch, f.pitchX*stretch
	columns, rows := max(int(wide/f.pitchX), 1), max(int(deep/f.pitchY), 1)
	tall := r.IntN(4) == 0
	var out []footprint
	for row := range rows {
		for col := range columns {
			u, v := (float64(col)+0.5)/float64(columns), (float64(row)+0.5)/float64(rows)
			if r.Float64() < f.missing {
				continue
			}
			west, east := lerp(block[0], block[3], v), lerp(block[1], block[2], v)
			center := lerp(west, east, u)
			dir := east.sub(west).unit()
			size := xy{min(f.wide, wide/float64(columns)-11), min(f.deep, deep/float64(rows)-9)}
			size = size.mul(mix(0.86, 1.04, r.Float64()))
			if size.x < 12 || size.y < 9 {
				continue
			}
			p := house(f.forms[r.IntN(len(f.forms))], center, dir, size, r)
			if !within(block, p.ring) {
				continue
			}
			p.height = f.low + int(float64(f.high-f.low)*math.Pow(r.Float64(), 1.6))
			if tall {
				p.height = f.high - r.IntN(10)
			}
			p.door = frontDoor(block, &p, dir, size)
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b footprint) int { return cmp.Compare(a.height/heightClass, b.height/heightClass) })
	return out
}

// house sets a form down around a center, turned one of four ways.
func house(f form, center, dir, size xy, r *rand.Rand) footprint {
	flipX, flipY := float64(1-2*r.IntN(2)), float64(1-2*r.IntN(2))
	p := footprint{center: center}
	for _, c := range f {
		local := xy{(c.x - 0.5) * size.x * flipX, (c.y - 0.5) * size.y * flipY}
		p.ring = append(p.ring, center.add(dir.mul(local.x)).add(dir.left().mul(local.y)))
	}
	return p
}

// frontDoor is in the long side that is nearer to the edge of the block.
func frontDoor(block [4]xy, p *footprint, dir, size xy) xy {
	best, at := math.Inf(1), p.center
	for _, s := range [2]float64{-1, 1} {
		door := p.center.add(dir.left().mul(s * size.y / 2))
		for i := range block {
			if _, d := projectOn(block[i], block[(i+1)%4], door); d < best {
				best, at = d, door
			}
		}
	}
	return at
}

// within says that all corners of a house lie in its block.
func within(block [4]xy, ring []xy) bool {
	for _, p := range ring {
		if !inRing(block[:], p) {
			return false
		}
	}
	return true
}
