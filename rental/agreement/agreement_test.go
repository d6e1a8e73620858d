package agreement_test

import (
	"testing"

	"fettle/org/calendar"
	"fettle/rental/agreement"
)

func day(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func TestAgreementsOpenWaysWhileTheyAreValid(t *testing.T) {
	t.Parallel()
	a := agreement.Agreement{Integrations: []string{"webhook:hooks.example.org"}, Signed: day("2026-01-01"), Expires: day("2026-12-31")}
	for _, tt := range []struct {
		day    string
		state  agreement.State
		covers bool
	}{
		{"2025-12-31", agreement.Future, false},
		{"2026-01-01", agreement.Valid, true},
		{"2026-11-30", agreement.Valid, true},
		{"2026-12-01", agreement.Expiring, true},
		{"2026-12-31", agreement.Expiring, true},
		{"2027-01-01", agreement.Expired, false},
	} {
		if got := a.On(day(tt.day)); got != tt.state || a.Covers("webhook:hooks.example.org", day(tt.day)) != tt.covers {
			t.Errorf("%s: %s, want %s, and covers %t", tt.day, got, tt.state, tt.covers)
		}
	}
	if a.Covers("webhook:other.example.org", day("2026-06-01")) {
		t.Error("it covers what it does not name")
	}
	if err := a.End("pa_1", "they were sold", day("2026-06-01")); err != nil || a.Covers("webhook:hooks.example.org", day("2026-06-01")) || a.On(day("2026-06-01")) != agreement.Over {
		t.Errorf("ended: %v %s", err, a.On(day("2026-06-01")))
	}
	if err := a.End("pa_1", "again", day("2026-06-01")); err == nil {
		t.Error("it was ended twice")
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for way, good := range map[string]bool{"webhook:h.example.org": true, "channel:sms": true, "channel:": false, "mail": false, "webhook:h/../x": false} {
		a := agreement.Agreement{Integrations: []string{way}, Signed: day("2026-01-01"), Expires: day("2026-01-01")}
		if err := a.Check(); (err == nil) != good {
			t.Errorf("%s: %v", way, err)
		}
	}
	a := agreement.Agreement{Integrations: []string{"channel:sms"}, Signed: day("2026-01-02"), Expires: day("2026-01-01")}
	if a.Check() == nil {
		t.Error("it ends before it begins")
	}
}
