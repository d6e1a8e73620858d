package calendar_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/rental/calendar"
)

// daysFromCivil counts days since 1970-01-01 by arithmetic alone (Hinnant 2013, chrono-compatible low-level date
// algorithms), so that it shares nothing with package time.
func daysFromCivil(y, m, d int) int {
	if m <= 2 {
		y--
	}
	era := y / 400
	if y < 0 {
		era = (y - 399) / 400
	}
	yoe := y - era*400
	mp := (m + 9) % 12
	doy := (153*mp+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468
}

func date(t *testing.T, text string) calendar.Date {
	t.Helper()
	d, err := calendar.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestAddAndSubAgreeWithCountedDays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := calendar.Date{Year: 1900, Month: 1, Day: 1}
		a := start.Add(rapid.IntRange(0, 400_000).Draw(t, "a"))
		b := start.Add(rapid.IntRange(0, 400_000).Draw(t, "b"))
		want := daysFromCivil(a.Year, int(a.Month), a.Day) - daysFromCivil(b.Year, int(b.Month), b.Day)
		if got := a.Sub(b); got != want {
			t.Fatalf("%v - %v = %d days, counted %d", a, b, got, want)
		}
		if got := b.Add(want); got != a {
			t.Fatalf("%v + %d days = %v, want %v", b, want, got, a)
		}
		if a.Before(b) != (want < 0) || a.After(b) != (want > 0) {
			t.Fatalf("order of %v and %v", a, b)
		}
	})
}

func TestParse(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		"2024-02-29": true, "2023-02-29": false, "2000-02-29": true, "1900-02-29": false, "2026-04-31": false,
		"2038-01-20": true, "2999-12-31": true, "3000-01-01": false, "0000-00-00": false, "2026-2-3": false, "": false, "长期有效": false,
	} {
		d, err := calendar.Parse(text)
		if (err == nil) != ok {
			t.Errorf("Parse(%q) = %v, %v", text, d, err)
		}
		if ok && d.String() != text {
			t.Errorf("Parse(%q) reads %v", text, d)
		}
	}
}

func TestAddMonths(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2024-01-31", 1, "2024-02-29"},
		{"2023-01-31", 1, "2023-02-28"},
		{"2024-02-29", 12, "2025-02-28"},
		{"2026-12-15", 1, "2027-01-15"},
		{"2026-03-31", -1, "2026-02-28"},
		{"2026-01-01", -13, "2024-12-01"},
	} {
		if got := date(t, c.from).AddMonths(c.n).String(); got != c.want {
			t.Errorf("%s + %d months = %s, want %s", c.from, c.n, got, c.want)
		}
	}
}

func TestAt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, zone, day string
		hour            int
		want            string
	}{
		{"ordinary day", "Asia/Shanghai", "2026-03-01", 9, "2026-03-01T01:00:00Z"},
		{"quarter hours", "Asia/Kathmandu", "2026-03-01", 9, "2026-03-01T03:15:00Z"},
		// New York skips 02:00-03:00 on 8 March 2026: 02:00 never comes, 03:00 EDT = 07:00 UTC does.
		{"hour in the gap", "America/New_York", "2026-03-08", 2, "2026-03-08T07:00:00Z"},
		{"hour after the gap", "America/New_York", "2026-03-08", 9, "2026-03-08T13:00:00Z"},
		// 01:00 comes twice on 1 November 2026: first as EDT (UTC-4).
		{"hour in the fold", "America/New_York", "2026-11-01", 1, "2026-11-01T05:00:00Z"},
		// Lord Howe moves by half an hour: 02:00 is skipped to 02:30 on 4 October 2026 (UTC+10:30 to +11).
		{"half an hour", "Australia/Lord_Howe", "2026-10-04", 2, "2026-10-03T15:30:00Z"},
		{"after half an hour", "Australia/Lord_Howe", "2026-10-04", 9, "2026-10-03T22:00:00Z"},
		// Apia had no 30 December 2011: what falls on it is due when the 31st begins.
		{"day that never was", "Pacific/Apia", "2011-12-30", 9, "2011-12-30T10:00:00Z"},
		{"before any transition", "UTC", "2038-01-20", 9, "2038-01-20T09:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := date(t, c.day).At(c.hour, zone(t, c.zone)).Format(time.RFC3339)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Every hour of ten years in zones with odd clocks: the instant is the first whose wall clock shows the hour or later,
// looked for minute by minute from the day before, without Date.At.
func TestAtIsTheFirstMomentThatShowsTheHour(t *testing.T) {
	t.Parallel()
	zones := []*time.Location{
		zone(t, "America/New_York"), zone(t, "Australia/Lord_Howe"), zone(t, "Pacific/Apia"), zone(t, "Asia/Kathmandu"),
		zone(t, "Asia/Shanghai"), zone(t, "America/Sao_Paulo"), zone(t, "Africa/Casablanca"),
	}
	rapid.Check(t, func(t *rapid.T) {
		z := zones[rapid.IntRange(0, len(zones)-1).Draw(t, "zone")]
		d := calendar.Date{Year: 2008, Month: 1, Day: 1}.Add(rapid.IntRange(0, 7_000).Draw(t, "day"))
		hour := rapid.IntRange(0, 23).Draw(t, "hour")
		got := d.At(hour, z)
		shows := func(at time.Time) bool { // the wall clock is at the hour of the day, or later
			w := at.In(z)
			on := calendar.Of(at, z)
			return on.After(d) || on == d && w.Hour() >= hour
		}
		if !shows(got) {
			t.Fatalf("%v %d:00 in %v is %v, where the clock shows %v", d, hour, z, got, got.In(z))
		}
		for at := got.Add(-26 * time.Hour); at.Before(got); at = at.Add(15 * time.Minute) {
			if shows(at) {
				t.Fatalf("%v %d:00 in %v is %v, but the clock shows it at %v already", d, hour, z, got, at.In(z))
			}
		}
	})
}

func TestText(t *testing.T) {
	t.Parallel()
	want := date(t, "2026-02-28")
	text, err := want.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var got calendar.Date
	if err := got.UnmarshalText(text); err != nil || got != want {
		t.Fatalf("%v read as %v: %v", want, got, err)
	}
	if err := got.UnmarshalText(nil); err != nil || !got.IsZero() {
		t.Fatalf("nothing read as %v: %v", got, err)
	}
	if err := got.UnmarshalText([]byte("2026-13-01")); err == nil {
		t.Fatal("month 13 was read")
	}
}
