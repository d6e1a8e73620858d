package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

// quote is a text as JSON.
func quote(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}

// Facts come with their source and consent, go when the source is switched off, and never come back for who has withdrawn.
func TestProfilesOverREST(t *testing.T) {
	now := clock.NewFake(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))
	a := start(t, app.Config{Data: t.TempDir(), Clock: now})
	defer stop(t, a)
	leases := homes(t, a, 2)
	load := func(source, file string) (int, map[string]any) {
		return call(t, a, "POST", "/v1/profiles:import", fmt.Sprintf(`{"source":%q,"content":%s}`, source, quote(file)))
	}
	file := "lease_id,date,consent_date,gym_visits,kitchen_bookings\n"
	for month := 1; month <= 2; month++ {
		file += fmt.Sprintf("%s,2026-%02d-28,2026-01-01,%d,8\n", leases[0], month, 20+month)
	}
	file += leases[1] + ",2026-02-28,,5,1\nls_none,2026-02-28,2026-01-01,5,1\n"
	code, r := load("APP", file)
	if code != http.StatusOK || r["lines"] != float64(2) || r["leases"] != float64(1) || r["refusedCount"] != float64(2) {
		t.Fatalf("%d %v", code, r)
	}
	if code, e := load("APP", "lease_id,date,religion\n"); code != http.StatusBadRequest {
		t.Errorf("%d %v", code, e)
	}
	profile := func(lease string) string {
		t.Helper()
		code, p := call(t, a, "GET", "/v1/profiles/"+lease, "")
		if code != http.StatusOK {
			t.Fatalf("%d %v", code, p)
		}
		return fmt.Sprint(p)
	}
	p := profile(leases[0])
	for _, want := range []string{"name:gymVisits", "value:43", "consentDate:2026-01-01", "tag:KITCHEN_USER", "source:LOCKS_METERS", "nothing has come from it"} {
		if !strings.Contains(p, want) {
			t.Errorf("no %s: %v", want, p)
		}
	}
	// A proposal shows what the tenant has agreed to, with the request that it comes from.
	id := made(t, a, "/v1/renewals", fmt.Sprintf(`{"leaseId":%q}`, leases[0]))
	if _, x := call(t, a, "GET", "/v1/renewals/"+id, ""); !strings.Contains(fmt.Sprint(x), "gymVisits") || !strings.Contains(fmt.Sprint(x), "GET /v1/profiles/"+leases[0]) {
		t.Errorf("%v", x)
	}
	// Off: nobody is shown a fact, and soon there are none; on again it is empty.
	if code, s := call(t, a, "POST", "/v1/profileSources/APP:switch", `{"enabled":false}`); code != http.StatusOK {
		t.Fatalf("%d %v", code, s)
	}
	if p := profile(leases[0]); strings.Contains(p, "gymVisits") || strings.Contains(p, "KITCHEN_USER") || !strings.Contains(p, "the source is switched off") {
		t.Errorf("%v", p)
	}
	if code, e := load("APP", file+" "); code != http.StatusConflict {
		t.Errorf("%d %v", code, e)
	}
	blanks := "" // another body, and so another idempotency key
	if !comes(now, 100, time.Second, func() bool {
		blanks += " "
		code, _ := call(t, a, "POST", "/v1/profileSources/APP:switch", fmt.Sprintf(`{"enabled":true%s}`, blanks))
		return code == http.StatusOK
	}) {
		t.Fatal("the facts of a source that is off are never removed")
	}
	if p := profile(leases[0]); strings.Contains(p, "gymVisits") {
		t.Errorf("%v", p)
	}
	if code, r := load("APP", file+"  \n"); code != http.StatusOK || r["leases"] != float64(1) {
		t.Errorf("%d %v", code, r)
	}
	if code, w := call(t, a, "POST", "/v1/profiles/"+leases[0]+":withdrawConsent", `{"source":"APP"}`); code != http.StatusOK || strings.Contains(fmt.Sprint(w), "gymVisits") {
		t.Errorf("%d %v", code, w)
	}
	if code, r := load("APP", file+"   \n"); code != http.StatusOK || r["leases"] != nil || !strings.Contains(fmt.Sprint(r), "withdrawn") {
		t.Errorf("%d %v", code, r)
	}
	if code, w := call(t, a, "POST", "/v1/profiles/"+leases[0]+":withdrawConsent", `{"source":"LEASES"}`); code != http.StatusUnprocessableEntity {
		t.Errorf("%d %v", code, w)
	}
}

// The third report at night tags the tenant, with the three orders as proof, and visits are suggested by day.
func TestNightReportsChangeVisitTimes(t *testing.T) {
	now := clock.NewFake(time.Date(2026, 3, 9, 15, 0, 0, 0, time.UTC)) // eleven in the evening
	a := start(t, app.Config{Data: t.TempDir(), Clock: now})
	defer stop(t, a)
	leases := homes(t, a, 1)
	_, l := call(t, a, "GET", "/v1/leases/"+leases[0], "")
	const who = `{"displayName":"Li","skills":[{"skill":"plumbing","level":3}],"home":{"latitude":30.2,"longitude":120.2},` +
		`"weeklyShifts":[{"days":["MON","TUE","WED","THU","FRI","SAT","SUN"],"start":"07:00","end":"22:00"}],"timeZone":"Asia/Shanghai"}`
	made(t, a, "/v1/technicians", who)
	early := regexp.MustCompile(`startTime:\S+T00:00:00Z`) // of a window; a technician may arrive before a window opens
	slots := func() string {
		t.Helper()
		code, s := call(t, a, "POST", "/v1/workOrders:suggestSlots", fmt.Sprintf(
			`{"location":{"latitude":30.2,"longitude":120.2},"unitId":%q,"requiredSkills":[{"skill":"plumbing","level":1}],"endTime":%q}`,
			l["unitId"], now.Now().Add(24*time.Hour).Format(time.RFC3339)))
		if code != http.StatusOK {
			t.Fatalf("%d %v", code, s)
		}
		return fmt.Sprint(s["slots"])
	}
	for i := range 3 {
		if s := slots(); !early.MatchString(s) { // eight in the morning
			t.Errorf("after %d reports: %s", i, s)
		}
		made(t, a, "/v1/workOrders", fmt.Sprintf(
			`{"location":{"latitude":30.2,"longitude":120.2},"unitId":%q,"requiredSkills":[{"skill":"plumbing","level":1}],"onSiteDuration":"1800s","description":"%d"}`, l["unitId"], i))
		now.Advance(24 * time.Hour)
	}
	code, p := call(t, a, "GET", "/v1/profiles/"+leases[0], "")
	if code != http.StatusOK || !strings.Contains(fmt.Sprint(p), "tag:NIGHT_SENSITIVE") || strings.Count(strings.Split(fmt.Sprint(p["tags"]), "NIGHT_SENSITIVE")[0], "wo_") != 3 {
		t.Errorf("%d %v", code, p)
	}
	if s := slots(); early.MatchString(s) || !strings.Contains(s, "startTime:2026-03-13T02:00:00Z") {
		t.Errorf("%s", s)
	}
	// Without work orders in profiles there is no tag, and no effect.
	if code, s := call(t, a, "POST", "/v1/profileSources/WORK_ORDERS:switch", `{"enabled":false}`); code != http.StatusOK {
		t.Fatalf("%d %v", code, s)
	}
	if s := slots(); !early.MatchString(s) {
		t.Errorf("%s", s)
	}
}

// Segments of leases: by the model with reasons, by hand where somebody knows better, and the shares add to 1.
func TestSegmentsOverREST(t *testing.T) {
	a := start(t, app.Config{Data: t.TempDir(), Clock: clock.NewFake(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))})
	defer stop(t, a)
	if code, e := call(t, a, "POST", "/v1/segments:fit", `{}`); code != http.StatusUnprocessableEntity {
		t.Errorf("segments of nobody: %d %v", code, e)
	}
	leases := homes(t, a, 40)
	events, prices := "lease_id,date,consent_date,events,posts\n", "lease_id,date,consent_date,price_views,coupons_used\n"
	for i, l := range leases {
		social, price := 1+i%3, 1+i%2
		switch i % 4 {
		case 0:
			social += 20
		case 1:
			price += 20
		}
		events += fmt.Sprintf("%s,2026-02-01,2026-01-01,%d,%d\n", l, social, i%2)
		prices += fmt.Sprintf("%s,2026-02-01,2026-01-01,%d,0\n", l, price)
	}
	for source, file := range map[string]string{"COMMUNITY": events, "APP": prices} {
		if code, r := call(t, a, "POST", "/v1/profiles:import", fmt.Sprintf(`{"source":%q,"content":%s}`, source, quote(file))); code != http.StatusOK || r["leases"] != float64(40) {
			t.Fatalf("%d %v", code, r)
		}
	}
	code, m := call(t, a, "POST", "/v1/segments:fit", `{"seed":1}`)
	if code != http.StatusOK || m["leases"] != float64(40) {
		t.Fatalf("%d %v", code, m)
	}
	count := func(m map[string]any) map[string]float64 {
		out := map[string]float64{}
		shares, _ := m["shares"].([]any)
		for _, x := range shares {
			s, _ := x.(map[string]any)
			n, _ := s["leases"].(float64)
			out[fmt.Sprint(s["segment"])] = n
		}
		return out
	}
	if n := count(m); n["SOCIAL"] != 10 || n["PRICE"] != 10 || n["SOCIAL"]+n["PRICE"]+n["SERVICE"]+n["OTHER"] != 40 {
		t.Errorf("%v", n)
	}
	if code, o := call(t, a, "POST", "/v1/segments:override", fmt.Sprintf(`{"leaseId":%q,"segment":"SERVICE","reason":"she said so"}`, leases[0])); code != http.StatusOK || o["modelSegment"] != "SOCIAL" {
		t.Errorf("%d %v", code, o)
	}
	if code, m := call(t, a, "POST", "/v1/segments:fit", `{"seed":2}`); code != http.StatusOK || count(m)["SOCIAL"] != 9 {
		t.Errorf("a fit forgets what a person knows: %d %v", code, m)
	}
	code, l := call(t, a, "GET", "/v1/segments/assignments?segment=SERVICE", "")
	if text := fmt.Sprint(l); code != http.StatusOK || !strings.Contains(text, "she said so") || !strings.Contains(text, "deviations from the mean") {
		t.Errorf("%d %v", code, l)
	}
	if code, r := call(t, a, "GET", "/v1/renewals:rate?groupBy=SEGMENT", ""); code != http.StatusOK {
		t.Errorf("%d %v", code, r)
	}
}
