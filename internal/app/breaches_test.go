package app_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

// passes lets minutes of the service go by until something holds.
func passes(t *testing.T, now *clock.Fake, minutes int, holds func() bool) bool {
	t.Helper()
	for range minutes {
		if holds() {
			return true
		}
		now.Advance(time.Minute)
		<-time.After(15 * time.Millisecond)
	}
	return holds()
}

// TestSupervisorsAreToldBeforeItIsLate: an order that nobody can do is escalated once, before its deadline, when the policy says so, and
// never otherwise; what became of its forecast survives a restart.
func TestSupervisorsAreToldBeforeItIsLate(t *testing.T) {
	now := clock.NewFake(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))
	cfg := app.Config{Data: t.TempDir(), Clock: now}
	a := start(t, cfg)
	defer func() { stop(t, a) }()
	order := func(description string) string {
		return made(t, a, "/v1/workOrders", fmt.Sprintf(
			`{"location":{"latitude":30.2,"longitude":120.2},"requiredSkills":[{"skill":"plumbing","level":1}],"description":%q}`, description))
	}
	early := func(id string) (n int) {
		_, timeline := call(t, a, "GET", "/v1/workOrders/"+id+"/timeline?pageSize=200", "")
		for _, e := range rows(timeline, "entries") {
			if reason := fmt.Sprint(e["reason"]); e["type"] == "work_order.escalated" && len(reason) > 14 && reason[:14] == "likely to be l" {
				n++
			}
		}
		return n
	}
	silent := order("first")
	if code, f := call(t, a, "GET", "/v1/workOrders/"+silent+"/breachForecast", ""); code != http.StatusOK || f["basis"] != "UNPLANNED" || f["escalateAbove"] != nil {
		t.Errorf("%d %v", code, f)
	}
	if passes(t, now, 90, func() bool { return early(silent) > 0 }) {
		t.Error("supervisors are told without a policy that says so")
	}
	policy := made(t, a, "/v1/policies", `{"displayName":"early","rule":{"mode":"AUTO","escalateAbove":0.05}}`)
	if code, p := call(t, a, "POST", "/v1/policies/"+policy+":activate", "{}"); code != http.StatusOK || fmt.Sprint(p["rule"]) != "map[escalateAbove:0.05 mode:AUTO]" {
		t.Fatalf("%d %v", code, p)
	}
	id := order("second")
	if !comes(now, 100, time.Minute, func() bool { return early(id) == 1 }) {
		t.Fatalf("nobody is told of %s", id)
	}
	_, f := call(t, a, "GET", "/v1/workOrders/"+id+"/breachForecast", "")
	if due, err := time.Parse(time.RFC3339, fmt.Sprint(f["dueTime"])); err != nil || !now.Now().Before(due) || f["escalateTime"] == nil || f["escalateAbove"] != 0.05 {
		t.Errorf("told at %s: %v", now.Now(), f)
	}
	if _, list := call(t, a, "GET", "/v1/forecasts:breaches?leastProbability=0.05", ""); len(rows(list, "forecasts")) == 0 {
		t.Errorf("%v", list)
	}
	stop(t, a)
	a = start(t, cfg)
	learned := func() bool {
		_, c := call(t, a, "GET", "/v1/forecasts:breachCalibration", "")
		return c["forecasts"] == 2.0 && c["broken"] == 2.0
	}
	if !comes(now, 700, time.Minute, learned) {
		_, c := call(t, a, "GET", "/v1/forecasts:breachCalibration", "")
		t.Errorf("what became of two orders that nobody came to: %v", c)
	}
	if n := early(id); n != 1 {
		t.Errorf("supervisors were told %d times before the deadline", n)
	}
	stop(t, a)
	a = start(t, cfg)
	if !learned() {
		t.Error("a restart forgets what became of forecasts")
	}
}
