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

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/clock"
	"fettle/internal/due"
	"fettle/internal/notify"
	"fettle/ledger"
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

// store keeps what was settled, and fails while told to.
type store struct {
	settled []ledger.Outcome
	later   []engine.Event
	err     error
}

func (s *store) SettleDue(_ context.Context, _ org.ID, _ ledger.DueWork, out ledger.Outcome) error {
	if s.err == nil {
		s.settled = append(s.settled, out)
	}
	return s.err
}

func (s *store) OrderEvents(context.Context, org.ID, dispatch.WorkOrderID, int64, int) ([]engine.Event, error) {
	return s.later, nil
}

// sink takes messages with a status that may change.
type sink struct {
	*httptest.Server
	status   int
	received []notify.Message
}

func newSink(t *testing.T) *sink {
	t.Helper()
	k := &sink{status: http.StatusAccepted}
	k.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m notify.Message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		k.received = append(k.received, m)
		w.WriteHeader(k.status)
	}))
	t.Cleanup(k.Close)
	return k
}

func TestSend(t *testing.T) {
	t.Parallel()
	k, s, now := newSink(t), &store{}, clock.NewFake(at)
	sender := notify.NewSender(k.URL, "default", s, now)
	defer sender.Close()
	rows, err := notify.Outbox("default", batch(engine.Event{Type: engine.OrderCreated}))
	if err != nil {
		t.Fatal(err)
	}
	w := rows[0]
	w.Attempt, w.Claim, k.status = 1, "c", http.StatusInternalServerError
	if err := sender.Send(t.Context(), w); err == nil || !strings.Contains(err.Error(), "500") || errors.Is(err, due.ErrHopeless) {
		t.Fatalf("got %v, want what the sink said", err)
	}
	k.status = http.StatusAccepted
	now.Advance(2 * time.Minute)
	s.err = errors.New("disk")
	w.Attempt++
	if err := sender.Send(t.Context(), w); err == nil || !strings.Contains(err.Error(), "will be again") {
		t.Fatalf("got %v, want that it will be sent again", err)
	}
	s.err = nil
	w.Attempt++
	if err := sender.Send(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	want := []ledger.Outcome{{Kind: w.Kind, Key: w.Key, Due: w.At, Settled: now.Now(), Fate: ledger.FateLate, Attempt: 3}}
	if d := cmp.Diff(want, s.settled); d != "" {
		t.Error(d)
	}
	var got []string
	for _, m := range k.received {
		got = append(got, m.ID+strings.Repeat("!", m.Attempt)+map[bool]string{true: " late"}[m.Late])
	}
	if d := cmp.Diff([]string{"msg_default_7!", "msg_default_7!! late", "msg_default_7!!! late"}, got); d != "" {
		t.Error(d)
	}
	if err := sender.Send(t.Context(), ledger.DueWork{Key: "x", Payload: "no JSON"}); !errors.Is(err, due.ErrHopeless) {
		t.Errorf("a row that is no message: %v", err)
	}
	k.status = http.StatusUnprocessableEntity
	if err := sender.Send(t.Context(), w); !errors.Is(err, due.ErrHopeless) {
		t.Errorf("a message that the sink never takes: %v", err)
	}
}

// TestCatchUpAfterAnOutage: what is too old is not told when a later message says what is so now, and its fate is kept.
func TestCatchUpAfterAnOutage(t *testing.T) {
	t.Parallel()
	rows, err := notify.Outbox("default", batch(engine.Event{Type: engine.OrderCreated}))
	if err != nil {
		t.Fatal(err)
	}
	later := []engine.Event{
		{Sequence: 20, Type: engine.OrderAccepted, Time: at.Add(time.Hour)},
		{Sequence: 21, Type: engine.OrderCompleted, Time: at.Add(3 * time.Hour)},
	}
	const day = 24 * time.Hour
	for _, c := range []struct {
		name  string
		down  time.Duration
		later []engine.Event
		fate  ledger.Fate
		note  string
		sent  int
	}{
		{"no outage", 0, nil, ledger.FateDone, "", 1},
		{"an hour", time.Hour, later[:1], ledger.FateLate, "", 1},
		{"14 days", 14 * day, later, ledger.FateSuperseded, "by msg_default_21", 0},
		{"14 days, the last", 14 * day, nil, ledger.FateLate, "", 1},
		{"45 days, told to somebody else", 45 * day, []engine.Event{{Sequence: 20, Type: engine.OrderAssigned, Time: at.Add(time.Hour)}}, ledger.FateLate, "", 1},
	} {
		k, s, now := newSink(t), &store{later: c.later}, clock.NewFake(at.Add(c.down))
		sender := notify.NewSender(k.URL, "default", s, now)
		if err := sender.Send(t.Context(), rows[0]); err != nil {
			t.Fatal(err)
		}
		sender.Close()
		if len(s.settled) != 1 || s.settled[0].Fate != c.fate || s.settled[0].Note != c.note || len(k.received) != c.sent {
			t.Errorf("%s: got %+v and %d messages, want %s %q and %d", c.name, s.settled, len(k.received), c.fate, c.note, c.sent)
		}
	}
}
