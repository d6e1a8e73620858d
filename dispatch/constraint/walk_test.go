package constraint_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
	"fettle/geo"
)

// line makes a problem on a straight road: place k is at minute k, and travel takes one tick a minute. Technician "a" starts
// and ends at place 0 and works from 0 to 480.
func line(t *testing.T, change func(p *dispatch.Problem), visits ...dispatch.Visit) *dispatch.Problem {
	t.Helper()
	const places = 101
	x, y := make([]float64, places), make([]float64, places)
	p := &dispatch.Problem{Dimensions: []string{"boxes"}, Places: make([]dispatch.Place, places)}
	for i := range x {
		x[i] = float64(i)
	}
	m, err := geo.NewPlanar(x, y, 1, geo.RoundNearest)
	if err != nil {
		t.Fatal(err)
	}
	p.Travel = []dispatch.Travel{{Time: m.Dense(), Distance: m.Dense()}}
	p.Technicians = []dispatch.Technician{{
		ID: "a", Rates: dispatch.Rates{Travel: 1},
		Shifts: []dispatch.Shift{{End: 480, LatestDeparture: dispatch.NoTick}},
	}}
	p.Visits = visits
	for i := range p.Visits {
		v := &p.Visits[i]
		v.ID = dispatch.VisitID(rune('A' + i))
		if v.Due == 0 {
			v.Due = dispatch.NoTick
		}
	}
	if change != nil {
		change(p)
	}
	return p
}

func model(t *testing.T, p *dispatch.Problem) *constraint.Model {
	t.Helper()
	m, err := constraint.New(p)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func window(start, end dispatch.Tick) []dispatch.TimeWindow {
	return []dispatch.TimeWindow{{Start: start, End: end}}
}

// Each case walks the visits in order on technician a's shift and says which rule breaks, where and by how much, or how the
// day is measured.
func TestWalk(t *testing.T) {
	t.Parallel()
	visit := func(place int32, change func(v *dispatch.Visit)) dispatch.Visit {
		v := dispatch.Visit{Place: place, OnSite: 10}
		if change != nil {
			change(&v)
		}
		return v
	}
	pinned := func(rank int32, adjacent bool) func(v *dispatch.Visit) {
		return func(v *dispatch.Visit) {
			v.Pin = &dispatch.Pin{Technician: "a", Start: dispatch.NoTick, Rank: rank, Adjacent: adjacent}
		}
	}
	duty := func(p *dispatch.Problem) { p.Technicians[0].Rates = dispatch.Rates{Duty: 1} }
	cases := []struct {
		name   string
		change func(p *dispatch.Problem)
		visits []dispatch.Visit
		order  []int32
		reason dispatch.Reason
		stop   int
		short  int64
		sum    constraint.Sum
	}{
		{
			name: "out and back", visits: []dispatch.Visit{visit(10, nil), visit(30, nil)}, order: []int32{0, 1},
			// 10 + 10 work + 20 + 10 work + 30 home
			sum: constraint.Sum{End: 80, Travel: 60, Distance: 60, OnSite: 20},
		},
		{
			name: "a duty leaves as late as the end allows", change: duty,
			visits: []dispatch.Visit{visit(10, func(v *dispatch.Visit) { v.Windows = window(100, 200) })}, order: []int32{0},
			// starts at 100, so leaves at 90; home at 120
			sum: constraint.Sum{Departure: 90, End: 120, Travel: 20, Distance: 20, OnSite: 10},
		},
		{
			name:   "a window closed is missed by the ticks after its last start",
			visits: []dispatch.Visit{visit(50, func(v *dispatch.Visit) { v.Windows = window(0, 40) })}, order: []int32{0},
			reason: dispatch.ReasonWindowClosed, short: 11,
		}, // arrives at 50, last start is 39
		{
			name: "the second window is used when the first is over",
			visits: []dispatch.Visit{visit(50, func(v *dispatch.Visit) {
				v.Windows = []dispatch.TimeWindow{{Start: 0, End: 40}, {Start: 90, End: 95}}
			})}, order: []int32{0},
			sum: constraint.Sum{End: 150, Travel: 100, Distance: 100, OnSite: 10},
		},
		{
			name: "the shift ends", visits: []dispatch.Visit{visit(100, func(v *dispatch.Visit) { v.OnSite = 290 })}, order: []int32{0},
			reason: dispatch.ReasonOutOfShift, stop: 1, short: 10,
		}, // 100 + 290 + 100 = 490
		{
			name: "overtime is allowed up to its limit", change: func(p *dispatch.Problem) { p.Technicians[0].Shifts[0].Overtime = 10 },
			visits: []dispatch.Visit{visit(100, func(v *dispatch.Visit) { v.OnSite = 290 })}, order: []int32{0},
			sum: constraint.Sum{End: 490, Travel: 200, Distance: 200, OnSite: 290},
		},
		{
			name: "a break is taken on the way and stops the driving", change: func(p *dispatch.Problem) {
				p.Technicians[0].Shifts[0].Breaks = []dispatch.Break{{Windows: window(20, 31), Duration: 30}}
			}, visits: []dispatch.Visit{visit(50, nil)}, order: []int32{0},
			// drives 20, rests 20-50, drives 30 more: arrives at 80, home at 140
			sum: constraint.Sum{End: 140, Travel: 100, Distance: 100, OnSite: 10},
		},
		{
			name: "a break that cannot start is named", change: func(p *dispatch.Problem) {
				p.Technicians[0].Shifts[0].Breaks = []dispatch.Break{{Windows: window(30, 31), Duration: 30}}
			}, visits: []dispatch.Visit{visit(1, func(v *dispatch.Visit) { v.OnSite, v.Windows = 100, window(0, 2) })}, order: []int32{0},
			reason: dispatch.ReasonBreak, stop: 1,
		},
		{
			name: "entry is paid once for visits that follow each other in a building",
			visits: []dispatch.Visit{
				visit(10, func(v *dispatch.Visit) { v.Entry, v.Building = 5, "north" }),
				visit(11, func(v *dispatch.Visit) { v.Entry, v.Building = 5, "north" }),
				visit(12, func(v *dispatch.Visit) { v.Entry = 5 }),
			},
			order: []int32{0, 1, 2},
			sum:   constraint.Sum{End: 64, Travel: 24, Distance: 24, OnSite: 40},
		},
		{
			name: "stock is short", change: func(p *dispatch.Problem) { p.Technicians[0].Capacity = []int32{3} },
			visits: []dispatch.Visit{
				visit(1, func(v *dispatch.Visit) { v.Deliver = []int32{2} }),
				visit(2, func(v *dispatch.Visit) { v.Deliver = []int32{2} }),
			},
			order: []int32{0, 1}, reason: dispatch.ReasonCapacity, short: 1,
		},
		{
			name: "what was delivered makes room for what is collected", change: func(p *dispatch.Problem) { p.Technicians[0].Capacity = []int32{3} },
			visits: []dispatch.Visit{
				visit(1, func(v *dispatch.Visit) { v.Deliver = []int32{3} }),
				visit(2, func(v *dispatch.Visit) { v.Collect = []int32{3} }),
			},
			order: []int32{0, 1}, sum: constraint.Sum{End: 24, Travel: 4, Distance: 4, OnSite: 20},
		},
		{
			name: "but not the other way round", change: func(p *dispatch.Problem) { p.Technicians[0].Capacity = []int32{3} },
			visits: []dispatch.Visit{
				visit(1, func(v *dispatch.Visit) { v.Deliver = []int32{3} }),
				visit(2, func(v *dispatch.Visit) { v.Collect = []int32{3} }),
			},
			order: []int32{1, 0}, reason: dispatch.ReasonCapacity, short: 3,
		},
		{
			name: "a depot refills", change: func(p *dispatch.Problem) {
				p.Technicians[0].Capacity = []int32{3}
				p.Technicians[0].Depots = []dispatch.Depot{{Place: 0, Duration: 7}}
			}, visits: []dispatch.Visit{
				visit(1, func(v *dispatch.Visit) { v.Deliver = []int32{2} }),
				visit(2, func(v *dispatch.Visit) { v.Deliver = []int32{2} }),
			},
			order: []int32{0, 2, 1}, // stop code 2 is depot 0: there are two visits
			sum:   constraint.Sum{End: 33, Travel: 6, Distance: 6, OnSite: 20},
		},
		{
			name: "a tool is fetched before it is needed", change: func(p *dispatch.Problem) {
				p.Technicians[0].Depots = []dispatch.Depot{{Place: 0, AllTools: true}}
			}, visits: []dispatch.Visit{visit(1, func(v *dispatch.Visit) { v.Tools = []string{"drill"} })},
			order: []int32{0, 1}, reason: dispatch.ReasonToolMissing, short: 1,
		},
		{
			name: "most visits", change: func(p *dispatch.Problem) { p.Technicians[0].MaxVisits = 1 },
			visits: []dispatch.Visit{visit(1, nil), visit(2, nil)}, order: []int32{0, 1}, reason: dispatch.ReasonMaxVisits, stop: -1, short: 1,
		},
		{
			name: "most travel", change: func(p *dispatch.Problem) { p.Technicians[0].MaxTravel = 50 },
			visits: []dispatch.Visit{visit(30, nil)}, order: []int32{0}, reason: dispatch.ReasonMaxTravel, stop: -1, short: 10,
		},
		{
			// Leaves at 49 for the window at 90: 40 of travel and 1 of work before. Back at 100 + 40 = 140.
			name: "a longest duty waits at home", change: func(p *dispatch.Problem) { p.Technicians[0].MaxDuty = 92 },
			visits: []dispatch.Visit{visit(1, func(v *dispatch.Visit) { v.OnSite = 1 }), visit(40, func(v *dispatch.Visit) { v.Windows = window(90, 95) })},
			order:  []int32{0, 1}, sum: constraint.Sum{Departure: 49, End: 140, Travel: 80, Distance: 80, OnSite: 11},
		},
		{
			name: "a longest duty is too short", change: func(p *dispatch.Problem) { p.Technicians[0].MaxDuty = 65 },
			visits: []dispatch.Visit{visit(30, nil)}, order: []int32{0}, reason: dispatch.ReasonMaxDuty, stop: -1, short: 5,
		},
		{
			// The window at 10 would mean a wait until 90: 10 + 10 + ... + 10 home = 110; that at 60 ends as early.
			name: "a longest duty takes the later window", change: func(p *dispatch.Problem) { p.Technicians[0].MaxDuty = 60 },
			visits: []dispatch.Visit{visit(10, func(v *dispatch.Visit) {
				v.Windows = []dispatch.TimeWindow{{Start: 10, End: 20}, {Start: 60, End: 70}}
			}), visit(10, func(v *dispatch.Visit) { v.Windows = window(90, 95) })},
			order: []int32{0, 1}, sum: constraint.Sum{Departure: 59, End: 110, Travel: 20, Distance: 20, OnSite: 20},
		},
		{
			// The earliest end, 40 at home, needs a departure at 9 for the first window and 27 ticks of waiting; the next
			// departure, at 10, waits for the second window; the end is 130, for which leaving at 90 does.
			name: "a longest duty ends later", change: func(p *dispatch.Problem) { p.Technicians[0].MaxDuty = 50 },
			visits: []dispatch.Visit{visit(10, func(v *dispatch.Visit) {
				v.Windows = []dispatch.TimeWindow{{Start: 10, End: 20}, {Start: 100, End: 105}}
			}), visit(10, func(v *dispatch.Visit) {
				v.Windows = []dispatch.TimeWindow{{Start: 70, End: 80}, {Start: 110, End: 120}}
			})},
			order: []int32{0, 1}, sum: constraint.Sum{Departure: 90, End: 130, Travel: 20, Distance: 20, OnSite: 20},
		},
		{
			name: "longest distance", change: func(p *dispatch.Problem) { p.Technicians[0].MaxDistance = 50 },
			visits: []dispatch.Visit{visit(30, nil)}, order: []int32{0}, reason: dispatch.ReasonMaxDistance, stop: -1, short: 10,
		},
		{
			name: "a pair in the wrong order", change: func(p *dispatch.Problem) { p.Pairs = []dispatch.Pair{{First: 0, Second: 1}} },
			visits: []dispatch.Visit{visit(1, nil), visit(2, nil)}, order: []int32{1, 0}, reason: dispatch.ReasonPair,
		},
		{
			name: "half a pair", change: func(p *dispatch.Problem) { p.Pairs = []dispatch.Pair{{First: 0, Second: 1}} },
			visits: []dispatch.Visit{visit(1, nil), visit(2, nil)}, order: []int32{0}, reason: dispatch.ReasonPair, stop: 1, short: 1,
		},
		{
			name: "pinned order", visits: []dispatch.Visit{visit(1, pinned(2, false)), visit(2, pinned(1, false))},
			order: []int32{0, 1}, reason: dispatch.ReasonPinned, stop: 1,
		},
		{
			name: "nothing comes between what is adjacent", visits: []dispatch.Visit{visit(1, pinned(1, true)), visit(2, nil), visit(3, pinned(2, true))},
			order: []int32{0, 1, 2}, reason: dispatch.ReasonPinned, stop: 2,
		},
		{name: "a pinned start is a window of one tick", visits: []dispatch.Visit{visit(10, func(v *dispatch.Visit) {
			v.Pin = &dispatch.Pin{Start: 44}
		})}, order: []int32{0}, sum: constraint.Sum{End: 64, Travel: 20, Distance: 20, OnSite: 10}},
		{
			name: "a pinned start outside of the windows is no start",
			visits: []dispatch.Visit{visit(10, func(v *dispatch.Visit) {
				v.Pin, v.Windows = &dispatch.Pin{Start: 44}, window(50, 60)
			})}, order: []int32{0}, reason: dispatch.ReasonWindowClosed, short: 1,
		},
		{
			name: "lateness is priced by steps", change: func(p *dispatch.Problem) {
				p.Policy.Tiers = []dispatch.LatenessTier{{Name: "x", Steps: []dispatch.LatenessStep{{After: 0, PerTick: 2}, {After: 10, PerTick: 3}}}}
				p.Policy.DefaultTier = "x"
			}, visits: []dispatch.Visit{visit(50, func(v *dispatch.Visit) { v.Due = 35 })}, order: []int32{0},
			// 15 late: 15 * 2 + 5 * 3 = 45
			sum: constraint.Sum{End: 110, Travel: 100, Distance: 100, OnSite: 10, Late: 45, MostLate: 15},
		},
		{
			name: "nowhere to start and end costs no travel", change: func(p *dispatch.Problem) {
				p.Technicians[0].Shifts[0].StartPlace, p.Technicians[0].Shifts[0].EndPlace = dispatch.NoPlace, dispatch.NoPlace
			}, visits: []dispatch.Visit{visit(50, nil), visit(60, nil)}, order: []int32{0, 1},
			sum: constraint.Sum{End: 30, Travel: 10, Distance: 10, OnSite: 20},
		},
		{
			name: "there is no way to a place", change: func(p *dispatch.Problem) {
				values := append([]int32(nil), p.Travel[0].Time.Table()...)
				values[0*101+50] = dispatch.Unreachable
				m, _ := geo.NewDense(101, values)
				p.Travel[0].Time = m
			}, visits: []dispatch.Visit{visit(50, nil)}, order: []int32{0}, reason: dispatch.ReasonUnreachable,
		},
		{
			name: "there is no way home", change: func(p *dispatch.Problem) {
				values := append([]int32(nil), p.Travel[0].Time.Table()...)
				values[50*101+0] = dispatch.Unreachable
				m, _ := geo.NewDense(101, values)
				p.Travel[0].Time = m
			}, visits: []dispatch.Visit{visit(50, nil)}, order: []int32{0}, reason: dispatch.ReasonUnreachable, stop: 1,
		},
		{
			name: "a faster technician of a kind", change: func(p *dispatch.Problem) {
				p.Technicians[0].Kind, p.Technicians[0].SpeedPercent = "expert", 200
			}, visits: []dispatch.Visit{visit(50, func(v *dispatch.Visit) { v.OnSiteBy = map[string]dispatch.Tick{"expert": 4} })}, order: []int32{0},
			sum: constraint.Sum{End: 54, Travel: 50, Distance: 100, OnSite: 4},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := model(t, line(t, c.change, c.visits...))
			w := m.NewWalker()
			ok := w.Walk(&m.Routes[0], c.order)
			if ok != (c.reason == "") {
				t.Fatalf("feasible %t, failure %+v, want reason %q", ok, w.Fail, c.reason)
			}
			if !ok {
				if w.Fail.Reason != c.reason || w.Fail.Stop != c.stop || w.Fail.Short != c.short {
					t.Errorf("got %+v, want %s at stop %d by %d", w.Fail, c.reason, c.stop, c.short)
				}
				return
			}
			if diff := cmp.Diff(c.sum, w.Sum); diff != "" {
				t.Errorf("sum (want, got):\n%s", diff)
			}
		})
	}
}

// Each shift of a technician is a route of its own: days do not share their limits, and a window of the second day is met
// on the second day only.
func TestSeveralDays(t *testing.T) {
	t.Parallel()
	second := dispatch.Visit{Place: 10, OnSite: 10, Windows: window(1500, 1600)}
	m := model(t, line(t, func(p *dispatch.Problem) {
		t := &p.Technicians[0]
		t.Shifts = append(t.Shifts, dispatch.Shift{Start: 1440, End: 1920, LatestDeparture: dispatch.NoTick})
		t.MaxVisits = 1
	}, dispatch.Visit{Place: 5, OnSite: 10}, second))
	if len(m.Routes) != 2 || m.Routes[0].Technician != m.Routes[1].Technician || m.Routes[0].Class != m.Routes[1].Class {
		t.Fatalf("routes %+v", m.Routes)
	}
	w := m.NewWalker()
	if w.Walk(&m.Routes[0], []int32{1}) || w.Fail.Reason != dispatch.ReasonOutOfShift {
		t.Errorf("the second day's visit on the first day: %+v", w.Fail)
	}
	if !w.Walk(&m.Routes[1], []int32{1}) || w.Sum.End != 1520 {
		t.Errorf("on the second day: %+v, ends at %d", w.Fail, w.Sum.End)
	}
	if !w.Walk(&m.Routes[0], []int32{0}) || w.Walk(&m.Routes[1], []int32{0, 1}) || w.Fail.Reason != dispatch.ReasonMaxVisits {
		t.Errorf("one visit a day: %+v", w.Fail)
	}
}

func TestStaticRules(t *testing.T) {
	t.Parallel()
	technician := dispatch.Technician{ID: "a", Skills: []dispatch.SkillLevel{{Skill: "gas", Level: 2}}, Territories: []string{"north"}, Tools: []string{"drill"}}
	cases := []struct {
		name  string
		visit dispatch.Visit
		why   dispatch.Reason
		short int64
	}{
		{"held skill", dispatch.Visit{Skills: []dispatch.SkillLevel{{Skill: "gas", Level: 2}}}, "", 0},
		{"level too low", dispatch.Visit{Skills: []dispatch.SkillLevel{{Skill: "gas", Level: 3}}}, dispatch.ReasonSkillLevel, 1},
		{"skill not held", dispatch.Visit{Skills: []dispatch.SkillLevel{{Skill: "lifts"}}}, dispatch.ReasonSkillMissing, 1},
		{"excluded", dispatch.Visit{Excluded: []dispatch.TechnicianID{"a"}}, dispatch.ReasonExcluded, 0},
		{"others are required", dispatch.Visit{Only: []dispatch.TechnicianID{"b"}}, dispatch.ReasonNotRequired, 0},
		{"pinned to another", dispatch.Visit{Pin: &dispatch.Pin{Technician: "b"}}, dispatch.ReasonPinned, 0},
		{"elsewhere", dispatch.Visit{Territory: "south"}, dispatch.ReasonCoverageArea, 0},
		{"tool not carried", dispatch.Visit{Tools: []string{"drill", "ladder"}}, dispatch.ReasonToolMissing, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if why, short := constraint.Static(&technician, &c.visit); why != c.why || short != c.short {
				t.Errorf("got %q by %d, want %q by %d", why, short, c.why, c.short)
			}
		})
	}
}

// A model that grows holds at each index what a model compiled from the same visits at once holds.
func TestSetVisitEqualsNew(t *testing.T) {
	t.Parallel()
	visits := []dispatch.Visit{
		{Place: 3, OnSite: 5, Priority: 2, Deliver: []int32{1}},
		{Place: 9, OnSite: 8, Windows: window(50, 90), Entry: 4, Building: "north", Skills: []dispatch.SkillLevel{{Skill: "gas", Level: 1}}},
		{Place: 11, OnSite: 8, Entry: 4, Building: "north"},
		{Place: 9, OnSite: 2, Skills: []dispatch.SkillLevel{{Skill: "gas", Level: 2}}, Tools: []string{"drill"}},
		{Place: 4, OnSite: 2, Territory: "south", Skills: []dispatch.SkillLevel{{Skill: "gas", Level: 1}}},
		{Place: 5, OnSite: 2, Only: []dispatch.TechnicianID{"nobody"}, Skills: []dispatch.SkillLevel{{Skill: "gas", Level: 1}}},
		{Place: 6, OnSite: 2, Skills: []dispatch.SkillLevel{{Skill: "gas", Level: 1}}},
	}
	weights := func(p *dispatch.Problem) {
		p.Policy.Unserved = dispatch.UnservedPolicy{PerVisit: 100, PerPriority: 10}
		p.Policy.SkillSurplus = 2
		p.Technicians[0].Skills = []dispatch.SkillLevel{{Skill: "gas", Level: 3}}
	}
	whole := model(t, line(t, weights, append([]dispatch.Visit(nil), visits...)...))
	grown := model(t, line(t, weights))
	for i, v := range visits {
		v.Due = dispatch.NoTick
		if err := grown.SetVisit(int32(i), dispatch.Visit{Place: 1, Due: dispatch.NoTick}); err != nil {
			t.Fatal(err)
		}
		if err := grown.SetVisit(int32(i), v); err != nil {
			t.Fatal(err)
		}
	}
	order := []int32{0, 1, 2}
	a, okA := whole.NewWalker().Cost(&whole.Routes[0], order)
	b, okB := grown.NewWalker().Cost(&grown.Routes[0], order)
	if a != b || okA != okB || whole.Unserved(0) != grown.Unserved(0) || whole.Static(0, 1) != grown.Static(0, 1) {
		t.Errorf("whole costs %d (%t), grown %d (%t)", a, okA, b, okB)
	}
	for i := range visits {
		if v := int32(i); whole.Static(0, v) != grown.Static(0, v) || whole.Allowed(0, v) != grown.Allowed(0, v) {
			t.Errorf("visit %d costs %d (%t), grown %d (%t)", v, whole.Static(0, v), whole.Allowed(0, v), grown.Static(0, v), grown.Allowed(0, v))
		}
	}
	if err := grown.SetVisit(int32(len(visits)+1), dispatch.Visit{}); err == nil {
		t.Error("an index past the end was accepted")
	}
}

// Schedule states the times of the walk: breaks become stops, and the times add up.
func TestScheduleStatesEveryStop(t *testing.T) {
	t.Parallel()
	m := model(t, line(t, func(p *dispatch.Problem) {
		p.Technicians[0].Shifts[0].Breaks = []dispatch.Break{{ID: "lunch", Windows: window(20, 31), Duration: 30}}
	}, dispatch.Visit{Place: 50, OnSite: 10}))
	route, ok := m.NewWalker().Schedule(&m.Routes[0], []int32{0})
	if !ok {
		t.Fatal("infeasible")
	}
	// The end is fixed at 140; leaving later than 10 would push the break past 30, so that 10 is the latest departure. After
	// 10 ticks of driving the break opens at 20 and lasts to 50, 40 more ticks of driving end at 90; but then home is 150.
	// So the departure stays where the end is still 140: at 0.
	want := dispatch.Route{
		Departure: 0, End: 140, EndTravel: 50, EndDistance: 50, Cost: dispatch.Cost{dispatch.TermTravel: 100},
		Stops: []dispatch.Stop{
			{Kind: dispatch.StopBreak, Visit: -1, Break: 0, Depot: -1, Travel: 20, Distance: 20, Arrival: 20, Start: 20, End: 50},
			{Kind: dispatch.StopVisit, Visit: 0, Break: -1, Depot: -1, Travel: 30, Distance: 30, Arrival: 80, Start: 80, End: 90},
		},
	}
	if diff := cmp.Diff(want, route); diff != "" {
		t.Errorf("route (want, got):\n%s", diff)
	}
}

// Unpaid duty starts everything at the earliest; paid duty leaves late, but makes no visit late.
func TestDepartureKeepsPromises(t *testing.T) {
	t.Parallel()
	day := func(duty int64, due dispatch.Tick) *dispatch.Problem {
		return line(t, func(p *dispatch.Problem) {
			p.Technicians[0].Rates = dispatch.Rates{Travel: 1, Duty: duty}
			p.Policy.Tiers = []dispatch.LatenessTier{{Name: "gold", Steps: []dispatch.LatenessStep{{PerTick: 1}}}}
			p.Policy.DefaultTier = "gold"
		}, dispatch.Visit{Place: 10, OnSite: 5, Due: due}, dispatch.Visit{Place: 20, OnSite: 5, Windows: window(50, 60)})
	}
	for _, c := range []struct {
		duty      int64
		due       dispatch.Tick
		departure dispatch.Tick
	}{
		{0, dispatch.NoTick, 0},  // the first visit starts at 10, its earliest
		{1, dispatch.NoTick, 25}, // 50 - 10 - 5 - 10
		{1, 20, 10},              // the first visit is due at 20
		{1, 5, 0},                // late at its earliest, so not a tick later
	} {
		m := model(t, day(c.duty, c.due))
		route, ok := m.NewWalker().Schedule(&m.Routes[0], []int32{0, 1})
		if !ok || route.Departure != c.departure || route.End != 75 {
			t.Errorf("duty %d, due %d: leaves %d, ends %d (%t), want %d and 75", c.duty, c.due, route.Departure, route.End, ok, c.departure)
		}
	}
}

// A longest duty keeps the technician at home until 10, as the last visit ends at 110. The two before are late then, and
// neither may be later than that takes: the break, which opens at 20, waits until the first is done though it could go
// before.
func TestLongestDutyTakesBreaksWhereNoVisitIsLater(t *testing.T) {
	t.Parallel()
	for _, rate := range []int64{0, 1} {
		m := model(t, line(t, func(p *dispatch.Problem) {
			p.Technicians[0].MaxDuty, p.Technicians[0].Rates = 100, dispatch.Rates{Duty: rate}
			p.Technicians[0].Shifts[0].Breaks = []dispatch.Break{{Windows: window(20, 30), Duration: 5}}
			p.Policy.Tiers = []dispatch.LatenessTier{{Name: "gold", Steps: []dispatch.LatenessStep{{PerTick: 1}}}}
			p.Policy.DefaultTier = "gold"
			p.Visits[0].Due, p.Visits[1].Due = 0, 0
		}, dispatch.Visit{OnSite: 10}, dispatch.Visit{OnSite: 10}, dispatch.Visit{OnSite: 10, Windows: window(100, 101)}))
		route, ok := m.NewWalker().Schedule(&m.Routes[0], []int32{0, 1, 2})
		if !ok {
			t.Fatal("infeasible")
		}
		starts := []dispatch.Tick{route.Departure}
		for _, s := range route.Stops {
			starts = append(starts, s.Start)
		}
		// Leaves at 10, first [10, 20), break [20, 25), second [25, 35), third [100, 110).
		if diff := cmp.Diff([]dispatch.Tick{10, 10, 20, 25, 100}, starts); diff != "" {
			t.Errorf("departure and starts (want, got):\n%s", diff)
		}
		if want := (dispatch.Cost{dispatch.TermDuty: 100 * rate, dispatch.TermLateness: 10 + 25}); route.Cost != want {
			t.Errorf("cost %v, want %v", route.Cost, want)
		}
	}
}
