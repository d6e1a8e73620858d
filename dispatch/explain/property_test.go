package explain_test

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/explain"
	"fettle/geo"
)

// TestCardAgreesWithTheChecker compares every number of every card with all insertions, priced by the checker.
func TestCardAgreesWithTheChecker(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, 7, drawFeatures(t))
		now := ordersOf(d.plan)
		base, ok := now.judged(d.p)
		if !ok {
			t.Fatal("checker and solver disagree about the plan")
		}
		e := explain.New(d.m, d.plan)
		for v := range d.p.Visits {
			checkCard(t, &d, now, base, e.Visit(int32(v)))
		}
	})
}

func checkCard(t *rapid.T, d *drawn, now orders, base dispatch.Cost, card explain.Card) {
	unit := unitOf(d.p, card.Visit)
	key, served := now.of(card.Visit)
	if key != [2]int32{card.Technician, card.Shift} || served != (card.Unassigned == nil) {
		t.Fatalf("visit %d is on %v, card says %d, %d", card.Visit, key, card.Technician, card.Shift)
	}
	bare := now
	if served {
		bare = now.with(key, less(now[key], unit...))
		without, ok := bare.judged(d.p)
		if ok != (card.Blocked.Reason == "") {
			t.Fatalf("visit %d: plan without it feasible %v, card %+v", card.Visit, ok, card.Blocked)
		}
		if !ok {
			return
		}
		marginal := base.Minus(without)
		marginal[dispatch.TermUnserved] = 0
		if marginal != card.Marginal {
			t.Fatalf("visit %d: marginal %v, card %v", card.Visit, marginal, card.Marginal)
		}
		c, ok := bare.cheapestOn(d.p, key, unit, now[key])
		if ok != (card.Elsewhere != nil) || (ok && c.Total()-base.Total() != card.Elsewhere.Difference) {
			t.Fatalf("visit %d elsewhere: %v %v, card %+v; plan %v", card.Visit, ok, c.Minus(base), card.Elsewhere, now)
		}
	}
	seen := 0
	for who := range d.p.Technicians {
		c, ok := bare.cheapestBy(d.p, int32(who), unit, key)
		i := slices.IndexFunc(card.Alternatives, func(a explain.Alternative) bool { return a.Technician == int32(who) })
		no := slices.IndexFunc(card.Refused, func(r explain.Refusal) bool { return r.Technician == int32(who) })
		if ok != (i >= 0) || (!ok && int32(who) != key[0]) != (no >= 0) {
			t.Fatalf("visit %d, technician %d: possible %v; card %+v", card.Visit, who, ok, card)
		}
		if ok {
			seen++
			a := &card.Alternatives[i]
			if a.Difference != c.Total()-base.Total() || a.Terms.Total() != a.Difference {
				t.Fatalf("visit %d, technician %d: difference %d %v, card %d %v", card.Visit, who, c.Total()-base.Total(), c.Minus(base), a.Difference, a.Terms)
			}
			checkFlip(t, exchange{d, now, bare, key, unit, int32(who), a.Shift}, a.Flip, true)
		}
		if no >= 0 {
			checkFlip(t, exchange{d, now, bare, key, unit, int32(who), card.Refused[no].Shift}, card.Refused[no].Flip, false)
		}
	}
	if seen != len(card.Alternatives) {
		t.Fatalf("visit %d: %d alternatives, card %d", card.Visit, seen, len(card.Alternatives))
	}
	for _, line := range card.Sentences(d.p) {
		if line == "" {
			t.Fatal("empty line")
		}
	}
}

// exchange is a unit that goes from the route at key to a shift of another technician.
type exchange struct {
	d          *drawn
	now, bare  orders
	key        [2]int32
	unit       []int32
	who, shift int32
}

// difference prices the exchange under a flip of some amount.
func (x *exchange) difference(f *explain.Flip, amount int64) (int64, bool) {
	p := changed(x.d.p, f, amount, x.who)
	before, ok := x.now.judged(p)
	if !ok {
		return 0, false
	}
	var after dispatch.Cost
	if f.Kind == explain.FlipSkill {
		after, ok = x.bare.cheapestBy(p, x.who, x.unit, x.key)
	} else {
		after, ok = x.bare.cheapestOn(p, [2]int32{x.who, x.shift}, x.unit, nil)
	}
	return total(after, ok) - before.Total(), ok
}

// checkFlip applies a flip to the whole problem by hand and compares again; one step less must not do.
func checkFlip(t *rapid.T, x exchange, f *explain.Flip, feasible bool) {
	if f == nil || f.Kind == explain.FlipCost {
		return
	}
	if got, ok := x.difference(f, f.Amount); !ok || got != f.Difference || (feasible && got > 0) {
		t.Fatalf("flip %+v of technician %d for %v: difference %d, possible %v", f, x.who, x.unit, got, ok)
	}
	step := f.Amount - 1
	if f.Amount < 0 {
		step = f.Amount + 1
	}
	if step == 0 && f.Kind != explain.FlipSkill {
		return
	}
	if got, ok := x.difference(f, step); ok && (got <= 0 || f.Difference > 0) {
		t.Fatalf("flip %+v of technician %d for %v: %d does it too: difference %d", f, x.who, x.unit, step, got)
	}
}

// changed is the problem under a flip, made without the help of the package.
func changed(p *dispatch.Problem, f *explain.Flip, amount int64, who int32) *dispatch.Problem {
	q := *p
	q.Visits, q.Technicians, q.Travel = slices.Clone(p.Visits), slices.Clone(p.Technicians), slices.Clone(p.Travel)
	x := dispatch.Tick(amount)
	tech := &q.Technicians[who]
	tech.Shifts, tech.Skills = slices.Clone(tech.Shifts), slices.Clone(tech.Skills)
	var v *dispatch.Visit
	if f.Visit >= 0 {
		v = &q.Visits[f.Visit]
		v.Windows = slices.Clone(v.Windows)
	}
	switch f.Kind {
	case explain.FlipWindowEnd:
		v.Windows[len(v.Windows)-1].End += x
	case explain.FlipWindowStart:
		v.Windows[0].Start -= x
	case explain.FlipWindowMove:
		for k := range v.Windows {
			v.Windows[k].Start += x
			v.Windows[k].End += x
		}
	case explain.FlipOnSite:
		v.OnSite = max(0, v.OnSite-x)
		if k, ok := v.OnSiteBy["k"]; ok {
			v.OnSiteBy = map[string]dispatch.Tick{"k": max(0, k-x)}
		}
	case explain.FlipShiftEnd:
		tech.Shifts[f.Shift].End += x
	case explain.FlipShiftStart:
		tech.Shifts[f.Shift].Start -= x
	case explain.FlipSkill:
		tech.Skills = []dispatch.SkillLevel{{Skill: "gas", Level: tech.Level("gas") + int32(amount)}}
	case explain.FlipTravel:
		n := len(p.Places)
		table := make([]int32, n*n)
		for i := range n {
			for j := range n {
				d := p.Travel[tech.Travel].Time.At(int32(i), int32(j))
				if s := int64(tech.SpeedPercent); s != 0 && d < dispatch.Unreachable {
					d = int32((int64(d)*100 + s/2) / s)
				}
				table[i*n+j] = d
			}
		}
		table[int(f.From)*n+int(f.To)] -= int32(amount)
		own := p.Travel[tech.Travel]
		own.Time, _ = geo.NewDense(n, table)
		tech.Travel, tech.SpeedPercent = int32(len(q.Travel)), 0
		q.Travel = append(q.Travel, own)
	}
	return &q
}

// TestReasonsAgainstAllInsertions compares the reason of every visit left out with trying everything.
func TestReasonsAgainstAllInsertions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, 5, drawFeatures(t))
		now := ordersOf(d.plan)
		base, ok := now.judged(d.p)
		if !ok {
			t.Fatal("checker and solver disagree about the plan")
		}
		e := explain.New(d.m, d.plan)
		for i := range d.plan.Unassigned {
			v := d.plan.Unassigned[i].Visit
			checkReason(t, &d, now, base, e.Reason(v), e)
		}
	})
}

func everyone(d *drawn, now orders, unit []int32) int64 {
	best := int64(noCost)
	for who := range d.p.Technicians {
		c, ok := now.cheapestBy(d.p, int32(who), unit, [2]int32{-1, -1})
		best = min(best, total(c, ok))
	}
	return best
}

func checkReason(t *rapid.T, d *drawn, now orders, base dispatch.Cost, got dispatch.Unassigned, e *explain.Explainer) {
	unit := unitOf(d.p, got.Visit)
	if got.Detail == "" || got.Visit != unit[0] && !slices.Contains(unit, got.Visit) {
		t.Fatalf("no detail: %+v", got)
	}
	inPlan := everyone(d, now, unit)
	alone := everyone(d, orders{}, unit)
	switch {
	case inPlan != noCost:
		if got.Reason != dispatch.ReasonTooCostly || got.Short != max(0, inPlan-base.Total()) {
			t.Fatalf("could be forced in for %d: %+v", inPlan-base.Total(), got)
		}
		return
	case alone != noCost:
		if got.Reason != dispatch.ReasonDisplaced {
			t.Fatalf("fits an empty shift: %+v", got)
		}
	default:
		if got.Reason == dispatch.ReasonDisplaced || got.Reason == dispatch.ReasonTooCostly || got.Reason == "" {
			t.Fatalf("fits nowhere: %+v", got)
		}
		return
	}
	want, fewest := bumpedBest(d, now, unit)
	x, ok := e.Displaced(got.Visit)
	if ok != (want != noCost) || (ok && (x.Difference != want-base.Total() || units(d, x.Visits) != fewest)) {
		t.Fatalf("displacement of %v: cost %d with %d gone; %+v %v", unit, want-base.Total(), fewest, x, ok)
	}
}

func units(d *drawn, visits []int32) int {
	seen := map[int32]bool{}
	for _, v := range visits {
		seen[unitOf(d.p, v)[0]] = true
	}
	return len(seen)
}

// bumpedBest removes every one unit, then every two of one route, and inserts the unit everywhere on that route.
func bumpedBest(d *drawn, now orders, unit []int32) (int64, int) {
	for _, count := range []int{1, 2} {
		best := int64(noCost)
		for key, stops := range now {
			for i, x := range stops {
				for j, y := range stops {
					if x < 0 || y < 0 || (count == 1) != (i == j) || unitOf(d.p, x)[0] != x || unitOf(d.p, y)[0] != y {
						continue
					}
					gone := append(slices.Clone(unitOf(d.p, x)), unitOf(d.p, y)...)
					bare := now.with(key, less(stops, gone...))
					if _, ok := bare.judged(d.p); !ok {
						continue
					}
					c, ok := bare.cheapestOn(d.p, key, unit, nil)
					best = min(best, total(c, ok))
				}
			}
		}
		if best != noCost {
			return best, count
		}
	}
	return noCost, 0
}

// TestFinishLeavesNothingIdle empties routes of a plan, finishes it, and looks for anything that could still go in.
func TestFinishLeavesNothingIdle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, 7, drawFeatures(t))
		if _, ok := ordersOf(d.plan).judged(d.p); !ok {
			t.Fatal("checker and solver disagree about the plan")
		}
		plan := *d.plan
		plan.Routes = nil
		for i := range d.plan.Routes {
			if rapid.Bool().Draw(t, "keep") {
				plan.Routes = append(plan.Routes, d.plan.Routes[i])
			}
		}
		before, ok := ordersOf(&plan).judged(d.p)
		if !ok {
			t.Fatal("the checker refuses a part of the plan")
		}
		got, err := explain.Finish(context.Background(), d.m, &plan)
		if err != nil {
			t.Fatal(err)
		}
		now := ordersOf(got)
		cost, ok := now.judged(d.p)
		if !ok || cost != got.Cost || cost.Total() > before.Total() {
			t.Fatalf("cost %v, plan states %v, before %v feasible %v", cost, got.Cost, before, ok)
		}
		for i := range got.Unassigned {
			x := &got.Unassigned[i]
			if x.Reason == "" || x.Detail == "" {
				t.Fatalf("no reason: %+v", x)
			}
			if c := everyone(&d, now, unitOf(d.p, x.Visit)); c < cost.Total() {
				t.Fatalf("visit %d is feasible but idle: %d < %d", x.Visit, c, cost.Total())
			}
		}
	})
}
