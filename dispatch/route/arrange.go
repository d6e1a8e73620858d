package route

import "math"

// arranged is a table of travel times whose places are renumbered so that near ones have near numbers: a search reads a
// row of it about one visit's neighbourhood, which then lies on a few lines of the cache.
type arranged struct {
	number            []int32 // by place
	table, transposed []int32 // the same slice when the table is symmetric
}

// arrange renumbers the places of a square table, once for all trajectories.
func (l *lists) arrange(table []int32, side int) *arranged {
	l.arrangeOnce.Do(func() {
		a := &l.arranged
		a.number = chain(table, side)
		a.table = make([]int32, len(table))
		symmetric := true
		for i := range side {
			row, to := table[i*side:(i+1)*side], a.table[int(a.number[i])*side:]
			for j, d := range row {
				to[a.number[j]] = d
				symmetric = symmetric && (j > i || table[j*side+i] == d)
			}
		}
		if a.transposed = a.table; !symmetric {
			a.transposed = transposed(a.table, side)
		}
	})
	return &l.arranged
}

// chain numbers places in the order of a walk that always goes on to the nearest that is left. O(side^2).
func chain(table []int32, side int) []int32 {
	number, left := make([]int32, side), make([]int32, side)
	for i := range left {
		left[i] = int32(i)
	}
	at := 0 // in left
	for k := range side {
		place := left[at]
		number[place] = int32(k)
		left[at] = left[len(left)-1]
		left = left[:len(left)-1]
		row, nearest := table[int(place)*side:], int32(math.MaxInt32)
		at = 0
		for i, other := range left {
			if row[other] < nearest {
				at, nearest = i, row[other]
			}
		}
	}
	return number
}

func transposed(table []int32, side int) []int32 {
	out := make([]int32, len(table))
	for i := range side {
		for j := range side {
			out[j*side+i] = table[i*side+j]
		}
	}
	return out
}

// arrange takes the table of travel times, if there is one, with its places renumbered.
func (s *search) arrange() {
	table, side := s.m.Routes[0].Table()
	if table == nil {
		return
	}
	a := s.lists.arrange(table, int(side))
	s.table, s.transposed, s.side = a.table, a.transposed, int(side)
	for i, place := range s.place {
		s.place[i] = a.number[place]
	}
}
