package check_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/check"
)

// linked is newDay with a link from visit a to visit b.
func linked(t *testing.T, l dispatch.Link) *dispatch.Problem {
	t.Helper()
	p := newDay(t)
	l.Second = 1
	p.Links = []dispatch.Link{l}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	return p
}

func crewOfTwo() dispatch.Link { return dispatch.Link{Both: true, Apart: true} }

func TestCrewStartsTogether(t *testing.T) {
	t.Parallel()
	p := linked(t, crewOfTwo())
	// Ann is at a, 10 from home, at 10; Bob is at b, 20 from home, at 20: both start at 20, and Ann goes on to c.
	got := check.Plan(p, complete(p, dispatch.Route{Stops: visits(0, 2)}, dispatch.Route{Technician: 1, Stops: visits(1)}))
	if !got.Feasible {
		t.Fatal(got.Violations)
	}
	a, b, c := got.Routes[0].Stops[0], got.Routes[1].Stops[0], got.Routes[0].Stops[1]
	if a.Arrival != 20 || a.Start != 20 || b.Start != 20 || c.Start != 45 || got.Routes[0].Departure != 10 {
		t.Errorf("a %+v, b %+v, c %+v, Ann leaves at %d", a, b, c, got.Routes[0].Departure)
	}
}

func TestCrewRules(t *testing.T) {
	t.Parallel()
	p := linked(t, crewOfTwo())
	for name, c := range map[string]struct {
		routes []dispatch.Route
		want   []dispatch.Reason
	}{
		"only the first":  {[]dispatch.Route{{Stops: visits(0)}}, reasons(dispatch.ReasonCrew)},
		"only the second": {[]dispatch.Route{{Stops: visits(1)}}, reasons(dispatch.ReasonCrew)},
		"neither":         {[]dispatch.Route{{Stops: visits(2)}}, nil},
		"one technician":  {[]dispatch.Route{{Stops: visits(0, 1)}}, reasons(dispatch.ReasonOutOfShift, dispatch.ReasonCrew, dispatch.ReasonCrew)},
	} {
		if d := cmp.Diff(c.want, rules(check.Plan(p, complete(p, c.routes...)))); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestCrewsThatWaitForOneAnother(t *testing.T) {
	t.Parallel()
	p := newDay(t)
	p.Visits = append(p.Visits, newVisit("d", 3))
	p.Links = []dispatch.Link{{First: 0, Second: 1, Both: true, Apart: true}, {First: 2, Second: 3, Both: true, Apart: true}}
	// Ann does a then c, Bob d then b: nobody can start.
	got := check.Plan(p, complete(p, dispatch.Route{Stops: visits(0, 2)}, dispatch.Route{Technician: 1, Stops: visits(3, 1)}))
	if got.Feasible {
		t.Error("a circle of crews passed")
	}
}

func TestLargestLatenessIsPaidOnce(t *testing.T) {
	t.Parallel()
	p := newDay(t)
	p.Policy.MaxLateness = 7
	for i := range p.Visits {
		p.Visits[i].Due = 15 // starts are 10, 25, 40
	}
	if got := check.Plan(p, annDoes(p, visits(0, 1, 2)...)); got.Cost[dispatch.TermMaxLateness] != 7*25 {
		t.Errorf("cost %v", got.Cost)
	}
}
