package rate_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/renewal/rate"
)

var shanghai = time.FixedZone("UTC+8", 8*3600)

func day(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func at(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err)
	}
	return t.Add(-8 * time.Hour)
}

func TestWhoCounts(t *testing.T) {
	t.Parallel()
	signed := at("2025-01-01 10:00")
	one := func(state lease.State, end string, change func(l *lease.Lease)) lease.Lease {
		l := lease.Lease{ID: "l", State: state, SignedAt: signed, Terms: []lease.Terms{{End: day(end)}}}
		if change != nil {
			change(&l)
		}
		return l
	}
	w := rate.WindowOf(day("2026-03-10"), 90, shanghai) // from 2025-12-10 to 2026-03-09, seen at six
	for name, c := range map[string]struct {
		lease           lease.Lease
		counts, renewed bool
	}{
		"ended yesterday":             {one(lease.Expired, "2026-03-09", nil), true, false},
		"ends today":                  {one(lease.Expiring, "2026-03-10", nil), false, false},
		"the first day of the window": {one(lease.Expired, "2025-12-10", nil), true, false},
		"the day before the window":   {one(lease.Expired, "2025-12-09", nil), false, false},
		"renewed in time":             {one(lease.Renewed, "2026-02-28", func(l *lease.Lease) { l.ClosedAt = at("2026-02-01 12:00") }), true, true},
		"renewed late, before six":    {one(lease.Renewed, "2026-02-28", func(l *lease.Lease) { l.ClosedAt = at("2026-03-10 05:59") }), true, true},
		"renewed after the figure":    {one(lease.Renewed, "2026-02-28", func(l *lease.Lease) { l.ClosedAt = at("2026-03-10 06:01") }), true, false},
		"renewed ahead of its end":    {one(lease.Renewed, "2026-04-30", func(l *lease.Lease) { l.ClosedAt = at("2026-02-01 12:00") }), false, false},
		"left early":                  {one(lease.Terminated, "2026-08-31", func(l *lease.Lease) { l.LeftOn = day("2026-02-15") }), true, false},
		"left later than its end":     {one(lease.Terminated, "2026-02-15", func(l *lease.Lease) { l.LeftOn = day("2026-03-30") }), true, false},
		"never signed":                {one(lease.Draft, "2026-02-15", func(l *lease.Lease) { l.SignedAt = time.Time{} }), false, false},
		"open-ended":                  {lease.Lease{State: lease.Active, SignedAt: signed, Terms: []lease.Terms{{}}}, false, false},
	} {
		e, counts := w.Judge(&c.lease)
		if counts != c.counts || e.Renewed != c.renewed {
			t.Errorf("%s: counts %v, renewed %v", name, counts, e.Renewed)
		}
	}
}

func TestGroupsSumToTheWhole(t *testing.T) {
	t.Parallel()
	var ended []rate.Ended
	for i := range 100 {
		ended = append(ended, rate.Ended{Lease: lease.ID(fmt.Sprint(i)), Group: fmt.Sprint(i % 3), Renewed: i%3 == 0 || i%10 == 1})
	}
	all, groups := rate.Count(ended)
	sum := rate.Row{}
	for i := range groups {
		sum.Ended += groups[i].Ended
		sum.Renewed += groups[i].Renewed
	}
	if len(groups) != 3 || sum.Ended != all.Ended || sum.Renewed != all.Renewed || all.Ended != 100 {
		t.Errorf("%+v %+v", all, groups)
	}
	// 34 of group 0 are renewed, all of them; 1, 31, 61, 91 of group 1 and 11, 41, 71 of group 2 by the other rule.
	if groups[0].Rate != 1 || groups[1].Renewed != 4 || !groups[1].BelowDanger || !groups[1].SurelyBelow || all.Renewed != 41 {
		t.Errorf("%+v", groups)
	}
	none, _ := rate.Count(nil)
	if !math.IsNaN(none.Rate) || none.BelowDanger || none.Low != 0 || none.High != 1 {
		t.Errorf("%+v", none)
	}
}

// The interval of Wilson for 8 of 10: 0.490 to 0.943, as tables have it.
func TestWilson(t *testing.T) {
	t.Parallel()
	low, high := rate.Wilson(8, 10)
	if diff := cmp.Diff("0.490 0.943", fmt.Sprintf("%.3f %.3f", low, high)); diff != "" {
		t.Error(diff)
	}
}
