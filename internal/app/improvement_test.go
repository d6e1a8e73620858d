package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"fettle/internal/app"
)

// TestImprovements goes through a plan, an idea and a pilot in buildings: the policy rules in those that are drawn, and for all once
// it is adopted.
func TestImprovements(t *testing.T) {
	a := start(t, app.Config{Data: t.TempDir(), ImproveEvery: -1})
	defer stop(t, a)
	want := func(what string, code int, got map[string]any, status int, text string) {
		t.Helper()
		if code != status || !strings.Contains(fmt.Sprint(got), text) {
			t.Errorf("%s: %d %.500s, want %d with %s", what, code, fmt.Sprint(got), status, text)
		}
	}
	id := func(got map[string]any) string { return fmt.Sprint(got["id"]) }
	in := func(building string, north float64) string {
		return strings.Replace(leakAt(north), "{", `{"buildingId":"`+building+`",`, 1)
	}
	call(t, a, "POST", "/v1/technicians", plumberAt("Li", 30.2))
	buildings := []string{"b1", "b2", "b3", "b4"}
	for i, b := range buildings {
		_, o := call(t, a, "POST", "/v1/workOrders", in(b, 30.2+float64(i)/1000))
		code, got := call(t, a, "POST", "/v1/workOrders/"+id(o)+":accept", `{}`)
		want("accept", code, got, http.StatusOK, "ACCEPTED")
	}

	const plan = `{"displayName":"faster","kpi":"SLA_ACCEPT","target":0.95,"owner":"Wang","deadlineDate":"2027-06-30"`
	code, p := call(t, a, "POST", "/v1/improvementPlans", plan+`}`)
	want("a plan", code, p, http.StatusCreated, "baseline:1")
	code, got := call(t, a, "POST", "/v1/improvementPlans", strings.Replace(plan, "SLA_ACCEPT", "HOPE", 1)+`}`)
	want("an unknown figure", code, got, http.StatusBadRequest, "kpi")
	code, got = call(t, a, "GET", "/v1/improvementPlans?filter=state+%3D+OPEN", "")
	want("its figure now", code, got, http.StatusOK, "reached:true")

	code, idea := call(t, a, "POST", "/v1/ideas", `{"title":"ask first","text":"we know the houses"}`)
	want("an idea", code, idea, http.StatusCreated, "SUBMITTED")
	call(t, a, "POST", "/v1/ideas/"+id(idea)+":vote", `{}`)
	code, got = call(t, a, "POST", "/v1/ideas/"+id(idea)+":vote", `{"withdraw":false}`)
	want("one vote each", code, got, http.StatusOK, "votes:1")
	code, got = call(t, a, "POST", "/v1/ideas/"+id(idea)+":decide", `{"state":"ADOPTED","award":"a bicycle"}`)
	want("too early", code, got, http.StatusConflict, "ILLEGAL_STATE")
	call(t, a, "POST", "/v1/ideas/"+id(idea)+":decide", `{"state":"ACCEPTED"}`)

	_, asks := call(t, a, "POST", "/v1/policies", `{"displayName":"ask first","rule":{"mode":"SUGGEST"}}`)
	_, heavy := call(t, a, "POST", "/v1/policies", `{"displayName":"heavy","weights":{"movedPromise":5}}`)
	draft := func(policy string) string {
		return fmt.Sprintf(`{"displayName":"four houses","policyId":%q,"improvementPlanId":%q,"kpi":"SLA_ACCEPT","effect":0.1,"kind":"BUILDINGS","buildingIds":["b1","b2","b3","b4"]}`, policy, id(p))
	}
	code, got = call(t, a, "POST", "/v1/pilots", draft(id(heavy)))
	want("weights in some buildings", code, got, http.StatusBadRequest, "BLOCKS")
	code, got = call(t, a, "POST", "/v1/pilots", draft("po_no"))
	want("a policy that is not there", code, got, http.StatusBadRequest, "policyId")
	code, pilot := call(t, a, "POST", "/v1/pilots", draft(id(asks)))
	want("a pilot", code, pilot, http.StatusCreated, "does not tell")
	code, got = call(t, a, "POST", "/v1/ideas/"+id(idea)+":decide", `{"state":"PILOTED","pilotId":"`+id(pilot)+`"}`)
	want("linked", code, got, http.StatusOK, id(pilot))
	code, got = call(t, a, "POST", "/v1/pilots/"+id(pilot)+":start", `{"seed":1}`)
	want("it cannot show it", code, got, http.StatusConflict, "CANNOT_SHOW")
	code, pilot = call(t, a, "POST", "/v1/pilots/"+id(pilot)+":start", `{"seed":1,"despite":"a rehearsal"}`)
	want("started", code, pilot, http.StatusOK, "RUNNING")
	treated := fmt.Sprint(pilot["treatedUnits"])
	for i, b := range buildings {
		code, o := call(t, a, "POST", "/v1/workOrders", in(b, 30.21+float64(i)/1000))
		state := "state:ASSIGNED"
		if strings.Contains(treated, b) {
			state = "mode:SUGGEST"
		}
		want("an order in "+b, code, o, http.StatusCreated, state)
	}
	code, got = call(t, a, "GET", "/v1/pilots/"+id(pilot)+":judge", "")
	want("judged", code, got, http.StatusConflict, "figures of every unit") // nothing is accepted there yet
	code, got = call(t, a, "POST", "/v1/pilots/"+id(pilot)+":decide", `{"decision":"HOPE"}`)
	want("no decision", code, got, http.StatusBadRequest, "decision")
	_, got = call(t, a, "GET", "/v1/policies:active", "")
	want("what rules for all", http.StatusOK, got, http.StatusOK, "id:default")
	code, got = call(t, a, "POST", "/v1/improvementPlans/"+id(p)+":close", `{"outcome":"kept"}`)
	want("closed", code, got, http.StatusOK, "outcome:kept")
}
