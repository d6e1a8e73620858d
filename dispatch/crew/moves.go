package crew

// A move changes the plan in hand through insert, remove and setKey; it returns false, having changed nothing or with
// changes that undo takes back, when it is not possible or its travel alone costs more than the limit.

// relocate puts a visit that has no crew somewhere near a neighbour of it.
func (s *search) relocate(limit int64) bool {
	v := s.rng.below(s.n)
	if s.route[v] < 0 {
		return false
	}
	if len(s.mates[v]) > 0 {
		return s.delegate(v, limit)
	}
	p := s.spot(v)
	if p < 0 || p == v || p == s.prev[v] {
		return false
	}
	r := s.route[p]
	if !s.mayMove(r, v) || !s.worthwhile(limit, s.moved(v, p)) {
		return false
	}
	key := s.keyAt(v, p)
	if key == noKey {
		return false
	}
	s.remove(v)
	s.setKey(v, key)
	s.insert(p, v)
	return true
}

// spot is a node after which v may go: before or after one of its neighbours, or first on a random route.
func (s *search) spot(v int32) int32 {
	near := s.near[v]
	if len(near) == 0 || s.rng.below(16) == 0 {
		return s.begin(s.rng.below(s.r))
	}
	u := near[s.pick(int32(len(near)))]
	if s.route[u] < 0 {
		return -1
	}
	if s.rng.next()&1 == 0 {
		return u
	}
	return s.prev[u]
}

// pick is an index below n, small ones more often.
func (s *search) pick(n int32) int32 {
	return min(s.rng.below(n), s.rng.below(n))
}

// mayMove is may for a visit that is on a route.
func (s *search) mayMove(r, v int32) bool { return s.route[v] == r || s.may(r, v) }

// worthwhile reports whether a change that costs so much without lateness may stay within the limit at all.
func (s *search) worthwhile(limit, change int64) bool {
	return !s.swift || change <= limit+s.late+s.perMost*int64(s.most)
}

// moved is what moving v to behind p costs without lateness.
func (s *search) moved(v, p int32) int64 {
	a, b, from, to := s.prev[v], s.next[v], s.route[v], s.route[p]
	q := s.next[p]
	sum := s.price(from, a, b) - s.price(from, a, v) - s.price(from, v, b)
	sum += s.price(to, p, v) + s.price(to, v, q) - s.price(to, p, q)
	if from == to {
		return sum
	}
	if s.size[from] == 1 {
		sum -= s.m.Routes[from].Rates.Fixed
	}
	if s.size[to] == 0 {
		sum += s.m.Routes[to].Rates.Fixed
	}
	return sum + s.own(to, v) - s.own(from, v)
}

// noKey says that there is no order in which times could be computed.
const noKey = -lastKey - 1

// keyAt is a key for v, whose crew may have any, between p and the node after p, and between its links; noKey when there is
// no room.
func (s *search) keyAt(v, p int32) int64 {
	q := s.next[p]
	if q == v {
		q = s.next[v]
	}
	low, high := s.bounds(v, s.key[p], s.key[q])
	return between(low, high)
}

func between(low, high int64) int64 {
	if high-low < 2 {
		return noKey
	}
	return low + (high-low)/2
}

// bounds narrows the keys that v may have to those that its links allow.
func (s *search) bounds(v int32, low, high int64) (int64, int64) {
	for i := range s.in[v] {
		if u := s.in[v][i].other; s.route[u] >= 0 {
			low = max(low, s.key[u])
		}
	}
	for i := range s.out[v] {
		if u := s.out[v][i].other; s.route[u] >= 0 {
			high = min(high, s.key[u])
		}
	}
	return low, high
}

// delegate gives one visit of a crew to another route, at the place that the crew's time wants.
func (s *search) delegate(v int32, limit int64) bool {
	near := s.near[v]
	if len(near) == 0 {
		return false
	}
	p := s.begin(s.rng.below(s.r))
	if s.rng.below(8) > 0 {
		p = near[s.pick(int32(len(near)))]
	}
	r := s.route[p]
	if r < 0 || r == s.route[v] || !s.may(r, v) {
		return false
	}
	p = s.behind(p, s.key[v])
	if s.key[p] == s.key[v] || s.key[s.next[p]] == s.key[v] || !s.worthwhile(limit, s.moved(v, p)) {
		return false
	}
	s.remove(v)
	s.insert(p, v)
	return true
}

// behind walks from p along its route to the last node whose key is not larger.
func (s *search) behind(p int32, key int64) int32 {
	for s.key[p] > key {
		p = s.prev[p]
	}
	for s.key[s.next[p]] <= key {
		p = s.next[p]
	}
	return p
}

// swap lets two visits that are near each other take each other's place.
func (s *search) swap(limit int64) bool {
	v := s.rng.below(s.n)
	if s.route[v] < 0 || len(s.near[v]) == 0 {
		return false
	}
	u := s.near[v][s.pick(int32(len(s.near[v])))]
	if s.route[u] < 0 || s.next[u] == v || s.next[v] == u || s.route[u] == s.route[v] && s.tiedTo(u, v) {
		return false
	}
	if !s.mayMove(s.route[u], v) || !s.mayMove(s.route[v], u) || !s.worthwhile(limit, s.swapped(u, v)) {
		return false
	}
	ku, kv := s.keyInstead(u, v), s.keyInstead(v, u)
	if ku == noKey || kv == noKey {
		return false
	}
	a, b := s.prev[u], s.prev[v]
	s.remove(u)
	s.remove(v)
	s.rekey(u, ku)
	s.rekey(v, kv)
	s.insert(a, v)
	s.insert(b, u)
	return true
}

// tiedTo reports whether a link or crew ties two visits.
func (s *search) tiedTo(u, v int32) bool { return s.unit[u][0] == s.unit[v][0] && u != v }

func (s *search) rekey(v int32, key int64) {
	if key != s.key[v] {
		s.setKey(v, key)
	}
}

// swapped is what exchanging the places of u and v, which are not neighbours, costs without lateness.
func (s *search) swapped(u, v int32) int64 {
	return s.replaced(u, v) + s.replaced(v, u)
}

func (s *search) replaced(out, in int32) int64 {
	r, a, b := s.route[out], s.prev[out], s.next[out]
	sum := s.price(r, a, in) + s.price(r, in, b) - s.price(r, a, out) - s.price(r, out, b)
	if r != s.route[in] {
		sum += s.own(r, in) - s.own(r, out)
	}
	return sum
}

// keyInstead is a key for v at the place of u: its own where it has a crew, which must fit there.
func (s *search) keyInstead(v, u int32) int64 {
	low, high := s.bounds(v, s.key[s.prev[u]], s.key[s.next[u]])
	if len(s.mates[v]) == 0 {
		if len(s.mates[u]) == 0 && low < s.key[u] && s.key[u] < high {
			return s.key[u]
		}
		return between(low, high)
	}
	if low < s.key[v] && s.key[v] < high {
		return s.key[v]
	}
	return noKey
}

// tails exchanges what follows on two routes, so that a visit comes right behind one of its neighbours.
func (s *search) tails(limit int64) bool {
	c := s.rng.below(s.n)
	if s.route[c] < 0 || len(s.near[c]) == 0 || !s.flat || !s.alike {
		return false
	}
	a := s.near[c][s.pick(int32(len(s.near[c])))]
	if s.rng.below(8) == 0 {
		a = s.begin(s.rng.below(s.r))
	}
	x, y := s.route[a], s.route[c]
	if x < 0 || x == y {
		return false
	}
	b, d := s.prev[c], s.next[a]
	if s.swift && (s.key[a] >= s.key[c] || s.key[b] >= s.key[d]) {
		return false
	}
	sum := s.price(x, a, c) + s.price(y, b, d) - s.price(x, a, d) - s.price(y, b, c)
	if !s.worthwhile(limit, sum) || !s.tailMay(c, x) || d < s.n && !s.tailMay(d, y) {
		return false
	}
	return s.cross(a, c, b, d)
}

// tailMay reports whether the static rules let all from v on go to route r.
func (s *search) tailMay(v, r int32) bool {
	class := s.m.Routes[r].Class
	for ; v < s.n; v = s.next[v] {
		if !s.m.Allowed(class, v) {
			return false
		}
	}
	return true
}

// cross moves the tail from c on behind a, and the one from d on behind b.
func (s *search) cross(a, c, b, d int32) bool {
	var first, second [maxTail]int32
	n1, ok1 := s.lift(c, &first)
	n2, ok2 := s.lift(d, &second)
	if !ok1 || !ok2 {
		return false
	}
	return s.lay(a, first[:n1]) && s.lay(b, second[:n2])
}

// maxTail is the longest tail that is exchanged.
const maxTail = 48

// lift removes a tail and notes it.
func (s *search) lift(v int32, into *[maxTail]int32) (n int, ok bool) {
	for v < s.n {
		if n == maxTail {
			return n, false
		}
		into[n] = v
		n++
		q := s.next[v]
		s.remove(v)
		v = q
	}
	return n, true
}

// lay inserts visits one after the other behind p.
func (s *search) lay(p int32, list []int32) bool {
	for _, v := range list {
		if len(s.foes[v]) > 0 && !s.separate(s.route[p], v) {
			return false
		}
		s.insert(p, v)
		p = v
	}
	return true
}
