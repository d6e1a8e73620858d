package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/internal/app"
	"fettle/internal/clock"
)

// Those who are worth most and have least time left are called first; each page goes on where the last one ended.
func TestTheQueuePutsValuableTenantsFirst(t *testing.T) {
	a := start(t, app.Config{Data: t.TempDir(), Clock: clock.NewFake(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))})
	defer stop(t, a)
	property := made(t, a, "/v1/properties", `{"displayName":"North","location":{"latitude":30.2,"longitude":120.2}}`)
	names := map[string]string{}
	for i, x := range []struct{ name, tags, end string }{
		{"plain", `[]`, "2026-03-29"},             // 20 days left: 71
		{"vip", `["vip","valued"]`, "2026-04-08"}, // 30: 3 x 61
		{"valued", `["valued"]`, "2026-04-08"},    // 2 x 61
		{"quiet", `["quiet"]`, "2026-03-09"},      // 91
		{"far", `["vip"]`, "2026-09-30"},
	} {
		tenant := made(t, a, "/v1/tenants", fmt.Sprintf(`{"displayName":%q,"tags":%s}`, x.name, x.tags))
		unit := made(t, a, "/v1/units", fmt.Sprintf(`{"propertyId":%q,"number":"%d"}`, property, i))
		names[made(t, a, "/v1/leases?signed=true", fmt.Sprintf(
			`{"tenantId":%q,"unitId":%q,"startDate":"2025-05-01","endDate":%q,"rentCents":"300000"}`, tenant, unit, x.end))] = x.name
	}
	list := func(query string) (order []string) {
		for token := ""; ; {
			code, page := call(t, a, "GET", "/v1/renewals:queue?pageSize=2"+query+"&pageToken="+token, "")
			if code != http.StatusOK {
				t.Fatalf("%s: %d %v", query, code, page)
			}
			leases, _ := page["leases"].([]any)
			for _, l := range leases {
				l, _ := l.(map[string]any)
				order = append(order, fmt.Sprintf("%s %v %v", names[fmt.Sprint(l["leaseId"])], l["score"], l["reason"]))
			}
			if token = fmt.Sprint(page["nextPageToken"]); page["nextPageToken"] == nil || token == "" {
				return order
			}
		}
	}
	for query, want := range map[string][]string{
		"": {
			"vip 183 vip (3) x 61: 30 of 90 days left", "valued 122 valued (2) x 61: 30 of 90 days left", "quiet 91 no tag (1) x 91: 0 of 90 days left",
			"plain 71 no tag (1) x 71: 20 of 90 days left",
		},
		"&orderBy=END_DATE&days=25":  {"quiet 26 no tag (1) x 26: 0 of 25 days left", "plain 6 no tag (1) x 6: 20 of 25 days left"},
		"&weights=quiet:100&days=20": {"quiet 2100 quiet (100) x 21: 0 of 20 days left", "plain 1 no tag (1) x 1: 20 of 20 days left"},
	} {
		if diff := cmp.Diff(want, list(query)); diff != "" {
			t.Errorf("%q: %s", query, diff)
		}
	}
	if code, e := call(t, a, "GET", "/v1/renewals:queue?weights=vip", ""); code != http.StatusBadRequest || !strings.Contains(fmt.Sprint(e), "as vip:3") {
		t.Errorf("%d %v", code, e)
	}
}
