package city

import (
	"math"
	"slices"
)

// Use is what a block is for.
type Use string

// The uses of blocks.
const (
	Homes    Use = "homes"
	Towers   Use = "towers" // homes in high houses
	Shops    Use = "shops"
	Offices  Use = "offices" // the business park
	Industry Use = "industry"
	School   Use = "school"
	Green    Use = "park"
	Hill     Use = "hill" // wooded, without streets
	Open     Use = "open" // not yet built on
)

// Places of the plan on the sheet, in metres along the river and inland.
var (
	officePlaces = [2]xy{{-620, 2350}, {420, 3050}} // corners of the rectangle in which cells become the business park
	parkPlace    = xy{1350, 2250}
	hillPlace    = xy{-3200, 2700}
	hillBeyond   = xy{-2300, -2300}
	downtown     = xy{500, 1700}
)

// zoned gives a whole cell a use where the plan has one for it.
func (q quad) zoned() quad {
	in := func(p xy) bool { return inRing(q.corner[:], p) }
	switch {
	case q.bank == 0 && in(hillPlace), q.bank == 1 && ringCenter(q.corner[:]).x < hillBeyond.x+900:
		q.use = Hill
	case q.bank == 0 && in(ringMiddle(officePlaces)):
		q.use = Offices
	}
	return q
}

// ringMiddle is the middle between two places.
func ringMiddle(p [2]xy) xy { return lerp(p[0], p[1], 0.5) }

// use chooses what most of a part of a cell is for.
func (l *layout) use(q *quad, have Use) Use {
	if have != "" {
		return have
	}
	c := ringCenter(q.corner[:])
	dist := distance(c, downtown)
	roll := l.r.Float64()
	switch {
	case q.bank == 0 && inRing(q.corner[:], parkPlace):
		return Green
	case dist < 1300 && roll < 0.45:
		return Shops
	case dist < 2600 && roll < 0.5:
		return Towers
	case dist > 3300 && roll < 0.3:
		return Industry
	}
	return Homes
}

// target is the area in square metres below which a piece is a block.
func (l *layout) target(q *quad) float64 {
	c := ringCenter(q.corner[:])
	base := mix(42e3, 78e3, min(distance(c, downtown)/4500, 1))
	switch q.use {
	case Hill:
		return math.Inf(1)
	case Green:
		return 760e3
	case Offices:
		return 62e3
	case Industry:
		base *= 1.9
	case Shops:
		base *= 0.7
	}
	return base * mix(0.7, 1.9, square(l.r.Float64()))
}

// leafUse varies the use of single blocks.
func (l *layout) leafUse(q *quad, area float64) Use {
	if slices.Contains([]Use{Hill, Offices, Green}, q.use) {
		return q.use
	}
	roll := l.r.Float64()
	switch {
	case roll < 0.05:
		return Green
	case roll < 0.09 && area > 30e3:
		return School
	case roll < 0.12 && distance(ringCenter(q.corner[:]), downtown) > 2500:
		return Open
	case roll < 0.22:
		return Shops
	case roll < 0.34 && q.use == Homes:
		return Towers
	}
	if q.use == "" {
		return Homes
	}
	return q.use
}
