package plan_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/dispatch/plan"
	"fettle/dispatch/problem"
	"fettle/dispatch/route"
	"fettle/dispatch/rules"
)

// fieldDay is the demonstration day with prices in place of a lexicographic order, promises, and expressions: 10
// technicians, 62 visits, breaks, levels, windows, buildings, lateness.
func fieldDay(t *testing.T) *dispatch.Problem {
	t.Helper()
	data, err := os.ReadFile("../../testdata/demo/field-day.json")
	if err != nil {
		t.Fatal(err)
	}
	d, err := problem.Read("field-day.json", data, problem.Fettle)
	if err != nil {
		t.Fatal(err)
	}
	p := d.Problem
	q := &p.Policy
	q.Unserved = dispatch.UnservedPolicy{PerVisit: 40_000, PerPriority: 1000}
	q.Continuity, q.Stability = 300, dispatch.StabilityPolicy{Technician: 200, Moved: 100, PerTick: 1}
	for i := range p.Visits {
		v := &p.Visits[i]
		who := p.Technicians[i%len(p.Technicians)].ID
		if i%3 == 0 {
			v.Usual = who
		}
		if i%4 == 0 {
			at := dispatch.Tick(9*3600 + 600*i)
			v.Promise = &dispatch.Promise{Technician: who, Window: dispatch.TimeWindow{Start: at, End: at + 3600}}
		}
		v.Attributes = map[string]string{"vip": []string{"yes", "no"}[i%2]}
	}
	for i := range p.Technicians {
		p.Technicians[i].Attributes = map[string]string{"grade": fmt.Sprint(i % 3)}
	}
	q.Terms = []dispatch.UserTerm{
		{Name: "vip", Expression: `visit.attributes["vip"] == "yes" && technician.attributes["grade"] == "0" ? 500 : 0`, Weight: 1},
		{Name: "far", Expression: `travel > 1200 ? travel - 1200 : 0`, Weight: 1},
	}
	q.Eligibility = []dispatch.EligibilityRule{{Name: "beginners", Expression: `technician.attributes["grade"] != "2" || visit.attributes["vip"] == "no"`}}
	attach(t, p)
	return p
}

func attach(t *testing.T, p *dispatch.Problem) {
	t.Helper()
	if err := rules.Attach(p); err != nil {
		t.Fatal(err)
	}
}

func solve(t *testing.T, p *dispatch.Problem) *plan.Result {
	t.Helper()
	out, err := plan.Solve(context.Background(), p, plan.Options{Route: route.Options{Seed: 3, Iterations: 1500, Threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The plan keeps the expressions' rules and pays their terms, which the checker computes from the texts.
func TestSolveKeepsExpressions(t *testing.T) {
	t.Parallel()
	p := fieldDay(t)
	got := solve(t, p)
	for _, term := range []dispatch.Term{dispatch.TermContinuity, dispatch.TermStability, dispatch.TermUser, dispatch.TermUser + 1} {
		if got.Plan.Cost[term] == 0 || got.Plan.Cost[term] != got.Report.Cost[term] {
			t.Errorf("%s costs %d, the checker says %d", p.Policy.TermName(term), got.Plan.Cost[term], got.Report.Cost[term])
		}
	}
	// The rule binds: without it the plan would break it, and be cheaper or equal.
	free := *p
	free.Policy.Eligibility, free.Rules = nil, nil
	attach(t, &free)
	found := solve(t, &free).Plan
	report := check.Plan(p, found)
	if report.Feasible || report.Violations[0].Rule != dispatch.ReasonEligibility {
		t.Errorf("without the rule nobody breaks it: %v", report.Violations)
	}
}

// A visit that is pinned to an instant outside of its windows is left out with the reason, and no fault of the plan.
func TestSolveLeavesOutWhatCannotBeKept(t *testing.T) {
	t.Parallel()
	p := fieldDay(t)
	at := int32(slices.IndexFunc(p.Visits, func(v dispatch.Visit) bool { return len(v.Windows) == 1 && v.Pin == nil && v.Promise == nil }))
	p.Visits[at].Pin = &dispatch.Pin{Start: p.Visits[at].Windows[0].End}
	for _, u := range solve(t, p).Plan.Unassigned {
		if u.Visit == at && u.Reason == dispatch.ReasonWindowClosed {
			return
		}
	}
	t.Error("the visit is served, or left out for another reason")
}

// Metamorphic: what things are called, when the day is, and a technician whom the plan does not use change nothing.
func TestSolveIsMetamorphic(t *testing.T) {
	t.Parallel()
	p := fieldDay(t)
	first := solve(t, p)
	want := first.Plan.Cost
	t.Run("names", func(t *testing.T) {
		t.Parallel()
		q := fieldDay(t)
		rename(q)
		attach(t, q)
		if got := solve(t, q).Plan.Cost; got != want {
			t.Errorf("renamed %v, want %v", got, want)
		}
	})
	t.Run("time", func(t *testing.T) {
		t.Parallel()
		q := fieldDay(t)
		later(q, 5000)
		attach(t, q)
		if got := solve(t, q).Plan.Cost; got != want {
			t.Errorf("later %v, want %v", got, want)
		}
	})
	t.Run("unused technician", func(t *testing.T) {
		t.Parallel()
		// One more who may do nothing, and is used by nobody's plan: the same search, the same plan.
		q := fieldDay(t)
		idle := q.Technicians[0]
		idle.ID, idle.Skills, idle.Attributes = "idle", nil, map[string]string{"grade": "2"}
		q.Technicians = append(q.Technicians, idle)
		attach(t, q)
		with := solve(t, q)
		if slices.ContainsFunc(with.Plan.Routes, func(r dispatch.Route) bool { return int(r.Technician) == len(q.Technicians)-1 }) {
			t.Fatal("somebody needs no skill: the technician is used, and the test shows nothing")
		}
		// Dropped again, the plan stays feasible at its cost.
		q.Technicians = q.Technicians[:len(q.Technicians)-1]
		attach(t, q)
		report := check.Plan(q, with.Plan)
		if !report.Feasible || report.Cost != with.Plan.Cost {
			t.Errorf("without the technician: %v, cost %v, want %v", report.Violations, report.Cost, with.Plan.Cost)
		}
		dropped := solve(t, q).Plan.Cost
		if dropped != want {
			t.Errorf("cost %v, want %v", dropped, want)
		}
	})
}

// rename gives every visit, technician and building another name, in an order that does not follow the old one.
func rename(p *dispatch.Problem) {
	names := map[dispatch.TechnicianID]dispatch.TechnicianID{"": ""}
	for i := range p.Technicians {
		t := &p.Technicians[i]
		names[t.ID] = dispatch.TechnicianID(fmt.Sprintf("%c%s", 'z'-rune(i), t.ID))
		t.ID = names[t.ID]
	}
	for i := range p.Visits {
		v := &p.Visits[i]
		v.ID, v.Usual = dispatch.VisitID(fmt.Sprintf("%03d%s", 997-i*7%500, v.ID)), names[v.Usual]
		if v.Building != "" {
			v.Building = "x" + v.Building
		}
		if v.Promise != nil {
			v.Promise = &dispatch.Promise{Technician: names[v.Promise.Technician], Window: v.Promise.Window}
		}
		for _, list := range [][]dispatch.TechnicianID{v.Only, v.Excluded, v.Preferred} {
			for k := range list {
				list[k] = names[list[k]]
			}
		}
		if v.Pin != nil {
			v.Pin.Technician = names[v.Pin.Technician]
		}
	}
}

// later moves every instant of a problem.
func later(p *dispatch.Problem, by dispatch.Tick) {
	windows := func(list []dispatch.TimeWindow) {
		for k := range list {
			list[k].Start, list[k].End = list[k].Start+by, list[k].End+by
		}
	}
	instant := func(t *dispatch.Tick) {
		if *t != dispatch.NoTick {
			*t += by
		}
	}
	for i := range p.Technicians {
		for k := range p.Technicians[i].Shifts {
			s := &p.Technicians[i].Shifts[k]
			s.Start, s.End = s.Start+by, s.End+by
			instant(&s.LatestDeparture)
			for b := range s.Breaks {
				windows(s.Breaks[b].Windows)
			}
		}
		for k := range p.Technicians[i].Depots {
			windows(p.Technicians[i].Depots[k].Windows)
		}
	}
	for i := range p.Visits {
		v := &p.Visits[i]
		windows(v.Windows)
		instant(&v.Due)
		if v.Pin != nil {
			instant(&v.Pin.Start)
		}
		if v.Promise.Timed() {
			v.Promise.Window.Start, v.Promise.Window.End = v.Promise.Window.Start+by, v.Promise.Window.End+by
		}
	}
}

// Cancelled before it begins or at any look at the clock, Solve returns a plan that the checker accepts and that answers
// every visit.
func TestSolveCancelledAtAnyInstant(t *testing.T) {
	t.Parallel()
	p := fieldDay(t)
	for looks := range 24 {
		ctx, cancel := context.WithCancel(context.Background())
		if looks == 0 {
			cancel()
		}
		left := looks
		elapsed := func() time.Duration {
			if left--; left <= 0 {
				cancel()
			}
			return 0
		}
		got, err := plan.Solve(ctx, p, plan.Options{Route: route.Options{Seed: 1, TimeLimit: time.Hour, Elapsed: elapsed, Threads: 1}})
		cancel()
		if err != nil {
			t.Fatalf("cancelled at look %d: %v", looks, err)
		}
		served := 0
		for i := range got.Plan.Routes {
			served += len(got.Plan.Routes[i].Visits())
		}
		if got.Plan.Status != dispatch.StatusInterrupted || !got.Report.Feasible || served+len(got.Plan.Unassigned) != len(p.Visits) {
			t.Errorf("cancelled at look %d: %s, %d served, %d unassigned of %d, %v",
				looks, got.Plan.Status, served, len(got.Plan.Unassigned), len(p.Visits), got.Report.Violations)
		}
	}
}
