package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
)

// plumberAt is the body of a technician who works around the clock.
func plumberAt(name string, latitude float64) string {
	return fmt.Sprintf(`{"displayName":%q,"skills":[{"skill":"plumbing","level":2}],"home":{"latitude":%g,"longitude":120.2},
		"weeklyShifts":[{"days":["MON","TUE","WED","THU","FRI","SAT","SUN"],"start":"00:00","end":"23:59"}],"timeZone":"Asia/Shanghai"}`, name, latitude)
}

func leakAt(latitude float64) string {
	return fmt.Sprintf(`{"location":{"latitude":%g,"longitude":120.2},"requiredSkills":[{"skill":"plumbing","level":1}]}`, latitude)
}

func TestWhatIf(t *testing.T) {
	a := start(t, app.Config{Data: t.TempDir(), ImproveEvery: -1})
	defer stop(t, a)
	made := func(path, body string) string {
		t.Helper()
		code, got := call(t, a, "POST", path, body)
		if code != http.StatusCreated {
			t.Fatalf("%s: %d %v", path, code, got)
		}
		return fmt.Sprint(got["id"])
	}
	li := made("/v1/technicians", plumberAt("Li", 30.20))
	made("/v1/technicians", plumberAt("Wang", 30.30))
	near := made("/v1/workOrders", leakAt(30.201))
	_, before := call(t, a, "GET", "/v1/workOrders/"+near, "")
	tomorrow := time.Now().Add(30 * time.Hour).UTC().Format(time.RFC3339) // the end of the day may be near

	code, got := call(t, a, "POST", "/v1/plans:whatIf", `{"sickTechnicians":[{"technicianId":"`+li+`","until":"`+tomorrow+`"}]}`)
	if code != http.StatusOK || !strings.Contains(fmt.Sprint(got["moves"]), "kind:TECHNICIAN") || got["brokenPromises"] != 1.0 || got["complete"] != true {
		t.Errorf("sick: %d %v", code, got)
	}
	if d, _ := got["difference"].(map[string]any); d["travelMinutes"] == nil {
		t.Errorf("sick: no difference of travel: %v", got["difference"])
	}
	code, got = call(t, a, "POST", "/v1/plans:whatIf", `{"addWorkOrders":[`+leakAt(30.25)+`],"withoutSearch":true}`)
	if code != http.StatusOK || !strings.Contains(fmt.Sprint(got["moves"]), "new-1") || got["brokenPromises"] != nil {
		t.Errorf("one more: %d %v", code, got)
	}
	code, got = call(t, a, "POST", "/v1/plans:whatIf", `{"weights":{"movedPromise":0,"normal":[{"after":"0s","perSecond":5}]}}`)
	if code != http.StatusOK {
		t.Errorf("weights: %d %v", code, got)
	}
	for body, want := range map[string]string{
		`{}`:                                "addTechnicians",
		`{"removeTechnicianIds":["te_no"]}`: "removeTechnicianIds[0]",
		`{"cancelWorkOrderIds":["` + near + `","wo_no"]}`:                                    "cancelWorkOrderIds[1]",
		`{"sickTechnicians":[{"technicianId":"` + li + `","until":"2020-01-01T00:00:00Z"}]}`: "sickTechnicians[0].until",
		`{"addWorkOrders":[{}]}`:                                   "addWorkOrders[0].location",
		`{"addWorkOrders":[` + leakAt(30) + `],"timeLimit":"60s"}`: "timeLimit",
	} {
		if code, got = call(t, a, "POST", "/v1/plans:whatIf", body); code != http.StatusBadRequest || !strings.Contains(fmt.Sprint(got["errors"]), want) {
			t.Errorf("%s: %d %v, want 400 about %s", body, code, got, want)
		}
	}
	if _, after := call(t, a, "GET", "/v1/workOrders/"+near, ""); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("asking has changed the order: %v, was %v", after, before)
	}
}

func TestPolicies(t *testing.T) {
	t.Run("file", func(t *testing.T) { policyStory(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) { policyStory(t, server.Database(t, "")) })
}

// policyStory goes through the life of policies: drafts, which of them rules, what orders meet under them, the way back.
func policyStory(t *testing.T, database string) {
	t.Helper()
	config := app.Config{Data: t.TempDir(), Database: database, ImproveEvery: -1}
	a := start(t, config)
	defer func() { stop(t, a) }()
	want := func(what string, code int, got map[string]any, status int, text string) {
		t.Helper()
		if code != status || !strings.Contains(fmt.Sprint(got), text) {
			t.Errorf("%s: %d %.400s, want %d with %s", what, code, fmt.Sprint(got), status, text)
		}
	}
	id := func(got map[string]any) string { return fmt.Sprint(got["id"]) }

	code, got := call(t, a, "GET", "/v1/policies:active", "")
	want("before any", code, got, http.StatusOK, "id:default")
	code, got = call(t, a, "POST", "/v1/policies", `{"displayName":"x","rule":{"mode":"AUTO","vetoWindow":"60s"}}`)
	want("a veto for nothing", code, got, http.StatusBadRequest, "rule.vetoWindow")
	code, got = call(t, a, "POST", "/v1/policies", `{"displayName":"x","teams":[{"territory":"a"},{"territory":"a"}]}`)
	want("a team twice", code, got, http.StatusBadRequest, "teams[1].territory")
	code, asked := call(t, a, "POST", "/v1/policies", `{"displayName":"ask first","rule":{"mode":"SUGGEST","offerTimeout":"120s"},"freezeHorizon":"1800s","weights":{"movedPromise":900}}`)
	want("a draft", code, asked, http.StatusCreated, "state:DRAFT")
	code, veto := call(t, a, "POST", "/v1/policies", `{"displayName":"veto","rule":{"mode":"AUTO_WITH_VETO"},"teams":[{"territory":"east","mode":"SHADOW"}]}`)
	want("another", code, veto, http.StatusCreated, "version:2")
	want("its window", code, veto, http.StatusCreated, "vetoWindow:600s")
	code, got = call(t, a, "PATCH", "/v1/policies/"+id(asked)+"?etag="+fmt.Sprint(asked["etag"]), `{"note":"to begin with"}`)
	want("a changed draft", code, got, http.StatusOK, "to begin with")
	want("what was not changed", code, got, http.StatusOK, "movedPromise:900")

	code, got = call(t, a, "POST", "/v1/policies/"+id(asked)+":activate", `{"reason":"week 1"}`)
	want("activate", code, got, http.StatusOK, "state:ACTIVE")
	code, got = call(t, a, "PATCH", "/v1/policies/"+id(asked)+"?etag="+fmt.Sprint(got["etag"]), `{"note":"later"}`)
	want("what has ruled stays", code, got, http.StatusConflict, "ILLEGAL_STATE")
	code, got = call(t, a, "DELETE", "/v1/policies/"+id(asked), "")
	want("nor goes", code, got, http.StatusConflict, "ILLEGAL_STATE")

	_, li := call(t, a, "POST", "/v1/technicians", plumberAt("Li", 30.20))
	_, wang := call(t, a, "POST", "/v1/technicians", plumberAt("Wang", 30.30))
	code, first := call(t, a, "POST", "/v1/workOrders", leakAt(30.201))
	want("an order that asks", code, first, http.StatusCreated, "mode:SUGGEST")
	if first["state"] != "NEW" || first["assignment"] != nil {
		t.Errorf("it is assigned: %v", first)
	}
	stop(t, a) // a restart follows the same policy
	a = start(t, config)
	code, got = call(t, a, "POST", "/v1/workOrders/"+id(first)+":acceptSuggestion", `{}`)
	want("accepted", code, got, http.StatusOK, "state:ASSIGNED")
	want("to whom", code, got, http.StatusOK, id(li))
	_, second := call(t, a, "POST", "/v1/workOrders", leakAt(30.202))
	want("after the restart", code, second, http.StatusOK, "mode:SUGGEST")
	code, got = call(t, a, "POST", "/v1/workOrders/"+id(second)+":reassign", `{"technicianId":"`+id(wang)+`","reason":"training"}`)
	want("somebody else", code, got, http.StatusOK, id(wang))

	code, got = call(t, a, "GET", "/v1/workOrders/"+id(second)+"/decisions", "")
	want("the record", code, got, http.StatusOK, "kind:SUGGESTED")
	want("its policy", code, got, http.StatusOK, "policyId:"+id(asked))
	want("its cost", code, got, http.StatusOK, "travel")
	code, got = call(t, a, "GET", "/v1/policies/"+id(asked)+":score", "")
	want("the score", code, got, http.StatusOK, "followed:1")
	want("what was changed", code, got, http.StatusOK, "reason:training")
	if share, _ := got["followedShare"].(float64); share != 0.5 {
		t.Errorf("followed %v, want a half", got["followedShare"])
	}

	code, got = call(t, a, "POST", "/v1/policies/"+id(veto)+":activate", `{}`)
	want("the next version", code, got, http.StatusOK, "previousId:"+id(asked))
	_, got = call(t, a, "GET", "/v1/policies/"+id(asked), "")
	want("the one before", code, got, http.StatusOK, "state:RETIRED")
	_, third := call(t, a, "POST", "/v1/workOrders", leakAt(30.203))
	want("an order that waits", code, third, http.StatusOK, "applyTime")
	_, east := call(t, a, "POST", "/v1/workOrders", strings.Replace(leakAt(30.204), "{", `{"territory":"east",`, 1))
	want("an order of the team", code, east, http.StatusOK, "mode:SHADOW")

	code, got = call(t, a, "POST", "/v1/policies:rollback", `{}`)
	want("for no reason", code, got, http.StatusBadRequest, "reason")
	code, got = call(t, a, "POST", "/v1/policies:rollback", `{"reason":"too many objections"}`)
	want("back", code, got, http.StatusOK, "id:"+id(asked))
	code, got = call(t, a, "POST", "/v1/policies:rollback", `{"reason":"and further"}`)
	want("back to the default", code, got, http.StatusOK, "id:default")
	_, last := call(t, a, "POST", "/v1/workOrders", leakAt(30.205))
	want("as ever", code, last, http.StatusOK, "state:ASSIGNED")
	code, got = call(t, a, "POST", "/v1/policies:rollback", `{"reason":"further still"}`)
	want("no further", code, got, http.StatusConflict, "ILLEGAL_STATE")
	_, audit := call(t, a, "GET", "/v1/auditEvents?objectKind=policies&objectId="+id(asked), "")
	want("the audit", http.StatusOK, audit, http.StatusOK, "week 1")
}
