package plan

import (
	"testing"

	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/route"
)

// Whatever a problem has together, breaks, priced due instants and a longest duty above all, the plan that is found passes.
func TestSolveIsAccepted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := randomBoard(t)
		p.Policy.Fairness = rapid.SampledFrom([]int64{0, 0, 1}).Draw(t, "fairness")
		p.Policy.Unserved.Lexicographic = rapid.IntRange(0, 4).Draw(t, "lexicographic") == 0
		for i := range p.Technicians {
			p.Technicians[i].MaxDuty = rapid.SampledFrom([]dispatch.Tick{0, 0, 7000}).Draw(t, "longest duty")
		}
		b := &Board{places: placeBook{fixed: int32(len(p.Places))}}
		for i := range rapid.IntRange(1, 10).Draw(t, "visits") {
			v := randomVisit(t, b, i)
			v.Priority = rapid.Int32Range(0, 5).Draw(t, "priority")
			if i%3 == 0 {
				v.Windows, v.Skills = nil, nil
			}
			p.Visits = append(p.Visits, v)
		}
		if p.Policy.Unserved.PerVisit == 0 {
			p.Policy.Unserved.PerVisit = 5000
		}
		if _, err := Solve(t.Context(), p, Options{Route: route.Options{Iterations: 30, Threads: 1, Seed: 1}}); err != nil {
			t.Fatalf("%v\n%+v\n%+v", err, p.Technicians, p.Visits)
		}
	})
}
