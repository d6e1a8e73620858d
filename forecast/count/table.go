package count

import (
	"cmp"
	"slices"

	"fettle/geo"
)

// Count is how many events of a kind fell into a place and bucket.
type Count struct {
	Bucket int32 // by the table's axis
	Place  int32 // index into Table.Places
	Kind   int16 // index into Table.Kinds
	N      uint16
}

// Place is where events are counted: a cell, or something with a name of its own and a cell that it lies in.
type Place struct {
	Name string
	Cell geo.Cell // the place itself, or the cell around it
}

// Table is counts in the order of bucket, place, kind. What it does not list is zero. It is immutable once made.
type Table struct {
	Axis   Axis
	Places []Place
	Kinds  []string
	Counts []Count
	First  int  // the first bucket that was observed
	End    int  // the bucket after the last one that was observed
	Named  bool // places have names of their own, they are not cells
}

// Events is the number of events of all counts.
func (t *Table) Events() int {
	n := 0
	for i := range t.Counts {
		n += int(t.Counts[i].N)
	}
	return n
}

// Range gives the counts of the buckets from (included) to to (excluded).
func (t *Table) Range(from, to int) []Count {
	before := func(bucket int) int {
		i, _ := slices.BinarySearchFunc(t.Counts, int32(bucket), func(c Count, b int32) int { return cmp.Compare(c.Bucket, b) })
		return i
	}
	lo, hi := before(from), before(to)
	return t.Counts[lo:max(lo, hi)]
}

// Observed gives a copy that ends before a bucket, for those who must not see more. Counts are shared.
func (t *Table) Observed(end int) *Table {
	c := *t
	c.Counts = t.Range(t.First, end)
	c.End = min(t.End, end)
	return &c
}

// pack sorts and merges raw counts.
func pack(raw []Count) []Count {
	slices.SortFunc(raw, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.Place, b.Place), cmp.Compare(a.Kind, b.Kind))
	})
	packed := raw[:0]
	for _, c := range raw {
		last := len(packed) - 1
		if last >= 0 && packed[last].Bucket == c.Bucket && packed[last].Place == c.Place && packed[last].Kind == c.Kind &&
			packed[last].N <= 65535-c.N {
			packed[last].N += c.N
			continue
		}
		packed = append(packed, c)
	}
	return slices.Clip(packed)
}
