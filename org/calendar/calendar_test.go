package calendar_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata" // zones are the same everywhere

	"github.com/google/go-cmp/cmp"

	"fettle/org/calendar"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// zones have half hours, three quarters, a day that was left out, none of it.
var zones = []string{
	"Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "UTC", "Europe/London",
}

// daysOf counts days from 1970-01-01 by the cycle of 400 years, as an oracle that shares nothing with the package time.
func daysOf(y, m, d int) int {
	if m <= 2 {
		y, m = y-1, m+12
	}
	return 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d - 719469
}

// dateOf undoes daysOf by walking: first years, then months.
func dateOf(days int) (y, m, d int) {
	y = 1600
	for daysOf(y+1, 1, 1) <= days {
		y++
	}
	for m = 1; m < 12 && daysOf(y, m+1, 1) <= days; m++ {
	}
	return y, m, days - daysOf(y, m, 1) + 1
}

// first is the first quarter of an hour whose clocks show a time or a later one, found by trying them.
func first(shown int64, z *time.Location) time.Time {
	for u := shown - 15*3600; ; u += 15 * 60 {
		t := time.Unix(u, 0).In(z)
		y, m, d := t.Date()
		if int64(daysOf(y, int(m), d))*86400+int64(t.Hour()*3600+t.Minute()*60+t.Second()) >= shown {
			return t
		}
	}
}

// lastDays are those on which leases end that make trouble.
var lastDays = [][2]int{{2, 29}, {2, 28}, {3, 31}, {12, 31}, {1, 1}, {3, 8}, {3, 9}, {10, 4}, {4, 5}, {11, 1}, {1, 31}}

// TestDueDatesAgainstAnOracle makes 100,000 leases and compares when their reminders are due with what the oracle says, on a
// machine of either of two zones (R-T3, R-T4).
func TestDueDatesAgainstAnOracle(t *testing.T) {
	const leases = 100_000
	rng := rand.New(rand.NewPCG(2026, 3))
	type lease struct {
		end   calendar.Date
		rung  int
		clock calendar.Clock
		zone  *time.Location
	}
	loaded := make([]*time.Location, len(zones))
	for i, name := range zones {
		loaded[i] = zone(t, name)
	}
	differences := 0
	machine := time.Local
	t.Cleanup(func() { time.Local = machine })
	for i := range leases {
		time.Local = loaded[5*(i%2)] // Shanghai and UTC
		y, m, d := dateOf(daysOf(1995, 1, 1) + rng.IntN(60*365))
		if e := lastDays[rng.IntN(len(lastDays))]; rng.IntN(2) == 0 {
			leap := y%4 == 0 && y%100 != 0 || y%400 == 0
			if m, d = e[0], e[1]; m == 2 && d == 29 && !leap {
				d = 28
			}
		}
		l := lease{
			calendar.Date{Year: y, Month: time.Month(m), Day: d},
			[]int{60, 30, 7, 1, 0}[rng.IntN(5)],
			calendar.Clock{Hour: rng.IntN(24), Minute: 15 * rng.IntN(4)},
			loaded[rng.IntN(len(loaded))],
		}
		got := calendar.DueBefore(l.end, l.rung, l.clock, l.zone)
		shown := int64(daysOf(y, m, d)-l.rung)*86400 + int64(l.clock.Hour*3600+l.clock.Minute*60)
		if want := first(shown, l.zone); !got.Equal(want) {
			differences++
			if differences < 5 {
				t.Errorf("%v - %d days at %v in %v: got %v, want %v", l.end, l.rung, l.clock, l.zone, got.In(l.zone), want)
			}
		}
	}
	t.Logf("%d leases, %d differences", leases, differences)
}

// TestOncePerLocalDay: what is due each day comes once a day, also when clocks change, and on a day that does not exist it
// comes when the next begins (R-T4).
func TestOncePerLocalDay(t *testing.T) {
	t.Parallel()
	for _, name := range zones {
		z := zone(t, name)
		for _, clock := range []calendar.Clock{{0, 0}, {1, 30}, {2, 0}, {2, 15}, {2, 30}, {9, 0}, {23, 45}} {
			s := calendar.Schedule{At: clock}
			day, at := calendar.Date{Year: 2011, Month: 1, Day: 1}, time.Time{}
			for next := s.Next(day.At(clock, z).Add(-time.Second), z); day.Year < 2013; day = day.Add(1) {
				if next.Before(at) || day.At(clock, z) != next {
					t.Fatalf("%s %v: run at %v, want that of %v at %v", name, clock, next.In(z), day, day.At(clock, z).In(z))
				}
				skipped := name == "Pacific/Apia" && day == calendar.Date{Year: 2011, Month: 12, Day: 30}
				if on := calendar.DateOf(next, z); on != day && !skipped {
					t.Fatalf("%s %v: the run of %v is on %v", name, clock, day, on)
				}
				at = next
				if next = s.Next(at, z); skipped && clock == (calendar.Clock{}) {
					day = day.Add(1) // the day that is not there begins when the next does
				}
			}
		}
	}
}

func TestGapsAndFolds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone, date, clock, want string
	}{
		{"America/New_York", "2026-03-08", "02:30", "2026-03-08T03:00:00-04:00"},
		{"America/New_York", "2026-11-01", "01:30", "2026-11-01T01:30:00-04:00"},
		{"Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-04T02:30:00+11:00"},
		{"Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-05T01:45:00+11:00"},
		{"Pacific/Apia", "2011-12-30", "09:00", "2011-12-31T00:00:00+14:00"},
		{"Asia/Kathmandu", "2026-02-28", "09:00", "2026-02-28T09:00:00+05:45"},
		{"Asia/Shanghai", "2040-02-29", "00:00", "2040-02-29T00:00:00+08:00"},
	} {
		d, err1 := calendar.ParseDate(c.date)
		clock, err2 := calendar.ParseClock(c.clock)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if got := d.At(clock, zone(t, c.zone)).In(zone(t, c.zone)).Format(time.RFC3339); got != c.want {
			t.Errorf("%s %s in %s is %s, want %s", c.date, c.clock, c.zone, got, c.want)
		}
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"2026-02-29", "2026-13-01", "26-01-01", "", "2026-01-01T00:00"} {
		if d, err := calendar.ParseDate(bad); err == nil {
			t.Errorf("%q became %v", bad, d)
		}
	}
	for _, bad := range []string{"24:00", "9:00", "09:60", ""} {
		if c, err := calendar.ParseClock(bad); err == nil {
			t.Errorf("%q became %v", bad, c)
		}
	}
	for _, bad := range []string{"", "daily", "daily 25:00", "every 1ms", "every day 06:00", "weekly DAY 06:00", "weekly 06:00", "monthly 32 06:00", "monthly 0 06:00", "yearly 1 06:00"} {
		if s, err := calendar.ParseSchedule(bad); err == nil {
			t.Errorf("%q became %+v", bad, s)
		}
	}
	d := calendar.Date{Year: 2024, Month: 2, Day: 29}
	got := fmt.Sprint(d, d.Add(366), d.Sub(d.Add(-60)), d.Valid(), calendar.Date{Year: 2026, Month: 2, Day: 29}.Valid(), calendar.Clock{Hour: 6})
	if want := "2024-02-29 2025-03-01 60 true false 06:00"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSchedules(t *testing.T) {
	t.Parallel()
	shanghai := zone(t, "Asia/Shanghai")
	for _, c := range []struct{ text, after, want string }{
		{"every 15m", "2026-03-08T10:00:00+08:00", "2026-03-08T10:15:00+08:00"},
		{"every 1h", "1969-12-31T23:30:00Z", "1970-01-01T08:00:00+08:00"},
		{"daily 06:00", "2026-03-08T05:59:59+08:00", "2026-03-08T06:00:00+08:00"},
		{"daily 06:00", "2026-03-08T06:00:00+08:00", "2026-03-09T06:00:00+08:00"},
		{"weekly MON,thu 06:30", "2026-03-08T10:00:00+08:00", "2026-03-09T06:30:00+08:00"},
		{"weekly MON,THU 06:30", "2026-03-09T10:00:00+08:00", "2026-03-12T06:30:00+08:00"},
		{"monthly 31 00:00", "2026-01-31T10:00:00+08:00", "2026-02-28T00:00:00+08:00"},
		{"monthly 1 00:00", "2026-12-31T10:00:00+08:00", "2027-01-01T00:00:00+08:00"},
	} {
		s, err := calendar.ParseSchedule(c.text)
		if err != nil {
			t.Fatal(err)
		}
		after, err := time.Parse(time.RFC3339, c.after)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Next(after, shanghai).In(shanghai).Format(time.RFC3339); got != c.want {
			t.Errorf("%s after %s: got %s, want %s", c.text, c.after, got, c.want)
		}
	}
}

func TestBusinessDays(t *testing.T) {
	t.Parallel()
	// The week of 1 October 2026: a holiday from Thursday to the next Wednesday, and a Saturday worked in exchange.
	holiday := func(from, to int) map[calendar.Date]bool {
		out := map[calendar.Date]bool{}
		for d := from; d <= to; d++ {
			out[calendar.Date{Year: 2026, Month: 10, Day: d}] = true
		}
		return out
	}
	b := calendar.Business{Closed: holiday(1, 7), Open: holiday(10, 10)}
	day := func(month time.Month, d int) calendar.Date { return calendar.Date{Year: 2026, Month: month, Day: d} }
	for _, c := range []struct {
		from calendar.Date
		n    int
		want calendar.Date
	}{
		{day(9, 30), 0, day(9, 30)},
		{day(10, 3), 0, day(10, 8)},
		{day(9, 30), 1, day(10, 8)},
		{day(9, 30), 3, day(10, 10)},
		{day(9, 30), 4, day(10, 12)},
		{day(10, 8), -1, day(9, 30)},
		{day(10, 12), -1, day(10, 10)},
	} {
		if got, ok := b.Add(c.from, c.n); !ok || got != c.want {
			t.Errorf("%d business days from %v: got %v, want %v", c.n, c.from, got, c.want)
		}
	}
	never := calendar.Business{Weekend: []time.Weekday{0, 1, 2, 3, 4, 5, 6}}
	if d, ok := never.Add(day(1, 1), 1); ok {
		t.Errorf("people who never work work on %v", d)
	}
	friday := calendar.Business{Weekend: []time.Weekday{time.Friday}}
	if d := cmp.Diff([]bool{false, true, true}, []bool{friday.Works(day(3, 6)), friday.Works(day(3, 7)), friday.Works(day(3, 8))}); d != "" {
		t.Error(d)
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
		from, err := calendar.ParseDate(c.from)
		if err != nil {
			t.Fatal(err)
		}
		if got := from.AddMonths(c.n).String(); got != c.want {
			t.Errorf("%s + %d months = %s, want %s", c.from, c.n, got, c.want)
		}
	}
}

func TestDatesAsText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "2028-02-29"} {
		var d calendar.Date
		if err := d.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := d.MarshalText(); err != nil || string(got) != text || d.IsZero() != (text == "") {
			t.Errorf("%q came back as %q: %v", text, got, err)
		}
	}
	var d calendar.Date
	if err := d.UnmarshalText([]byte("2027-02-29")); err == nil {
		t.Error("29 February 2027 was read")
	}
	if a, b := (calendar.Date{Year: 2026, Month: 2, Day: 28}), (calendar.Date{Year: 2026, Month: 3, Day: 1}); !a.Before(b) || !b.After(a) || a.After(b) {
		t.Error("February comes before March")
	}
}
