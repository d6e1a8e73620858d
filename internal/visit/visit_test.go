package visit_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"fettle/dispatch/engine"
	"fettle/internal/visit"
)

var morning = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)

// minute is so many minutes after the morning.
func minute(n int) time.Time { return morning.Add(time.Duration(n) * time.Minute) }

// Reported, given to li, declined, given to wang; a part is missing; done by wang on the second visit; it drips again.
func TestVisits(t *testing.T) {
	t.Parallel()
	given := func(n int, who string) engine.Event {
		a := &engine.Assignment{Arrival: minute(n + 30), End: minute(n + 60)}
		a.Technician = "li"
		if who != "li" {
			a.Technician = "wang"
		}
		return engine.Event{Type: engine.OrderAssigned, Time: minute(n), Technician: a.Technician, Assignment: a}
	}
	events := []engine.Event{
		{Type: engine.OrderCreated, Time: minute(0)},
		given(0, "li"),
		{Type: engine.OrderDeclined, Time: minute(2), Technician: "li", Reason: "ill"},
		given(2, "wang"),
		{Type: engine.OrderAccepted, Time: minute(3), Technician: "wang"},
		{Type: engine.OrderDeparted, Time: minute(5), Technician: "wang"},
		{Type: engine.OrderArrived, Time: minute(20), Technician: "wang"},
		{Type: engine.OrderStarted, Time: minute(21), Technician: "wang"},
		{Type: engine.OrderPaused, Time: minute(30), Technician: "wang", Reason: "PART_MISSING"},
		{Type: engine.OrderResumed, Time: minute(100), Again: true},
		given(100, "wang"),
		{Type: engine.OrderAccepted, Time: minute(101), Technician: "wang"},
		{Type: engine.OrderDeparted, Time: minute(110), Technician: "wang"},
		{Type: engine.OrderArrived, Time: minute(120), Technician: "wang"},
		{Type: engine.OrderStarted, Time: minute(121), Technician: "wang"},
		{Type: engine.OrderPaused, Time: minute(125), Technician: "wang", Reason: "lunch"},
		{Type: engine.OrderResumed, Time: minute(160), Technician: "wang"},
		{Type: engine.OrderCompleted, Time: minute(170), Technician: "wang"},
		{Type: engine.OrderReopened, Time: minute(500), Again: true, Reason: "it drips again"},
		{Type: engine.OrderCanceled, Time: minute(600), Reason: "moved out"},
	}
	want := []visit.Visit{
		{
			Number: 1, State: visit.Failed, Cause: visit.Reported, Reason: "PART_MISSING", Technician: "wang", Arrival: minute(32), End: minute(62), Created: minute(0),
			Offered: minute(2), AcceptedAt: minute(3), Departed: minute(5), Arrived: minute(20), Started: minute(21), Ended: minute(30), Reassignments: 1,
		},
		{
			Number: 2, State: visit.Completed, Cause: visit.Continued, Technician: "wang", Arrival: minute(130), End: minute(160), Created: minute(100),
			Offered: minute(100), AcceptedAt: minute(101), Departed: minute(110), Arrived: minute(120), Started: minute(121), Ended: minute(170),
		},
		{Number: 3, State: visit.Canceled, Cause: visit.Reopened, Reason: "moved out", Created: minute(500), Ended: minute(600)},
	}
	got := visit.Of(events)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(visit.Visit{})); diff != "" {
		t.Error(diff)
	}
	if at := visit.Of(events[:9]); at[0].State != visit.Paused || at[0].Reason != "PART_MISSING" {
		t.Errorf("while it waits: %+v", at)
	}
	if at := visit.Of(events[:3]); at[0].State != visit.Planned || at[0].Technician != "" {
		t.Errorf("declined: %+v", at)
	}
	if got := visit.Of(nil); got != nil {
		t.Errorf("of nothing: %+v", got)
	}
}
