package engine_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/dispatch/promise"
	"fettle/geo"
)

var leak = engine.Wish{Location: geo.Point{Lat: 30.2, Lon: 120.2}, Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: 3}}}

func suggest(t *testing.T, e *engine.Engine, now time.Time, q engine.SlotQuery) *engine.Slots {
	t.Helper()
	s, err := e.Survey(now).Suggest(q)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// clocks are the starts of slots in Shanghai, in order of time.
func clocks(s *engine.Slots) (open []string) {
	byTime := slices.Clone(s.Open)
	slices.SortFunc(byTime, func(a, b engine.Slot) int { return a.Window.Start.Compare(b.Window.Start) })
	for i := range byTime {
		open = append(open, byTime[i].Window.Start.In(shanghai).Format("Mon 15:04"))
	}
	return open
}

func TestSlotsFollowTheWeeklyShifts(t *testing.T) {
	t.Parallel()
	// Monday 09:00; the plumbers work on Mondays and Tuesdays from 8 to 17, 30 minutes longer when they must. A slot is open
	// when they can come before its end and be home in time.
	s := suggest(t, threePlumbers(t), monday, engine.SlotQuery{Wish: leak})
	want := []string{
		"Mon 09:00", "Mon 10:00", "Mon 12:00", "Mon 14:00", "Mon 16:00",
		"Tue 08:00", "Tue 10:00", "Tue 12:00", "Tue 14:00", "Tue 16:00",
	}
	if diff := cmp.Diff(want, clocks(s)); diff != "" {
		t.Errorf("slots (-want +got):\n%s", diff)
	}
	for _, o := range s.Open {
		if o.Technician != "t0" || o.Takers != 3 || o.OnShift != 3 || o.Tentative || o.Reliability <= 0 {
			t.Errorf("%+v, want t0, who is at the place, of 3 who could come", o)
		}
	}
	// Two nights, the second until Wednesday 09:00, when the range ends.
	if len(s.Closed) != 2 || s.Closed[0].Why.Reason != dispatch.ReasonOutOfShift || s.Able != 3 {
		t.Errorf("closed %+v, want two nights", s.Closed)
	}
	if !s.Open[0].Window.Start.Before(s.Open[len(s.Open)-1].Window.Start) {
		t.Error("slots of equal cost are not in order of time")
	}
}

func TestReliabilityFallsWithTheWorkAhead(t *testing.T) {
	t.Parallel()
	e := threePlumbers(t)
	q := engine.SlotQuery{Wish: leak, From: monday, To: monday.Add(3 * time.Hour)}
	q.Wish.Only = []dispatch.TechnicianID{"t1"} // 173 s away
	alone := suggest(t, e, monday, q).Open
	busy := leak
	busy.Only, busy.OnSite = q.Wish.Only, 150*time.Minute
	run(t, e, monday, engine.CreateOrder{ID: "long", Wish: busy})
	for _, verb := range []engine.Verb{engine.Accept, engine.Depart, engine.Arrive, engine.Start} {
		run(t, e, monday, engine.Act{Verb: verb, Order: "long"})
	}
	later := suggest(t, e, monday, q).Open
	if len(alone) != 2 || len(later) != 1 || !later[0].Start.Equal(monday.Add(150*time.Minute)) {
		t.Fatalf("open when idle %+v, at work %+v: want the slots of 9 and 10, then the end of the second", alone, later)
	}
	// Idle: the start is certain but for the way. At work until 11:30 +- 52 min, for a window that ends at 12:00.
	if p := alone[0].Reliability; p < 0.99 {
		t.Errorf("an idle technician is within the hour with %.2f", p)
	}
	if p := later[0].Reliability; p < 0.6 || p > 0.85 {
		t.Errorf("reliability %.2f after work that varies, want about 0.72 = P(z < 30/52.5)", p)
	}
}

func TestClosedSlotsSayWhy(t *testing.T) {
	t.Parallel()
	gas := leak
	gas.Skills = []dispatch.SkillLevel{{Skill: "gas", Level: 1}}
	e := threePlumbers(t)
	s := suggest(t, e, monday, engine.SlotQuery{Wish: gas})
	if len(s.Closed) != 1 || s.Closed[0].Why.Reason != dispatch.ReasonSkillMissing || s.Able != 0 || s.Closed[0].Nearest != "t0" {
		t.Errorf("nobody fits gas: %+v", s)
	}
	one := leak
	one.Only, one.OnSite = []dispatch.TechnicianID{"t2"}, 7*time.Hour
	run(t, e, monday, engine.CreateOrder{ID: "all day", Wish: one})
	one.OnSite = 2 * time.Hour
	s = suggest(t, e, monday, engine.SlotQuery{Wish: one, To: monday.Add(4 * time.Hour)})
	if len(s.Open) != 0 || len(s.Closed) == 0 || s.Closed[0].OnShift != 1 || s.Closed[0].Nearest != "t2" || s.Closed[0].Why.Short <= 0 {
		t.Errorf("t2 is booked: %+v", s)
	}
	none, err := engine.New(engine.Config{}, engine.Ledger{}, monday)
	if err != nil {
		t.Fatal(err)
	}
	if s = suggest(t, none, monday, engine.SlotQuery{Wish: leak}); len(s.Closed) != 1 || s.Closed[0].Why.Reason != dispatch.ReasonNoTechnician {
		t.Errorf("there is nobody: %+v", s)
	}
}

func TestDaysThatAreNotPlannedYetAreTentative(t *testing.T) {
	t.Parallel()
	e := threePlumbers(t)
	day := monday.AddDate(0, 0, 7).Add(3 * time.Hour) // Monday week, noon: nothing is planned so far ahead
	taken := leak
	taken.OnSite, taken.Windows = 8*time.Hour, []dispatch.TimeSpan{{Start: day.Add(-4 * time.Hour), End: day}}
	q := engine.SlotQuery{Wish: leak, From: day, To: day.Add(2 * time.Hour)}
	q.Wish.OnSite = 3 * time.Hour
	for i := range 4 {
		s := suggest(t, e, monday, q)
		if i == 3 {
			if len(s.Open) != 0 || len(s.Closed) != 1 || s.Closed[0].OnShift != 3 {
				t.Errorf("three orders wait for the three technicians of that day: %+v", s)
			}
			break
		}
		if len(s.Open) != 1 || s.Open[0].Takers != 3-i || !s.Open[0].Tentative {
			t.Errorf("%d orders wait for that day: %+v", i, s.Open)
		}
		id := dispatch.WorkOrderID(fmt.Sprint("o", i))
		run(t, e, monday, engine.CreateOrder{ID: id, Wish: taken})
		if o, _ := e.Order(id); o.State != engine.StateNew {
			t.Fatalf("%s is %s, want NEW: nothing is planned so far ahead", id, o.State)
		}
	}
}

// An order that is created with the window of a slot gets the technician and the cost that the slot says.
func TestSlotsCostWhatTheOrderCosts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := town{rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))}
		e, err := engine.New(engine.Config{}, engine.Ledger{}, monday)
		if err != nil {
			t.Fatal(err)
		}
		do := func(c engine.Command) {
			events, err := e.Decide(monday, "test", c)
			if err != nil {
				t.Fatal(err)
			}
			e.Evolve(events)
			e.Commit()
		}
		for i := range rapid.IntRange(1, 8).Draw(t, "technicians") {
			do(engine.CreateTechnician{ID: dispatch.TechnicianID(fmt.Sprint("t", i)), Profile: c.profile()})
		}
		for i := range rapid.IntRange(0, 40).Draw(t, "orders") {
			id := dispatch.WorkOrderID(fmt.Sprint("o", i))
			do(engine.CreateOrder{ID: id, Wish: c.wish(monday)})
			if o, _ := e.Order(id); o.State == engine.StateAssigned && c.IntN(2) == 0 {
				do(engine.Act{Verb: engine.Accept, Order: id})
			}
		}
		w := c.wish(monday)
		q := engine.SlotQuery{Wish: w, Length: time.Duration(rapid.IntRange(1, 8).Draw(t, "hours")) * time.Hour}
		before := e.Sequence()
		s, err := e.Survey(monday).Suggest(q)
		if err != nil {
			t.Fatal(err)
		}
		if e.Sequence() != before {
			t.Fatal("a suggestion has changed the territory")
		}
		for i := range s.Open {
			o := &s.Open[i]
			w.Windows = []dispatch.TimeSpan{o.Window}
			events, err := e.Decide(monday, "test", engine.CreateOrder{ID: "new", Wish: w})
			if err != nil {
				t.Fatal(err)
			}
			e.Evolve(events)
			made, _ := e.Order("new")
			if a := made.Assignment; a == nil || a.Cost != o.Cost || a.Technician != o.Technician || !a.Start.Equal(o.Start) {
				t.Fatalf("slot %+v\nbut the order gets %+v", *o, a)
			}
			if o.Takers < 1 || o.Takers > o.OnShift && o.OnShift > 0 && o.Takers > s.Able || o.Reliability < 0 || o.Reliability > 1 {
				t.Fatalf("%+v of %d able", *o, s.Able)
			}
			if err := e.Rollback(); err != nil {
				t.Fatal(err)
			}
		}
		for i := range s.Closed {
			x := &s.Closed[i]
			w.Windows = []dispatch.TimeSpan{x.Window}
			events, err := e.Decide(monday, "test", engine.CreateOrder{ID: "new", Wish: w})
			if err != nil {
				t.Fatal(err)
			}
			e.Evolve(events)
			made, _ := e.Order("new")
			if a := made.Assignment; a != nil && (x.OnShift > 0 || a.Cost[dispatch.TermOvertime] == 0) {
				t.Fatalf("%+v is closed, but the order gets %+v", *x, a)
			}
			if x.Why.Reason == "" || x.Why.Detail == "" {
				t.Fatalf("closed for no reason: %+v", *x)
			}
			if err := e.Rollback(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestSlotsAreCutByTheWallClock(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(month time.Month, day, hour int) time.Time {
		return time.Date(2026, month, day, hour, 0, 0, 0, berlin)
	}
	for name, test := range map[string]struct {
		q    engine.SlotQuery
		want []string
	}{
		"clocks go forward": {
			engine.SlotQuery{From: at(3, 29, 0), To: at(3, 29, 8)}, []string{"00:00+2h", "03:00+1h", "04:00+2h", "06:00+2h"},
		},
		"clocks go back": {
			engine.SlotQuery{From: at(10, 25, 0), To: at(10, 25, 6)}, []string{"00:00+3h", "02:00+2h", "04:00+2h"},
		},
		"a window has its own start": {
			engine.SlotQuery{
				From: at(5, 4, 0), To: at(5, 5, 0),
				Wish: engine.Wish{Windows: []dispatch.TimeSpan{{Start: at(5, 4, 9).Add(30 * time.Minute), End: at(5, 4, 12)}, {Start: at(5, 4, 20), End: at(5, 4, 21)}}},
			}, []string{"09:30+2h", "20:00+1h"}, // 11:30 to 12:00 is less than half a slot
		},
		"a slot that has begun counts from the next quarter on": {
			engine.SlotQuery{From: at(5, 4, 8).Add(50 * time.Minute), To: at(5, 4, 12)}, []string{"09:00+1h", "10:00+2h"},
		},
		"and not when less than half is left": {
			engine.SlotQuery{From: at(5, 4, 9).Add(time.Minute), To: at(5, 4, 12)}, []string{"10:00+2h"},
		},
	} {
		test.q.Zone, test.q.Length = berlin, 2*time.Hour
		slots, err := test.q.Cut()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range slots {
			got = append(got, fmt.Sprintf("%s+%gh", s.Start.In(berlin).Format("15:04"), s.End.Sub(s.Start).Hours()))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestSlotQueriesThatAreRefusedNameTheField(t *testing.T) {
	t.Parallel()
	e := threePlumbers(t)
	for field, q := range map[string]engine.SlotQuery{
		"slotDuration":              {Wish: leak, Length: time.Minute},
		"startTime":                 {Wish: leak, From: monday.AddDate(0, 0, 15)},
		"endTime":                   {Wish: leak, To: monday.Add(-time.Hour)},
		"maxSlots":                  {Wish: leak, Most: -1},
		"location":                  {Wish: engine.Wish{Location: geo.Point{Lat: 99}}},
		"timeWindows":               {Wish: engine.Wish{Windows: []dispatch.TimeSpan{{Start: monday.Add(-2 * time.Hour), End: monday.Add(-time.Hour)}}}},
		"preferredTechnicianIds[0]": {Wish: engine.Wish{Preferred: []dispatch.TechnicianID{"nobody"}}},
	} {
		_, err := e.Survey(monday).Suggest(q)
		var invalid *dispatch.InvalidError
		if !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	many := engine.SlotQuery{Wish: leak, To: monday.AddDate(0, 0, 14), Length: 15 * time.Minute}
	var invalid *dispatch.InvalidError
	if _, err := e.Survey(monday).Suggest(many); !errors.As(err, &invalid) || invalid.Field != "slotDuration" {
		t.Errorf("1,344 slots: %v", err)
	}
}

func TestMostSlotsKeepsTheCheapest(t *testing.T) {
	t.Parallel()
	e := threePlumbers(t)
	all := suggest(t, e, monday, engine.SlotQuery{Wish: leak})
	few := suggest(t, e, monday, engine.SlotQuery{Wish: leak, Most: 3})
	if len(few.Open) != 3 || few.Omitted != len(all.Open)-3 || !cmp.Equal(few.Open, all.Open[:3]) {
		t.Errorf("%d slots, %d omitted", len(few.Open), few.Omitted)
	}
}

func TestExperienceLearnsFromTheLog(t *testing.T) {
	t.Parallel()
	e := threePlumbers(t)
	var x engine.Experience
	now := monday
	for i := range 60 {
		id := dispatch.WorkOrderID(fmt.Sprint("o", i))
		w := leak
		w.OnSite = 2 * time.Minute
		x.Learn(run(t, e, now, engine.CreateOrder{ID: id, Wish: w}))
		x.Learn(run(t, e, now, engine.Act{Verb: engine.Accept, Order: id}))
		x.Learn(run(t, e, now, engine.Act{Verb: engine.Depart, Order: id}))
		x.Learn(run(t, e, now, engine.Act{Verb: engine.Arrive, Order: id}))
		x.Learn(run(t, e, now, engine.Act{Verb: engine.Start, Order: id}))
		if i < 5 { // work that was paused says nothing about how long work takes
			x.Learn(run(t, e, now, engine.Act{Verb: engine.Pause, Order: id, Reason: "lunch"}))
			x.Learn(run(t, e, now.Add(time.Minute), engine.Act{Verb: engine.Resume, Order: id}))
		}
		now = now.Add(3 * time.Minute)
		x.Learn(run(t, e, now, engine.Act{Verb: engine.Complete, Order: id}))
	}
	// Each took 3 minutes where 2 were planned; the way of 0 m had no plan.
	want := promise.Variability{OnSite: promise.Spread{Mean: 1.5, Observations: 55}, Travel: promise.Assumed().Travel}
	if got := x.Variability(); got != want {
		t.Errorf("learned %+v, want %+v", got, want)
	}
}
