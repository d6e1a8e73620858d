package explain

import (
	"slices"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
)

// whole is a plan whose routes depend on one another, laid out for trying changes to it: what one route costs follows from
// all, so every change is priced by timing the routes that it touches and all that have a linked visit.
type whole struct {
	b     *board
	m     *constraint.Model
	j     *constraint.Joint
	stops [][]int32
	tied  []int32   // routes that have a linked visit
	units [][]int32 // by visit: what is served with it or not at all, itself when alone
	cost  []int64   // by route
	late  []int32   // by route
	work  []int64   // by route
	total int64     // of the plan, with what is left out
	no    miss      // why the plan as it is breaks a rule
	held  []int32   // scratch
}

func newWhole(b *board, stops [][]int32) *whole {
	w := &whole{b: b, m: b.m, j: b.m.NewJoint(), stops: stops}
	w.units = make([][]int32, b.m.Visits)
	for v := range w.units {
		w.units[v] = []int32{int32(v)}
	}
	for i := range b.p.Links {
		if l := &b.p.Links[i]; l.Both {
			w.join(l.First, l.Second)
		}
	}
	for _, pair := range b.p.Pairs {
		w.join(pair.First, pair.Second)
	}
	w.settle()
	return w
}

// join makes one unit of two visits and all that go with them.
func (w *whole) join(a, b int32) {
	if slices.Contains(w.units[a], b) {
		return
	}
	all := append(slices.Clone(w.units[a]), w.units[b]...)
	for _, v := range all {
		w.units[v] = all
	}
}

// settle times and prices the plan as it stands.
func (w *whole) settle() {
	w.tied = w.tied[:0]
	all := make([]int32, len(w.stops))
	for r := range all {
		all[r] = int32(r)
		if slices.ContainsFunc(w.stops[r], w.m.Tied) {
			w.tied = append(w.tied, int32(r))
		}
	}
	if w.no = (miss{}); !w.j.Walk(all, w.stops) {
		w.no = w.failed()
		return
	}
	w.cost, w.late, w.work = slices.Clone(w.j.Cost), slices.Clone(w.j.Late), slices.Clone(w.j.Work)
	w.total = w.m.Fairness(w.workOf) + w.m.MaxLateness(slices.Max(append(w.late, 0)))
	for r := range w.cost {
		w.total += w.cost[r]
	}
	for v, r := range w.b.at {
		if r == none {
			w.total += w.m.Unserved(int32(v))
		}
	}
}

func (w *whole) workOf(r int32) int64 { return w.work[r] }

// failed is the rule that the last walk met.
func (w *whole) failed() miss {
	f := &w.j.Fail
	return miss{at: nowhere(f.Route), reason: f.Reason, short: f.Short, visit: f.Visit, walked: true}
}

// change is what the plan costs more when some routes have other stops, without what leaving visits out costs; false when
// that breaks a rule.
func (w *whole) change(stops [][]int32, routes ...int32) (int64, bool) {
	w.held = append(w.held[:0], w.tied...)
	for _, r := range routes {
		if !slices.Contains(w.held, r) {
			w.held = append(w.held, r)
		}
	}
	if !w.j.Walk(w.held, stops) {
		return 0, false
	}
	var sum int64
	now, before := int32(0), int32(0)
	for r := range w.cost {
		before = max(before, w.late[r])
		if slices.Contains(w.held, int32(r)) {
			sum += w.j.Cost[r] - w.cost[r]
			now = max(now, w.j.Late[r])
			continue
		}
		now = max(now, w.late[r])
	}
	sum += w.m.MaxLateness(now) - w.m.MaxLateness(before)
	if w.b.p.Policy.Fairness != 0 {
		sum += w.m.Fairness(func(r int32) int64 {
			if slices.Contains(w.held, r) {
				return w.j.Work[r]
			}
			return w.work[r]
		}) - w.m.Fairness(w.workOf)
	}
	return sum, true
}

// terms is the cost of a whole plan by term, without what leaving visits out costs.
func (w *whole) terms(stops [][]int32) dispatch.Cost {
	plan, ok := w.j.Plan(stops)
	if !ok {
		return dispatch.Cost{}
	}
	plan.Cost[dispatch.TermUnserved] = 0
	return plan.Cost
}

// with is the plan with visits put in: stops of the other routes are shared.
func (w *whole) with(stops [][]int32, v, r int32, at int) [][]int32 {
	out := slices.Clone(stops)
	out[r] = slices.Insert(slices.Clone(stops[r]), at, v)
	return out
}

// without is the plan with visits taken off, and the routes that this changes.
func (w *whole) without(unit []int32) (stops [][]int32, routes []int32) {
	stops = slices.Clone(w.stops)
	for _, v := range unit {
		if r := w.b.at[v]; r != none {
			stops[r] = slices.DeleteFunc(slices.Clone(stops[r]), func(x int32) bool { return x == v })
			routes = append(routes, r)
		}
	}
	return stops, routes
}
