package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"fettle/internal/app"
	"fettle/internal/clock"
	"fettle/internal/export"
)

// flowing is a clock that goes on a little with each look at it by the machine's: what is due next in the service comes, as late as the machine is
// slow.
func flowing(t *testing.T, from time.Time) *clock.Fake {
	t.Helper()
	now, ctx, tick := clock.NewFake(from), t.Context(), time.NewTicker(20*time.Millisecond)
	go func() {
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				now.Advance(20 * time.Millisecond)
			}
		}
	}()
	return now
}

// importEnded sends a file and waits; it returns the operation and what became of each row, as "line outcome field".
func importEnded(t *testing.T, a *app.App, path string, file []byte) (op map[string]any, rows []string) {
	t.Helper()
	code, _, body := upload(t, a, "POST "+path, "application/octet-stream", file)
	if code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, code, body)
	}
	if err := json.Unmarshal(body, &op); err != nil {
		t.Fatal(err)
	}
	for tries := 0; op["done"] != true; tries++ { // longer than await: it may be many steps on a busy machine
		if tries > 3000 {
			t.Fatalf("%s has not ended: %v", path, op)
		}
		<-time.After(50 * time.Millisecond)
		_, op = call(t, a, "GET", fmt.Sprint("/v1/operations/", op["id"]), "")
	}
	_, list := call(t, a, "GET", fmt.Sprint("/v1/operations/", op["id"], "/results"), "")
	all, _ := list["results"].([]any)
	for _, one := range all {
		r, _ := one.(map[string]any)
		text := fmt.Sprint(r["line"], " ", r["outcome"])
		if r["field"] != nil {
			text += fmt.Sprint(" ", r["field"])
		}
		rows = append(rows, text)
	}
	return op, rows
}

// S02, S08: rows become tenants; who is there already gets what was empty, and nothing that both sides say differently is written. What a rule
// refuses comes back in a file whose wrong cells are marked; mended and sent again it is taken.
func TestTenantsAreImported(t *testing.T) {
	a := start(t, app.Config{Data: t.TempDir(), Clock: flowing(t, time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC))})
	defer stop(t, a)
	const people = "displayName,phone,nationalId,contactName,contactRelation,contactPhone,tags\n" +
		"Li Na,138 0013 8000,11010519491231002X,,,,vip\n" +
		"Li Na,13800138000,11010519491231002X,Wang Fang,mother,13900001111,\n" + // fills the contact
		"Li Na,+8613800138000,11010519491231002X,,,,\n" + // says nothing new
		"Li Na,13800138009,11010519491231002X,,,,\n" + // another number
		"Zhao Min,1380013800,,,,,\n" + // ten digits
		"Qian Duo,13800138001,110105194912310021,,,,\n" + // check character
		"Sun Wei,13800138002,,Sun Li,sister,12,\n"
	op, rows := importEnded(t, a, "/v1/tenants:import", []byte(people))
	want := []string{"2 CREATED", "3 CHANGED", "4 UNCHANGED", "5 CONFLICT tenant.phone", "6 REFUSED tenant.phone", "7 REFUSED tenant.nationalId", "8 REFUSED tenant.emergencyContact.phone"}
	if diff := cmp.Diff(want, rows); diff != "" || op["state"] != "SUCCEEDED" || op["itemsDone"] != "3" || op["itemsFailed"] != "4" {
		t.Fatalf("%v %s", op, diff)
	}
	_, found := call(t, a, "POST", "/v1/tenants:search", `{"nationalId":"11010519491231002X"}`)
	if text := fmt.Sprint(found); strings.Count(text, "phoneHint:138****8000") != 1 || !strings.Contains(text, "Wang Fang") || strings.Contains(text, "8009") {
		t.Errorf("the tenant is %v", found)
	}
	_, _, file := upload(t, a, fmt.Sprint("GET /v1/operations/", op["id"], "/file"), "", nil)
	book, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for cell, value := range map[string]string{"B2": "13800138009", "B3": "1380013800", "C4": "110105194912310021", "G5": "12"} {
		style, err := book.GetCellStyle("Sheet1", cell)
		if text, _ := book.GetCellValue("Sheet1", cell); err != nil || text != value || style == 0 {
			t.Errorf("cell %s says %q with style %d, want %q, marked", cell, text, style, value)
		}
	}
	if style, err := book.GetCellStyle("Sheet1", "A3"); err != nil || style != 0 {
		t.Errorf("a right cell is marked: %d, %v", style, err)
	}
	for cell, right := range map[string]string{"B2": "13800138000", "B3": "13800138003", "C4": "", "G5": "13900001112"} {
		if err := book.SetCellValue("Sheet1", cell, right); err != nil {
			t.Fatal(err)
		}
	}
	var mended bytes.Buffer
	if _, err := book.WriteTo(&mended); err != nil {
		t.Fatal(err)
	}
	_, rows = importEnded(t, a, "/v1/tenants:import", mended.Bytes())
	if diff := cmp.Diff([]string{"2 UNCHANGED", "3 CREATED", "4 CREATED", "5 CREATED"}, rows); diff != "" {
		t.Error(diff)
	}
}

// S08: a sheet of leases is merged with a result for each line, as an operation.
func TestLeasesAreImportedAsAnOperation(t *testing.T) {
	a := start(t, app.Config{Data: t.TempDir(), Clock: flowing(t, time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC))})
	defer stop(t, a)
	for i := range 150 { // more than are merged in one call
		code, l := call(t, a, "POST", "/v1/leases?signed=true", fmt.Sprintf(`{"tenantId":"te_%d","unitId":"un_%d","startDate":"2026-01-05","endDate":"2026-12-31","rentCents":350000}`, i, i))
		if code != http.StatusCreated {
			t.Fatal(code, l)
		}
	}
	var out bytes.Buffer
	if _, err := export.Leases(t.Context(), export.Config{Server: a.URL(), Token: a.Token()}, &out); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	for cell, value := range map[string]string{"I2": "3600", "G151": "2025-01-01", "C152": "un_new", "D152": "te_new", "E152": "ACTIVE", "G152": "2026-01-06", "H152": "2026-12-31", "I152": "1000"} {
		if err := book.SetCellValue("Sheet1", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	var edited bytes.Buffer
	if _, err := book.WriteTo(&edited); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ query, last string }{{"?validateOnly=true", "CREATED"}, {"", "CREATED"}} {
		op, rows := importEnded(t, a, "/v1/leases:startImport"+tc.query, edited.Bytes())
		if op["state"] != "SUCCEEDED" || len(rows) != 151 || rows[0] != "2 CHANGED" || rows[1] != "3 UNCHANGED" || rows[150] != "152 "+tc.last {
			t.Errorf("%s: %v, %d rows, %v", tc.query, op, len(rows), rows)
		}
	}
	_, list := call(t, a, "GET", "/v1/leases?tenantId=te_new", "")
	if found, _ := list["leases"].([]any); len(found) != 1 {
		t.Errorf("leases of the new line: %v", list)
	}
	if code, _, body := upload(t, a, "POST /v1/leases:startImport", "text/csv", []byte("id\n")); code != http.StatusBadRequest {
		t.Errorf("no line: %d %s", code, body)
	}
}
