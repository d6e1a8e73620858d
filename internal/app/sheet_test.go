package app_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"fettle/internal/app"
	"fettle/internal/clock"
	"fettle/internal/export"
)

// imported sends a file and returns the answer.
func imported(t *testing.T, a *app.App, file []byte, more string) (int, map[string]any) {
	t.Helper()
	return call(t, a, "POST", "/v1/leases:import", fmt.Sprintf(`{"content":%q,"fileName":"leases.xlsx"%s}`, base64.StdEncoding.EncodeToString(file), more))
}

// S58, N19: a sheet goes out, is edited while the lease is edited in the service, and comes back: each side's cells are done, a cell of both is
// a task, and nothing is overwritten.
func TestSheetsAreMerged(t *testing.T) {
	a := start(t, app.Config{Data: t.TempDir(), Clock: clock.NewFake(time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC))})
	defer stop(t, a)
	var ids []string
	for i := range 3 {
		code, l := call(t, a, "POST", "/v1/leases?signed=true", fmt.Sprintf(
			`{"tenantId":"te_%d","unitId":"un_%d","startDate":"2026-01-05","endDate":"2026-12-31","rentCents":350000,"note":"=cmd|' /C calc'!A0"}`, i, i))
		if code != http.StatusCreated {
			t.Fatal(code, l)
		}
		ids = append(ids, fmt.Sprint(l["id"]))
	}
	var out bytes.Buffer
	if _, err := export.Leases(t.Context(), export.Config{Server: a.URL(), Token: a.Token()}, &out); err != nil {
		t.Fatal(err)
	}
	if code, r := imported(t, a, out.Bytes(), ""); code != http.StatusOK || r["unchangedCount"] != 3.0 || r["rows"] != nil {
		t.Fatalf("as it went out: %d %v", code, r)
	}
	// In the service: the end of the first lease and the rent of the second.
	edit := func(id, body string) {
		_, l := call(t, a, "GET", "/v1/leases/"+id, "")
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, a.URL()+"/v1/leases/"+id, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+a.Token())
		req.Header.Set("If-Match", fmt.Sprint(l["etag"]))
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil || res.StatusCode != http.StatusOK || res.Body.Close() != nil {
			t.Fatal(res, err)
		}
	}
	edit(ids[0], `{"endDate":"2027-01-31"}`)
	edit(ids[1], `{"rentCents":360000}`)
	// In the file: the rent of the first, the rent of the second too, nonsense in the third, and a fourth.
	file := edited(t, out.Bytes(), func(set func(id, column, value string), add func(cells map[string]string)) {
		set(ids[0], "rent", "3700")
		set(ids[1], "rent", "3800.00")
		set(ids[1], "note", "corner flat")
		set(ids[2], "endDate", "2026-02-30")
		add(map[string]string{"tenantId": "te_9", "unitId": "un_9", "startDate": "2026-02-01", "endDate": "2027-01-31", "rent": "4100", "state": "ACTIVE"})
		add(map[string]string{"tenantId": "te_8", "unitId": "un_8", "startDate": "2026-02-01", "note": "长期有效"})
	})
	if code, r := imported(t, a, file, `,"dryRun":true`); code != http.StatusOK || r["changedCount"] != 2.0 || r["conflictCount"] != 1.0 || r["dryRun"] != true {
		t.Fatalf("dry run: %d %v", code, r)
	}
	if _, l := call(t, a, "GET", "/v1/leases/"+ids[0], ""); l["rentCents"] != "350000" {
		t.Fatalf("the dry run has changed %v", l)
	}
	code, r := imported(t, a, file, "")
	if code != http.StatusOK || r["changedCount"] != 2.0 || r["createdCount"] != 1.0 || r["refusedCount"] != 2.0 || r["conflictCount"] != 1.0 {
		t.Fatalf("%d %v", code, r)
	}
	if _, l := call(t, a, "GET", "/v1/leases/"+ids[0], ""); l["rentCents"] != "370000" || l["endDate"] != "2027-01-31" || l["termsVersion"] != 3.0 {
		t.Errorf("both sides' cells: %v", l)
	}
	if _, l := call(t, a, "GET", "/v1/leases/"+ids[1], ""); l["rentCents"] != "360000" || l["note"] != "corner flat" {
		t.Errorf("a cell of both was overwritten: %v", l)
	}
	if !strings.Contains(fmt.Sprint(r["rows"]), "2026-02-30") || !strings.Contains(fmt.Sprint(r["rows"]), "openEnded") {
		t.Errorf("lines are refused by rule: %v", r["rows"])
	}
	_, again := imported(t, a, file, "") // under its key
	if fmt.Sprint(again) != fmt.Sprint(r) {
		t.Errorf("the same request: %v", again)
	}
	_, list := call(t, a, "GET", "/v1/importConflicts", "")
	found, _ := list["importConflicts"].([]any)
	if len(found) != 1 {
		t.Fatalf("%v", list)
	}
	c, _ := found[0].(map[string]any)
	if c["base"] != "3500.00" || c["file"] != "3800.00" || c["record"] != "3600.00" || c["leaseId"] != ids[1] || c["column"] != "rent" {
		t.Errorf("%v", c)
	}
	path := fmt.Sprint("/v1/importConflicts/", c["id"])
	if code, x := call(t, a, "POST", path+":resolve", `{"take":"FILE"}`); code != http.StatusOK || x["state"] != "RESOLVED" || x["taken"] != "FILE" {
		t.Fatalf("%d %v", code, x)
	}
	if _, l := call(t, a, "GET", "/v1/leases/"+ids[1], ""); l["rentCents"] != "380000" || l["note"] != "corner flat" {
		t.Errorf("after the decision: %v", l)
	}
	if code, x := call(t, a, "POST", path+":resolve", `{"take":"RECORD"}`); code != http.StatusConflict {
		t.Errorf("decided twice: %d %v", code, x)
	}
	_, cert := call(t, a, "GET", "/v1/obligations:reconcile?from=2026-01-01&to=2028-01-01", "")
	if cert["leaseCount"] != 4.0 || cert["scheduledCount"] != 4.0 {
		t.Errorf("a lease of the file has its reminders: %v", cert)
	}
}

// S58: somebody saves the sheet of a watched folder, somebody else edits the same lease in the service; both see both.
func TestAWatchedFolderIsInStep(t *testing.T) {
	dir := t.TempDir()
	a := start(t, app.Config{Data: t.TempDir(), Watch: dir, WatchEvery: 20 * time.Millisecond})
	defer stop(t, a)
	code, l := call(t, a, "POST", "/v1/leases?signed=true", `{"tenantId":"te_1","unitId":"un_1","startDate":"2026-01-05","endDate":"2036-12-31","rentCents":350000}`)
	if code != http.StatusCreated {
		t.Fatal(code, l)
	}
	id, path := fmt.Sprint(l["id"]), filepath.Join(dir, "leases.xlsx")
	var body []byte
	waits := func(what string, so func() bool) {
		t.Helper()
		for begin := time.Now(); time.Since(begin) < patience; {
			if so() {
				return
			}
			<-time.After(20 * time.Millisecond)
		}
		t.Fatal("it is not so after a minute: ", what)
	}
	holds := func(text string) bool {
		var err error
		if body, err = os.ReadFile(path); err != nil {
			return false
		}
		f, err := excelize.OpenReader(bytes.NewReader(body))
		if err != nil {
			return false
		}
		rows, err := f.GetRows(f.GetSheetList()[0])
		return err == nil && strings.Contains(fmt.Sprint(rows), text)
	}
	waits("the sheet has the lease", func() bool { return holds(id) })
	saved := edited(t, body, func(set func(id, column, value string), _ func(map[string]string)) { set(id, "note", "corner flat") })
	if err := os.WriteFile(path, saved, 0o600); err != nil {
		t.Fatal(err)
	}
	waits("the lease has the note", func() bool {
		_, l := call(t, a, "GET", "/v1/leases/"+id, "")
		return l["note"] == "corner flat"
	})
	if code, p := call(t, a, "POST", "/v1/leases/"+id+":terminate", `{"reason":"moved"}`); code != http.StatusOK {
		t.Fatal(code, p)
	}
	waits("the sheet has the end of the lease and the note", func() bool { return holds("TERMINATED") && holds("corner flat") })
}

// edited changes the shown sheet of a workbook.
func edited(t *testing.T, body []byte, do func(set func(id, column, value string), add func(cells map[string]string))) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	name := f.GetSheetList()[0]
	rows, err := f.GetRows(name)
	if err != nil {
		t.Fatal(err)
	}
	put := func(row int, column, value string) {
		for i, head := range rows[0] {
			if head == column {
				at, err := excelize.CoordinatesToCellName(i+1, row)
				if err == nil {
					err = f.SetCellValue(name, at, value)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	last := len(rows)
	do(func(id, column, value string) {
		for i, r := range rows {
			if r[0] == id {
				put(i+1, column, value)
			}
		}
	}, func(cells map[string]string) {
		last++
		for column, value := range cells {
			put(last, column, value)
		}
	})
	for i, r := range rows { // R-X1: no cell of ours is a formula
		for j := range r {
			at, _ := excelize.CoordinatesToCellName(j+1, i+1)
			if formula, err := f.GetCellFormula(name, at); formula != "" || err != nil {
				t.Errorf("%s holds the formula %s, %v", at, formula, err)
			}
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
