package cost_test

import (
	"testing"

	"fettle/dispatch"
	"fettle/dispatch/cost"
)

func TestRouteIsTheSumOfItsTerms(t *testing.T) {
	t.Parallel()
	rates := dispatch.Rates{Fixed: 100, Travel: 2, Distance: 3, Duty: 5, OnSite: 7, Overtime: 11}
	m := cost.Measure{Travel: 10, Distance: 20, Duty: 30, OnSite: 40, Overtime: 50, Lateness: 60, Static: 70}
	// 100 + 20 + 60 + 150 + 280 + 550 + 60 = 1220, and 70 static that Terms leaves to its caller
	if got := cost.Route(&rates, &m); got != 1290 {
		t.Errorf("route costs %d, want 1290", got)
	}
	terms := cost.Terms(&rates, &m)
	if terms.Total() != 1220 {
		t.Errorf("terms sum to %d, want 1220", terms.Total())
	}
}

func TestSkillSurplusAndPreference(t *testing.T) {
	t.Parallel()
	p := dispatch.Policy{SkillSurplus: 10, NotPreferred: 25}
	expert := dispatch.Technician{ID: "e", Skills: []dispatch.SkillLevel{{Skill: "gas", Level: 3}, {Skill: "pipes", Level: 2}}}
	v := dispatch.Visit{Skills: []dispatch.SkillLevel{{Skill: "gas", Level: 1}, {Skill: "pipes"}}, Preferred: []dispatch.TechnicianID{"f"}}
	// gas 3 - 1 = 2 levels, pipes 2 - 1 = 1 level
	if got := cost.SkillSurplus(&p, &expert, &v); got != 30 {
		t.Errorf("surplus %d, want 30", got)
	}
	if got := cost.Preference(&p, &expert, &v); got != 25 {
		t.Errorf("preference %d, want 25", got)
	}
	v.Preferred = append(v.Preferred, "e")
	if got := cost.Preference(&p, &expert, &v); got != 0 {
		t.Errorf("preference %d for one who is preferred", got)
	}
}

func TestFairness(t *testing.T) {
	t.Parallel()
	// Mean of 10, 20 and 31 is 20.33, rounded up 21: only 31 is above, by 10.
	if got := cost.Fairness(3, []int64{10, 20, 31}); got != 30 {
		t.Errorf("got %d, want 30", got)
	}
	if cost.Fairness(0, []int64{10}) != 0 || cost.Fairness(3, nil) != 0 {
		t.Error("no weight or nobody must cost nothing")
	}
}
