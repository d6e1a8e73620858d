package explain

import (
	"fmt"
	"math"

	"fettle/dispatch"
)

// Reason says why a visit is left out, in the order in which a dispatcher would ask: may anybody go at all, would it fit an
// empty shift, does it fit the plan as it is, and if not, who would have to give way. For a visit that a route serves the
// reason is "".
func (e *Explainer) Reason(v int32) dispatch.Unassigned {
	if e.b.at[v] != none {
		return dispatch.Unassigned{Visit: v, Technician: none}
	}
	if e.whole != nil {
		return e.whole.reason(v, jointWork)
	}
	return e.reason(v, noLimit)
}

// quick is the work for which no eviction is searched.
const quick = int64(0)

// reason is Reason with a bound on the work of the search for an eviction; quick leaves it out.
func (e *Explainer) reason(v int32, work int64) dispatch.Unassigned {
	b := e.b
	u := b.unit(v)
	out := dispatch.Unassigned{Visit: v, Technician: none}
	if !b.anybody(u) {
		b.notAllowed(&out, u)
		return out
	}
	alone, possible := b.alone(u)
	at, total, near := b.room(u, possible)
	if at.p != none { // which can be where no empty shift would do: another stop may be a short cut or share its entry
		b.tooCostly(&out, u, at, total)
		return out
	}
	if near := alone; !possible {
		out.Reason, out.Short, out.Technician = near.reason, near.short, b.m.Routes[near.at.route].Technician
		out.Detail = fmt.Sprintf("%s fits nobody's shift, not even an empty one. %s comes nearest: %s.",
			title(b.unitText(u)), title(b.who(out.Technician)), b.missText(near))
		return out
	}
	out.Reason, out.Short = dispatch.ReasonDisplaced, near.short
	if near.reason != "" {
		out.Technician = b.m.Routes[near.at.route].Technician
	}
	e.displaced(&out, u, near, work)
	return out
}

// anybody reports whether the static rules let some route serve the unit.
func (b *board) anybody(u unit) bool {
	for r := range b.lines {
		if b.allowed(int32(r), u) {
			return true
		}
	}
	return false
}

// notAllowed fills in the static rule that most nearly lets somebody go.
func (b *board) notAllowed(out *dispatch.Unassigned, u unit) {
	t, faults := b.nearestStatic(u)
	if t == none {
		out.Reason = dispatch.ReasonNoTechnician
		out.Detail = "There is no technician who could be sent to " + b.unitText(u) + "."
		return
	}
	no := b.staticRefusal(t, u)
	out.Technician, out.Reason, out.Short = t, no.Reason, no.Short
	if len(faults) == 0 {
		out.Detail = fmt.Sprintf("Nobody who may do %s has a shift; %s is one who may.", b.unitText(u), b.who(t))
		return
	}
	out.Detail = fmt.Sprintf("Nobody may do %s. %s comes nearest: %s.", b.unitText(u), title(b.who(t)), b.faultsText(t, faults))
}

// alone tries the unit on the empty shift of everybody who may; near is the nearest miss when no shift takes it.
func (b *board) alone(u unit) (near miss, possible bool) {
	seen := make(map[int32]bool)
	for r := range b.m.Routes {
		if !b.allowed(int32(r), u) || seen[b.m.Routes[r].Type] {
			continue
		}
		seen[b.m.Routes[r].Type] = true
		l := &b.lines[r]
		if len(l.stops) > 0 {
			empty := b.lay(int32(r), nil)
			l = &empty
		}
		s := b.newScan(int32(r), l, u)
		if s.run(); s.best.p != none {
			return miss{}, true
		}
		if m := b.settled(l, u, s.near); m.nearer(&near) {
			near = m
		}
	}
	return near, false
}

// room is cheapest, or what fill knows already.
func (b *board) room(u unit, misses bool) (best placement, total int64, near miss) {
	if b.known == nil || b.known[u.head].dear {
		return b.cheapest(u, misses)
	}
	near = b.known[u.head].near
	if near.reason != "" {
		near = b.settled(&b.lines[near.at.route], u, near)
	}
	return nowhere(none), 0, near
}

// cheapest is the placement of a unit that is left out which costs the plan least, and what it changes in the plan's cost;
// near is the nearest miss over all routes when there is no placement and misses are wanted.
func (b *board) cheapest(u unit, misses bool) (best placement, total int64, near miss) {
	best, total = nowhere(none), math.MaxInt64
	lost := b.unserved(u)
	empty := map[int32]bool{}
	for r := range b.lines {
		l := &b.lines[r]
		if !b.allowed(int32(r), u) || !b.ranksKept(int32(r), u) {
			continue
		}
		if len(l.stops) == 0 && !b.ranked {
			if empty[b.m.Routes[r].Type] {
				continue // equal to one that was tried
			}
			empty[b.m.Routes[r].Type] = true
		}
		s := scan{b: b, u: u, r: int32(r), route: &b.m.Routes[r], l: l, limit: noLimit, misses: misses && best.p == none, near: near}
		base := b.fair.change(moved{s.route.Technician, b.onSite(s.r, u)}) - lost
		if best.p != none {
			s.limit = total - base
		}
		s.run()
		if s.best.p != none {
			best, total = s.best, base+s.best.cost-l.cost
		}
		near = s.near
	}
	if best.p == none && near.reason != "" {
		near = b.settled(&b.lines[near.at.route], u, near)
	}
	return best, total, near
}

// tooCostly explains a placement that exists and is not used.
func (b *board) tooCostly(out *dispatch.Unassigned, u unit, at placement, total int64) {
	t := b.m.Routes[at.route].Technician
	_, stop := b.planned(at.route, append([]int32(nil), b.with(&b.lines[at.route], u, at)...), out.Visit)
	out.Reason, out.Technician, out.Short = dispatch.ReasonTooCostly, t, max(total, 0)
	pay, lost := b.money(total+b.unserved(u)), b.money(b.unserved(u))
	if total < 0 {
		out.Detail = fmt.Sprintf("%s could do %s at %s for %s, less than the %s of leaving it out: the final pass has not run over this plan.",
			title(b.who(t)), b.unitText(u), b.clock(stop.Start), pay, lost)
		return
	}
	out.Detail = fmt.Sprintf("%s could do %s at %s, but it would cost %s and leaving it out costs %s.",
		title(b.who(t)), b.unitText(u), b.clock(stop.Start), pay, lost)
}

// displaced explains who would have to give way.
func (e *Explainer) displaced(out *dispatch.Unassigned, u unit, near miss, work int64) {
	b := e.b
	name := title(b.unitText(u))
	gap := ""
	if near.reason != "" {
		gap = fmt.Sprintf(" Nearest to room is %s: %s.", b.who(out.Technician), b.missText(near))
	}
	if work == quick {
		out.Detail = fmt.Sprintf("%s fits an empty shift, but nobody has room for it in this plan.%s Who would have to give way was not looked for: little time was left.", name, gap)
		return
	}
	ev, ok := e.evict(u, work)
	if !ok {
		out.Detail = fmt.Sprintf("%s fits an empty shift, but nobody has room for it in this plan; it was not found to fit for two other visits of one route either.%s", name, gap)
		return
	}
	t := b.m.Routes[ev.at.route].Technician
	_, stop := b.planned(ev.at.route, append([]int32(nil), b.with(&ev.line, u, ev.at)...), out.Visit)
	out.Detail = fmt.Sprintf("%s (priority %d) would need to displace %s: then %s could do it at %s, which makes the plan %s.%s",
		name, b.p.Visits[out.Visit].Priority, b.bumpedText(ev.out), b.who(t), b.clock(stop.Start), b.worse(ev.total), gap)
}
