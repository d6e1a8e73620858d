package replan

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/check"
)

// randomChange is something that can happen to a plan.
func randomChange(t *rapid.T, p *dispatch.Problem, plan *dispatch.Plan, serial int) Change {
	c := Change{Now: dispatch.Tick(rapid.Int32Range(-500, 19_000).Draw(t, "now"))}
	for k := range rapid.IntRange(0, 2).Draw(t, "arrivals") {
		c.Arrived = append(c.Arrived, randomVisit(t, len(p.Places), 1000*(serial+1)+k))
	}
	gone := rapid.IntRange(-4, len(p.Technicians)-1).Draw(t, "sick")
	if gone >= 0 {
		until := c.Now + 1 + dispatch.Tick(rapid.Int32Range(0, 20_000).Draw(t, "until"))
		c.Absences = []Absence{{p.Technicians[gone].ID, until}}
	}
	for i := range plan.Routes {
		r := &plan.Routes[i]
		done := startedStops(r, c.Now, int(r.Technician) == gone)
		for k := range r.Stops {
			s := &r.Stops[k]
			switch {
			case s.Kind != dispatch.StopVisit:
			case k >= done && rapid.IntRange(0, 5).Draw(t, "cancel") == 0:
				c.Canceled = append(c.Canceled, p.Visits[s.Visit].ID)
			case k == done-1 && s.Start <= c.Now && s.End >= c.Now && s.Start+s.Entry <= c.Now && rapid.Bool().Draw(t, "overrun"):
				end := c.Now + dispatch.Tick(rapid.Int32Range(0, 4000).Draw(t, "longer"))
				c.Overruns = append(c.Overruns, Overrun{p.Visits[s.Visit].ID, end})
			}
		}
	}
	return c
}

// TestAroundKeepsWhatItMust lets random things happen to random plans, one after the other.
func TestAroundKeepsWhatItMust(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, plan := randomDay(t)
		var wished map[dispatch.VisitID][]dispatch.TimeWindow
		now := dispatch.NoTick
		for serial := range rapid.IntRange(1, 3).Draw(t, "changes") {
			c := randomChange(t, p, plan, serial)
			if c.Now < now { // time only goes on
				break
			}
			now = c.Now
			o := Options{
				MaxMoved:   rapid.SampledFrom([]int{0, 1, 2, -1}).Draw(t, "most moved"),
				Tolerance:  rapid.SampledFrom([]dispatch.Tick{0, 300, 2000}).Draw(t, "tolerance"),
				Iterations: 60, Seed: 7, Wished: wished, Technicians: rapid.SampledFrom([]int{0, 1, 2}).Draw(t, "technicians"),
			}
			got, err := Around(t.Context(), p, plan, c, o)
			if err != nil {
				t.Fatal(err)
			}
			verifyResult(t, p, plan, &c, &o, got)
			again, err := Around(t.Context(), p, plan, c, o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, again, cmpopts.IgnoreUnexported(Result{}), cmp.Comparer(func(a, b *dispatch.Problem) bool { return true })); diff != "" {
				t.Fatalf("the same input gives another answer (-first +second):\n%s", diff)
			}
			p, plan, wished = got.Problem, got.Plan, got.Wished
		}
	})
}

// stopOf finds where a plan serves a visit.
func stopOf(p *dispatch.Problem, plan *dispatch.Plan, id dispatch.VisitID) (dispatch.TechnicianID, *dispatch.Stop) {
	for i := range plan.Routes {
		for k := range plan.Routes[i].Stops {
			if s := &plan.Routes[i].Stops[k]; s.Kind == dispatch.StopVisit && p.Visits[s.Visit].ID == id {
				return p.Technicians[plan.Routes[i].Technician].ID, s
			}
		}
	}
	return "", nil
}

// verifyResult judges an answer by what the plans before and after say.
func verifyResult(t *rapid.T, p *dispatch.Problem, plan *dispatch.Plan, c *Change, o *Options, got *Result) {
	if report := check.Plan(got.Problem, got.Plan); !report.Feasible || report.Cost != got.Plan.Cost {
		t.Fatalf("checker: %+v, cost %v, plan says %v", report.Violations, report.Cost, got.Plan.Cost)
	}
	gone := map[dispatch.VisitID]bool{}
	for _, id := range c.Canceled {
		gone[id] = true
	}
	moved := 0
	for v := range p.Visits {
		id := p.Visits[v].ID
		before, was := stopOf(p, plan, id)
		after, is := stopOf(got.Problem, got.Plan, id)
		switch {
		case gone[id]:
			if is != nil {
				t.Fatalf("visit %s was canceled and is served", id)
			}
		case was == nil:
			if is != nil && is.Start < c.Now {
				t.Fatalf("visit %s is planned at %d, before now, %d", id, is.Start, c.Now)
			}
		case was.Start <= c.Now && was.Arrival < c.Now:
			if is == nil || after != before || is.Start != was.Start {
				t.Fatalf("visit %s had started with %s at %d, and is with %q, %+v", id, before, was.Start, after, is)
			}
		case is == nil || after != before || max(is.Start-was.Start, was.Start-is.Start) > o.Tolerance:
			moved++
		case is.Start < c.Now:
			t.Fatalf("visit %s is planned at %d, before now, %d", id, is.Start, c.Now)
		}
	}
	if moved != len(got.Moves) {
		t.Fatalf("%d promises moved, the answer lists %+v", moved, got.Moves)
	}
	if extra := moved - got.Forced; o.MaxMoved >= 0 && extra > o.MaxMoved {
		t.Fatalf("%d promises moved beside %d forced, want %d at most", extra, got.Forced, o.MaxMoved)
	}
	verifyCurve(t, got)
}

// verifyCurve wants each point to move more and to cost less than the one before, and to be what Choose makes of it.
func verifyCurve(t *rapid.T, got *Result) {
	for k := range got.Curve {
		point := &got.Curve[k]
		if k > 0 && (point.Moved <= got.Curve[k-1].Moved || point.Cost >= got.Curve[k-1].Cost) {
			t.Fatalf("curve %+v is not monotone at %d", got.Curve, k)
		}
		out, err := got.Choose(k)
		if err != nil {
			t.Fatal(err)
		}
		cost := out.Plan.Cost
		cost[dispatch.TermFairness] = 0
		if len(out.Moves) > point.Moved || cost.Total() != point.Cost || len(out.Plan.Unassigned) != point.Unassigned {
			t.Fatalf("point %+v, but its plan moves %d, costs %d and leaves out %d", point, len(out.Moves), cost.Total(), len(out.Plan.Unassigned))
		}
		if k == got.Chosen && fmt.Sprint(out.Plan.Routes) != fmt.Sprint(got.Plan.Routes) {
			t.Fatalf("the chosen point is another plan")
		}
	}
}
