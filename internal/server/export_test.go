package server

import (
	"strings"
	"testing"
	"time"

	"fettle/dispatch/engine"
)

// TestLine: what people write stays in its field, and any change of an entry changes its line.
func TestLine(t *testing.T) {
	t.Parallel()
	event := func() *engine.Event {
		return &engine.Event{
			Sequence: 7, Type: engine.OrderPaused, Time: time.Date(2026, 3, 9, 12, 0, 0, 5, time.FixedZone("", 8*3600)), Actor: "li", Technician: "te_1",
			State: engine.StatePaused,
		}
	}
	got := line(event(), "waits\tfor\na \\part\r", "89")
	want := `7	2026-03-09T04:00:00.000000005Z	work_order.paused	PAUSED	li	te_1	89	waits\tfor\na \\part\r`
	if got != want {
		t.Errorf("got  %q, want %q", got, want)
	}
	if strings.Count(got, "\t") != 7 || strings.ContainsAny(got, "\n\r") {
		t.Errorf("fields run into each other: %q", got)
	}
	for name, change := range map[string]func(*engine.Event){
		"sequence": func(e *engine.Event) { e.Sequence++ }, "time": func(e *engine.Event) { e.Time = e.Time.Add(1) },
		"type": func(e *engine.Event) { e.Type = engine.OrderResumed }, "state": func(e *engine.Event) { e.State = engine.StateWorking },
		"actor": func(e *engine.Event) { e.Actor = "wu" }, "technician": func(e *engine.Event) { e.Technician = "te_2" },
	} {
		e := event()
		change(e)
		if line(e, "waits", "89") == line(event(), "waits", "89") {
			t.Errorf("another %s, the same line", name)
		}
	}
}
