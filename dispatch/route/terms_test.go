package route_test

import (
	"fmt"
	"math/rand/v2"

	"fettle/dispatch"
	"fettle/dispatch/rules"
)

// addPromises gives half of the visits a usual technician and a promise, and everybody some forecast cover to lose.
func addPromises(rng *rand.Rand, p *dispatch.Problem) {
	p.Policy.Continuity, p.Policy.Cover = 9, 2
	p.Policy.Stability = dispatch.StabilityPolicy{Technician: 11, Moved: 5, PerTick: 2}
	who := func() dispatch.TechnicianID { return dispatch.TechnicianID(fmt.Sprintf("t%d", rng.IntN(5))) }
	cover := &dispatch.Table[int64]{Columns: 3, Values: []int64{0, 4, 7, 6, 1, 0}}
	for i := range p.Visits {
		v := &p.Visits[i]
		cover.Row = append(cover.Row, rng.Int32N(2))
		if rng.IntN(2) == 0 {
			v.Usual = who()
		}
		if rng.IntN(2) == 0 {
			v.Promise = &dispatch.Promise{Technician: who()}
		}
		if v.Promise != nil && rng.IntN(3) > 0 {
			at := dispatch.Tick(rng.Int32N(420))
			v.Promise.Window = dispatch.TimeWindow{Start: at, End: at + 31}
		}
	}
	for range p.Technicians {
		cover.Column = append(cover.Column, rng.Int32N(3))
	}
	p.Cover = cover
}

// addRules gives the policy expressions that tell technicians apart who are alike otherwise.
func addRules(p *dispatch.Problem) {
	p.Policy.Terms = []dispatch.UserTerm{
		{Name: "far", Expression: `travel > 20 ? double(travel - 20) * 1.5 : 0.0`, Weight: 2},
		{Name: "seniors", Expression: `visit.priority > 1 && technician.attributes["senior"] == "no" ? 8 : 0`, Weight: 1},
		{Name: "off", Expression: `1`},
	}
	p.Policy.Eligibility = []dispatch.EligibilityRule{
		{Name: "keys", Expression: `!(visit.id.endsWith("3") || visit.id.endsWith("7")) || technician.attributes["keys"] == "yes"`},
	}
	for i := range p.Technicians {
		p.Technicians[i].Attributes = map[string]string{"senior": []string{"yes", "no"}[i%2], "keys": []string{"no", "yes", "yes"}[i%3]}
	}
	if err := rules.Attach(p); err != nil {
		panic(err)
	}
}
