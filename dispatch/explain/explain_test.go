package explain_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/dispatch/constraint"
	"fettle/dispatch/explain"
	"fettle/geo"
)

// street makes a problem on a line: place i lies at i minutes, ticks are seconds, a tick of travel costs 1, leaving a visit
// out costs 100,000.
func street(t *testing.T, length int) *dispatch.Problem {
	t.Helper()
	values := make([]int32, length*length)
	for i := range length {
		for j := range length {
			values[i*length+j] = int32(60 * max(i-j, j-i))
		}
	}
	m, err := geo.NewDense(length, values)
	if err != nil {
		t.Fatal(err)
	}
	return &dispatch.Problem{
		Origin: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), Scale: dispatch.Scale{Unit: "s"},
		Places: make([]dispatch.Place, length), Travel: []dispatch.Travel{{Time: m}},
		Policy: dispatch.Policy{Unserved: dispatch.UnservedPolicy{PerVisit: 100_000}},
	}
}

// technician works from 08:00 for so many minutes, from a place and back to it.
func technician(id string, place int32, minutes dispatch.Tick) dispatch.Technician {
	return dispatch.Technician{
		ID: dispatch.TechnicianID(id), Rates: dispatch.Rates{Travel: 1},
		Shifts: []dispatch.Shift{{End: 60 * minutes, LatestDeparture: dispatch.NoTick, StartPlace: place, EndPlace: place}},
	}
}

// visit takes ten minutes; its window is given in minutes after 08:00, none when from and to are equal.
func visit(id string, place int32, from, to dispatch.Tick) dispatch.Visit {
	v := dispatch.Visit{ID: dispatch.VisitID(id), Place: place, OnSite: 600, Due: dispatch.NoTick}
	if from < to {
		v.Windows = []dispatch.TimeWindow{{Start: 60 * from, End: 60*to + 1}} // may start on the minute
	}
	return v
}

// planned makes a model and a plan with the given visits by technician, in order.
func planned(t *testing.T, p *dispatch.Problem, stops ...[]int32) (*constraint.Model, *dispatch.Plan) {
	t.Helper()
	m, err := constraint.New(p)
	if err != nil {
		t.Fatal(err)
	}
	plan := &dispatch.Plan{}
	for who, visits := range stops {
		r := dispatch.Route{Technician: int32(who)}
		for _, v := range visits {
			r.Stops = append(r.Stops, dispatch.Stop{Kind: dispatch.StopVisit, Visit: v, Break: -1, Depot: -1})
		}
		if len(visits) > 0 {
			plan.Routes = append(plan.Routes, r)
		}
	}
	return m, plan
}

func TestReason(t *testing.T) {
	t.Parallel()
	gas := func(level int32) []dispatch.SkillLevel { return []dispatch.SkillLevel{{Skill: "gas", Level: level}} }
	tests := []struct {
		name  string
		build func(p *dispatch.Problem)
		stops [][]int32
		want  dispatch.Unassigned
	}{
		{
			"no technician", func(p *dispatch.Problem) { p.Visits = append(p.Visits, visit("v", 1, 0, 0)) }, nil,
			dispatch.Unassigned{
				Technician: -1, Reason: dispatch.ReasonNoTechnician,
				Detail: "There is no technician who could be sent to visit v.",
			},
		},
		{"one level beats a skill that is missing", func(p *dispatch.Problem) {
			p.Technicians = append(p.Technicians, technician("ann", 0, 60), technician("bo", 0, 60))
			p.Technicians[1].Skills = gas(1)
			p.Visits = append(p.Visits, visit("v", 1, 0, 0))
			p.Visits[0].Skills = gas(2)
		}, nil, dispatch.Unassigned{
			Technician: 1, Reason: dispatch.ReasonSkillLevel, Short: 1,
			Detail: "Nobody may do visit v. Technician bo comes nearest: visit v needs skill gas at level 2, held at level 1.",
		}},
		{"one rule beats two", func(p *dispatch.Problem) {
			p.Technicians = append(p.Technicians, technician("ann", 0, 60), technician("bo", 0, 60))
			p.Technicians[0].Skills, p.Technicians[0].Territories = gas(1), []string{"south"}
			p.Technicians[1].Territories = []string{"north"}
			p.Visits = append(p.Visits, visit("v", 1, 0, 0))
			p.Visits[0].Skills, p.Visits[0].Territory = gas(2), "north"
		}, nil, dispatch.Unassigned{
			Technician: 1, Reason: dispatch.ReasonSkillMissing, Short: 2,
			Detail: "Nobody may do visit v. Technician bo comes nearest: visit v needs skill gas at level 2.",
		}},
		{"nobody who may has a shift", func(p *dispatch.Problem) {
			p.Technicians = append(p.Technicians, technician("ann", 0, 60))
			p.Technicians[0].Shifts = nil
			p.Visits = append(p.Visits, visit("v", 1, 0, 0))
		}, nil, dispatch.Unassigned{
			Technician: 0, Reason: dispatch.ReasonOutOfShift,
			Detail: "Nobody who may do visit v has a shift; technician ann is one who may.",
		}},
		// Bo is 20 minutes away and the window closes after 6: 14 minutes short. Ann, 25 away, misses by 19.
		{"window closes before anybody can be there", func(p *dispatch.Problem) {
			p.Technicians = append(p.Technicians, technician("ann", 0, 60), technician("bo", 5, 60))
			p.Visits = append(p.Visits, visit("v", 25, 0, 6))
		}, nil, dispatch.Unassigned{
			Technician: 1, Reason: dispatch.ReasonWindowClosed, Short: 14 * 60,
			Detail: "Visit v fits nobody's shift, not even an empty one. Technician bo comes nearest: the window of visit v closes 14 min too early.",
		}},
		// 25 minutes there, 10 of work and 25 back are 60; the shift has 45.
		{"shift ends before anybody is back", func(p *dispatch.Problem) {
			p.Technicians = append(p.Technicians, technician("ann", 0, 45))
			p.Visits = append(p.Visits, visit("v", 25, 0, 0))
		}, nil, dispatch.Unassigned{
			Technician: 0, Reason: dispatch.ReasonOutOfShift, Short: 15 * 60,
			Detail: "Visit v fits nobody's shift, not even an empty one. Technician ann comes nearest: the route would end 15 min after the shift.",
		}},
		// 2 * 10 minutes are 1200 of travel against 500 for leaving it out: 700 too dear.
		{"feasible but too costly", func(p *dispatch.Problem) {
			p.Technicians = append(p.Technicians, technician("ann", 0, 60))
			p.Visits = append(p.Visits, visit("v", 10, 0, 0))
			p.Visits[0].Unserved = 500
		}, nil, dispatch.Unassigned{
			Technician: 0, Reason: dispatch.ReasonTooCostly, Short: 700,
			Detail: "Technician ann could do visit v at 08:10, but it would cost 1200 and leaving it out costs 500.",
		}},
		// w is at 5 from 08:05 to 08:15 and v must start until 08:08, five minutes farther: from w it is 08:20, 12 short. Before w
		// it starts at 08:10, 2 short. Without w it still would: so v's window is at 9. From 0 it is reached at 08:09, ends 08:19,
		// and w, 5 back, would start at 08:24: its window closed at 08:06, 18 short; after w it is 08:20, 10 late for 08:10.
		{"displaced by another visit", func(p *dispatch.Problem) {
			p.Technicians = append(p.Technicians, technician("ann", 0, 120))
			p.Visits = append(p.Visits, visit("v", 10, 0, 10), visit("w", 5, 0, 6))
			p.Visits[1].Priority = 3
		}, [][]int32{{1}}, dispatch.Unassigned{
			Technician: 0, Reason: dispatch.ReasonDisplaced, Short: 10 * 60,
			Detail: "Visit v (priority 0) would need to displace visit w (priority 3): then technician ann could do it at 08:10, which makes the plan 600 dearer. Nearest to room is technician ann: the window of visit v closes 10 min too early.",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := street(t, 40)
			tt.build(p)
			m, plan := planned(t, p, tt.stops...)
			if d := cmp.Diff(tt.want, explain.New(m, plan).Reason(0)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestReasonOfServedVisitIsEmpty(t *testing.T) {
	t.Parallel()
	p := street(t, 2)
	p.Technicians, p.Visits = []dispatch.Technician{technician("ann", 0, 60)}, []dispatch.Visit{visit("v", 1, 0, 0)}
	m, plan := planned(t, p, []int32{0})
	if got := explain.New(m, plan).Reason(0); got.Reason != "" {
		t.Errorf("reason %+v of a visit that is served", got)
	}
}

func TestCard(t *testing.T) {
	t.Parallel()
	// Ann starts at 0 and serves v at 10: 20 minutes of travel, 1200. Bo starts at 30 and serves w at 32, due back by 08:50:
	// 2 + 10 + 2 minutes. With v first his route is 20 + 22 + 2 = 44 minutes of travel and 20 of work: 64, too long by 14.
	p := street(t, 40)
	p.Technicians = []dispatch.Technician{technician("ann", 0, 480), technician("bo", 30, 50), technician("cy", 25, 480)}
	p.Visits = []dispatch.Visit{visit("v", 10, 0, 60), visit("w", 32, 0, 0)}
	m, plan := planned(t, p, []int32{0}, []int32{1})
	card := explain.New(m, plan).Visit(0)
	if card.Technician != 0 || card.Position != 0 || card.Stop.Start != 600 || card.Marginal.Total() != 1200 {
		t.Errorf("card %+v: want ann at 08:10 for 1200", card)
	}
	// Cy goes 15 minutes there and back: 1800 instead of 1200, so 600 dearer. One way 10 minutes shorter makes up for it.
	if len(card.Alternatives) != 1 {
		t.Fatalf("alternatives %+v: want cy alone", card.Alternatives)
	}
	a := card.Alternatives[0]
	if a.Technician != 2 || a.Difference != 600 || a.BindingRule != "travel" || a.Flip == nil || a.Flip.Kind != explain.FlipTravel || a.Flip.Amount != 600 {
		t.Errorf("alternative %+v, flip %+v: want cy for 600 more, or 10 minutes less on the way", a, a.Flip)
	}
	if len(card.Refused) != 1 || card.Refused[0].Reason != dispatch.ReasonOutOfShift || card.Refused[0].Short != 14*60 {
		t.Fatalf("refused %+v: want bo, whose shift is 14 minutes short", card.Refused)
	}
	// A shift 14 minutes longer makes it possible but 40 minutes of travel instead of 20; only if one of the ways took no time
	// at all would he do as well.
	f := card.Refused[0].Flip
	if f == nil || f.Kind != explain.FlipTravel || f.Amount != 1200 || f.Difference != 0 {
		t.Errorf("flip %+v: want 20 minutes less on the way", f)
	}
	lines := strings.Join(card.Sentences(p), "\n")
	for _, want := range []string{
		"Visit v -> technician ann at 08:10 (window 08:00-09:00): 10 min travel, adds 1200", "Next best: technician cy at 08:15, 600 dearer (travel).",
		"Technician bo cannot: the route would end 14 min after the shift [OUT_OF_SHIFT].",
	} {
		if !strings.Contains(lines, want) {
			t.Errorf("sentences\n%s\nlack %q", lines, want)
		}
	}
}

func TestCardOfAnInfeasibleRouteIsBlocked(t *testing.T) {
	t.Parallel()
	p := street(t, 40)
	p.Technicians, p.Visits = []dispatch.Technician{technician("ann", 0, 10)}, []dispatch.Visit{visit("v", 10, 0, 0)}
	m, plan := planned(t, p, []int32{0})
	card := explain.New(m, plan).Visit(0)
	if card.Blocked.Reason != dispatch.ReasonOutOfShift || card.Alternatives != nil {
		t.Errorf("card %+v: want it blocked by the shift", card)
	}
	if _, err := explain.Finish(context.Background(), m, plan); err == nil {
		t.Error("a plan that breaks a rule was finished")
	}
	if lines := card.Sentences(p); len(lines) != 2 {
		t.Errorf("lines %q: want who and why", lines)
	}
}

func TestFinish(t *testing.T) {
	t.Parallel()
	build := func(t *testing.T) (*constraint.Model, *dispatch.Plan) {
		p := street(t, 40)
		p.Technicians = []dispatch.Technician{technician("ann", 0, 120), technician("bo", 20, 120)}
		p.Visits = []dispatch.Visit{visit("a", 1, 0, 0), visit("b", 21, 0, 0), visit("c", 22, 0, 0), visit("d", 39, 0, 5)}
		p.Pairs = []dispatch.Pair{{First: 1, Second: 2}}
		return planned(t, p, []int32{0})
	}
	t.Run("fills unused shifts and gives reasons", func(t *testing.T) {
		t.Parallel()
		m, plan := build(t)
		got, err := explain.Finish(context.Background(), m, plan)
		if err != nil {
			t.Fatal(err)
		}
		// The pair goes to bo: 1 + 1 + 2 minutes of travel. Ann keeps 2 minutes. d is left out for 100,000.
		if len(got.Routes) != 2 || !slices.Equal(got.Routes[1].Visits(), []int32{1, 2}) || got.Cost.Total() != 100_000+360 {
			t.Errorf("plan %+v", got)
		}
		if len(got.Unassigned) != 1 || got.Unassigned[0].Visit != 3 || got.Unassigned[0].Reason != dispatch.ReasonWindowClosed {
			t.Errorf("unassigned %+v: want d, whose window closes too early", got.Unassigned)
		}
		if len(plan.Routes) != 1 || plan.Unassigned != nil {
			t.Error("the plan given was changed")
		}
	})
	t.Run("stops when cancelled", func(t *testing.T) {
		t.Parallel()
		m, plan := build(t)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		got, err := explain.Finish(ctx, m, plan)
		if err != nil {
			t.Fatal(err)
		}
		if got.Status != dispatch.StatusInterrupted || len(got.Unassigned) != 3 || got.Unassigned[0].Reason != dispatch.ReasonNotTried {
			t.Errorf("plan %+v: want three visits not tried", got)
		}
	})
	t.Run("quick says what it leaves out", func(t *testing.T) {
		t.Parallel()
		p := street(t, 40)
		p.Technicians = []dispatch.Technician{technician("ann", 0, 120)}
		p.Visits = []dispatch.Visit{visit("v", 10, 0, 10), visit("w", 5, 0, 6)}
		m, plan := planned(t, p, []int32{1})
		got, err := explain.Quick(context.Background(), m, plan)
		if err != nil {
			t.Fatal(err)
		}
		if u := got.Unassigned[0]; u.Reason != dispatch.ReasonDisplaced || !strings.Contains(u.Detail, "was not looked for") {
			t.Errorf("unassigned %+v", u)
		}
	})
}

func TestStartedWorkIsNeverBumped(t *testing.T) {
	t.Parallel()
	p := street(t, 40)
	p.Technicians = []dispatch.Technician{technician("ann", 0, 120)}
	p.Visits = []dispatch.Visit{visit("v", 10, 0, 10), visit("w", 5, 0, 6)}
	p.Visits[1].Pin = &dispatch.Pin{Technician: "ann", Start: dispatch.NoTick, Started: true}
	m, plan := planned(t, p, []int32{1})
	e := explain.New(m, plan)
	if d, ok := e.Displaced(0); ok {
		t.Errorf("displacement %+v of work that has started", d)
	}
	if got := e.Reason(0); got.Reason != dispatch.ReasonDisplaced || got.Short != 600 {
		t.Errorf("reason %+v", got)
	}
}

// TestRanksRiseOverShifts: rank 1 is done on the second shift, so rank 2 may not come before it on the first, although that
// one is empty and nearer.
func TestRanksRiseOverShifts(t *testing.T) {
	t.Parallel()
	p := street(t, 40)
	who := technician("ann", 0, 120)
	who.Shifts = append(who.Shifts, dispatch.Shift{Start: 36_000, End: 46_000, LatestDeparture: dispatch.NoTick, StartPlace: 30, EndPlace: 30})
	p.Technicians = []dispatch.Technician{who}
	p.Visits = []dispatch.Visit{visit("one", 31, 0, 0), visit("two", 1, 0, 0)}
	for i := range p.Visits {
		p.Visits[i].Pin = &dispatch.Pin{Technician: "ann", Start: dispatch.NoTick, Rank: int32(i + 1)}
	}
	m, plan := planned(t, p)
	plan.Routes = []dispatch.Route{{Shift: 1, Stops: []dispatch.Stop{{Kind: dispatch.StopVisit}}}}
	got, err := explain.Finish(context.Background(), m, plan)
	if err != nil {
		t.Fatal(err)
	}
	if report := check.Plan(p, got); !report.Feasible || len(got.Routes) != 1 || !slices.Equal(got.Routes[0].Visits(), []int32{0, 1}) {
		t.Errorf("plan %+v, violations %v: want both on the second shift", got.Routes, report.Violations)
	}
}
