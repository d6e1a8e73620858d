package index

import (
	"fmt"
	"math"
	"slices"

	"github.com/tidwall/rtree"

	"fettle/geo"
)

// Window is a half-open interval [Start, End) of seconds on any clock that the caller keeps to, such as Unix time. The zero
// value means "any time".
type Window struct {
	Start, End int64
}

// Overlaps says that the two windows share an instant; "any time" overlaps everything, an empty window nothing else.
func (w Window) Overlaps(o Window) bool {
	if w == (Window{}) || o == (Window{}) {
		return true
	}
	return w.Start < o.End && o.Start < w.End && w.Start < w.End && o.Start < o.End
}

// Item is what a Tree holds: a box (a point has West = East and South = North) and a time window.
type Item struct {
	ID     int32
	Bounds geo.Bounds
	Window Window
}

// PointItem is an item without extent.
func PointItem(id int32, p geo.Point, w Window) Item {
	return Item{ID: id, Bounds: geo.Bounds{South: p.Lat, West: p.Lon, North: p.Lat, East: p.Lon}, Window: w}
}

// Tree is an R-tree over items that stand still or have an extent: open visits by place and window, buildings, territories.
// It knows the antimeridian: a box that crosses it is stored as two. The zero value is an empty tree; do not copy one.
//
// The tree is over latitude and longitude alone; windows are checked item by item, which is cheaper than a third dimension
// as long as a search by place leaves few items.
type Tree struct {
	tree  rtree.RTreeGN[float64, int32]
	items []treeItem // by object number
	count int
}

type treeItem struct {
	Item
	held bool
}

// Len is the number of items.
func (t *Tree) Len() int { return t.count }

// Put adds an item or replaces the one with the same number. It returns a *geo.InvalidError for invalid bounds or a number
// outside [0, MaxObject], and changes nothing then. O(log n).
func (t *Tree) Put(item Item) error {
	if err := checkObject(item.ID); err != nil {
		return fmt.Errorf("put item %d: %w", item.ID, err)
	}
	if err := item.Bounds.Validate(); err != nil {
		return fmt.Errorf("put item %d: %w", item.ID, err)
	}
	t.Remove(item.ID)
	for len(t.items) <= int(item.ID) {
		t.items = append(t.items, treeItem{})
	}
	t.items[item.ID] = treeItem{Item: item, held: true}
	t.count++
	parts, n := item.Bounds.Split()
	for _, part := range parts[:n] {
		t.tree.Insert([2]float64{part.West, part.South}, [2]float64{part.East, part.North}, item.ID)
	}
	return nil
}

// Remove takes an item out and says whether it was there. O(log n).
func (t *Tree) Remove(id int32) bool {
	if _, held := t.Item(id); !held {
		return false
	}
	parts, n := t.items[id].Bounds.Split()
	for _, part := range parts[:n] {
		t.tree.Delete([2]float64{part.West, part.South}, [2]float64{part.East, part.North}, id)
	}
	t.items[id] = treeItem{}
	t.count--
	return true
}

// Item is the item with that number, or false.
func (t *Tree) Item(id int32) (Item, bool) {
	if uint(id) >= uint(len(t.items)) || !t.items[id].held {
		return Item{}, false
	}
	return t.items[id].Item, true
}

// Search returns the numbers of the items that intersect the box, edges included, and overlap the window, in ascending
// order. The answer is in buf[:0], extended as needed. Invalid bounds give an empty answer.
// O(log n + m log m) for m items in the box, in any window.
func (t *Tree) Search(area geo.Bounds, w Window, buf []int32) []int32 {
	found := buf[:0]
	if !area.Valid() {
		return found
	}
	collect := func(_, _ [2]float64, id int32) bool {
		if t.items[id].Window.Overlaps(w) {
			found = append(found, id)
		}
		return true
	}
	search := func(west, east float64) {
		t.tree.Search([2]float64{west, area.South}, [2]float64{east, area.North}, collect)
	}
	parts, n := area.Split()
	for _, part := range parts[:n] {
		search(part.West, part.East)
		// -180 and 180 are the same meridian, but far apart in the tree.
		if part.West == -180 {
			search(180, 180)
		}
		if part.East == 180 {
			search(-180, -180)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// Nearest returns the k items nearest to q that overlap the window and that keep, when not nil, accepts: nearest first, ties
// by number, fewer when fewer pass. The distance of an item is that of the nearest point of its box, 0 inside of it. The
// answer is in buf[:0], extended when its capacity is below k. An invalid point or k < 1 gives an empty answer.
//
// The tree hands out nodes and items by a lower bound of their distance (Hjaltason & Samet (1999), Distance browsing in
// spatial databases, ACM TODS 24(2), doi:10.1145/320248.320255), so the search ends when that bound exceeds the k-th
// distance. O(log n + k) expected. keep must not change the tree.
func (t *Tree) Nearest(q geo.Point, k int, w Window, keep func(id int32) bool, buf []Neighbor) []Neighbor {
	found := buf[:0]
	if k < 1 || !q.Valid() {
		return found
	}
	bound := newBoxBound(q)
	limit := math.Inf(1)
	t.tree.Nearby(
		func(least, most [2]float64, id int32, isItem bool) float64 {
			if isItem && !t.items[id].Window.Overlaps(w) {
				return math.Inf(1) // goes to the end of the queue
			}
			return bound.squaredChord(least, most)
		},
		func(_, _ [2]float64, id int32, lower float64) bool {
			// Invariant: lower never falls from call to call, and no item that is still to come has a lower one.
			if lower > limit || math.IsInf(lower, 1) {
				return false
			}
			n := Neighbor{ID: id, Distance: DistanceToBounds(q, t.items[id].Bounds)}
			if len(found) == k && compareNeighbors(n, found[k-1]) >= 0 {
				return true
			}
			// A box that was split comes twice, with the same distance.
			if slices.Contains(found, n) || keep != nil && !keep(id) {
				return true
			}
			found = insertNeighbor(found, k, n)
			if len(found) == k {
				limit = squaredLimit(found[k-1].Distance)
			}
			return true
		},
	)
	return found
}

// DistanceToBounds is the distance from q to the nearest point of the box, 0 inside of it or on its edge.
//
// North or south of the box the way leads along the meridian of q. Beside it the nearest point is on the nearer of the two
// side meridians or on the other one, where a way over the pole is shorter; on a meridian it is where the great circle from
// q meets it at a right angle, or an end.
func DistanceToBounds(q geo.Point, b geo.Bounds) geo.Meters {
	if b.Contains(geo.Point{Lat: b.South, Lon: q.Lon}) {
		lat := math.Max(b.South, math.Min(b.North, q.Lat))
		return geo.DistanceHaversine(q, geo.Point{Lat: lat, Lon: q.Lon})
	}
	least := distanceToMeridian(q, b.West, b.South, b.North)
	if b.East != b.West {
		least = min(least, distanceToMeridian(q, b.East, b.South, b.North))
	}
	return least
}

func distanceToMeridian(q geo.Point, lon, south, north float64) geo.Meters {
	least := geo.DistanceHaversine(q, geo.Point{Lat: south, Lon: lon})
	if south == north {
		return least
	}
	least = min(least, geo.DistanceHaversine(q, geo.Point{Lat: north, Lon: lon}))
	// cos(d) = sin(q) sin(x) + cos(q) cos(x) cos(dLon) is greatest where tan(x) = tan(q) / cos(dLon).
	sin, cos := math.Sincos(q.Lat * radiansPerDegree)
	foot := math.Atan2(sin, cos*math.Cos((lon-q.Lon)*radiansPerDegree)) / radiansPerDegree
	if foot > south && foot < north {
		least = min(least, geo.DistanceHaversine(q, geo.Point{Lat: foot, Lon: lon}))
	}
	return least
}

// boxBound computes a lower bound of the squared chord, in degrees, from a query to all points of a box; see (1) and (2) in
// gridsearch.go for the terms.
type boxBound struct {
	query geo.Point
	cos   float64
	slope float64 // absolute sine per degree
}

func newBoxBound(q geo.Point) boxBound {
	sin, cos := math.Sincos(q.Lat * radiansPerDegree)
	return boxBound{query: q, cos: cos, slope: math.Abs(sin) * radiansPerDegree}
}

// squaredChord takes corners as [lon, lat], the order of the tree.
func (x *boxBound) squaredChord(least, most [2]float64) float64 {
	lat, lon := x.query.Lat, x.query.Lon
	a := max(0, least[1]-lat, lat-most[1])
	b := 0.0
	if lon < least[0] || lon > most[0] {
		// The gap to the west or to the east, whichever way round is shorter.
		west, east := least[0]-lon, lon-most[0]
		if west < 0 {
			west += 360
		}
		if east < 0 {
			east += 360
		}
		b = min(west, east)
	}
	bound := a * a * (1 - a*a*squareTwelfth)
	if b > 0 {
		// By the Taylor formula, for the edge that is farther from the latitude of the query.
		far := max(lat-least[1], most[1]-lat)
		cos := max(0, x.cos-x.slope*far-far*far*squareHalf)
		bound += x.cos * cos * b * b * (1 - b*b*squareTwelfth)
	}
	return bound * (1 - slackRatio)
}
