package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

func TestCleaning(t *testing.T) {
	t.Run("file", func(t *testing.T) { cleaningStory(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) { cleaningStory(t, server.Database(t, "")) })
}

// cleaningStory is S05: what is wrong is found each quarter without anybody asking, mended, accepted, found again, and gone.
func cleaningStory(t *testing.T, database string) {
	t.Helper()
	now := clock.NewFake(time.Date(2026, 6, 28, 2, 0, 0, 0, time.UTC))
	a := start(t, app.Config{Data: t.TempDir(), Database: database, Clock: now})
	defer stop(t, a)
	admin := &caller{t: t, a: a, token: a.Token()}
	desk := as(t, a, "FRONT_DESK", "")
	made := func(path, body string) string { return fmt.Sprint(admin.want("POST", path, body, 201)["id"]) }
	li := made("/v1/tenants", `{"displayName":"Li Na","phone":"13731415926","idExpireDate":"2026-05-01","emergencyContact":{"displayName":"Wang","phone":"13827182818"}}`)
	again := made("/v1/tenants", `{"displayName":"Li N.","phone":"13731415926","emergencyContact":{"displayName":"Wang","phone":"13731415926"}}`)
	lease := func(tenant, from, to, rent string) string {
		return made("/v1/leases?signed=true", fmt.Sprintf(`{"tenantId":%q,"unitId":"u-1","startDate":%q,"endDate":%q,"rentCents":%q}`, tenant, from, to, rent))
	}
	lease(li, "2026-01-01", "2026-12-31", "300000")
	second := lease(again, "2026-12-01", "2027-12-31", "0")
	admin.want("GET", "/v1/cleaningReports", "", 200, "nextRunTime:2026-06-30T20:00:00Z") // four in the morning in Shanghai

	desk.want("POST", "/v1/cleaningFindings:run", `{}`, 403)
	r := admin.want("POST", "/v1/cleaningFindings:run", `{}`, 200, "ID_EXPIRED:1", "CONTACT_IS_TENANT:1", "DUPLICATE_TENANT:1", "LEASE_WITHOUT_RENT:1", "LEASE_OVERLAP:1", "tenantCount:2", "leaseCount:2", "quarter:2026-Q2")
	if r["openCount"] != 5.0 { // the look of the first start may have found some of them
		t.Errorf("%v", r)
	}
	desk.want("GET", "/v1/cleaningFindings", "", 200, li, again, second, "!13731415926")
	finding := func(filter string) map[string]any {
		t.Helper()
		list, _ := desk.want("GET", "/v1/cleaningFindings?filter="+filter, "", 200)["findings"].([]any)
		if len(list) != 1 {
			t.Fatalf("%s: %v", filter, list)
		}
		one, _ := list[0].(map[string]any)
		return one
	}
	expired, twice := finding("kind+%3D+ID_EXPIRED"), finding("kind+%3D+DUPLICATE_TENANT")
	at := fmt.Sprint("/v1/cleaningFindings/", expired["id"])
	desk.want("POST", at+":resolve", `{}`, 400, "outcome")
	desk.want("POST", at+":resolve", `{"outcome":"FIXED","note":"card seen"}`, 200, "RESOLVED", "resolvedBy:key:ak_")
	desk.want("POST", at+":resolve", `{"outcome":"FIXED"}`, 409, "ILLEGAL_STATE")
	desk.want("POST", fmt.Sprint("/v1/cleaningFindings/", twice["id"], ":resolve"), `{"outcome":"ACCEPTED","note":"sisters share a phone"}`, 200)
	admin.want("PATCH", "/v1/leases/"+second+"?etag=*", `{"rentCents":"310000"}`, 200)

	// A quarter begins: what was said to be mended and is not is open again, what is mended is gone, what was accepted is left alone.
	now.Advance(72*time.Hour + 30*time.Minute)
	waitFor(t, now, func() bool {
		_, got := call(t, a, "GET", "/v1/cleaningReports", "")
		return strings.Contains(fmt.Sprint(got), "2026-Q3")
	})
	admin.want("GET", "/v1/cleaningReports", "", 200, "quarter:2026-Q3", "goneCount:1", "openCount:3", "nextRunTime:2026-09-30T20:00:00Z")
	admin.want("GET", at, "", 200, "state:OPEN", "!card seen")
	admin.want("GET", "/v1/cleaningFindings?state=GONE", "", 200, "LEASE_WITHOUT_RENT")
	admin.want("GET", fmt.Sprint("/v1/cleaningFindings/", twice["id"]), "", 200, "state:RESOLVED", "sisters")
	admin.want("PATCH", "/v1/tenants/"+li+"?etag=*", `{"idExpireDate":"2036-05-01"}`, 200)
	admin.want("POST", "/v1/cleaningFindings:run", `{}`, 200, "goneCount:1", "!ID_EXPIRED", "!newCount")
}
