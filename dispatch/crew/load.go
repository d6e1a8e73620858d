package crew

import "slices"

// load serves what the orders of a plan serve and leaves out what is not feasible any more, unit by unit.
func (s *search) load(stops [][]int32) {
	all := make([]int32, s.r)
	for r := range all {
		all[r] = int32(r)
	}
	for !s.joint.Walk(all, stops) {
		v, r := s.joint.Fail.Visit, s.joint.Fail.Route
		if v < 0 && r >= 0 && len(stops[r]) > 0 {
			v = stops[r][len(stops[r])-1]
		}
		if v < 0 {
			return
		}
		for r := range stops {
			stops[r] = slices.DeleteFunc(stops[r], func(u int32) bool { return slices.Contains(s.unit[v], u) })
		}
	}
	s.build(stops)
}

// build makes orders of stops, which the last walk has timed, the plan in hand.
func (s *search) build(stops [][]int32) {
	s.clear()
	s.forget()
	for r := range stops {
		p := s.begin(int32(r))
		for _, v := range stops[r] {
			s.insert(p, v)
			if s.unit[v][0] == v {
				s.serve(v)
			}
			p = v
		}
	}
	s.takeTimes()
}

// resync times the plan in hand from nothing.
func (s *search) resync() {
	stops := s.snapshot(nil)
	all := make([]int32, s.r)
	for r := range all {
		all[r] = int32(r)
	}
	if s.joint.Walk(all, stops) {
		s.build(stops)
	}
}

// takeTimes takes start times over from the last walk, makes keys of them and prices the plan.
func (s *search) takeTimes() {
	if !s.swift {
		if delta, ok := s.walked(); ok {
			s.take(delta)
		}
		return
	}
	s.late, s.mostNow = 0, 0
	for v := int32(0); v < s.n; v++ {
		if s.route[v] < 0 {
			continue
		}
		s.setOne(v, s.joint.Start[v], int64(s.joint.Start[v])<<keyStep)
		s.late += s.lateCost[v]
		s.mostNow = max(s.mostNow, s.lateTicks[v])
	}
	for s.spaceKeys() {
	}
	delta := s.delta + s.lost + s.late + s.perMost*int64(s.mostNow)
	s.take(delta)
}

// spaceKeys raises the keys of visits that start at the instant of the one before; false when there is nothing to raise.
func (s *search) spaceKeys() bool {
	raised := false
	for v := int32(0); v < s.n; v++ {
		if s.route[v] < 0 {
			continue
		}
		if _, key := s.earliest(v); key >= s.key[v] {
			raised = true
			s.key[v] = key + 1
			for _, u := range s.mates[v] {
				s.key[u] = key + 1
			}
		}
	}
	return raised
}
