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

// An experiment from its draft to the lock: refused until it is shown, and killed.
func TestExperimentsOverREST(t *testing.T) {
	now := clock.NewFake(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))
	a := start(t, app.Config{Data: t.TempDir(), Clock: now})
	defer stop(t, a)
	code, x := call(t, a, "POST", "/v1/experiments",
		`{"displayName":"texts","variants":[{"name":"old","text":"for those who stay"},{"name":"new","text":"your neighbours stay"}]}`)
	if code != http.StatusCreated || x["state"] != "DRAFT" || x["percent"] != float64(100) || x["windowHours"] != float64(24) {
		t.Fatalf("%d %v", code, x)
	}
	id, _ := x["id"].(string)
	path := "/v1/experiments/" + id
	if code, p := call(t, a, "POST", path+":expose", `{"householdId":"early"}`); code != http.StatusOK || p["drawn"] == true || p["variant"] != "old" {
		t.Errorf("%d %v", code, p)
	}
	if code, x := call(t, a, "POST", path+":start", `{}`); code != http.StatusOK || x["state"] != "RUNNING" {
		t.Fatalf("%d %v", code, x)
	}
	if code, e := call(t, a, "POST", path+":lock", `{}`); code != http.StatusConflict || !strings.Contains(fmt.Sprint(e["detail"]), "need about") {
		t.Errorf("%d %v", code, e)
	}
	const households = 120
	for i := range households {
		body := fmt.Sprintf(`{"householdId":"T-%d"}`, i)
		code, p := call(t, a, "POST", path+":expose", body)
		if code != http.StatusOK || p["drawn"] != true {
			t.Fatalf("%d %v", code, p)
		}
		if p["variant"] == "new" && i%4 > 0 || i%20 == 0 { // most of the one, few of the other
			if code, e := call(t, a, "POST", path+":record", fmt.Sprintf(`{"householdId":"T-%d","metric":"CLICK"}`, i)); code != http.StatusOK || e["clickTime"] == nil {
				t.Fatalf("%d %v", code, e)
			}
		}
	}
	if code, e := call(t, a, "POST", path+":record", `{"householdId":"T-none","metric":"SIGN"}`); code != http.StatusUnprocessableEntity {
		t.Errorf("%d %v", code, e)
	}
	now.Advance(25 * time.Hour)
	code, y := call(t, a, "GET", path+":analyze", "")
	if code != http.StatusOK || y["verdict"] != "READY" || y["best"] != "new" {
		t.Fatalf("%d %v", code, y)
	}
	if code, l := call(t, a, "GET", path+"/exposures?pageSize=100", ""); code != http.StatusOK || l["nextPageToken"] == "" {
		t.Errorf("%d %v", code, l)
	}
	if code, x := call(t, a, "POST", path+":lock", `{ }`); code != http.StatusOK || x["winner"] != "new" {
		t.Errorf("%d %v", code, x)
	}
	if code, p := call(t, a, "POST", path+":expose", `{"householdId":"late"}`); code != http.StatusOK || p["variant"] != "new" || p["drawn"] == true {
		t.Errorf("%d %v", code, p)
	}
	if code, x := call(t, a, "POST", path+":kill", `{"reason":"complaints"}`); code != http.StatusOK || x["state"] != "KILLED" {
		t.Errorf("%d %v", code, x)
	}
	if code, p := call(t, a, "POST", path+":expose", `{"householdId":"later"}`); code != http.StatusOK || p["variant"] != "old" {
		t.Errorf("%d %v", code, p)
	}
}

// A model that is fitted, judged and asked; a household that wants none of it; a queue in which nobody is kept waiting for long.
func TestRenewalModelsOverREST(t *testing.T) {
	a := start(t, app.Config{Data: t.TempDir(), Clock: clock.NewFake(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))})
	defer stop(t, a)
	var leases []string
	for i := range 400 {
		hours := i % 13
		renewed := (i*7)%13 > hours-4
		second := `"NaN"`
		if i%3 > 0 {
			second = fmt.Sprint(i % 5)
		}
		leases = append(leases, fmt.Sprintf(`{"values":[%d,%s],"renewed":%v}`, hours, second, renewed))
	}
	const features = `{"displayName":"spring","features":[{"name":"serviceHours","source":"WORK_ORDERS"},{"name":"doorOpenings","source":"LOCKS_METERS"}],`
	code, m := call(t, a, "POST", "/v1/renewalModels", features+`"leases":[`+strings.Join(leases, ",")+`]}`)
	if code != http.StatusCreated {
		t.Fatalf("%d %v", code, m)
	}
	weights, _ := m["weights"].([]any)
	first, _ := weights[0].(map[string]any)
	if high, _ := first["high"].(float64); high >= 0 {
		t.Errorf("who waits longer leaves less: %v", first)
	}
	path := fmt.Sprint("/v1/renewalModels/", m["id"])
	if code, got := call(t, a, "GET", path, ""); code != http.StatusOK || got["report"] == nil {
		t.Errorf("%d %v", code, got)
	}
	if code, l := call(t, a, "GET", "/v1/renewalModels", ""); code != http.StatusOK || l["models"] == nil {
		t.Errorf("%d %v", code, l)
	}
	const ask = `{"householdId":"te_1","values":[12,"NaN"],"purpose":"CARE"}`
	if code, e := call(t, a, "POST", path+":estimate", ask); code != http.StatusOK || e["probability"] == nil || e["withheld"] == true {
		t.Errorf("%d %v", code, e)
	}
	if code, e := call(t, a, "POST", path+":estimate", strings.Replace(ask, "CARE", "PRICE", 1)); code != http.StatusUnprocessableEntity {
		t.Errorf("locks have decided on a price: %d %v", code, e)
	}
	if code, o := call(t, a, "POST", "/v1/renewalModels:optOut", `{"householdId":"te_1","optedOut":true}`); code != http.StatusOK || o["optedOut"] != true {
		t.Fatalf("%d %v", code, o)
	}
	if code, e := call(t, a, "POST", path+":estimate", ask); code != http.StatusOK || e["withheld"] != true || e["probability"] != nil {
		t.Errorf("something is said of a household that has opted out: %d %v", code, e)
	}
	const left = `{"limitMinutes":60,"waiting":[{"workOrderId":"w1","atMostMinutes":60},{"workOrderId":"w2","householdId":"te_1","atMostMinutes":40,"risk":0.9}]}`
	if code, q := call(t, a, "POST", "/v1/renewalModels:prioritize", left); code != http.StatusOK || strings.Index(fmt.Sprint(q), "w2") < strings.Index(fmt.Sprint(q), "w1") {
		t.Errorf("%d %v", code, q)
	}
	if code, o := call(t, a, "POST", "/v1/renewalModels:optOut", `{"householdId":"te_1","optedOut":false}`); code != http.StatusOK {
		t.Fatalf("%d %v", code, o)
	}
	if code, e := call(t, a, "POST", path+":estimate", ask); code != http.StatusOK || e["withheld"] == true {
		t.Errorf("%d %v", code, e)
	}
	const queue = `{"limitMinutes":60,"waiting":[{"workOrderId":"w1","atMostMinutes":60},{"workOrderId":"w2","atMostMinutes":40,"risk":0.9},
		{"workOrderId":"w3","atMostMinutes":30,"risk":0.8}]}`
	code, q := call(t, a, "POST", "/v1/renewalModels:prioritize", queue)
	if got := fmt.Sprint(q["order"]); code != http.StatusOK || strings.Index(got, "w2") > strings.Index(got, "w1") || strings.Index(got, "w3") < strings.Index(got, "w1") {
		t.Errorf("%d %v", code, q)
	}
}
