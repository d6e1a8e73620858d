package route

// ruin takes strings of visits out of routes that lie near each other: the adjacent string removal of Christiaens and
// Vanden Berghe (2020), "Slack induction by string removals for vehicle routing problems", section 3.2. It fills removed
// with what it took out and with absent visits near by, and reports whether the routes left over keep their rules.
func (s *search) ruin() bool {
	s.removed, s.touched = s.removed[:0], s.touched[:0]
	seed := s.rng.below(s.n)
	factor := 1.0
	if s.rng.unit() < s.tune.Large {
		factor = s.tune.LargeFactor
	}
	placed, routes := int(s.n)-len(s.absent), s.usedRoutes()
	if routes == 0 {
		s.revive(seed)
		return true
	}
	longest := min(float64(s.tune.StringLength)*factor, float64(placed)/float64(routes))
	longest = max(longest, 1)
	mean := s.tune.Removed
	if s.fewRemoved < mean && s.rng.unit() < 0.5 {
		mean = s.fewRemoved
	}
	most := 4*mean*factor/(1+longest) - 1
	want := int(s.rng.unit()*most) + 1
	ok := s.ruinAround(seed, longest, &want)
	for _, c := range s.lists.near[seed] {
		if want == 0 || !ok {
			break
		}
		ok = s.ruinAround(c, longest, &want)
	}
	if !ok {
		return false
	}
	s.revive(seed)
	return s.settleRuin()
}

func (s *search) usedRoutes() int { return len(s.routes) - s.unused }

// ruinAround takes a string about c out of its route, unless c is absent or its route was ruined before.
func (s *search) ruinAround(c int32, longest float64, want *int) bool {
	r := s.nodes[c].route
	if r < 0 || s.ruined[r] == s.epoch {
		return true
	}
	s.ruined[r] = s.epoch
	s.touched = append(s.touched, r)
	*want--
	size := s.routes[r].size
	most := min(float64(size), longest)
	length := int32(s.rng.unit()*most) + 1
	keep := int32(0)
	if length > 1 && length < size && s.rng.unit() < s.tune.Split {
		keep = 1
		for length+keep < size && s.rng.unit() < s.tune.Deeper {
			keep++
		}
	}
	return s.takeString(c, length, keep)
}

// takeString removes length of the length+keep visits of a window that contains c, leaving keep in a row.
func (s *search) takeString(c, length, keep int32) bool {
	first, span := s.window(c, length+keep)
	keepFrom := span
	if keep > 0 && span > keep {
		keepFrom = 1 + s.rng.below(max(span-keep-1, 1))
	}
	ok := true
	from := int32(-1) // start of the run to unlink
	for i, v := int32(0), first; i < span; i++ {
		next := s.nodes[v].next
		take := (i < keepFrom || i >= keepFrom+keep) && s.mayTake(v)
		if take {
			s.removed = append(s.removed, v)
		}
		switch {
		case take && from < 0:
			from = v
		case !take && from >= 0:
			ok = s.unlink(from, s.nodes[v].prev) && ok
			from = -1
		}
		if from >= 0 && i == span-1 {
			ok = s.unlink(from, v) && ok
		}
		v = next
	}
	return ok
}

// window is a run of at most size stops that contains c, somewhere in its middle by chance: its first stop and its length.
func (s *search) window(c, size int32) (first, span int32) {
	first = c
	for back := s.rng.below(size); back > 0 && s.nodes[s.nodes[first].prev].prev >= 0; back-- {
		first = s.nodes[first].prev
	}
	span = 1
	for v := first; span < size && s.nodes[s.nodes[v].next].next >= 0; span++ {
		v = s.nodes[v].next
	}
	// A window that would pass the end of the route begins earlier.
	for ; span < size && s.nodes[s.nodes[first].prev].prev >= 0; span++ {
		first = s.nodes[first].prev
	}
	return first, span
}

// mayTake reports whether ruin may take a stop out: a visit that is not pinned in order. Depot stops stay until they are
// of no use.
func (s *search) mayTake(v int32) bool { return v < s.n && (s.frozen == nil || !s.frozen[v]) }

// revive adds absent visits near the seed to those that will be inserted.
func (s *search) revive(seed int32) {
	taken := len(s.removed)
	if len(s.absent) == taken {
		return
	}
	if len(s.absent)-taken <= s.tune.Revive {
		s.removed = append(s.removed[:0], s.absent...)
		return
	}
	s.stampRemoved()
	quota := s.tune.Revive
	if s.nodes[seed].route < 0 && s.seen[seed] != s.epoch {
		s.removed, quota = append(s.removed, seed), quota-1
	}
	for _, c := range s.lists.near[seed] {
		if quota == 0 {
			break
		}
		if s.nodes[c].route < 0 && s.seen[c] != s.epoch {
			s.removed, quota = append(s.removed, c), quota-1
		}
	}
	if quota == s.tune.Revive { // nothing near: any one
		if v := s.absent[s.rng.below(int32(len(s.absent)))]; s.seen[v] != s.epoch {
			s.removed = append(s.removed, v)
		}
	}
}

func (s *search) stampRemoved() {
	for _, v := range s.removed {
		s.seen[v] = s.epoch
	}
}

// settleRuin prices the ruined routes of a rich problem: partners of what was taken follow it, and depot stops that are of
// no more use go.
func (s *search) settleRuin() bool {
	if !s.rich {
		return true
	}
	s.takePartners()
	for _, r := range s.touched {
		s.dropDepots(r)
		if !s.settle(r) {
			return false
		}
	}
	return true
}

// takePartners removes the other halves of pairs of which one was taken.
func (s *search) takePartners() {
	for _, v := range s.removed {
		other, _ := s.m.Partner(v)
		if other < 0 || s.nodes[other].route < 0 {
			continue
		}
		r := s.nodes[other].route
		s.unlink(other, other)
		s.removed = append(s.removed, other)
		if s.ruined[r] != s.epoch {
			s.ruined[r] = s.epoch
			s.touched = append(s.touched, r)
		}
	}
}

// dropDepots takes out each depot stop of a route without which the route is still feasible.
func (s *search) dropDepots(r int32) {
	if s.exact {
		s.trimDepots(r)
		return
	}
	for _, depot := range s.depots[r] {
		if s.nodes[depot].route < 0 {
			continue
		}
		before := s.nodes[depot].prev
		s.unlink(depot, depot)
		s.stops = s.collect(r, s.stops[:0])
		if _, ok := s.walk.Cost(&s.m.Routes[r], s.stops); !ok {
			s.link(before, depot)
		}
	}
}
