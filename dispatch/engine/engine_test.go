package engine_test

import (
	"fmt"
	"testing"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
)

func TestFirstLife(t *testing.T) {
	now := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC) // 09:00 in Shanghai
	e, err := engine.New(engine.Config{}, engine.Ledger{}, now)
	if err != nil {
		t.Fatal(err)
	}
	do := func(c engine.Command) []engine.Event {
		t.Helper()
		ev, err := e.Decide(now, "test", c)
		if err != nil {
			t.Fatal(err)
		}
		e.Evolve(ev)
		for _, x := range ev {
			fmt.Println(now.Format("15:04"), x.Sequence, x.Type, x.Order, x.Technician, x.State, x.Version, x.Reason)
		}
		b := e.Batch()
		for _, w := range b.DueSet {
			fmt.Println("  +", w.Kind, w.Key, w.At)
		}
		for _, w := range b.DueDone {
			fmt.Println("  -", w.Kind, w.Key)
		}
		e.Commit()
		return ev
	}
	do(engine.CreateOrder{ID: "early", Wish: engine.Wish{Location: geo.Point{Lat: 30.2, Lon: 120.2}}})
	for i := range 3 {
		do(engine.CreateTechnician{ID: dispatch.TechnicianID(fmt.Sprint("t", i)), Profile: engine.Profile{
			Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: 3}}, Home: geo.Point{Lat: 30.2 + float64(i)/100, Lon: 120.2},
			Weekly: []engine.WeeklyShift{{Days: []time.Weekday{1, 2, 3, 4, 5}, Start: 8 * 60, End: 17 * 60}},
		}})
	}
	do(engine.Advance{})
	do(engine.CreateOrder{ID: "o1", Wish: engine.Wish{Location: geo.Point{Lat: 30.201, Lon: 120.2}, Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: 2}}}})
	do(engine.Act{Verb: engine.Decline, Order: "o1"})
	do(engine.Act{Verb: engine.Accept, Order: "o1"})
	s, err := e.Snapshot(now)
	if err != nil {
		t.Fatal(err)
	}
	o, _ := e.Order("o1")
	x, err := s.Explain(o)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%+v\n", x)
	do(engine.Act{Verb: engine.Depart, Order: "o1"})
	now = now.Add(time.Minute)
	do(engine.Act{Verb: engine.Arrive, Order: "o1"})
	do(engine.Act{Verb: engine.Start, Order: "o1"})
	do(engine.Advance{})
	do(engine.Act{Verb: engine.Complete, Order: "o1"})
}
