package app_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

// items are the messages of a dry run with an outcome, by day, lease and rule.
func items(t *testing.T, run map[string]any, outcome string) (out []string) {
	t.Helper()
	list, _ := run["items"].([]any)
	for _, x := range list {
		if i, _ := x.(map[string]any); i["outcome"] == outcome {
			out = append(out, fmt.Sprint(i["date"], " ", i["leaseId"], " ", i["triggerId"]))
		}
	}
	slices.Sort(out)
	return out
}

// What a dry run says is what is then told: rules that meet, tags that end, tenants who want nothing, consents that run out, quiet
// hours; and the reminders that are owed come whatever the rules say.
func TestTheDryRunIsWhatIsThenTold(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "channels.json")
	// The cap looks back over days and a half: of whole days it would hang on the second in which the clock below happens to stand.
	if err := os.WriteFile(file, []byte(`{"language":"en","channels":{"chat":{"kind":"file","path":"sent.jsonl","needsAddress":true,"needsCredit":true}},
		"routes":{"TENANT":["chat"],"SUPERVISOR":["chat"],"TECHNICIAN":["chat"]},"quietHours":{"chat":{"from":"21:00","to":"09:30"}},
		"caps":{"TENANT":{"messages":3,"per":"708h"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	now := clock.NewFake(time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)) // noon: this morning is over
	a := start(t, app.Config{Data: t.TempDir(), Clock: now, Channels: file})
	defer stop(t, a)
	leases := homes(t, a, 5) // until 30 April
	for i, l := range leases {
		_, x := call(t, a, "GET", "/v1/leases/"+l, "")
		body := fmt.Sprintf(`{"id":"unit.%s","language":"en","addresses":{"chat":"u%d"}%s}`, x["unitId"], i, map[bool]string{true: `,"optOuts":["lease.note"]`}[i == 4])
		if code, r := call(t, a, "POST", "/v1/recipients", body); code != http.StatusCreated && code != http.StatusOK {
			t.Fatalf("%d %v", code, r)
		}
		credits := map[int]int{3: 1}[i] // the fourth has agreed to one message
		if credits == 0 {
			credits = 20
		}
		for _, template := range []string{"lease.note", "lease.intent_survey", "lease.renewal_proposal"} {
			path := fmt.Sprintf("/v1/recipients/unit.%s:grantCredits", x["unitId"])
			if code, r := call(t, a, "POST", path, fmt.Sprintf(`{"channel":"chat","templateId":%q,"count":%d}`, template, credits)); code != http.StatusOK {
				t.Fatalf("%d %v", code, r)
			}
		}
	}
	facts := "lease_id,date,consent_date,kitchen_bookings\n" + leases[0] + ",2025-12-20,2025-06-01,20\n" + leases[1] + ",2026-02-20,2025-06-01,20\n"
	if code, r := call(t, a, "POST", "/v1/profiles:import", fmt.Sprintf(`{"source":"APP","content":%s}`, quote(facts))); code != http.StatusOK || r["leases"] != float64(2) {
		t.Fatalf("%d %v", code, r)
	}
	made(t, a, "/v1/triggers", `{"displayName":"kitchen","enabled":true,"fromDays":45,"tag":"KITCHEN_USER","text":"The shared kitchen is new."}`)
	made(t, a, "/v1/triggers", `{"displayName":"all","enabled":true,"fromDays":45,"untilDays":20,"restDays":10,"text":"Would you like to stay?"}`)
	made(t, a, "/v1/triggers", `{"displayName":"late","enabled":true,"fromDays":36,"rank":-1,"text":"Five weeks to go."}`)
	made(t, a, "/v1/triggers", `{"displayName":"off","fromDays":60,"text":"Nobody gets this."}`)
	code, dry := call(t, a, "POST", "/v1/triggers:dryRun", `{"toDate":"2026-04-10"}`)
	if code != http.StatusOK || dry["fromDate"] != "2026-03-02" {
		t.Fatalf("%d %v", code, dry)
	}
	outcomes := []string{"SEND", "HELD", "CAPPED", "OPTED_OUT", "NO_CHANNEL"}
	for _, o := range append(outcomes[1:], "WAITS", "FLOOR") {
		if len(items(t, dry, o)) == 0 {
			t.Errorf("nothing is %s: %v", o, dry["items"])
		}
	}
	for day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC); day.Before(time.Date(2026, 4, 11, 0, 0, 0, 0, time.UTC)); day = day.AddDate(0, 0, 1) {
		now.Advance(max(day.Add(time.Hour).Sub(now.Now()), 0)) // nine in the morning, and the rules of the day have run
		waitFor(t, now, func() bool {
			_, d := call(t, a, "POST", "/v1/triggers:dryRun", `{}`)
			return fmt.Sprint(d["fromDate"]) > day.Format(time.DateOnly)
		})
		now.Advance(time.Hour) // quiet hours are over
		waitFor(t, now, func() bool {
			_, l := call(t, a, "GET", "/v1/messages?state=DUE", "")
			list, _ := l["messages"].([]any)
			return len(list) == 0
		})
	}
	var told []string
	messages := map[string]string{}
	waitFor(t, now, func() bool {
		told = nil
		_, l := call(t, a, "GET", "/v1/triggers:told?pageSize=1000", "")
		list, _ := l["told"].([]any)
		for _, x := range list {
			m, _ := x.(map[string]any)
			told = append(told, fmt.Sprint(m["date"], " ", m["leaseId"], " ", m["triggerId"]))
			_, msg := call(t, a, "GET", fmt.Sprint("/v1/messages/", m["messageId"]), "")
			messages[told[len(told)-1]] = fmt.Sprint(msg["state"], " ", msg["reason"])
			if msg["state"] == nil || msg["state"] == "DUE" {
				return false
			}
		}
		return true
	})
	slices.Sort(told)
	var want []string
	for _, outcome := range outcomes {
		for _, i := range items(t, dry, outcome) {
			want = append(want, i)
			state := messages[i]
			if ok := (outcome == "HELD" || outcome == "SEND") && strings.HasPrefix(state, "SENT") || strings.HasSuffix(state, outcome); !ok {
				t.Errorf("%s: %s was foreseen, and it is %s", i, outcome, state)
			}
		}
	}
	slices.Sort(want)
	if strings.Join(told, "\n") != strings.Join(want, "\n") {
		t.Errorf("told:\n%s\nwas foreseen:\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
	for _, l := range leases { // the ladder is there whatever the rules have said
		_, x := call(t, a, "GET", "/v1/obligations?leaseId="+l, "")
		if text := fmt.Sprint(x); strings.Contains(text, "state:SUPERSEDED") || !strings.Contains(text, "rung:") {
			t.Errorf("%s: %s", l, text)
		}
	}
}

// waitFor lets seconds pass until something is so.
func waitFor(t *testing.T, now *clock.Fake, so func() bool) {
	t.Helper()
	if !comes(now, 60, time.Second, so) {
		t.Fatal("it never is")
	}
}

// Half a year in a dwelling: one cleaning is granted, and becomes one visit however often it is asked for.
func TestARoadMapLeadsToACleaning(t *testing.T) {
	now := clock.NewFake(time.Date(2025, 10, 30, 4, 0, 0, 0, time.UTC))
	a := start(t, app.Config{Data: t.TempDir(), Clock: now})
	defer stop(t, a)
	leases := homes(t, a, 1) // since 1 May 2025
	road := func() string {
		t.Helper()
		code, r := call(t, a, "GET", "/v1/roadMaps/"+leases[0], "")
		if code != http.StatusOK {
			t.Fatalf("%d %v", code, r)
		}
		return fmt.Sprint(r)
	}
	if r := road(); strings.Contains(r, "GRANTED") || !strings.Contains(r, "date:2025-11-01") || !strings.Contains(r, "date:2027-05-01") {
		t.Errorf("%s", r)
	}
	if code, e := call(t, a, "POST", "/v1/roadMaps/"+leases[0]+":scheduleCleaning", `{"window":{"startTime":"2025-11-05T02:00:00Z","endTime":"2025-11-05T08:00:00Z"}}`); code != http.StatusBadRequest {
		t.Errorf("%d %v", code, e)
	}
	for now.Now().Before(time.Date(2025, 11, 3, 0, 0, 0, 0, time.UTC)) {
		now.Advance(time.Hour)
		road()
	}
	waitFor(t, now, func() bool { return strings.Contains(road(), "GRANTED") })
	_, l := call(t, a, "GET", "/v1/entitlements", "")
	if list, _ := l["entitlements"].([]any); len(list) != 1 {
		t.Errorf("%v", l)
	}
	window := `{"window":{"startTime":"2025-11-05T02:00:00Z","endTime":"2025-11-05T08:00:00Z"}}`
	code, e := call(t, a, "POST", "/v1/roadMaps/"+leases[0]+":scheduleCleaning", window)
	if code != http.StatusOK || e["state"] != "SCHEDULED" {
		t.Fatalf("%d %v", code, e)
	}
	if code, e := call(t, a, "POST", "/v1/roadMaps/"+leases[0]+":scheduleCleaning", window+" "); code != http.StatusConflict {
		t.Errorf("scheduled twice: %d %v", code, e)
	}
	now.Advance(time.Minute)
	waitFor(t, now, func() bool {
		code, o := call(t, a, "GET", fmt.Sprint("/v1/workOrders/", e["workOrderId"]), "")
		return code == http.StatusOK && strings.Contains(fmt.Sprint(o), "Free cleaning") && strings.Contains(fmt.Sprint(o), "2025-11-05T02:00:00Z")
	})
	_, orders := call(t, a, "GET", "/v1/workOrders", "")
	if list, _ := orders["workOrders"].([]any); len(list) != 1 {
		t.Errorf("%d orders of one cleaning", len(list))
	}
	if code, r := call(t, a, "POST", fmt.Sprint("/v1/entitlements/", e["id"], ":redeem"), `{"note":"cleaned"}`); code != http.StatusOK || r["state"] != "REDEEMED" {
		t.Errorf("%d %v", code, r)
	}
}
