package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// hiddenID is an identity number that nobody else has here.
const hiddenID = "34052419800101001X"

// numbers are what is planted of a tenant in fields that not everybody sees, and who does.
var numbers = map[string][]string{
	hiddenID:         {"ORG_ADMIN", "SUPERVISOR"},
	liPhone:          {"ORG_ADMIN", "SUPERVISOR", "DISPATCHER", "FRONT_DESK"},
	liMother:         {"ORG_ADMIN", "SUPERVISOR"},
	"a hidden note":  {"ORG_ADMIN", "SUPERVISOR", "FRONT_DESK"},
	"a hidden tap":   {"ORG_ADMIN", "SUPERVISOR", "DISPATCHER", "FRONT_DESK"},
	"hidden@example": {}, // addresses of recipients show their end to everybody
}

// unmasked lists what roles read of it and may not, anywhere: each GET of the contract, errors and lists too, updates that change nothing, and
// streams.
func (c *city) unmasked(roles map[string]string) (wrong []string) {
	for role, token := range roles {
		text := c.harvest(token, c.here.ids)
		if !slices.Contains([]string{"ORG_ADMIN", "SUPERVISOR", "FRONT_DESK"}, role) { // they may
			for _, mask := range []string{"nationalId", "phone", "emergencyContact", "note", "*"} {
				status, body := c.ask(token, "PATCH", "/v1/tenants/"+c.here.ids["tenants"]+"?updateMask="+mask, `{"displayName":"Li Na"}`)
				text += string(body)
				if status != http.StatusForbidden {
					wrong = append(wrong, fmt.Sprintf("%s updates %s: %d", role, mask, status))
				}
			}
		}
		for number, may := range numbers {
			if strings.Contains(text, number) && !slices.Contains(may, role) {
				wrong = append(wrong, role+" reads "+number)
			}
		}
	}
	return wrong
}

// TestNoFieldForWhomItIsNot is row R-A3 over all services: what a role may not see is in nothing that it can read. The saboteur is a planner
// with the credential of an admin.
func TestNoFieldForWhomItIsNot(t *testing.T) {
	c := newCity(t)
	c.plant(c.here)
	c.enlist(c.here)
	status, body := c.ask(c.here.token, "POST", "/v1/tenants", `{"displayName":"Li Na","phone":"`+liPhone+`","nationalId":"`+hiddenID+`","note":"a hidden note",
		"emergencyContact":{"displayName":"Wang Fang","phone":"`+liMother+`"}}`)
	var made struct{ ID string }
	if err := json.Unmarshal(body, &made); status != http.StatusCreated || err != nil {
		t.Fatalf("%d %s", status, body)
	}
	c.here.ids["tenants"] = made.ID
	for path, body := range map[string]string{
		"/v1/workOrders": `{"location":{"latitude":30.2,"longitude":120.2},"description":"a hidden tap"}`,
		"/v1/recipients": `{"id":"tenant.` + made.ID + `","addresses":{"mail":"hidden@example.org"}}`,
	} {
		if status, body := c.ask(c.here.token, "POST", path, body); status != http.StatusCreated {
			t.Fatalf("%d %s", status, body)
		}
	}
	delete(c.here.roles, "TECHNICIAN") // hear and see what is theirs alone: TestTenants, TestTheirs
	delete(c.here.roles, "TENANT")
	for _, w := range c.unmasked(c.here.roles) {
		t.Error(w)
	}
	if found := c.unmasked(map[string]string{"PLANNER": c.here.roles["ORG_ADMIN"]}); len(found) < 8 { // five of them updates
		t.Errorf("a planner who reads as an admin was seen to read %q only", found)
	}
}

// TestNobodySetsWhatTheServiceWrites is the other half of R-A3: whatever is made is refused with a field that only the service writes. The
// saboteur is the body without it.
func TestNobodySetsWhatTheServiceWrites(t *testing.T) {
	c := newCity(t)
	c.plant(c.here)
	forbidden := map[string]any{
		"orgId": "away", "org_id": "away", "createdBy": "somebody", "created_by": "somebody", "createTime": "2026-01-01T00:00:00Z", "owner_org": "x",
	}
	tried := 0
	for _, p := range plants {
		if p.body == "" || strings.ContainsAny(p.kind, ":/=") {
			continue
		}
		if p.kind == "users" || p.kind == "recipients" { // one has the number, and the id
			continue
		}
		for _, field := range slices.Sorted(maps.Keys(forbidden)) {
			var body map[string]any
			if err := json.Unmarshal([]byte(fill(p.body, "other", c.here.ids)), &body); err != nil {
				t.Fatal(err)
			}
			body[field] = forbidden[field]
			text, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			tried++
			if status, answer := c.ask(c.here.token, "POST", "/v1/"+p.kind, string(text)); status != http.StatusBadRequest {
				t.Errorf("%s with %s: %d %s, want 400", p.kind, field, status, answer)
			}
		}
	}
	t.Logf("%d bodies", tried)
	if status, body := c.ask(c.here.token, "POST", "/v1/tenants", `{"displayName":"Li Na"}`); status != http.StatusCreated || tried < 100 {
		t.Errorf("without: %d %s; %d tried", status, body, tried)
	}
	for _, role := range []string{"roles", "state"} {
		path := map[string]string{"roles": "/v1/technicians", "state": "/v1/leases"}[role]
		if status, body := c.ask(c.here.token, "PATCH", fmt.Sprint(path, "/", c.here.ids[path[4:]]), `{"`+role+`":["ORG_ADMIN"]}`); status != http.StatusBadRequest {
			t.Errorf("PATCH %s of %s: %d %s, want 400", role, path, status, body)
		}
	}
}
