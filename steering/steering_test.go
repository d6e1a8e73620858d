package steering_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/invalid"
	"fettle/steering"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	steps := []dispatch.LatenessStep{{After: 60}, {After: 60}}
	for field, p := range map[string]steering.Policy{
		"":                           {Name: "a", Rule: engine.Rule{Mode: engine.ModeVeto}, Teams: []engine.Rule{{Team: "north"}, {Team: "south"}}},
		"displayName":                {},
		"rule.territory":             {Name: "a", Rule: engine.Rule{Team: "north"}},
		"rule.mode":                  {Name: "a", Rule: engine.Rule{Mode: "HOPE"}},
		"rule.vetoWindow":            {Name: "a", Rule: engine.Rule{Mode: engine.ModeAuto, Veto: time.Minute}},
		"teams[0].territory":         {Name: "a", Teams: []engine.Rule{{}}},
		"teams[1].territory":         {Name: "a", Teams: []engine.Rule{{Team: "x"}, {Team: "x"}}},
		"teams[0].mode":              {Name: "a", Teams: []engine.Rule{{Team: "x", Mode: "y"}}},
		"weights.unserved":           {Name: "a", Weights: &engine.Weights{}},
		"weights.normal[1].after":    {Name: "a", Weights: &engine.Weights{Unserved: 1, Normal: steps}},
		"weights.emergency[1].after": {Name: "a", Weights: &engine.Weights{Unserved: 1, Emergency: steps}},
	} {
		err := p.Check()
		var wrong *invalid.Error
		switch {
		case field == "" && err != nil:
			t.Errorf("a policy that is whole: %v", err)
		case field == "" && (p.Rule.Veto != steering.DefaultVeto || p.Teams[0].Mode != engine.ModeAuto):
			t.Errorf("defaults: %+v", p)
		case field != "" && (!errors.As(err, &wrong) || wrong.Field != field):
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestTally reads a log in which one suggestion is followed, one is changed, one is not opposed, one lapses and one waits.
func TestTally(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return time.Date(2026, 3, 2, 9, minute, 0, 0, time.UTC) }
	var log []engine.Event
	add := func(minute int, ev engine.Event) {
		ev.Sequence, ev.Time = int64(len(log)+1), at(minute)
		log = append(log, ev)
	}
	offer := func(who string, travel int64) *engine.Assignment {
		a := &engine.Assignment{Technician: dispatch.TechnicianID(who), Policy: "po_1", PolicyVersion: 2}
		a.Cost[dispatch.TermTravel] = travel
		return a
	}
	for _, id := range []dispatch.WorkOrderID{"followed", "changed", "unopposed", "lapsed", "waits", "auto"} {
		add(0, engine.Event{Type: engine.OrderCreated, Order: id, Due: &engine.DueTimes{OnSite: at(30)}})
		if id != "auto" {
			add(0, engine.Event{Type: engine.OrderSuggested, Order: id, Assignment: offer("li", 100)})
		}
	}
	add(1, engine.Event{Type: engine.SuggestionRejected, Order: "followed"})
	add(1, engine.Event{Type: engine.OrderSuggested, Order: "followed", Assignment: offer("wang", 150)})
	add(4, engine.Event{Type: engine.OrderAssigned, Order: "followed", Actor: "ops", Assignment: offer("wang", 150)})
	add(2, engine.Event{Type: engine.OrderAssigned, Order: "changed", Actor: "ops", Reason: "knows the house", Assignment: offer("wang", 400)})
	add(5, engine.Event{Type: engine.OrderAssigned, Order: "unopposed", Actor: "service", Assignment: offer("li", 100)})
	add(6, engine.Event{Type: engine.OrderCanceled, Order: "lapsed"})
	add(6, engine.Event{Type: engine.OrderAssigned, Order: "auto", Actor: "service", Assignment: offer("li", 1)})
	add(20, engine.Event{Type: engine.OrderArrived, Order: "followed"})
	add(40, engine.Event{Type: engine.OrderArrived, Order: "changed"})
	add(41, engine.Event{Type: engine.OrderReopened, Order: "changed", Due: &engine.DueTimes{OnSite: at(90)}})

	var tally steering.Tally
	tally.Add(log[:7])
	tally.Add(log[7:])
	want := steering.Score{
		Waiting: 1, Followed: 1, Unopposed: 1, Changed: 1, Lapsed: 1, Rejected: 1, Thought: 5 * time.Minute,
		AsSuggested: steering.Kept{Told: 1, OnTime: 1}, AsChanged: steering.Kept{Told: 1},
		Latest: []steering.Change{{Order: "changed", Time: at(2), Suggested: "li", To: "wang", Actor: "ops", Reason: "knows the house", Extra: 300}},
	}
	want.Extra[dispatch.TermTravel] = 300
	if diff := cmp.Diff(want, tally.Score("po_1")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(steering.Score{}, tally.Score("po_2")); diff != "" || tally.Last() != int64(len(log)) {
		t.Error(diff)
	}
}
