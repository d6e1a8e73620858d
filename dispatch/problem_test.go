package dispatch_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/geo"
)

// small is a valid problem of two places, one technician and one visit.
func small(t *testing.T) *dispatch.Problem {
	t.Helper()
	m, err := geo.NewDense(2, []int32{0, 5, 5, 0})
	if err != nil {
		t.Fatal(err)
	}
	return &dispatch.Problem{
		Places: make([]dispatch.Place, 2), Travel: []dispatch.Travel{{Time: m}}, Dimensions: []string{"boxes"},
		Technicians: []dispatch.Technician{{
			ID: "a", Rates: dispatch.Rates{Travel: 2, Duty: 1},
			Shifts: []dispatch.Shift{{End: 100, LatestDeparture: dispatch.NoTick}},
		}},
		Visits: []dispatch.Visit{{ID: "x", Place: 1, OnSite: 10, Due: dispatch.NoTick}},
	}
}

// twoVisits gives a problem a second visit, and links.
func twoVisits(p *dispatch.Problem, links ...dispatch.Link) {
	p.Visits = append(p.Visits, p.Visits[0])
	p.Visits[1].ID, p.Links = "y", links
}

func TestValidateNamesTheField(t *testing.T) {
	t.Parallel()
	cases := map[string]func(p *dispatch.Problem){
		"travel":                                   func(p *dispatch.Problem) { p.Travel = nil },
		"travel[0]":                                func(p *dispatch.Problem) { p.Places = p.Places[:1] },
		"technicians[1].id":                        func(p *dispatch.Problem) { p.Technicians = append(p.Technicians, p.Technicians[0]) },
		"technicians[0].travel":                    func(p *dispatch.Problem) { p.Technicians[0].Travel = 3 },
		"technicians[0].speedPercent":              func(p *dispatch.Problem) { p.Technicians[0].SpeedPercent = -1 },
		"technicians[0].maxDistance":               func(p *dispatch.Problem) { p.Technicians[0].MaxDistance = 10 },
		"technicians[0].capacity":                  func(p *dispatch.Problem) { p.Technicians[0].Capacity = []int32{1, 2} },
		"technicians[0].depots[0].place":           func(p *dispatch.Problem) { p.Technicians[0].Depots = []dispatch.Depot{{Place: 9}} },
		"technicians[0].shifts[0]":                 func(p *dispatch.Problem) { p.Technicians[0].Shifts[0].End = -1 },
		"technicians[0].shifts[0].latestDeparture": func(p *dispatch.Problem) { p.Technicians[0].Shifts[0].LatestDeparture = 101 },
		"technicians[0].shifts[0].startPlace":      func(p *dispatch.Problem) { p.Technicians[0].Shifts[0].StartPlace = 2 },
		"technicians[0].shifts[0].breaks[0].duration": func(p *dispatch.Problem) {
			p.Technicians[0].Shifts[0].Breaks = []dispatch.Break{{Duration: -1}}
		},
		"visits[1].id":         func(p *dispatch.Problem) { p.Visits = append(p.Visits, p.Visits[0]) },
		"visits[0].place":      func(p *dispatch.Problem) { p.Visits[0].Place = dispatch.NoPlace },
		"visits[0].windows[0]": func(p *dispatch.Problem) { p.Visits[0].Windows = []dispatch.TimeWindow{{Start: 5, End: 5}} },
		"visits[0].windows[1]": func(p *dispatch.Problem) {
			p.Visits[0].Windows = []dispatch.TimeWindow{{Start: 5, End: 9}, {Start: 8, End: 12}}
		},
		"visits[0].onSite":         func(p *dispatch.Problem) { p.Visits[0].OnSite = -1 },
		"visits[0].entry":          func(p *dispatch.Problem) { p.Visits[0].Entry = dispatch.Far + 1 },
		"visits[0].deliver[0]":     func(p *dispatch.Problem) { p.Visits[0].Deliver = []int32{-1} },
		"visits[0].skills[0]":      func(p *dispatch.Problem) { p.Visits[0].Skills = []dispatch.SkillLevel{{}} },
		"visits[0].pin.technician": func(p *dispatch.Problem) { p.Visits[0].Pin = &dispatch.Pin{Technician: "nobody"} },
		"visits[0].pin.rank":       func(p *dispatch.Problem) { p.Visits[0].Pin = &dispatch.Pin{Rank: 1} },
		"links[0].first":           func(p *dispatch.Problem) { p.Links = []dispatch.Link{{First: 9}} },
		"links[0].second":          func(p *dispatch.Problem) { p.Links = []dispatch.Link{{}} },
		"links[0].minGap":          func(p *dispatch.Problem) { twoVisits(p, dispatch.Link{Second: 1, MinGap: dispatch.Far + 1}) },
		"links[0].maxGap":          func(p *dispatch.Problem) { twoVisits(p, dispatch.Link{Second: 1, MinGap: 5, MaxGap: 4}) },
		"links[1]": func(p *dispatch.Problem) {
			twoVisits(p, dispatch.Link{Second: 1}, dispatch.Link{First: 1})
		},
		"policy.maxLateness": func(p *dispatch.Problem) { p.Policy.MaxLateness = -1 },
		"pairs[0]":           func(p *dispatch.Problem) { p.Pairs = []dispatch.Pair{{First: 0, Second: 0}} },
	}
	if err := small(t).Validate(); err != nil {
		t.Fatal(err)
	}
	for field, spoil := range cases {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			p := small(t)
			spoil(p)
			var invalid *dispatch.InvalidError
			if err := p.Validate(); !errors.As(err, &invalid) || invalid.Field != field {
				t.Errorf("got %v, want a fault of %s", err, field)
			}
		})
	}
}

// A lexicographic policy prices one visit above every plan's operating cost, and one step of priority above all visits.
func TestUnservedCosts(t *testing.T) {
	t.Parallel()
	p := small(t)
	p.Visits = append(p.Visits, dispatch.Visit{ID: "y", Place: 1, Priority: 2}, dispatch.Visit{ID: "z", Place: 1, Unserved: 7})
	p.Policy.Unserved = dispatch.UnservedPolicy{PerVisit: 100, PerPriority: 30}
	if diff := cmp.Diff([]int64{100, 160, 7}, dispatch.UnservedCosts(p)); diff != "" {
		t.Error(diff)
	}
	p.Policy.Unserved = dispatch.UnservedPolicy{Lexicographic: true}
	got := dispatch.UnservedCosts(p)
	const operating = 100 * (2 + 1) // a shift of 100 ticks at 3 a tick
	if got[0] <= operating || got[1]-got[0] <= 2*int64(len(p.Visits))*got[0] {
		t.Errorf("got %v: a visit must outweigh %d, a step of priority all visits", got, operating)
	}
	many := make([]dispatch.Visit, 5000)
	for i := range many {
		many[i] = dispatch.Visit{Priority: 100}
	}
	p.Visits = many
	p.Technicians[0].Rates.Fixed = 1 << 50
	var sum int64
	for _, c := range dispatch.UnservedCosts(p) {
		if sum += c; c <= 0 || sum <= 0 {
			t.Fatal("the sum of lexicographic prices overflows")
		}
	}
}

func TestRelaxPins(t *testing.T) {
	t.Parallel()
	pin := func() *dispatch.Pin { return &dispatch.Pin{Technician: "a", Start: 50, Rank: 2, Adjacent: true} }
	cases := []struct {
		name  string
		level dispatch.Relaxation
		from  dispatch.Tick
		pin   *dispatch.Pin
		want  *dispatch.Pin
	}{
		{"nothing", dispatch.RelaxNothing, 0, pin(), pin()},
		{"times", dispatch.RelaxTimes, 0, pin(), &dispatch.Pin{Technician: "a", Start: dispatch.NoTick, Rank: 2, Adjacent: true}},
		{"times and order", dispatch.RelaxTimesOrder, 0, pin(), &dispatch.Pin{Technician: "a", Start: dispatch.NoTick}},
		{"all", dispatch.RelaxAll, 0, pin(), nil},
		{"a time alone is nothing without its time", dispatch.RelaxTimes, 0, &dispatch.Pin{Start: 50}, nil},
		{"before the threshold", dispatch.RelaxAll, 51, pin(), pin()},
		{"at the threshold", dispatch.RelaxAll, 50, pin(), nil},
		{"started work stays", dispatch.RelaxAll, 0, &dispatch.Pin{Technician: "a", Start: 50, Started: true}, &dispatch.Pin{Technician: "a", Start: 50, Started: true}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			visits := []dispatch.Visit{{Pin: c.pin}}
			dispatch.RelaxPins(visits, c.level, c.from)
			if diff := cmp.Diff(c.want, visits[0].Pin); diff != "" {
				t.Error(diff)
			}
		})
	}
	if dispatch.Relaxation(4).Valid() {
		t.Error("level 4 is valid")
	}
}

func TestLatenessTier(t *testing.T) {
	t.Parallel()
	tier := dispatch.LatenessTier{Steps: []dispatch.LatenessStep{{After: 0, PerTick: 1}, {After: 30, PerTick: 4}}}
	for late, want := range map[dispatch.Tick]int64{-5: 0, 0: 0, 10: 10, 30: 30, 40: 40 + 4*10} {
		if got := tier.Cost(late); got != want {
			t.Errorf("%d late costs %d, want %d", late, got, want)
		}
	}
	p := dispatch.Policy{Tiers: []dispatch.LatenessTier{{Name: "gold"}}, DefaultTier: "gold"}
	if p.Tier("") == nil || p.Tier("silver") != nil {
		t.Error("the default tier serves those without a name, and no other")
	}
}

func TestVisitOfWorkOrder(t *testing.T) {
	t.Parallel()
	origin := time.Date(2026, 6, 15, 8, 0, 0, 0, time.UTC)
	order := dispatch.WorkOrder{
		ID: "w1", OnSite: 45 * time.Minute, Urgency: dispatch.UrgencyNormal, Due: origin.Add(2 * time.Hour),
		Windows: []dispatch.TimeSpan{
			{Start: origin.Add(-2 * time.Hour), End: origin.Add(-time.Hour)}, // over
			{Start: origin.Add(-time.Hour), End: origin.Add(time.Hour)},
		},
	}
	want := dispatch.Visit{
		ID: "w1", WorkOrder: "w1", Place: 3, OnSite: 2700, Urgency: dispatch.UrgencyNormal, Due: 7200,
		Windows: []dispatch.TimeWindow{{Start: 0, End: 3600}},
	}
	if diff := cmp.Diff(want, order.Visit(origin, 3)); diff != "" {
		t.Error(diff)
	}
}

func TestCostByTerm(t *testing.T) {
	t.Parallel()
	a := dispatch.Cost{dispatch.TermTravel: 5, dispatch.TermFixed: 2}
	b := dispatch.Cost{dispatch.TermTravel: 1}
	if a.Plus(b).Total() != 8 || a.Minus(b)[dispatch.TermTravel] != 4 {
		t.Error("sums are wrong")
	}
	names := map[string]bool{}
	for term := range dispatch.TermUser {
		names[term.String()] = true
	}
	if len(names) != int(dispatch.TermUser) || dispatch.TermUser.String() != "user" {
		t.Errorf("names are not distinct: %v", names)
	}
	policy := dispatch.Policy{Terms: []dispatch.UserTerm{{Name: "vip"}}}
	if got := policy.TermName(dispatch.TermUser) + policy.TermName(dispatch.TermUser+1) + policy.TermName(dispatch.TermFixed); got != "vipuserfixed" {
		t.Errorf("terms of a policy are named %s", got)
	}
}

func TestScale(t *testing.T) {
	t.Parallel()
	p := small(t)
	p.Origin = time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)
	p.Scale = dispatch.Scale{TicksPerUnit: 10}
	if got := p.At(25); !got.Equal(p.Origin.Add(2500 * time.Millisecond)) {
		t.Errorf("tick 25 of tenths is %s", got)
	}
	if p.Scale.Units(25) != 2.5 || p.Scale.Cost() != 1 {
		t.Error("scale converts wrongly")
	}
}
