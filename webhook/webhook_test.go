package webhook_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"fettle/webhook"
)

var now = time.Date(2026, 7, 6, 9, 0, 0, 0, time.UTC)

// vector is the one that libraries of Standard Webhooks test themselves with.
const (
	vectorSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	vectorID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	vectorBody      = `{"test": 2432232314}`
	vectorSeconds   = 1614265330
	vectorSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

func TestSignsAsTheStandardSays(t *testing.T) {
	t.Parallel()
	s, err := webhook.ParseSecret(vectorSecret)
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	webhook.Sign(h, vectorID, time.Unix(vectorSeconds, 0), []byte(vectorBody), s)
	if got := h.Get(webhook.HeaderSignature); got != vectorSignature {
		t.Errorf("got %s, want %s", got, vectorSignature)
	}
	if h.Get("webhook-id") != vectorID || h.Get("webhook-timestamp") != strconv.Itoa(vectorSeconds) || s.Text() != vectorSecret {
		t.Errorf("got %v and %s", h, s.Text())
	}
	if shown := fmt.Sprintf("%v %+v %#v %s", s, s, s, s); strings.Contains(shown, "MfKQ") {
		t.Errorf("a log would show %s", shown)
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8", "whsec_!", "whsec_" + strings.Repeat("AAAA", 22)} {
		if _, err := webhook.ParseSecret(bad); !errors.Is(err, webhook.ErrSecret) {
			t.Errorf("%q: got %v", bad, err)
		}
	}
	if _, err := webhook.NewSecret(bytes.NewReader(nil)); !errors.Is(err, io.EOF) {
		t.Errorf("no random: got %v", err)
	}
	again, err := webhook.ParseSecret(secret(t).Text())
	if err != nil || again == secret(t) {
		t.Errorf("got %v, %v", again, err)
	}
}

func secret(t *testing.T) webhook.Secret {
	t.Helper()
	s, err := webhook.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var body = []byte(`{"type":"work_order.assigned","timestamp":"2026-07-06T09:00:00Z","data":{"workOrderId":"w1"}}`)

func signed(id string, at time.Time, secrets ...webhook.Secret) http.Header {
	h := http.Header{}
	webhook.Sign(h, id, at, body, secrets...)
	return h
}

func TestVerify(t *testing.T) {
	t.Parallel()
	mine, old, others := secret(t), secret(t), secret(t)
	v := webhook.NewVerifier(mine, old)
	with := func(h http.Header, name, value string) http.Header {
		h.Set(name, value)
		return h
	}
	good := signed("m1", now, mine).Get(webhook.HeaderSignature)
	for name, c := range map[string]struct {
		headers http.Header
		body    string
		want    error
	}{
		"right":                     {signed("m1", now, mine), string(body), nil},
		"by the secret before":      {signed("m1", now, old), string(body), nil},
		"while a secret is changed": {signed("m1", now, others, mine), string(body), nil},
		"another version beside":    {with(signed("m1", now, mine), webhook.HeaderSignature, "v1a,AAAA v2,x "+good), string(body), nil},
		"at the edge of the past":   {signed("m1", now.Add(-webhook.Window), mine), string(body), nil},
		"at the edge of the future": {signed("m1", now.Add(webhook.Window), mine), string(body), nil},
		"old":                       {signed("m1", now.Add(-6*time.Minute), mine), string(body), webhook.ErrTime},
		"of the future":             {signed("m1", now.Add(6*time.Minute), mine), string(body), webhook.ErrTime},
		"another's secret":          {signed("m1", now, others), string(body), webhook.ErrSignature},
		"another body":              {signed("m1", now, mine), strings.Replace(string(body), "w1", "w2", 1), webhook.ErrSignature},
		"another id":                {with(signed("m1", now, mine), webhook.HeaderID, "m2"), string(body), webhook.ErrSignature},
		"another time":              {with(signed("m1", now, mine), webhook.HeaderTimestamp, strconv.FormatInt(now.Unix()+1, 10)), string(body), webhook.ErrSignature},
		"cut short":                 {with(signed("m1", now, mine), webhook.HeaderSignature, good[:len(good)-4]), string(body), webhook.ErrSignature},
		"no version":                {with(signed("m1", now, mine), webhook.HeaderSignature, strings.TrimPrefix(good, "v1,")), string(body), webhook.ErrSignature},
		"no base64":                 {with(signed("m1", now, mine), webhook.HeaderSignature, "v1,!"), string(body), webhook.ErrSignature},
		"too many signatures":       {with(signed("m1", now, mine), webhook.HeaderSignature, strings.Repeat("v1,AAAA ", 16)+good), string(body), webhook.ErrSignature},
		"no id":                     {with(signed("m1", now, mine), webhook.HeaderID, ""), string(body), webhook.ErrHeaders},
		"no signature":              {with(signed("m1", now, mine), webhook.HeaderSignature, ""), string(body), webhook.ErrHeaders},
		"no number for a time":      {with(signed("m1", now, mine), webhook.HeaderTimestamp, "now"), string(body), webhook.ErrHeaders},
	} {
		e, err := v.Verify(c.headers, []byte(c.body), now)
		if !errors.Is(err, c.want) || c.want == nil && (e.ID != "m1" || e.Type != "work_order.assigned" || !e.Time.Equal(now)) {
			t.Errorf("%s: got %+v, %v; want %v", name, e, err, c.want)
		}
	}
	noEvent := http.Header{}
	webhook.Sign(noEvent, "m1", now, []byte(`{}`), mine)
	if _, err := v.Verify(noEvent, []byte(`{}`), now); !errors.Is(err, webhook.ErrBody) {
		t.Errorf("no event: got %v", err)
	}
	if _, err := webhook.NewVerifier().Verify(signed("m1", now, mine), body, now); !errors.Is(err, webhook.ErrSignature) {
		t.Errorf("no secret: got %v", err)
	}
}

// receiver is what stands for one endpoint in the test of replays: a webhook.Receiver, or one with its defence off.
type receiver func(h http.Header, body []byte, at time.Time, effect func(webhook.Event) error) error

// replays sends one genuine webhook and then n that are replayed or forged (R-A6): a second later, six minutes later, to
// another endpoint, with another body, by an old key, from clocks that are off. It returns how many effects they had beyond
// the first.
func replays(t *testing.T, n int, mine, old, others webhook.Secret, r receiver) int {
	t.Helper()
	var mu sync.Mutex
	effects := 0
	effect := func(webhook.Event) error {
		mu.Lock()
		defer mu.Unlock()
		effects++
		return nil
	}
	changed := bytes.Replace(body, []byte("w1"), []byte("w2"), 1)
	genuine := signed("m1", now, mine)
	if err := r(genuine, body, now, effect); err != nil {
		t.Fatalf("the first: %v", err)
	}
	kinds := []func() (http.Header, []byte, time.Time){
		func() (http.Header, []byte, time.Time) { return genuine, body, now.Add(time.Second) },
		func() (http.Header, []byte, time.Time) {
			return signed("m2", now, mine), body, now.Add(6 * time.Minute)
		},
		func() (http.Header, []byte, time.Time) { return signed("m3", now, others), body, now },
		func() (http.Header, []byte, time.Time) { return signed("m4", now, mine), changed, now },
		func() (http.Header, []byte, time.Time) { return signed("m5", now, old), body, now },
		func() (http.Header, []byte, time.Time) {
			return signed("m6", now.Add(webhook.Window+time.Second), mine), body, now
		},
		func() (http.Header, []byte, time.Time) {
			return signed("m1", now.Add(time.Hour), mine), body, now.Add(time.Hour)
		}, // the next attempt
	}
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := w; i < n; i += 8 {
				h, b, at := kinds[i%len(kinds)]()
				if err := r(h, b, at, effect); err == nil {
					continue // counted by effect
				}
			}
		})
	}
	all.Wait()
	return effects - 1
}

// TestReplaysHaveOneEffect is R-A6: 10,000 replays and forgeries have no second effect, and a receiver with one of its
// defences off lets them have one.
func TestReplaysHaveOneEffect(t *testing.T) {
	t.Parallel()
	mine, old, others := secret(t), secret(t), secret(t)
	const n = 10_000
	if got := replays(t, n, mine, old, others, webhook.NewReceiver(webhook.NewVerifier(mine)).Receive); got != 0 {
		t.Errorf("%d replays had %d effects more", n, got)
	}
	v := webhook.NewVerifier(mine)
	for name, saboteur := range map[string]receiver{
		"no memory": func(h http.Header, b []byte, at time.Time, f func(webhook.Event) error) error {
			e, err := v.Verify(h, b, at)
			if err != nil {
				return err
			}
			return f(e)
		},
		"no clock": remembering(func(h http.Header, b []byte, _ time.Time) error {
			seconds, _ := strconv.ParseInt(h.Get(webhook.HeaderTimestamp), 10, 64)
			_, err := v.Verify(h, b, time.Unix(seconds, 0))
			return err
		}),
		"the old key stays": remembering(func(h http.Header, b []byte, at time.Time) error {
			_, err := webhook.NewVerifier(mine, old).Verify(h, b, at)
			return err
		}),
		"one secret for all": remembering(func(h http.Header, b []byte, at time.Time) error {
			_, err := webhook.NewVerifier(mine, others).Verify(h, b, at)
			return err
		}),
		"the body as it was expected": remembering(func(h http.Header, _ []byte, at time.Time) error {
			_, err := v.Verify(h, body, at)
			return err
		}),
	} {
		if got := replays(t, 700, mine, old, others, saboteur); got == 0 {
			t.Errorf("%s: the test stays green", name)
		}
	}
}

// remembering is a saboteur's receiver with a memory and a broken check.
func remembering(check func(h http.Header, b []byte, at time.Time) error) receiver {
	var mu sync.Mutex
	seen := map[string]bool{}
	return func(h http.Header, b []byte, at time.Time, f func(webhook.Event) error) error {
		if err := check(h, b, at); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if id := h.Get(webhook.HeaderID); !seen[id] {
			seen[id] = true
			mu.Unlock()
			defer mu.Lock()
			return f(webhook.Event{})
		}
		return webhook.ErrRepeated
	}
}

func TestReceiverForgetsWhatHadNoEffect(t *testing.T) {
	t.Parallel()
	s := secret(t)
	r := webhook.NewReceiver(webhook.NewVerifier(s))
	full := errors.New("full")
	if err := r.Receive(signed("m1", now, s), body, now, func(webhook.Event) error { return full }); !errors.Is(err, full) {
		t.Fatalf("got %v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = r.Receive(signed("m1", now, s), body, now, func(webhook.Event) error { panic("bug") })
	}()
	if err := r.Receive(signed("m2", now, s), body, now, func(webhook.Event) error {
		return r.Receive(signed("m2", now, s), body, now, func(webhook.Event) error { return nil })
	}); !errors.Is(err, webhook.ErrUnderWay) {
		t.Errorf("got %v, want that it is under way", err)
	}
	had := 0
	for range 2 {
		err := r.Receive(signed("m1", now, s), body, now, func(webhook.Event) error { had++; return nil })
		if had == 1 && err != nil && !errors.Is(err, webhook.ErrRepeated) {
			t.Fatal(err)
		}
	}
	later := now.Add(webhook.Keep + 3*time.Hour)
	if err := r.Receive(signed("m1", later, s), body, later, func(webhook.Event) error { had++; return nil }); err != nil || had != 2 {
		t.Errorf("%d effects, %v; want one, and another when it is forgotten", had, err)
	}
}
