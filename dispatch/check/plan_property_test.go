package check_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/geo"
)

// oneRoute is a small problem of one technician who serves all visits in order: everything about time that a route can
// have, small enough to walk through tick by tick.
func oneRoute(t *rapid.T) *dispatch.Problem {
	n := rapid.IntRange(1, 4).Draw(t, "visits")
	values := rapid.SliceOfN(rapid.Int32Range(0, 9), (n+1)*(n+1), (n+1)*(n+1)).Draw(t, "travel")
	m, err := geo.NewDense(n+1, values)
	if err != nil {
		t.Fatal(err)
	}
	place := rapid.SampledFrom([]int32{0, dispatch.NoPlace})
	shift := dispatch.Shift{Start: 5, End: 200, StartPlace: place.Draw(t, "start"), EndPlace: place.Draw(t, "end"), LatestDeparture: dispatch.NoTick}
	if rapid.Bool().Draw(t, "limited departure") {
		shift.LatestDeparture = dispatch.Tick(rapid.Int32Range(5, 30).Draw(t, "latest departure"))
	}
	for range rapid.IntRange(0, 3).Draw(t, "breaks") {
		shift.Breaks = append(shift.Breaks, dispatch.Break{Windows: someWindows(t), Duration: dispatch.Tick(rapid.Int32Range(0, 6).Draw(t, "break"))})
	}
	p := &dispatch.Problem{
		Places: make([]dispatch.Place, n+1), Travel: []dispatch.Travel{{Time: m}},
		Technicians: []dispatch.Technician{{ID: "ann", Rates: dispatch.Rates{Duty: 1}, Shifts: []dispatch.Shift{shift}}},
	}
	for i := range n {
		v := newVisit(dispatch.VisitID(rune('a'+i)), int32(i+1))
		v.OnSite, v.Windows = dispatch.Tick(rapid.Int32Range(0, 6).Draw(t, "work")), someWindows(t)
		p.Visits = append(p.Visits, v)
	}
	return p
}

// someWindows draws up to two windows that lie apart.
func someWindows(t *rapid.T) []dispatch.TimeWindow {
	var out []dispatch.TimeWindow
	at := dispatch.Tick(0)
	for range rapid.IntRange(0, 2).Draw(t, "windows") {
		start := at + dispatch.Tick(rapid.Int32Range(0, 25).Draw(t, "gap"))
		at = start + dispatch.Tick(rapid.Int32Range(1, 25).Draw(t, "length"))
		out = append(out, dispatch.TimeWindow{Start: start, End: at})
	}
	return out
}

func open(windows []dispatch.TimeWindow, t dispatch.Tick) bool {
	return len(windows) == 0 || slices.ContainsFunc(windows, func(w dispatch.TimeWindow) bool { return w.Contains(t) })
}

const tooLate = dispatch.Tick(400)

// walk lives through the route tick by tick: it leaves at an instant and takes each break on its leg as soon as it may.
// It returns the start of each visit and the end, tooLate when something never opens.
func walk(p *dispatch.Problem, leave dispatch.Tick, legs []int) (starts []dispatch.Tick, end dispatch.Tick) {
	shift := p.Technicians[0].Shifts[0]
	now, at, b := leave, shift.StartPlace, 0
	for k := 0; k <= len(p.Visits); k++ {
		to := shift.EndPlace
		if k < len(p.Visits) {
			to = p.Visits[k].Place
		}
		rest := int32(0)
		if at != dispatch.NoPlace && to != dispatch.NoPlace {
			rest = p.Travel[0].Time.At(at, to)
		}
		for rest > 0 || (b < len(legs) && legs[b] == k) {
			if b < len(legs) && legs[b] == k && open(shift.Breaks[b].Windows, now) {
				now += shift.Breaks[b].Duration
				b++
				continue
			}
			now++
			rest = max(0, rest-1)
			if now > tooLate {
				return nil, tooLate
			}
		}
		if k == len(p.Visits) {
			return starts, now
		}
		for !open(p.Visits[k].Windows, now) {
			if now++; now > tooLate {
				return nil, tooLate
			}
		}
		starts = append(starts, now)
		now += p.Visits[k].OnSite
		at = to
	}
	return starts, now
}

// placements lists all ways to put m breaks on legs 0..n in order, the soonest first.
func placements(m, n int) [][]int {
	out := [][]int{nil}
	for range m {
		var next [][]int
		for _, legs := range out {
			from := 0
			if len(legs) > 0 {
				from = legs[len(legs)-1]
			}
			for k := from; k <= n; k++ {
				next = append(next, append(slices.Clone(legs), k))
			}
		}
		out = next
	}
	return out
}

// TestScheduleIsTheBestOfAllPlacements compares the passes over states with trying everything.
func TestScheduleIsTheBestOfAllPlacements(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := oneRoute(t)
		shift := p.Technicians[0].Shifts[0]
		all := placements(len(shift.Breaks), len(p.Visits))
		best := func(leave dispatch.Tick) (dispatch.Tick, []int) {
			end, legs := tooLate, []int(nil)
			for _, try := range all {
				if _, got := walk(p, leave, try); got < end {
					end, legs = got, try
				}
			}
			return end, legs
		}
		end, _ := best(shift.Start)
		order := make([]int32, len(p.Visits))
		for i := range order {
			order[i] = int32(i)
		}
		got, violations := check.Schedule(p, 0, 0, visits(order...))
		if end == tooLate {
			if len(violations) == 0 {
				t.Fatalf("feasible: %+v; no placement of breaks is", got)
			}
			return
		}
		if len(violations) > 0 && violations[0].Rule != dispatch.ReasonOutOfShift {
			t.Fatalf("violations %v; all windows can be kept with end %d", violations, end)
		}
		limit := shift.End
		if shift.LatestDeparture != dispatch.NoTick {
			limit = shift.LatestDeparture
		}
		leave := shift.Start
		for d := shift.Start; d <= limit; d++ {
			if e, _ := best(d); e == end {
				leave = d
			}
		}
		_, legs := best(leave)
		starts, _ := walk(p, leave, legs)
		var gotStarts []dispatch.Tick
		var gotLegs []int
		for _, s := range got.Stops {
			if s.Kind == dispatch.StopVisit {
				gotStarts = append(gotStarts, s.Start)
			} else {
				gotLegs = append(gotLegs, len(gotStarts))
			}
		}
		if got.End != end || got.Departure != leave || !slices.Equal(starts, gotStarts) || !slices.Equal(legs, gotLegs) {
			t.Fatalf("got [%d, %d], starts %v, breaks on legs %v; trying all gives [%d, %d], %v, %v",
				got.Departure, got.End, gotStarts, gotLegs, leave, end, starts, legs)
		}
	})
}

// TestScheduleKeepsStatedBreaks feeds the computed stops back: breaks where they are must give the same times, and a route
// that states them passes.
func TestScheduleKeepsStatedBreaks(t *testing.T) {
	t.Parallel()
	for name, draw := range map[string]func(t *rapid.T) *dispatch.Problem{"paid": oneRoute, "limited": limitedRoute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) { keepsStatedBreaks(t, draw(t)) })
		})
	}
}

func keepsStatedBreaks(t *rapid.T, p *dispatch.Problem) {
	first, violations := check.Schedule(p, 0, 0, inOrder(p))
	again, repeated := check.Schedule(p, 0, 0, first.Stops)
	if len(violations) != len(repeated) {
		t.Fatalf("violations %v, then %v", violations, repeated)
	}
	if d := cmp.Diff(first, again); d != "" {
		t.Fatalf("(-first +again):\n%s", d)
	}
	for _, v := range check.Plan(p, &dispatch.Plan{Routes: []dispatch.Route{first}, Cost: first.Cost}).Violations {
		if v.Rule == check.RuleStatedTime || v.Rule == check.RuleStatedCost {
			t.Fatalf("stated times are refused: %s", v.Text)
		}
	}
}

// shifted moves every instant of a problem by d.
func shifted(p *dispatch.Problem, d dispatch.Tick) *dispatch.Problem {
	windows := func(in []dispatch.TimeWindow) (out []dispatch.TimeWindow) {
		for _, w := range in {
			out = append(out, dispatch.TimeWindow{Start: w.Start + d, End: w.End + d})
		}
		return out
	}
	q := *p
	q.Technicians = slices.Clone(p.Technicians)
	for i := range q.Technicians {
		who := &q.Technicians[i]
		who.Shifts, who.Depots = slices.Clone(who.Shifts), slices.Clone(who.Depots)
		for k := range who.Depots {
			who.Depots[k].Windows = windows(who.Depots[k].Windows)
		}
		for k := range who.Shifts {
			s := &who.Shifts[k]
			s.Start, s.End = s.Start+d, s.End+d
			if s.LatestDeparture != dispatch.NoTick {
				s.LatestDeparture += d
			}
			s.Breaks = slices.Clone(s.Breaks)
			for b := range s.Breaks {
				s.Breaks[b].Windows = windows(s.Breaks[b].Windows)
			}
		}
	}
	q.Visits = slices.Clone(p.Visits)
	for i := range q.Visits {
		v := &q.Visits[i]
		v.Windows = windows(v.Windows)
		if v.Due != dispatch.NoTick {
			v.Due += d
		}
		if v.Pin != nil && v.Pin.Start != dispatch.NoTick {
			pin := *v.Pin
			pin.Start += d
			v.Pin = &pin
		}
	}
	return &q
}

func TestPlanDoesNotDependOnTheTimeOrigin(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := someProblem(t)
		plan := somePlan(t, p, false)
		d := dispatch.Tick(rapid.Int32Range(-1000, 1000).Draw(t, "shift"))
		a, b := check.Plan(p, plan), check.Plan(shifted(p, d), plan)
		if a.Cost != b.Cost || !slices.Equal(rules(a), rules(b)) {
			t.Fatalf("cost %v, rules %v; %d later: %v, %v", a.Cost, rules(a), d, b.Cost, rules(b))
		}
		for i := range a.Routes {
			if len(a.Routes[i].Stops) > 0 && (a.Routes[i].Departure+d != b.Routes[i].Departure || a.Routes[i].End+d != b.Routes[i].End) {
				t.Fatalf("route %d is not %d later", i, d)
			}
		}
	})
}

// TestPlanTighteningNeverHelps: closing a window or ending a shift sooner never removes all violations.
func TestPlanTighteningNeverHelps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := oneRoute(t)
		order := make([]int32, len(p.Visits))
		for i := range order {
			order[i] = int32(i)
		}
		loose := check.Plan(p, annDoes(p, visits(order...)...))
		v := rapid.IntRange(0, len(p.Visits)-1).Draw(t, "tightened")
		p.Visits = slices.Clone(p.Visits)
		if w := p.Visits[v].Windows; len(w) > 0 {
			p.Visits[v].Windows = w[:1]
		} else {
			p.Visits[v].Windows = []dispatch.TimeWindow{{Start: 10, End: 40}}
		}
		tight := check.Plan(p, annDoes(p, visits(order...)...))
		if tight.Feasible && (!loose.Feasible || loose.Routes[0].End > tight.Routes[0].End) {
			t.Fatalf("loose: %v, end %d; tight: feasible, end %d", loose.Violations, loose.Routes[0].End, tight.Routes[0].End)
		}
	})
}

// TestPlanIsIndependentOfRouteOrder: routes in another order give the same cost and the same faults. Where a visit is served
// twice, which of the two counts for pairs and ranks is a matter of order; then only the judgement as a whole is the same.
func TestPlanIsIndependentOfRouteOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := someProblem(t)
		plan := somePlan(t, p, false)
		other := *plan
		other.Routes = slices.Clone(plan.Routes)
		slices.Reverse(other.Routes)
		a, b := check.Plan(p, plan), check.Plan(p, &other)
		ra, rb := rules(a), rules(b)
		slices.Sort(ra)
		slices.Sort(rb)
		twice := slices.Contains(ra, check.RuleServedTwice) || slices.Contains(ra, check.RuleShiftTwice)
		if a.Cost != b.Cost || a.Feasible != b.Feasible || (!twice && !slices.Equal(ra, rb)) {
			t.Fatalf("cost %v, rules %v; reversed: %v, %v", a.Cost, ra, b.Cost, rb)
		}
	})
}

// someProblem draws a valid problem in which every rule occurs.
func someProblem(t *rapid.T) *dispatch.Problem {
	const places = 4
	small := rapid.Int32Range(0, 12)
	values := rapid.SliceOfN(rapid.Int32Range(0, 20), places*places, places*places).Draw(t, "travel")
	if rapid.IntRange(0, 5).Draw(t, "gap") == 0 {
		values[1] = dispatch.Unreachable
	}
	m, err := geo.NewDense(places, values)
	if err != nil {
		t.Fatal(err)
	}
	p := &dispatch.Problem{Places: make([]dispatch.Place, places), Travel: []dispatch.Travel{{Time: m, Distance: m}}, Dimensions: []string{"valves"}}
	p.Policy = dispatch.Policy{
		SkillSurplus: 2, NotPreferred: 3, Fairness: 5, Unserved: dispatch.UnservedPolicy{Lexicographic: rapid.Bool().Draw(t, "lexicographic"), PerVisit: 9},
		Tiers: []dispatch.LatenessTier{{Steps: []dispatch.LatenessStep{{PerTick: 3}}}},
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "technicians") {
		who := dispatch.Technician{
			ID: dispatch.TechnicianID(rune('A' + i)), Kind: "k", Capacity: []int32{small.Draw(t, "room")},
			SpeedPercent: rapid.SampledFrom([]int32{0, 50, 100, 130}).Draw(t, "speed"), MaxVisits: small.Draw(t, "most"), History: 3,
			Skills: []dispatch.SkillLevel{{Skill: "gas", Level: small.Draw(t, "level")}}, Rates: dispatch.Rates{Fixed: 1, Travel: 2, Distance: 3, Duty: 4, OnSite: 5, Overtime: 6},
			Depots: []dispatch.Depot{{Place: 1, Duration: 2, Windows: someWindows(t), AllTools: true, Unlimited: rapid.Bool().Draw(t, "unlimited")}},
		}
		for s := range rapid.IntRange(0, 2).Draw(t, "shifts") {
			shift := dispatch.Shift{Start: dispatch.Tick(100 * s), End: dispatch.Tick(100*s + 80), LatestDeparture: dispatch.NoTick, Overtime: 10}
			if rapid.Bool().Draw(t, "break") {
				shift.Breaks = []dispatch.Break{{ID: "lunch", Windows: someWindows(t), Duration: 5}}
			}
			who.Shifts = append(who.Shifts, shift)
		}
		p.Technicians = append(p.Technicians, who)
	}
	for i := range rapid.IntRange(0, 6).Draw(t, "visits") {
		v := newVisit(dispatch.VisitID(rune('a'+i)), rapid.Int32Range(0, places-1).Draw(t, "place"))
		v.Windows, v.Entry, v.Due = someWindows(t), dispatch.Tick(small.Draw(t, "entry")), dispatch.Tick(small.Draw(t, "due"))
		v.Deliver, v.Collect = []int32{small.Draw(t, "deliver")}, []int32{small.Draw(t, "collect")}
		v.Skills, v.Tools = []dispatch.SkillLevel{{Skill: "gas", Level: small.Draw(t, "need")}}, []string{"ladder"}
		if rapid.Bool().Draw(t, "pinned") {
			v.Pin = &dispatch.Pin{Technician: "A", Start: dispatch.NoTick, Rank: small.Draw(t, "rank"), Adjacent: true}
		}
		p.Visits = append(p.Visits, v)
	}
	if len(p.Visits) >= 2 {
		p.Pairs = []dispatch.Pair{{First: 0, Second: 1, Amount: []int32{2}}}
	}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	return p
}

// somePlan draws a plan: with wild set, of nonsense too.
func somePlan(t *rapid.T, p *dispatch.Problem, wild bool) *dispatch.Plan {
	reach := int32(0)
	if wild {
		reach = 2
	}
	index := func(n int, name string) int32 {
		return rapid.Int32Range(-reach, max(int32(n)-1+reach, -reach)).Draw(t, name)
	}
	kinds := []dispatch.StopKind{dispatch.StopVisit, dispatch.StopVisit, dispatch.StopDepot}
	if wild {
		kinds = append(kinds, dispatch.StopBreak, "", "party")
	}
	plan := &dispatch.Plan{}
	for range rapid.IntRange(0, 3).Draw(t, "routes") {
		r := dispatch.Route{Technician: index(len(p.Technicians), "technician"), Shift: index(2, "shift")}
		for range rapid.IntRange(0, 5).Draw(t, "stops") {
			s := dispatch.Stop{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Visit: index(len(p.Visits), "visit"), Break: index(2, "break stop"), Depot: index(1, "depot")}
			if wild {
				s.Start, s.End = dispatch.Tick(rapid.Int32().Draw(t, "start")), dispatch.Tick(rapid.Int32().Draw(t, "end"))
			}
			r.Stops = append(r.Stops, s)
		}
		if wild {
			r.Cost[dispatch.TermDuty] = rapid.Int64().Draw(t, "cost")
		}
		plan.Routes = append(plan.Routes, r)
	}
	for range rapid.IntRange(0, 3).Draw(t, "unassigned") {
		plan.Unassigned = append(plan.Unassigned, dispatch.Unassigned{Visit: index(len(p.Visits), "left out")})
	}
	return plan
}

func TestPlanNeverPanics(t *testing.T) {
	t.Parallel()
	rapid.Check(t, neverPanics)
}

// FuzzPlan lets the fuzzer steer the same draw.
func FuzzPlan(f *testing.F) { f.Fuzz(rapid.MakeFuzz(neverPanics)) }

func neverPanics(t *rapid.T) {
	p := someProblem(t)
	p.Origin = time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)
	plan := somePlan(t, p, true)
	before := clonePlan(plan)
	got := check.Plan(p, plan)
	if got.Feasible != (len(got.Violations) == 0) || len(got.Routes) != len(plan.Routes) {
		t.Fatalf("report does not fit: %+v", got)
	}
	if !reflect.DeepEqual(before, plan) {
		t.Fatal("the plan was changed")
	}
	for _, v := range got.Violations {
		if v.Text == "" || v.Rule == "" {
			t.Fatalf("violation without rule or text: %+v", v)
		}
	}
}

func clonePlan(plan *dispatch.Plan) *dispatch.Plan {
	out := *plan
	out.Routes = slices.Clone(plan.Routes)
	for i := range out.Routes {
		out.Routes[i].Stops = slices.Clone(out.Routes[i].Stops)
	}
	return &out
}
