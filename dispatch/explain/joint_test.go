package explain_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
	"fettle/dispatch/explain"
)

// drawLinked draws a problem with links and a plan of random orders that keep them.
func drawLinked(t *rapid.T) drawn {
	f := drawFeatures(t)
	f.pairs, f.stock, f.pins = false, false, false
	p := drawProblem(t, 6, f)
	for i := range p.Technicians {
		p.Technicians[i].Depots = nil
	}
	p.Policy.MaxLateness = rapid.Int64Range(0, 2).Draw(t, "largest lateness")
	for i := 0; i+1 < len(p.Visits); i += 2 {
		if l := (dispatch.Link{First: int32(i), Second: int32(i + 1)}); rapid.Bool().Draw(t, "link") {
			l.Both, l.Apart = rapid.Bool().Draw(t, "both"), rapid.Bool().Draw(t, "apart")
			l.MaxGap = rapid.SampledFrom([]dispatch.Tick{0, 10, dispatch.NoTick}).Draw(t, "largest gap")
			p.Links = append(p.Links, l)
		}
	}
	if len(p.Links) == 0 {
		p.Policy.MaxLateness++
	}
	m, err := constraint.New(p)
	if err != nil {
		t.Fatal(err)
	}
	j := m.NewJoint()
	all := make([]int32, len(m.Routes))
	for r := range all {
		all[r] = int32(r)
	}
	stops := make([][]int32, len(m.Routes))
	for v := range m.Visits {
		if r := rapid.IntRange(-1, len(m.Routes)-1).Draw(t, "route"); r >= 0 && m.Allowed(m.Routes[r].Class, v) {
			stops[r] = append(stops[r], v)
		}
	}
	for !j.Walk(all, stops) {
		for r := range stops {
			if n := len(stops[r]); n > 0 && (j.Fail.Route < 0 || int(j.Fail.Route) == r) {
				drop := j.Fail.Visit
				if !slices.Contains(stops[r], drop) {
					drop = stops[r][n-1]
				}
				stops[r] = slices.DeleteFunc(stops[r], func(v int32) bool { return v == drop })
				break
			}
		}
	}
	plan, ok := j.Plan(stops)
	if !ok {
		t.Fatal("the walk and the plan disagree")
	}
	return drawn{p: p, m: m, plan: plan}
}

// TestLinkedCardsAgreeWithTheChecker prices every placement that a card names with the checker.
func TestLinkedCardsAgreeWithTheChecker(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawLinked(t)
		now := ordersOf(d.plan)
		base, ok := now.judged(d.p)
		if !ok || base != d.plan.Cost {
			t.Fatalf("checker %v and walk %v disagree about the plan", base, d.plan.Cost)
		}
		e := explain.New(d.m, d.plan)
		for v := range d.p.Visits {
			card := e.Visit(int32(v))
			key, served := now.of(int32(v))
			if served != (card.Unassigned == nil) || served && key != [2]int32{card.Technician, card.Shift} {
				t.Fatalf("visit %d is on %v, card %+v", v, key, card)
			}
			if served && card.Blocked.Reason == "" {
				checkLinkedCard(t, &d, now, base, card, key)
			}
		}
	})
}

func checkLinkedCard(t *rapid.T, d *drawn, now orders, base dispatch.Cost, card explain.Card, key [2]int32) {
	v := []int32{card.Visit}
	bare := now.with(key, less(now[key], v...))
	c, ok := bare.cheapestOn(d.p, key, v, now[key])
	if ok != (card.Elsewhere != nil) || ok && c.Minus(base).Total() != card.Elsewhere.Difference {
		t.Fatalf("visit %d elsewhere: %v %v, card %+v", card.Visit, ok, c, card.Elsewhere)
	}
	found := len(card.Alternatives) + card.Others
	for who := range d.p.Technicians {
		c, ok := bare.cheapestBy(d.p, int32(who), v, key)
		if !ok {
			continue
		}
		found--
		for i := range card.Alternatives {
			a := &card.Alternatives[i]
			if a.Technician == int32(who) && (a.Difference != c.Total()-base.Total() || a.Terms.Total() != a.Difference) {
				t.Fatalf("visit %d on %d: %v, card %+v", card.Visit, who, c.Minus(base), a)
			}
		}
	}
	if found > 0 {
		t.Fatalf("visit %d: %d alternatives that the checker does not know", card.Visit, found)
	}
}

// TestFinishOfLinkedPlans holds the final pass to the checker: feasible, no dearer, every visit left out with a reason, and
// no single visit out that the checker could put in for less than it costs to leave it out.
func TestFinishOfLinkedPlans(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawLinked(t)
		done, err := explain.Finish(t.Context(), d.m, d.plan)
		if err != nil {
			t.Fatal(err)
		}
		now := ordersOf(done)
		cost, ok := now.judged(d.p)
		if !ok || cost != done.Cost || cost.Total() > d.plan.Cost.Total() {
			t.Fatalf("feasible %v, cost %v, plan says %v, before %v", ok, cost, done.Cost, d.plan.Cost)
		}
		for _, u := range done.Unassigned {
			if u.Reason == "" || u.Detail == "" {
				t.Fatalf("no reason for %d", u.Visit)
			}
			if slices.ContainsFunc(d.p.Links, func(l dispatch.Link) bool { return l.First == u.Visit || l.Second == u.Visit }) {
				continue
			}
			for who := range d.p.Technicians {
				if c, ok := now.cheapestBy(d.p, int32(who), []int32{u.Visit}, [2]int32{-1, -1}); ok && c.Total() < cost.Total() {
					t.Fatalf("visit %d could be served for %d less", u.Visit, cost.Total()-c.Total())
				}
			}
		}
	})
}
