package hooks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"fettle/dispatch/engine"
	"fettle/internal/clock"
	"fettle/internal/dialguard"
	"fettle/internal/hooks"
	"fettle/ledger"
	"fettle/ledger/ledgertest"
	"fettle/org"
	"fettle/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var at = time.Date(2026, 7, 6, 9, 0, 0, 0, time.UTC)

// listener is an endpoint that answers as it is told, and keeps what it was sent.
type listener struct {
	*httptest.Server
	mu      sync.Mutex
	answers []int // the last one stays; 200 without any
	after   string
	got     []http.Header
	bodies  []string
}

func listen(t *testing.T, answers ...int) *listener {
	t.Helper()
	l := &listener{answers: answers}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.got, l.bodies = append(l.got, r.Header), append(l.bodies, string(body))
		status := http.StatusOK
		if len(l.answers) > 0 {
			status = l.answers[0]
			l.answers = l.answers[min(1, len(l.answers)-1):]
		}
		if l.after != "" {
			w.Header().Set("Retry-After", l.after)
		}
		w.Header().Set("Location", l.URL)
		w.WriteHeader(status)
	}))
	t.Cleanup(l.Close)
	return l
}

// house is a sender with its store and its clock.
type house struct {
	t      *testing.T
	store  *ledgertest.Store
	now    *clock.Fake
	sender *hooks.Sender
}

func newHouse(t *testing.T, allow ...string) *house {
	t.Helper()
	h := &house{t: t, store: &ledgertest.Store{}, now: clock.NewFake(at)}
	var prefixes []netip.Prefix
	for _, a := range allow {
		prefixes = append(prefixes, netip.MustParsePrefix(a))
	}
	var err error
	h.sender, err = hooks.Open(t.Context(), hooks.Config{
		Org: "default", Store: h.store, Clock: h.now, Guard: dialguard.New(prefixes), Woken: func(string, time.Time) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.sender.Close)
	return h
}

const (
	first  = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	second = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)

func (h *house) add(id, url string, types ...string) *hooks.Endpoint {
	h.t.Helper()
	e := &hooks.Endpoint{ID: id, Version: 1, State: hooks.Enabled, URL: url, Types: types, Created: at, Updated: at}
	e.Rotate(first, at)
	h.put(e)
	return e
}

func (h *house) put(e *hooks.Endpoint) {
	h.t.Helper()
	l, err := e.Encode()
	if err == nil {
		err = h.store.Apply(h.t.Context(), "default", &ledger.Change{Records: []ledger.Record{l}})
	}
	if err == nil {
		err = h.sender.Reload(h.t.Context())
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) happen(types ...engine.EventType) {
	h.t.Helper()
	b := &engine.Batch{}
	for i, eventType := range types {
		b.Events = append(b.Events, engine.Event{Type: eventType, Order: "w1", Sequence: int64(i + 7), Time: at, State: engine.StateNew, Reason: "told by Wang"})
	}
	rows, err := h.sender.Outbox("default", b)
	if err == nil {
		err = h.store.Apply(h.t.Context(), "default", &ledger.Change{DueSet: rows})
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// sweep does what is due, once.
func (h *house) sweep() {
	h.t.Helper()
	rows, err := h.store.Due(h.t.Context(), "default", ledger.DueFilter{}, h.now.Now(), 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, w := range rows {
		if err := h.sender.Deliver(h.t.Context(), w); err != nil {
			h.t.Fatal(err)
		}
	}
}

func (h *house) delivery(id string) *hooks.Delivery {
	h.t.Helper()
	l, err := h.store.Record(h.t.Context(), "default", hooks.DeliveryKind, id)
	if err != nil {
		h.t.Fatal(err)
	}
	d, err := hooks.DecodeDelivery(l)
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

const loopback = "127.0.0.0/8"

func TestThinSignedAndToThoseWhoWant(t *testing.T) {
	t.Parallel()
	all, some, off := listen(t), listen(t), listen(t)
	h := newHouse(t, loopback)
	h.add("wh_all", all.URL)
	h.add("wh_some", some.URL, "technician.*", "work_order.assigned")
	disabled := h.add("wh_off", off.URL)
	disabled.Version, disabled.State = 2, hooks.Disabled
	h.put(disabled)
	h.happen(engine.OrderCreated, engine.OrderAssigned)
	h.sweep()
	if len(all.got) != 2 || len(some.got) != 1 || len(off.got) != 0 {
		t.Fatalf("got %d, %d and %d requests", len(all.got), len(some.got), len(off.got))
	}
	want := `{"type":"work_order.created","timestamp":"2026-07-06T09:00:00Z","data":{"sequence":7,"workOrderId":"w1","state":"NEW"}}`
	if i := slices.Index(all.bodies, want); i < 0 || all.got[i].Get("webhook-id") != "evt_default_7" {
		t.Errorf("got %q and %v, want %q", all.bodies, all.got, want)
	}
	s, err := webhook.ParseSecret(first)
	if err != nil {
		t.Fatal(err)
	}
	for i, header := range all.got {
		if _, err := webhook.NewVerifier(s).Verify(header, []byte(all.bodies[i]), at); err != nil {
			t.Errorf("%s: %v", all.bodies[i], err)
		}
	}
	if d := h.delivery("evt_default_7.wh_all"); d.State != hooks.Delivered || len(d.Attempts) != 1 || d.Attempts[0].Status != 200 {
		t.Errorf("got %+v", d)
	}
	if rows, err := h.store.Due(t.Context(), "default", ledger.DueFilter{}, at.Add(999*time.Hour), 10); err != nil || len(rows) > 0 {
		t.Errorf("left: %v, %v", rows, err)
	}
}

// TestScheduleLastsThreeDays tries for more than 72 hours, never under another id, and then says that it failed; replayed it
// comes again.
func TestScheduleLastsThreeDays(t *testing.T) {
	t.Parallel()
	l := listen(t, 500)
	h := newHouse(t, loopback)
	h.add("wh_1", l.URL)
	h.happen(engine.OrderCreated)
	var times []time.Duration
	for range 20 {
		before := len(l.got)
		h.sweep()
		if len(l.got) > before {
			times = append(times, h.now.Now().Sub(at))
		}
		d := h.delivery("evt_default_7.wh_1")
		if d.State != hooks.Pending {
			break
		}
		h.now.Advance(d.Next.Sub(h.now.Now()) - time.Second)
		h.sweep()
		if len(l.got) != len(times) {
			t.Fatalf("attempt %d came early", len(l.got))
		}
		h.now.Advance(time.Second)
	}
	if len(times) != 10 || times[1] < 5*time.Second || times[1] > 6*time.Second || times[9] < 72*time.Hour {
		t.Errorf("attempts at %v, want 10 over three days", times)
	}
	d := h.delivery("evt_default_7.wh_1")
	if d.State != hooks.Failed || len(d.Attempts) != 10 || d.Attempts[0].Status != 500 {
		t.Errorf("got %+v", d)
	}
	l.answers = nil
	w, err := d.Replay(h.now.Now())
	if err == nil {
		d.Version++
		var record ledger.Record
		if record, err = d.Encode(); err == nil {
			err = h.store.Apply(t.Context(), "default", &ledger.Change{Records: []ledger.Record{record}, DueSet: []ledger.DueWork{w}})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	h.sweep()
	if d = h.delivery(d.ID); d.State != hooks.Delivered || len(l.got) != 11 {
		t.Errorf("replayed: %+v", d)
	}
	for _, header := range l.got {
		if header.Get(webhook.HeaderID) != "evt_default_7" {
			t.Errorf("an attempt under %s", header.Get(webhook.HeaderID))
		}
	}
}

func TestJitterSpreads(t *testing.T) {
	t.Parallel()
	seen := map[time.Duration]bool{}
	for i := range 100 {
		wait, ok := hooks.Wait(fmt.Sprint(i), 2)
		if !ok || wait < 5*time.Minute || wait > 5*time.Minute+30*time.Second {
			t.Fatalf("got %v", wait)
		}
		seen[wait] = true
	}
	if len(seen) < 90 {
		t.Errorf("100 deliveries come at %d instants", len(seen))
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer   int
		after    string
		delivery hooks.DeliveryState
		endpoint hooks.State
		next     time.Duration // at least
		second   int           // requests after a second event a second later
	}{
		"gone":               {410, "", hooks.Failed, hooks.Disabled, 0, 1},
		"too many":           {429, "120", hooks.Pending, hooks.Enabled, 2 * time.Minute, 1},
		"a bad gateway":      {502, "", hooks.Pending, hooks.Enabled, 5 * time.Second, 1},
		"no such path":       {404, "", hooks.Pending, hooks.Enabled, 5 * time.Second, 2},
		"it moved":           {307, "", hooks.Pending, hooks.Enabled, 5 * time.Second, 2},
		"a year is too long": {503, "31536000", hooks.Pending, hooks.Enabled, time.Hour, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := listen(t, c.answer)
			l.after = c.after
			h := newHouse(t, loopback)
			h.add("wh_1", l.URL)
			h.happen(engine.OrderCreated)
			h.sweep()
			d := h.delivery("evt_default_7.wh_1")
			if d.State != c.delivery || d.Attempts[0].Status != c.answer || !d.Next.IsZero() && (d.Next.Sub(at) < c.next || d.Next.Sub(at) > c.next*11/10) {
				t.Errorf("got %+v, next after %v", d, d.Next.Sub(at))
			}
			h.now.Advance(time.Second)
			x, err := h.sender.Outbox("default", &engine.Batch{Events: []engine.Event{{Type: engine.OrderAccepted, Sequence: 99, Time: at}}})
			if err == nil {
				err = h.store.Apply(t.Context(), "default", &ledger.Change{DueSet: x})
			}
			if err != nil {
				t.Fatal(err)
			}
			h.sweep()
			if len(l.got) != c.second {
				t.Errorf("%d requests, want %d", len(l.got), c.second)
			}
			r, err := h.store.Record(t.Context(), "default", hooks.EndpointKind, "wh_1")
			if err != nil || r.State != string(c.endpoint) {
				t.Errorf("the endpoint is %+v, %v", r, err)
			}
			entries, err := h.store.AuditEntries(t.Context(), "default", ledger.AuditQuery{}, 10)
			if err != nil || len(entries) != map[bool]int{true: 1}[c.answer == 410] {
				t.Errorf("audit: %+v, %v", entries, err)
			}
		})
	}
}

func TestInsideIsNotReached(t *testing.T) {
	t.Parallel()
	l := listen(t)
	h := newHouse(t)
	h.add("wh_1", l.URL)
	h.add("wh_2", strings.Replace(l.URL, "127.0.0.1", "localhost", 1))
	h.happen(engine.OrderCreated)
	h.sweep()
	for _, id := range []string{"wh_1", "wh_2"} {
		if d := h.delivery("evt_default_7." + id); d.State != hooks.Pending || d.Attempts[0].Detail != "address is not public" || d.Attempts[0].Status != 0 {
			t.Errorf("got %+v", d)
		}
	}
	if len(l.got) > 0 {
		t.Errorf("%d requests came inside", len(l.got))
	}
}

// TestCrashSendsAgainUnderTheSameID ends the service between the answer and its commit.
func TestCrashSendsAgainUnderTheSameID(t *testing.T) {
	t.Parallel()
	l := listen(t)
	h := newHouse(t, loopback)
	h.add("wh_1", l.URL)
	h.happen(engine.OrderCreated)
	h.store.Fail = func(_ org.ID, c *ledger.Change) error { return errors.New("killed") }
	rows, err := h.store.Due(t.Context(), "default", ledger.DueFilter{}, at, 10)
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	if err := h.sender.Deliver(t.Context(), rows[0]); err == nil {
		t.Fatal("nothing was kept, and that is no error")
	}
	h.store.Fail = nil
	h.sweep()
	h.sweep()
	if len(l.got) != 2 || l.got[0].Get(webhook.HeaderID) != l.got[1].Get(webhook.HeaderID) {
		t.Errorf("got %v", l.got)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	w, _, err := hooks.Test("wh_1", "x", at)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.sender.Deliver(ended, w); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of the service", err)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	l := listen(t)
	h := newHouse(t, loopback)
	e := h.add("wh_1", l.URL)
	e.Rotate(second, at)
	e.Version = 2
	h.put(e)
	signatures := func() int {
		w, _, err := hooks.Test("wh_1", fmt.Sprint(len(l.got)), h.now.Now())
		if err == nil {
			err = h.sender.Deliver(t.Context(), w)
		}
		if err != nil {
			t.Fatal(err)
		}
		last := l.got[len(l.got)-1]
		for i, text := range []string{second, first} {
			s, err := webhook.ParseSecret(text)
			if err != nil {
				t.Fatal(err)
			}
			_, err = webhook.NewVerifier(s).Verify(last, []byte(l.bodies[len(l.bodies)-1]), h.now.Now())
			if fits := i < len(strings.Fields(last.Get(webhook.HeaderSignature))); fits != (err == nil) {
				t.Errorf("secret %d: %v", i, err)
			}
		}
		return len(strings.Fields(last.Get(webhook.HeaderSignature)))
	}
	if n := signatures(); n != 2 {
		t.Errorf("%d signatures while the secret is replaced, want 2", n)
	}
	h.now.Advance(25 * time.Hour)
	if n := signatures(); n != 1 {
		t.Errorf("%d signatures a day later, want 1", n)
	}
	for range 9 {
		e.Rotate(second, h.now.Now())
	}
	if len(e.Keys) > 4 {
		t.Errorf("%d secrets at once", len(e.Keys))
	}
}

func TestEndpointsAreChecked(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]hooks.Endpoint{
		"":            {URL: "https://example.com", Types: []string{"work_order.*", "technician.created"}},
		"url":         {},
		"description": {URL: "x", Description: strings.Repeat("x", 501)},
		"types[0]":    {URL: "x", Types: []string{"*"}},
		"types[1]":    {URL: "x", Types: []string{"a", "A.b"}},
		"types":       {URL: "x", Types: make([]string, 101)},
	} {
		err := e.Check()
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v", want, err)
		}
	}
}
