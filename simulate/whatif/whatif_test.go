package whatif_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/simulate/whatif"
)

// nine is 09:00 on a Monday in Shanghai.
var nine = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

var week = []engine.WeeklyShift{{Days: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, Start: 8 * 60, End: 17 * 60}}

func do(t interface {
	Helper()
	Fatal(args ...any)
}, e *engine.Engine, c engine.Command,
) {
	t.Helper()
	events, err := e.Decide(nine, "test", c)
	if err != nil {
		t.Fatal(err)
	}
	e.Evolve(events)
	e.Commit()
}

func plumber(north float64) engine.Profile {
	return engine.Profile{
		Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: 2}}, Home: geo.Point{Lat: 30.2 + north, Lon: 120.2}, Weekly: week,
	}
}

func leak(north float64) engine.Wish {
	return engine.Wish{Location: geo.Point{Lat: 30.2 + north, Lon: 120.2}, Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: 1}}}
}

// town has two plumbers, 22 km apart, and six leaks between them.
func town(t interface {
	Helper()
	Fatal(args ...any)
},
) *engine.Engine {
	t.Helper()
	e, err := engine.New(engine.Config{}, engine.Ledger{}, nine)
	if err != nil {
		t.Fatal(err)
	}
	do(t, e, engine.CreateTechnician{ID: "south", Profile: plumber(0)})
	do(t, e, engine.CreateTechnician{ID: "north", Profile: plumber(0.2)})
	for i := range 6 {
		do(t, e, engine.CreateOrder{ID: dispatch.WorkOrderID(fmt.Sprint("leak-", i)), Wish: leak(0.2 * float64(i) / 5)})
	}
	return e
}

func ask(t *testing.T, q whatif.Question) *whatif.Answer {
	t.Helper()
	a, err := whatif.Ask(t.Context(), town(t).Fork(), nine, q)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestSomebodyIsSick(t *testing.T) {
	t.Parallel()
	a := ask(t, whatif.Question{Commands: []engine.Command{engine.EndShift{ID: "north", Reason: "sick", Until: nine.Add(15 * time.Hour)}}, Iterations: 200})
	if a.Before.Technicians != 2 || a.Before.Unassigned != 0 || a.Before.Orders != 6 {
		t.Errorf("before: %+v", a.Before)
	}
	if a.After.Orders != 6 || a.After.Travel <= a.Before.Travel || !a.Complete {
		t.Errorf("after: %+v", a.After)
	}
	lost := 0
	for _, r := range a.Routes {
		if r.Technician == "north" {
			lost = len(r.Lost)
		}
	}
	broken := 0
	for _, m := range a.Moves {
		if m.Kind == whatif.Technician && m.From == "north" && m.To == "south" && m.Breaks() {
			broken++
		}
	}
	if lost == 0 || broken != lost {
		t.Errorf("north loses %d orders, %d of them move to south: %+v", lost, broken, a.Moves)
	}
}

func TestEverybodyIsSick(t *testing.T) {
	t.Parallel()
	until := nine.Add(72 * time.Hour)
	a := ask(t, whatif.Question{Commands: []engine.Command{engine.EndShift{ID: "north", Until: until}, engine.EndShift{ID: "south", Until: until}}})
	if a.After.Unassigned != 6 || a.After.Cost.Total() <= a.Before.Cost.Total() {
		t.Errorf("after: %+v", a.After)
	}
	for _, m := range a.Moves {
		if m.Kind != whatif.Dropped || m.To != "" {
			t.Errorf("%+v, want it dropped", m)
		}
	}
}

func TestOrdersAndPeopleComeAndGo(t *testing.T) {
	t.Parallel()
	a := ask(t, whatif.Question{Commands: []engine.Command{
		engine.CreateTechnician{ID: "new-1", Profile: plumber(0.1)},
		engine.CreateOrder{ID: "new-1", Wish: leak(0.1)},
		engine.Act{Verb: engine.Cancel, Order: "leak-0", Reason: "what if"},
	}})
	got := map[whatif.MoveKind]dispatch.WorkOrderID{}
	for _, m := range a.Moves {
		got[m.Kind] = m.Order
		if m.Breaks() {
			t.Errorf("without a search nothing else moves: %+v", m)
		}
	}
	if diff := cmp.Diff(map[whatif.MoveKind]dispatch.WorkOrderID{whatif.Added: "new-1", whatif.Removed: "leak-0"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestWeights lets waiting cost nothing: then the way alone counts.
func TestWeights(t *testing.T) {
	t.Parallel()
	e := town(t)
	policy := e.Policy()
	p := engine.WeightsOf(&policy)
	p.Normal, p.Emergency, p.MovedPromise = nil, nil, 0
	a, err := whatif.Ask(t.Context(), e.Fork(), nine, whatif.Question{Weights: &p, Iterations: 500})
	if err != nil {
		t.Fatal(err)
	}
	if a.After.Travel > a.Before.Travel {
		t.Errorf("travel %s, was %s: want no more when nothing else counts", a.After.Travel, a.Before.Travel)
	}
	if a.After.Cost.Total() < a.Before.Cost.Total() {
		t.Errorf("by the weights of the territory the other plan costs %d, its own %d: both sides must be weighed alike", a.After.Cost.Total(), a.Before.Cost.Total())
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	e := town(t)
	_, err := whatif.Ask(t.Context(), e.Fork(), nine, whatif.Question{Commands: []engine.Command{
		engine.EndShift{ID: "north", Until: nine.Add(time.Hour)}, engine.DeleteTechnician{ID: "nobody"},
	}})
	var refused *whatif.CommandError
	if !errors.As(err, &refused) || refused.Index != 1 || !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("got %v, want the second command refused", err)
	}
}

// TestNothingHappens asks anything and finds the territory as it was: orders, technicians and routes.
func TestNothingHappens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		e := town(r)
		seen := func() string {
			out := fmt.Sprint(e.Sequence())
			for _, o := range e.Open() {
				out += fmt.Sprintf(" %s %d %s %v", o.ID, o.Version, o.State, *o.Assignment)
			}
			for _, id := range []dispatch.TechnicianID{"north", "south"} {
				route, _ := e.Route(id, nine)
				for _, s := range route.Stops {
					out += fmt.Sprint(" ", s.Order.ID, s.Start)
				}
			}
			return out
		}
		was := seen()
		commands := []engine.Command{
			engine.CreateOrder{ID: "x", Wish: leak(0.05)},
			engine.DeleteTechnician{ID: "north"},
			engine.EndShift{ID: "south", Until: nine.Add(time.Hour)},
			engine.Act{Verb: engine.Cancel, Order: "leak-3", Reason: "x"},
			engine.CreateTechnician{ID: "y", Profile: plumber(0.1)},
		}
		q := whatif.Question{
			Commands:   rapid.Permutation(commands).Draw(r, "commands")[:rapid.IntRange(0, len(commands)).Draw(r, "many")],
			Iterations: rapid.Int64Range(0, 50).Draw(r, "iterations"),
		}
		if _, err := whatif.Ask(t.Context(), e.Fork(), nine, q); err != nil {
			r.Fatal(err)
		}
		if diff := cmp.Diff(was, seen()); diff != "" {
			r.Fatal(diff)
		}
	})
}
