package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	policyv1 "fettle/api/gen/fettle/policy/v1"
)

// post sends a call without a credential.
func (e *edge) post(path, body string) (int, []byte) {
	e.t.Helper()
	r, data := e.do("POST", path, strings.NewReader(body), map[string]string{"Authorization": ""})
	return r.StatusCode, data
}

// TestSignInByTelephone goes from a telephone to a call, and takes it away again.
func TestSignInByTelephone(t *testing.T) {
	e := newEdge(t)
	city := e.town()
	const w, p = policyv1.Resource_WORK_ORDER, policyv1.Resource_TECHNICIAN_RECORD
	user := func(key, body string, want int) []byte {
		t.Helper()
		status, made := e.whole(adminToken, "POST", "/v1/users", body, key)
		if status != want {
			t.Fatalf("%s: %d %s, want %d", body, status, made, want)
		}
		return made
	}
	user("u1", `{"displayName":"Li","roles":["DISPATCHER"],"phone":"13800138000"}`, 400)
	user("u2", `{"displayName":"Li","roles":["TECHNICIAN"],"technicianId":"x","phone":"0571-88880000"}`, 400)
	made := user("u3", `{"displayName":"Li","roles":["TECHNICIAN"],"technicianId":"`+city.mine[p]+`","phone":"138 0013 8000"}`, 201)
	user("u4", `{"displayName":"Wu","roles":["TECHNICIAN"],"technicianId":"x","phone":"+8613800138000"}`, 409)
	if strings.Contains(string(made), "0013800") || text(at(made, "phone")) != "****8000" {
		t.Errorf("the answer shows the number: %s", made)
	}
	known, there := e.post("/v1/signIn:sendCode", `{"phone":"13800138000"}`)
	unknown, nobody := e.post("/v1/signIn:sendCode", `{"phone":"13900139000"}`)
	if known != http.StatusOK || unknown != known || string(there) != string(nobody) {
		t.Errorf("a known number: %d %s; an unknown one: %d %s", known, there, unknown, nobody)
	}
	if status, body := e.post("/v1/signIn:sendCode", `{"phone":"abc"}`); status != http.StatusBadRequest || text(at(body, "errors.0.field")) != "phone" {
		t.Errorf("no number: %d %s", status, body)
	}
	var code string
	select {
	case m := <-e.codes:
		code = m.Code
	case <-time.After(time.Minute):
		t.Fatal("no code was sent")
	}
	if status, body := e.post("/v1/signIn:redeemCode", `{"phone":"13900139000","code":"`+code+`"}`); status != http.StatusUnauthorized || text(at(body, "reason")) != "WRONG_CODE" {
		t.Errorf("at another number: %d %s", status, body)
	}
	status, session := e.post("/v1/signIn:redeemCode", `{"phone":"13800138000","code":"`+code+`"}`)
	if status != http.StatusOK || text(at(session, "technicianId")) != city.mine[p] {
		t.Fatalf("redeem: %d %s", status, session)
	}
	token, refresh := text(at(session, "token")), text(at(session, "refreshToken"))
	expect := func(when, token string, want int) {
		t.Helper()
		if status, body := e.whole(token, "GET", "/v1/workOrders/"+city.mine[w], "", ""); status != want {
			t.Errorf("%s: %d %s, want %d", when, status, body, want)
		}
	}
	expect("signed in", token, http.StatusOK)
	if status, _ := e.whole(token, "GET", "/v1/workOrders/"+city.theirs[w], "", ""); status != http.StatusNotFound {
		t.Errorf("what is another's: %d", status)
	}
	if status, session = e.post("/v1/signIn:refresh", `{"refreshToken":"`+refresh+`"}`); status != http.StatusOK {
		t.Fatalf("refresh: %d %s", status, session)
	}
	expect("the token before", token, http.StatusOK)
	token = text(at(session, "token"))
	expect("the new token", token, http.StatusOK)
	s := e.watchAs(token, "")
	if status, body := e.whole(token, "POST", "/v1/session:signOut", "{}", ""); status != http.StatusOK {
		t.Fatalf("sign out: %d %s", status, body)
	}
	if m, more := s.next(); more {
		t.Errorf("the stream goes on: %+v", m)
	}
	expect("signed out", token, http.StatusUnauthorized)
	if status, _ := e.post("/v1/signIn:refresh", `{"refreshToken":"`+text(at(session, "refreshToken"))+`"}`); status != http.StatusUnauthorized {
		t.Errorf("refreshed after signing out: %d", status)
	}
	if status, body := e.whole(adminToken, "POST", "/v1/session:signOut", "{}", ""); status != http.StatusBadRequest {
		t.Errorf("signing a key out: %d %s", status, body)
	}
	if status, body := e.whole(adminToken, "POST", "/v1/users/"+text(at(made, "id"))+":signOut", "{}", ""); status != http.StatusOK {
		t.Errorf("signing a user out: %d %s", status, body)
	}
}

// TestStrangersAreBounded: one address makes so many calls without a credential, whatever it says in X-Forwarded-For, and those
// with a credential are none of them.
func TestStrangersAreBounded(t *testing.T) {
	e := newEdge(t)
	served := 0
	for i := range 200 {
		r, body := e.do("POST", "/v1/signIn:refresh", strings.NewReader(`{"refreshToken":"x"}`), map[string]string{"Authorization": "", "X-Forwarded-For": fmt.Sprintf("192.0.2.%d", i)})
		switch r.StatusCode {
		case http.StatusUnauthorized:
			served++
		case http.StatusTooManyRequests:
			if text(at(body, "reason")) != "TOO_MANY_ATTEMPTS" || r.Header.Get("Retry-After") == "" {
				t.Fatalf("%v %s", r.Header, body)
			}
		default:
			t.Fatalf("%d %s", r.StatusCode, body)
		}
	}
	if served > 121 || served < 100 {
		t.Errorf("%d calls were served", served)
	}
	if status, body := e.whole(adminToken, "GET", "/v1/technicians", "", ""); status != http.StatusOK {
		t.Errorf("with a credential: %d %s", status, body)
	}
}
