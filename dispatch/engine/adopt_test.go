package engine_test

import (
	"slices"
	"testing"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
)

// swapped is a technician with two orders of three hours, and a plan that does the later one first. He has been seen where
// that saves some travel; what a broken promise is worth is the caller's.
func swapped(t *testing.T, promise int64) (e *engine.Engine, adopt engine.AdoptPlan, now time.Time) {
	t.Helper()
	policy := engine.DefaultPolicy()
	policy.Tiers, policy.NotPreferred = nil, promise
	e, err := engine.New(engine.Config{Policy: &policy}, engine.Ledger{}, monday)
	if err != nil {
		t.Fatal(err)
	}
	home := geo.Point{Lat: 30.2, Lon: 120.2}
	run(t, e, monday, engine.CreateTechnician{ID: "ann", Profile: engine.Profile{
		Home: home, Shifts: []engine.Shift{{TimeSpan: dispatch.TimeSpan{Start: monday, End: monday.Add(9 * time.Hour)}}},
	}})
	for i, id := range []dispatch.WorkOrderID{"north", "south"} {
		at := geo.Point{Lat: home.Lat + 0.02 - 0.04*float64(i), Lon: home.Lon}
		run(t, e, monday, engine.CreateOrder{ID: id, Wish: engine.Wish{Location: at, OnSite: 3 * time.Hour}})
	}
	now = monday.Add(2 * time.Minute)
	first, ok := e.Route("ann", monday)
	if !ok || len(first.Stops) != 2 {
		t.Fatalf("route %+v, want both orders", first)
	}
	later := geo.Point{Lat: 30.215, Lon: 120.2}
	if first.Stops[1].Order.ID == "south" {
		later.Lat = 30.185
	}
	run(t, e, now, engine.Advance{Positions: []engine.Position{{Technician: "ann", Point: later, At: now, AccuracyMeters: 10}}})
	s, err := e.Snapshot(now)
	if err != nil {
		t.Fatal(err)
	}
	plan := *s.Plan
	plan.Routes = slices.Clone(s.Plan.Routes)
	stops := slices.Clone(plan.Routes[0].Stops)
	stops[0].Visit, stops[1].Visit = stops[1].Visit, stops[0].Visit
	plan.Routes[0].Stops = stops
	return e, engine.AdoptPlan{Snapshot: s, Plan: &plan}, now
}

func TestAdoptedPlanPaysForTheWindowsItLeaves(t *testing.T) {
	t.Parallel()
	e, adopt, now := swapped(t, 1)
	if events := run(t, e, now, adopt); len(events) == 0 {
		t.Fatal("a plan that saves travel is not adopted although broken promises cost hardly anything")
	}
	e, adopt, now = swapped(t, 1_000_000)
	if events := run(t, e, now, adopt); len(events) != 0 {
		t.Fatalf("events %+v: two tenants are told another time for some minutes of travel", events)
	}
}
