package check_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/geo"
)

// newLine makes a problem of places on a line: travel and distance between two are how far apart they are.
func newLine(t testing.TB, at ...int32) *dispatch.Problem {
	t.Helper()
	values := make([]int32, 0, len(at)*len(at))
	for _, a := range at {
		for _, b := range at {
			values = append(values, max(a-b, b-a))
		}
	}
	m, err := geo.NewDense(len(at), values)
	if err != nil {
		t.Fatal(err)
	}
	return &dispatch.Problem{Places: make([]dispatch.Place, len(at)), Travel: []dispatch.Travel{{Time: m, Distance: m}}}
}

// newShift is [0, 100] from and to place 0.
func newShift() dispatch.Shift {
	return dispatch.Shift{End: 100, LatestDeparture: dispatch.NoTick}
}

// newVisit is 5 ticks of work at a place at any time.
func newVisit(id dispatch.VisitID, place int32) dispatch.Visit {
	return dispatch.Visit{ID: id, Place: place, OnSite: 5, Due: dispatch.NoTick}
}

// newDay has places 0, 10, 20, 30 on a line, technicians ann and bob at place 0 and visits a, b, c at the others. The
// route a b c of ann leaves at 0, works in [10, 15), [25, 30), [40, 45) and is home at 45 + 30 = 75.
func newDay(t testing.TB) *dispatch.Problem {
	t.Helper()
	p := newLine(t, 0, 10, 20, 30)
	p.Dimensions = []string{"valves"}
	p.Technicians = []dispatch.Technician{{ID: "ann", Shifts: []dispatch.Shift{newShift()}}, {ID: "bob", Shifts: []dispatch.Shift{newShift()}}}
	p.Visits = []dispatch.Visit{newVisit("a", 1), newVisit("b", 2), newVisit("c", 3)}
	return p
}

func visits(order ...int32) []dispatch.Stop {
	var out []dispatch.Stop
	for _, v := range order {
		out = append(out, dispatch.Stop{Kind: dispatch.StopVisit, Visit: v, Break: -1, Depot: -1})
	}
	return out
}

func depot(d int32) dispatch.Stop {
	return dispatch.Stop{Kind: dispatch.StopDepot, Visit: -1, Break: -1, Depot: d}
}

func pause(b int32) dispatch.Stop {
	return dispatch.Stop{Kind: dispatch.StopBreak, Visit: -1, Break: b, Depot: -1}
}

// annDoes is the plan in which ann does these stops and the rest is left out.
func annDoes(p *dispatch.Problem, stops ...dispatch.Stop) *dispatch.Plan {
	return complete(p, dispatch.Route{Stops: stops})
}

// complete lists as unassigned what the routes do not serve.
func complete(p *dispatch.Problem, routes ...dispatch.Route) *dispatch.Plan {
	plan := &dispatch.Plan{Routes: routes}
	served := map[int32]bool{}
	for i := range routes {
		for _, v := range routes[i].Visits() {
			served[v] = true
		}
	}
	for v := range p.Visits {
		if !served[int32(v)] {
			plan.Unassigned = append(plan.Unassigned, dispatch.Unassigned{Visit: int32(v), Technician: -1})
		}
	}
	return plan
}

// rules lists the codes of the violations in order.
func rules(r check.Report) []dispatch.Reason {
	var out []dispatch.Reason
	for _, v := range r.Violations {
		out = append(out, v.Rule)
	}
	return out
}

func TestPlanComputesTheScheduleOfALine(t *testing.T) {
	t.Parallel()
	p := newDay(t)
	got := check.Plan(p, annDoes(p, visits(0, 1, 2)...))
	if !got.Feasible {
		t.Fatalf("violations: %v", got.Violations)
	}
	want := dispatch.Route{End: 75, EndTravel: 30, EndDistance: 30, Stops: []dispatch.Stop{
		{Kind: dispatch.StopVisit, Visit: 0, Break: -1, Depot: 0, Travel: 10, Distance: 10, Arrival: 10, Start: 10, End: 15},
		{Kind: dispatch.StopVisit, Visit: 1, Break: -1, Depot: 0, Travel: 10, Distance: 10, Arrival: 25, Start: 25, End: 30},
		{Kind: dispatch.StopVisit, Visit: 2, Break: -1, Depot: 0, Travel: 10, Distance: 10, Arrival: 40, Start: 40, End: 45},
	}}
	for i := range want.Stops {
		want.Stops[i].Depot = -1
	}
	if d := cmp.Diff(want, got.Routes[0]); d != "" {
		t.Errorf("route (-want +got):\n%s", d)
	}
}

func TestPaidDutyLeavesAsLateAsTheEndAllows(t *testing.T) {
	t.Parallel()
	p := newDay(t)
	p.Technicians[0].Rates.Duty = 1
	// b opens at 50: leaving at 0, ann is at a in [10, 15), waits at b from 25 to 50 and is home at 55 + 20 = 75. Leaving
	// at 25 keeps that: a in [35, 40), b at 50.
	p.Visits[1].Windows = []dispatch.TimeWindow{{Start: 50, End: 60}}
	got := check.Plan(p, annDoes(p, visits(0, 1)...)).Routes[0]
	if got.Departure != 25 || got.End != 75 || got.Stops[0].Start != 35 || got.Stops[1].Arrival != 50 {
		t.Errorf("leaves %d, a %d, b %d, home %d; want 25, 35, 50, 75", got.Departure, got.Stops[0].Start, got.Stops[1].Arrival, got.End)
	}
	// A window of a that ends at 30 has 29 as its last start: leaving at 29 - 10 = 19.
	p.Visits[0].Windows = []dispatch.TimeWindow{{Start: 0, End: 30}}
	if got := check.Plan(p, annDoes(p, visits(0, 1)...)).Routes[0]; got.Departure != 19 || got.End != 75 {
		t.Errorf("leaves %d, home %d; want 19, 75", got.Departure, got.End)
	}
	// The latest departure of the shift comes before that.
	p.Technicians[0].Shifts[0].LatestDeparture = 7
	if got := check.Plan(p, annDoes(p, visits(0, 1)...)).Routes[0]; got.Departure != 7 || got.End != 75 {
		t.Errorf("leaves %d, home %d; want 7, 75", got.Departure, got.End)
	}
}

// Late departure must not make a visit late: a is due at 20, so that it starts at 20 at the latest though 35 would keep the
// end. A visit that is late at its earliest stays at its earliest.
func TestPaidDutyMakesNoVisitLate(t *testing.T) {
	t.Parallel()
	p := newDay(t)
	p.Technicians[0].Rates.Duty = 1
	p.Policy.Tiers = []dispatch.LatenessTier{{Name: "gold", Steps: []dispatch.LatenessStep{{PerTick: 1}}}}
	p.Policy.DefaultTier = "gold"
	p.Visits[1].Windows = []dispatch.TimeWindow{{Start: 50, End: 60}}
	for due, departure := range map[dispatch.Tick]dispatch.Tick{20: 10, 5: 0, 100: 25} {
		p.Visits[0].Due = due
		if got := check.Plan(p, annDoes(p, visits(0, 1)...)).Routes[0]; got.Departure != departure || got.End != 75 {
			t.Errorf("due %d: leaves %d, home %d; want %d, 75", due, got.Departure, got.End, departure)
		}
	}
}

// Where duty costs nothing every visit starts as early as it can, and the departure only spares waiting at the first.
func TestUnpaidDutyStartsVisitsAtTheEarliest(t *testing.T) {
	t.Parallel()
	p := newDay(t)
	p.Visits[0].Windows = []dispatch.TimeWindow{{Start: 18, End: 30}}
	p.Visits[1].Windows = []dispatch.TimeWindow{{Start: 50, End: 60}}
	got := check.Plan(p, annDoes(p, visits(0, 1)...)).Routes[0]
	if got.Departure != 8 || got.Stops[0].Start != 18 || got.Stops[1].Start != 50 {
		t.Errorf("leaves %d, a %d, b %d; want 8, 18, 50", got.Departure, got.Stops[0].Start, got.Stops[1].Start)
	}
}

func TestPlanStartsAndEndsAtVisitsWithoutPlaces(t *testing.T) {
	t.Parallel()
	p := newDay(t)
	p.Technicians[0].Shifts[0].StartPlace, p.Technicians[0].Shifts[0].EndPlace = dispatch.NoPlace, dispatch.NoPlace
	p.Visits[0].Windows = []dispatch.TimeWindow{{Start: 40, End: 50}}
	// Begins at a at 40, works to 45, travels 10, works at b in [55, 60) and ends there: duty 20.
	got := check.Plan(p, annDoes(p, visits(0, 1)...)).Routes[0]
	if got.Departure != 40 || got.End != 60 || got.EndTravel != 0 {
		t.Errorf("leaves %d, ends %d, last leg %d; want 40, 60, 0", got.Departure, got.End, got.EndTravel)
	}
}

func TestPlanTakesBreaksOnTheWay(t *testing.T) {
	t.Parallel()
	p := newDay(t)
	shift := &p.Technicians[0].Shifts[0]
	shift.Breaks = []dispatch.Break{{Duration: 8, Windows: []dispatch.TimeWindow{{Start: 18, End: 20}}}}
	// a in [10, 15); the break opens 3 ticks into the leg to b: 3 driven, break [18, 26), 7 driven, b at 33 to 38, home 58.
	got := check.Plan(p, annDoes(p, visits(0, 1)...))
	r := got.Routes[0]
	want := []dispatch.Stop{
		{Kind: dispatch.StopVisit, Visit: 0, Break: -1, Depot: -1, Travel: 10, Distance: 10, Arrival: 10, Start: 10, End: 15},
		{Kind: dispatch.StopBreak, Visit: -1, Break: 0, Depot: -1, Travel: 3, Distance: 3, Arrival: 18, Start: 18, End: 26},
		{Kind: dispatch.StopVisit, Visit: 1, Break: -1, Depot: -1, Travel: 7, Distance: 7, Arrival: 33, Start: 33, End: 38},
	}
	if d := cmp.Diff(want, r.Stops); d != "" || !got.Feasible || r.End != 58 {
		t.Errorf("end %d, violations %v, stops (-want +got):\n%s", r.End, got.Violations, d)
	}
	// Placed before a by the plan: driving on until 18 brings her to a (at 10), where she waits, has the break in [18, 26)
	// and works in [26, 31). Leaving at 8 keeps that, and home is 31 + 10 + 5 + 20 = 66.
	r = check.Plan(p, annDoes(p, append([]dispatch.Stop{pause(0)}, visits(0, 1)...)...)).Routes[0]
	if r.Departure != 8 || r.End != 66 || r.Stops[0].Start != 18 || r.Stops[1].Travel != 0 {
		t.Errorf("leaves %d, home %d, stops %v; want 8, 66, the break at 18 after all of the way", r.Departure, r.End, r.Stops)
	}
}

func TestPlanChargesEntryOncePerBuilding(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		buildings [3]string
		places    [3]int32
		stops     []dispatch.Stop
		want      []dispatch.Tick // entry by visit stop
	}{
		{"each place is a building of its own", [3]string{}, [3]int32{1, 2, 3}, visits(0, 1, 2), []dispatch.Tick{2, 2, 2}},
		{"one place is entered once", [3]string{}, [3]int32{1, 1, 1}, visits(0, 1, 2), []dispatch.Tick{2, 0, 0}},
		{"places of one building share", [3]string{"x", "x", "y"}, [3]int32{1, 2, 2}, visits(0, 1, 2), []dispatch.Tick{2, 0, 2}},
		{"coming back pays again", [3]string{"x", "y", "x"}, [3]int32{1, 2, 1}, visits(0, 1, 2), []dispatch.Tick{2, 2, 2}},
		{
			"a depot in between pays again",
			[3]string{"x", "x", "x"},
			[3]int32{1, 1, 1},
			[]dispatch.Stop{visits(0)[0], depot(0), visits(1)[0], visits(2)[0]},
			[]dispatch.Tick{2, 2, 0},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newDay(t)
			p.Technicians[0].Depots = []dispatch.Depot{{Place: 0}}
			for i := range p.Visits {
				p.Visits[i].Entry, p.Visits[i].Building, p.Visits[i].Place = 2, tt.buildings[i], tt.places[i]
			}
			var got []dispatch.Tick
			for _, s := range check.Plan(p, annDoes(p, tt.stops...)).Routes[0].Stops {
				if s.Kind == dispatch.StopVisit {
					got = append(got, s.Entry)
					if s.End-s.Start != 5+s.Entry {
						t.Errorf("visit %d takes %d; want work 5 and entry %d", s.Visit, s.End-s.Start, s.Entry)
					}
				}
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("entry (-want +got):\n%s", d)
			}
		})
	}
}

func TestPlanUsesSpeedAndKind(t *testing.T) {
	t.Parallel()
	p := newDay(t)
	ann := &p.Technicians[0]
	ann.SpeedPercent, ann.Kind = 150, "senior"
	p.Visits[0].OnSiteBy = map[string]dispatch.Tick{"senior": 3}
	p.Visits[0].Entry, p.Visits[0].EntryBy = 4, map[string]dispatch.Tick{"senior": 1}
	// A leg of 10 takes (1000 + 75) / 150 = 7; entry 1 and work 3: home at 7 + 4 + 7 = 18.
	if got := check.Plan(p, annDoes(p, visits(0)...)).Routes[0]; got.End != 18 || got.Stops[0].Travel != 7 || got.Stops[0].Distance != 10 {
		t.Errorf("home at %d, stop %+v; want 18, travel 7, distance 10", got.End, got.Stops[0])
	}
}

func TestScheduleIsTheRouteOfThePlan(t *testing.T) {
	t.Parallel()
	p := newDay(t)
	p.Technicians[0].Rates = dispatch.Rates{Travel: 2, Duty: 1}
	route, violations := check.Schedule(p, 0, 0, visits(2, 0))
	if d := cmp.Diff(check.Plan(p, annDoes(p, visits(2, 0)...)).Routes[0], route); d != "" || len(violations) > 0 {
		t.Errorf("violations %v (-plan +schedule):\n%s", violations, d)
	}
	if _, violations := check.Schedule(p, 7, 0, nil); len(violations) != 1 || violations[0].Rule != check.RuleIndex {
		t.Errorf("unknown technician: %v", violations)
	}
}

func TestViolationsAreSentences(t *testing.T) {
	t.Parallel()
	p := newDay(t)
	p.Visits[1].Windows = []dispatch.TimeWindow{{Start: 0, End: 20}}
	got := check.Plan(p, annDoes(p, visits(0, 1)...))
	want := check.Violation{Rule: dispatch.ReasonWindowClosed, Stop: 1, Visit: 1, By: 6, Text: "Technician ann reaches visit b at 25, 6 too late for its last window."}
	if d := cmp.Diff([]check.Violation{want}, got.Violations); d != "" || got.Feasible {
		t.Errorf("feasible %v (-want +got):\n%s", got.Feasible, d)
	}
	for _, v := range got.Violations {
		if !strings.HasSuffix(v.Text, ".") {
			t.Errorf("%q is no sentence", v.Text)
		}
	}
}
