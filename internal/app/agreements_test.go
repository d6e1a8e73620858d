package app_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

// TestNothingLeavesWithoutAnAgreement is S36: a webhook cannot be made and no channel sends before an agreement opens the way, only its fields
// leave, and its last day is the last. The saboteur is the same service that does not ask.
func TestNothingLeavesWithoutAnAgreement(t *testing.T) {
	for _, asks := range []bool{true, false} {
		t.Run(fmt.Sprint(asks), func(t *testing.T) { agreementStory(t, asks) })
	}
}

func agreementStory(t *testing.T, asks bool) {
	t.Helper()
	came := make(chan string, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		came <- string(body)
	}))
	defer receiver.Close()
	file := filepath.Join(t.TempDir(), "channels.json")
	if err := os.WriteFile(file, []byte(`{"language":"en","channels":{"chat":{"kind":"file","path":"sent.jsonl","needsAddress":true}},
		"routes":{"TENANT":["chat"],"SUPERVISOR":["chat"],"TECHNICIAN":["chat"]}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	now := clock.NewFake(time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC))
	a := start(t, app.Config{
		Data: t.TempDir(), Clock: now, Channels: file, RequireAgreements: asks, WebhookAllow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
	})
	defer stop(t, a)
	admin := &caller{t: t, a: a, token: a.Token()}
	admin.want("POST", "/v1/recipients", `{"id":"unit.u-1","language":"en","addresses":{"chat":"u1"}}`, 201)
	hook := fmt.Sprintf(`{"url":%q}`, receiver.URL+"/hook")
	order := func() {
		t.Helper()
		admin.want("POST", "/v1/workOrders", `{"location":{"latitude":30.2,"longitude":120.2},"unitId":"u-1"}`, 201)
	}
	told := func(text string) {
		t.Helper()
		waitFor(t, now, func() bool {
			_, got := call(t, a, "GET", "/v1/messages?recipient=unit.u-1", "")
			return strings.Contains(fmt.Sprint(got), text)
		})
	}
	if !asks {
		admin.want("POST", "/v1/webhookEndpoints", hook, 201)
		order()
		if body := <-came; !strings.Contains(body, "workOrderId") || !strings.Contains(body, "sequence") {
			t.Errorf("a webhook without limits: %s", body)
		}
		told("SENT")
		admin.want("GET", "/v1/processingAgreements:coverage", "", 200, "!required", "missingCount:2")
		admin.want("GET", "/v1/reconciliation", "", 200, "uncoveredIntegrations:[channel:chat webhook:127.0.0.1]")
		return
	}
	admin.want("POST", "/v1/webhookEndpoints", hook, 409, "AGREEMENT_REQUIRED", "webhook:127.0.0.1")
	admin.want("GET", "/v1/processingAgreements:coverage", "", 200, "required:true", "channel:chat", "missingCount:1")
	order()
	told("NO_AGREEMENT")

	const party = `"party":"Chat Ltd","purpose":"to tell tenants","version":"2026-1"`
	admin.want("POST", "/v1/processingAgreements", `{`+party+`,"integrations":["mail"],"signedDate":"2026-01-01","expireDate":"2026-07-20"}`, 400, "integrations")
	admin.want("POST", "/v1/processingAgreements", `{`+party+`,"integrations":["channel:chat"],"signedDate":"2026-01-01","expireDate":"2025-07-20"}`, 422, "expireDate")
	as(t, a, "SUPERVISOR", "").want("POST", "/v1/processingAgreements", `{}`, 403)
	admin.want("POST", "/v1/processingAgreements", `{`+party+`,"integrations":["channel:chat"],"signedDate":"2026-01-01","expireDate":"2026-07-20"}`, 201, "EXPIRING")
	admin.want("GET", "/v1/reconciliation", "", 200, "lines:", "!uncoveredIntegrations")
	hooked := admin.want("POST", "/v1/processingAgreements",
		`{`+party+`,"integrations":["webhook:127.0.0.1"],"fields":["workOrderId"],"signedDate":"2026-01-01","expireDate":"2026-12-31"}`, 201, "state:VALID")
	made := admin.want("POST", "/v1/webhookEndpoints", hook, 201)
	admin.want("GET", "/v1/processingAgreements:coverage", "", 200, "!missingCount", "expireDate:2026-07-20", fmt.Sprint("agreementId:", hooked["id"]))
	order()
	if body := <-came; !strings.Contains(body, "workOrderId") || strings.Contains(body, "sequence") {
		t.Errorf("beyond the fields that were agreed on: %s", body)
	}
	told("SENT")

	admin.want("POST", fmt.Sprint("/v1/processingAgreements/", hooked["id"], ":end"), `{"reason":"they were sold"}`, 200, "ENDED")
	admin.want("POST", fmt.Sprint("/v1/processingAgreements/", hooked["id"], ":end"), `{"reason":"again"}`, 409)
	for len(came) > 0 {
		<-came
	}
	order()
	waitFor(t, now, func() bool {
		_, got := call(t, a, "GET", fmt.Sprint("/v1/webhookEndpoints/", made["id"], "/deliveries"), "")
		return strings.Contains(fmt.Sprint(got), "no processing agreement opens webhook:127.0.0.1")
	})
	if n := len(came); n > 0 {
		t.Errorf("%d webhooks left after the agreement was ended: %s", n, <-came)
	}
	admin.want("GET", "/v1/processingAgreements?integration=channel:chat", "", 200, "Chat Ltd", "!webhook:")
	now.Advance(20 * 24 * time.Hour)
	admin.want("GET", "/v1/processingAgreements:coverage", "", 200, "missingCount:2")
}
