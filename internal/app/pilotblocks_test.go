package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

// TestPilotInBlocks goes through a pilot in blocks of time to its end: the policy rules to and fro, the figures of every block are
// judged, adopting it lets it rule for all, and one action takes that back.
func TestPilotInBlocks(t *testing.T) {
	now := clock.NewFake(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))
	a := start(t, app.Config{Data: t.TempDir(), ImproveEvery: -1, Clock: now})
	defer stop(t, a)
	do := func(method, path, body string, want int) map[string]any {
		t.Helper()
		code, got := call(t, a, method, path, body)
		if code != want {
			t.Fatalf("%s %s: %d %.500s, want %d", method, path, code, fmt.Sprint(got), want)
		}
		return got
	}
	do("POST", "/v1/technicians", plumberAt("Li", 30.2), http.StatusCreated)
	asks := fmt.Sprint(do("POST", "/v1/policies", `{"displayName":"ask first","rule":{"mode":"SUGGEST"}}`, http.StatusCreated)["id"])
	pilot := do("POST", "/v1/pilots", fmt.Sprintf(
		`{"displayName":"to and fro","policyId":%q,"kpi":"SLA_ACCEPT","effect":0.1,"kind":"BLOCKS","blocks":4,"blockLength":"3600s"}`, asks), http.StatusCreated)
	path := "/v1/pilots/" + fmt.Sprint(pilot["id"])
	pilot = do("POST", path+":start", `{"seed":1,"despite":"a rehearsal"}`, http.StatusOK)
	treated, ok := pilot["treatedUnits"].([]any)
	if !ok || len(treated) != 2 {
		t.Fatalf("treated are %v, want one of each pair", pilot["treatedUnits"])
	}
	for block := range 4 {
		now.Advance(time.Minute)
		asked := slices.Contains(treated, any(fmt.Sprint(block+1)))
		var order map[string]any
		tries := 0
		eventually(t, func() bool { // the block turns by due work
			tries++
			order = do("POST", "/v1/workOrders", leakAt(30.2+float64(block)/1000+float64(tries)/1e6), http.StatusCreated)
			if strings.Contains(fmt.Sprint(order), "mode:SUGGEST") == asked {
				return true
			}
			do("POST", "/v1/workOrders/"+fmt.Sprint(order["id"])+":cancel", `{"reason":"asked too early"}`, http.StatusOK)
			return false
		})
		id := "/v1/workOrders/" + fmt.Sprint(order["id"])
		if asked {
			do("POST", id+":acceptSuggestion", `{}`, http.StatusOK)
		}
		do("POST", id+":accept", `{}`, http.StatusOK)
		if block < 3 {
			if code, got := call(t, a, "POST", path+":decide", `{"decision":"ADOPT","reason":"soon"}`); code != http.StatusConflict {
				t.Errorf("decided in block %d: %d %v", block+1, code, got)
			}
		}
		now.Advance(59 * time.Minute)
	}
	if found := fmt.Sprint(do("GET", path+":judge", "", http.StatusOK)); !strings.Contains(found, "figures") {
		t.Errorf("judged: %s", found)
	}
	decided := do("POST", path+":decide", `{"decision":"ADOPT","reason":"the dispatchers want it"}`, http.StatusOK)
	if text := fmt.Sprint(decided); !strings.Contains(text, "ADOPT") || !strings.Contains(text, "snapshot") {
		t.Errorf("the record is %.600s", text)
	}
	if rules := fmt.Sprint(do("GET", "/v1/policies:active", "", http.StatusOK)["id"]); rules != asks {
		t.Errorf("%s rules, want the policy that was adopted", rules)
	}
	if order := fmt.Sprint(do("POST", "/v1/workOrders", leakAt(30.3), http.StatusCreated)); !strings.Contains(order, "mode:SUGGEST") {
		t.Errorf("after the adoption: %.300s", order)
	}
	do("POST", "/v1/policies:rollback", `{"reason":"a rehearsal"}`, http.StatusOK)
	if order := fmt.Sprint(do("POST", "/v1/workOrders", leakAt(30.21), http.StatusCreated)); !strings.Contains(order, "state:ASSIGNED") {
		t.Errorf("after it was taken back: %.300s", order)
	}
}
