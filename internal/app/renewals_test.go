package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

// homes are leases of tenants for one dwelling each, which end within the year.
func homes(t *testing.T, a *app.App, n int) (leases []string) {
	t.Helper()
	code, p := call(t, a, "POST", "/v1/properties", `{"displayName":"North","location":{"latitude":30.2,"longitude":120.2}}`)
	if code != http.StatusCreated {
		t.Fatalf("%d %v", code, p)
	}
	for i := range n {
		code, u := call(t, a, "POST", "/v1/units", fmt.Sprintf(`{"propertyId":%q,"number":"%d"}`, p["id"], i))
		if code != http.StatusCreated {
			t.Fatalf("%d %v", code, u)
		}
		code, l := call(t, a, "POST", "/v1/leases?signed=true", fmt.Sprintf(
			`{"tenantId":"T%d","unitId":%q,"startDate":"2025-05-01","endDate":"2026-04-30","rentCents":"300000","paymentCycle":"MONTHLY"}`, i, u["id"]))
		if code != http.StatusCreated {
			t.Fatalf("%d %v", code, l)
		}
		leases = append(leases, fmt.Sprint(l["id"]))
	}
	return leases
}

// made is the id of what a call has made.
func made(t *testing.T, a *app.App, path, body string) string {
	t.Helper()
	code, x := call(t, a, "POST", path, body)
	if code != http.StatusCreated {
		t.Fatalf("POST %s: %d %v", path, code, x)
	}
	return fmt.Sprint(x["id"])
}

// A proposal from the catalogue to the lease that follows, by the tenant's link: what was quoted is what the contract says.
func TestAProposalBecomesALease(t *testing.T) {
	now := clock.NewFake(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))
	a := start(t, app.Config{Data: t.TempDir(), Clock: now})
	defer stop(t, a)
	leases := homes(t, a, 2)
	free := made(t, a, "/v1/offers", `{"displayName":"A month free","kind":"FREE_DAYS","maxFreeDays":30,"stock":5,"startDate":"2026-01-01","endDate":"2026-12-31"}`)
	bed := made(t, a, "/v1/offers", `{"displayName":"A better bed","kind":"UPGRADE","costCents":"150000","stock":1,"startDate":"2026-01-01","endDate":"2026-12-31"}`)
	body := func(lease string) string {
		return fmt.Sprintf(`{"leaseId":%q,"prices":[{"months":12,"rentCents":"300000"}],"offerIds":[%q,%q],"budgetCents":"300000"}`, lease, free, bed)
	}
	id := made(t, a, "/v1/renewals", body(leases[0]))
	if code, e := call(t, a, "POST", "/v1/renewals", body(leases[0])+" "); code != http.StatusConflict {
		t.Errorf("two open proposals of a lease: %d %v", code, e)
	}
	code, link := call(t, a, "POST", "/v1/renewals/"+id+":link", `{}`)
	if code != http.StatusOK {
		t.Fatalf("%d %v", code, link)
	}
	tenant := func(method, path, body string) (int, map[string]any) {
		return callAs(t, a, fmt.Sprint(link["token"]), method, path, body)
	}
	if code, s := tenant("GET", "/v1/session", ""); code != http.StatusOK || s["renewalId"] != id || s["leaseId"] != leases[0] {
		t.Errorf("%d %v", code, s)
	}
	path := "/v1/renewals/" + id
	code, p := tenant("GET", path, "")
	if code != http.StatusOK || p["state"] != "OFFERED" || p["budgetCents"] != nil || strings.Contains(fmt.Sprint(p), "costCents") {
		t.Errorf("%d %v", code, p)
	}
	figures, _ := p["figures"].([]any)
	if first, _ := figures[0].(map[string]any); first["name"] != "monthsHere" || first["value"] != float64(10) || first["query"] != "GET /v1/leases/"+leases[0] {
		t.Errorf("%v", figures)
	}
	if code, v := tenant("POST", path+":view", `{}`); code != http.StatusOK || v["state"] != "VIEWED" {
		t.Errorf("%d %v", code, v)
	}
	choice := fmt.Sprintf(`{"choice":{"months":12,"freeDays":15,"offerIds":[%q]}}`, bed)
	code, q := tenant("POST", path+":quote", choice)
	if code != http.StatusOK || q["rentCents"] != "287500" || q["totalCents"] != "3450000" || q["endDate"] != "2027-04-30" || q["costCents"] != nil {
		t.Errorf("%d %v", code, q)
	}
	if code, c := tenant("POST", path+":counter", `{"rentCents":"280000","note":"for two years?"}`); code != http.StatusOK || c["state"] != "COUNTERED" {
		t.Errorf("%d %v", code, c)
	}
	if code, c := call(t, a, "POST", path+":revise", `{"greeting":"we can do that"}`); code != http.StatusOK || c["state"] != "OFFERED" {
		t.Errorf("%d %v", code, c)
	}
	code, done := tenant("POST", path+":accept", choice)
	if code != http.StatusOK || done["state"] != "ACCEPTED" || done["totalCents"] != "3450000" {
		t.Fatalf("%d %v", code, done)
	}
	next := fmt.Sprint(done["nextLeaseId"])
	if code, l := call(t, a, "GET", "/v1/leases/"+next, ""); code != http.StatusOK || l["rentCents"] != q["rentCents"] || l["endDate"] != q["endDate"] || l["state"] != "DRAFT" {
		t.Errorf("%d %v", code, l)
	}
	if code, o := call(t, a, "GET", "/v1/offers/"+bed, ""); code != http.StatusOK || o["taken"] != float64(1) || o["spentCents"] != "150000" {
		t.Errorf("%d %v", code, o)
	}
	// What is sold out is not given away once more, and nothing of the acceptance is kept.
	second := made(t, a, "/v1/renewals", fmt.Sprintf(`{"leaseId":%q,"offerIds":[%q]}`, leases[1], free))
	if code, e := tenant("GET", "/v1/renewals/"+second, ""); code != http.StatusNotFound {
		t.Errorf("another's proposal: %d %v", code, e)
	}
	now.Advance(15 * 24 * time.Hour)
	if !comes(now, 100, time.Second, func() bool { // the sweeper notes it
		code, l := call(t, a, "GET", "/v1/renewals?state=EXPIRED", "")
		return code == http.StatusOK && strings.Contains(fmt.Sprint(l), second)
	}) {
		t.Fatal("the proposal never expires")
	}
	if code, e := call(t, a, "POST", "/v1/renewals/"+second+":accept", `{"choice":{"months":12}}`); code != http.StatusConflict || !strings.Contains(fmt.Sprint(e), "EXPIRED") {
		t.Errorf("%d %v", code, e)
	}
}

// Twelve tenants accept the last five upgrades at once: five have one, and no lease is drafted without.
func TestStockIsNotOversold(t *testing.T) {
	t.Run("file", func(t *testing.T) { oversell(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) { oversell(t, server.Database(t, "")) })
}

func oversell(t *testing.T, database string) {
	const wanted, stock = 12, 5
	a := start(t, app.Config{Data: t.TempDir(), Database: database, Clock: clock.NewFake(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))})
	defer stop(t, a)
	bed := made(t, a, "/v1/offers", fmt.Sprintf(
		`{"displayName":"A better bed","kind":"UPGRADE","costCents":"150000","stock":%d,"startDate":"2026-01-01","endDate":"2026-12-31"}`, stock))
	var ids []string
	for _, l := range homes(t, a, wanted) {
		ids = append(ids, made(t, a, "/v1/renewals", fmt.Sprintf(`{"leaseId":%q,"offerIds":[%q]}`, l, bed)))
	}
	codes := make([]int, wanted)
	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() {
			codes[i], _ = call(t, a, "POST", "/v1/renewals/"+id+":accept", fmt.Sprintf(`{"choice":{"months":12,"offerIds":[%q]}}`, bed))
		})
	}
	all.Wait()
	count := map[int]int{}
	for _, c := range codes {
		count[c]++
	}
	if count[http.StatusOK] != stock || count[http.StatusConflict] != wanted-stock {
		t.Errorf("%v", count)
	}
	if code, o := call(t, a, "GET", "/v1/offers/"+bed, ""); code != http.StatusOK || o["taken"] != float64(stock) || o["spentCents"] != fmt.Sprint(stock*150000) {
		t.Errorf("%d %v", code, o)
	}
	code, l := call(t, a, "GET", "/v1/leases?state=DRAFT&pageSize=100", "")
	if drafts, _ := l["leases"].([]any); code != http.StatusOK || len(drafts) != stock {
		t.Errorf("%d leases were drafted for %d upgrades", len(drafts), stock)
	}
}
