package index

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"fettle/geo"
)

// MaxObject is the largest object number: numbers are dense, an index takes memory for every number up to the largest.
const MaxObject = 1<<24 - 1

// ErrUnknownObject says that the index holds no object with that number.
var ErrUnknownObject = errors.New("object is not in the index")

// Neighbor is one answer of a search.
type Neighbor struct {
	ID       int32
	Distance geo.Meters // straight line, geo.DistanceHaversine
}

// Filter narrows a search of a Grid. The zero value lets everything pass.
type Filter struct {
	// Skills is the set of bits that an object must have, all of them; 0 asks for none.
	Skills uint64
	// Radius is the largest distance, itself included; 0 or less means no limit.
	Radius geo.Meters
	// Keep, when not nil, is asked about each object that passed the other conditions and would be part of the answer so
	// far; an object that it refuses is left out. The order is not fixed, the same object may come up twice, and Keep must
	// not change the index.
	Keep func(id int32) bool
}

func checkObject(id int32) error {
	if id < 0 || id > MaxObject {
		return &geo.InvalidError{Field: "id", Value: id, Want: fmt.Sprintf("in [0, %d]", MaxObject)}
	}
	return nil
}

// compareNeighbors orders by distance, then by number, which makes every answer unique.
func compareNeighbors(a, b Neighbor) int {
	if a.Distance != b.Distance {
		return cmp.Compare(a.Distance, b.Distance)
	}
	return cmp.Compare(a.ID, b.ID)
}

// insertNeighbor keeps best sorted and at most k long. O(k), which beats a heap up to a few hundred.
func insertNeighbor(best []Neighbor, k int, n Neighbor) []Neighbor {
	if len(best) < k {
		best = append(best, n)
	} else if compareNeighbors(n, best[k-1]) >= 0 {
		return best
	}
	i := len(best) - 1
	for ; i > 0 && compareNeighbors(n, best[i-1]) < 0; i-- {
		best[i] = best[i-1]
	}
	best[i] = n
	return best
}

func sortNeighbors(found []Neighbor) { slices.SortFunc(found, compareNeighbors) }
