// Package recurrence tells when something comes again: rules as RFC 5545 has them, in the wall time of a zone. The rule is
// followed in local dates and times, and each is made an instant by package calendar, so that nine o'clock stays nine o'clock
// when the clocks change, a time that is left out is the first after it, and one that comes twice is the first of both.
package recurrence

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"fettle/invalid"
	"fettle/org/calendar"
)

// Rule is when something comes again. Make it with Parse; it may be used by any goroutine.
type Rule struct {
	options rrule.ROption
	zone    *time.Location
}

// StartLayout is how a local start is written.
const StartLayout = "2006-01-02T15:04"

// Bounds of rules: what is beyond them is asked for by mistake, or to keep a machine busy.
const (
	maxInterval = 1000
	maxCount    = 10_000
	maxSteps    = 200_000 // occurrences that are passed over to find one
)

// parts are those of a rule that are taken.
var parts = []string{"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"}

// Parse reads a rule, as "FREQ=WEEKLY;BYDAY=MO", and its first local time. Errors are *invalid.Error with field rrule or start.
// A rule that never comes is an error.
func Parse(rule, start string, zone *time.Location) (*Rule, error) {
	first, err := time.ParseInLocation(StartLayout, start, time.UTC)
	if err != nil || first.Year() < 2000 || first.Year() > 2200 {
		return nil, &invalid.Error{Field: "start", Value: start, Want: "a local time as 2026-12-01T09:00"}
	}
	rule = strings.ToUpper(strings.TrimPrefix(strings.TrimSpace(rule), "RRULE:"))
	bad := func(want string) error { return &invalid.Error{Field: "rrule", Value: rule, Want: want} }
	o, want := options(rule)
	if want != "" {
		return nil, bad(want)
	}
	if strings.Contains(rule, "UNTIL=") && strings.Contains(rule, "Z") {
		o.Until = wall(o.Until, zone)
	}
	o.Dtstart = first
	r := &Rule{*o, zone}
	if r.After(time.Time{}).IsZero() {
		return nil, bad("a rule that comes at least once")
	}
	return r, nil
}

// options reads a rule; want says what is wrong with one that is not taken.
func options(rule string) (o *rrule.ROption, want string) {
	for part := range strings.SplitSeq(rule, ";") {
		if name, _, _ := strings.Cut(part, "="); !slices.Contains(parts, name) {
			return nil, "a rule of RFC 5545 with the parts " + strings.Join(parts, ", ")
		}
	}
	o, err := rrule.StrToROptionInLocation(rule, time.UTC)
	switch {
	case err != nil:
		return nil, "a rule as FREQ=MONTHLY;BYDAY=1MO (" + err.Error() + ")"
	case o.Freq > rrule.DAILY:
		return nil, "FREQ DAILY, WEEKLY, MONTHLY or YEARLY"
	case o.Interval < 0 || o.Interval > maxInterval || o.Count < 0 || o.Count > maxCount:
		return nil, fmt.Sprintf("INTERVAL up to %d and COUNT up to %d", maxInterval, maxCount)
	case !exists(o):
		return nil, "a day of the month that one of the months has"
	}
	return o, ""
}

// exists reports whether there is a day that the days of the month and the months of a rule both allow.
func exists(o *rrule.ROption) bool {
	if len(o.Bymonthday) == 0 {
		return true
	}
	months := o.Bymonth
	if len(months) == 0 {
		months = []int{1}
	}
	for _, m := range months {
		longest := (calendar.Date{Year: 2024, Month: time.Month(m), Day: 1}).AddMonths(1).Add(-1).Day // a leap year
		for _, d := range o.Bymonthday {
			if d != 0 && max(d, -d) <= longest {
				return true
			}
		}
	}
	return false
}

// wall is the local time of an instant, written as if it were UTC.
func wall(t time.Time, zone *time.Location) time.Time {
	l := t.In(zone)
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), 0, time.UTC)
}

// After is the first occurrence later than an instant; zero when there is none.
func (r *Rule) After(t time.Time) time.Time {
	rule, err := rrule.NewRRule(r.options)
	if err != nil {
		return time.Time{} // Parse has tried
	}
	near := wall(t, r.zone).AddDate(0, 0, -2) // further from t than any zone can be
	next := rule.Iterator()
	for range maxSteps {
		w, ok := next()
		if !ok {
			return time.Time{}
		}
		if w.Before(near) {
			continue
		}
		at := calendar.DateOf(w, time.UTC).At(calendar.Clock{Hour: w.Hour(), Minute: w.Minute()}, r.zone)
		if at.After(t) {
			return at
		}
	}
	return time.Time{}
}

// Next are the first n occurrences later than an instant.
func (r *Rule) Next(t time.Time, n int) (out []time.Time) {
	for len(out) < n {
		if t = r.After(t); t.IsZero() {
			return out
		}
		out = append(out, t)
	}
	return out
}
