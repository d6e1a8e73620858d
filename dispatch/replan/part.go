package replan

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
	"fettle/geo"
)

// part is the neighbourhood of a change as a problem of its own. A visit with a promise is in it twice: held to its
// technician and to starts within the tolerance, or free. A plan of the part moves the promises of those that it
// does not serve held; so every rule, also that of a promise, is one that the walker knows.
type part struct {
	c           *changed
	m           *constraint.Model
	walk        *constraint.Walker
	technicians []int32 // of the changed problem, rising
	visits      []int32 // of the changed problem; the free visit k of the part is visits[k]
	held        []int32 // by free visit: its held twin, -1 without a promise
	base        []int32 // by visit of the part: the free one
	home        []int32 // by free visit: the route of its promise, -1 without
	price       []int64 // by free visit: cost of leaving it out
	prize       []int64 // the same as the search counts it
	routes      []partRoute
	near        [][]int32 // by free visit: the others, nearest first
	hot         []int32   // free visits that the change concerns
	outside     outsidePart
}

// partRoute is a route of the part.
type partRoute struct {
	course int32   // of the changed problem, -1 for none
	start  []int32 // stops as they are before anything is planned: visits held, depots
	done   int32   // stops that have started
	closed bool
}

// outsidePart sums what the search does not touch.
type outsidePart struct {
	cost       int64
	travel     dispatch.Tick
	late       dispatch.Tick
	unassigned int
}

// nearVisits is how many neighbours of a visit are kept, and mostAbsent how many visits that nobody has are tried again.
const nearVisits, mostAbsent = 24, 24

func newPart(c *changed) (*part, error) {
	part := &part{c: c}
	part.technicians = c.neighbours()
	part.take()
	if err := part.compile(); err != nil {
		return nil, err
	}
	part.layRoutes()
	part.measureNear()
	part.measureOutside()
	return part, nil
}

// spotAt is where and when something happens.
type spotAt struct {
	visit int32 // -1 for none
	place int32
}

// seeds are the places that the change concerns.
func (c *changed) seeds() (out []spotAt) {
	for _, v := range slices.Concat(c.arrived, c.displaced) {
		out = append(out, spotAt{v, c.p.Visits[v].Place})
	}
	for _, place := range c.freed {
		out = append(out, spotAt{-1, place})
	}
	for _, k := range c.touched {
		co := &c.courses[k]
		for i := co.done; i < len(co.stops); i++ {
			if s := &co.stops[i]; s.Kind == dispatch.StopVisit {
				out = append(out, spotAt{s.Visit, c.p.Visits[s.Visit].Place})
			}
		}
	}
	return out
}

// neighbours chooses the technicians of the part: those whom the change concerns, then in turns, for each place that it
// concerns, the next nearest who may serve it. O(places concerned * stops).
func (c *changed) neighbours() []int32 {
	in := map[int32]bool{}
	for _, k := range c.touched {
		in[c.courses[k].route.Technician] = true
	}
	for t := range c.p.Technicians {
		if _, away := c.away[c.p.Technicians[t].ID]; away {
			in[int32(t)] = true
		}
	}
	seeds := c.seeds()
	ranked := make([][]int32, len(seeds))
	for i := range seeds {
		ranked[i] = c.nearest(&seeds[i])
	}
	for turn := 0; len(in) < c.o.Technicians; turn++ {
		more := false
		for i := range ranked {
			if turn < len(ranked[i]) && len(in) < c.o.Technicians {
				in[ranked[i][turn]], more = true, true
			}
		}
		if !more {
			break
		}
	}
	out := make([]int32, 0, len(in))
	for t := range in {
		out = append(out, t)
	}
	slices.Sort(out)
	return out
}

// nearest ranks the technicians who may serve a seed by how far they are from it at some point of the open part of their
// day, the waiting there included in part.
func (c *changed) nearest(seed *spotAt) []int32 {
	type near struct {
		technician int32
		away       int64
	}
	var all []near
	next := 0
	for t := range c.p.Technicians {
		who := &c.p.Technicians[t]
		best := int64(math.MaxInt64)
		for ; next < len(c.courses) && int(c.courses[next].route.Technician) == t; next++ {
			best = min(best, c.awayFrom(who, &c.courses[next], seed))
		}
		for k := range who.Shifts {
			if s := &who.Shifts[k]; s.End > max(s.Start, c.now) {
				best = min(best, c.detour(who, s.StartPlace, s.Start, seed))
			}
		}
		if best == math.MaxInt64 {
			continue
		}
		if seed.visit >= 0 {
			if why, _ := constraint.Static(who, &c.p.Visits[seed.visit]); why != "" {
				continue
			}
		}
		all = append(all, near{int32(t), best})
	}
	slices.SortFunc(all, func(x, y near) int {
		return cmp.Or(cmp.Compare(x.away, y.away), cmp.Compare(x.technician, y.technician))
	})
	out := make([]int32, 0, min(len(all), c.o.Technicians))
	for _, n := range all[:cap(out)] {
		out = append(out, n.technician)
	}
	return out
}

// awayFrom is the least detour from a stop of a course that is still to be left.
func (c *changed) awayFrom(who *dispatch.Technician, co *course, seed *spotAt) int64 {
	best := int64(math.MaxInt64)
	if co.closed {
		return best
	}
	for k := max(co.done-1, 0); k < len(co.stops); k++ {
		best = min(best, c.detour(who, placeOf(&c.p, who, &co.stops[k]), co.stops[k].End, seed))
	}
	return best
}

// waitShare is the part of a wait that counts as way when neighbours are chosen.
const waitShare = 8

// detour is how far a seed is from a place that is left at an instant; math.MaxInt64 when it is closed on arrival.
func (c *changed) detour(who *dispatch.Technician, place int32, at dispatch.Tick, seed *spotAt) int64 {
	way := dispatch.Tick(0)
	if place >= 0 {
		way = dispatch.Tick(c.p.Travel[who.Travel].Time.At(place, seed.place))
	}
	if int32(way) >= dispatch.Unreachable {
		return math.MaxInt64
	}
	if seed.visit < 0 {
		return int64(way)
	}
	windows := c.p.Visits[seed.visit].Windows
	if len(windows) == 0 {
		return int64(way)
	}
	for _, w := range windows {
		if at+way < w.End {
			return int64(way) + int64(max(w.Start-at-way, 0))/waitShare
		}
	}
	return math.MaxInt64
}

// take lists the visits of the part: those on its routes, those that the change concerns, and the nearest of those that
// nobody has.
func (p *part) take() {
	c := p.c
	hot := slices.Concat(c.arrived, c.displaced)
	for i := range c.courses {
		if co := &c.courses[i]; p.has(co.route.Technician) {
			for k := range co.stops {
				if s := &co.stops[k]; s.Kind == dispatch.StopVisit {
					p.visits = append(p.visits, s.Visit)
				}
			}
		}
	}
	p.visits = append(p.visits, hot...)
	p.visits = append(p.visits, p.absentNear()...)
	number := make(map[int32]int32, len(p.visits))
	for k, v := range p.visits {
		number[v] = int32(k)
	}
	for _, v := range hot {
		if !c.over(v) {
			p.hot = append(p.hot, number[v])
		}
	}
	for _, k := range c.touched {
		co := &c.courses[k]
		for i := co.done; i < len(co.stops); i++ {
			if s := &co.stops[i]; s.Kind == dispatch.StopVisit {
				p.hot = append(p.hot, number[s.Visit])
			}
		}
	}
}

func (p *part) has(technician int32) bool {
	_, ok := slices.BinarySearch(p.technicians, technician)
	return ok
}

// absentNear are the visits without a technician that are nearest to the change and that somebody of the part may serve.
func (p *part) absentNear() []int32 {
	c := p.c
	seeds := c.seeds()
	type near struct {
		visit int32
		way   int32
	}
	var all []near
	for v := range c.reasons {
		way := int32(math.MaxInt32)
		for i := range seeds {
			way = min(way, c.p.Travel[0].Time.At(c.p.Visits[v].Place, seeds[i].place))
		}
		all = append(all, near{v, way})
	}
	slices.SortFunc(all, func(x, y near) int { return cmp.Or(cmp.Compare(x.way, y.way), cmp.Compare(x.visit, y.visit)) })
	var out []int32
	for _, n := range all {
		if len(out) == mostAbsent {
			break
		}
		if slices.ContainsFunc(p.technicians, func(t int32) bool {
			why, _ := constraint.Static(&c.p.Technicians[t], &c.p.Visits[n.visit])
			return why == ""
		}) {
			out = append(out, n.visit)
		}
	}
	return out
}

// compile makes the problem of the part. Travel times become tables, for the part has few places.
func (p *part) compile() error {
	c := p.c
	own := c.p
	own.Policy.Unserved, own.Policy.Fairness = dispatch.UnservedPolicy{}, 0
	own.Places, own.Technicians, own.Visits = nil, nil, nil
	var used []int32
	places := map[int32]int32{}
	place := func(i int32) int32 {
		if i < 0 {
			return i
		}
		n, ok := places[i]
		if !ok {
			n = int32(len(used))
			places[i], used = n, append(used, i)
			own.Places = append(own.Places, c.p.Places[i])
		}
		return n
	}
	for _, t := range p.technicians {
		who := c.p.Technicians[t]
		who.Shifts, who.Depots = slices.Clone(who.Shifts), slices.Clone(who.Depots)
		for k := range who.Shifts {
			who.Shifts[k].StartPlace, who.Shifts[k].EndPlace = place(who.Shifts[k].StartPlace), place(who.Shifts[k].EndPlace)
		}
		for k := range who.Depots {
			who.Depots[k].Place = place(who.Depots[k].Place)
		}
		own.Technicians = append(own.Technicians, who)
	}
	prices := dispatch.UnservedCosts(&c.p)
	for k, v := range p.visits {
		visit := c.p.Visits[v]
		visit.Place = place(visit.Place)
		visit.Windows = c.wished(v)
		own.Visits = append(own.Visits, visit)
		p.price, p.base = append(p.price, prices[v]), append(p.base, int32(k))
	}
	p.prize = slices.Clone(p.price)
	p.holdPromises(&own)
	own.Travel = slices.Clone(own.Travel)
	for i := range own.Travel {
		for _, m := range []**geo.Matrix{&own.Travel[i].Time, &own.Travel[i].Distance} {
			if *m != nil {
				*m = (*m).Select(used).Dense()
			}
		}
	}
	m, err := constraint.New(&own)
	if err != nil {
		return fmt.Errorf("compile the neighbourhood of the change: %w", err)
	}
	p.m, p.walk = m, m.NewWalker()
	return nil
}

// wished are the windows of a visit without those that earlier promises put on it, from now on; as they are when all are
// over or when the visit has started.
func (c *changed) wished(v int32) []dispatch.TimeWindow {
	windows, narrowed := c.o.Wished[c.p.Visits[v].ID]
	if !narrowed {
		windows = c.p.Visits[v].Windows
	}
	if pin := c.p.Visits[v].Pin; pin != nil && pin.Started || len(windows) > 0 && windows[0].Start >= c.now {
		return windows
	}
	if left := windowsWithin(windows, c.now, dispatch.Far-1); len(left) > 0 {
		return left
	}
	return windows
}

// over tells whether all windows of a visit are.
func (c *changed) over(v int32) bool {
	windows := c.wished(v)
	return len(windows) > 0 && windows[len(windows)-1].End <= c.now
}

// holdPromises adds the held twins.
func (p *part) holdPromises(own *dispatch.Problem) {
	p.held = make([]int32, len(p.visits))
	for k, v := range p.visits {
		p.held[k] = -1
		if p.c.promises[v].technician >= 0 {
			p.held[k] = int32(len(own.Visits))
			visit := own.Visits[k]
			visit.ID += "\x00held"
			visit.Windows = p.c.heldWindows(v)
			own.Visits, p.base = append(own.Visits, visit), append(p.base, int32(k))
		}
	}
}

// heldWindows are the instants at which a visit may start with its promise kept: those of the window that was promised, else
// those within the tolerance of the committed start.
func (c *changed) heldWindows(v int32) []dispatch.TimeWindow {
	start, slack := c.promises[v].start, c.o.Tolerance
	if said := c.p.Visits[v].Promise; said.Timed() && said.Window.Contains(start) {
		return windowsWithin(c.wished(v), said.Window.Start, said.Window.End-1)
	}
	return windowsWithin(c.wished(v), max(start-slack, -dispatch.Far), min(start+slack, dispatch.Far-1))
}

// keeps tells whether a promise is kept by a technician who starts at an instant.
func (c *changed) keeps(v, technician int32, start dispatch.Tick) bool {
	return technician == c.promises[v].technician &&
		slices.ContainsFunc(c.heldWindows(v), func(w dispatch.TimeWindow) bool { return w.Contains(start) })
}

// layRoutes lays the committed stops out on the routes of the part, every promise held.
func (p *part) layRoutes() {
	c := p.c
	number := make(map[int32]int32, len(p.visits))
	for k, v := range p.visits {
		number[v] = int32(k)
	}
	p.routes, p.home = make([]partRoute, len(p.m.Routes)), make([]int32, len(p.visits))
	byShift := map[[2]int32]int32{}
	for r := range p.m.Routes {
		route := &p.m.Routes[r]
		p.routes[r] = partRoute{course: -1, closed: route.LatestEnd <= route.Start}
		byShift[[2]int32{p.technicians[route.Technician], route.Shift}] = int32(r)
	}
	for k, v := range p.visits {
		p.home[k] = -1
		if pr := c.promises[v]; pr.technician >= 0 {
			p.home[k] = byShift[[2]int32{pr.technician, c.shiftNow(&pr)}]
		}
	}
	for i := range c.courses {
		co := &c.courses[i]
		r, ok := byShift[[2]int32{co.route.Technician, co.route.Shift}]
		if !ok {
			continue
		}
		own := &p.routes[r]
		own.course, own.done, own.closed = int32(i), int32(co.done), own.closed || co.closed
		for k := range co.stops {
			s := &co.stops[k]
			code := p.m.Visits + s.Depot
			if s.Kind == dispatch.StopVisit {
				if code = number[s.Visit]; k >= co.done {
					code = p.held[code]
				}
			}
			own.start = append(own.start, code)
		}
	}
}

// shiftNow is the shift that has a promise after the change: a technician who comes back has another for the rest.
func (c *changed) shiftNow(pr *promise) int32 {
	for i := range c.courses {
		if co := &c.courses[i]; co.route.Technician == pr.technician && co.route.Shift == pr.shift && co.reopened >= 0 {
			return co.reopened
		}
	}
	return pr.shift
}

// measureNear sorts the visits around each visit.
func (p *part) measureNear() {
	n := int32(len(p.visits))
	p.near = make([][]int32, n)
	open := make([]int32, 0, n)
	for v := range n {
		if !p.started(v) && !p.c.over(p.visits[v]) {
			open = append(open, v)
		}
	}
	if len(p.m.Routes) == 0 {
		return
	}
	keys := make([]int64, n)
	for _, v := range open {
		list := slices.Clone(open)
		for _, w := range open {
			keys[w] = int64(p.m.Routes[0].Leg(p.m.Place(v), p.m.Place(w)))<<32 | int64(w)
		}
		slices.SortFunc(list, func(a, b int32) int { return cmp.Compare(keys[a], keys[b]) })
		p.near[v] = list[:min(len(list), nearVisits)]
	}
}

func (p *part) started(v int32) bool {
	pin := p.m.Problem.Visits[v].Pin
	return pin != nil && pin.Started
}

// measureOutside sums the routes and visits that are not of the part.
func (p *part) measureOutside() {
	c := p.c
	in := map[int32]bool{}
	for _, v := range p.visits {
		in[v] = true
	}
	for i := range c.courses {
		if co := &c.courses[i]; !p.has(co.route.Technician) {
			p.outside.cost += co.route.Cost.Total()
			travel, late := travelAndLateness(&co.route)
			p.outside.travel, p.outside.late = p.outside.travel+travel, p.outside.late+late
		}
	}
	prices := dispatch.UnservedCosts(&c.p)
	for v := range c.reasons {
		if !in[v] {
			p.outside.cost += prices[v]
			p.outside.unassigned++
		}
	}
}

func travelAndLateness(r *dispatch.Route) (travel, late dispatch.Tick) {
	travel = r.EndTravel
	for k := range r.Stops {
		travel, late = travel+r.Stops[k].Travel, late+r.Stops[k].Late
	}
	return travel, late
}
