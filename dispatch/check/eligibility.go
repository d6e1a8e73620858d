package check

import (
	"slices"

	"fettle/dispatch"
)

// eligible demands that no eligibility rule of the policy forbids the technician a visit. Each rule is evaluated straight
// from its expression for this visit and technician, so that the tables of the search are judged too.
func (t *tour) eligible() {
	rules := t.p.Policy.Eligibility
	if len(rules) == 0 || t.p.Rules == nil {
		return
	}
	for k := range t.stops {
		v := t.visit(k)
		for r := 0; v != nil && r < len(rules); r++ {
			forbidden, err := t.p.Rules.Forbids(r, t.stops[k].Visit, t.technician)
			switch {
			case err != nil:
				t.fault(RuleExpression, k, 0, "%v.", err)
			case forbidden:
				t.fault(dispatch.ReasonEligibility, k, 0, "Visit %s may not be done by technician %s by rule %q: %s.",
					v.ID, t.who.ID, rules[r].Name, rules[r].Expression)
			}
		}
	}
}

// userTerms prices the k-th kept stop by the user terms, straight from their expressions.
func (t *tour) userTerms(c *dispatch.Cost, k int) {
	if t.p.Rules == nil {
		return
	}
	for i := range min(len(t.p.Policy.Terms), dispatch.MaxUserTerms) {
		value, err := t.p.Rules.Term(i, t.stops[k].Visit, t.technician)
		if err != nil {
			t.fault(RuleExpression, k, 0, "%v.", err)
			continue
		}
		c[int(dispatch.TermUser)+i] += value
	}
}

// covered is what the visit takes of the forecast cover with the technician.
func covered(p *dispatch.Problem, visit, technician int32) int64 {
	c := p.Cover
	if c == nil || p.Policy.Cover == 0 {
		return 0
	}
	return p.Policy.Cover * c.Values[int64(c.Row[visit])*int64(c.Columns)+int64(c.Column[technician])]
}

// promiseOf is the instants that a promise of the visit leaves for the start, when a change of them costs anything. No work
// starts before a promised window, unless all windows are over by then: late reports that, and no start keeps the promise.
func promiseOf(policy *dispatch.Policy, v *dispatch.Visit, windows []dispatch.TimeWindow) (first, last int64, late, ok bool) {
	price := &policy.Stability
	if v.Promise == nil || v.Promise.Window == (dispatch.TimeWindow{}) || (price.Moved == 0 && price.PerTick == 0) {
		return 0, 0, false, false
	}
	first, last = int64(v.Promise.Window.Start), int64(v.Promise.Window.End)-1
	late = len(windows) > 0 && !slices.ContainsFunc(windows, func(w dispatch.TimeWindow) bool { return int64(w.End)-1 >= first })
	return first, last, late, true
}

// awaited cuts from windows what lies before a promised start.
func awaited(policy *dispatch.Policy, v *dispatch.Visit, windows []dispatch.TimeWindow) []dispatch.TimeWindow {
	first, _, late, ok := promiseOf(policy, v, windows)
	if !ok || late {
		return windows
	}
	if len(windows) == 0 {
		windows = []dispatch.TimeWindow{{Start: tick(first), End: dispatch.Far}}
	}
	out := make([]dispatch.TimeWindow, 0, len(windows))
	for _, w := range windows {
		if w.Start = max(w.Start, tick(first)); w.Start < w.End {
			out = append(out, w)
		}
	}
	return out
}

// promiseCost is what starting at an instant, and the technician, change of what was promised.
func (t *tour) promiseCost(v *dispatch.Visit, start int64) (sum int64) {
	price := &t.p.Policy.Stability
	if v.Promise != nil && v.Promise.Technician != "" && v.Promise.Technician != t.who.ID {
		sum += price.Technician
	}
	windows := v.Windows
	if v.Pin != nil && v.Pin.Start != dispatch.NoTick {
		windows = []dispatch.TimeWindow{{Start: v.Pin.Start, End: v.Pin.Start + 1}}
	}
	_, last, late, ok := promiseOf(&t.p.Policy, v, windows)
	switch {
	case !ok:
	case late:
		sum += price.Moved
	case start > last:
		sum += price.Moved + price.PerTick*(start-last)
	}
	return sum
}
