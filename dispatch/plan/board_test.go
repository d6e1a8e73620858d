package plan_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/dispatch/plan"
	"fettle/geo"
)

// line is a street of places 100 ticks apart, place i at i*100, with technicians who start and end at the given places.
// They work from 0 to 10,000 at one unit of cost a tick of travel; leaving a visit out costs 5,000.
func line(t *testing.T, homes ...int32) *dispatch.Problem {
	t.Helper()
	const places = 21
	x := make([]float64, places)
	p := &dispatch.Problem{Policy: dispatch.Policy{Unserved: dispatch.UnservedPolicy{PerVisit: 5_000}}, Places: make([]dispatch.Place, places)}
	for i := range x {
		x[i] = float64(100 * i)
	}
	m, err := geo.NewPlanar(x, make([]float64, places), 1, geo.RoundNearest)
	if err != nil {
		t.Fatal(err)
	}
	p.Travel = []dispatch.Travel{{Time: m}}
	for i, h := range homes {
		p.Technicians = append(p.Technicians, dispatch.Technician{
			ID: dispatch.TechnicianID(fmt.Sprint("t", i)), Rates: dispatch.Rates{Travel: 1},
			Shifts: []dispatch.Shift{{End: 10_000, LatestDeparture: dispatch.NoTick, StartPlace: h, EndPlace: h}},
		})
	}
	return p
}

func newBoard(t *testing.T, p *dispatch.Problem) *plan.Board {
	t.Helper()
	b, err := plan.NewBoard(p, nil, plan.BoardOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func visitAt(id dispatch.VisitID, place int32) dispatch.Visit {
	return dispatch.Visit{ID: id, Place: place, OnSite: 10, Due: dispatch.NoTick}
}

func insert(t *testing.T, b *plan.Board, v dispatch.Visit) (int32, plan.Offer, *dispatch.Unassigned) {
	t.Helper()
	i, err := b.Add(v)
	if err != nil {
		t.Fatal(err)
	}
	o, u, err := b.Insert(i)
	if err != nil {
		t.Fatal(err)
	}
	return i, o, u
}

func TestInsertTakesTheCheapestRoute(t *testing.T) {
	t.Parallel()
	b := newBoard(t, line(t, 0, 10))
	// From 10 to 8 and back: 400. From 0: 1,600.
	_, o, _ := insert(t, b, visitAt("a", 8))
	if o.Technician != 1 || o.Difference != 400 {
		t.Fatalf("offer %+v, want technician 1 for 400", o)
	}
	// On the way of technician 1, who passes 9: nothing.
	_, o, _ = insert(t, b, visitAt("b", 9))
	if o.Technician != 1 || o.Difference != 0 {
		t.Fatalf("offer %+v, want technician 1 for 0", o)
	}
	// Technician 0 goes to 5 for 1,000; technician 1 goes on from 8 for 600.
	_, o, _ = insert(t, b, visitAt("c", 5))
	if o.Technician != 1 || o.Difference != 600 {
		t.Fatalf("offer %+v, want technician 1 for 600", o)
	}
}

func TestUnassignedSaysWhy(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(p *dispatch.Problem, v *dispatch.Visit)
		reason dispatch.Reason
		short  int64
	}{
		"skill that nobody has": {func(_ *dispatch.Problem, v *dispatch.Visit) {
			v.Skills = []dispatch.SkillLevel{{Skill: "gas", Level: 2}}
		}, dispatch.ReasonSkillMissing, 2},
		"window that closes on the way":  {func(_ *dispatch.Problem, v *dispatch.Visit) { v.Windows = []dispatch.TimeWindow{{Start: 0, End: 451}} }, dispatch.ReasonWindowClosed, 50}, // 500 - 450
		"work that outlasts the shift":   {func(_ *dispatch.Problem, v *dispatch.Visit) { v.OnSite = 9_500 }, dispatch.ReasonOutOfShift, 500},                                         // 500 + 9,500 + 500 - 10,000
		"leaving it out that is cheaper": {func(_ *dispatch.Problem, v *dispatch.Visit) { v.Unserved = 400 }, dispatch.ReasonTooCostly, 600},                                          // 2 x 500 - 400
		"technician who is excluded":     {func(_ *dispatch.Problem, v *dispatch.Visit) { v.Excluded = []dispatch.TechnicianID{"t0"} }, dispatch.ReasonExcluded, 0},
		"shift of no technician at all":  {func(p *dispatch.Problem, _ *dispatch.Visit) { p.Technicians = nil }, dispatch.ReasonNoTechnician, 0},
		"tool that nobody carries":       {func(_ *dispatch.Problem, v *dispatch.Visit) { v.Tools = []string{"crane"} }, dispatch.ReasonToolMissing, 1},
		"tool that only a colleague has": {func(p *dispatch.Problem, v *dispatch.Visit) {
			v.Tools = []string{"saw"}
			p.Technicians[0].Tools = []string{"drill"}
		}, dispatch.ReasonToolMissing, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, v := line(t, 0), visitAt("v", 5)
			test.change(p, &v)
			_, _, u := insert(t, newBoard(t, p), v)
			if u == nil || u.Reason != test.reason || u.Short != test.short || u.Detail == "" {
				t.Fatalf("unassigned %+v, want %s short of %d", u, test.reason, test.short)
			}
		})
	}
}

func TestToolsAndNamesOfLaterVisitsCount(t *testing.T) {
	t.Parallel()
	p := line(t, 0, 10, 20)
	p.Technicians[2].Tools = []string{"saw"}
	p.Policy.NotPreferred = 300
	b := newBoard(t, p)
	v := visitAt("tool", 1)
	v.Tools = []string{"saw"}
	if _, o, _ := insert(t, b, v); o.Technician != 2 {
		t.Fatalf("offer %+v, want technician 2, who has the saw", o)
	}
	v = visitAt("pinned", 2)
	v.Pin = &dispatch.Pin{Technician: "t1", Start: dispatch.NoTick}
	if _, o, _ := insert(t, b, v); o.Technician != 1 {
		t.Fatalf("offer %+v, want technician 1, to whom the visit is pinned", o)
	}
	v = visitAt("preferred", 0)
	v.Preferred = []dispatch.TechnicianID{"t1"}
	// Technician 0 is there already, for 300 as not preferred; technician 1, who comes to 2, goes 400 further.
	if _, o, _ := insert(t, b, v); o.Technician != 0 || o.Terms[dispatch.TermPreference] != 300 || o.Difference != 300 {
		t.Fatalf("offer %+v, want technician 0 for 300", o)
	}
}

func TestStaleOfferIsRefused(t *testing.T) {
	t.Parallel()
	b := newBoard(t, line(t, 0))
	v, err := b.Add(visitAt("a", 5))
	if err != nil {
		t.Fatal(err)
	}
	offers, err := b.Offer(v)
	if err != nil {
		t.Fatal(err)
	}
	o := offers[0]
	insert(t, b, visitAt("b", 6))
	if err := b.Place(v, o); !errors.Is(err, plan.ErrStaleOffer) {
		t.Fatalf("error %v, want ErrStaleOffer", err)
	}
}

func TestFreezeStartsTheRouteAnew(t *testing.T) {
	t.Parallel()
	b := newBoard(t, line(t, 0))
	early := visitAt("a", 5)
	early.Windows = []dispatch.TimeWindow{{End: 600}}
	first, _, _ := insert(t, b, early)
	second, _, _ := insert(t, b, visitAt("b", 10))
	displaced, err := b.Freeze(0, 0, 1, 700)
	if err != nil || len(displaced) > 0 {
		t.Fatalf("displaced %v, error %v", displaced, err)
	}
	if got := b.Started(0, 0); !slices.Equal(got, []int32{first}) {
		t.Fatalf("started %v, want %d", got, first)
	}
	route, _ := b.Route(0, 0)
	// Free at place 5 at 700, 500 to place 10.
	if got := route.Visits(); !slices.Equal(got, []int32{second}) || route.Stops[0].Arrival != 1200 {
		t.Fatalf("route %+v, want only %d at 1200", route, second)
	}
	if err := b.Unplace(first); err == nil {
		t.Fatal("a started visit left its route")
	}
	// Place 3 lies behind: only the way back passes it, so it comes last and costs nothing.
	_, o, _ := insert(t, b, visitAt("c", 3))
	if o.Position != 1 || o.Difference != 0 {
		t.Fatalf("offer %+v, want position 1 for 0", o)
	}
	// At 9,000 the shift has 1,000 left: place 10 is 500 away and 1,000 from home.
	displaced, err = b.Freeze(0, 0, 0, 9_000)
	if err != nil || !slices.Equal(displaced, []int32{second}) {
		t.Fatalf("displaced %v, error %v, want %d", displaced, err, second)
	}
}

func TestIndexOfRemovedVisitIsReused(t *testing.T) {
	t.Parallel()
	b := newBoard(t, line(t, 0))
	a, _, _ := insert(t, b, visitAt("a", 5))
	if err := b.Remove(a); err != nil {
		t.Fatal(err)
	}
	if cost := b.Cost().Total(); cost != 0 || b.Len() != 0 {
		t.Fatalf("cost %d with %d visits, want an empty board", cost, b.Len())
	}
	again, err := b.Add(visitAt("a", 6))
	if err != nil || again != a {
		t.Fatalf("index %d, error %v, want %d again", again, err, a)
	}
	if _, err := b.Add(visitAt("a", 7)); err == nil {
		t.Fatal("two visits have one id")
	}
	if _, err := b.AddAt(visitAt("b", 0), geo.Point{}); err == nil {
		t.Fatal("a planar board took a point in")
	}
}

func TestNewBoardRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]func(p *dispatch.Problem, initial *dispatch.Plan){
		"lexicographic policy": func(p *dispatch.Problem, _ *dispatch.Plan) { p.Policy.Unserved.Lexicographic = true },
		"negative rate":        func(p *dispatch.Problem, _ *dispatch.Plan) { p.Technicians[0].Rates.Duty = -1 },
		"pairs":                func(p *dispatch.Problem, _ *dispatch.Plan) { p.Pairs = []dispatch.Pair{{First: 0, Second: 1}} },
		"route of nobody":      func(_ *dispatch.Problem, initial *dispatch.Plan) { initial.Routes[0].Technician = 7 },
		"visit that is not there": func(_ *dispatch.Problem, initial *dispatch.Plan) {
			initial.Routes[0].Stops = []dispatch.Stop{{Kind: dispatch.StopVisit, Visit: 9}}
		},
		"late route": func(p *dispatch.Problem, _ *dispatch.Plan) { p.Visits[0].Windows = []dispatch.TimeWindow{{End: 3}} },
		"visit twice": func(_ *dispatch.Problem, initial *dispatch.Plan) {
			initial.Routes[0].Stops = append(initial.Routes[0].Stops, initial.Routes[0].Stops[0])
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := line(t, 0)
			p.Visits = []dispatch.Visit{visitAt("a", 5), visitAt("b", 6)}
			initial := &dispatch.Plan{Routes: []dispatch.Route{{Stops: []dispatch.Stop{{Kind: dispatch.StopVisit, Visit: 0}, {Kind: dispatch.StopVisit, Visit: 1}}}}}
			if _, err := plan.NewBoard(p, initial, plan.BoardOptions{}); err != nil {
				t.Fatal(err)
			}
			change(p, initial)
			if _, err := plan.NewBoard(p, initial, plan.BoardOptions{}); err == nil {
				t.Fatal("board was made")
			}
		})
	}
}

func TestReplaceKeepsWhatCameSince(t *testing.T) {
	t.Parallel()
	b := newBoard(t, line(t, 0, 10))
	for i, place := range []int32{4, 6, 3} {
		insert(t, b, visitAt(dispatch.VisitID(fmt.Sprint("v", i)), place))
	}
	p, worse := b.Snapshot()
	late, _, _ := insert(t, b, visitAt("late", 9))
	if ok, err := b.Replace(p, worse); ok || err != nil {
		t.Fatalf("replaced %t by an equal plan, error %v", ok, err)
	}
	visit := func(i int32) dispatch.Stop { return dispatch.Stop{Kind: dispatch.StopVisit, Visit: i} }
	// Technician 1 alone goes to 3 and back, over 6 and 4: 1,400, and passes 9.
	better := &dispatch.Plan{Routes: []dispatch.Route{{Technician: 1, Stops: []dispatch.Stop{visit(1), visit(0), visit(2)}}}}
	before := b.Cost().Total()
	ok, err := b.Replace(p, better)
	if err != nil || ok != (before > 1_400) {
		t.Fatalf("replaced %t, error %v; cost was %d and would be 1400", ok, err, before)
	}
	if _, _, placed := b.Placed(late); !placed {
		t.Fatal("the visit that came since is on no route")
	}
	now, committed := b.Snapshot()
	if report := check.Plan(now, committed); !report.Feasible || report.Cost != b.Cost() || b.Cost().Total() > before {
		t.Fatalf("report %+v, cost %d before", report, before)
	}
}

// TestOfferIsTheBestOfACity compares the search with a walk of every position on routes of many stops over many cells.
func TestOfferIsTheBestOfACity(t *testing.T) {
	t.Parallel()
	for _, o := range []cityOptions{{120, 10, 12, 0, 1}, {120, 7, 30, 5, 2}, {60, 4, 60, 0, 3}} {
		t.Run(fmt.Sprint(o), func(t *testing.T) {
			t.Parallel()
			c := newCity(o)
			b, err := plan.NewBoard(c.problem, c.plan, plan.BoardOptions{GapsPerCell: 1, DetourMeters: 300})
			if err != nil {
				t.Fatal(err)
			}
			read, all := 0, 0
			for range 120 {
				v, at := c.arrival()
				i, err := b.AddAt(v, at)
				if err != nil {
					t.Fatal(err)
				}
				want := b.Everywhere(i)
				got, err := b.Offer(i)
				if err != nil || !slices.Equal(got, want) {
					t.Fatalf("offers\n%+v, err %v; want\n%+v", got, err, want)
				}
				_, gaps := b.Effort()
				read, all = read+gaps, all+b.Len()
				if len(got) > 0 {
					if err := b.Place(i, got[0]); err != nil {
						t.Fatal(err)
					}
				}
			}
			if o.seed == 1 && read > all/3 {
				t.Errorf("%d gaps read of about %d: the bound rules too little out", read, all)
			}
			p, committed := b.Snapshot()
			if report := check.Plan(p, committed); !report.Feasible || report.Cost != b.Cost() {
				t.Fatalf("checker: feasible %t, cost %v; board's cost %v", report.Feasible, report.Cost, b.Cost())
			}
		})
	}
}

// TestBatchPlacesWhatItCan has a batch take all it can in, the same way each time, and judged by the checker.
func TestBatchPlacesWhatItCan(t *testing.T) {
	t.Parallel()
	run := func() (*plan.Board, []dispatch.Unassigned) {
		c := newCity(cityOptions{technicians: 40, stops: 6, kmSide: 8, seed: 4})
		b, err := plan.NewBoard(c.problem, c.plan, plan.BoardOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var batch []int32
		for range 100 {
			v, at := c.arrival()
			i, err := b.AddAt(v, at)
			if err != nil {
				t.Fatal(err)
			}
			batch = append(batch, i)
		}
		out, err := b.InsertAll(t.Context(), batch)
		if err != nil {
			t.Fatal(err)
		}
		return b, out
	}
	b, out := run()
	if len(out) == 0 || len(out) > 50 {
		t.Fatalf("%d of 100 visits are left out, want some", len(out))
	}
	for _, u := range out {
		if offers, err := b.Offer(u.Visit); err != nil || len(offers) > 0 || u.Reason == "" {
			t.Errorf("%+v was left out with %d offers, error %v", u, len(offers), err)
		}
	}
	p, committed := b.Snapshot()
	if report := check.Plan(p, committed); !report.Feasible || report.Cost != b.Cost() {
		t.Fatalf("checker: feasible %t, cost %v; board's cost %v", report.Feasible, report.Cost, b.Cost())
	}
	if again, _ := run(); again.Cost() != b.Cost() {
		t.Fatalf("cost %v, then %v", b.Cost(), again.Cost())
	}
}
