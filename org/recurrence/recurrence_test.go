package recurrence_test

import (
	"strings"
	"testing"
	"time"

	"fettle/org/recurrence"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ rule, start, zone, want string }{
		"first Monday":        {"FREQ=MONTHLY;BYDAY=1MO", "2026-01-01T09:00", "Asia/Shanghai", "2026-01-05T09:00+08:00 2026-02-02T09:00+08:00 2026-03-02T09:00+08:00"},
		"leap days":           {"FREQ=YEARLY", "2024-02-29T09:00", "Asia/Shanghai", "2024-02-29T09:00+08:00 2028-02-29T09:00+08:00 2032-02-29T09:00+08:00"},
		"last of month":       {"FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-15T09:00", "Asia/Shanghai", "2026-01-31T09:00+08:00 2026-02-28T09:00+08:00 2026-03-31T09:00+08:00"},
		"the 31st":            {"FREQ=MONTHLY", "2026-01-31T09:00", "Asia/Shanghai", "2026-01-31T09:00+08:00 2026-03-31T09:00+08:00 2026-05-31T09:00+08:00"},
		"clocks go forward":   {"FREQ=DAILY", "2026-03-07T02:30", "America/New_York", "2026-03-07T02:30-05:00 2026-03-08T03:00-04:00 2026-03-09T02:30-04:00"},
		"clocks go back":      {"FREQ=DAILY", "2026-10-31T01:30", "America/New_York", "2026-10-31T01:30-04:00 2026-11-01T01:30-04:00 2026-11-02T01:30-05:00"},
		"half an hour":        {"FREQ=DAILY", "2026-10-03T02:15", "Australia/Lord_Howe", "2026-10-03T02:15+10:30 2026-10-04T02:30+11:00 2026-10-05T02:15+11:00"},
		"a day that was lost": {"FREQ=DAILY", "2011-12-29T09:00", "Pacific/Apia", "2011-12-29T09:00-10:00 2011-12-31T00:00+14:00 2011-12-31T09:00+14:00"},
		"counted":             {"FREQ=WEEKLY;COUNT=2;BYDAY=TU,TH", "2026-01-06T09:00", "Asia/Shanghai", "2026-01-06T09:00+08:00 2026-01-08T09:00+08:00"},
		"until, in UTC":       {"FREQ=DAILY;UNTIL=20260102T010000Z", "2026-01-01T09:00", "Asia/Shanghai", "2026-01-01T09:00+08:00 2026-01-02T09:00+08:00"},
		"last working day":    {"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-01-01T17:00", "Asia/Shanghai", "2026-01-30T17:00+08:00 2026-02-27T17:00+08:00 2026-03-31T17:00+08:00"},
	} {
		r, err := recurrence.Parse(c.rule, c.start, zone(t, c.zone))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, at := range r.Next(time.Time{}, 3) {
			got = append(got, at.In(zone(t, c.zone)).Format("2006-01-02T15:04Z07:00"))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %s, want %s", name, strings.Join(got, " "), c.want)
		}
		for i, at := range r.Next(time.Time{}, 3) { // whoever asks with one occurrence gets the next
			if i > 0 && !r.After(r.Next(time.Time{}, 3)[i-1]).Equal(at) {
				t.Errorf("%s: after occurrence %d comes another than %s", name, i, at)
			}
		}
	}
}

func TestRulesThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"FREQ=HOURLY", "2026-01-01T09:00"},
		{"FREQ=DAILY;BYHOUR=1", "2026-01-01T09:00"},
		{"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "2026-01-01T09:00"},
		{"FREQ=DAILY;INTERVAL=1001", "2026-01-01T09:00"},
		{"FREQ=DAILY;UNTIL=20250101T000000Z", "2026-01-01T09:00"},
		{"often", "2026-01-01T09:00"},
		{"", "2026-01-01T09:00"},
		{"FREQ=DAILY", "tomorrow"},
		{"FREQ=DAILY", "2026-02-30T09:00"},
	} {
		if r, err := recurrence.Parse(c[0], c[1], time.UTC); err == nil {
			t.Errorf("%v was taken: %v", c, r.Next(time.Time{}, 1))
		}
	}
}
