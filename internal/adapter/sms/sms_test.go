package sms_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/internal/adapter/sms"
	"fettle/internal/notify/channel"
)

func letter() *channel.Letter {
	return &channel.Letter{
		Message: &channel.Message{ID: "msg_1"}, ProviderTemplate: "SMS_7", Address: "+8613800000000", Vars: map[string]string{"order": "w1"},
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		answer string
		want   channel.Outcome
	}{
		"taken":                {200, `{"code":"OK","bizId":"b1","costMicros":45000}`, channel.Outcome{Result: channel.Sent, ProviderID: "b1", Cost: 45000}},
		"too many":             {200, `{"code":"FLOW_CONTROL"}`, channel.Outcome{Result: channel.Retry, After: 7 * time.Second}},
		"too many, by status":  {429, ``, channel.Outcome{Result: channel.Retry, After: 7 * time.Second}},
		"a bad number":         {200, `{"code":"BAD_NUMBER"}`, channel.Outcome{Result: channel.Permanent}},
		"a bad request":        {400, ``, channel.Outcome{Result: channel.Permanent}},
		"a bad key":            {401, ``, channel.Outcome{Result: channel.Retry, After: 7 * time.Second}},
		"an answer in pieces":  {200, `{"co`, channel.Outcome{Result: channel.Unknown}},
		"an answer of nothing": {200, `{}`, channel.Outcome{Result: channel.Unknown}},
		"it broke":             {500, ``, channel.Outcome{Result: channel.Unknown}},
		"it moved":             {302, ``, channel.Outcome{Result: channel.Permanent}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got map[string]any
			provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "Bearer secret" || json.NewDecoder(r.Body).Decode(&got) != nil {
					t.Errorf("got %v", r.Header)
				}
				w.Header().Set("Retry-After", "7")
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.answer))
			}))
			defer provider.Close()
			s := sms.New(sms.Config{URL: provider.URL, Key: "secret", Signature: "Fettle"})
			defer s.Close()
			o := s.Send(t.Context(), letter())
			if (o.Err == nil) != (o.Result == channel.Sent) {
				t.Errorf("got the error %v", o.Err)
			}
			o.Err = nil
			if d := cmp.Diff(c.want, o); d != "" {
				t.Error(d)
			}
			want := map[string]any{
				"signature": "Fettle", "templateId": "SMS_7", "phone": "+8613800000000", "outId": "msg_1", "params": map[string]any{"order": "w1"},
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestLostOnTheWay tells a letter that cannot have left from one that may have.
func TestLostOnTheWay(t *testing.T) {
	t.Parallel()
	provider := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	s := sms.New(sms.Config{URL: provider.URL})
	defer s.Close()
	if o := s.Send(t.Context(), letter()); o.Result != channel.Unknown || o.Err == nil {
		t.Errorf("cut off: got %+v", o)
	}
	provider.Close()
	if o := s.Send(t.Context(), letter()); o.Result != channel.Retry || o.Err == nil {
		t.Errorf("nobody there: got %+v", o)
	}
}

func TestReceipts(t *testing.T) {
	t.Parallel()
	s := sms.New(sms.Config{Idempotent: true, Cost: 5})
	got, err := s.Receipts([]byte(`{"receipts":[
		{"outId":"m1","bizId":"b1","state":"DELIVERED","at":"2026-07-06T09:00:00Z","costMicros":7},{"outId":"m2","state":"FAILED","code":"OFF"}]}`))
	want := []channel.Receipt{
		{MessageID: "m1", ProviderID: "b1", Delivered: true, At: time.Date(2026, 7, 6, 9, 0, 0, 0, time.UTC), Cost: 7}, {MessageID: "m2", Detail: "OFF"},
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(d, err)
	}
	for _, bad := range []string{`[]`, `{"receipts":[{"outId":"m1","state":"MAYBE"}]}`, `{"receipts":[{"state":"FAILED"}]}`} {
		if _, err := s.Receipts([]byte(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
	if can := s.Capabilities(); !can.Idempotent || can.Cost != 5 || !can.NeedsApproval || !can.Disturbs {
		t.Errorf("got %+v", can)
	}
	if o := sms.New(sms.Config{URL: "http://%zz"}).Send(t.Context(), letter()); o.Result != channel.Retry || errors.Is(o.Err, channel.ErrRefused) {
		t.Errorf("no address: got %+v", o)
	}
}
