package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

// A survey of a quarter by links of tenants, one answer each, with a score that knows how sure it is; the next quarter's follows.
func TestSurveysOverREST(t *testing.T) {
	now := clock.NewFake(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))
	a := start(t, app.Config{Data: t.TempDir(), Clock: now})
	defer stop(t, a)
	leases := homes(t, a, 4)
	id := made(t, a, "/v1/surveys", `{"displayName":"How is it","quarter":"2026-Q1","repeat":true}`)
	if code, e := call(t, a, "POST", "/v1/surveys", `{"displayName":"Again","quarter":"2026-Q1"}`); code != http.StatusConflict {
		t.Errorf("two surveys of a quarter: %d %v", code, e)
	}
	if code, e := call(t, a, "POST", "/v1/surveys", `{"displayName":"Again","quarter":"2026-QX"}`); code != http.StatusBadRequest {
		t.Errorf("%d %v", code, e)
	}
	for i, score := range []int{10, 9, 3} {
		code, link := call(t, a, "POST", "/v1/surveys:link", fmt.Sprintf(`{"leaseId":%q}`, leases[i]))
		if code != http.StatusOK {
			t.Fatalf("%d %v", code, link)
		}
		token := fmt.Sprint(link["token"])
		open := func(want bool) {
			t.Helper()
			if code, o := callAs(t, a, token, "GET", "/v1/surveys:open", ""); code != http.StatusOK || o["surveyId"] != id || (o["answered"] == true) != want {
				t.Errorf("answered %v: %d %v", want, code, o)
			}
		}
		open(false)
		if code, s := callAs(t, a, token, "POST", "/v1/surveys/"+id+":respond", fmt.Sprintf(`{"score":%d}`, score)); code != http.StatusOK {
			t.Fatalf("%d %v", code, s)
		}
		open(true)
		if code, s := callAs(t, a, token, "POST", "/v1/surveys/"+id+":respond", `{"score":10,"comment":"again"}`); code != http.StatusConflict {
			t.Errorf("a second answer: %d %v", code, s)
		}
		if code, s := callAs(t, a, token, "POST", "/v1/surveys/"+id+":respond", fmt.Sprintf(`{"score":10,"leaseId":%q}`, leases[3])); code != http.StatusNotFound {
			t.Errorf("for another lease: %d %v", code, s)
		}
	}
	code, r := call(t, a, "GET", "/v1/surveys/"+id+":results?groupBy=BUILDING", "")
	total, _ := r["total"].(map[string]any)
	if nps, _ := total["nps"].(float64); code != http.StatusOK || r["invited"] != float64(4) || r["responseRate"] != 0.75 || nps < 33 || nps > 34 || total["low"] == nil {
		t.Errorf("%d %v", code, r)
	}
	if groups, _ := r["groups"].([]any); len(groups) != 1 {
		t.Errorf("%v", r)
	}
	// The next quarter begins: its survey is there, and the old one is closed.
	next := ""
	for range 2000 {
		now.Advance(time.Hour)
		if _, l := call(t, a, "GET", "/v1/surveys", ""); strings.Contains(fmt.Sprint(l), "2026-Q2") {
			next = fmt.Sprint(l)
			break
		}
	}
	if strings.Count(next, "2026-Q2") != 1 || !strings.Contains(next, "CLOSED") || !strings.Contains(next, "OPEN") {
		t.Errorf("%v", next)
	}
}

// The mood beside a bill: one tap, changed for a while, then it stands. What sounds bad is a task at once.
func TestMoodsOverREST(t *testing.T) {
	now := clock.NewFake(time.Date(2026, 1, 9, 1, 0, 0, 0, time.UTC))
	a := start(t, app.Config{Data: t.TempDir(), Clock: now})
	defer stop(t, a)
	leases := homes(t, a, 2)
	tap := func(lease, mood string) (int, map[string]any) {
		return call(t, a, "POST", "/v1/surveys:mood", fmt.Sprintf(`{"leaseId":%q,"mood":%q,"month":%q}`, lease, mood, now.Now().Format("2006-01")))
	}
	for month := range 3 {
		code, m := tap(leases[0], "NEUTRAL")
		if code != http.StatusOK || (m["careTaskId"] != nil) != (month == 2) {
			t.Errorf("month %d: %d %v", month, code, m)
		}
		if month < 2 {
			now.Advance(31 * 24 * time.Hour)
		}
	}
	if code, m := tap(leases[0], "GOOD"); code != http.StatusOK {
		t.Errorf("a slip of the thumb: %d %v", code, m)
	}
	now.Advance(11 * time.Minute)
	if code, m := tap(leases[0], "BAD"); code != http.StatusConflict {
		t.Errorf("%d %v", code, m)
	}
	code, b := tap(leases[1], "BAD")
	if code != http.StatusOK || b["careTaskId"] == nil {
		t.Errorf("%d %v", code, b)
	}
	code, list := call(t, a, "GET", "/v1/careTasks?state=OPEN", "")
	if tasks, _ := list["careTasks"].([]any); code != http.StatusOK || len(tasks) != 2 {
		t.Errorf("%d %v", code, list)
	}
	path := fmt.Sprint("/v1/careTasks/", b["careTaskId"], ":close")
	if code, c := call(t, a, "POST", path, `{"outcome":"called; the heating is loud"}`); code != http.StatusOK || c["state"] != "DONE" {
		t.Errorf("%d %v", code, c)
	}
	if code, c := call(t, a, "POST", path, `{"outcome":"again"}`); code != http.StatusConflict {
		t.Errorf("%d %v", code, c)
	}
	if code, m := call(t, a, "GET", "/v1/surveys:moods", ""); code != http.StatusOK || m["good"] != float64(1) || m["bad"] != float64(1) || m["leases"] != float64(2) {
		t.Errorf("%d %v", code, m)
	}
}

// The rate of a day and the leases behind it agree, and yesterday's figure is what it was yesterday.
func TestTheRenewalRateOverREST(t *testing.T) {
	now := clock.NewFake(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))
	a := start(t, app.Config{Data: t.TempDir(), Clock: now})
	defer stop(t, a)
	leases := homes(t, a, 5) // until 30 April
	for _, l := range leases[:2] {
		if code, r := call(t, a, "POST", "/v1/leases/"+l+":renew", `{"endDate":"2027-04-30","signed":true}`); code != http.StatusCreated && code != http.StatusOK {
			t.Fatalf("%d %v", code, r)
		}
	}
	if code, r := call(t, a, "POST", "/v1/surveys:mood", fmt.Sprintf(`{"leaseId":%q,"mood":"BAD"}`, leases[4])); code != http.StatusOK {
		t.Fatalf("%d %v", code, r)
	}
	now.Advance(time.Date(2026, 5, 1, 1, 0, 0, 0, time.UTC).Sub(now.Now())) // the first of May, nine in the morning
	rate := func(query string) map[string]any {
		t.Helper()
		code, r := call(t, a, "GET", "/v1/renewals:rate"+query, "")
		if code != http.StatusOK {
			t.Fatalf("%d %v", code, r)
		}
		return r
	}
	r := rate("?groupBy=BUILDING")
	total, _ := r["total"].(map[string]any)
	before, _ := r["yesterday"].(map[string]any)
	if total["ended"] != float64(5) || total["renewed"] != float64(2) || total["rate"] != 0.4 || total["belowDanger"] != true || total["surelyBelow"] != nil ||
		before["ended"] != nil || before["rate"] != nil || r["dangerLine"] != 0.6 || r["asOfTime"] != "2026-04-30T22:00:00Z" {
		t.Errorf("%v", r)
	}
	code, l := call(t, a, "GET", "/v1/renewals:rateLeases?pageSize=3", "")
	first, _ := l["leases"].([]any)
	code2, l := call(t, a, "GET", fmt.Sprint("/v1/renewals:rateLeases?pageSize=3&pageToken=", l["nextPageToken"]), "")
	second, _ := l["leases"].([]any)
	if code != http.StatusOK || code2 != http.StatusOK || len(first) != 3 || len(second) != 2 || strings.Count(fmt.Sprint(first, second), "renewed:true") != 2 {
		t.Errorf("%v %v", first, second)
	}
	code, o := call(t, a, "GET", "/v1/surveys:moodOutcomes", "")
	if text := fmt.Sprint(o["outcomes"]); code != http.StatusOK || !strings.Contains(text, "LAST_BAD") || !strings.Contains(text, "NO_MOOD") {
		t.Errorf("%d %v", code, o)
	}
	// Whoever signs today counts from tomorrow on; today's figure stays.
	if code, r := call(t, a, "POST", "/v1/leases/"+leases[2]+":renew", `{"endDate":"2027-05-31","startDate":"2026-05-01","signed":true}`); code != http.StatusCreated && code != http.StatusOK {
		t.Fatalf("%d %v", code, r)
	}
	// The history has the figures of its days. What was signed on paper a month before it is entered counts from that day.
	past := func() (days []any) {
		t.Helper()
		code, r := call(t, a, "GET", "/v1/renewals:rateHistory?startDate=2026-04-30", "")
		days, _ = r["days"].([]any)
		if code != http.StatusOK || len(days) != 2 || r["dangerLine"] != 0.6 || r["definition"] == "" {
			t.Fatalf("%d %v", code, r)
		}
		return days
	}
	if got, want := fmt.Sprint(past()[1]), fmt.Sprint(map[string]any{"date": "2026-05-01", "total": rate("?date=2026-05-01")["total"]}); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if code, r := call(t, a, "POST", "/v1/leases/"+leases[3]+":renew", `{"endDate":"2027-05-31","signed":true,"signedDate":"2026-04-01"}`); code != http.StatusOK && code != http.StatusCreated {
		t.Fatalf("%d %v", code, r)
	}
	if got := fmt.Sprint(past()[1]); !strings.Contains(got, "renewed:3") {
		t.Errorf("%s, want three renewed", got)
	}
	for query, field := range map[string]string{"startDate=2024-01-01": "startDate", "endDate=2026-05-02": "endDate"} {
		if code, r := call(t, a, "GET", "/v1/renewals:rateHistory?"+query, ""); code != http.StatusBadRequest || !strings.Contains(fmt.Sprint(r), field) {
			t.Errorf("%s: %d %v", query, code, r)
		}
	}
	if code, r := call(t, a, "POST", "/v1/leases/"+leases[4]+":renew", `{"endDate":"2027-05-31","signedDate":"2026-04-01"}`); code != http.StatusBadRequest || !strings.Contains(fmt.Sprint(r), "signedDate") {
		t.Errorf("a day without a signature: %d %v", code, r)
	}
	if again, _ := rate("?date=2026-05-01")["total"].(map[string]any); again["renewed"] != float64(3) {
		t.Errorf("%v", again)
	}
	now.Advance(24 * time.Hour)
	r = rate("")
	total, _ = r["total"].(map[string]any)
	if before, _ = r["yesterday"].(map[string]any); total["renewed"] != float64(4) || before["renewed"] != float64(3) || before["ended"] != float64(5) {
		t.Errorf("%v", r)
	}
	if code, e := call(t, a, "GET", "/v1/renewals:rate?date=2027-01-01", ""); code != http.StatusBadRequest {
		t.Errorf("%d %v", code, e)
	}
	if code, e := call(t, a, "GET", "/v1/renewals:messageEffects", ""); code != http.StatusOK || e["definition"] == nil {
		t.Errorf("%d %v", code, e)
	}
}
