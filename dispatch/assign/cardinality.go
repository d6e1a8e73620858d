package assign

import "slices"

// overconstrained finds the rows that compete for too few columns. It finds a maximum matching of the required rows and
// returns the required rows that alternating paths reach from those it leaves free, ascending. They have fewer neighbors than there
// are of them, by exactly the number left free (Hall's condition fails there and only there), so every assignment leaves out at
// least that many. Nothing is returned when all required rows can be served.
//
// Push-relabel with double pushes in first-in first-out order and periodic exact labels: Kaya, Langguth, Manne & Ucar (2013),
// "Push-relabel based algorithms for the maximum transversal problem", sections 3 and 4. The returned set is the
// over-determined block of Dulmage & Mendelsohn (1958). O(rows * arcs) at worst, in practice a few passes over the arcs.
func (s *solver) overconstrained() []int32 {
	k := newCardinality(s.row, s.col)
	for i := range s.row.pot {
		if s.p.required(i) {
			k.free = append(k.free, int32(i))
		}
	}
	k.greedy()
	every := max(minRelabel, len(s.row.pot)/2)
	for len(k.free) > 0 {
		if s.canceled() {
			return nil
		}
		k.relabel()
		k.pushes(every)
	}
	if len(k.left) == 0 {
		return nil
	}
	return k.reached()
}

// minRelabel is the least number of pushes between two exact labelings: below it, small problems would label all the time.
const minRelabel = 64

// cardinality is the state of one maximum matching; it leaves the sides' own matching alone.
type cardinality struct {
	a, b  *side
	mate  []int32 // row by column
	label []int32 // lower bound of the number of rows on an alternating path from a column to a free one; far when there is none
	far   int32
	free  []int32 // rows without partner, a queue
	left  []int32 // rows that cannot be matched
	queue []int32 // columns of relabel

	matched []int32 // column by row, of relabel
}

func newCardinality(a, b *side) *cardinality {
	k := &cardinality{a: a, b: b, mate: make([]int32, len(b.pot)), label: make([]int32, len(b.pot)), far: int32(len(b.pot)) + 1}
	k.matched = make([]int32, len(a.pot))
	for w := range k.mate {
		k.mate[w] = none
	}
	return k
}

// greedy gives rows a free column, the one with the fewest candidates.
func (k *cardinality) greedy() {
	still := k.free[:0]
	for _, v := range k.free {
		fewest, at := k.a.start[len(k.a.pot)]+1, none
		for e := k.a.start[v]; e < k.a.start[v+1]; e++ {
			w := k.a.adj[e]
			if d := k.b.start[w+1] - k.b.start[w]; k.mate[w] == none && d < fewest {
				fewest, at = d, w
			}
		}
		if at != none {
			k.mate[at] = v
		} else {
			still = append(still, v)
		}
	}
	k.free = still
}

// relabel makes all labels exact by a breadth-first search from the free columns. O(arcs).
func (k *cardinality) relabel() {
	k.queue = k.queue[:0]
	matched := k.matched
	for v := range matched {
		matched[v] = none
	}
	for w, v := range k.mate {
		k.label[w] = k.far
		if v == none {
			k.label[w] = 0
			k.queue = append(k.queue, int32(w))
		} else {
			matched[v] = int32(w)
		}
	}
	for h := 0; h < len(k.queue); h++ {
		w := k.queue[h]
		for _, v := range k.b.adj[k.b.start[w]:k.b.start[w+1]] {
			if x := matched[v]; x != none && k.label[x] == k.far {
				k.label[x] = k.label[w] + 1
				k.queue = append(k.queue, x)
			}
		}
	}
}

// pushes lets up to limit free rows take their column of least label, whose row becomes free; rows without hope are left.
func (k *cardinality) pushes(limit int) {
	head := 0
	for ; head < len(k.free) && head < limit; head++ {
		v := k.free[head]
		least, second, w := k.far, k.far, none
		for _, x := range k.a.adj[k.a.start[v]:k.a.start[v+1]] {
			if l := k.label[x]; l < least {
				second, least, w = least, l, x
			} else if l < second {
				second = l
			}
		}
		if w == none {
			k.left = append(k.left, v)
			continue
		}
		k.label[w] = min(second+1, k.far)
		if x := k.mate[w]; x != none {
			k.free = append(k.free, x)
		}
		k.mate[w] = v
	}
	k.free = append(k.free[:0], k.free[head:]...)
}

// reached returns the rows that alternating paths reach from the rows left, ascending.
func (k *cardinality) reached() []int32 {
	seen := make([]bool, len(k.a.pot))
	rows := slices.Clone(k.left)
	for _, v := range rows {
		seen[v] = true
	}
	for h := 0; h < len(rows); h++ {
		v := rows[h]
		for _, w := range k.a.adj[k.a.start[v]:k.a.start[v+1]] {
			if x := k.mate[w]; x != none && !seen[x] {
				seen[x] = true
				rows = append(rows, x)
			}
		}
	}
	slices.Sort(rows)
	return rows
}
