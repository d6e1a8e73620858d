package explain

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"fettle/dispatch"
)

// jointWork is how many combinations of places are tried for the visits of one unit; the final pass tries fewer for each
// when many are left out, and quickJointWork in all when the answer is needed at once.
const (
	jointWork      = 3000
	finishJoint    = 2000
	quickJointWork = 200
)

// found is the best combination of places for a unit that is left out.
type found struct {
	stops [][]int32
	route int32 // of the first visit
	total int64 // what the plan costs more, less what leaving the unit out costs
	near  miss  // the nearest miss when there is no such combination
	ended bool  // the bound on the work came first
	tried int
}

// seat is a place on a route for one visit.
type seat struct {
	r, p int32
	cost int64
}

// bring looks for the cheapest places of a unit in a plan, everything else staying in its order.
func (w *whole) bring(stops [][]int32, unit []int32, most int) found {
	f := found{route: none}
	seats := make([][]seat, len(unit))
	for i, v := range unit {
		seats[i] = w.seats(stops, v, &f.near)
	}
	var lost int64
	for _, v := range unit {
		lost += w.m.Unserved(v)
	}
	at := make([]int, len(unit))
	var place func(i, sum int, now [][]int32)
	place = func(i, sum int, now [][]int32) {
		if i < len(unit) {
			for k := range seats[i] {
				if rest := sum - k; rest >= 0 && (i < len(unit)-1 || rest == 0) && f.tried < most {
					at[i] = k
					place(i+1, rest, w.seated(now, stops, unit[i], seats[i][k]))
				}
			}
			return
		}
		f.tried++
		var routes []int32
		for k := range unit {
			routes = append(routes, seats[k][at[k]].r)
		}
		w.tryAt(&f, now, routes, lost)
	}
	deepest := 1
	for i := range seats {
		deepest += max(len(seats[i])-1, 0)
	}
	for sum := 0; sum < deepest && f.tried < most; sum++ {
		place(0, sum, stops)
	}
	f.ended = f.tried >= most
	return f
}

// tryAt prices a plan with the unit in it.
func (w *whole) tryAt(f *found, now [][]int32, routes []int32, lost int64) {
	more, ok := w.change(now, routes...)
	if !ok {
		if m := w.failed(); m.nearer(&f.near) {
			f.near = m
		}
		return
	}
	if f.route == none || more-lost < f.total {
		f.stops, f.route, f.total = now, routes[0], more-lost
	}
}

// seated puts a visit before the stop that stood at a place of the plan before.
func (w *whole) seated(now, before [][]int32, v int32, s seat) [][]int32 {
	at := int(s.p)
	if at < len(before[s.r]) {
		at = slices.Index(now[s.r], before[s.r][at])
	} else {
		at = len(now[s.r])
	}
	return w.with(now, v, s.r, at)
}

// seats lists the places where a visit would fit if nothing tied it, the cheapest first.
func (w *whole) seats(stops [][]int32, v int32, near *miss) []seat {
	var out []seat
	paired, _ := w.m.Partner(v)
	for r := range w.m.Routes {
		route := &w.m.Routes[r]
		if !w.m.Allowed(route.Class, v) {
			continue
		}
		for p := 0; p <= len(stops[r]); p++ {
			cost, ok := w.b.w.Cost(route, slices.Insert(slices.Clone(stops[r]), p, v))
			if ok || paired >= 0 {
				out = append(out, seat{int32(r), int32(p), cost - w.cost[r]})
				continue
			}
			m := miss{at: nowhere(int32(r)), reason: w.b.w.Fail.Reason, short: w.b.w.Fail.Short, visit: none, walked: true}
			if m.nearer(near) {
				*near = m
			}
		}
	}
	slices.SortStableFunc(out, func(a, b seat) int { return cmp.Compare(a.cost, b.cost) })
	return out
}

// reason says why a unit is left out.
func (w *whole) reason(v int32, most int) dispatch.Unassigned {
	b := w.b
	out := dispatch.Unassigned{Visit: v, Technician: none}
	for _, x := range w.units[v] {
		if u := b.unit(x); !b.anybody(u) {
			b.notAllowed(&out, u)
			return out
		}
	}
	if first := w.awaited(v); first != none {
		out.Reason = dispatch.ReasonOrder
		out.Detail = fmt.Sprintf("%s may only be done after %s, which is left out.", title(b.visit(v)), b.visit(first))
		return out
	}
	if w.no.reason != "" {
		out.Reason, out.Detail = w.no.reason, "The plan breaks a rule as it is: "+b.missText(w.no)+"."
		return out
	}
	f := w.bring(w.stops, w.units[v], most)
	if f.route != none {
		w.costly(&out, &f)
		return out
	}
	out.Reason, out.Short = dispatch.ReasonDisplaced, f.near.short
	if f.near.at.route != none && f.near.reason != "" {
		out.Technician = b.m.Routes[f.near.at.route].Technician
	}
	found := fmt.Sprintf("nobody has room for %s and what it is tied to in this plan", b.visit(v))
	if f.ended {
		found = fmt.Sprintf("no room for %s and what it is tied to was found in this plan; only the %d likeliest combinations were tried", b.visit(v), f.tried)
	}
	if f.near.reason != "" {
		found += "; at the nearest, " + b.missText(f.near)
	}
	out.Detail = title(found) + ". Who would have to give way is not looked for where visits are linked."
	if f.ended || w.roomInEmpty(v, &out) {
		return out
	}
	return out
}

// roomInEmpty turns the reason into the rule that keeps a unit even from empty shifts, if there is one.
func (w *whole) roomInEmpty(v int32, out *dispatch.Unassigned) bool {
	for _, x := range w.units[v] {
		for i := range w.b.p.Links {
			if l := &w.b.p.Links[i]; !l.Both && l.Second == x {
				return true // alone it may not be done at all
			}
		}
	}
	empty := newWhole(newBoard(w.m, make([][]int32, len(w.m.Routes))), make([][]int32, len(w.m.Routes)))
	f := empty.bring(empty.stops, w.units[v], jointWork)
	if f.route != none || f.ended || f.near.reason == "" {
		return true
	}
	out.Reason, out.Short = f.near.reason, f.near.short
	out.Detail = fmt.Sprintf("%s and what it is tied to fit nobody's shift, not even an empty one: at the nearest, %s.", title(w.b.visit(v)), w.b.missText(f.near))
	return false
}

// awaited is a visit that must be served for v to be and is left out, none when there is no such.
func (w *whole) awaited(v int32) int32 {
	for i := range w.b.p.Links {
		l := &w.b.p.Links[i]
		if !l.Both && slices.Contains(w.units[v], l.Second) && w.b.at[l.First] == none && !slices.Contains(w.units[v], l.First) {
			return l.First
		}
	}
	return none
}

// costly explains places that exist and are not used.
func (w *whole) costly(out *dispatch.Unassigned, f *found) {
	b := w.b
	out.Reason, out.Technician, out.Short = dispatch.ReasonTooCostly, b.m.Routes[f.route].Technician, max(f.total, 0)
	var lost int64
	for _, x := range w.units[out.Visit] {
		lost += w.m.Unserved(x)
	}
	what := title(b.visit(out.Visit)) + " and what it is tied to"
	if len(w.units[out.Visit]) == 1 {
		what = title(b.visit(out.Visit))
	}
	if f.total < 0 {
		out.Detail = fmt.Sprintf("%s could be done for %s, less than the %s of leaving it out: the final pass has not run over this plan, or ended before.",
			what, b.money(f.total+lost), b.money(lost))
		return
	}
	out.Detail = fmt.Sprintf("%s could be done, but it would cost %s and leaving it out costs %s.", what, b.money(f.total+lost), b.money(lost))
}

// finish is Finish where routes depend on one another: units are tried the dearest to leave out first, until a pass over all
// of them inserts nothing or the work is done.
func (w *whole) finish(ctx context.Context, plan *dispatch.Plan, soon bool) (*dispatch.Plan, error) {
	if w.no.reason != "" {
		return nil, fmt.Errorf("finish plan: it breaks rule %s", w.no.reason)
	}
	work := finishJoint
	if soon {
		work = quickJointWork
	}
	w.fill(ctx, &work)
	full, ok := w.j.Plan(w.stops)
	if !ok {
		return nil, fmt.Errorf("finish plan: it breaks rule %s", w.j.Fail.Reason)
	}
	out := *plan
	out.Routes, out.Unassigned, out.Cost = full.Routes, full.Unassigned, full.Cost
	for i := range out.Unassigned {
		v := out.Unassigned[i].Visit
		if ctx.Err() != nil {
			out.Status = dispatch.StatusInterrupted
			out.Unassigned[i].Reason = dispatch.ReasonNotTried
			out.Unassigned[i].Detail = fmt.Sprintf("%s was not looked at: the search was stopped before its turn.", title(w.b.visit(v)))
			continue
		}
		out.Unassigned[i] = w.reason(v, max(work/len(out.Unassigned), 1))
	}
	return &out, nil
}

// fill inserts what is left out while work lasts.
func (w *whole) fill(ctx context.Context, work *int) {
	var out []int32
	for v := range w.m.Visits {
		if w.b.at[v] == none && w.units[v][0] == v {
			out = append(out, v)
		}
	}
	price := func(head int32) (sum int64) {
		for _, v := range w.units[head] {
			sum += w.m.Unserved(v)
		}
		return sum
	}
	slices.SortStableFunc(out, func(a, b int32) int { return cmp.Compare(price(b), price(a)) })
	for again := true; again; {
		again = false
		for i := 0; i < len(out) && *work > 0 && ctx.Err() == nil; i++ {
			if w.b.at[out[i]] == none && w.awaited(out[i]) == none && w.put(out[i], work, len(out)-i) {
				again = true
			}
		}
	}
}

// put inserts a unit that is left out where that costs least, if it costs less than leaving it out, with a share of the work.
func (w *whole) put(v int32, work *int, share int) bool {
	f := w.bring(w.stops, w.units[v], max(*work/2/share, 1))
	if *work -= f.tried; f.route == none || f.total >= 0 {
		return false
	}
	w.stops = f.stops
	for r := range w.stops {
		w.b.set(int32(r), w.stops[r])
	}
	w.settle()
	return true
}
