package count

import (
	"fmt"
	"time"
)

const day = 24 * time.Hour

// Axis cuts civil time into buckets: n equal parts of each day of the wall clock in Zone. A bucket has a number that counts
// from the first bucket of 1970-01-01, so that numbers of two tables with the same bucket agree.
//
// Days are those of the wall clock: when clocks are changed a day has 23 or 25 hours, one bucket less or one that is longer
// than its name says ([Axis.Hours]); its numbers and labels stay in step with the clock that people report by.
type Axis struct {
	zone   *time.Location
	perDay int
}

// NewAxis makes an axis. The bucket must be a whole fraction of 24 hours, at least one minute; longer ones are sums
// of days (see [Split]). A nil zone is UTC.
func NewAxis(bucket time.Duration, zone *time.Location) (Axis, error) {
	if bucket < time.Minute || bucket > day || day%bucket != 0 {
		return Axis{}, &InvalidError{Field: "bucket", Value: bucket.String(), Want: "24h or a whole fraction of it, such as 1h, 6h or 12h"}
	}
	if zone == nil {
		zone = time.UTC
	}
	return Axis{zone: zone, perDay: int(day / bucket)}, nil
}

// Split says of how many base buckets a bucket of up to 7 days consists, and how long these are: 48h is two of 24h, 6h is
// one of 6h.
func Split(bucket time.Duration) (base time.Duration, times int, err error) {
	const most = 7 * day
	if bucket < time.Hour || bucket > most || bucket > day && bucket%day != 0 || bucket <= day && day%bucket != 0 {
		return 0, 0, &InvalidError{
			Field: "bucket", Value: bucket.String(),
			Want: "1h to 168h: a whole fraction of 24h (1h, 2h, 3h, 4h, 6h, 8h, 12h) or whole days (24h, 48h, ...)",
		}
	}
	if bucket <= day {
		return bucket, 1, nil
	}
	return day, int(bucket / day), nil
}

// PerDay is the number of buckets of a day.
func (a Axis) PerDay() int { return a.perDay }

// Zone is the zone of the wall clock.
func (a Axis) Zone() *time.Location { return a.zone }

// Of is the number of the bucket that an instant falls in.
func (a Axis) Of(t time.Time) int { return a.Civil(t.In(a.zone)) }

// Civil is the bucket of a wall clock reading: t counts as it reads, whatever its location.
func (a Axis) Civil(t time.Time) int {
	seconds := t.Hour()*3600 + t.Minute()*60 + t.Second()
	return dayNumber(t.Year(), t.Month(), t.Day())*a.perDay + seconds*a.perDay/86400
}

// dayNumber counts days of the civil calendar from 1970-01-01.
func dayNumber(year int, month time.Month, dayOfMonth int) int {
	return int(floorDiv(time.Date(year, month, dayOfMonth, 0, 0, 0, 0, time.UTC).Unix(), 86400))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Day is the civil day of a bucket, counted from 1970-01-01.
func (a Axis) Day(bucket int) int { return int(floorDiv(int64(bucket), int64(a.perDay))) }

// Slot is the position of a bucket in its day, from 0.
func (a Axis) Slot(bucket int) int { return bucket - a.Day(bucket)*a.perDay }

// Weekday is the day of the week of a bucket.
func (a Axis) Weekday(bucket int) time.Weekday { return WeekdayOf(a.Day(bucket)) }

// WeekdayOf is the day of the week of a civil day counted from 1970-01-01, a Thursday.
func WeekdayOf(civilDay int) time.Weekday {
	return time.Weekday(((civilDay+int(time.Thursday))%7 + 7) % 7)
}

// Start is the instant at which a bucket begins. Where the clock leaps over it, it is the first instant after the leap.
func (a Axis) Start(bucket int) time.Time {
	d := time.Unix(int64(a.Day(bucket))*86400, 0).UTC()
	seconds := a.Slot(bucket) * 86400 / a.perDay
	t := time.Date(d.Year(), d.Month(), d.Day(), 0, 0, seconds, 0, a.zone)
	wanted := time.Date(d.Year(), d.Month(), d.Day(), 0, 0, seconds, 0, time.UTC)
	read := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	if read.Equal(wanted) {
		return t
	}
	before, after := t.ZoneBounds() // no such reading: the clock leaps at one end of this stretch
	if read.Before(wanted) {
		return after
	}
	return before
}

// Hours is how long a bucket lasts, in hours of real time: its nominal length but where clocks are changed, when it may
// be longer, shorter or nothing.
func (a Axis) Hours(bucket int) float64 { return a.Start(bucket + 1).Sub(a.Start(bucket)).Hours() }

// Label is the start of a bucket by its wall clock: YYYY-MM-DD, and HH:MM where a day has several.
func (a Axis) Label(bucket int) string {
	d := time.Unix(int64(a.Day(bucket))*86400, 0).UTC()
	if a.perDay == 1 {
		return d.Format(time.DateOnly)
	}
	minutes := a.Slot(bucket) * 1440 / a.perDay
	return fmt.Sprintf("%s %02d:%02d", d.Format(time.DateOnly), minutes/60, minutes%60)
}
