package spreadsheet_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"fettle/internal/adapter/spreadsheet"
	"fettle/rental/sheet"
)

var columns = []spreadsheet.Column{{Name: "id"}, {Name: "endDate", Kind: spreadsheet.Date}, {Name: "rent", Kind: spreadsheet.Number}, {Name: "note"}}

// nasty are texts that programs take for formulas, or that break lines and quotes.
var nasty = []string{
	"=1+1", "+1-2", "-2+3", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0", "＝1+1", "=HYPERLINK(\"http://x\",\"y\")", "a\"b", "line\nbreak", "'=1", "长期有效", " =1", "DDE(\"cmd\")",
}

func rows() []sheet.Row {
	out := make([]sheet.Row, len(nasty))
	for i, text := range nasty {
		out[i] = sheet.Row{"id": fmt.Sprintf("ls_%d", i), "endDate": "2026-02-28", "rent": "3500.5", "note": text}
	}
	return out
}

func xlsx(t testing.TB, rows []sheet.Row) []byte {
	t.Helper()
	w, err := spreadsheet.NewWriter(columns)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := w.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := w.Finish(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A table has charts of the columns that say so, behind it, where neither a reader nor a merge takes them for rows.
func TestCharts(t *testing.T) {
	t.Parallel()
	with := []spreadsheet.Column{{Name: "id"}, {Name: "state", Chart: spreadsheet.ByValue}, {Name: "end", Kind: spreadsheet.Date, Chart: spreadsheet.ByMonth}}
	w, err := spreadsheet.NewWriter(with)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		if err := w.Add(sheet.Row{"id": fmt.Sprint(i), "state": fmt.Sprintf("=S%03d", i), "end": fmt.Sprintf("2026-%02d-15", 1+i%12)}); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := w.Finish(&b); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // of memory
	got, err := f.GetRows("Charts")
	if err != nil || got[0][0] != "state" || got[1][0] != "=S000" || got[1][1] != "1" || got[61][0] != "…" || got[61][1] != "140" || got[1][12] != "2026-01" || got[1][13] != "17" {
		t.Errorf("%v, %v", got, err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	charts := 0
	for _, x := range z.File {
		if strings.HasPrefix(x.Name, "xl/charts/chart") {
			charts++
		}
	}
	back, err := spreadsheet.Read(b.Bytes(), with, spreadsheet.Limits{})
	if err != nil || charts != 2 || len(back) != 200 {
		t.Errorf("%d charts, %d rows: %v", charts, len(back), err)
	}
}

func read(t testing.TB, body []byte) []sheet.Edited {
	t.Helper()
	got, err := spreadsheet.Read(body, columns, spreadsheet.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// R-X1: parsed back there is no formula cell, and the text is what it was.
func TestNoTextBecomesAFormula(t *testing.T) {
	t.Parallel()
	body := xlsx(t, rows())
	f, err := excelize.OpenReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for i := range nasty {
		for _, column := range "ABCD" {
			at := fmt.Sprintf("%c%d", column, i+2)
			if formula, err := f.GetCellFormula("Sheet1", at); err != nil || formula != "" {
				t.Errorf("%s is the formula %q: %v", at, formula, err)
			}
		}
	}
	for i, e := range read(t, body) {
		if diff := cmp.Diff(strings.TrimSpace(nasty[i]), e.Now["note"]); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(e.Now, e.Base); diff != "" || e.Line != i+2 || e.Now["rent"] != "3500.5" || e.Now["endDate"] != "2026-02-28" {
			t.Errorf("line %d: %+v %s", e.Line, e.Now, diff)
		}
	}
	if visible, err := f.GetSheetVisible("base"); err != nil || visible {
		t.Errorf("the base is shown: %v", err)
	}
}

func TestCSVGuardsWhatItCannotType(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w, err := spreadsheet.NewCSVWriter(&b, columns)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows() {
		if err := w.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), ",=") || strings.Contains(b.String(), "\"=") || !strings.Contains(b.String(), "'=1+1") {
		t.Errorf("%s", b.String())
	}
	for i, e := range read(t, b.Bytes()) {
		if want := strings.TrimSpace(nasty[i]); e.Now["note"] != want || e.Base != nil {
			t.Errorf("%q came back as %q with base %v", want, e.Now["note"], e.Base)
		}
	}
}

// A person edits the file with a program of their own.
func TestEditsComeBackBesideTheirBase(t *testing.T) {
	t.Parallel()
	f, err := excelize.OpenReader(bytes.NewReader(xlsx(t, rows()[:2])))
	if err != nil {
		t.Fatal(err)
	}
	edit := func(at string, value any) {
		if err := f.SetCellValue("Sheet1", at, value); err != nil {
			t.Fatal(err)
		}
	}
	edit("C2", 3600)
	edit("B3", 46142) // the program keeps days as numbers: 30 April 2026
	edit("B5", "2027-01-01")
	edit("D5", "added")
	var b bytes.Buffer
	if _, err := f.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	got := read(t, b.Bytes())
	if len(got) != 3 || got[0].Now["rent"] != "3600" || got[0].Base["rent"] != "3500.5" || got[1].Now["endDate"] != "2026-04-30" {
		t.Fatalf("%+v", got)
	}
	if added := got[2]; added.Key != "" || added.Base != nil || added.Line != 5 || added.Now["note"] != "added" {
		t.Fatalf("%+v", added)
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	part, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(make([]byte, 8<<20)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string][]byte{
		"wide": []byte("id" + strings.Repeat(",", 300)), "bomb": bomb.Bytes(), "cut": xlsx(t, rows())[:400], "no header": []byte("a,b\n1,2\n"), "quotes": []byte("id\n\"a\n"), "long": []byte("id\n" + strings.Repeat("x\n", 12)),
	} {
		if got, err := spreadsheet.Read(body, columns, spreadsheet.Limits{Rows: 10, Unpacked: 4 << 20}); err == nil {
			t.Errorf("%s: read %d rows", name, len(got))
		}
	}
	if got, err := spreadsheet.Read(nil, columns, spreadsheet.Limits{}); err != nil || got != nil {
		t.Errorf("nothing: %v, %v", got, err)
	}
}

// What an honest file holds at most is far below what is refused.
func TestALargeHonestFileIsRead(t *testing.T) {
	t.Parallel()
	many := make([]sheet.Row, 5000)
	for i := range many {
		many[i] = sheet.Row{"id": fmt.Sprintf("ls_%05d", i), "endDate": "2026-02-28", "rent": "3500", "note": strings.Repeat("第二层，钥匙在前台。", 20)}
	}
	if got, err := spreadsheet.Read(xlsx(t, many), columns, spreadsheet.Limits{Rows: len(many), Unpacked: 64 << 20}); err != nil || len(got) != len(many) {
		t.Errorf("%d rows: %v", len(got), err)
	}
}

// N19: 10,000 rows out and in.
func BenchmarkRoundTrip(b *testing.B) {
	var many []sheet.Row
	for i := range 10_000 {
		many = append(many, sheet.Row{"id": fmt.Sprintf("ls_%05d", i), "endDate": "2026-02-28", "rent": "3500", "note": "second floor"})
	}
	for b.Loop() {
		if got := read(b, xlsx(b, many)); len(got) != len(many) {
			b.Fatal(len(got))
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("id,note\nls_1,'=1\n"))
	f.Add([]byte("PK\x03\x04"))
	f.Add(xlsx(f, rows()))
	f.Fuzz(func(_ *testing.T, body []byte) {
		_, _ = spreadsheet.Read(body, columns, spreadsheet.Limits{Rows: 100, Unpacked: 1 << 20}) // must not panic
	})
}
