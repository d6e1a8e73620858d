package check_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/check"
)

func TestOrderRules(t *testing.T) {
	t.Parallel()
	after := dispatch.Link{MinGap: 30, MaxGap: dispatch.NoTick}
	soon := dispatch.Link{MinGap: 0, MaxGap: 15, Both: true}
	early := func(p *dispatch.Problem) { p.Visits[1].Windows = []dispatch.TimeWindow{{Start: 0, End: 39}} }
	for name, c := range map[string]struct {
		link   dispatch.Link
		change func(p *dispatch.Problem)
		routes []dispatch.Route
		want   []dispatch.Reason
		starts [2]dispatch.Tick // of a and b, where the plan is feasible
	}{
		"the second waits":               {link: after, routes: []dispatch.Route{{Stops: visits(0)}, {Technician: 1, Stops: visits(1)}}, starts: [2]dispatch.Tick{10, 40}},
		"on one route too":               {link: after, routes: []dispatch.Route{{Stops: visits(0, 1)}}, starts: [2]dispatch.Tick{10, 40}},
		"the first alone":                {link: after, routes: []dispatch.Route{{Stops: visits(0)}}, starts: [2]dispatch.Tick{10}},
		"the second alone":               {link: after, routes: []dispatch.Route{{Stops: visits(1)}}, want: reasons(dispatch.ReasonOrder)},
		"the window closes":              {link: after, change: early, routes: []dispatch.Route{{Stops: visits(0)}, {Technician: 1, Stops: visits(1)}}, want: reasons(dispatch.ReasonWindowClosed)},
		"the first waits for the second": {link: soon, routes: []dispatch.Route{{Stops: visits(0)}, {Technician: 1, Stops: visits(2, 1)}}, starts: [2]dispatch.Tick{30, 45}},
		"the wrong way round":            {link: after, routes: []dispatch.Route{{Stops: visits(1, 0)}}, want: reasons(dispatch.ReasonOutOfShift)},
	} {
		p := linked(t, c.link)
		if c.change != nil {
			c.change(p)
		}
		got := check.Plan(p, complete(p, c.routes...))
		if c.want == nil {
			var starts [2]dispatch.Tick
			for _, r := range got.Routes {
				for _, s := range r.Stops {
					if s.Visit < 2 {
						starts[s.Visit] = s.Start
					}
				}
			}
			if !got.Feasible || starts != c.starts {
				t.Errorf("%s: %v, starts %v", name, got.Violations, starts)
			}
			continue
		}
		if len(got.Violations) == 0 || !cmp.Equal(c.want, rules(got)[:1]) {
			t.Errorf("%s: %v, want %v", name, got.Violations, c.want)
		}
	}
}

// TestLinkedRoutesStartAtTheirEarliest holds the rule that a route with a linked visit does not put work off to save paid
// duty, while other routes do.
func TestLinkedRoutesStartAtTheirEarliest(t *testing.T) {
	t.Parallel()
	p := linked(t, dispatch.Link{MaxGap: dispatch.NoTick})
	for i := range p.Technicians {
		p.Technicians[i].Rates.Duty = 1
	}
	p.Visits[2].Windows = []dispatch.TimeWindow{{Start: 100, End: 200}}
	first := func(stops ...int32) dispatch.Tick {
		return check.Plan(p, complete(p, dispatch.Route{Stops: visits(stops...)})).Routes[0].Stops[0].Start
	}
	if got := first(0, 2); got != 10 {
		t.Errorf("the linked visit starts at %d, want 10", got)
	}
	p.Links = nil
	if got := first(0, 2); got != 75 {
		t.Errorf("without the link it starts at %d, want 75", got)
	}
}
