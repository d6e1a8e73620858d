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

// list is a list of objects in an answer.
func list(v any) (out []map[string]any) {
	all, _ := v.([]any)
	for _, x := range all {
		if m, ok := x.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// TestWhoLooked is N18: positions after work are refused, a technician reads what is kept and who looked, others see cells and
// must say why.
func TestWhoLooked(t *testing.T) {
	at := time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC) // a Monday, 10:00 in Shanghai
	now := clock.NewFake(at)
	a := start(t, app.Config{Data: t.TempDir(), Clock: now})
	defer stop(t, a)
	made := func(path, body string) map[string]any {
		t.Helper()
		code, got := call(t, a, "POST", path, body)
		if code != http.StatusCreated {
			t.Fatalf("%s: %d %v", path, code, got)
		}
		return got
	}
	person := func(name string) (technician, token string) {
		t.Helper()
		te := made("/v1/technicians", `{"displayName":"`+name+`","home":{"latitude":30.2,"longitude":120.2},"timeZone":"Asia/Shanghai","weeklyShifts":[{"days":["MON"],"start":"08:00","end":"17:00"}]}`)
		us := made("/v1/users", fmt.Sprintf(`{"displayName":"%s","roles":["TECHNICIAN"],"technicianId":"%s"}`, name, te["id"]))
		key := made("/v1/apiKeys", fmt.Sprintf(`{"displayName":"%s","userId":"%s"}`, name, us["id"]))
		return fmt.Sprint(te["id"]), fmt.Sprint(key["secret"])
	}
	anna, annaToken := person("Anna")
	_, bertToken := person("Bert")
	wang := made("/v1/users", `{"displayName":"Wang","roles":["DISPATCHER"]}`)
	wangToken := fmt.Sprint(made("/v1/apiKeys", fmt.Sprintf(`{"displayName":"Wang","userId":"%s"}`, wang["id"]))["secret"])

	report := func(body string) map[string]any {
		t.Helper()
		code, got := callAs(t, a, annaToken, "POST", "/v1/positions:report", body)
		if code != http.StatusOK {
			t.Fatalf("report: %d %v", code, got)
		}
		return got
	}
	if got := report(`{"positions":[{"location":{"latitude":30.2,"longitude":120.2},"technicianId":"` + anna + `","time":"2026-07-05T22:00:00Z"}]}`); len(list(got["rejected"])) != 1 || list(got["rejected"])[0]["reason"] != "OFF_SHIFT" {
		t.Errorf("at six in the morning: %v", got)
	}
	if got := report(`{"positions":[{"location":{"latitude":30.2345678,"longitude":120.2},"technicianId":"` + anna + `"}]}`); got["accepted"] != 1.0 {
		t.Errorf("at work: %v", got)
	}
	trace := "/v1/technicians/" + anna + "/trace"
	var own map[string]any
	eventually(t, func() bool { // positions are handed on beside the answer
		now.Advance(time.Second)
		_, own = callAs(t, a, annaToken, "GET", trace, "")
		return len(list(own["points"])) > 0
	})
	if points := list(own["points"]); len(points) != 1 || fmt.Sprint(points[0]["location"]) != "map[latitude:30.2345678 longitude:120.2]" || own["keepDays"] != 30.0 || own["exactHours"] != 168.0 {
		t.Fatalf("own trace: %v", own)
	}
	for _, c := range []struct {
		token, path string
		want        int
	}{
		{bertToken, trace, 404},
		{bertToken, "/v1/technicians/" + anna + "/looks", 404},
		{wangToken, trace, 400},
		{wangToken, trace + "?purpose=x", 400},
		{wangToken, "/v1/technicians/te_nobody/trace?purpose=complaint", 404},
		{wangToken, trace + "?purpose=complaint&from=2026-01-01T00:00:00Z", 400},
		{wangToken, "/v1/technicians/" + anna + "/looks", 403},
	} {
		if code, got := callAs(t, a, c.token, "GET", c.path, ""); code != c.want {
			t.Errorf("%s: %d %v, want %d", c.path, code, got, c.want)
		}
	}
	code, seen := callAs(t, a, wangToken, "GET", trace+"?purpose=complaint+17", "")
	if points := list(seen["points"]); code != http.StatusOK || len(points) != 1 || points[0]["location"] != nil || points[0]["cell"] == "" {
		t.Errorf("another's trace: %d %v; want a cell alone", code, seen)
	}
	for range 3 {
		callAs(t, a, wangToken, "GET", "/v1/technicians/"+anna, "")
		callAs(t, a, annaToken, "GET", "/v1/technicians/"+anna, "")
	}
	_, looks := callAs(t, a, annaToken, "GET", "/v1/technicians/"+anna+"/looks", "")
	var told []string
	for _, l := range list(looks["looks"]) {
		method := fmt.Sprint(l["method"])
		told = append(told, fmt.Sprint(l["displayName"], " ", method[strings.LastIndex(method, "/")+1:], " ", l["purpose"]))
	}
	slices.Sort(told)
	if got, want := strings.Join(told, ", "), "Wang GetTechnician <nil>, Wang GetTrace complaint 17"; got != want {
		t.Errorf("who looked: %s, want %s", got, want)
	}
}
