package engine

import (
	"cmp"
	"slices"

	"fettle/dispatch"
	"fettle/dispatch/plan"
)

// adopt takes over what still holds of a better plan.
//
// The plan is cut into groups of routes that exchange visits with each other. Each group is adopted as a whole or not at
// all: only if every rule holds on the routes as they are now, no visit loses its place, nothing that was accepted or pinned
// changes hands, and the group costs less than before by more than the promises that it breaks are worth: those that change
// hands, and those that leave the window that the tenant was told. Work that came or
// changed hands since the snapshot keeps its technician; work that has started is on no route of the board and cannot move.
func (d *decision) adopt(c AdoptPlan) error {
	if c.Snapshot == nil || c.Plan == nil || c.Snapshot.Problem == nil {
		return nil
	}
	b, err := d.board()
	if err != nil {
		return err
	}
	a := &adoption{d: d, b: b, wish: map[int32]spot{}}
	a.read(&c)
	a.keep()
	for _, group := range a.groups() {
		if err := a.exchange(group); err != nil {
			return err
		}
	}
	return nil
}

// spot is where a plan wants a visit: rank orders the visits of a route.
type spot struct {
	route routeKey
	rank  dispatch.Tick
}

// adoption is a plan in the numbers of the board.
type adoption struct {
	d    *decision
	b    *board
	wish map[int32]spot       // by visit of the board
	all  []int32              // the visits of wish, by index
	goes map[routeKey][]int32 // the same by the route that they go to
}

// read finds the visits and routes of the plan that still exist.
func (a *adoption) read(c *AdoptPlan) {
	p := c.Snapshot.Problem
	for i := range c.Plan.Routes {
		r := &c.Plan.Routes[i]
		to, ok := a.routeOf(p, r)
		if !ok {
			continue
		}
		for k := range r.Stops {
			st := &r.Stops[k]
			if st.Kind != dispatch.StopVisit || st.Visit < 0 || int(st.Visit) >= len(p.Visits) {
				continue
			}
			v, ok := a.b.Index(p.Visits[st.Visit].ID)
			if ok && a.waits(v) {
				continue
			}
			if _, twice := a.wish[v]; ok && !twice {
				a.wish[v] = spot{to, a.b.tick(p.Origin) + st.Start}
			}
		}
	}
}

// waits reports whether somebody else decides who gets an order that nobody has.
func (a *adoption) waits(v int32) bool {
	o := a.d.order(a.b.orderOf(v))
	return o.State == StateNew && a.d.asks(o)
}

// routeOf is the route of the board that a route of the plan means: that of the same technician in the shift of the same
// end, which progress does not change.
func (a *adoption) routeOf(p *dispatch.Problem, r *dispatch.Route) (routeKey, bool) {
	if r.Technician < 0 || int(r.Technician) >= len(p.Technicians) {
		return routeKey{}, false
	}
	t := &p.Technicians[r.Technician]
	at, ok := a.b.index[t.ID]
	if !ok || r.Shift < 0 || int(r.Shift) >= len(t.Shifts) {
		return routeKey{}, false
	}
	end := p.At(t.Shifts[r.Shift].End)
	s := slices.IndexFunc(a.b.spans[at], func(s span) bool { return apart(s.end, end) < 2e9 })
	return routeKey{at, int32(s)}, s >= 0
}

// keep puts every visit of the routes concerned that must stay, or that the plan does not know, where it is now.
func (a *adoption) keep() {
	for _, now := range a.concerned() {
		times, _ := a.b.Route(now.technician, now.shift)
		for i := range times.Stops {
			st := &times.Stops[i]
			if st.Kind != dispatch.StopVisit {
				continue
			}
			to, ok := a.wish[st.Visit]
			o := a.d.order(a.b.orderOf(st.Visit))
			stays := o.State == StateAccepted || o.Pin != nil || a.d.frozen(o) || a.d.asks(o)
			if !ok || (stays && to.route.technician != now.technician) {
				a.wish[st.Visit] = spot{now, st.Start}
			}
		}
	}
	for v := range a.wish {
		a.all = append(a.all, v)
	}
	slices.Sort(a.all)
	a.goes = map[routeKey][]int32{}
	for _, v := range a.all {
		to := a.wish[v].route
		a.goes[to] = append(a.goes[to], v)
	}
}

// concerned are the routes that the plan takes a visit from or gives one to, in order.
func (a *adoption) concerned() []routeKey {
	var out []routeKey
	for v, to := range a.wish {
		out = append(out, to.route)
		if from, ok := a.now(v); ok {
			out = append(out, from)
		}
	}
	slices.SortFunc(out, compareRoutes)
	return slices.Compact(out)
}

// now is the route that has a visit.
func (a *adoption) now(v int32) (routeKey, bool) {
	t, s, ok := a.b.Placed(v)
	return routeKey{t, s}, ok
}

// groups are the routes that exchange visits with each other, each group and all of them in order.
func (a *adoption) groups() [][]routeKey {
	parent := map[routeKey]routeKey{}
	var find func(r routeKey) routeKey
	find = func(r routeKey) routeKey {
		if up, ok := parent[r]; ok && up != r {
			parent[r] = find(up)
			return parent[r]
		}
		parent[r] = r
		return r
	}
	var used []routeKey
	for _, v := range a.all {
		to := a.wish[v].route
		used = append(used, to)
		if from, ok := a.now(v); ok {
			used = append(used, from)
			parent[find(from)] = find(to)
		} else {
			find(to)
		}
	}
	slices.SortFunc(used, compareRoutes)
	used = slices.Compact(used)
	at := map[routeKey]int{}
	var out [][]routeKey
	for _, r := range used {
		root := find(r)
		k, ok := at[root]
		if !ok {
			k = len(out)
			at[root] = k
			out = append(out, nil)
		}
		out[k] = append(out[k], r)
	}
	return out
}

func compareRoutes(x, y routeKey) int {
	return cmp.Or(cmp.Compare(x.technician, y.technician), cmp.Compare(x.shift, y.shift))
}

// exchange adopts one group, if it still holds and pays.
func (a *adoption) exchange(group []routeKey) error {
	next := make([]plan.Sequence, len(group))
	var broken int64
	var moved []int32
	same := true
	for i, to := range group {
		for _, v := range a.goes[to] {
			from, placed := a.now(v)
			if placed && from.technician != to.technician {
				broken++
			}
			if !placed || from != to {
				moved = append(moved, v)
			}
		}
		visits := slices.Clone(a.goes[to])
		slices.SortStableFunc(visits, func(x, y int32) int { return cmp.Compare(a.wish[x].rank, a.wish[y].rank) })
		same = same && slices.Equal(visits, a.b.Sequence(to.technician, to.shift))
		next[i] = plan.Sequence{Technician: to.technician, Shift: to.shift, Visits: visits}
	}
	if same && len(moved) == 0 {
		return nil
	}
	kept, fixed := a.inWindow(group), a.fixed(group)
	ok, err := a.b.ExchangeIf(next, func(saved int64) bool {
		return a.holds(fixed) && saved >= max(1, (broken+a.left(kept))*a.d.e.config.Policy.NotPreferred)
	})
	if err != nil || !ok {
		return err
	}
	a.d.moved = true
	for _, r := range group {
		a.d.touch(r.technician, r.shift)
	}
	for _, v := range moved {
		a.say(v)
	}
	return nil
}

// fixed are the starts of the visits of some routes that begin too soon to be moved.
func (a *adoption) fixed(group []routeKey) map[int32]dispatch.Tick {
	out := map[int32]dispatch.Tick{}
	for _, r := range group {
		route, _ := a.b.Route(r.technician, r.shift)
		for i := range route.Stops {
			if st := &route.Stops[i]; st.Kind == dispatch.StopVisit && a.d.frozen(a.d.order(a.b.orderOf(st.Visit))) {
				out[st.Visit] = st.Start
			}
		}
	}
	return out
}

// holds reports whether visits begin when they did, as near as nobody needs to hear of it.
func (a *adoption) holds(fixed map[int32]dispatch.Tick) bool {
	for v, start := range fixed {
		var now Assignment
		a.b.times(v, &now)
		if apart(now.Start, a.b.when(start)) >= drift {
			return false
		}
	}
	return true
}

// inWindow lists the visits of some routes that begin in the window that their tenants were told.
func (a *adoption) inWindow(group []routeKey) (kept []int32) {
	for _, r := range group {
		route, _ := a.b.Route(r.technician, r.shift)
		for i := range route.Stops {
			if st := &route.Stops[i]; st.Kind == dispatch.StopVisit && a.inPromise(st) {
				kept = append(kept, st.Visit)
			}
		}
	}
	return kept
}

// inPromise tells whether a stop begins in the window that the tenant was told.
func (a *adoption) inPromise(st *dispatch.Stop) bool {
	o := a.d.order(a.b.orderOf(st.Visit))
	if o == nil || !o.State.Planned() {
		return false
	}
	start := a.b.when(st.Start)
	return !start.Before(o.Assignment.Window.Start) && start.Before(o.Assignment.Window.End)
}

// left counts the visits that stay with their technician but would begin outside the window that their tenants were told, of
// those that begin inside now: a promise that moves in time breaks as well as one that changes hands.
func (a *adoption) left(kept []int32) (n int64) {
	times := map[routeKey]dispatch.Route{}
	for _, v := range kept {
		t, s, _ := a.b.Placed(v)
		if a.b.ids[t] != a.d.order(a.b.orderOf(v)).Assignment.Technician {
			continue // it counts already
		}
		r, ok := times[routeKey{t, s}]
		if !ok {
			r, _ = a.b.Route(t, s)
			times[routeKey{t, s}] = r
		}
		at := slices.IndexFunc(r.Stops, func(st dispatch.Stop) bool { return st.Kind == dispatch.StopVisit && st.Visit == v })
		if at >= 0 && !a.inPromise(&r.Stops[at]) {
			n++
		}
	}
	return n
}

// say makes an assignment of a visit that was moved to another route.
func (a *adoption) say(v int32) {
	d, b := a.d, a.b
	o := d.order(b.orderOf(v))
	t, s, _ := b.Placed(v)
	sp := &b.spans[t][s]
	next := &Assignment{Technician: b.ids[t], Shift: sp.start, Offered: d.now, From: d.technician(b.ids[t]).Home}
	b.times(v, next)
	if g, ok := d.e.begins[next.Technician]; ok && g.shift.Equal(sp.start) {
		next.From = g.point
	}
	next.AcceptBy = later(d.now, sp.start).Add(d.e.offer(o))
	next.Policy, next.PolicyVersion = d.e.conduct.Policy, d.e.conduct.Version
	next.Window = d.promise(o, next.Start)
	if with, without, err := b.Marginal(v); err == nil {
		next.Cost = with.Minus(without)
	}
	d.assign(o.ID, next)
}
