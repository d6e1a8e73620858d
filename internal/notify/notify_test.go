package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"fettle/dispatch/engine"
	"fettle/internal/clock"
	"fettle/internal/notify"
	"fettle/org"
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

func TestOutbox(t *testing.T) {
	t.Parallel()
	b := batch(
		engine.Event{Type: engine.OrderCreated, State: engine.StateNew}, engine.Event{Type: engine.OrderPinned},
		engine.Event{Type: engine.OrderAssigned, State: engine.StateAssigned, Technician: "t1"}, engine.Event{Type: engine.OrderRescheduled},
		engine.Event{Type: engine.DueBreached, State: engine.StateAssigned, Clock: engine.ClockOnSite},
		engine.Event{Type: engine.OrderCanceled, State: engine.StateCanceled, Reason: "moved out"},
	)
	rows, err := notify.Outbox("default", b)
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
	if again, err := notify.Outbox("default", b); err != nil || cmp.Diff(rows, again) != "" {
		t.Errorf("the same batch made other messages: %v", err)
	}
}

// store keeps what was committed, and fails while told to.
type store struct {
	batches []*engine.Batch
	err     error
}

func (s *store) Commit(_ context.Context, _ org.ID, b *engine.Batch) error {
	if s.err == nil {
		s.batches = append(s.batches, b)
	}
	return s.err
}

func TestSend(t *testing.T) {
	t.Parallel()
	status, received := http.StatusInternalServerError, []notify.Message{}
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m notify.Message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		received = append(received, m)
		w.WriteHeader(status)
	}))
	defer sink.Close()
	s, now := &store{}, clock.NewFake(at)
	sender := notify.NewSender(sink.URL, "default", s, now)
	defer sender.Close()
	rows, err := notify.Outbox("default", batch(engine.Event{Type: engine.OrderCreated}))
	if err != nil {
		t.Fatal(err)
	}
	w := rows[0]
	if err := sender.Send(t.Context(), w); err == nil || !strings.Contains(err.Error(), "500") {
		t.Fatalf("got %v, want what the sink said", err)
	}
	kept := s.batches[0].DueSet[0]
	if !kept.At.Equal(w.At) || kept.Key != w.Key {
		t.Errorf("the row became %+v, want it where it was", kept)
	}
	status = http.StatusAccepted
	now.Advance(2 * time.Minute)
	s.err = errors.New("disk")
	if err := sender.Send(t.Context(), kept); err == nil || !strings.Contains(err.Error(), "will be again") {
		t.Fatalf("got %v, want that it will be sent again", err)
	}
	s.err = nil
	if err := sender.Send(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	if done := s.batches[1].DueDone; len(done) != 1 || done[0].Key != w.Key {
		t.Errorf("got %+v, want the row removed", done)
	}
	var got []string
	for _, m := range received {
		got = append(got, m.ID+strings.Repeat("!", m.Attempt)+map[bool]string{true: " late"}[m.Late])
	}
	if d := cmp.Diff([]string{"msg_default_7!", "msg_default_7!! late", "msg_default_7!! late"}, got); d != "" {
		t.Error(d)
	}
	if err := sender.Send(t.Context(), engine.DueWork{Key: "x", Payload: "no JSON"}); err == nil {
		t.Error("a row that is no message was sent")
	}
}
