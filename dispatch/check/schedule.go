package check

import "fettle/dispatch"

// node is a stop, or the end of the route, with the leg that leads to it. Times are wide enough not to overflow.
type node struct {
	travel, distance int64
	windows          []dispatch.TimeWindow // none means any time
	floor            int64                 // links do not let it start before; never when there is no such rule
	entry, work      int64
	due              int64 // from which lateness or a moved promise is priced; never when neither is
}

// schedule computes the times of the route. legs gives the leg of each break where the plan says so; nil leaves it to the
// checker.
//
// The end is the earliest possible, unless the longest duty wants a later one (duty.go). Where duty is paid or limited the
// technician leaves as late as that allows, but makes no visit later than both its priced due instant and its earliest
// start (with a longest duty, the earliest among departures that keep it); else every start stays at the earliest.
//
// Three passes over states (stops done, breaks taken). Earliest times forward give the end; earlier is never worse, so one
// time a state is exact. Latest times backward from that end give the latest departure. The last pass leaves then and takes
// each break on the first leg from which the end can still be kept. O(stops * breaks^3) time, O(stops * breaks) memory.
func (t *tour) schedule(legs []int) {
	start := int64(t.duty.Start)
	t.result = dispatch.Route{Technician: t.technician, Shift: t.shift, Departure: t.duty.Start, End: t.duty.Start}
	if len(t.stops) == 0 {
		return
	}
	nodes := t.nodes()
	breaks := t.duty.Breaks
	if t.countVisits() == 0 {
		breaks, legs = nil, nil
	}
	s := &search{nodes: nodes, breaks: breaks, legs: legs, paid: (t.who.Rates.Duty != 0 || t.who.MaxDuty > 0) && !t.held()}
	end := s.earliest(start)
	if end.missed > 0 {
		// No order of breaks keeps all windows: shown as it would happen when leaving at once, closed windows ignored.
		t.record(s, start, s.leastMissed())
	} else {
		last := s.latest(end.at)
		limit := int64(t.duty.End)
		if t.duty.LatestDeparture != dispatch.NoTick {
			limit = int64(t.duty.LatestDeparture)
		}
		leave := t.withinDuty(s, end.at, max(start, min(last, limit)), limit)
		t.record(s, leave, s.soonestBreaks(leave))
	}
	if over := int64(t.result.End) - int64(t.duty.End) - int64(t.duty.Overtime); over > 0 {
		t.fault(dispatch.ReasonOutOfShift, -1, over, "Technician %s ends at %s, %s after the shift and its overtime.",
			t.who.ID, clock(t.p, t.result.End), length(t.p, over))
	}
}

// search finds on which leg each break is taken.
type search struct {
	nodes  []node // the stops and the end
	breaks []dispatch.Break
	legs   []int // fixed legs of the breaks, or nil
	paid   bool  // time on duty costs something, or is limited
	anyhow bool  // promises do not hold back the departure: see duty.go

	// By the number of nodes done and breaks taken: the earliest and the latest time of leaving. taken is the number of
	// breaks on the leg by which the earliest state was reached.
	first [][]moment
	last  [][]int64
	taken [][]int
}

// moment is an instant and the sum of what windows were missed by to reach it; less missed comes before earlier.
type moment struct{ missed, at int64 }

func (m moment) before(o moment) bool {
	return m.missed < o.missed || (m.missed == o.missed && m.at < o.at)
}

// allowed reports whether leg k may take the breaks [from, to) and no more.
func (s *search) allowed(k, from, to int) bool {
	if s.legs == nil {
		return true
	}
	for b := from; b < to; b++ {
		if s.legs[b] != k {
			return false
		}
	}
	return to == len(s.breaks) || s.legs[to] > k
}

// pass drives leg k from t with the breaks [from, to) and does the work at its end.
func (s *search) pass(t moment, k, from, to int) moment {
	arrival, late := drive(t.at, s.nodes[k].travel, s.breaks[from:to])
	start, missed := opening(s.nodes[k].windows, max(arrival, s.nodes[k].floor))
	return moment{t.missed + late + missed, start + s.nodes[k].entry + s.nodes[k].work}
}

// earliest fills the forward table and returns the end of the route.
func (s *search) earliest(start int64) moment {
	n, m := len(s.nodes), len(s.breaks)
	unreached := moment{missed: -never}
	s.first, s.taken = make([][]moment, n+1), make([][]int, n+1)
	for k := range s.first {
		s.first[k], s.taken[k] = make([]moment, m+1), make([]int, m+1)
		for b := range s.first[k] {
			s.first[k][b] = unreached
		}
	}
	s.first[0][0] = moment{at: start}
	for k := range n {
		for from := 0; from <= m; from++ {
			if s.first[k][from] == unreached {
				continue
			}
			for to := from; to <= m; to++ {
				if !s.allowed(k, from, to) {
					continue
				}
				if got := s.pass(s.first[k][from], k, from, to); got.before(s.first[k+1][to]) {
					s.first[k+1][to], s.taken[k+1][to] = got, to-from
				}
			}
		}
	}
	return s.first[n][m]
}

// latest fills the backward table for an end and returns the latest departure.
func (s *search) latest(end int64) int64 {
	n, m := len(s.nodes), len(s.breaks)
	s.last = make([][]int64, n+1)
	for k := range s.last {
		s.last[k] = make([]int64, m+1)
		for b := range s.last[k] {
			s.last[k][b] = never
		}
	}
	s.last[n][m] = end
	for k := n - 1; k >= 0; k-- {
		node := &s.nodes[k]
		for from := 0; from <= m; from++ {
			for to := from; to <= m; to++ {
				if s.last[k+1][to] == never || s.first[k+1][to].missed > 0 || !s.allowed(k, from, to) {
					continue
				}
				arrival := lastOpening(node.windows, min(s.last[k+1][to]-node.entry-node.work, s.startLimit(k, to)))
				if arrival < node.floor {
					continue // links do not let it start by then
				}
				s.last[k][from] = max(s.last[k][from], lastLeave(arrival, node.travel, s.breaks[from:to]))
			}
		}
	}
	return s.last[0][0]
}

// startLimit is the latest start of node k with that many breaks taken that late departure may cause.
func (s *search) startLimit(k, taken int) int64 {
	node := &s.nodes[k]
	earliest := s.first[k+1][taken].at - node.entry - node.work
	switch {
	case s.anyhow || k == len(s.nodes)-1 || s.paid && node.due == never:
		return -never
	case s.paid:
		return max(earliest, node.due)
	}
	return earliest
}

// soonestBreaks leaves at an instant from which the end can be kept and takes as many breaks on each leg as still keep it.
// It returns how many each leg takes.
func (s *search) soonestBreaks(leave int64) []int {
	counts := make([]int, len(s.nodes))
	now, from := moment{at: leave}, 0
	for k := range s.nodes {
		for to := len(s.breaks); to >= from; to-- {
			got := s.pass(now, k, from, to)
			begin := got.at - s.nodes[k].entry - s.nodes[k].work
			if s.allowed(k, from, to) && got.missed == 0 && got.at <= s.last[k+1][to] && begin <= s.startLimit(k, to) {
				counts[k], now, from = to-from, got, to
				break
			}
		}
	}
	return counts
}

// leastMissed reads off the forward table how many breaks each leg takes.
func (s *search) leastMissed() []int {
	counts := make([]int, len(s.nodes))
	for k, b := len(s.nodes), len(s.breaks); k > 0; k-- {
		counts[k-1] = s.taken[k][b]
		b -= counts[k-1]
	}
	return counts
}

// nodes lists the stops with their legs, and the end.
func (t *tour) nodes() []node {
	nodes := make([]node, len(t.stops)+1)
	at := t.duty.StartPlace
	building, paid := "", false // of the visit before, no depot since
	for k := range t.stops {
		n := &nodes[k]
		n.due, n.floor = never, t.floorOf(k)
		if v := t.visit(k); v != nil {
			if v.Due != dispatch.NoTick && t.priced(v) {
				n.due = int64(v.Due)
			}
			t.leg(n, at, v.Place, k)
			at = v.Place
			n.windows = t.visitWindows(k, v)
			if _, last, late, ok := promiseOf(&t.p.Policy, v, n.windows); ok && !late && (n.due == never || last < n.due) {
				n.due = last
			}
			n.work = int64(onSite(v, t.who))
			if here := buildingOf(v); !paid || here != building {
				n.entry, building, paid = int64(entry(v, t.who)), here, true
			}
			continue
		}
		d := &t.who.Depots[t.stops[k].Depot]
		t.leg(n, at, d.Place, k)
		at, n.windows, n.work, paid = d.Place, d.Windows, int64(d.Duration), false
	}
	nodes[len(t.stops)].floor = never
	t.leg(&nodes[len(t.stops)], at, t.duty.EndPlace, -1)
	return nodes
}

// priced reports whether being late at a visit costs anything.
func (t *tour) priced(v *dispatch.Visit) bool {
	tier := t.p.Policy.Tier(v.Tier)
	return t.p.Policy.MaxLateness != 0 || tier != nil && len(tier.Steps) > 0
}

// leg fills travel and distance of the way to the k-th kept stop, or with k = -1 to the end. A leg without a way is a
// fault and counts nothing, so that one fault does not become ten.
func (t *tour) leg(n *node, from, to int32, k int) {
	if from == dispatch.NoPlace || to == dispatch.NoPlace {
		return
	}
	profile := &t.p.Travel[t.who.Travel]
	time := int64(profile.Time.At(from, to))
	unreachable := time >= int64(dispatch.Unreachable)
	if speed := int64(t.who.SpeedPercent); speed > 0 && speed != 100 {
		time = (time*100 + speed/2) / speed
	}
	if unreachable || time >= int64(dispatch.Unreachable) {
		t.fault(dispatch.ReasonUnreachable, k, 0, "Technician %s has no way from place %d to place %d.", t.who.ID, from, to)
		return
	}
	n.travel = time
	if profile.Distance != nil {
		n.distance = int64(profile.Distance.At(from, to))
	}
}

// onSite is the work a technician of that kind has at the visit.
func onSite(v *dispatch.Visit, who *dispatch.Technician) dispatch.Tick {
	if d, ok := v.OnSiteBy[who.Kind]; ok && who.Kind != "" {
		return d
	}
	return v.OnSite
}

// entry is the way into the building for a technician of that kind.
func entry(v *dispatch.Visit, who *dispatch.Technician) dispatch.Tick {
	if d, ok := v.EntryBy[who.Kind]; ok && who.Kind != "" {
		return d
	}
	return v.Entry
}

// buildingOf names the building of a visit; a place without one is a building of its own.
func buildingOf(v *dispatch.Visit) string {
	if v.Building != "" {
		return "building " + v.Building
	}
	return sentence("place %d", v.Place)
}
