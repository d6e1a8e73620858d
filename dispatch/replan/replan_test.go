package replan_test

import (
	"context"
	"errors"
	"testing"

	"fettle/dispatch"
	"fettle/dispatch/replan"
	"fettle/dispatch/route"
	"fettle/geo"
)

// A street of 100 places a minute apart. Ann and Bo live at its ends, Cy in the middle; all work from 0 to 400.
func street(t testing.TB, visits ...dispatch.Visit) *dispatch.Problem {
	t.Helper()
	x, y := make([]float64, 100), make([]float64, 100)
	for i := range x {
		x[i] = float64(i)
	}
	m, err := geo.NewPlanar(x, y, 1, geo.RoundNearest)
	if err != nil {
		t.Fatal(err)
	}
	p := &dispatch.Problem{
		Travel: []dispatch.Travel{{Time: m}}, Places: make([]dispatch.Place, 100), Visits: visits,
		Policy: dispatch.Policy{Unserved: dispatch.UnservedPolicy{PerVisit: 1000, PerPriority: 1000}},
	}
	for i, id := range []dispatch.TechnicianID{"ann", "bo", "cy"} {
		home := []int32{0, 99, 50}[i]
		p.Technicians = append(p.Technicians, dispatch.Technician{
			ID: id, Rates: dispatch.Rates{Travel: 1},
			Shifts: []dispatch.Shift{{End: 400, LatestDeparture: dispatch.NoTick, StartPlace: home, EndPlace: home}},
		})
	}
	return p
}

// at is a visit of 30 at a place that may start in [first, last].
func at(id dispatch.VisitID, place int32, first, last dispatch.Tick) dispatch.Visit {
	return dispatch.Visit{ID: id, Place: place, OnSite: 30, Due: dispatch.NoTick, Windows: []dispatch.TimeWindow{{Start: first, End: last + 1}}}
}

// day is three visits of Ann's, at 100, 160 and 220, and one of Bo's.
func day(t testing.TB) (*dispatch.Problem, *dispatch.Plan) {
	t.Helper()
	p := street(t, at("a1", 10, 100, 120), at("a2", 12, 160, 400), at("a3", 14, 220, 250), at("b1", 90, 100, 300))
	found, err := route.Solve(t.Context(), p, route.Options{Iterations: 200, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Routes) != 2 || len(found.Unassigned) != 0 {
		t.Fatalf("planned %+v, want a1, a2 and a3 with Ann and b1 with Bo", found.Routes)
	}
	return p, found
}

// who lists who does what, "" for nobody.
func who(p *dispatch.Problem, plan *dispatch.Plan) map[dispatch.VisitID]dispatch.TechnicianID {
	out := map[dispatch.VisitID]dispatch.TechnicianID{}
	for v := range p.Visits {
		out[p.Visits[v].ID] = ""
	}
	for i := range plan.Routes {
		for _, v := range plan.Routes[i].Visits() {
			out[p.Visits[v].ID] = p.Technicians[plan.Routes[i].Technician].ID
		}
	}
	return out
}

func TestAroundEachKindOfChange(t *testing.T) {
	t.Parallel()
	urgent := at("new", 12, 130, 140)
	urgent.Priority = 5
	tests := []struct {
		name          string
		change        replan.Change
		most          int
		forced, moved int
		want          map[dispatch.VisitID]dispatch.TechnicianID
	}{
		{
			name:   "an arrival fits where nothing moves",
			change: replan.Change{Now: 50, Arrived: []dispatch.Visit{at("new", 88, 140, 300)}},
			want:   map[dispatch.VisitID]dispatch.TechnicianID{"new": "bo", "a1": "ann", "b1": "bo"},
		},
		{
			name:   "a cancellation moves nothing",
			change: replan.Change{Now: 50, Canceled: []dispatch.VisitID{"a2"}},
			want:   map[dispatch.VisitID]dispatch.TechnicianID{"a1": "ann", "a3": "ann"},
		},
		{
			// Ann works on a1 until 185 instead of 130, so a2, two away, starts at 187 instead of 160; a3 at 220 is still in time.
			// Somebody else who came at 160 would break the promise as well, and travel more.
			name:   "an overrun moves the one promise that cannot be kept",
			change: replan.Change{Now: 120, Overruns: []replan.Overrun{{Visit: "a1", End: 185}}},
			forced: 1, moved: 1,
			want: map[dispatch.VisitID]dispatch.TechnicianID{"a1": "ann", "a2": "ann", "a3": "ann"},
		},
		{
			// Ann is at work on a1 at 110: that counts as done. Cy is nearer than Bo.
			name:   "others do what a sick technician had before her",
			change: replan.Change{Now: 110, Absences: []replan.Absence{{Technician: "ann", Until: dispatch.Far}}},
			forced: 2, moved: 2,
			want: map[dispatch.VisitID]dispatch.TechnicianID{"a1": "ann", "a2": "cy", "a3": "cy", "b1": "bo"},
		},
		{
			// Ann would be there from 132 to 162 after a1: a2 then starts two late. Cy, 38 away, comes at 148 at the earliest.
			name:   "an emergency that would move a promise waits when none may move",
			change: replan.Change{Now: 110, Arrived: []dispatch.Visit{urgent}},
			want:   map[dispatch.VisitID]dispatch.TechnicianID{"new": ""},
		},
		{
			name:   "the same emergency moves one promise when one may",
			change: replan.Change{Now: 110, Arrived: []dispatch.Visit{urgent}}, most: 1, moved: 1,
			want: map[dispatch.VisitID]dispatch.TechnicianID{"new": "ann", "a2": "ann", "a3": "ann"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p, committed := day(t)
			got, err := replan.Around(t.Context(), p, committed, test.change, replan.Options{MaxMoved: test.most, Iterations: 300})
			if err != nil {
				t.Fatal(err)
			}
			if got.Forced != test.forced || len(got.Moves) != test.moved {
				t.Errorf("forced %d and moved %+v, want %d and %d", got.Forced, got.Moves, test.forced, test.moved)
			}
			after := who(got.Problem, got.Plan)
			for id, technician := range test.want {
				if after[id] != technician {
					t.Errorf("%s does %s, want %q: %v", after[id], id, technician, after)
				}
			}
		})
	}
}

func TestCurveShowsWhatMovingMoreGains(t *testing.T) {
	t.Parallel()
	p, committed := day(t)
	urgent := at("new", 12, 130, 140)
	urgent.Priority = 5
	got, err := replan.Around(t.Context(), p, committed, replan.Change{Now: 110, Arrived: []dispatch.Visit{urgent}}, replan.Options{Iterations: 300})
	if err != nil {
		t.Fatal(err)
	}
	// Leaving the emergency out costs 1000 + 5 * 1000; it lies on Ann's way.
	if len(got.Curve) != 2 || got.Curve[0].Moved != 0 || got.Curve[1].Moved != 1 || got.Curve[0].Cost-got.Curve[1].Cost != 6000 {
		t.Fatalf("curve %+v, want two points, of which the second saves 6000 for one promise moved", got.Curve)
	}
	out, err := got.Choose(1)
	if err != nil || len(out.Moves) != 1 || out.Moves[0].Visit != "a2" || out.Moves[0].Start != 162 {
		t.Errorf("the second point moves %+v, %v; want a2 from 160 to 162", out.Moves, err)
	}
	if _, err := got.Choose(2); err == nil {
		t.Error("there is a third point")
	}
}

// With a window promised for a2 that holds 162, coming at 162 instead of 160 moves no promise.
func TestPromisedWindowCountsInsteadOfTheTolerance(t *testing.T) {
	t.Parallel()
	p, committed := day(t)
	p.Visits[1].Promise = &dispatch.Promise{Technician: "ann", Window: dispatch.TimeWindow{Start: 150, End: 180}}
	urgent := at("new", 12, 130, 140)
	urgent.Priority = 5
	got, err := replan.Around(t.Context(), p, committed, replan.Change{Now: 110, Arrived: []dispatch.Visit{urgent}}, replan.Options{Iterations: 300})
	if err != nil {
		t.Fatal(err)
	}
	if after := who(got.Problem, got.Plan); len(got.Moves) != 0 || after["new"] != "ann" {
		t.Errorf("moved %+v, %v: want the emergency with Ann and no promise moved", got.Moves, after)
	}
}

func TestTakesUpTechniciansWhoAreHomeAgain(t *testing.T) {
	t.Parallel()
	p, committed := day(t)
	// Bo is home from b1 at 139 and works until 400; the new visit is next door.
	got, err := replan.Around(t.Context(), p, committed, replan.Change{Now: 200, Arrived: []dispatch.Visit{at("new", 97, 0, 300)}}, replan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range got.Plan.Routes {
		if r := &got.Plan.Routes[i]; r.Technician == 1 && r.Shift == 1 && r.Stops[0].Start == 202 {
			return
		}
	}
	t.Fatalf("routes %+v, want Bo to leave home again at 200", got.Plan.Routes)
}

func TestRefusesWhatCannotHappen(t *testing.T) {
	t.Parallel()
	p, committed := day(t)
	paired := *p
	paired.Pairs = []dispatch.Pair{{First: 0, Second: 1}}
	ruled := *p
	ruled.Policy.Eligibility = []dispatch.EligibilityRule{{Name: "all", Expression: "true"}}
	tests := []struct {
		name   string
		p      *dispatch.Problem
		change replan.Change
		o      replan.Options
		field  string
	}{
		{name: "pairs", p: &paired, field: "pairs"},
		{name: "expressions", p: &ruled, field: "policy.terms, policy.eligibility and cover"},
		{name: "a limit without a clock", p: p, o: replan.Options{TimeLimit: 1}, field: "options.elapsed"},
		{name: "an unknown visit canceled", p: p, change: replan.Change{Canceled: []dispatch.VisitID{"x"}}, field: "change.canceled"},
		{name: "work canceled", p: p, change: replan.Change{Now: 110, Canceled: []dispatch.VisitID{"a1"}}, field: "change.canceled"},
		{name: "work not begun overruns", p: p, change: replan.Change{Now: 110, Overruns: []replan.Overrun{{Visit: "a2", End: 300}}}, field: "change.overruns"},
		{name: "work ends in the past", p: p, change: replan.Change{Now: 110, Overruns: []replan.Overrun{{Visit: "a1", End: 105}}}, field: "change.overruns"},
		{name: "nobody is sick", p: p, change: replan.Change{Absences: []replan.Absence{{Technician: "x", Until: 9}}}, field: "change.absences"},
		{name: "sick until now", p: p, change: replan.Change{Now: 9, Absences: []replan.Absence{{Technician: "ann", Until: 9}}}, field: "change.absences"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := replan.Around(t.Context(), test.p, committed, test.change, test.o)
			var invalid *dispatch.InvalidError
			if !errors.As(err, &invalid) || invalid.Field != test.field {
				t.Errorf("error %v, want one about %s", err, test.field)
			}
		})
	}
}

func TestInterruptedStillAnswers(t *testing.T) {
	t.Parallel()
	p, committed := day(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, err := replan.Around(ctx, p, committed, replan.Change{Now: 110, Absences: []replan.Absence{{Technician: "ann", Until: dispatch.Far}}}, replan.Options{})
	if err != nil || got.Status != dispatch.StatusInterrupted || got.Plan.Status != dispatch.StatusInterrupted {
		t.Fatalf("status %v, %v; want an interrupted plan", got, err)
	}
	if after := who(got.Problem, got.Plan); after["a2"] != "cy" {
		t.Errorf("visits %v: want what the sick technician had with others", after)
	}
}
