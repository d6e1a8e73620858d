package gateway_test

import (
	"testing"
	"time"

	policyv1 "fettle/api/gen/fettle/policy/v1"
)

// tracked is what a tenant's page reads, and its etag.
func (e *edge) tracked(token, id string, header map[string]string) (int, []byte, string) {
	e.t.Helper()
	h := map[string]string{"Authorization": "Bearer " + token}
	for k, v := range header {
		h[k] = v
	}
	r, data := e.do("GET", "/v1/workOrders/"+id+":track", nil, h)
	return r.StatusCode, data, r.Header.Get("ETag")
}

// TestTrack is what a tenant is shown of a repair, from the report to the rating.
func TestTrack(t *testing.T) {
	e := newEdge(t)
	city := e.town()
	const w = policyv1.Resource_WORK_ORDER
	id := city.mine[w]
	li := e.as(own(city)[0])
	_, made := e.whole(adminToken, "POST", "/v1/links", `{"workOrderId":"`+id+`"}`, "")
	tenant := text(at(made, "token"))
	stages := func(want string, may ...string) {
		t.Helper()
		status, got, _ := e.tracked(tenant, id, nil)
		if status != 200 || text(at(got, "stage")) != want {
			t.Fatalf("track: %d %s, want %s", status, got, want)
		}
		for _, name := range []string{"mayCancel", "mayRate"} {
			wanted := len(may) > 0 && may[0] == name
			if at(got, name) == true != wanted {
				t.Errorf("%s: %s is %v, want %t", want, name, at(got, name), wanted)
			}
		}
	}
	stages("WAITING", "mayCancel")
	if status, got, _ := e.tracked(tenant, city.theirs[w], nil); status != 404 {
		t.Errorf("the order of another: %d %s", status, got)
	}
	status, session := e.whole(tenant, "GET", "/v1/session", "", "")
	if status != 200 || text(at(session, "workOrderId")) != id || text(at(session, "timeZone")) != "UTC" {
		t.Errorf("session: %d %s", status, session)
	}
	verb := func(token, name, body string, want int) {
		t.Helper()
		if status, got := e.whole(token, "POST", "/v1/workOrders/"+id+":"+name, body, token+name); status != want {
			t.Fatalf("%s: %d %s, want %d", name, status, got, want)
		}
	}
	_, _, etag := e.tracked(tenant, id, nil)
	if status, _, _ := e.tracked(tenant, id, map[string]string{"If-None-Match": etag}); status != 304 {
		t.Errorf("with its own etag: %d, want 304", status)
	}
	type answer struct {
		status int
		stage  string
	}
	waiting := make(chan answer, 1)
	go func() {
		status, got, _ := e.tracked(tenant, id, map[string]string{"If-None-Match": etag, "Prefer": "wait=30"})
		waiting <- answer{status, text(at(got, "stage"))}
	}()
	verb(li, "accept", "{}", 200)
	select {
	case got := <-waiting:
		if got != (answer{200, "WAITING"}) {
			t.Errorf("who waits is told %v", got)
		}
	case <-time.After(time.Minute):
		t.Fatal("who waits is told nothing")
	}
	verb(tenant, "cancel", `{"reason":"never mind"}`, 409)
	verb(li, "depart", "{}", 200)
	stages("DEPARTED")
	verb(li, "arrive", "{}", 200)
	stages("IN_PROGRESS")
	verb(li, "complete", `{"reason":"new washer, one hose"}`, 200)
	stages("DONE", "mayRate")
	verb(tenant, "rate", `{"rating":5}`, 200)
	stages("DONE")
	_, got, _ := e.tracked(tenant, id, nil)
	if text(at(got, "technicianName")) == "" || at(got, "approach") != nil || text(at(got, "steps.0.type")) != "work_order.created" {
		t.Errorf("in the end: %s", got)
	}
}

// TestDoorLink is a link for a dwelling that says where it is.
func TestDoorLink(t *testing.T) {
	e := newEdge(t)
	for body, want := range map[string]int{
		`{"unitId":"unit-7","location":{"latitude":91,"longitude":120.2}}`:             400,
		`{"workOrderId":"wo_1","location":{"latitude":30.2,"longitude":120.2}}`:        404,
		`{"unitId":"unit-7","location":{"latitude":30.2,"longitude":120.2}}`:           201,
		`{"unitId":"unit-7","workOrderId":"x","location":{"latitude":1}}`:              400,
		`{"unitId":"unit-7","location":{"latitude":30.2,"longitude":120.2},"place":1}`: 400,
	} {
		status, made := e.whole(adminToken, "POST", "/v1/links", body, "")
		if status != want {
			t.Errorf("%s: %d %s, want %d", body, status, made, want)
		}
		if status != 201 {
			continue
		}
		_, session := e.whole(text(at(made, "token")), "GET", "/v1/session", "", "")
		if text(at(session, "unitId")) != "unit-7" || at(session, "location.latitude") != 30.2 {
			t.Errorf("session of the door: %s", session)
		}
	}
}
