package calendar

import (
	"cmp"
	"fmt"
	"time"
)

// Date is a day of the Gregorian calendar, of no zone. The zero value means "not set" and is no day.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the day on which an instant lies in a zone.
func DateOf(t time.Time, zone *time.Location) Date {
	y, m, d := t.In(zone).Date()
	return Date{y, m, d}
}

// ParseDate reads YYYY-MM-DD.
func ParseDate(text string) (Date, error) {
	t, err := time.ParseInLocation(time.DateOnly, text, time.UTC)
	if err != nil {
		return Date{}, fmt.Errorf("date %q: want YYYY-MM-DD of a day that exists", text)
	}
	return DateOf(t, time.UTC), nil
}

// IsZero reports whether the day is not set.
func (d Date) IsZero() bool { return d == Date{} }

// String writes YYYY-MM-DD, nothing for a day that is not set.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalText writes what String does.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText has written.
func (d *Date) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	*d, err = ParseDate(string(text))
	return err
}

// Valid reports whether there is such a day.
func (d Date) Valid() bool { return d.Month >= 1 && d.Month <= 12 && d.midnight().Day() == d.Day }

// midnight is the begin of the day in UTC, where each day has 24 hours.
func (d Date) midnight() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// Add is the day that is n days later, earlier when n is negative.
func (d Date) Add(n int) Date { return DateOf(d.midnight().AddDate(0, 0, n), time.UTC) }

// Sub is how many days d is after e.
func (d Date) Sub(e Date) int { return int((d.midnight().Unix() - e.midnight().Unix()) / secondsOfDay) }

// Compare orders days.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.Year, e.Year), cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day))
}

// Before reports whether d is earlier than e.
func (d Date) Before(e Date) bool { return d.Compare(e) < 0 }

// After reports whether d is later than e.
func (d Date) After(e Date) bool { return d.Compare(e) > 0 }

// AddMonths is the same day of the month n months later, or the last day of that month where it is shorter: a month after 31
// January is 28 or 29 February.
func (d Date) AddMonths(n int) Date {
	first := DateOf(time.Date(d.Year, d.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC), time.UTC)
	last := Date{first.Year, first.Month + 1, 1}.Add(-1).Day
	return Date{first.Year, first.Month, min(d.Day, last)}
}

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.midnight().Weekday() }

// Clock is a time of day.
type Clock struct{ Hour, Minute int }

// ParseClock reads HH:MM.
func ParseClock(text string) (Clock, error) {
	t, err := time.ParseInLocation("15:04", text, time.UTC)
	if err != nil || len(text) != len("15:04") {
		return Clock{}, fmt.Errorf("time of day %q: want HH:MM", text)
	}
	return Clock{t.Hour(), t.Minute()}, nil
}

// String writes HH:MM.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c.Hour, c.Minute) }

const secondsOfDay = 24 * 60 * 60

// At is the instant at which clocks of a zone show a time of the day first. A time that they skip is the first instant after
// the gap.
func (d Date) At(c Clock, zone *time.Location) time.Time {
	shown := d.midnight().Unix() + int64(c.Hour)*3600 + int64(c.Minute)*60
	begin := shown - span
	for {
		at := shown - offsetAt(begin, zone)
		if at < begin {
			return time.Unix(begin, 0).UTC() // skipped
		}
		change, ok := nextChange(begin, at, zone)
		if !ok {
			return time.Unix(at, 0).UTC()
		}
		begin = change
	}
}

const (
	span = 36 * 3600 // no zone is farther from UTC, in seconds
	step = 6 * 3600  // a zone changes once in so many seconds at most
)

// offsetAt is how far a zone is ahead of UTC, in seconds.
func offsetAt(unix int64, zone *time.Location) int64 {
	_, offset := time.Unix(unix, 0).In(zone).Zone()
	return int64(offset)
}

// nextChange is the first second after from, to is the last, with another offset than that of from. Go's ZoneBounds would
// say the same, were it not wrong at the end of leap years.
func nextChange(from, to int64, zone *time.Location) (int64, bool) {
	offset := offsetAt(from, zone)
	for ; from < to; from += step {
		after := min(from+step, to)
		if offsetAt(after, zone) == offset {
			continue
		}
		for from+1 < after {
			if mid := from + (after-from)/2; offsetAt(mid, zone) == offset {
				from = mid
			} else {
				after = mid
			}
		}
		return after, true
	}
	return 0, false
}

// DueBefore is when something is due n days before a day, at a time of day in a zone.
func DueBefore(day Date, n int, c Clock, zone *time.Location) time.Time {
	return day.Add(-n).At(c, zone)
}
