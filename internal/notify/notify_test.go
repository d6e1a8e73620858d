package notify_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"fettle/dispatch/engine"
	"fettle/internal/notify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var at = time.Date(2026, 7, 6, 9, 0, 0, 0, time.UTC)

func batch(events ...engine.Event) *engine.Batch {
	b := &engine.Batch{Orders: []*engine.Order{{ID: "w1", Due: engine.DueTimes{
		Accept: at.Add(time.Hour), OnSite: at.Add(2 * time.Hour), Resolve: at.Add(3 * time.Hour),
	}}}}
	for i, e := range events {
		e.Order, e.Sequence, e.Time = "w1", int64(i+7), at
		b.Events = append(b.Events, e)
	}
	return b
}

func catalog(t *testing.T) *notify.Catalog {
	t.Helper()
	c, err := notify.NewCatalog(time.FixedZone("org", 8*3600))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOutbox(t *testing.T) {
	t.Parallel()
	b := batch(
		engine.Event{Type: engine.OrderCreated, State: engine.StateNew}, engine.Event{Type: engine.OrderPinned},
		engine.Event{Type: engine.OrderAssigned, State: engine.StateAssigned, Technician: "t1"}, engine.Event{Type: engine.OrderRescheduled},
		engine.Event{Type: engine.DueBreached, State: engine.StateAssigned, Clock: engine.ClockOnSite},
		engine.Event{Type: engine.OrderCanceled, State: engine.StateCanceled, Reason: "moved out"},
	)
	rows, err := catalog(t).Outbox("default", b)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range rows {
		var m notify.Message
		if err := json.Unmarshal([]byte(w.Payload), &m); err != nil {
			t.Fatal(err)
		}
		if w.Kind != notify.DueKind || w.Key != m.ID || !w.At.Equal(at) || m.Text["en"] == "" || m.Text["zh"] == "" ||
			strings.ContainsAny(m.Text["en"]+m.Text["zh"], "{}") || m.OrderID != "w1" || m.Org != "default" {
			t.Errorf("got %+v in %+v", m, w)
		}
		promised := ""
		if m.PromisedBy != nil {
			promised = m.PromisedBy.Format("15:04")
		}
		got = append(got, strings.Join([]string{m.ID, m.Kind, string(m.To), m.Stage, m.TechnicianID, promised}, " "))
	}
	want := []string{
		"msg_default_7 work_order.acknowledged TENANT NEW  10:00", "msg_default_9 work_order.offered TECHNICIAN ASSIGNED t1 ",
		"msg_default_11 work_order.escalated SUPERVISOR " + string(engine.ClockOnSite) + "  11:00",
		"msg_default_12 work_order.canceled TENANT CANCELED  ",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if again, err := catalog(t).Outbox("default", b); err != nil || cmp.Diff(rows, again) != "" {
		t.Errorf("the same batch made other messages: %v", err)
	}
}

// TestOutboxOfOwnTemplates tells by templates that an org has written: beside and instead of the built-in ones.
func TestOutboxOfOwnTemplates(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	c.Use([]*notify.Template{
		{ID: "work_order.acknowledged", Event: engine.OrderCreated, Kind: "work_order.acknowledged", To: notify.Tenant, Versions: []notify.TemplateVersion{
			{Number: 1, State: notify.Retired, Texts: map[string]notify.Text{"en": {Text: "old"}}},
			{Number: 2, State: notify.Approved, Variables: []string{"order", "promised_by"}, Texts: map[string]notify.Text{"en": {Text: "{order} by {promised_by}"}}},
			{Number: 3, State: notify.Draft, Texts: map[string]notify.Text{"en": {Text: "new"}}},
		}},
		{ID: "report.copy", Event: engine.OrderCreated, Kind: "report.copy", To: notify.Supervisor, Versions: []notify.TemplateVersion{
			{Number: 1, State: notify.Approved, Texts: map[string]notify.Text{"en": {Text: "copy"}}},
		}},
		{ID: "work_order.offered", Event: engine.OrderAssigned, Kind: "work_order.offered", To: notify.Technician, Versions: []notify.TemplateVersion{
			{Number: 1, State: notify.Draft, Texts: map[string]notify.Text{"en": {Text: "not yet"}}},
		}},
	})
	rows, err := c.Outbox("default", batch(engine.Event{Type: engine.OrderCreated}, engine.Event{Type: engine.OrderAssigned}))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range rows {
		var m notify.Message
		if err := json.Unmarshal([]byte(w.Payload), &m); err != nil {
			t.Fatal(err)
		}
		got = append(got, m.ID+": "+m.Text["en"])
	}
	if d := cmp.Diff([]string{"msg_default_7_report.copy: copy", "msg_default_7: w1 by 2026-07-06 18:00"}, got); d != "" {
		t.Error(d)
	}
}
