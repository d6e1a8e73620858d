package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
)

// R-T6: a technician acts within 5 ms of a deadline, before or after what is due is swept. Either it was in time or the promise is
// broken: never both, never neither. A service that leaves it to the sweep to find out turns it red.
func TestInTimeOrEscalated(t *testing.T) {
	t.Parallel()
	const cases = 2100
	for n := range cases {
		if fault := atDeadline(t, uint64(n), false); fault != "" {
			t.Errorf("case %d: %s", n, fault)
		}
	}
	for n := range uint64(cases) {
		if atDeadline(t, n, true) != "" {
			return
		}
	}
	t.Errorf("with the promise left to the sweep all of %d cases are green", cases)
}

// atDeadline lets one race happen and says what is wrong with its end. Forgetful takes away what a verb says of a broken promise.
func atDeadline(t *testing.T, seed uint64, forgetful bool) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 6))
	e := threePlumbers(t)
	run(t, e, monday, engine.CreateOrder{ID: "leak", Wish: engine.Wish{Location: geo.Point{Lat: 30.2, Lon: 120.2}, Urgency: dispatch.UrgencyEmergency}})
	steps := []struct {
		verb  engine.Verb
		clock engine.Clock // that the verb stops
	}{{engine.Accept, engine.ClockAccept}, {engine.Depart, ""}, {engine.Arrive, engine.ClockOnSite}, {engine.Start, ""}, {engine.Complete, engine.ClockResolve}}
	last := []int{0, 2, 4}[seed%3]
	for _, s := range steps[:last] {
		run(t, e, monday, engine.Act{Verb: s.verb, Order: "leak"})
	}
	o, _ := e.Order("leak")
	due := map[engine.Clock]time.Time{engine.ClockAccept: o.Due.Accept, engine.ClockOnSite: o.Due.OnSite, engine.ClockResolve: o.Due.Resolve}[steps[last].clock]
	acts := due.Add(time.Duration(rng.IntN(10_001)-5_000) * time.Microsecond)
	sweeps := due.Add(time.Duration(rng.IntN(5_001)) * time.Microsecond)
	var breaches int
	count := func(events []engine.Event) {
		for i := range events {
			if events[i].Type == engine.DueBreached && events[i].Clock == steps[last].clock {
				breaches++
			}
		}
	}
	act := func() {
		events, err := e.Decide(acts, "t0", engine.Act{Verb: steps[last].verb, Order: "leak"})
		if err != nil {
			t.Fatal(err)
		}
		if forgetful {
			events = slices.DeleteFunc(events, func(ev engine.Event) bool { return ev.Type == engine.DueBreached })
		}
		e.Evolve(events)
		e.Batch()
		e.Commit()
		count(events)
	}
	sweep := func() { count(run(t, e, sweeps, engine.BreachDue{Order: "leak", Clock: steps[last].clock})) }
	first, second := act, sweep
	if sweeps.Before(acts) {
		first, second = sweep, act
	}
	first()
	second()
	if late := !acts.Before(due); late != (breaches == 1) || breaches > 1 {
		return fmt.Sprintf("%s %v after its deadline, swept %v after it: the promise was broken %d times", steps[last].verb, acts.Sub(due), sweeps.Sub(due), breaches)
	}
	return ""
}
