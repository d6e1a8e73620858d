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

func TestContinuityAndPromisedTechnician(t *testing.T) {
	t.Parallel()
	p := dispatch.Policy{Continuity: 5, NotPreferred: 7, Stability: dispatch.StabilityPolicy{Technician: 11}}
	who := dispatch.Technician{ID: "ann"}
	for _, tt := range []struct {
		name  string
		visit dispatch.Visit
		want  int64
	}{
		{"nobody named", dispatch.Visit{}, 0},
		{"herself", dispatch.Visit{Usual: "ann", Promise: &dispatch.Promise{Technician: "ann"}, Preferred: []dispatch.TechnicianID{"ann"}}, 0},
		{"another is usual", dispatch.Visit{Usual: "bob"}, 5},
		{"another was promised", dispatch.Visit{Promise: &dispatch.Promise{Technician: "bob"}}, 11},
		{"a time was promised", dispatch.Visit{Promise: &dispatch.Promise{Window: dispatch.TimeWindow{End: 9}}}, 0},
		{"another in all ways", dispatch.Visit{Usual: "bob", Promise: &dispatch.Promise{Technician: "bob"}, Preferred: []dispatch.TechnicianID{"bob"}}, 23},
	} {
		if got := cost.Personal(&p, &who, &tt.visit); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestPromisedStart(t *testing.T) {
	t.Parallel()
	p := dispatch.Policy{Stability: dispatch.StabilityPolicy{Moved: 100, PerTick: 3}}
	v := dispatch.Visit{Promise: &dispatch.Promise{Window: dispatch.TimeWindow{Start: 50, End: 80}}}
	price, ok := cost.Promised(&p, &v, nil)
	// The last instant of [50, 80) is 79.
	if !ok || price.At(79) != 0 || price.At(80) != 103 || price.At(89) != 130 {
		t.Errorf("%t: %d, %d, %d", ok, price.At(79), price.At(80), price.At(89))
	}
	over := []dispatch.TimeWindow{{Start: 0, End: 50}}
	price, ok = cost.Promised(&p, &v, over)
	if !ok || price.At(0) != 100 || price.At(49) != 100 {
		t.Errorf("a promise that nobody can keep costs %d and %d", price.At(0), price.At(49))
	}
	if got := cost.PromisedWindows(&p, &v, over); &got[0] != &over[0] {
		t.Error("windows before the promise were cut")
	}
	got := cost.PromisedWindows(&p, &v, []dispatch.TimeWindow{{Start: 0, End: 50}, {Start: 49, End: 52}, {Start: 70, End: 90}})
	if len(got) != 2 || got[0] != (dispatch.TimeWindow{Start: 50, End: 52}) || got[1] != (dispatch.TimeWindow{Start: 70, End: 90}) {
		t.Errorf("cut to %v", got)
	}
	if _, ok := cost.Promised(&dispatch.Policy{}, &v, nil); ok {
		t.Error("a promise without a price has one")
	}
}

type lost func(visit, technician int32) int64

func (f lost) Cover(visit, technician int32) int64 { return f(visit, technician) }

func TestCoverTable(t *testing.T) {
	t.Parallel()
	p := &dispatch.Problem{Visits: make([]dispatch.Visit, 2), Technicians: make([]dispatch.Technician, 3), Policy: dispatch.Policy{Cover: 10}}
	var err error
	if p.Cover, err = cost.CoverTable(p, lost(func(v, k int32) int64 { return int64(v*3 + k) })); err != nil {
		t.Fatal(err)
	}
	if got := cost.CoverRemoved(p, 1, 2); got != 50 {
		t.Errorf("cover costs %d, want 50", got)
	}
	if p.Policy.Cover = 0; cost.CoverRemoved(p, 1, 2) != 0 || cost.HasStatic(p) {
		t.Error("a term without a weight costs")
	}
	if _, err := cost.CoverTable(p, lost(func(_, k int32) int64 { return int64(-k) })); err == nil {
		t.Error("a negative cost was accepted")
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
