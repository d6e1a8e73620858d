package constraint_test

import (
	"testing"

	"fettle/dispatch"
	"fettle/dispatch/rules"
)

// threeAlike are three technicians whom the static rules do not tell apart; b's juniors cost more, and c may not do B.
func threeAlike(t *testing.T) *dispatch.Problem {
	t.Helper()
	p := line(t, nil, dispatch.Visit{Place: 3, OnSite: 5}, dispatch.Visit{Place: 9, OnSite: 5})
	first := p.Technicians[0]
	for _, id := range []dispatch.TechnicianID{"b", "c", "d"} {
		next := first
		next.ID = id
		p.Technicians = append(p.Technicians, next)
	}
	p.Technicians[1].Attributes = map[string]string{"grade": "junior"}
	p.Technicians[2].Attributes = map[string]string{"keys": "no"}
	p.Policy.SkillSurplus = 1
	p.Policy.Terms = []dispatch.UserTerm{{Name: "juniors", Expression: `technician.attributes[?"grade"].orValue("") == "junior" ? 7 : 0`, Weight: 2}}
	p.Policy.Eligibility = []dispatch.EligibilityRule{{Name: "keys", Expression: `visit.id != "B" || technician.attributes[?"keys"].orValue("") != "no"`}}
	if err := rules.Attach(p); err != nil {
		t.Fatal(err)
	}
	return p
}

// Tables split the technicians whom the static rules group, no finer than they must.
func TestTablesSplitClasses(t *testing.T) {
	t.Parallel()
	m := model(t, threeAlike(t))
	class := func(r int) int32 { return m.Routes[r].Class }
	if m.Classes != 3 || class(0) != class(3) || class(0) == class(1) || class(1) == class(2) {
		t.Fatalf("%d classes: %d %d %d %d", m.Classes, class(0), class(1), class(2), class(3))
	}
	for r, want := range []struct {
		static int64
		b      bool
	}{{0, true}, {14, true}, {0, false}, {0, true}} {
		if got := m.Static(class(r), 0); got != want.static || !m.Allowed(class(r), 0) || m.Allowed(class(r), 1) != want.b {
			t.Errorf("route %d: costs %d, may do B %t", r, got, m.Allowed(class(r), 1))
		}
	}
	if got := m.Ineligible(1, 2); len(got) != 1 || got[0] != 0 || m.Eligible(1, 2) != 0 || m.Eligible(1, 0) != -1 || m.Ineligible(0, 2) != nil {
		t.Errorf("rules that keep c from B: %v", got)
	}
	w := m.NewWalker()
	route, ok := w.Schedule(&m.Routes[1], []int32{0, 1})
	if !ok || route.Cost[dispatch.TermUser] != 28 || route.Cost.Total() != 18+28 { // 9 there and 9 back
		t.Errorf("%t, cost %v", ok, route.Cost)
	}
	if err := m.SetVisit(2, dispatch.Visit{Place: 1, Due: dispatch.NoTick}); err == nil {
		t.Error("a model with tables grew")
	}
}

// Forecast cover, the usual technician and the promised one cost by technician.
func TestTermsByTechnician(t *testing.T) {
	t.Parallel()
	p := line(t, nil, dispatch.Visit{Place: 3, OnSite: 5, Usual: "b", Promise: &dispatch.Promise{Technician: "c"}})
	for _, id := range []dispatch.TechnicianID{"b", "c"} {
		next := p.Technicians[0]
		next.ID = id
		p.Technicians = append(p.Technicians, next)
	}
	p.Cover = &dispatch.Table[int64]{Row: []int32{0}, Column: []int32{1, 0, 0}, Columns: 2, Values: []int64{0, 4}}
	p.Policy.Continuity, p.Policy.Cover, p.Policy.Stability.Technician = 100, 10, 1000
	m := model(t, p)
	for r, want := range []int64{1140, 1000, 100} {
		if got := m.Static(m.Routes[r].Class, 0); got != want {
			t.Errorf("technician %d costs %d, want %d", r, got, want)
		}
	}
	route, _ := m.NewWalker().Schedule(&m.Routes[0], []int32{0})
	if c := route.Cost; c[dispatch.TermContinuity] != 100 || c[dispatch.TermCover] != 40 || c[dispatch.TermStability] != 1000 {
		t.Errorf("terms %v", c)
	}
}

// A promise is waited for, costs when it is missed, and is no rule.
func TestPromises(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		windows []dispatch.TimeWindow
		from    dispatch.Tick // promised for 30 ticks
		pin     dispatch.Tick
		before  int32 // work of a visit before it, which ends that late
		start   dispatch.Tick
		cost    int64
	}{
		{"kept", nil, 50, 0, 20, 50, 0},
		{"last instant of the promise", nil, 50, 0, 76, 79, 0},
		{"one tick late", nil, 50, 0, 77, 80, 100 + 3},
		{"late", nil, 50, 0, 96, 99, 100 + 20*3},
		{"within the window that is open later", []dispatch.TimeWindow{{Start: 0, End: 10}, {Start: 60, End: 90}}, 50, 0, 20, 60, 0},
		{"windows that end before it", []dispatch.TimeWindow{{Start: 0, End: 40}}, 50, 0, 20, 23, 100},
		{"pinned before it", nil, 50, 45, 20, 45, 100},
		{"pinned after it", nil, 50, 85, 20, 85, 100 + 6*3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := dispatch.Visit{Place: 3, OnSite: 5, Windows: tt.windows, Promise: &dispatch.Promise{Window: dispatch.TimeWindow{Start: tt.from, End: tt.from + 30}}}
			if tt.pin > 0 {
				v.Pin = &dispatch.Pin{Start: tt.pin}
			}
			p := line(t, nil, dispatch.Visit{OnSite: dispatch.Tick(tt.before)}, v)
			p.Policy.Stability = dispatch.StabilityPolicy{Moved: 100, PerTick: 3}
			m := model(t, p)
			w := m.NewWalker()
			route, ok := w.Schedule(&m.Routes[0], []int32{0, 1})
			if !ok || route.Stops[1].Start != tt.start || route.Cost[dispatch.TermStability] != tt.cost || route.Cost[dispatch.TermLateness] != 0 {
				t.Fatalf("%t, starts at %d, cost %v", ok, route.Stops[1].Start, route.Cost)
			}
			if q, _ := w.Quote(&m.Routes[0], []int32{0, 1}, -1); q.Cost != route.Cost || q.Total != route.Cost.Total() {
				t.Errorf("quoted %v, scheduled %v", q.Cost, route.Cost)
			}
			p.Policy.Stability = dispatch.StabilityPolicy{Technician: 5}
			m = model(t, p)
			if route, _ = m.NewWalker().Schedule(&m.Routes[0], []int32{0, 1}); route.Cost[dispatch.TermStability] != 0 {
				t.Errorf("a promise without a price costs %d", route.Cost[dispatch.TermStability])
			}
		})
	}
}

// A paid technician does not leave so late that a promise is missed.
func TestDepartureKeepsThePromise(t *testing.T) {
	t.Parallel()
	p := line(t, func(p *dispatch.Problem) { p.Technicians[0].Rates.Duty = 1 },
		dispatch.Visit{Place: 3, OnSite: 5, Promise: &dispatch.Promise{Window: dispatch.TimeWindow{Start: 10, End: 31}}},
		dispatch.Visit{Place: 6, OnSite: 5, Windows: window(100, 110)})
	p.Policy.Stability.PerTick = 1
	m := model(t, p)
	// Leaving at 3 would start the first at 10 and wait until 100; the promise lets it start at 30, so it leaves at 27.
	route, ok := m.NewWalker().Schedule(&m.Routes[0], []int32{0, 1})
	if !ok || route.Departure != 27 || route.Cost[dispatch.TermStability] != 0 {
		t.Errorf("%t: leaves at %d, cost %v", ok, route.Departure, route.Cost)
	}
}
