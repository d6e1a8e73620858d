package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"fettle/internal/app"
	"fettle/internal/obs"
)

// sink keeps what is written to it.
type sink struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *sink) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// canary is what must not be found. No number is round: a counter that reads 0.013800000000000001 is no leak. A word has no form that a log could know it by: nobody may log it in the first place.
func canary(i int) (text string, word bool) {
	switch i % 4 {
	case 0:
		return fmt.Sprintf("138%08d", 31_415_927+i*104_729), false
	case 1:
		return fmt.Sprintf("1101051949123%04dX", i), false
	case 2:
		return fmt.Sprintf("fettle_canary%032d", i), false
	}
	return fmt.Sprintf("canary-word-%d-of-a-tenant", i), true
}

// freePort is an address that nobody listens on now.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // it was only asked for its port
	return l.Addr().String()
}

// TestCanariesStayOutOfSinks is row R-S1: 200 canaries through every method, as id, parameter, field, header, credential and
// panic; none is found in the log at its most talkative, in the counters or in the traces, in clear or in another spelling.
// The saboteur is the same run with a log that masks nothing: it is found out.
func TestCanariesStayOutOfSinks(t *testing.T) {
	logs, plain, traces := &sink{}, &sink{}, &sink{}
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(traces, r.Body) }))
	defer collector.Close()
	both := slog.New(slog.NewMultiHandler(
		obs.NewLogger(logs, slog.LevelDebug).Handler(), slog.NewJSONHandler(plain, &slog.HandlerOptions{Level: slog.LevelDebug}),
	))
	admin := freePort(t)
	a := start(t, app.Config{
		Data: t.TempDir(), Admin: admin, OTLP: collector.URL, Log: both,
		Mount: func(string) (map[string]http.Handler, error) {
			return map[string]http.Handler{"/boom/{what}": http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				panic(fmt.Errorf("cannot serve %s", r.URL))
			})}, nil
		},
	})
	flood(t, a)
	res, err := http.Get("http://" + admin + "/metrics") //nolint:noctx // the test's own
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	stop(t, a)

	for name, s := range map[string]struct{ text, want string }{
		"log": {logs.text(), `"code":"InvalidArgument"`}, "metrics": {string(metrics), "fettle_requests_total"},
		"traces": {traces.text(), "WorkOrderService"},
	} {
		if !strings.Contains(s.text, s.want) {
			t.Errorf("%s does not hold %s: nothing was looked at", name, s.want)
		}
		if hits := leaked(s.text); len(hits) > 0 {
			t.Errorf("%s holds %d canaries, as %q", name, len(hits), hits[0])
		}
	}
	if len(leaked(plain.text())) == 0 {
		t.Error("a log that masks nothing holds no canary: the search sees nothing")
	}
	if !strings.Contains(logs.text(), `"panic"`) || !strings.Contains(string(metrics), "fettle_panics_total 200") {
		t.Error("no panic was logged, or not all were counted")
	}
}

// leaked lists the canaries of a text, however they are spelled.
func leaked(text string) (hits []string) {
	lower := strings.ToLower(text)
	for i := range 200 {
		c, _ := canary(i)
		for _, spelled := range []string{c, base64.RawStdEncoding.EncodeToString([]byte(c)), hex.EncodeToString([]byte(c)), url.QueryEscape(c)} {
			if strings.Contains(lower, strings.ToLower(spelled)) {
				hits = append(hits, spelled)
				break
			}
		}
	}
	return hits
}

// flood sends each canary through a dozen methods, so that each method gets dozens.
func flood(t *testing.T, a *app.App) {
	t.Helper()
	_, got := call(t, a, "GET", "/v1/meta/methods", "")
	list, _ := got["methods"].([]any)
	type route struct{ verb, path string }
	routes := []route{{"GET", "/v1/{no}/such"}, {"GET", "/{no}"}, {"POST", "/v1/events:stream"}}
	for _, m := range list {
		m, _ := m.(map[string]any)
		verb, _ := m["httpMethod"].(string)
		path, _ := m["path"].(string)
		if path != "" && path != "/v1/events:stream" {
			routes = append(routes, route{verb, path})
		}
	}
	if len(routes) < 20 {
		t.Fatalf("only %d methods", len(routes))
	}
	field := regexp.MustCompile(`\{[^}]*\}`)
	for i := range 200 {
		c, word := canary(i)
		for j := range 12 {
			r := routes[(i*12+j)%len(routes)]
			body := fmt.Sprintf(`{"location":{"latitude":30.2,"longitude":120.2},"home":{"latitude":30.2,"longitude":120.2},
"description":%q,"displayName":%q,"reason":%q,"comment":%q,"technicianId":%q,"unitId":%q}`, c, c, c, c, c, c)
			if j%3 == 1 {
				body = fmt.Sprintf(`{"urgency":%q, %q: {}`, c, c) // broken, and of no known field
			}
			send(t, a, r.verb, field.ReplaceAllString(r.path, c)+map[bool]string{true: "?pageToken=" + c + "&" + c + "=1"}[j%4 == 2], body, func(h http.Header) {
				h.Set("Idempotency-Key", c+fmt.Sprint(j))
				h.Set("If-Match", `"`+c+`"`)
				if !word {
					h.Set("X-Request-Id", c) // callers choose it to find it in the log
				}
				if j%6 == 5 {
					h.Set("Authorization", "Bearer "+c)
				}
			})
		}
		send(t, a, "GET", "/boom/"+c+"?"+c, "", func(http.Header) {})
	}
}

// send is a request whose answer does not matter, as long as there is one.
func send(t *testing.T, a *app.App, method, path, body string, head func(http.Header)) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, a.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+a.Token())
	req.Header.Set("Content-Type", "application/json")
	head(req.Header)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
}
