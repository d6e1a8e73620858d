package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"fettle/internal/auth"
	"fettle/internal/gateway"
	"fettle/ledger"
	"fettle/org"
	"fettle/storage/storagetest"
)

// frontToken is that of somebody who may do little.
const frontToken = "token-of-the-front-desk"

// action is a call that has to leave exactly one entry.
type action struct{ token, method, path, body, result string }

// send sends a call with a request id and returns its status and body.
func (e *edge) send(a *action, id string) (int, []byte, error) {
	r, err := http.NewRequestWithContext(e.t.Context(), a.method, e.url+a.path, strings.NewReader(a.body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+a.token)
	r.Header.Set("X-Request-Id", id)
	r.Header.Set("Idempotency-Key", id)
	r.Header.Set("If-Match", `"77"`)
	r.Header.Set("Content-Type", "application/json")
	resp, err := e.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, body, errors.Join(err, resp.Body.Close())
}

// audited sends n calls and counts those that did not leave exactly one entry that says who, what, to what and how it ended.
func audited(t *testing.T, e *edge, n int) (wrong int) {
	t.Helper()
	e.keys.Add(frontToken, auth.Principal{Name: "front", Org: org.Default, Roles: []auth.Role{auth.FrontDesk}})
	actions := []action{
		{adminToken, "POST", "/v1/users", `{"displayName":"Li","roles":["DISPATCHER"]}`, "OK"},
		{adminToken, "POST", "/v1/links", `{"unitId":"unit-1"}`, "OK"},
		{frontToken, "POST", "/v1/links", `{"workOrderId":"wo_nothing"}`, "NOT_FOUND"},
		{adminToken, "PATCH", "/v1/users/us_nobody", `{"displayName":"Li"}`, "NOT_FOUND"},
		{frontToken, "GET", "/v1/users/us_somebody", "", "ROLE_MAY_NOT"},
		{frontToken, "POST", "/v1/technicians", `{}`, "ROLE_MAY_NOT"},
		{adminToken, "POST", "/v1/users", `{"displayName":"Li","roles":["TECHNICIAN"]}`, "INVALID_ARGUMENT"},
	}
	quiet := action{frontToken, "GET", "/v1/technicians", "", ""} // what everybody may see leaves nothing
	want := map[string]action{}
	for i := range n {
		id := fmt.Sprintf("call-%d", i)
		a := actions[i%len(actions)]
		if _, _, err := e.send(&a, id); err != nil {
			t.Fatal(err)
		}
		want[id] = a
		if i%100 == 0 {
			if status, body, err := e.send(&quiet, "quiet-"+id); err != nil || status != http.StatusOK {
				t.Fatalf("list: %d %s %v", status, body, err)
			}
		}
	}
	found := map[string]int{}
	for q := (ledger.AuditQuery{}); ; {
		page, err := e.desk.store.AuditEntries(t.Context(), org.Default, q, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for i := range page {
			entry := &page[i]
			a, called := want[entry.RequestID]
			actor := map[string]string{adminToken: "admin", frontToken: "front"}[a.token]
			if !called || entry.Actor != actor || entry.Result != a.result || entry.Method == "" || entry.Kind != strings.Split(a.path, "/")[2] ||
				strings.Contains(a.path, "us_") && !strings.HasSuffix(a.path, entry.ID) {
				wrong++
			}
			found[entry.RequestID]++
		}
		if len(page) < 1000 {
			break
		}
		q.Before = page[len(page)-1].Place()
	}
	for id := range want {
		if found[id] != 1 {
			wrong++
		}
	}
	return wrong
}

// TestEachActionLeavesOneEntry is R-S6: changes, reads that are written down, refusals and failures leave one entry each; what
// anybody may read leaves none.
func TestEachActionLeavesOneEntry(t *testing.T) {
	n := 10_000
	if testing.Short() {
		n = 700
	}
	e := newEdge(t)
	if wrong := audited(t, e, n); wrong > 0 {
		t.Errorf("%d of %d actions did not leave one entry", wrong, n)
	}
	if err := storagetest.VerifyChain(t.Context(), e.desk.store, org.Default, noon); err != nil {
		t.Error(err)
	}
	t.Run("saboteur: an entry in a hundred is lost, or written twice", func(t *testing.T) {
		for name, times := range map[string]int{"lost": 0, "twice": 2} {
			var count atomic.Int64
			e := sabotaged(t, saboteur{audit: func(next gateway.Audit) gateway.Audit {
				return func(ctx context.Context, o org.ID, entry ledger.Entry) error {
					n := 1
					if count.Add(1)%100 == 0 {
						n = times
					}
					for range n {
						if err := next(ctx, o, entry); err != nil {
							return err
						}
					}
					return nil
				}
			}})
			if wrong := audited(t, e, 700); wrong == 0 {
				t.Errorf("%s: nobody noticed", name)
			}
		}
	})
}

// TestNothingIsShownWithoutAnEntry is the second half of R-S5: what is written down when it is read is not handed out while
// the audit cannot be written.
func TestNothingIsShownWithoutAnEntry(t *testing.T) {
	link := action{adminToken, "POST", "/v1/links", `{"unitId":"unit-1"}`, ""}
	broken := func(err error) func(gateway.Audit) gateway.Audit {
		return func(gateway.Audit) gateway.Audit {
			return func(context.Context, org.ID, ledger.Entry) error { return err }
		}
	}
	e := sabotaged(t, saboteur{audit: broken(fmt.Errorf("disk: %w", ledger.ErrFull))})
	status, body, err := e.send(&link, "a")
	if err != nil || status != http.StatusInsufficientStorage || strings.Contains(string(body), "fl_") {
		t.Errorf("got %d %s %v, want 507 and no link", status, body, err)
	}
	user := action{adminToken, "POST", "/v1/users", `{"displayName":"Li","roles":["TECHNICIAN"],"technicianId":"te_1","phone":"13800138000"}`, ""}
	_, made, err := e.send(&user, "u")
	id, _ := at(made, "id").(string)
	reveal := action{adminToken, "POST", "/v1/users/" + id + ":reveal", `{"purpose":"to call back"}`, ""}
	if err != nil || id == "" || strings.Contains(string(made), "13800138000") {
		t.Fatalf("user: %s %v", made, err)
	}
	if status, body, err := e.send(&reveal, "r"); err != nil || status != http.StatusInsufficientStorage || strings.Contains(string(body), "13800138000") {
		t.Errorf("got %d %s %v, want 507 and no number", status, body, err)
	}
	e = sabotaged(t, saboteur{audit: broken(ledger.ErrUnavailable)})
	if status, body, err := e.send(&link, "a"); err != nil || status != http.StatusServiceUnavailable || strings.Contains(string(body), "fl_") {
		t.Errorf("got %d %s %v, want 503 and no link", status, body, err)
	}
	if status, _, err := e.send(&action{token: adminToken, method: "GET", path: "/v1/technicians"}, "b"); err != nil || status != http.StatusOK {
		t.Errorf("what is not written down: %d %v, want 200", status, err)
	}
	e = sabotaged(t, saboteur{audit: broken(nil)}) // saboteur: says that it has written
	if status, body, err := e.send(&link, "a"); err != nil || status != http.StatusCreated || !strings.Contains(string(body), "fl_") {
		t.Errorf("with a saboteur: %d %s %v, want the link", status, body, err)
	}
}

// TestAuditEvents reads the audit as its readers do.
func TestAuditEvents(t *testing.T) {
	e := newEdge(t)
	e.keys.Add(frontToken, auth.Principal{Name: "front", Org: org.Default, Roles: []auth.Role{auth.FrontDesk}})
	for i := range 5 {
		if status, body := e.whole(adminToken, "POST", "/v1/users", `{"displayName":"Li","roles":["DISPATCHER"]}`, fmt.Sprint("k", i)); status != http.StatusCreated {
			t.Fatalf("user: %d %s", status, body)
		}
	}
	if status, _ := e.whole(frontToken, "GET", "/v1/users/us_7", "", ""); status != http.StatusForbidden {
		t.Fatalf("front desk: %d", status)
	}
	const list = "/v1/auditEvents"
	var seen int
	for token := ""; ; {
		status, page := e.whole(viewToken, "GET", list+"?pageSize=2&pageToken="+token, "", "")
		events, _ := at(page, "auditEvents").([]any)
		if status != http.StatusOK || len(events) > 2 {
			t.Fatalf("page: %d %s", status, page)
		}
		seen += len(events)
		if token, _ = at(page, "nextPageToken").(string); token == "" {
			break
		}
	}
	if seen != 6 {
		t.Errorf("%d events on all pages, want 6", seen)
	}
	e.run([]call{
		{name: "of an actor", method: "GET", path: list + "?actor=front", status: 200, want: map[string]any{
			"auditEvents.0.result": "ROLE_MAY_NOT", "auditEvents.0.objectKind": "users", "auditEvents.0.objectId": "us_7",
		}},
		{name: "of an object", method: "GET", path: list + "?objectKind=users&objectId=us_7", status: 200, want: map[string]any{"auditEvents.0.actor": "front"}},
		{name: "of a method", method: "GET", path: list + "?method=/fettle.identity.v1.IdentityService/GetUser", status: 200, want: map[string]any{"auditEvents.0.actor": "front"}},
		{name: "a kind without an id", method: "GET", path: list + "?objectKind=users", status: 400, want: map[string]any{"errors.0.field": "objectId"}},
		{name: "no time", method: "GET", path: list + "?from=2026-03-09T00:00:00Z&to=2026-03-09T00:00:00Z", status: 400, want: map[string]any{"errors.0.field": "to"}},
		{name: "another page token", method: "GET", path: list + "?pageToken=AAAA", status: 400, want: map[string]any{"errors.0.field": "pageToken"}},
	})
	if status, _ := e.whole(frontToken, "GET", list, "", ""); status != http.StatusForbidden {
		t.Errorf("the front desk reads the audit: %d", status)
	}
}
