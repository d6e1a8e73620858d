package sink_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"fettle/internal/adapter/sink"
	"fettle/internal/notify/channel"
)

func TestSink(t *testing.T) {
	t.Parallel()
	status := http.StatusInternalServerError
	received := map[string]any{}
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&received); err != nil || r.Method != http.MethodPost {
			t.Error(r.Method, err)
		}
		w.WriteHeader(status)
	}))
	s := sink.New(listener.URL, 1)
	defer s.Close()
	l := &channel.Letter{Message: &channel.Message{
		ID: "msg_1", Kind: "work_order.acknowledged", OrderID: "w1", Stage: "NEW", DueAt: time.Unix(0, 0).UTC(), Attempt: 2, Late: true,
	}}
	if o := s.Send(t.Context(), l); o.Result != channel.Retry || !strings.Contains(o.Err.Error(), "500") {
		t.Errorf("got %+v", o)
	}
	status = http.StatusAccepted
	if o := s.Send(t.Context(), l); o.Result != channel.Sent || o.Err != nil {
		t.Errorf("got %+v", o)
	}
	for name, want := range map[string]any{ // the contract with whoever checks from outside
		"message_id": "msg_1", "kind": "work_order.acknowledged", "order_id": "w1", "stage": "NEW", "due_at": "1970-01-01T00:00:00Z",
		"attempt": 2.0, "late": true,
	} {
		if received[name] != want {
			t.Errorf("%s is %v, want %v", name, received[name], want)
		}
	}
	listener.Close()
	if o := s.Send(t.Context(), l); o.Result != channel.Retry || !s.Capabilities().Idempotent {
		t.Errorf("nobody there: got %+v", o)
	}
}
