package app_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

// S03: who pages through all tenants is stopped, the audit and supervisors hear of it once, and nobody else is disturbed. The saboteur is
// a service without the limit, on which the same reader gets everybody.
func TestPagingThroughTenantsIsStopped(t *testing.T) {
	t.Parallel()
	sink := &letters{}
	post := httptest.NewServer(sink)
	defer post.Close()
	for _, limits := range []string{"25,FINANCE=10,SUPERVISOR=0", "0"} {
		now := clock.NewFake(time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC))
		a := start(t, app.Config{Data: t.TempDir(), Clock: now, Notify: post.URL, TenantReads: limits})
		admin := &caller{t: t, a: a, token: a.Token()}
		var ids []string
		for i := range 40 {
			ids = append(ids, fmt.Sprint(admin.want("POST", "/v1/tenants", fmt.Sprintf(`{"displayName":"Li %d","phone":"1380013%04d"}`, i, i), 201)["id"]))
		}
		desk, finance, supervisor, auditor := as(t, a, "FRONT_DESK", ""), as(t, a, "FINANCE", ""), as(t, a, "SUPERVISOR", ""), as(t, a, "AUDITOR", "")
		if limits == "0" {
			if got := pages(desk, 10); got != 40 {
				t.Errorf("without a limit the reader gets %d of 40: the test would not see a limit that is off", got)
			}
			stop(t, a)
			continue
		}
		if got := pages(desk, 10); got != 20 {
			t.Errorf("by pages of 10 the front desk was shown %d tenants, want 20 of at most 25", got)
		}
		for _, id := range ids[20:25] {
			desk.want("GET", "/v1/tenants/"+id, "", 200)
		}
		desk.want("GET", "/v1/tenants/"+ids[25], "", 429, "TENANTS_READ_LIMIT", "!Li 25")
		desk.want("POST", "/v1/tenants/"+ids[26]+":reveal", `{"purpose":"to call"}`, 429, "!138")
		desk.want("POST", "/v1/tenants:search", `{"displayName":"Li 27"}`, 429, "!138")
		desk.want("GET", "/v1/tenants/"+ids[3], "", 200, "Li 3") // whom it has read already
		desk.want("POST", "/v1/tenants", `{"displayName":"Wang"}`, 201)
		if got := pages(finance, 10); got != 10 {
			t.Errorf("finance was shown %d, want its own limit of 10", got)
		}
		for _, free := range []*caller{admin, supervisor, auditor} {
			if got := pages(free, 20); got != 41 {
				t.Errorf("somebody without a limit was shown %d of 41", got)
			}
		}
		unlimited(t, a)
		if seen := fmt.Sprint(admin.want("GET", "/v1/auditEvents?pageSize=200", "", 200)); strings.Count(seen, "TENANTS_READ_LIMIT") != 2 {
			t.Errorf("the audit tells of it %d times, want once for each of two readers", strings.Count(seen, "TENANTS_READ_LIMIT"))
		}
		eventually(t, func() bool {
			now.Advance(time.Second) // whoever waits for a time looks again
			return strings.Count(sink.text(), "\"tenants.unusual_reading\"") >= 4
		})
		now.Advance(time.Hour)
		desk.want("GET", "/v1/tenants/"+ids[30], "", 200, "Li 30")
		stop(t, a)
	}
	if _, err := app.Start(t.Context(), app.Config{Data: t.TempDir(), TenantReads: "many"}); err == nil || !strings.Contains(err.Error(), "--tenant-reads") {
		t.Errorf("limits that are none: %v", err)
	}
}

// text is all that came.
func (l *letters) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.all, "\n")
}

// unlimited is a program that may read all, by a key that no person has.
func unlimited(t *testing.T, a *app.App) {
	t.Helper()
	admin := &caller{t: t, a: a, token: a.Token(), sent: 500}
	admin.want("POST", "/v1/apiKeys", `{"displayName":"copy","userId":"us_none","allTenants":true}`, 400, "allTenants")
	key := admin.want("POST", "/v1/apiKeys", `{"displayName":"copy","roles":["FRONT_DESK"],"allTenants":true}`, 201, "allTenants:true")
	if got := pages(&caller{t: t, a: a, token: fmt.Sprint(key["secret"])}, 20); got != 41 {
		t.Errorf("a program that may read all was shown %d of 41", got)
	}
}

// pages reads tenants page by page until the end or until it is refused, and counts them.
func pages(c *caller, size int) (n int) {
	c.t.Helper()
	for token := ""; ; {
		code, got := callAs(c.t, c.a, c.token, "GET", fmt.Sprintf("/v1/tenants?pageSize=%d&pageToken=%s", size, token), "")
		if code == 429 {
			return n
		}
		if code != 200 {
			c.t.Fatalf("%d %v", code, got)
		}
		n += len(rows(got, "tenants"))
		if token, _ = got["nextPageToken"].(string); token == "" {
			return n
		}
	}
}
