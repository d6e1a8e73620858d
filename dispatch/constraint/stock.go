package constraint

import (
	"math"

	"fettle/dispatch"
)

// compileStock tabulates what a visit takes from and adds to the stock on board.
func (m *Model) compileStock(i int32, v *dispatch.Visit) {
	m.deliver = m.setAmounts(m.deliver, i, v.Deliver)
	m.collect = m.setAmounts(m.collect, i, v.Collect)
}

// setAmounts writes a row of a stock table, which it makes when the first visit needs it.
func (m *Model) setAmounts(table []int32, i int32, amounts []int32) []int32 {
	if table == nil {
		if amounts == nil {
			return nil
		}
		table = make([]int32, int(m.Visits)*m.dims)
	}
	row := table[int(i)*m.dims : (int(i)+1)*m.dims]
	clear(row)
	copy(row, amounts)
	return table
}

// stocked reports whether any visit moves stock.
func (m *Model) stocked() bool { return m.deliver != nil || m.collect != nil || m.carried != nil }

// stockFits tests the stock of a route in one dimension: between two depots everything that will be used up is on board
// from the start, what was collected stays until the end or a depot, and what pairs carry is on board between their two
// visits. It returns the first stop at which the load exceeds the capacity and by how much, or -1. O(stops).
func (m *Model) stockFits(r *Route, stops []int32, d int) (at int, over int64) {
	limit := int64(r.Capacity[d])
	var carried int64 // by pairs, also over depots
	for i := 0; i <= len(stops); {
		end := i
		load := carried
		for end < len(stops) && stops[end] < m.Visits {
			load += amount(m.deliver, stops[end], m.dims, d)
			end++
		}
		if load > limit {
			return i, load - limit
		}
		for ; i < end; i++ {
			v := stops[i]
			load += amount(m.collect, v, m.dims, d) - amount(m.deliver, v, m.dims, d)
			if m.carried != nil {
				c := amount(m.carried, v, m.dims, d)
				if m.second[v] {
					c = -amount(m.carried, m.partner[v], m.dims, d)
				}
				load, carried = load+c, carried+c
			}
			if load > limit {
				return i, load - limit
			}
		}
		if i < len(stops) && r.Depots[stops[i]-m.Visits].Unlimited {
			limit = math.MaxInt64
		}
		i++
	}
	return -1, 0
}

func amount(table []int32, v int32, dims, d int) int64 {
	if table == nil {
		return 0
	}
	return int64(table[int(v)*dims+d])
}
