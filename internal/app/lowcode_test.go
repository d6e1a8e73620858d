package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

// Somebody who is no programmer adds a field to tickets, a rule over it and a tile, tries the rule, and takes all of it to another
// service as one file. The saboteurs are values, expressions and files that must not pass.
func TestLowCode(t *testing.T) {
	t.Parallel()
	now := clock.NewFake(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))
	a := start(t, app.Config{Data: t.TempDir(), Clock: now})
	defer stop(t, a)
	order := func(text string) string {
		return made(t, a, "/v1/workOrders", `{"location":{"latitude":30.2,"longitude":120.2},"description":"`+text+`"}`)
	}
	first, second := order("leak"), order("door")
	field := made(t, a, "/v1/customFields", `{"kind":"WORK_ORDERS","name":"floorDamage","displayName":"地板受损面积","type":"NUMBER","minimum":0,"maximum":100}`)
	made(t, a, "/v1/customFields", `{"kind":"WORK_ORDERS","name":"insurer","displayName":"Insurer","type":"CHOICE","choices":["none","pending","paid"]}`)
	if code, e := call(t, a, "POST", "/v1/customFields", `{"kind":"WORK_ORDERS","name":"insurer","displayName":"again","type":"TEXT"}`); code != http.StatusConflict {
		t.Errorf("two fields of a name: %d %v", code, e)
	}
	set := func(id, values string) (int, map[string]any) {
		return call(t, a, "POST", "/v1/customValues:set", `{"kind":"WORK_ORDERS","recordId":"`+id+`","values":`+values+`}`)
	}
	for name, try := range map[string]struct {
		id, values string
		want       int
	}{
		"too much":      {first, `{"floorDamage":101}`, http.StatusUnprocessableEntity},
		"no number":     {first, `{"floorDamage":"12"}`, http.StatusUnprocessableEntity},
		"no choice":     {first, `{"insurer":"maybe"}`, http.StatusUnprocessableEntity},
		"no field":      {first, `{"roof":1}`, http.StatusBadRequest},
		"no such order": {"wo_none", `{"floorDamage":1}`, http.StatusBadRequest},
	} {
		if code, e := set(try.id, try.values); code != try.want {
			t.Errorf("%s: %d %v", name, code, e)
		}
	}
	rule := `{"displayName":"call the insurer","kind":"WORK_ORDERS","when":"it.open && custom.floorDamage >= 4","text":"Call the insurer","setField":"insurer","setValue":"'pending'","enabled":%t}`
	for name, bad := range map[string]string{
		"no CEL":    strings.Replace(rule, ">= 4", ">>= 4", 1),
		"no bool":   strings.Replace(rule, "it.open && custom.floorDamage >= 4", "'yes'", 1),
		"no field":  strings.Replace(rule, `"insurer"`, `"roof"`, 1),
		"no actor":  strings.Replace(rule, "it.open", "secret.open", 1),
		"two names": strings.Replace(rule, `"setValue":"'pending'"`, `"setValue":""`, 1),
	} {
		if code, e := call(t, a, "POST", "/v1/automations", fmt.Sprintf(bad, true)); code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %v", name, code, e)
		}
	}
	if code, v := set(second, `{"floorDamage":2}`); code != http.StatusOK {
		t.Fatalf("%d %v", code, v)
	}
	code, dry := call(t, a, "POST", "/v1/automations:dryRun", `{"automation":`+fmt.Sprintf(strings.Replace(rule, ">= 4", ">= 1", 1), true)+`}`)
	if code != http.StatusOK || dry["records"] != float64(2) || dry["matches"] != float64(1) || dry["unknown"] != float64(1) {
		t.Errorf("%d %v", code, dry)
	}
	automation := made(t, a, "/v1/automations", fmt.Sprintf(rule, true))
	if code, v := set(first, `{"floorDamage":6.5}`); code != http.StatusOK {
		t.Fatalf("%d %v", code, v)
	}
	insurer := func() string {
		_, v := call(t, a, "GET", "/v1/customValues?kind=WORK_ORDERS&recordId="+first, "")
		return fmt.Sprint(v)
	}
	eventually(t, func() bool { return strings.Contains(insurer(), "insurer:pending") })
	for range 2 { // whoever runs it again finds nothing new
		if code, r := call(t, a, "POST", "/v1/automations:run", `{}`); code != http.StatusOK || r["found"] != nil {
			t.Errorf("%d %v", code, r)
		}
	}
	if _, h := call(t, a, "GET", "/v1/automations:hits?automationId="+automation, ""); len(h["hits"].([]any)) != 1 { //nolint:forcetypeassert,errcheck // a panic fails the test
		t.Errorf("%v", h)
	}
	if _, v := call(t, a, "GET", "/v1/customValues?kind=WORK_ORDERS&field=insurer&equals=pending", ""); !strings.Contains(fmt.Sprint(v), first) || strings.Contains(fmt.Sprint(v), second) {
		t.Errorf("%v", v)
	}
	tile := made(t, a, "/v1/tiles", `{"displayName":"damage by insurer","kind":"WORK_ORDERS","where":"it.open","measure":"SUM","of":"custom.floorDamage","groupBy":"has(custom.insurer) ? custom.insurer : 'none'"}`)
	if code, v := call(t, a, "GET", "/v1/tiles/"+tile+":read", ""); code != http.StatusOK || v["value"] != 8.5 || len(v["groups"].([]any)) != 2 { //nolint:forcetypeassert,errcheck // as above
		t.Errorf("%d %v", code, v)
	}
	text, other := string(fileOf(t, a, "/v1/lowCode:export")), start(t, app.Config{Data: t.TempDir(), Clock: now})
	defer stop(t, other)
	body := func(text string, dry bool) string {
		out, err := json.Marshal(map[string]any{"text": text, "dryRun": dry})
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	if code, e := call(t, other, "POST", "/v1/lowCode:import", body(strings.Replace(text, "it.open && custom", "it.open &&& custom", 1), false)); code != http.StatusUnprocessableEntity {
		t.Errorf("a file with a broken rule: %d %v", code, e)
	}
	for i, want := range []int{4, 4, 0} { // a dry run, the import, the same again
		code, r := call(t, other, "POST", "/v1/lowCode:import", body(text+strings.Repeat(" ", i), i == 0))
		added, _ := r["added"].([]any)
		if code != http.StatusOK || len(added) != want {
			t.Errorf("%d: %d %v", i, code, r)
		}
	}
	if got := string(fileOf(t, other, "/v1/lowCode:export")); got != text {
		t.Errorf("what came in goes out otherwise:\n%s\n%s", text, got)
	}
	if code, f := call(t, a, "GET", "/v1/customFields/"+field, ""); code != http.StatusOK || f["type"] != "NUMBER" {
		t.Errorf("%d %v", code, f)
	}
}
