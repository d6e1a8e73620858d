package vacancy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/org/calendar"
	"fettle/rental/vacancy"
)

func date(m, d int) calendar.Date {
	return calendar.Date{Year: 2026, Month: 1, Day: 1}.AddMonths(m - 1).Add(d - 1)
}

func TestReport(t *testing.T) {
	t.Parallel()
	got := vacancy.Report([]vacancy.Dwelling{
		{Unit: "b1", Building: "B", Rent: 365_000, Stays: []vacancy.Stay{{From: date(1, 1)}}},
		{Unit: "a1", Building: "A", Stays: []vacancy.Stay{ // empty 11 to 15 January after a stay at 3,650 yuan, and 21 to 31 at 7,300
			{From: date(1, 16), To: date(1, 20), Rent: 730_000}, {From: date(1, 1).Add(-400), To: date(1, 10), Rent: 365_000},
		}},
		{Unit: "a2", Building: "A"}, // nobody knows what it would bring
		{Unit: "a3", Building: "A", Rent: 365_000, Since: date(1, 31)},
		{Unit: "a4", Building: "A", Rent: 365_000, Since: date(2, 1)},
	}, date(1, 1), date(2, 1))
	// 3,650 yuan a month are 120 yuan a day: 5 x 120 + 11 x 240 + 1 x 120 = 3,360 yuan.
	want := []vacancy.Row{
		{Building: "A", Units: 4, Days: 31 + 31 + 1, EmptyDays: 5 + 11 + 31 + 1, Cost: 336_000, Unpriced: 31},
		{Building: "B", Units: 1, Days: 31},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Empty days are those that a walk over the calendar finds.
func TestEmptyDaysAreThoseNobodyStays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := vacancy.Dwelling{Building: "A", Rent: 1}
		for range rapid.IntRange(0, 6).Draw(t, "stays") {
			from := date(1, 1).Add(rapid.IntRange(-30, 90).Draw(t, "from"))
			s := vacancy.Stay{From: from, To: from.Add(rapid.IntRange(0, 40).Draw(t, "length"))}
			if rapid.IntRange(0, 9).Draw(t, "open") == 0 {
				s.To = calendar.Date{}
			}
			d.Stays = append(d.Stays, s)
		}
		want := 0
		for day := date(1, 1); day.Before(date(3, 1)); day = day.Add(1) {
			empty := true
			for _, s := range d.Stays {
				if !day.Before(s.From) && (s.To.IsZero() || !day.After(s.To)) {
					empty = false
				}
			}
			if empty {
				want++
			}
		}
		if got := vacancy.Report([]vacancy.Dwelling{d}, date(1, 1), date(3, 1))[0].EmptyDays; got != want {
			t.Fatalf("%d empty days, walked over %d", got, want)
		}
	})
}
