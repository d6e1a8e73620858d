package crew

// trial is what the move in hand has changed so far, so that it can be priced and taken back.
type trial struct {
	epoch   int32
	stamp   []int32 // by node: epoch in which its place was saved
	timed   []int32 // by visit (head of its crew): epoch in which its time was saved
	marked  []int32 // by visit: epoch in which it was marked
	places  []savedPlace
	times   []savedTime
	marks   []int32 // visits whose time has to be computed again
	touched []int32 // routes whose stops changed
	seen    []int32 // by route: epoch in which it was touched
	delta   int64   // change of what does not depend on times
	lost    int64   // change of what is paid for visits left out
	// gone and come are heads of units that this move leaves out and serves again.
	gone, come []int32

	// Of the times (times.go).
	heap       []pending
	queued     []bool  // by visit
	forced     []int32 // by visit: epoch in which a link from it raised it
	probed     []int32 // by visit: epoch in which those before it were let go of
	related    []int32 // by visit: epoch in which its lateness was computed
	newLate    int64   // lateness of the visits computed so far
	lateBefore int64
	mostNow    int32 // the largest lateness of those, of the whole plan once the move is priced
	fell       bool  // a visit that had the largest lateness has less
	stale      bool  // mostNow is more than it was in the end
}

type savedPlace struct{ node, prev, next, route, work int32 }

type savedTime struct {
	v     int32
	start int32
	key   int64
}

func (s *search) newTrial(nodes int) {
	t := &s.trial
	t.epoch = 1
	t.stamp = make([]int32, nodes)
	t.timed, t.marked, t.forced, t.probed, t.related = make([]int32, s.n), make([]int32, s.n), make([]int32, s.n), make([]int32, s.n), make([]int32, s.n)
	t.seen, t.queued = make([]int32, s.r), make([]bool, s.n)
}

// savePlace notes where a node stands before it moves.
func (s *search) savePlace(i int32) {
	if s.stamp[i] != s.epoch {
		s.stamp[i] = s.epoch
		s.places = append(s.places, savedPlace{i, s.prev[i], s.next[i], s.route[i], s.work[i]})
	}
}

func (s *search) touch(r int32) {
	if s.seen[r] != s.epoch {
		s.seen[r] = s.epoch
		s.touched = append(s.touched, r)
	}
}

// mark notes that a node's time has to be computed again; the end of a route has none.
func (s *search) mark(i int32) {
	if i < s.n && s.marked[i] != s.epoch {
		s.marked[i] = s.epoch
		s.marks = append(s.marks, i)
	}
}

// insert puts visit v, which stands nowhere, after node p.
func (s *search) insert(p, v int32) {
	r, q := s.route[p], s.next[p]
	s.savePlace(p)
	s.savePlace(q)
	s.savePlace(v)
	s.delta += s.price(r, p, v) + s.price(r, v, q) - s.price(r, p, q) + s.own(r, v)
	if s.size[r] == 0 {
		s.delta += s.m.Routes[r].Rates.Fixed
	}
	s.size[r]++
	s.next[p], s.prev[v], s.next[v], s.prev[q] = v, p, q, v
	s.route[v] = r
	if !s.alike {
		s.work[v] = s.m.OnSite(&s.m.Routes[r], v)
	}
	s.touch(r)
	s.mark(v)
	s.mark(q)
}

// remove takes visit v off its route.
func (s *search) remove(v int32) {
	p, q, r := s.prev[v], s.next[v], s.route[v]
	s.savePlace(p)
	s.savePlace(q)
	s.savePlace(v)
	s.delta += s.price(r, p, q) - s.price(r, p, v) - s.price(r, v, q) - s.own(r, v)
	if s.size[r]--; s.size[r] == 0 {
		s.delta -= s.m.Routes[r].Rates.Fixed
	}
	s.next[p], s.prev[q] = q, p
	s.route[v] = -1
	s.touch(r)
	s.mark(q)
}

// setKey changes when the time of v and its crew is computed.
func (s *search) setKey(v int32, key int64) {
	s.saveTime(s.head[v])
	s.key[v] = key
	for _, u := range s.mates[v] {
		s.key[u] = key
	}
}

// saveTime notes the time of a crew by its head.
func (s *search) saveTime(head int32) {
	if s.timed[head] != s.epoch {
		s.timed[head] = s.epoch
		s.times = append(s.times, savedTime{head, s.start[head], s.key[head]})
	}
}

// leaveOut notes that a unit, whose visits were removed, is not served any more.
func (s *search) leaveOut(head int32) {
	s.gone = append(s.gone, head)
	for _, v := range s.unit[head] {
		s.lost += s.prize[v]
		s.saveTime(s.head[v])
		s.fell = s.fell || s.lateTicks[v] > 0 && s.lateTicks[v] == s.most
		s.late -= s.lateCost[v]
		s.lateTicks[v], s.lateCost[v] = 0, 0
		for i := range s.in[v] {
			s.mark(s.in[v][i].other) // which need not wait for v any more
		}
	}
}

// serve notes that a unit, whose visits are inserted, is served again.
func (s *search) serve(head int32) {
	s.come = append(s.come, head)
	for _, v := range s.unit[head] {
		s.lost -= s.prize[v]
		s.saveTime(s.head[v])
		s.start[v] = never
	}
}

// priced is what the move in hand changes in the cost of the plan; false when it breaks a rule, or costs more than limit.
func (s *search) priced(limit int64) (delta int64, ok bool) {
	if !s.swift {
		return s.walked()
	}
	if !s.retime(limit - s.delta - s.lost) {
		return 0, false
	}
	s.mostNow = s.largest()
	delta = s.delta + s.lost + s.late - s.lateBefore + s.perMost*int64(s.mostNow-s.most)
	return delta, delta <= limit
}

// take makes the move in hand, whose price is known, part of the plan.
func (s *search) take(delta int64) {
	s.cost += delta
	s.most = s.mostNow
	for _, head := range s.gone {
		s.absentAt[head] = int32(len(s.absent))
		s.absent = append(s.absent, head)
	}
	for _, head := range s.come {
		at, last := s.absentAt[head], s.absent[len(s.absent)-1]
		s.absent[at], s.absentAt[last] = last, at
		s.absent = s.absent[:len(s.absent)-1]
	}
	if !s.swift {
		s.keepWalked()
	}
	s.forget()
}

// undo takes the move in hand back.
func (s *search) undo() {
	for i := len(s.places) - 1; i >= 0; i-- {
		p := &s.places[i]
		if was := s.route[p.node]; p.node < s.n && was != p.route {
			if was >= 0 {
				s.size[was]--
			}
			if p.route >= 0 {
				s.size[p.route]++
			}
		}
		s.prev[p.node], s.next[p.node], s.route[p.node], s.work[p.node] = p.prev, p.next, p.route, p.work
	}
	for i := range s.times {
		t := &s.times[i]
		s.setTime(t.v, t.start, t.key)
	}
	s.late = s.lateBefore
	s.forget()
}

// forget begins the next move.
func (s *search) forget() {
	s.epoch++
	s.places, s.times, s.marks, s.touched = s.places[:0], s.times[:0], s.marks[:0], s.touched[:0]
	s.gone, s.come = s.gone[:0], s.come[:0]
	s.delta, s.lost, s.lateBefore, s.newLate, s.mostNow = 0, 0, s.late, 0, 0
	s.fell, s.stale = false, false
}
