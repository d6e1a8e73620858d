package crew

import "fettle/dispatch"

// never is earlier than any instant.
const never = -int32(dispatch.Far)

// lastKey is beyond every key of a visit; keyStep keys lie between two instants, for visits that start at the same one.
const (
	lastKey = int64(1) << 60
	keyStep = 8 // as a shift
)

// pending is a crew, by its head, whose time has to be computed, in the order of keys.
type pending struct {
	key int64
	v   int32
}

func (s *search) push(v int32) {
	v = s.head[v]
	if s.queued[v] {
		return
	}
	s.queued[v] = true
	h := append(s.heap, pending{s.key[v], v})
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 2
		if h[up].key <= h[i].key {
			break
		}
		h[up], h[i] = h[i], h[up]
		i = up
	}
	s.heap = h
}

func (s *search) pop() int32 {
	h := s.heap
	v := h[0].v
	n := len(h) - 1
	h[0] = h[n]
	h = h[:n]
	for i := 0; ; {
		low := 2*i + 1
		if low >= n {
			break
		}
		if low+1 < n && h[low+1].key < h[low].key {
			low++
		}
		if h[i].key <= h[low].key {
			break
		}
		h[i], h[low] = h[low], h[i]
		i = low
	}
	s.heap = h
	s.queued[v] = false
	return v
}

// retime computes the times that the move in hand changes. It gives up, and says so, when a rule of time is broken, visits
// wait for one another in a circle, or lateness alone costs more than allowed.
func (s *search) retime(allowed int64) bool {
	for _, v := range s.marks {
		if s.route[v] >= 0 {
			s.push(v)
		}
	}
	allowed += s.lateBefore + s.perMost*int64(s.most)
	for steps := 4*int(s.n) + 64; len(s.heap) > 0; steps-- {
		if steps == 0 || !s.compute(s.pop()) || s.newLate > allowed {
			return s.stop()
		}
	}
	for _, r := range s.touched {
		if !s.endsInTime(r) {
			return false
		}
	}
	return true
}

func (s *search) stop() bool {
	for _, p := range s.heap {
		s.queued[p.v] = false
	}
	s.heap = s.heap[:0]
	return false
}

func (s *search) endsInTime(r int32) bool {
	e := s.end(r)
	p := s.prev[e]
	return int64(s.start[p])+int64(s.work[p])+int64(s.leg(r, p, e)) <= int64(s.start[e])
}

// compute times one crew and marks what depends on it.
func (s *search) compute(v int32) bool {
	t, key := s.earliest(v)
	if s.forced[v] == s.epoch {
		t = s.heldBack(v, t)
	}
	t, ok := s.open(v, t)
	if !ok {
		return false
	}
	key = max(key+1, int64(t)<<keyStep)
	was := s.start[v]
	s.raiseFirsts(v, t, was)
	for _, u := range s.mates[v] {
		s.raiseFirsts(u, t, was)
	}
	if t == was && key == s.key[v] {
		return true
	}
	s.saveTime(v)
	s.spread(v, t, key)
	for _, u := range s.mates[v] {
		s.spread(u, t, key)
	}
	return true
}

// earliest is when a crew may start as far as what comes before goes, and the largest key of that.
func (s *search) earliest(v int32) (t int32, key int64) {
	t, key = s.ready(v)
	for _, u := range s.mates[v] {
		if t2, key2 := s.ready(u); t2 > t || key2 > key {
			t, key = max(t, t2), max(key, key2)
		}
	}
	return t, key
}

func (s *search) ready(v int32) (t int32, key int64) {
	p := s.prev[v]
	t, key = s.start[p]+s.work[p]+s.leg(s.route[v], p, v), s.key[p]
	for i := range s.in[v] {
		e := &s.in[v][i]
		if s.route[e.other] >= 0 {
			t, key = max(t, s.start[e.other]+e.min), max(key, s.key[e.other])
		}
	}
	return t, key
}

// heldBack is t, or later where a visit that comes too long after wants it; those whose own time is not known yet do not
// count.
func (s *search) heldBack(v, t int32) int32 {
	t = s.heldOne(v, t)
	for _, u := range s.mates[v] {
		t = s.heldOne(u, t)
	}
	return t
}

func (s *search) heldOne(v, t int32) int32 {
	for i := range s.out[v] {
		e := &s.out[v][i]
		if e.limited && s.route[e.other] >= 0 && !s.queued[s.head[e.other]] {
			t = max(t, s.start[e.other]-e.max)
		}
	}
	return t
}

// open is the first instant at or after t in a window of each of a crew.
func (s *search) open(v, t int32) (int32, bool) {
	if len(s.mates[v]) == 0 && s.more == nil {
		t = max(t, s.first[v])
		return t, t <= s.last[v]
	}
	for again := true; again; {
		was := t
		t = s.openOne(v, t)
		for _, u := range s.mates[v] {
			t = s.openOne(u, t)
		}
		again = t != was
	}
	ok := t <= s.last[v]
	for _, u := range s.mates[v] {
		ok = ok && t <= s.last[u]
	}
	return t, ok
}

func (s *search) openOne(v, t int32) int32 {
	if s.more == nil || s.more[v] == nil {
		return max(t, s.first[v])
	}
	for _, w := range s.more[v] {
		if t <= w[1] {
			return max(t, w[0])
		}
	}
	return t
}

// spread gives visit v its time and marks what depends on it.
func (s *search) spread(v, t int32, key int64) {
	s.relate(v, t)
	s.start[v], s.key[v] = t, key
	if q := s.next[v]; q < s.n {
		s.push(q)
	} else if s.seen[s.route[v]] != s.epoch {
		s.touch(s.route[v])
	}
	for i := range s.out[v] {
		if e := &s.out[v][i]; s.route[e.other] >= 0 {
			s.push(e.other)
		}
	}
}

// raiseFirsts marks the visits that must wait because v comes too long after them, or that may have waited for it and need
// not any more. Those let go of first show whether v itself only stood so late because they did; that a longer circle of
// visits keeps itself late, which takes gaps that add up to the tick, is not seen: resync ends it.
func (s *search) raiseFirsts(v, t, was int32) {
	once := s.probed[v] != s.epoch
	s.probed[v] = s.epoch
	for i := range s.in[v] {
		e := &s.in[v][i]
		if !e.limited || s.route[e.other] < 0 {
			continue
		}
		first := s.head[e.other]
		switch {
		case t-e.max > s.start[first]:
			s.forced[first] = s.epoch
			s.push(first)
		case (t < was || once && t == was) && (s.start[first] == was-e.max || s.more != nil): // or moved on to a later window
			s.push(first)
		}
	}
}

// relate keeps the sums of lateness when v starts at t.
func (s *search) relate(v, t int32) {
	ticks, cost := int32(0), int64(0)
	if t > s.due[v] {
		ticks = t - s.due[v]
		if cost = s.rate[v] * int64(ticks); s.rate[v] < 0 {
			cost = s.m.Lateness(v, t)
		}
	}
	if s.related[v] == s.epoch {
		s.newLate -= s.lateCost[v]
		s.stale = s.stale || ticks < s.lateTicks[v]
	}
	s.related[v] = s.epoch
	s.newLate += cost
	s.fell = s.fell || s.lateTicks[v] == s.most && ticks < s.most
	s.mostNow = max(s.mostNow, ticks)
	s.late += cost - s.lateCost[v]
	s.lateTicks[v], s.lateCost[v] = ticks, cost
}

// largest is the largest lateness of the plan with the move in hand.
func (s *search) largest() int32 {
	if s.perMost == 0 {
		return 0
	}
	if !s.stale && (s.mostNow >= s.most || !s.fell) {
		return max(s.mostNow, s.most)
	}
	most := int32(0)
	for _, t := range s.lateTicks {
		most = max(most, t)
	}
	return most
}

// setTime gives a crew a time and key without marking anything.
func (s *search) setTime(head, t int32, key int64) {
	s.setOne(head, t, key)
	for _, u := range s.mates[head] {
		s.setOne(u, t, key)
	}
}

func (s *search) setOne(v, t int32, key int64) {
	s.start[v], s.key[v] = t, key
	s.lateTicks[v], s.lateCost[v] = 0, 0
	if s.route[v] < 0 || t <= s.due[v] {
		return
	}
	s.lateTicks[v] = t - s.due[v]
	if s.lateCost[v] = s.rate[v] * int64(s.lateTicks[v]); s.rate[v] < 0 {
		s.lateCost[v] = s.m.Lateness(v, t)
	}
}
