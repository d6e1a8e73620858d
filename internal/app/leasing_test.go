package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

// sinkOf is a sink of messages that tells of each.
func sinkOf(t *testing.T) (url string, got <-chan map[string]any) {
	t.Helper()
	out := make(chan map[string]any, 100)
	var mu sync.Mutex
	seen := map[string]bool{}
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var m map[string]any
		if err == nil {
			err = json.Unmarshal(body, &m)
		}
		if err != nil {
			t.Error(err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if id, _ := m["message_id"].(string); !seen[id] {
			seen[id] = true
			out <- m
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, out
}

// next lets seconds pass until a message comes: the sweeper waits for its next turn by the clock of the test.
func next(now *clock.Fake, got <-chan map[string]any) map[string]any {
	for {
		select {
		case m := <-got:
			return m
		case <-time.After(20 * time.Millisecond):
			now.Advance(time.Second)
		}
	}
}

func TestLeasesFromContractToCertificate(t *testing.T) {
	t.Run("file", func(t *testing.T) { leaseStory(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) { leaseStory(t, server.Database(t, "")) })
}

// leaseStory records a lease, lets a year pass, and asks what has become of its reminders.
func leaseStory(t *testing.T, database string) {
	t.Helper()
	url, got := sinkOf(t)
	now := clock.NewFake(time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC))
	a := start(t, app.Config{Data: t.TempDir(), Database: database, Clock: now, Notify: url})
	defer stop(t, a)
	const body = `{"tenantId":"te_1","unitId":"un_1","startDate":"2026-01-05","endDate":"2026-12-31","rentCents":350000}`
	code, l := call(t, a, "POST", "/v1/leases?signed=true", body)
	if code != http.StatusCreated || l["state"] != "ACTIVE" || l["standing"] != "SCHEDULED" {
		t.Fatalf("%d %v", code, l)
	}
	id, _ := l["id"].(string)
	if code, again := call(t, a, "POST", "/v1/leases?signed=true", body); code != http.StatusCreated || again["id"] != id {
		t.Errorf("the same key made %d %v", code, again)
	}
	for _, want := range []struct{ stage, at string }{{"60", "2026-11-01T01:00:00Z"}, {"30", "2026-12-01T01:00:00Z"}, {"7", "2026-12-24T01:00:00Z"}} {
		at, err := time.Parse(time.RFC3339, want.at)
		if err != nil {
			t.Fatal(err)
		}
		now.Advance(at.Sub(now.Now()))
		m := next(now, got)
		if m["lease_id"] != id || m["stage"] != want.stage || m["due_at"] != want.at || m["late"] != false || m["message_id"] != id+".v1."+want.stage {
			t.Fatalf("%v", m)
		}
		eventually(t, func() bool { // the answer of the sink is recorded after it was given
			now.Advance(time.Second)
			_, o := call(t, a, "GET", "/v1/obligations/"+id+".v1."+want.stage, "")
			return o["state"] == "SENT"
		})
	}
	settled := func() map[string]any {
		_, c := call(t, a, "GET", "/v1/obligations:certificate?month=2026-12", "")
		return c
	}
	c := settled()
	if !comes(now, 100, time.Second, func() bool { c = settled(); return c["inTimeCount"] == float64(2) }) {
		t.Fatalf("%v", c)
	}
	if c["zeroMissed"] != true || c["expectedCount"] != float64(2) || c["leaseCount"] != float64(1) || !strings.Contains(fmt.Sprint(c["textEn"]), "none missed") {
		t.Errorf("%v", c)
	}
	ob := "/v1/obligations/" + id + ".v1.7"
	if code, o := call(t, a, "POST", ob+":acknowledge", `{}`); code != http.StatusOK || o["state"] != "ACKNOWLEDGED" {
		t.Errorf("%d %v", code, o)
	}
	if code, o := call(t, a, "POST", ob+":waive", `{"reason":"too late"}`); code != http.StatusConflict || o["reason"] != "ILLEGAL_STATE" {
		t.Errorf("%d %v", code, o)
	}
	code, renewed := call(t, a, "POST", "/v1/leases/"+id+":renew", `{"endDate":"2027-12-31","signed":true}`)
	if code != http.StatusOK || renewed["previousLeaseId"] != id || renewed["startDate"] != "2027-01-01" {
		t.Fatalf("%d %v", code, renewed)
	}
	if _, old := call(t, a, "GET", "/v1/leases/"+id, ""); old["state"] != "RENEWED" || old["nextLeaseId"] != renewed["id"] {
		t.Errorf("%v", old)
	}
	_, list := call(t, a, "GET", "/v1/leases?state=ACTIVE&endingBefore=2028-01-01", "")
	if rows, _ := list["leases"].([]any); len(rows) != 1 {
		t.Errorf("%v", list)
	}
}

// R-T7: what nobody could be reminded of is refused, by every way in, and each lease is in one class.
func TestMislabelledLeases(t *testing.T) {
	a := start(t, app.Config{Data: t.TempDir(), Clock: clock.NewFake(time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC))})
	defer stop(t, a)
	const terms = `{"tenantId":"te_1","unitId":"un_1","startDate":"2026-01-05",`
	for name, c := range map[string]struct {
		body string
		code int
	}{
		"with an end":     {terms + `"endDate":"2026-12-31","openEnded":{"reason":"长期有效","approver":"Li","reviewDate":"2026-06-30"}}`, 422},
		"no approver":     {terms + `"openEnded":{"reason":"长期有效","reviewDate":"2026-06-30"}}`, 422},
		"review too far":  {terms + `"openEnded":{"reason":"长期有效","approver":"Li","reviewDate":"2027-01-06"}}`, 422},
		"neither":         {terms + `"note":"长期有效"}`, 422},
		"no such day":     {terms + `"endDate":"2026-02-30"}`, 400},
		"state by hand":   {terms + `"endDate":"2026-12-31","state":"ACTIVE"}`, 400},
		"approved in all": {terms + `"openEnded":{"reason":"staff flat","approver":"Li","reviewDate":"2027-01-05"}}`, 201},
		"scheduled":       {terms + `"endDate":"2026-12-31"}`, 201},
	} {
		code, l := call(t, a, "POST", "/v1/leases", c.body)
		if code != c.code {
			t.Errorf("%s: %d %v", name, code, l)
		}
		if name != "scheduled" {
			continue
		}
		id, _ := l["id"].(string)
		if code, p := call(t, a, "POST", "/v1/leases/"+id+":approveOpenEnded", `{"reason":"x","approver":"Li","reviewDate":"2026-06-30"}`); code != 422 {
			t.Errorf("approved beside an end date: %d %v", code, p)
		}
	}
	_, c := call(t, a, "GET", "/v1/obligations:reconcile?from=2026-01-01&to=2027-01-01", "")
	if c["leaseCount"] != float64(2) || c["scheduledCount"] != float64(1) || c["openEndedCount"] != float64(1) || c["exceptionCount"] != nil {
		t.Errorf("%v", c)
	}
}

// S07: a change of a lease and of its tenant is told to who watches, and the report says how long that took.
func TestChangesReachWhoWatches(t *testing.T) {
	a := start(t, app.Config{Data: t.TempDir(), Clock: clock.NewFake(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))})
	defer stop(t, a)
	admin, finance := &caller{t: t, a: a, token: a.Token()}, as(t, a, "FINANCE", "")
	finance.want("GET", "/v1/events:propagation", "", 403)
	admin.want("GET", "/v1/events:propagation", "", 200, "promptSeconds:2", "!deliveryCount")
	w := watch(t, a, finance.token, "")
	who := admin.want("POST", "/v1/tenants", `{"displayName":"Li Na","phone":"13731415926"}`, 201)
	l := admin.want("POST", "/v1/leases?signed=true", fmt.Sprintf(`{"tenantId":%q,"unitId":"u-1","startDate":"2026-01-01","endDate":"2026-12-31","rentCents":"300000"}`, who["id"]), 201)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for leases, tenants := 0, 0; leases < 1 || tenants < 1; {
		select {
		case line := <-w.heard:
			if strings.Contains(line, "leases.changed") && strings.Contains(line, fmt.Sprint(l["id"])) {
				leases++
			}
			if strings.Contains(line, "tenants.changed") {
				tenants++
			}
			if strings.Contains(line, "Li Na") || strings.Contains(line, "obligations.changed") {
				t.Errorf("more than that something is another now: %s", line)
			}
		case <-ctx.Done():
			t.Fatalf("%d changes of the lease and %d of the tenant were told", leases, tenants)
		}
	}
	for { // a delivery is counted when it has been sent, which is after it was heard
		_, got := call(t, a, "GET", "/v1/events:propagation", "")
		n, _ := got["deliveryCount"].(float64)
		p95, _ := got["p95Seconds"].(float64)
		if longest, _ := got["longestSeconds"].(float64); n >= 2 && p95 > 0 && p95 <= longest {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("%v", got)
		}
		<-time.After(5 * time.Millisecond)
	}
}
