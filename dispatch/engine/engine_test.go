package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
)

// threePlumbers is a territory of three plumbers in a row, 1,112 m apart, on a Monday at 09:00.
func threePlumbers(t *testing.T) *engine.Engine {
	t.Helper()
	e, err := engine.New(engine.Config{}, engine.Ledger{}, monday)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		run(t, e, monday, engine.CreateTechnician{ID: dispatch.TechnicianID(fmt.Sprint("t", i)), Profile: engine.Profile{
			Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: 3}}, Home: geo.Point{Lat: 30.2 + float64(i)/100, Lon: 120.2},
			Weekly: []engine.WeeklyShift{{Days: []time.Weekday{time.Monday, time.Tuesday}, Start: 8 * 60, End: 17 * 60}},
		}})
	}
	return e
}

func TestExplanationNamesTheOthers(t *testing.T) {
	t.Parallel()
	e := threePlumbers(t)
	run(t, e, monday, engine.CreateTechnician{ID: "gas", Profile: engine.Profile{
		Home: geo.Point{Lat: 30.2, Lon: 120.2}, Skills: []dispatch.SkillLevel{{Skill: "gas", Level: 1}},
		Weekly: []engine.WeeklyShift{{Days: []time.Weekday{time.Monday}, Start: 8 * 60, End: 17 * 60}},
	}})
	run(t, e, monday, engine.CreateOrder{ID: "leak", Wish: engine.Wish{
		Location: geo.Point{Lat: 30.2, Lon: 120.2}, Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: 3}},
	}})
	run(t, e, monday, engine.Act{Verb: engine.Accept, Order: "leak"})
	o, _ := e.Order("leak")
	if len(o.Assignment.Alternatives) != 2 || o.Assignment.Alternatives[0].Technician != "t1" {
		t.Fatalf("recorded alternatives %+v, want t1 and t2", o.Assignment.Alternatives)
	}
	s, err := e.Snapshot(monday)
	if err != nil {
		t.Fatal(err)
	}
	x, err := s.Explain(o)
	if err != nil {
		t.Fatal(err)
	}
	// t1 drives 1,112 m there and back at 30 km/h with detours of 30 %: 2 x 173 s, and the tenant waits 173 s for it.
	if x.Recorded || len(x.Alternatives) != 2 || x.Alternatives[0].Technician != "t1" || x.Alternatives[0].Difference != 519 {
		t.Fatalf("alternatives %+v, want t1 for 519 first", x.Alternatives)
	}
	if len(x.Infeasible) != 1 || x.Infeasible[0].Reason != dispatch.ReasonSkillMissing {
		t.Fatalf("refusals %+v, want the gas fitter for his skill", x.Infeasible)
	}
	if len(x.Sentences) == 0 || !strings.Contains(x.Sentences[0], "09:00") {
		t.Fatalf("sentences %q, want the local time", x.Sentences)
	}
	if all := strings.Join(x.Sentences, " "); strings.Contains(all, "late") {
		t.Fatalf("sentences %q speak of lateness; nobody is late, a tenant waits", all)
	}
	run(t, e, monday, engine.Act{Verb: engine.Depart, Order: "leak"})
	o, _ = e.Order("leak")
	if x, err = (&engine.Snapshot{}).Explain(o); err != nil || !x.Recorded || len(x.Alternatives) != 2 {
		t.Fatalf("started work is explained by %+v, %v, want what was recorded", x, err)
	}
}

func TestDueWorkFollowsTheOrder(t *testing.T) {
	t.Parallel()
	e := threePlumbers(t)
	events, err := e.Decide(monday, "test", engine.CreateOrder{ID: "leak", Wish: engine.Wish{Location: geo.Point{Lat: 30.2, Lon: 120.2}, Urgency: dispatch.UrgencyEmergency}})
	if err != nil {
		t.Fatal(err)
	}
	e.Evolve(events)
	b := e.Batch()
	e.Commit()
	want := map[string]time.Duration{
		engine.DueOfferExpire: 5 * time.Minute, engine.DueSLAAcknowledge: 30 * time.Minute, engine.DueSLAAccept: 30 * time.Minute, engine.DueSLAOnSite: time.Hour, engine.DueSLAResolve: 4 * time.Hour,
	}
	if len(b.DueSet) != len(want) || len(b.DueDone) != 0 {
		t.Fatalf("due work %+v, want %v", b.DueSet, want)
	}
	for _, w := range b.DueSet {
		if !w.At.Equal(monday.Add(want[w.Kind])) {
			t.Errorf("%s is due at %s, want %s later than now", w.Kind, w.At, want[w.Kind])
		}
		if _, err := engine.DueCommand(w); err != nil {
			t.Error(err)
		}
	}
	events, err = e.Decide(monday, "test", engine.Act{Verb: engine.Accept, Order: "leak"})
	if err != nil {
		t.Fatal(err)
	}
	e.Evolve(events)
	if b = e.Batch(); len(b.DueDone) != 2 || len(b.DueSet) != 0 {
		t.Fatalf("accepting sets %+v and ends %+v, want the offer and the first clock ended", b.DueSet, b.DueDone)
	}
}

// A weekly shift from 01:00 to 09:00 is an hour shorter on the night when clocks go forward and an hour longer when they go
// back; its wall-clock ends stay.
func TestWeeklyShiftsOverAChangeOfTime(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		zone  string
		day   time.Time // noon before
		hours float64
	}{
		"forward":        {"Europe/Berlin", time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC), 7},
		"back":           {"Europe/Berlin", time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC), 9},
		"no such change": {"Asia/Shanghai", time.Date(2026, 3, 28, 6, 0, 0, 0, time.UTC), 8},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := engine.New(engine.Config{}, engine.Ledger{}, test.day)
			if err != nil {
				t.Fatal(err)
			}
			p := engine.Profile{Zone: test.zone, Weekly: []engine.WeeklyShift{{Days: []time.Weekday{time.Sunday}, Start: 60, End: 9 * 60}}}
			spans := e.Spans(&engine.Technician{Profile: p}, test.day, test.day.Add(48*time.Hour))
			if len(spans) != 1 || spans[0].End.Sub(spans[0].Start).Hours() != test.hours {
				t.Fatalf("shifts %v, want one of %v hours", spans, test.hours)
			}
			if s := spans[0]; s.Start.Hour() != 1 || s.End.Hour() != 9 {
				t.Fatalf("shift from %s to %s, want 01:00 to 09:00", s.Start, s.End)
			}
		})
	}
}

func TestVerbsThatDoNotReadAFieldRefuseIt(t *testing.T) {
	t.Parallel()
	e := threePlumbers(t)
	for _, a := range []engine.Act{
		{Verb: engine.Accept, Rating: 3},
		{Verb: engine.Complete, Comment: "done"},
		{Verb: engine.Rate},
		{Verb: engine.Cancel},
		{Verb: engine.Merge},
		{Verb: "dance"},
	} {
		if _, err := e.Decide(monday, "test", a); err == nil || strings.Contains(err.Error(), "not found") {
			t.Errorf("%+v: %v, want a field to be refused", a, err)
		}
	}
}
