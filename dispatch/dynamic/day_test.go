package dynamic_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/dispatch/dynamic"
	"fettle/geo"
)

const no = dispatch.NoTick

// line is one technician at 0 of a line, on duty from 0 to 200, and visits of 10 ticks at 10, 20 and so on, any time to 150.
func line(t *testing.T, visits int, rates dispatch.Rates) *dispatch.Problem {
	t.Helper()
	x := make([]float64, visits+1)
	p := &dispatch.Problem{Technicians: []dispatch.Technician{{
		ID: "a", Rates: rates, Shifts: []dispatch.Shift{{Start: 0, End: 200, LatestDeparture: no}},
	}}}
	for i := range x {
		if x[i] = float64(10 * i); i > 0 {
			p.Visits = append(p.Visits, dispatch.Visit{
				ID: dispatch.VisitID(rune('0' + i)), Place: int32(i), OnSite: 10, Windows: []dispatch.TimeWindow{{Start: 0, End: 151}}, Due: no,
			})
		}
	}
	m, err := geo.NewPlanar(x, make([]float64, len(x)), 1, geo.RoundUp)
	if err != nil {
		t.Fatal(err)
	}
	p.Places, p.Travel = make([]dispatch.Place, len(x)), []dispatch.Travel{{Time: m}}
	return p
}

func to(visit int32, departure dispatch.Tick) dispatch.Leg {
	return dispatch.Leg{Kind: dispatch.StopVisit, Visit: visit, Depot: -1, Departure: departure}
}

func trail(homeward dispatch.Tick, legs ...dispatch.Leg) []dispatch.Trail {
	return []dispatch.Trail{{Legs: legs, Homeward: homeward}}
}

// Visit 0 is known from the start, visit 1 from 30 on. Each decision is wrong in one thing.
func TestDecideRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, second dynamic.Decision
		want          string
	}{
		"an open visit without a plan":  {first: dynamic.Decision{}, want: "visit 1 is open without a plan"},
		"a visit of before to refuse":   {first: dynamic.Decision{Refused: []int32{0}}, want: "visit 0 cannot be refused"},
		"a visit that does not exist":   {first: dynamic.Decision{Trails: trail(90, to(0, 0), to(1, 20))}, want: "visit 1 is named twice or not known"},
		"a visit twice":                 {first: dynamic.Decision{Trails: trail(90, to(0, 0), to(0, 20))}, want: "visit 0 is named twice"},
		"a technician twice":            {first: dynamic.Decision{Trails: append(trail(90), trail(20, to(0, 0))...)}, want: "technician 0 is named twice"},
		"a departure before the shift":  {first: dynamic.Decision{Trails: trail(20, to(0, -1))}, want: "leg 0 leaves at -1, before 0"},
		"a window that is missed":       {first: dynamic.Decision{Trails: trail(170, to(0, 150))}, want: "leg 0 comes 10 too late"},
		"a shift that is over":          {first: dynamic.Decision{Trails: trail(191, to(0, 0))}, want: "is home at 201, after 200"},
		"the way home before the end":   {first: dynamic.Decision{Trails: trail(19, to(0, 0))}, want: "leaves for home at 19, before 20"},
		"a leg to nowhere":              {first: dynamic.Decision{Trails: trail(60, dispatch.Leg{Kind: dispatch.StopDepot}, to(0, 0))}, want: "leg 0 leads nowhere"},
		"a departure in the past":       {first: dynamic.Decision{Trails: trail(60, to(0, 0))}, second: dynamic.Decision{Trails: trail(60, to(1, 29))}, want: "leg 0 leaves at 29, before 30"},
		"somebody under way is dropped": {first: dynamic.Decision{Trails: trail(60, to(0, 0))}, second: dynamic.Decision{Refused: []int32{1}}, want: "technician a is under way"},
		"a visit that was left for":     {first: dynamic.Decision{Trails: trail(60, to(0, 0))}, second: dynamic.Decision{Trails: trail(100, to(0, 30), to(1, 60))}, want: "planned and not open"},
		"somebody who has gone home":    {first: dynamic.Decision{Trails: trail(20, to(0, 0))}, second: dynamic.Decision{Trails: trail(100, to(1, 30))}, want: "has gone home"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			day, err := dynamic.NewDay(line(t, 2, dispatch.Rates{Duty: 1}), []dispatch.Tick{no, 30})
			if err != nil {
				t.Fatal(err)
			}
			if err = day.Decide(c.first); err == nil {
				err = day.Decide(c.second)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// Visits 0 and 1 are known from the start, visit 2 from 25 on.
func TestDay(t *testing.T) {
	t.Parallel()
	p, known := line(t, 3, dispatch.Rates{Duty: 1}), []dispatch.Tick{no, no, 25}
	day, err := dynamic.NewDay(p, known)
	if err != nil {
		t.Fatal(err)
	}
	if m := day.Moment(); m.Now != 0 || len(m.Open) != 2 || len(m.New) != 0 {
		t.Errorf("moment %+v", m)
	}
	// At 5 to visit 0, there 15 to 25, and at 25 to visit 1: which is not before 25, so that it can still be changed.
	if err := day.Decide(dynamic.Decision{Trails: trail(45, to(0, 5), to(1, 25))}); err != nil {
		t.Fatal(err)
	}
	m := day.Moment()
	want := dynamic.Crew{Left: true, Departure: 5, Place: 1, Free: 25, Plan: dispatch.Trail{Legs: []dispatch.Leg{to(1, 25)}, Homeward: 45}, Stops: []int32{}}
	if diff := cmp.Diff(want, m.Crews[0]); diff != "" || m.Now != 25 || !cmp.Equal(m.New, []int32{2}) || !cmp.Equal(m.Open, []int32{1}) {
		t.Errorf("moment at %d, new %v, open %v: %s", m.Now, m.New, m.Open, diff)
	}
	if err := day.Decide(dynamic.Decision{Trails: trail(85, to(2, 30), to(1, 60))}); err != nil {
		t.Fatal(err)
	}
	// From 5 until 85 + 20.
	report := check.Day(p, known, day.Trails(), day.Refused())
	if day.Moment() != nil || !report.Feasible || report.Duty != 100 || report.Travel != 60 {
		t.Errorf("moment %v, report %+v", day.Moment(), report)
	}
	if err := day.Decide(dynamic.Decision{}); err == nil {
		t.Error("a day that is over takes a decision")
	}
}

// One visit, 10 away and 10 long: a stop takes 20, and a reserve of two of them is 40. Its window closes at 150, so the last
// departure is at 140.
func TestHold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rates   dispatch.Rates
		opens   dispatch.Tick
		reserve float64
		want    []dispatch.Trail
	}{
		"paid, to the last moment": {rates: dispatch.Rates{Duty: 1}, want: trail(160, to(0, 140))},
		"paid, with a reserve":     {rates: dispatch.Rates{Duty: 1}, reserve: 2, want: trail(120, to(0, 100))},
		"paid, at once":            {rates: dispatch.Rates{Duty: 1}, reserve: 1000, want: trail(20, to(0, 0))},
		// Nobody drives to wait there: 70 - 10.
		"paid, not before it opens": {rates: dispatch.Rates{Duty: 1}, opens: 70, reserve: 1000, want: trail(80, to(0, 60))},
		// The way home must begin at 190.
		"not paid, to the last moment":  {rates: dispatch.Rates{Travel: 1}, want: trail(190, to(0, 140))},
		"not paid, with a reserve":      {rates: dispatch.Rates{Travel: 1}, reserve: 2, want: trail(150, to(0, 100))},
		"not paid, not before it opens": {rates: dispatch.Rates{Travel: 1}, opens: 70, reserve: 1000, want: trail(80, to(0, 60))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := dynamic.NewReplan()
			r.Hold.Reserve = c.reserve
			p := line(t, 1, c.rates)
			p.Visits[0].Windows[0].Start = c.opens
			day := play(t, p, []dispatch.Tick{no}, r, nil)
			if diff := cmp.Diff(c.want, day.Trails()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The only technician cannot reach the second visit in time, and refuses it; the first he must serve.
func TestReplanRefuses(t *testing.T) {
	t.Parallel()
	p := line(t, 3, dispatch.Rates{Duty: 1})
	p.Visits[2].Windows[0].End = 100
	day := play(t, p, []dispatch.Tick{no, no, 90}, dynamic.NewReplan(), nil)
	if diff := cmp.Diff([]int32{2}, day.Refused()); diff != "" {
		t.Error(diff)
	}
	p.Visits[0].Windows[0].End = 5
	day, err := dynamic.NewDay(p, []dispatch.Tick{no, no, 90})
	if err != nil {
		t.Fatal(err)
	}
	_, err = dynamic.NewReplan().Decide(t.Context(), day.Moment(), dynamic.Budget{Iterations: 10, Threads: 1})
	if err == nil || !strings.Contains(err.Error(), "no plan was found that serves visit 1, which cannot be refused") {
		t.Errorf("error %v", err)
	}
}

func TestNewDayRefuses(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(p *dispatch.Problem, known *[]dispatch.Tick){
		"known":    func(_ *dispatch.Problem, known *[]dispatch.Tick) { *known = nil },
		"known[0]": func(_ *dispatch.Problem, known *[]dispatch.Tick) { (*known)[0] = dispatch.Far },
		"pairs":    func(p *dispatch.Problem, _ *[]dispatch.Tick) { p.Pairs = []dispatch.Pair{{First: 0, Second: 1}} },
		"technicians[0].shifts": func(p *dispatch.Problem, _ *[]dispatch.Tick) {
			p.Technicians[0].Shifts[0].Breaks = []dispatch.Break{{}}
		},
		"technicians[0]":  func(p *dispatch.Problem, _ *[]dispatch.Tick) { p.Technicians[0].MaxVisits = 3 },
		"visits[0].pin":   func(p *dispatch.Problem, _ *[]dispatch.Tick) { p.Visits[0].Pin = &dispatch.Pin{Start: 3} },
		"visits[0].entry": func(p *dispatch.Problem, _ *[]dispatch.Tick) { p.Visits[0].Entry = 3 },
		"visits[0].due":   func(p *dispatch.Problem, _ *[]dispatch.Tick) { p.Visits[0].Due = 3 },
		"visits[1].collect": func(p *dispatch.Problem, _ *[]dispatch.Tick) {
			p.Visits[1].Collect, p.Dimensions = []int32{1}, []string{"d"}
		},
		"visits[1].place":        func(p *dispatch.Problem, _ *[]dispatch.Tick) { p.Visits[1].Place = 9 },
		"technicians[0].maxDuty": func(p *dispatch.Problem, _ *[]dispatch.Tick) { p.Technicians[0].MaxDuty = -1 },
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			p, known := line(t, 2, dispatch.Rates{Duty: 1}), []dispatch.Tick{no, no}
			change(p, &known)
			_, err := dynamic.NewDay(p, known)
			var invalid *dispatch.InvalidError
			if !errors.As(err, &invalid) || invalid.Field != field {
				t.Errorf("error %v, want one of field %s", err, field)
			}
		})
	}
}
