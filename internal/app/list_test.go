package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
)

// TestLists filters and orders what is listed.
func TestLists(t *testing.T) {
	a := start(t, app.Config{Data: t.TempDir(), ImproveEvery: -1})
	defer stop(t, a)
	for _, name := range []string{"Wang", "Li", "Zhao"} {
		if code, got := call(t, a, "POST", "/v1/technicians", plumberAt(name, 30.2)); code != http.StatusCreated {
			t.Fatalf("%d %v", code, got)
		}
	}
	for i := range 6 {
		body := strings.Replace(leakAt(30.2), "{", fmt.Sprintf(`{"description":"leak %d","priority":%d,"unitId":"u-%d",`, i, i%3, i), 1)
		if code, got := call(t, a, "POST", "/v1/workOrders", body); code != http.StatusCreated {
			t.Fatalf("%d %v", code, got)
		}
	}
	list := func(path, field, name, filter, order, token string, size int) (out []string, next string) {
		t.Helper()
		q := url.Values{"filter": {filter}, "orderBy": {order}, "pageToken": {token}, "pageSize": {fmt.Sprint(size)}}
		code, got := call(t, a, "GET", path+"?"+q.Encode(), "")
		if code != http.StatusOK {
			t.Fatalf("%s %s: %d %v", filter, order, code, got)
		}
		rows, _ := got[field].([]any)
		for _, r := range rows {
			m, _ := r.(map[string]any)
			out = append(out, fmt.Sprint(m[name]))
		}
		next, _ = got["nextPageToken"].(string)
		return out, next
	}
	for _, c := range []struct{ filter, order, want string }{
		{"priority >= 1", "", "[leak 1 leak 2 leak 4 leak 5]"},
		{`state = ASSIGNED AND unitId = "u-3"`, "", "[leak 3]"},
		{"state = NEW OR state = CANCELED", "", "[]"},
		{`description : "LEAK 4" AND assignment.technicianId = "te_*"`, "", "[leak 4]"},
		{"", "priority desc, createTime desc", "[leak 5 leak 2 leak 4 leak 1 leak 3 leak 0]"},
		{"priority < 2", "createTime desc", "[leak 4 leak 3 leak 1 leak 0]"},
	} {
		if got, _ := list("/v1/workOrders", "workOrders", "description", c.filter, c.order, "", 50); fmt.Sprint(got) != c.want {
			t.Errorf("%s by %s: %v, want %s", c.filter, c.order, got, c.want)
		}
		var all []string
		for token := ""; ; { // the same, two by two
			got, next := list("/v1/workOrders", "workOrders", "description", c.filter, c.order, token, 2)
			if all = append(all, got...); next == "" {
				break
			}
			token = next
		}
		if fmt.Sprint(all) != c.want {
			t.Errorf("%s by %s in pages: %v, want %s", c.filter, c.order, all, c.want)
		}
	}
	if got, _ := list("/v1/technicians", "technicians", "displayName", `displayName != "Li"`, "displayName desc", "", 50); fmt.Sprint(got) != "[Zhao Wang]" {
		t.Errorf("technicians: %v", got)
	}
	for query, want := range map[string]string{
		"filter=" + url.QueryEscape("state = GONE"):       "character 9",
		"filter=" + url.QueryEscape("(priority > 1"):      "character 14",
		"orderBy=" + url.QueryEscape("priority sideways"): "asc or desc",
	} {
		if code, got := call(t, a, "GET", "/v1/workOrders?"+query, ""); code != http.StatusBadRequest || !strings.Contains(fmt.Sprint(got), want) {
			t.Errorf("%s: %d %v, want %s", query, code, got, want)
		}
	}
	_, token := list("/v1/workOrders", "workOrders", "description", "priority < 2", "", "", 1)
	if code, _ := call(t, a, "GET", "/v1/workOrders?pageToken="+token, ""); code != http.StatusBadRequest {
		t.Errorf("the token of another filter: %d", code)
	}
	// What is hidden cannot be asked for: a planner does not see what tenants tell.
	code, key := call(t, a, "POST", "/v1/apiKeys", `{"displayName":"plan","roles":["PLANNER"]}`)
	if code != http.StatusCreated {
		t.Fatalf("%d %v", code, key)
	}
	code, got := callAs(t, a, fmt.Sprint(key["secret"]), "GET", "/v1/workOrders?filter="+url.QueryEscape(`description : "leak"`), "")
	if code != http.StatusOK || got["workOrders"] != nil {
		t.Errorf("a planner finds orders by words that are hidden: %d %v", code, got)
	}
}

// TestReplayOfToday plays the day that the service lives again, exactly and by another policy.
func TestReplayOfToday(t *testing.T) {
	a := start(t, app.Config{Data: t.TempDir(), ImproveEvery: -1})
	defer stop(t, a)
	call(t, a, "POST", "/v1/technicians", plumberAt("Li", 30.2))
	_, policy := call(t, a, "POST", "/v1/policies", `{"displayName":"near","weights":{"movedPromise":0,"normal":[{"perSecond":0}]}}`)
	for i := range 3 {
		call(t, a, "POST", "/v1/workOrders", leakAt(30.2+float64(i)/100))
	}
	zone := time.FixedZone("", 8*3600)
	today := time.Now().In(zone).Format(time.DateOnly)
	ask := fmt.Sprintf(`{"startDate":%q,"policies":["nearest"],"policyIds":[%q]}`, today, policy["id"])
	code, got := call(t, a, "POST", "/v1/plans:replay", ask)
	if code != http.StatusOK || got["identical"] != true || got["orders"] != 3.0 || fmt.Sprint(got["hash"]) == "" {
		t.Fatalf("%d %.600s", code, fmt.Sprint(got))
	}
	lives, _ := got["lives"].([]any)
	if len(lives) != 3 || !strings.Contains(fmt.Sprint(lives[2]), fmt.Sprint(policy["id"])) {
		t.Errorf("lives: %.600s", fmt.Sprint(lives))
	}
	for body, want := range map[string]string{
		`{"startDate":"2026-13-41"}`: "startDate", `{"startDate":"` + today + `","policies":["hope"]}`: "policies[0]",
		`{"startDate":"2020-01-01","policies":["nearest"]}`: "startDate",
	} {
		if code, got = call(t, a, "POST", "/v1/plans:replay", body); code != http.StatusBadRequest || !strings.Contains(fmt.Sprint(got["errors"]), want) {
			t.Errorf("%s: %d %v", body, code, got)
		}
	}
	if code, _ = call(t, a, "POST", "/v1/plans:replay", `{"startDate":"`+today+`","policyIds":["po_no"]}`); code != http.StatusNotFound {
		t.Errorf("a policy that is not there: %d", code)
	}
}
