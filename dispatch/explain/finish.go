package explain

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
)

// Finish completes a plan: a final pass puts every visit that was left out, or pair, wherever it is cheapest as long as that
// costs less than leaving it out, until nothing more goes in; then each visit still out gets its reason. So no visit stays
// out while a technician could take it at less than it is worth.
//
// The plan given is not changed; routes that stay as they were are shared. It is an error when a route of the plan breaks a
// rule. The search for who would have to give way is bounded by work, not time, so that the same plan gives the same
// answer: where the bound bites the reason's detail says so. When ctx is cancelled the pass stops, what was not looked at
// gets ReasonNotTried and the plan StatusInterrupted.
//
// O(left out * stops) constant-time tests, each 10 to 30 ns, and a walk for each position that these leave open.
func Finish(ctx context.Context, m *constraint.Model, plan *dispatch.Plan) (*dispatch.Plan, error) {
	return finish(ctx, m, plan, finishWork)
}

// Quick is Finish without the search for who would have to give way: for plans that are needed at once. The details say
// that it was left out.
func Quick(ctx context.Context, m *constraint.Model, plan *dispatch.Plan) (*dispatch.Plan, error) {
	return finish(ctx, m, plan, quick)
}

// finishWork is how many positions Finish looks at in its searches for who would have to give way.
const finishWork = 2_000_000

func finish(ctx context.Context, m *constraint.Model, plan *dispatch.Plan, work int64) (*dispatch.Plan, error) {
	e := New(m, plan)
	if e.whole != nil {
		return e.whole.finish(ctx, plan, work == quick)
	}
	b := e.b
	for r := range b.lines {
		if why := b.lines[r].broken; why != "" {
			return nil, fmt.Errorf("finish plan: route of technician %s breaks rule %s", m.Problem.Technicians[m.Routes[r].Technician].ID, why)
		}
	}
	changed := make([]bool, len(b.lines))
	done := b.fill(ctx, changed)
	out := *plan
	out.Routes, out.Unassigned, out.Cost = b.routes(plan, changed), nil, dispatch.Cost{}
	for i := range out.Routes {
		out.Cost = out.Cost.Plus(out.Routes[i].Cost)
	}
	out.Cost[dispatch.TermFairness] = b.fair.now
	until := b.work + work
	for v := range m.Visits {
		if b.at[v] != none {
			continue
		}
		out.Cost[dispatch.TermUnserved] += m.Unserved(v)
		if done = done && ctx.Err() == nil; !done {
			out.Unassigned = append(out.Unassigned, dispatch.Unassigned{
				Visit: v, Technician: none, Reason: dispatch.ReasonNotTried,
				Detail: fmt.Sprintf("%s was not looked at: the search was stopped before its turn.", title(b.visit(v))),
			})
			continue
		}
		own := quick
		if b.work < until {
			own = singleWork
		}
		out.Unassigned = append(out.Unassigned, e.reason(v, own))
	}
	if !done {
		out.Status = dispatch.StatusInterrupted
	}
	return &out, nil
}

// fill inserts what is left out, the dearest to leave out first, until a pass over all of them inserts nothing. After the
// first pass only routes that changed since are tried again, for a route that did not change takes no more than before;
// with fairness every insertion changes what all routes cost. It returns false when ctx was cancelled.
func (b *board) fill(ctx context.Context, changed []bool) bool {
	var out []unit
	for v := range b.m.Visits {
		if u := b.unit(v); b.at[v] == none && u.head == v {
			out = append(out, u)
		}
	}
	slices.SortStableFunc(out, func(x, y unit) int { return cmp.Compare(b.unserved(y), b.unserved(x)) })
	found := make([]known, b.m.Visits)
	fresh := make([]int, len(b.lines)) // the pass in which a route changed last
	for pass := 1; ; pass++ {
		again := false
		for _, u := range out {
			if b.at[u.head] != none {
				continue
			}
			if ctx.Err() != nil {
				return false
			}
			k := &found[u.head]
			all := pass == 1 || b.fair.weight != 0 || (k.near.reason != "" && fresh[k.near.at.route] >= pass-1)
			if all {
				*k = known{}
			}
			at := b.worthwhile(u, k, func(r int32) bool { return all || fresh[r] >= pass-1 })
			if at.p == none {
				continue
			}
			b.set(at.route, slices.Clone(b.with(&b.lines[at.route], u, at)))
			b.fair.apply(moved{b.m.Routes[at.route].Technician, b.onSite(at.route, u)})
			changed[at.route], fresh[at.route], again = true, pass, true
		}
		if !again {
			b.known = found
			return true
		}
	}
}

// worthwhile is the cheapest placement of a unit on the wanted routes that costs less than leaving it out; what it learns
// besides goes to k.
func (b *board) worthwhile(u unit, k *known, wanted func(r int32) bool) placement {
	best := nowhere(none)
	left := b.unserved(u)
	for r := range b.lines {
		if !b.allowed(int32(r), u) || !wanted(int32(r)) || !b.ranksKept(int32(r), u) {
			continue
		}
		s := scan{b: b, u: u, r: int32(r), route: &b.m.Routes[r], l: &b.lines[r], misses: best.p == none, near: k.near}
		fair := b.fair.change(moved{s.route.Technician, b.onSite(s.r, u)})
		s.limit = left - fair
		s.run()
		k.near, k.dear = s.near, k.dear || s.dear
		if s.best.p != none {
			best, left = s.best, s.best.cost-s.l.cost+fair
		}
	}
	return best
}

// routes writes the plan's routes: those that changed, or whose stated cost is not what the rules give, with new times.
func (b *board) routes(plan *dispatch.Plan, changed []bool) []dispatch.Route {
	said := make(map[[2]int32]*dispatch.Route, len(plan.Routes))
	for i := range plan.Routes {
		said[[2]int32{plan.Routes[i].Technician, plan.Routes[i].Shift}] = &plan.Routes[i]
	}
	var out []dispatch.Route
	for r := range b.lines {
		l, route := &b.lines[r], &b.m.Routes[r]
		if l.visits == 0 {
			continue
		}
		if was := said[[2]int32{route.Technician, route.Shift}]; was != nil && !changed[r] && was.Cost.Total() == l.cost && l.cost > 0 {
			out = append(out, *was)
			continue
		}
		full, _ := b.w.Schedule(route, l.stops)
		out = append(out, full)
	}
	return out
}
