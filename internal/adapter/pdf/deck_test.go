package pdf

import (
	"bytes"
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

func sampleDeck() *Deck {
	days := make([]Day, 90)
	for i := range days {
		days[i] = Day{Name: time.Date(2026, 8, 24+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), Share: 0.5 + 0.2*math.Sin(float64(i)/9), Known: i < 40 || i > 50}
	}
	return &Deck{
		Title: "Leases · 租约", Language: "zh-CN", Time: time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC), Footer: "fettle · 2026-11-22",
		Slides: []Slide{
			{Title: "各状态租约", Figure: "1,204", Said: "leases as of 2026-11-22", Chart: Rows{{"ACTIVE 生效", 900, "900", false}, {"EXPIRING", 300, "300", true}, {"DRAFT", 0, "0", false}}, Means: strings.Repeat("Leases by state, each once. ", 30)},
			{Title: "Ends by month", Chart: Columns{{"2026-12", 40, "40", true}, {"2027-01", 12, "12", false}}},
			{Title: "续租率", Figure: "57 %", Chart: Trend{Days: days, Line: 0.6, Name: "danger line"}},
		},
	}
}

// TestDeck: a slide for each figure, the same bytes for the same deck, and its words can be read out of it. SHOW_DECK names a file for the eyes.
func TestDeck(t *testing.T) {
	t.Parallel()
	first, err := sampleDeck().Bytes()
	if err != nil {
		t.Fatal(err)
	}
	second, err := sampleDeck().Bytes()
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("the same deck gave other bytes, %v", err)
	}
	if name := os.Getenv("SHOW_DECK"); name != "" {
		if err := os.WriteFile(name, first, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if pages := bytes.Count(first, []byte("/Type /Page\n")); pages != 3 {
		t.Errorf("%d slides", pages)
	}
	text := drawn(t, first)
	for _, want := range []string{"各状态租约", "1,204", "续租率", "2027-01", "danger line", "2 / 3", "EXPIRING"} {
		if !strings.Contains(text, utf16(want)) {
			t.Errorf("%q is on no slide", want)
		}
	}
}

// TestDeckRefused: what cannot be drawn is an error that names its slide, and no deck without it.
func TestDeckRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Chart{
		"no bars":         Columns{},
		"too many":        Rows(make([]Bar, 15)),
		"no number":       Rows{{"x", math.NaN(), "", false}},
		"below zero":      Columns{{"x", -1, "", false}},
		"a day alone":     Trend{Days: make([]Day, 1)},
		"more than whole": Trend{Days: []Day{{"a", 1.2, true}, {"b", 1, true}}},
	} {
		_, err := (&Deck{Slides: []Slide{{Title: "The one", Chart: c}}}).Bytes()
		if err == nil || !strings.Contains(err.Error(), "The one") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (&Deck{}).Bytes(); err == nil {
		t.Error("a deck without slides was made")
	}
}
