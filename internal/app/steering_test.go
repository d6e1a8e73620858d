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
