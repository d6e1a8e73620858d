package engine_test

import (
	"cmp"
	"fmt"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
)

// hired is a territory with two plumbers who work from 8 to 17 every day, on a Monday at 09:00 in Shanghai.
func hired() (*engine.Engine, time.Time, error) {
	now := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	e, err := engine.New(engine.Config{}, engine.Ledger{}, now)
	for i := 0; i < 2 && err == nil; i++ {
		var events []engine.Event
		events, err = e.Decide(now, "ops", engine.CreateTechnician{ID: dispatch.TechnicianID(fmt.Sprint("t", i)), Profile: engine.Profile{
			Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: 2}}, Home: geo.Point{Lat: 30.2 + float64(i)/100, Lon: 120.2},
			Weekly: []engine.WeeklyShift{{Days: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, Start: 8 * 60, End: 17 * 60}},
		}})
		e.Evolve(events)
		e.Commit()
	}
	return e, now, err
}

// Decide answers a command with events and changes nothing; Evolve folds them in; the batch is what a store writes in one
// transaction before Commit.
func ExampleEngine() {
	e, now, err := hired()
	if err != nil {
		fmt.Println(err)
		return
	}
	leak := engine.Wish{Location: geo.Point{Lat: 30.21, Lon: 120.21}, Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: 1}}}
	events, err := e.Decide(now, "tenant", engine.CreateOrder{ID: "leak", Wish: leak})
	if err != nil {
		fmt.Println(err)
		return
	}
	e.Evolve(events)
	b := e.Batch() // to disk, then:
	e.Commit()
	for _, ev := range b.Events {
		fmt.Println(ev.Sequence, ev.Type, cmp.Or(ev.Technician, "-"))
	}
	_, err = e.Decide(now, "t1", engine.Act{Verb: engine.Complete, Order: "leak"})
	fmt.Println(err)
	// Output:
	// 3 work_order.created -
	// 4 work_order.assigned t1
	// ILLEGAL_STATE (state ASSIGNED): complete needs an order that is ON_SITE or WORKING
}

// A survey is a copy that costs the writer next to nothing; suggestions are made of it elsewhere.
func ExampleSurvey_Suggest() {
	e, now, err := hired()
	if err != nil {
		fmt.Println(err)
		return
	}
	found, err := e.Survey(now).Suggest(engine.SlotQuery{
		Wish: engine.Wish{Location: geo.Point{Lat: 30.23, Lon: 120.21}}, To: now.Add(8 * time.Hour), Length: 4 * time.Hour,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	shanghai := time.FixedZone("", 8*3600)
	for _, s := range found.Open {
		fmt.Printf("%s to %s: %s for %d, %d could come, kept with %.0f %%\n", s.Window.Start.In(shanghai).Format("15:04"),
			s.Window.End.In(shanghai).Format("15:04"), s.Technician, s.Cost.Total(), s.Takers, 100*s.Reliability)
	}
	// Output:
	// 12:00 to 16:00: t1 for 756, 2 could come, kept with 100 %
	// 09:00 to 12:00: t1 for 1134, 2 could come, kept with 100 %
}
