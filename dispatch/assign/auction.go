package assign

// auction brings the potentials near the optimum by epsilon scaling: forward auctions in which rows bid for columns, each
// followed by a reverse auction in which columns that are priced but unsold bid for rows. What it leaves is a dual feasible
// price vector and a partial matching within epsilon of complementary slackness; augment makes both exact. Since nothing has
// to be exact here, costs are not scaled by n+1 and a phase ends while a few rows are still out, before the long price wars
// for the last columns.
//
// Sources: Bertsekas (1988), "The auction algorithm: a distributed relaxation method for the assignment problem", section 2
// (bids) and 4 (scaling); Bertsekas & Castanon (1992), "A forward/reverse auction algorithm for asymmetric assignment
// problems", section 3.
func (s *solver) auction() {
	t := &s.tune
	final := max(1, s.span/t.finalDiv)
	eps := max(final, s.span/t.firstDiv)
	if s.warm {
		eps = final
	}
	for {
		s.phase(eps)
		if eps == final || s.stopped {
			return
		}
		eps = max(final, eps/t.shrink)
	}
}

// phase runs one forward and, where columns need it, one reverse auction at precision eps.
func (s *solver) phase(eps int64) {
	s.stats.Phases++
	s.bid(s.row, s.col, s.release(s.row, s.col, eps), eps)
	if s.stopped || s.col.open() <= s.stopAt(len(s.col.pot)) {
		return
	}
	s.row.raise(s.col)
	s.bid(s.col, s.row, s.release(s.col, s.row, eps), eps)
	if !s.stopped {
		s.col.raise(s.row)
	}
}

// stopAt is the number of bidders that a phase may leave without partner.
func (s *solver) stopAt(nodes int) int { return nodes / s.tune.leaveDiv }

// release raises the potentials of a, frees the nodes whose match is more than eps from their best choice and returns the
// nodes of a that have to bid, in ascending order. O(arcs).
func (s *solver) release(a, b *side, eps int64) []int32 {
	free := s.queue[:0]
	for v := range a.pot {
		best := a.least(b, v)
		a.pot[v] = best
		if w := a.match[v]; w != none {
			if a.arcCost(v, w)-b.pot[w] <= best+eps {
				continue
			}
			a.match[v], b.match[w] = none, none
		}
		if best < a.limit[v] {
			free = append(free, int32(v))
		}
	}
	return free
}

// bid lets the nodes of queue bid, first come first served, until at most stopAt are left or the phase has spent its bids.
// Each takes the partner that is cheapest for it and lowers that partner's potential until the second choice (a partner, or
// the node's own limit) would be better by eps. Potentials of a are not kept.
func (s *solver) bid(a, b *side, queue []int32, eps int64) {
	n := len(a.pot)
	ring := queue[:cap(queue)][:n]
	head, count := 0, len(queue)
	stop, left := s.stopAt(n), s.tune.bidsPerNode*n
	for ; count > stop && left > 0; left-- {
		if left&(checkEvery-1) == 0 && s.canceled() {
			return
		}
		v := ring[head]
		if head++; head == n {
			head = 0
		}
		count--
		s.stats.Bids++
		best, second, w := a.twoBest(b, v)
		if w == none {
			continue
		}
		b.pot[w] -= min(second-best, s.span) + eps
		if out := b.match[w]; out != none {
			a.match[out] = none
			tail := head + count
			if tail >= n {
				tail -= n
			}
			ring[tail] = out
			count++
		}
		b.match[w], a.match[v] = v, w
	}
}

// twoBest returns the costs of v's best and second-best choice and the partner of the best; none when that is v's own limit.
func (a *side) twoBest(b *side, v int32) (best, second int64, w int32) {
	limit := a.limit[v]
	best, second = limit, maxInt64
	from, to := a.start[v], a.start[v+1]
	adj, pot := a.adj[from:to], b.pot
	cost := a.cost[from:to][:len(adj)]
	// No branch depends on the data, and a second look finds the partner: this takes a quarter off whole solves.
	for e, x := range adj {
		c := cost[e] - pot[x]
		second = min(second, max(best, c))
		best = min(best, c)
	}
	if best == limit {
		return best, second, none
	}
	for e, x := range adj {
		if cost[e]-pot[x] == best {
			return best, second, x
		}
	}
	return best, second, none
}
