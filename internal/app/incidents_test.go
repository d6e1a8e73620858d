package app_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

// TestIncidentOverREST: four reports of one building are seen to be one incident, wait for one repair, are told once a dwelling, and
// one of them is dispatched on its own in the end.
func TestIncidentOverREST(t *testing.T) {
	now := clock.NewFake(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))
	a := start(t, app.Config{Data: t.TempDir(), Clock: now, Notify: "http://127.0.0.1:9/"})
	defer stop(t, a)
	house := made(t, a, "/v1/properties", `{"displayName":"Building 8","location":{"latitude":30.2,"longitude":120.2}}`)
	var units, orders []string
	for i := range 5 {
		units = append(units, made(t, a, "/v1/units", fmt.Sprintf(`{"propertyId":%q,"number":"%d"}`, house, i)))
	}
	for i := range 4 {
		orders = append(orders, made(t, a, "/v1/workOrders", fmt.Sprintf(
			`{"location":{"latitude":30.2,"longitude":120.2},"unitId":%q,"requiredSkills":[{"skill":"plumbing","level":1}],"description":"no water %d"}`, units[i], i)))
	}
	code, found := call(t, a, "GET", "/v1/incidents:suggest", "")
	list := rows(found, "suggestions")
	if code != http.StatusOK || len(list) != 1 {
		t.Fatalf("%d %v", code, found)
	}
	if s := list[0]; s["propertyId"] != house || s["skill"] != "plumbing" || s["workOrderId"] != orders[0] || fmt.Sprint(s["workOrderIds"]) != fmt.Sprint(orders) {
		t.Errorf("%v", s)
	}
	id := made(t, a, "/v1/incidents", fmt.Sprintf(`{"displayName":"burst main","workOrderId":%q,"workOrderIds":[%q,%q]}`, orders[0], orders[1], orders[2]))
	path := "/v1/incidents/" + id
	becomes(t, a, path, "GROUPED MERGED", "GROUPED MERGED")
	if code, e := call(t, a, "POST", "/v1/incidents", fmt.Sprintf(`{"displayName":"again","workOrderId":%q}`, orders[1])); code != http.StatusConflict {
		t.Errorf("an order in two incidents: %d %v", code, e)
	}
	_, found = call(t, a, "GET", "/v1/incidents:suggest", "")
	if list = rows(found, "suggestions"); len(list) != 1 || list[0]["incidentId"] != id {
		t.Errorf("what belongs to the incident: %v", found)
	}
	if code, e := call(t, a, "POST", path+":group", fmt.Sprintf(`{"workOrderIds":[%q]}`, orders[3])); code != http.StatusOK {
		t.Errorf("%d %v", code, e)
	}
	becomes(t, a, path, "GROUPED MERGED", "GROUPED MERGED", "GROUPED MERGED")
	code, in := call(t, a, "POST", path+":notify", `{"text":"Water is off until 18:00.","audience":"BUILDING"}`)
	if notices := rows(in, "notices"); code != http.StatusOK || len(notices) != 1 || notices[0]["count"] != float64(5) {
		t.Errorf("%d %v", code, in)
	}
	if code, e := call(t, a, "POST", path+":close", `{"outcome":"repaired"}`); code != http.StatusConflict || e["reason"] != "ORDER_NOT_DONE" {
		t.Errorf("%d %v", code, e)
	}
	if code, e := call(t, a, "POST", path+":ungroup", fmt.Sprintf(`{"workOrderIds":[%q],"reason":"another leak"}`, orders[2])); code != http.StatusOK {
		t.Errorf("%d %v", code, e)
	}
	becomes(t, a, path, "GROUPED MERGED", "RELEASED NEW", "GROUPED MERGED")
	if code, e := call(t, a, "POST", path+":close", `{"outcome":"false alarm","release":true}`); code != http.StatusOK || e["state"] != "CLOSED" {
		t.Errorf("%d %v", code, e)
	}
	becomes(t, a, path, "RELEASED NEW", "RELEASED NEW", "RELEASED NEW")
	if _, list := call(t, a, "GET", "/v1/incidents?workOrderId="+orders[1], ""); len(rows(list, "incidents")) != 1 {
		t.Errorf("the incident of an order: %v", list)
	}
}

// becomes waits until the members of an incident and their orders are in these states.
func becomes(t *testing.T, a *app.App, path string, want ...string) {
	t.Helper()
	var got []string
	for begin := time.Now(); time.Since(begin) < patience; {
		_, in := call(t, a, "GET", path, "")
		got = nil
		for _, m := range rows(in, "members") {
			got = append(got, fmt.Sprint(m["state"], " ", m["orderState"]))
		}
		if fmt.Sprint(got) == fmt.Sprint(want) {
			return
		}
		<-time.After(20 * time.Millisecond)
	}
	t.Errorf("members are %v, want %v", got, want)
}

// rows are the objects of a list in an answer.
func rows(m map[string]any, field string) (out []map[string]any) {
	list, _ := m[field].([]any)
	for _, v := range list {
		row, _ := v.(map[string]any)
		out = append(out, row)
	}
	return out
}
