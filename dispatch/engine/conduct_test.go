package engine_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
)

// steered is a territory of two plumbers that follows some rules.
func steered(t interface {
	Helper()
	Fatal(args ...any)
}, rules ...engine.Rule,
) (*engine.Engine, time.Time) {
	t.Helper()
	e, now, err := hired()
	if err != nil {
		t.Fatal(err)
	}
	obey(t, e, now, engine.Steer{Conduct: engine.Conduct{Policy: "po_1", Version: 3, Rules: rules}})
	return e, now
}

func obey(t interface {
	Helper()
	Fatal(args ...any)
}, e *engine.Engine, now time.Time, c engine.Command,
) []engine.Event {
	t.Helper()
	events, err := e.Decide(now, "ops", c)
	if err != nil {
		t.Fatal(err)
	}
	e.Evolve(events)
	e.Commit()
	return events
}

func wanting(north float64) engine.Wish {
	return engine.Wish{Location: geo.Point{Lat: north, Lon: 120.2}, Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: 1}}}
}

func TestModesAskBeforeTheyAssign(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode    engine.Mode
		state   engine.State
		applies bool
	}{
		{engine.ModeAuto, engine.StateAssigned, false},
		{engine.ModeVeto, engine.StateNew, true},
		{engine.ModeSuggest, engine.StateNew, false},
		{engine.ModeShadow, engine.StateNew, false},
	} {
		t.Run(string(c.mode), func(t *testing.T) {
			t.Parallel()
			e, now := steered(t, engine.Rule{Mode: c.mode, Veto: 10 * time.Minute})
			obey(t, e, now, engine.CreateOrder{ID: "leak", Wish: wanting(30.21)})
			o, _ := e.Order("leak")
			if o.State != c.state || (o.Suggestion != nil) != (c.state == engine.StateNew) {
				t.Fatalf("%s with suggestion %+v, want %s", o.State, o.Suggestion, c.state)
			}
			if c.state == engine.StateAssigned {
				if o.Assignment.Policy != "po_1" || o.Assignment.PolicyVersion != 3 {
					t.Errorf("decided by %s@%d, want po_1@3", o.Assignment.Policy, o.Assignment.PolicyVersion)
				}
				return
			}
			if o.Suggestion.Technician != "t1" || o.Suggestion.Cost.Total() <= 0 || o.Suggestion.Policy != "po_1" || o.Suggestion.Applies.IsZero() == c.applies {
				t.Errorf("suggested %+v", o.Suggestion)
			}
			due := slices.ContainsFunc(engine.DueOf(o), func(w engine.DueWork) bool { return w.Kind == engine.DueSuggestion })
			if due != c.applies {
				t.Errorf("due work of the suggestion: %v, want %v", due, c.applies)
			}
			for _, minutes := range []int{1, 5, 60} { // asking again changes nothing
				if events := obey(t, e, now.Add(time.Duration(minutes)*time.Minute), engine.Advance{}); c.mode != engine.ModeVeto && len(events) > 0 {
					t.Errorf("after %d minutes: %+v", minutes, events)
				}
			}
		})
	}
}

func TestDispatchersDecideAboutSuggestions(t *testing.T) {
	t.Parallel()
	e, now := steered(t, engine.Rule{Mode: engine.ModeSuggest})
	obey(t, e, now, engine.CreateOrder{ID: "leak", Wish: wanting(30.21)})
	obey(t, e, now, engine.Act{Verb: engine.RejectSuggestion, Order: "leak", Reason: "on leave"})
	o, _ := e.Order("leak")
	if o.Suggestion == nil || o.Suggestion.Technician != "t0" {
		t.Fatalf("after an objection %+v, want the other one", o.Suggestion)
	}
	obey(t, e, now, engine.Act{Verb: engine.AcceptSuggestion, Order: "leak"})
	if o, _ = e.Order("leak"); o.State != engine.StateAssigned || o.TechnicianID() != "t0" || o.Suggestion != nil {
		t.Fatalf("after the acceptance: %s %s %+v", o.State, o.TechnicianID(), o.Suggestion)
	}
	_, err := e.Decide(now, "ops", engine.Act{Verb: engine.AcceptSuggestion, Order: "leak"})
	var conflict *engine.ConflictError
	if !errors.As(err, &conflict) {
		t.Errorf("accepted twice: %v", err)
	}
	_, err = e.Decide(now, "ops", engine.Act{Verb: engine.RejectSuggestion, Order: "leak"})
	var invalid *dispatch.InvalidError
	if !errors.As(err, &invalid) || invalid.Field != "reason" {
		t.Errorf("an objection without a reason: %v", err)
	}
	obey(t, e, now, engine.Act{Verb: engine.RejectSuggestion, Order: "leak", Reason: "a slip of the hand"})
	if o, _ = e.Order("leak"); o.State != engine.StateNew || o.Assignment != nil || o.Suggestion == nil || o.Suggestion.Technician != "t0" {
		t.Errorf("taken back: %s %+v, want the suggestion as it was", o.State, o)
	}
	obey(t, e, now, engine.Act{Verb: engine.AcceptSuggestion, Order: "leak"})
	obey(t, e, now, engine.Act{Verb: engine.Accept, Order: "leak"})
	if _, err = e.Decide(now, "ops", engine.Act{Verb: engine.RejectSuggestion, Order: "leak", Reason: "too late"}); !errors.As(err, &conflict) {
		t.Errorf("taken back from who has accepted: %v", err)
	}
}

func TestVetoWindow(t *testing.T) {
	t.Parallel()
	e, now := steered(t, engine.Rule{Mode: engine.ModeVeto, Veto: 10 * time.Minute})
	obey(t, e, now, engine.CreateOrder{ID: "leak", Wish: wanting(30.21)})
	apply := engine.ApplySuggestion{Order: "leak", Made: now}
	if events := obey(t, e, now.Add(9*time.Minute), apply); len(events) > 0 {
		t.Errorf("before the window is over: %+v", events)
	}
	if events := obey(t, e, now.Add(10*time.Minute), engine.ApplySuggestion{Order: "leak", Made: now.Add(time.Second)}); len(events) > 0 {
		t.Errorf("another suggestion: %+v", events)
	}
	obey(t, e, now.Add(10*time.Minute), apply)
	if o, _ := e.Order("leak"); o.State != engine.StateAssigned || o.TechnicianID() != "t1" {
		t.Errorf("nobody objected: %s %s", o.State, o.TechnicianID())
	}
}

func TestSickInATeamThatIsAsked(t *testing.T) {
	t.Parallel()
	e, now := steered(t, engine.Rule{Mode: engine.ModeAuto}, engine.Rule{Team: "east", Mode: engine.ModeSuggest})
	east := wanting(30.21)
	east.Territory = "east"
	obey(t, e, now, engine.CreateOrder{ID: "asked", Wish: east})
	obey(t, e, now, engine.Act{Verb: engine.AcceptSuggestion, Order: "asked"})
	obey(t, e, now, engine.CreateOrder{ID: "free", Wish: wanting(30.2101)})
	obey(t, e, now, engine.EndShift{ID: "t1", Reason: "sick"})
	if o, _ := e.Order("asked"); o.State != engine.StateNew || o.Suggestion == nil {
		t.Errorf("the engine has moved what is not its own to move: %s %+v", o.State, o.Suggestion)
	}
	if o, _ := e.Order("free"); o.TechnicianID() != "t0" {
		t.Errorf("the order of another team is with %q, want t0", o.TechnicianID())
	}
}

// TestLadderIsClimbed goes from SUGGEST to AUTO: what waits is assigned soon.
func TestLadderIsClimbed(t *testing.T) {
	t.Parallel()
	e, now := steered(t, engine.Rule{Mode: engine.ModeSuggest})
	obey(t, e, now, engine.CreateOrder{ID: "leak", Wish: wanting(30.21)})
	next := engine.Steer{Conduct: engine.Conduct{Policy: "po_2", Version: 4}}
	if events := obey(t, e, now, next); len(events) != 1 || events[0].Type != engine.PolicyApplied {
		t.Errorf("steered: %+v", events)
	}
	if events := obey(t, e, now, next); len(events) != 0 {
		t.Errorf("steered twice: %+v", events)
	}
	obey(t, e, now.Add(time.Second), engine.Advance{})
	if o, _ := e.Order("leak"); o.State != engine.StateAssigned || o.Assignment.PolicyVersion != 4 {
		t.Errorf("%s by version %d, want it assigned by version 4", o.State, o.Assignment.PolicyVersion)
	}
}

// TestRollbackOfSteering tries a policy whose commit fails: nothing of it stays.
func TestRollbackOfSteering(t *testing.T) {
	t.Parallel()
	e, now := steered(t, engine.Rule{Mode: engine.ModeAuto})
	policy := e.Policy()
	w := engine.WeightsOf(&policy)
	w.MovedPromise = 12345
	events, err := e.Decide(now, "ops", engine.Steer{Conduct: engine.Conduct{Policy: "po_2", Weights: &w}})
	if err != nil {
		t.Fatal(err)
	}
	e.Evolve(events)
	if e.Policy().NotPreferred != 12345 || e.Conduct().Policy != "po_2" {
		t.Fatalf("not followed: %+v", e.Conduct())
	}
	if err := e.Rollback(); err != nil {
		t.Fatal(err)
	}
	if e.Policy().NotPreferred == 12345 || e.Conduct().Policy != "po_1" {
		t.Errorf("rolled back, and still %+v", e.Conduct())
	}
}

// TestFreeze has three visits in an order that suits the emergencies among them, and offers one that saves travel when nothing
// else counts any more: what begins soon stays as it is.
func TestFreeze(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		freeze time.Duration
		moves  bool
	}{{0, true}, {4 * time.Hour, false}} {
		e, now, err := hired()
		if err != nil {
			t.Fatal(err)
		}
		obey(t, e, now, engine.DeleteTechnician{ID: "t1"})
		for i, north := range []float64{30.25, 30.15, 30.26} { // home is at 30.2
			w := wanting(north)
			if i < 2 {
				w.Urgency = dispatch.UrgencyEmergency
			}
			obey(t, e, now, engine.CreateOrder{ID: dispatch.WorkOrderID(string(rune('a' + i))), Wish: w})
		}
		obey(t, e, now, engine.Steer{Conduct: engine.Conduct{Policy: "po_1", Weights: &engine.Weights{Unserved: 1e8}, Freeze: c.freeze}})
		was := sequence(e, now)
		s, err := e.Snapshot(now)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := s.Improve(t.Context(), 1, 500, 0)
		if err != nil {
			t.Fatal(err)
		}
		obey(t, e, now, engine.AdoptPlan{Snapshot: s, Plan: plan})
		if is := sequence(e, now); (is != was) != c.moves {
			t.Errorf("frozen for %s: %s, was %s", c.freeze, is, was)
		}
	}
}

// sequence is the orders of t0 in the order of the route.
func sequence(e *engine.Engine, now time.Time) (out string) {
	r, _ := e.Route("t0", now)
	for _, s := range r.Stops {
		out += string(s.Order.ID)
	}
	return out
}

// TestNothingIsAssignedInShadow does what it likes to a territory in shadow: only people assign.
func TestNothingIsAssignedInShadow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		e, now := steered(r, engine.Rule{Mode: engine.ModeShadow})
		for i := range rapid.IntRange(1, 25).Draw(r, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 1800).Draw(r, "seconds")) * time.Second)
			var c engine.Command = engine.Advance{}
			switch rapid.IntRange(0, 5).Draw(r, "what") {
			case 0, 1:
				c = engine.CreateOrder{ID: dispatch.WorkOrderID(string(rune('a' + i))), Wish: wanting(30.2 + float64(i)/100)}
			case 2:
				c = engine.EndShift{ID: "t0"}
			case 3:
				s, err := e.Snapshot(now)
				if err != nil {
					r.Fatal(err)
				}
				plan, err := s.Improve(t.Context(), 1, 20, 0)
				if err != nil {
					r.Fatal(err)
				}
				c = engine.AdoptPlan{Snapshot: s, Plan: plan}
			case 4:
				c = engine.StartShift{ID: "t0", End: now.Add(time.Hour)}
			}
			events, err := e.Decide(now, "service", c)
			if err != nil {
				continue
			}
			e.Evolve(events)
			e.Commit()
			for _, ev := range events {
				if ev.Type == engine.OrderAssigned {
					r.Fatalf("%T assigned %s to %s", c, ev.Order, ev.Technician)
				}
			}
		}
	})
}
