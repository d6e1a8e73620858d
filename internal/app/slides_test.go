package app_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/export"
)

// shownIn is what the pages of a PDF draw, in UTF-16.
func shownIn(pdf []byte) string {
	var all strings.Builder
	for _, m := range regexp.MustCompile(`(?s)stream\n(.*?)\nendstream`).FindAllSubmatch(pdf, -1) {
		r, err := zlib.NewReader(bytes.NewReader(m[1]))
		if err != nil {
			continue
		}
		text, _ := io.ReadAll(r)
		all.Write(text)
	}
	return strings.NewReplacer(`\\`, `\`, `\(`, "(", `\)`, ")").Replace(all.String())
}

// wideText is text as the fonts of a PDF have it.
func wideText(text string) string {
	var b strings.Builder
	for _, r := range text {
		b.WriteString(string([]byte{byte(r >> 8), byte(r)}))
	}
	return b.String()
}

// S58: what a sheet holds becomes slides, one figure each, in both languages, by the command that exports sheets: the figures are those of
// the leases.
func TestSlides(t *testing.T) {
	a := start(t, app.Config{Data: t.TempDir(), Clock: flowing(t, time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC))})
	defer stop(t, a)
	for i, end := range []string{"2026-01-10", "2026-01-31", "2026-03-01", "2026-12-31", "2026-12-30"} {
		code, l := call(t, a, "POST", "/v1/leases?signed=true", fmt.Sprintf(`{"tenantId":"te_%d","unitId":"un_%d","startDate":"2025-01-05","endDate":%q,"rentCents":350000}`, i, i, end))
		if code != http.StatusCreated {
			t.Fatal(code, l)
		}
	}
	for name, tc := range map[string]struct {
		deck  export.Deck
		pages int
		rows  int64
		want  []string
	}{
		"leases":     {export.Deck{Kind: "leases"}, 6, 5, []string{"Leases by state", "¥17,500 a month", "Leases that end soon", "0–7 days", "2026-12", "Renewal rate", "danger line", "What empty dwellings cost", "Leases as of 2026-01-05"}},
		"in Chinese": {export.Deck{Kind: "leases", Ask: map[string]any{"language": "zh", "endingBefore": "2026-02-01"}}, 6, 2, []string{"各状态租约", "即将到期的租约", "续租率", "空置成本", "2026-02-01 之前"}},
		"orders":     {export.Deck{Kind: "workOrders"}, 11, 0, []string{"Work orders by state", "Repaired at the first visit", "Share of completed orders"}},
	} {
		tc.deck.Server, tc.deck.Token, tc.deck.Key = a.URL(), a.Token(), "slides of "+name
		var out bytes.Buffer
		rows, err := export.Slides(t.Context(), &tc.deck, &out)
		if err != nil || rows != tc.rows {
			t.Fatalf("%s: %d rows, %v", name, rows, err)
		}
		if file := os.Getenv("SHOW_SLIDES"); file != "" {
			if err := os.WriteFile(file+strings.ReplaceAll(name, " ", "-")+".pdf", out.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if n := bytes.Count(out.Bytes(), []byte("/Type /Page\n")); n != tc.pages {
			t.Errorf("%s: %d slides, want %d", name, n, tc.pages)
		}
		text := shownIn(out.Bytes())
		for _, want := range tc.want {
			if !strings.Contains(text, wideText(want)) {
				t.Errorf("%s: %q is on no slide", name, want)
			}
		}
	}
	for name, bad := range map[string]export.Deck{
		"no such token": {Kind: "leases", Client: export.Client{Token: "wrong"}}, "no day": {Kind: "leases", Client: export.Client{Token: a.Token()}, Ask: map[string]any{"endingFrom": "tomorrow"}},
	} {
		bad.Server, bad.Key = a.URL(), name
		var out bytes.Buffer
		if _, err := export.Slides(t.Context(), &bad, &out); err == nil || out.Len() > 0 {
			t.Errorf("%s: %d bytes, %v", name, out.Len(), err)
		}
	}
}
