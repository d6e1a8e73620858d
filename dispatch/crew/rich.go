package crew

import "slices"

// richState is what a search keeps of routes that must be walked: those of problems that are not swift.
type richState struct {
	cost   []int64 // by route
	late   []int32 // by route: largest lateness
	work   []int64 // by route
	fair   int64
	now    int64 // fairness with the move in hand
	stops  [][]int32
	listed []int32
	mark   []int32 // by route: epoch in which it was listed
}

func (s *search) newRich() {
	if s.swift {
		return
	}
	r := &s.rich
	r.cost, r.late, r.work = make([]int64, s.r), make([]int32, s.r), make([]int64, s.r)
	r.stops, r.mark = make([][]int32, s.r), make([]int32, s.r)
	r.fair = s.m.Fairness(func(int32) int64 { return 0 })
}

// walked prices the move in hand by walking the routes that it touched and all that have a linked visit.
func (s *search) walked() (delta int64, ok bool) {
	x := &s.rich
	x.listed = x.listed[:0]
	for _, r := range s.touched {
		s.list(r)
	}
	for _, v := range s.tied {
		if r := s.route[v]; r >= 0 {
			s.list(r)
		}
	}
	if !s.joint.Walk(x.listed, x.stops) {
		return 0, false
	}
	delta = s.lost
	for _, r := range x.listed {
		delta += s.joint.Cost[r] - x.cost[r]
	}
	s.mostNow = 0
	if s.perMost != 0 {
		for r := range s.r {
			s.mostNow = max(s.mostNow, s.lateOf(r))
		}
	}
	x.now = x.fair
	if s.m.Problem.Policy.Fairness != 0 {
		x.now = s.m.Fairness(s.workOf)
	}
	return delta + x.now - x.fair + s.perMost*int64(s.mostNow-s.most), true
}

// list writes down the stops of a route.
func (s *search) list(r int32) {
	x := &s.rich
	if x.mark[r] == s.epoch {
		return
	}
	x.mark[r] = s.epoch
	x.listed = append(x.listed, r)
	x.stops[r] = s.stopsOf(r, x.stops[r][:0])
}

// stopsOf appends the visits of a route.
func (s *search) stopsOf(r int32, out []int32) []int32 {
	for v := s.next[s.begin(r)]; v < s.n; v = s.next[v] {
		out = append(out, v)
	}
	return out
}

// lateOf and workOf are those of a route with the move in hand.
func (s *search) lateOf(r int32) int32 {
	if s.rich.mark[r] == s.epoch {
		return s.joint.Late[r]
	}
	return s.rich.late[r]
}

func (s *search) workOf(r int32) int64 {
	if s.rich.mark[r] == s.epoch {
		return s.joint.Work[r]
	}
	return s.rich.work[r]
}

// keepWalked makes what the last walk measured part of the plan in hand.
func (s *search) keepWalked() {
	x := &s.rich
	for _, r := range x.listed {
		x.cost[r], x.late[r], x.work[r] = s.joint.Cost[r], s.joint.Late[r], s.joint.Work[r]
		for _, v := range x.stops[r] {
			s.start[v], s.key[v] = s.joint.Start[v], int64(s.joint.Start[v])<<keyStep
		}
	}
	x.fair = x.now
	x.listed = x.listed[:0]
}

// snapshot copies the stops of all routes.
func (s *search) snapshot(into [][]int32) [][]int32 {
	if into == nil {
		into = make([][]int32, s.r)
	}
	for r := range s.r {
		into[r] = s.stopsOf(r, into[r][:0])
	}
	return into
}

// verify times and prices the plan in hand from nothing. Only where a visit may wait for a later one may times here be later
// than the true ones: see raiseFirsts.
func (s *search) verify() error {
	stops := s.snapshot(nil)
	j := s.m.NewJoint()
	plan, ok := j.Plan(stops)
	if !ok {
		return lost("the plan breaks rule %s at visit %d", j.Fail.Reason, j.Fail.Visit)
	}
	late := false
	for r := range stops {
		for _, v := range stops[r] {
			if j.Start[v] > s.start[v] || j.Start[v] < s.start[v] && !s.limited {
				return lost("visit %d starts at %d, not at %d", v, j.Start[v], s.start[v])
			}
			late = late || j.Start[v] < s.start[v]
		}
	}
	for v := int32(0); v < s.n; v++ {
		if out := slices.Contains(s.absent, s.unit[v][0]); out != (s.route[v] < 0) {
			return lost("visit %d is served or not, and listed otherwise", v)
		}
	}
	if cost := plan.Cost.Total(); cost > s.cost || cost < s.cost && !late {
		return lost("the plan costs %d, not %d", cost, s.cost)
	}
	return nil
}
