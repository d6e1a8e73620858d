// Package calendar is days without a time of day, as contracts name them: the last day of a lease is a day on the wall of a
// place, not an instant. A day becomes an instant only together with a zone, once, by Date.At.
//
// It is not for instants, durations or opening hours.
package calendar

import (
	"fmt"
	"time"
)

// Date is a day of the Gregorian calendar. The zero value means "not set" and is no day.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// The years that a contract may name; years outside are mistakes of the pen.
const (
	MinYear = 1900
	MaxYear = 2999
)

// layout is how a date is written.
const layout = "2006-01-02"

// Of returns the day that an instant is on the wall of a place.
func Of(t time.Time, zone *time.Location) Date {
	y, m, d := t.In(zone).Date()
	return Date{y, m, d}
}

// Parse reads "YYYY-MM-DD". A day that does not exist, such as 30 February, is an error.
func Parse(text string) (Date, error) {
	t, err := time.Parse(layout, text)
	if err != nil || t.Year() < MinYear || t.Year() > MaxYear {
		return Date{}, fmt.Errorf("%q is no day: want YYYY-MM-DD between the years %d and %d", text, MinYear, MaxYear)
	}
	return Of(t, time.UTC), nil
}

// IsZero reports whether the date is not set.
func (d Date) IsZero() bool { return d == Date{} }

// midnight is the day's start in UTC, where every day has 24 hours.
func (d Date) midnight() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// Add returns the day that lies n days later, earlier when n is negative.
func (d Date) Add(n int) Date { return Of(d.midnight().AddDate(0, 0, n), time.UTC) }

// AddMonths returns the same day of the month n months later, or the last day of that month when it is shorter: a month
// after 31 January is 28 or 29 February.
func (d Date) AddMonths(n int) Date {
	first := Of(time.Date(d.Year, d.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC), time.UTC)
	last := Of(time.Date(first.Year, first.Month+1, 0, 0, 0, 0, 0, time.UTC), time.UTC)
	first.Day = min(d.Day, last.Day)
	return first
}

// Sub returns how many days d lies after e; it is negative when d is earlier. It counts seconds, because a time.Duration
// ends at 292 years.
func (d Date) Sub(e Date) int {
	return int((d.midnight().Unix() - e.midnight().Unix()) / (24 * 60 * 60))
}

// Compare orders days: negative when d is earlier than e, 0 when they are the same.
func (d Date) Compare(e Date) int { return d.midnight().Compare(e.midnight()) }

// Before reports whether d is earlier than e.
func (d Date) Before(e Date) bool { return d.Compare(e) < 0 }

// After reports whether d is later than e.
func (d Date) After(e Date) bool { return d.Compare(e) > 0 }

// At returns the instant at which the clocks of a zone first show the given hour of the day, or the first later moment when
// they never do: a clock that is set forward skips an hour, and the zone of an island has skipped a whole day. An hour that
// comes twice is its first.
func (d Date) At(hour int, zone *time.Location) time.Time {
	wall := func(t time.Time) time.Time { // the wall clock as if it were UTC, so that it can be compared
		y, m, day := t.In(zone).Date()
		h, mi, s := t.In(zone).Clock()
		return time.Date(y, m, day, h, mi, s, 0, time.UTC)
	}
	want := time.Date(d.Year, d.Month, d.Day, hour, 0, 0, 0, time.UTC)
	t := time.Date(d.Year, d.Month, d.Day, hour, 0, 0, 0, zone)
	start, end := t.ZoneBounds()
	switch shown := wall(t); {
	case shown.Before(want): // in the gap, by the offset after it
		return end.UTC()
	case shown.After(want): // in the gap, by the offset before it
		return start.UTC()
	case start.IsZero():
		return t.UTC()
	}
	_, now := t.Zone()
	_, before := start.Add(-time.Second).In(zone).Zone()
	if first := t.Add(time.Duration(now-before) * time.Second); first.Before(start) && wall(first).Equal(want) {
		return first.UTC() // the hour comes twice
	}
	return t.UTC()
}

// String writes the day as YYYY-MM-DD, and nothing when it is not set.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.midnight().Format(layout)
}

// MarshalText writes what String does.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	read, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = read
	return nil
}
