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

// TestTasksOverREST: work that is no repair goes to its role, is late once for each promise, and a room that is free is searched for.
func TestTasksOverREST(t *testing.T) {
	now := clock.NewFake(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))
	a := start(t, app.Config{Data: t.TempDir(), Clock: now, Notify: "http://127.0.0.1:9/"})
	defer stop(t, a)
	house := made(t, a, "/v1/properties", `{"displayName":"Building 8","location":{"latitude":30.2,"longitude":120.2}}`)
	unit := made(t, a, "/v1/units", fmt.Sprintf(`{"propertyId":%q,"number":"1"}`, house))
	tenant := made(t, a, "/v1/tenants", `{"displayName":"Li"}`)
	_, key := call(t, a, "POST", "/v1/apiKeys", `{"displayName":"books","roles":["FINANCE"]}`)
	books := fmt.Sprint(key["secret"])
	_, link := call(t, a, "POST", "/v1/links", fmt.Sprintf(`{"unitId":%q}`, unit))
	renter := fmt.Sprint(link["token"])

	code, parcel := callAs(t, a, renter, "POST", "/v1/tasks", `{"kind":"PARCEL","description":"in the wrong locker","channel":"WECHAT"}`)
	if code != http.StatusCreated || parcel["role"] != "FRONT_DESK" || parcel["unitId"] != unit || parcel["state"] != "NEW" {
		t.Fatalf("%d %v", code, parcel)
	}
	if code, e := callAs(t, a, renter, "POST", "/v1/tasks", `{"kind":"MATCHING","description":"x"}`); code != http.StatusBadRequest {
		t.Errorf("a tenant opens a search: %d %v", code, e)
	}
	path := "/v1/tasks/" + fmt.Sprint(parcel["id"])
	if code, e := callAs(t, a, books, "POST", path+":claim", "{}"); code != http.StatusConflict || e["reason"] != "TASK_OF_ANOTHER_ROLE" {
		t.Errorf("finance takes a parcel: %d %v", code, e)
	}
	late := func(want int) {
		t.Helper()
		if !comes(now, 300, 5*time.Minute, func() bool {
			_, x := call(t, a, "GET", path, "")
			list, _ := x["breached"].([]any)
			return len(list) == want
		}) {
			t.Errorf("not %d promises are broken", want)
		}
	}
	late(1)
	if code, e := call(t, a, "POST", path+":claim", "{}"); code != http.StatusOK || e["state"] != "CLAIMED" {
		t.Errorf("%d %v", code, e)
	}
	late(2)
	if code, e := call(t, a, "POST", path+":complete", `{"outcome":"found"}`); code != http.StatusOK || e["state"] != "DONE" {
		t.Errorf("%d %v", code, e)
	}
	told := 0
	if !comes(now, 300, time.Minute, func() bool {
		_, list := call(t, a, "GET", "/v1/messages", "")
		told = len(rows(list, "messages"))
		return told == 2
	}) {
		t.Errorf("supervisors are told %d times", told)
	}

	left := made(t, a, "/v1/tasks", fmt.Sprintf(`{"kind":"ROOMMATE_LEFT","description":"room B is free","unitId":%q}`, unit))
	_, list := call(t, a, "GET", "/v1/tasks?open=true&role=SUPERVISOR", "")
	found := rows(list, "tasks")
	if len(found) != 1 || found[0]["kind"] != "MATCHING" || found[0]["parentId"] != left {
		t.Fatalf("%v", list)
	}
	search := "/v1/tasks/" + fmt.Sprint(found[0]["id"])
	if code, e := call(t, a, "POST", search+":complete", `{"outcome":"x"}`); code != http.StatusConflict || e["reason"] != "NOBODY_AGREED" {
		t.Errorf("%d %v", code, e)
	}
	if code, e := call(t, a, "POST", search+":propose", `{"tenantId":"nobody"}`); code != http.StatusBadRequest {
		t.Errorf("%d %v", code, e)
	}
	call(t, a, "POST", search+":propose", fmt.Sprintf(`{"tenantId":%q,"state":"AGREED"}`, tenant))
	if code, e := call(t, a, "POST", search+":complete", `{"outcome":"moves in on Sunday"}`); code != http.StatusOK {
		t.Errorf("%d %v", code, e)
	}
	_, report := call(t, a, "GET", "/v1/tasks:report", "")
	if lines := rows(report, "lines"); len(lines) != 3 || lines[0]["claimedInTime"] != 0.0 || lines[0]["kind"] != "PARCEL" {
		t.Errorf("%v", report)
	}
	if _, list := call(t, a, "GET", `/v1/tasks?filter=kind%3D%22PARCEL%22`, ""); len(rows(list, "tasks")) != 1 {
		t.Errorf("%v", list)
	}

	lease := homes(t, a, 1)[0]
	_, l := call(t, a, "GET", "/v1/leases/"+lease, "")
	made(t, a, "/v1/tasks", fmt.Sprintf(`{"kind":"NOISE","description":"every night","unitId":%q}`, l["unitId"]))
	if _, p := call(t, a, "GET", "/v1/profiles/"+lease, ""); !strings.Contains(fmt.Sprint(p["signals"]), "frictions") {
		t.Errorf("what is no repair is not in the profile: %v", p)
	}
}

// A lease that is ended before its time leaves a task behind where others stay, once, and none where nobody does.
func TestRoommateWhoLeaves(t *testing.T) {
	t.Parallel()
	now := clock.NewFake(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))
	a := start(t, app.Config{Data: t.TempDir(), Clock: now})
	defer stop(t, a)
	house := made(t, a, "/v1/properties", `{"displayName":"Building 9","location":{"latitude":30.2,"longitude":120.2}}`)
	unit := func(number string) string {
		return made(t, a, "/v1/units", fmt.Sprintf(`{"propertyId":%q,"number":%q}`, house, number))
	}
	let := func(unit, name string) string {
		tenant := made(t, a, "/v1/tenants", fmt.Sprintf(`{"displayName":%q}`, name))
		return made(t, a, "/v1/leases?signed=true", fmt.Sprintf(`{"tenantId":%q,"unitId":%q,"startDate":"2025-08-01","endDate":"2026-08-31"}`, tenant, unit))
	}
	shared, alone := unit("1"), unit("2")
	single, left, _ := let(alone, "Wu"), let(shared, "Li"), let(shared, "Zhao")
	for _, id := range []string{single, left} {
		if code, e := call(t, a, "POST", "/v1/leases/"+id+":terminate", `{"reason":"moves to another city"}`); code != http.StatusOK {
			t.Fatalf("%d %v", code, e)
		}
	}
	open := func() []map[string]any {
		_, list := call(t, a, "GET", "/v1/tasks?open=true", "")
		return rows(list, "tasks")
	}
	await(t, func() (bool, bool) { // until the one that nobody is left behind by was looked at, and the other
		now.Advance(time.Second)
		_, events := call(t, a, "GET", "/v1/auditEvents?objectKind=leases&objectId="+single, "")
		return true, strings.Contains(fmt.Sprint(events), "lease.left") && len(open()) >= 2
	})
	found := open()
	if len(found) != 2 {
		t.Fatalf("%v", found)
	}
	for _, x := range found {
		if x["unitId"] != shared || !strings.Contains(fmt.Sprint(x["description"]), left) || x["kind"] != "ROOMMATE_LEFT" && x["kind"] != "MATCHING" {
			t.Errorf("%v", x)
		}
	}
}
