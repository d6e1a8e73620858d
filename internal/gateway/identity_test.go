package gateway_test

import (
	"strings"
	"testing"
	"time"

	policyv1 "fettle/api/gen/fettle/policy/v1"
)

// TestUsersAndKeys goes from a new technician to a call with the key of a phone, and takes it away again in every way.
func TestUsersAndKeys(t *testing.T) {
	e := newEdge(t)
	city := e.town()
	const w, p = policyv1.Resource_WORK_ORDER, policyv1.Resource_TECHNICIAN_RECORD
	e.run([]call{
		{name: "a technician without who", method: "POST", path: "/v1/users", body: `{"displayName":"Li","roles":["TECHNICIAN"]}`, status: 400, want: map[string]any{"errors.0.field": "technicianId"}},
		{name: "a tenant", method: "POST", path: "/v1/users", body: `{"displayName":"Li","roles":["TENANT"]}`, status: 400},
		{name: "a key with a secret of one's own", method: "POST", path: "/v1/apiKeys", body: `{"displayName":"x","roles":["PLANNER"],"secret":"mine"}`, status: 400, want: map[string]any{"errors.0.field": "secret"}},
		{name: "a key for ever", method: "POST", path: "/v1/apiKeys", body: `{"displayName":"x","roles":["PLANNER"],"expireTime":"2100-01-01T00:00:00Z"}`, status: 400, want: map[string]any{"errors.0.field": "expireTime"}},
		{name: "a key of nobody", method: "POST", path: "/v1/apiKeys", body: `{"displayName":"x"}`, status: 400},
		{name: "a key of a technician without a user", method: "POST", path: "/v1/apiKeys", body: `{"displayName":"x","roles":["TECHNICIAN"]}`, status: 400},
		{name: "a key of a user who is not there", method: "POST", path: "/v1/apiKeys", body: `{"displayName":"x","userId":"us_nobody"}`, status: 404},
		{name: "one subject", method: "POST", path: "/v1/users", body: `{"displayName":"A","subject":"a@idp","roles":["DISPATCHER"]}`, status: 201},
		{name: "for one user", method: "POST", path: "/v1/users", body: `{"displayName":"B","subject":"a@idp","roles":["DISPATCHER"]}`, status: 409, want: map[string]any{"reason": "VALUE_TAKEN"}},
	})
	status, made := e.whole(adminToken, "POST", "/v1/users", `{"displayName":"Li","roles":["TECHNICIAN"],"technicianId":"`+city.mine[p]+`"}`, "li-user")
	if status != 201 {
		t.Fatalf("user: %d %s", status, made)
	}
	user, etag := text(at(made, "id")), text(at(made, "etag"))
	body := `{"displayName":"phone","userId":"` + user + `"}`
	status, made = e.whole(adminToken, "POST", "/v1/apiKeys", body, "li-key")
	key, secret := text(at(made, "id")), text(at(made, "secret"))
	if status != 201 || !strings.HasPrefix(secret, "fk_default."+key+".") {
		t.Fatalf("key: %d %s", status, made)
	}
	if status, again := e.whole(adminToken, "POST", "/v1/apiKeys", body, "li-key"); status != 201 || text(at(again, "id")) != key || strings.Contains(string(again), "secret") {
		t.Errorf("the same request again: %d %s; want the same key without its secret", status, again)
	}
	if status, other := e.whole(adminToken, "POST", "/v1/apiKeys", `{"displayName":"other","userId":"`+user+`"}`, "li-key"); status != 422 {
		t.Errorf("another request under the same key: %d %s", status, other)
	}
	if _, list := e.whole(adminToken, "GET", "/v1/apiKeys", "", ""); strings.Contains(string(list), "secret") || strings.Contains(string(list), "hash") {
		t.Errorf("keys are listed with what must stay secret: %s", list)
	}
	order := "/v1/workOrders/" + city.mine[w]
	expect := func(when string, token string, want int) {
		t.Helper()
		if status, body := e.whole(token, "GET", order, "", ""); status != want {
			t.Errorf("%s: %d %s, want %d", when, status, body, want)
		}
	}
	expect("with the key", secret, 200)
	for _, bad := range []string{secret + "x", secret[:len(secret)-1], "fk_elsewhere." + strings.TrimPrefix(secret, "fk_default."), "fk_default." + key + ".", "fk_", "fk_..", "fk_" + strings.Repeat("x", 100_000)} {
		if len(bad) < 10_000 {
			expect("with "+bad, bad, 401)
		}
	}
	stream := e.watchAs(secret, "")
	patch := func(change string) {
		t.Helper()
		r, body := e.do("PATCH", "/v1/users/"+user, strings.NewReader(change), map[string]string{"If-Match": `"` + etag + `"`})
		if r.StatusCode != 200 {
			t.Fatalf("%s: %d %s", change, r.StatusCode, body)
		}
		etag = text(at(body, "etag"))
	}
	patch(`{"technicianId":"` + city.theirs[p] + `"}`)
	expect("moved to another technician", secret, 404)
	if m, more := stream.next(); more {
		t.Errorf("the stream of before goes on: %+v", m)
	}
	patch(`{"roles":["PLANNER"]}`)
	expect("as a planner", secret, 200)
	patch(`{"disabled":true}`)
	expect("disabled", secret, 401)
	patch(`{"disabled":false}`)
	expect("enabled", secret, 200)
	if r, body := e.do("PATCH", "/v1/users/"+user, strings.NewReader(`{"disabled":true}`), map[string]string{"If-Match": `"1"`}); r.StatusCode != 412 {
		t.Errorf("a stale change: %d %s", r.StatusCode, body)
	}
	if status, body := e.whole(adminToken, "DELETE", "/v1/apiKeys/"+key, "", ""); status != 200 {
		t.Fatalf("delete: %d %s", status, body)
	}
	expect("after it was deleted", secret, 401)
}

// TestLinks signs links for a tenant and bends them.
func TestLinks(t *testing.T) {
	e := newEdge(t)
	city := e.town()
	const w = policyv1.Resource_WORK_ORDER
	link := func(body string, want int) string {
		t.Helper()
		status, made := e.whole(adminToken, "POST", "/v1/links", body, "")
		if status != want {
			t.Fatalf("%s: %d %s, want %d", body, status, made, want)
		}
		return text(at(made, "token"))
	}
	link(`{}`, 400)
	link(`{"workOrderId":"`+city.mine[w]+`","unitId":"unit-1"}`, 400)
	link(`{"workOrderId":"wo_nothing"}`, 404)
	link(`{"workOrderId":"`+city.away[w]+`"}`, 404)
	link(`{"unitId":"unit-1","expireTime":"2000-01-02T00:00:00Z"}`, 400)
	link(`{"unitId":"unit-1","expireTime":"`+time.Now().Add(40*24*time.Hour).UTC().Format(time.RFC3339)+`"}`, 400)
	about, door := link(`{"workOrderId":"`+city.mine[w]+`"}`, 201), link(`{"unitId":"unit-1"}`, 201)
	get := func(token, id string) int {
		status, _ := e.whole(token, "GET", "/v1/workOrders/"+id, "", "")
		return status
	}
	if got := get(about, city.mine[w]); got != 200 {
		t.Errorf("the order of the link: %d", got)
	}
	if got := get(about, city.theirs[w]); got != 404 {
		t.Errorf("another order: %d", got)
	}
	status, made := e.whole(door, "POST", "/v1/workOrders", `{"location":{"latitude":30.2,"longitude":120.2},"description":"no light"}`, "tenant")
	if status != 201 || text(at(made, "unitId")) != "unit-1" {
		t.Fatalf("a report: %d %s", status, made)
	}
	if got := get(door, text(at(made, "id"))); got != 200 {
		t.Errorf("the own report: %d", got)
	}
	if got := get(door, city.mine[w]); got != 404 {
		t.Errorf("what somebody else has reported of the dwelling: %d", got)
	}
	payload, sum, _ := strings.Cut(strings.TrimPrefix(about, "fl_"), ".")
	other, _, _ := strings.Cut(strings.TrimPrefix(door, "fl_"), ".")
	for name, bent := range map[string]string{
		"another payload": "fl_" + other + "." + sum, "no sum": "fl_" + payload, "an empty sum": "fl_" + payload + ".", "cut": about[:len(about)-1],
		"no payload": "fl_." + sum, "not base64": "fl_***." + sum, "of no org": "fl_eyJvIjoieCJ9." + sum,
	} {
		if got := get(bent, city.mine[w]); got != 401 {
			t.Errorf("%s: %d, want 401", name, got)
		}
	}
}
