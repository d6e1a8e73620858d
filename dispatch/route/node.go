package route

import "fettle/dispatch"

// node is one stop of a route in a doubly linked list: a visit, the start or end of a route, or a depot stop. Two of them
// share a cache line. What an insertion behind it needs of the next stop is kept twice, so that the test reads one line.
type node struct {
	prev, next int32
	route      int32 // -1 while absent
	dep        int32 // earliest departure (earliest end for the end of a route)
	lst        int32 // latest arrival that keeps the rest of the route feasible
	leg        int32 // travel from prev
	nextLst    int32 // lst of next
	nextLeg    int32 // leg of next
}

// routeState is what the search keeps for each route beside its nodes.
type routeState struct {
	size  int32 // visits
	stamp int32 // iteration that saved it in the journal
	dirty bool  // differs from the best plan
	// Rich problems only: cost of the route and ticks of work on it, without entry.
	cost, workload int64
	version        int64 // see memo.go
	over           int64 // ticks above the longest duty: see soft.go
}

// absentDep and absentLst are the times of an absent visit: nothing can follow or precede it.
const absentDep, absentLst = 1 << 29, -1 << 29

type savedNode struct {
	index int32
	was   node
}

type savedRoute struct {
	index int32
	was   routeState
}

func (s *search) start(r int32) int32 { return s.n + 2*r }
func (s *search) end(r int32) int32   { return s.n + 2*r + 1 }

// touch saves a node before its first change in this iteration.
func (s *search) touch(i int32) *node {
	nd := &s.nodes[i]
	if s.stamps[i] != s.epoch {
		s.journal = append(s.journal, savedNode{i, *nd})
		s.stamps[i] = s.epoch
	}
	return nd
}

// touchRoute saves a route before its first change in this iteration.
func (s *search) touchRoute(r int32) *routeState {
	rs := &s.routes[r]
	if rs.stamp != s.epoch {
		s.journalRoutes = append(s.journalRoutes, savedRoute{r, *rs})
		if s.dims > 0 {
			s.journalLoads = append(s.journalLoads, s.loads[int(r)*s.dims:(int(r)+1)*s.dims]...)
		}
		rs.stamp = s.epoch
	}
	return rs
}

// leg is the travel time on route r between two nodes.
func (s *search) travel(r, a, b int32) int32 {
	if s.table != nil {
		return s.table[int(s.place[a])*s.side+int(s.place[b])]
	}
	return s.m.Routes[r].Leg(s.place[a], s.place[b])
}

// onSite is the least time that a visit or depot stop takes on route r: entry is left to the walk.
func (s *search) onSite(r, v int32) int32 {
	if s.work != nil {
		return s.work[v]
	}
	if v < s.n {
		return s.m.OnSite(&s.m.Routes[r], v)
	}
	return s.depotWork[v-s.n]
}

// open is the earliest start of v at or after t; later than the last when there is none.
func (s *search) open(v, t int32) int32 {
	if t < s.first[v] {
		return s.first[v]
	}
	if s.several == nil || s.several[v] == nil {
		return t
	}
	for _, w := range s.several[v] {
		if t <= w[1] {
			return max(t, w[0])
		}
	}
	return t
}

// latest is the latest start of v at or before t.
func (s *search) latest(v, t int32) int32 {
	if t >= s.last[v] {
		return s.last[v]
	}
	if s.several == nil || s.several[v] == nil {
		return t
	}
	ws := s.several[v]
	for k := len(ws) - 1; k >= 0; k-- {
		if t >= ws[k][0] {
			return min(t, ws[k][1])
		}
	}
	return s.first[v] - 1
}

// forward renews the earliest times from node x to the end of its route, and stops where nothing changes.
func (s *search) forward(x int32) {
	nd := &s.nodes[x]
	dep := s.nodes[nd.prev].dep
	for {
		dep += nd.leg
		if nd.next < 0 {
			if dep != nd.dep {
				s.touch(x).dep = dep
			}
			return
		}
		dep = s.open(x, dep) + s.onSite(nd.route, x)
		if dep == nd.dep {
			return
		}
		s.touch(x).dep = dep
		x = nd.next
		nd = &s.nodes[x]
	}
}

// backward renews the latest times from node x to the start of its route, and stops where nothing changes.
func (s *search) backward(x int32) {
	for {
		nd := &s.nodes[x]
		if nd.prev < 0 {
			return
		}
		next := &s.nodes[nd.next]
		lst := s.latest(x, next.lst-next.leg-s.onSite(nd.route, x))
		if lst == nd.lst {
			return
		}
		s.touch(x).lst = lst
		x = nd.prev
		s.touch(x).nextLst = lst
	}
}

// link puts v between p and its successor, and renews times and sums.
func (s *search) link(p, v int32) {
	r := s.nodes[p].route
	q := s.nodes[p].next
	nv, np, nq := s.touch(v), s.touch(p), s.touch(q)
	rs := s.touchRoute(r)
	s.change(rs)
	d1, d2 := s.travel(r, p, v), s.travel(r, v, q)
	if !s.rich {
		s.current += s.rate[r]*int64(d1+d2-nq.leg) + s.extra(r, v)
		if rs.size == 0 {
			s.current += s.fixed[r]
		}
	}
	np.next, nv.prev, nv.next, nq.prev = v, p, q, v
	nv.leg, nq.leg, nv.route = d1, d2, r
	nv.dep = s.open(v, np.dep+d1) + s.onSite(r, v)
	nv.lst = s.latest(v, nq.lst-d2-s.onSite(r, v))
	np.nextLeg, np.nextLst, nv.nextLeg, nv.nextLst = d1, nv.lst, d2, nq.lst
	if v < s.n {
		if rs.size == 0 {
			s.takeEmpty(r)
		}
		rs.size++
		s.addLoad(r, v, 1)
		s.leaveAbsent(v)
	}
	s.forward(q)
	s.backward(p)
	s.stowed[r] = false
	s.renewHeads(v)
	s.renewTails(v)
	s.current += s.noteDuty(r)
	s.measureRoomAt(v)
}

// unlink takes the nodes from a to b, which follow each other on one route, out of it. It reports whether the rest still
// keeps its times, which a matrix without triangle inequality can break.
func (s *search) unlink(a, b int32) bool {
	p, q := s.nodes[a].prev, s.nodes[b].next
	r := s.nodes[a].route
	np, nq := s.touch(p), s.touch(q)
	rs := s.touchRoute(r)
	s.change(rs)
	gone, size := int64(nq.leg), rs.size
	for v := a; ; v = s.nodes[v].next {
		nv := s.touch(v)
		nv.route, nv.dep, nv.lst = -1, absentDep, absentLst
		gone += int64(nv.leg)
		if v < s.n {
			if !s.rich {
				s.current -= s.extra(r, v)
			}
			rs.size--
			s.addLoad(r, v, -1)
			s.joinAbsent(v)
		}
		if v == b {
			break
		}
	}
	np.next, nq.prev = q, p
	nq.leg = s.travel(r, p, q)
	np.nextLeg, np.nextLst = nq.leg, nq.lst
	if !s.rich {
		s.current += s.rate[r] * (int64(nq.leg) - gone)
	}
	if rs.size == 0 && size > 0 {
		s.putEmpty(r)
		if !s.rich {
			s.current -= s.fixed[r]
		}
	}
	s.forward(q)
	s.backward(p)
	s.stowed[r] = false
	s.renewHeads(q)
	s.renewTails(p)
	s.current += s.noteDuty(r)
	return np.dep+nq.leg <= nq.lst && nq.leg < dispatch.Unreachable && s.dutyKept(r)
}

// extra is what visit v costs on route r besides travel.
func (s *search) extra(r, v int32) int64 {
	if s.static == nil {
		return 0
	}
	return s.static[int(v)*s.classes+int(s.class[r])]
}

func (s *search) addLoad(r, v, sign int32) {
	for d := 0; d < s.dims; d++ {
		s.loads[int(r)*s.dims+d] += sign * s.demand[int(v)*s.dims+d]
	}
}

// fits reports whether the stock of route r has room for v. It is exact when stock only leaves or only joins, and a
// necessary condition otherwise.
func (s *search) fits(r, v int32) bool {
	for d := 0; d < s.dims; d++ {
		if s.loads[int(r)*s.dims+d]+s.demand[int(v)*s.dims+d] > s.capacity[int(r)*s.dims+d] {
			return false
		}
	}
	return true
}

// The absent visits are a set with positions; their unserved cost is part of the current cost.

func (s *search) joinAbsent(v int32) {
	s.absentAt[v] = int32(len(s.absent))
	s.absent = append(s.absent, v)
	s.current += s.prize[v]
	s.unserved += s.truePrize[v]
}

func (s *search) leaveAbsent(v int32) {
	at, last := s.absentAt[v], s.absent[len(s.absent)-1]
	s.absent[at], s.absentAt[last] = last, at
	s.absent = s.absent[:len(s.absent)-1]
	s.absentAt[v] = -1
	s.current -= s.prize[v]
	s.unserved -= s.truePrize[v]
}

// The empty routes of each type are a stack with positions.

func (s *search) takeEmpty(r int32) {
	t := s.m.Routes[r].Type
	list := s.empty[t]
	at, last := s.emptyAt[r], list[len(list)-1]
	list[at], s.emptyAt[last] = last, at
	s.empty[t] = list[:len(list)-1]
	s.emptyAt[r] = -1
	s.unused--
}

func (s *search) putEmpty(r int32) {
	t := s.m.Routes[r].Type
	s.emptyAt[r] = int32(len(s.empty[t]))
	s.empty[t] = append(s.empty[t], r)
	s.unused++
}

// room is how much time a position has for a visit with its legs: from the departure of the node before to the latest
// arrival at the node after. It is kept by the node before (roomAfter) and by the node after (roomBefore) in arrays of
// their own, small enough for the fastest cache: most positions are ruled out by it alone. It is exact between iterations
// and after ruin; while recreate inserts it may be too large, never too small, for insertions only take room away.

// measureRoom renews the room about every node that this iteration has touched.
func (s *search) measureRoom() {
	if !s.roomy {
		return
	}
	for k := range s.journal {
		s.measureRoomAt(s.journal[k].index)
	}
}

func (s *search) measureRoomAt(i int32) {
	if !s.roomy {
		return
	}
	nd := &s.nodes[i]
	if nd.route < 0 {
		s.roomAfter[i], s.roomBefore[i] = -1, -1
		return
	}
	if nd.next >= 0 {
		room := nd.nextLst - nd.dep
		s.roomAfter[i], s.roomBefore[nd.next] = room, room
	}
	if nd.prev >= 0 {
		room := nd.lst - s.nodes[nd.prev].dep
		s.roomAfter[nd.prev], s.roomBefore[i] = room, room
	}
}

// undo takes back everything since the iteration began.
func (s *search) undo() {
	for k := len(s.journal) - 1; k >= 0; k-- {
		j := &s.journal[k]
		i := j.index
		if i < s.n {
			if was, is := j.was.route < 0, s.nodes[i].route < 0; was && !is {
				s.joinAbsent(i)
			} else if !was && is {
				s.leaveAbsent(i)
			}
		}
		s.nodes[i] = j.was
	}
	s.measureRoom()
	for k := range s.journalRoutes {
		j := &s.journalRoutes[k]
		if was, is := j.was.size == 0, s.routes[j.index].size == 0; was && !is {
			s.putEmpty(j.index)
		} else if !was && is {
			s.takeEmpty(j.index)
		}
		s.over += j.was.over - s.routes[j.index].over
		s.routes[j.index] = j.was
		s.stowed[j.index] = false
		s.renewSpans(j.index)
		if s.dims > 0 {
			copy(s.loads[int(j.index)*s.dims:], s.journalLoads[k*s.dims:(k+1)*s.dims])
		}
	}
	s.current, s.fair = s.before, s.fairBefore
	s.forget()
}

// forget closes the iteration's journal.
func (s *search) forget() {
	s.journal, s.journalRoutes, s.journalLoads = s.journal[:0], s.journalRoutes[:0], s.journalLoads[:0]
	s.epoch++
}
