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
