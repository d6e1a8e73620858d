package obs_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"fettle/internal/obs"
)

// names are the metrics of a text.
var names = regexp.MustCompile(`\b(?:fettle|go|process)_[a-z_]+\b`)

// labels are the values that rules and panels compare labels with.
var labels = regexp.MustCompile(`(\w+)=~?\\?"([^"\\]+)`)

// TestRulesAndPanelsNameWhatIsCounted reads docs/ops against the counters.
func TestRulesAndPanelsNameWhatIsCounted(t *testing.T) {
	t.Parallel()
	m := obs.New()
	none, zero := func() int { return 0 }, func() int64 { return 0 }
	m.Watch(obs.Live{Mailbox: none, Streams: none, Panics: zero, Shed: zero, Resealed: zero, OutOfMemory: zero})
	for _, code := range []string{"OK", "Internal", "Unavailable", "DeadlineExceeded", "Unauthenticated"} {
		m.Request("/fettle.dispatch.v1.WorkOrderService/CreateWorkOrder", code, false, time.Millisecond)
	}
	m.Commit(1, time.Millisecond, nil)
	m.Commit(1, time.Millisecond, errors.New("full"))
	m.Swept(1, 1, time.Second)
	m.Event("work_order.sla_breached")
	m.Positions(1)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	text := w.Body.String()
	counted := map[string]bool{}
	for _, name := range names.FindAllString(text, -1) {
		counted[name] = true
	}
	for _, file := range []string{"alerts.yml", "dashboard.json"} {
		data, err := os.ReadFile("../../docs/ops/" + file)
		if err != nil {
			t.Fatal(err)
		}
		found := names.FindAllString(string(data), -1)
		if len(found) < 10 {
			t.Errorf("%s names only %v", file, found)
		}
		for _, name := range found {
			if !counted[name] {
				t.Errorf("%s asks for %s, which nobody counts", file, name)
			}
		}
		for _, l := range labels.FindAllStringSubmatch(string(data), -1) {
			if l[1] == "job" || l[1] == "type" {
				continue
			}
			for _, value := range strings.Split(strings.TrimPrefix(l[2], ".*"), "|") {
				if !regexp.MustCompile(l[1] + `="[^"]*` + value).MatchString(text) {
					t.Errorf("%s compares %s with %q, which it never is", file, l[1], value)
				}
			}
		}
	}
	if counted["fettle_made_up_total"] {
		t.Error("the test finds what is not there")
	}
}
