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

func TestRecurringOrders(t *testing.T) {
	t.Run("file", func(t *testing.T) { recurringStory(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) { recurringStory(t, server.Database(t, "")) })
}

// recurringStory lets a rule come on three days, skips the fourth, stops the service for two days more, and ends.
func recurringStory(t *testing.T, database string) {
	t.Helper()
	now := clock.NewFake(time.Date(2026, 3, 1, 0, 30, 0, 0, time.UTC))
	c := app.Config{Data: t.TempDir(), Database: database, Clock: now}
	a := start(t, c)
	code, rule := call(t, a, "POST", "/v1/recurringOrders", `{"displayName":"filter","rrule":"FREQ=DAILY;COUNT=8","start":"2026-03-01T09:00","lead":"0s",
		"workOrder":{"location":{"latitude":30.2,"longitude":120.2},"unitId":"F-1","description":"change the filter"}}`)
	if code != http.StatusCreated || rule["nextTime"] != "2026-03-01T01:00:00Z" || rule["timeZone"] != "Asia/Shanghai" {
		t.Fatalf("create: %d %v", code, rule)
	}
	at := fmt.Sprint("/v1/recurringOrders/", rule["id"])
	code, skipped := call(t, a, "POST", at+":skip", `{"time":"2026-03-04T01:00:00Z"}`)
	if code != 200 || !strings.Contains(fmt.Sprint(skipped["skippedTimes"]), "2026-03-04") {
		t.Errorf("skip: %d %v", code, skipped)
	}
	if code, got := call(t, a, "POST", at+":skip", `{"time":"2026-03-04T02:00:00Z"}`); code != http.StatusBadRequest {
		t.Errorf("a time that is none of the rule: %d %v", code, got)
	}
	states := func() (out []string) {
		_, got := call(t, a, "GET", at+"/occurrences", "")
		rows, _ := got["occurrences"].([]any)
		for _, r := range rows {
			one, _ := r.(map[string]any)
			out = append(out, fmt.Sprint(one["state"]))
		}
		return out
	}
	reach := func(want string) {
		t.Helper()
		await(t, func() (string, bool) {
			now.Advance(time.Second)
			got := strings.Join(states(), " ")
			return got, got == want
		})
	}
	day := func(n int) { now.Advance(time.Date(2026, 3, n, 1, 0, 1, 0, time.UTC).Sub(now.Now())) }
	for n, want := range []string{"CREATED", "CREATED CREATED", "CREATED CREATED CREATED", "SKIPPED CREATED CREATED CREATED"} {
		day(n + 1)
		reach(want)
	}
	stop(t, a)
	day(7)
	a = start(t, c)
	defer func() { stop(t, a) }()
	reach("CREATED MISSED MISSED SKIPPED CREATED CREATED CREATED")
	day(8)
	reach("CREATED CREATED MISSED MISSED SKIPPED CREATED CREATED CREATED")
	if _, got := call(t, a, "GET", at, ""); got["state"] != "ENDED" || got["nextTime"] != nil {
		t.Errorf("after the last: %v", got)
	}
	_, orders := call(t, a, "GET", "/v1/workOrders?unitId=F-1", "")
	if rows, _ := orders["workOrders"].([]any); len(rows) != 5 || !strings.Contains(fmt.Sprint(rows[0]), "startTime:2026-03-01T01:00:00Z") {
		t.Errorf("%d orders, want 5: %v", len(rows), orders)
	}
	if code, _ := call(t, a, "POST", at+":pause", `{}`); code != http.StatusConflict {
		t.Errorf("pause of one that has ended: %d", code)
	}
}
