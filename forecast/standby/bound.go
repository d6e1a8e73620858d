package standby

import (
	"math"
	"slices"
)

// bound is an upper bound on the expected cover of any choice of places.
//
// With a price for each technician in reach of a demand, the demands choose how many they want (the cover less the price), and
// the technicians go where the prices in reach sum to most. Whatever the prices, both together are at least the cover of
// the best choice; the prices that make the sum least give the bound of the linear relaxation. A step moves each price
// towards balance of how many are wanted and how many come.
func (s *state) bound(cover float64) float64 {
	const steps, patience = 3000, 40
	price := make([]float64, len(s.p.Demand))
	for c, d := range s.p.Demand {
		price[c] = d * s.power[s.count[c]] * (1 - s.p.Busy)
		if s.count[c] > 0 {
			price[c] = (price[c] + d*s.power[s.count[c]-1]*(1-s.p.Busy)) / 2
		}
	}
	least, stale, scale := math.Inf(1), 0, 1.0
	away := make([]float64, len(price))
	for range steps {
		value := s.dual(price, away)
		if value < least-1e-6*math.Abs(least) {
			stale = 0
		} else if stale++; stale > patience {
			stale, scale = 0, scale/2
		}
		least = math.Min(least, value)
		norm := 0.0
		for _, a := range away {
			norm += a * a
		}
		if norm < 1e-18 || least-cover <= 1e-4*cover || scale < 1e-4 {
			break
		}
		step := scale * math.Max(value-cover, 1e-6*value) / norm
		for c := range price {
			price[c] = math.Max(0, math.Min(s.p.Demand[c], price[c]-step*away[c]))
		}
	}
	return math.Max(cover, math.Min(least, s.sum()))
}

// sum is all demand, which nothing can exceed.
func (s *state) sum() float64 {
	sum := 0.0
	for _, d := range s.p.Demand {
		sum += d
	}
	return sum
}

// dual is the bound under prices. away gets, for each demand, by how much more technicians come than are wanted.
func (s *state) dual(price, away []float64) float64 {
	value := 0.0
	for c, d := range s.p.Demand {
		k := s.wanted(d, price[c])
		away[c] = -float64(k)
		value += d*(1-s.power[k]) - price[c]*float64(k)
	}
	worth := make([]float64, len(s.p.Reach))
	for place, reach := range s.p.Reach {
		for _, c := range reach {
			worth[place] += price[c]
		}
	}
	come := make([]int, len(s.p.Reach))
	value += s.send(worth, come)
	for place, n := range come {
		if n > 0 {
			for _, c := range s.p.Reach[place] {
				away[c] += float64(n)
			}
		}
	}
	return value
}

// wanted is how many technicians a demand buys at a price: each next one adds demand * busy^k * (1 - busy).
func (s *state) wanted(demand, price float64) int {
	k := 0
	for k < len(s.power)-1 && demand*s.power[k]*(1-s.p.Busy) > price {
		k++
	}
	return k
}

// send puts each technician where it is worth most, within the moves that are allowed, and gives the worth of all.
func (s *state) send(worth []float64, come []int) float64 {
	anywhere := -1
	for place := range worth {
		if anywhere < 0 || worth[place] > worth[anywhere] {
			anywhere = place
		}
	}
	type move struct {
		extra    float64
		from, to int
	}
	value := 0.0
	var moves []move
	for _, t := range s.p.Technicians {
		to := anywhere
		if t.Allowed != nil {
			to = t.At
			for _, a := range t.Allowed {
				if to < 0 || worth[a] > worth[to] {
					to = int(a)
				}
			}
		}
		if t.At < 0 || s.p.MaxMoves == 0 {
			come[to]++
			value += worth[to]
			continue
		}
		come[t.At]++
		value += worth[t.At]
		if worth[to] > worth[t.At] {
			moves = append(moves, move{worth[to] - worth[t.At], t.At, to})
		}
	}
	slices.SortStableFunc(moves, func(a, b move) int {
		switch {
		case a.extra > b.extra:
			return -1
		case a.extra < b.extra:
			return 1
		}
		return 0
	})
	for _, m := range moves[:min(len(moves), s.p.MaxMoves)] {
		value += m.extra
		come[m.from]--
		come[m.to]++
	}
	return value
}
