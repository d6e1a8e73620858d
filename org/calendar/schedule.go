package calendar

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Schedule says when something periodic runs: every so often, or at a time of day on all days, on some days of the week or
// on one day of the month.
type Schedule struct {
	Every time.Duration // counted from 1970-01-01 UTC; 0 means that At and the rest count
	At    Clock
	Days  []time.Weekday // none means every day
	// MonthDay is the day of the month, the last one in months that are shorter; 0 means that Days count.
	MonthDay int
}

// Kinds of schedules in text, and the most words that one has.
const (
	wordEvery, wordDaily, wordWeekly, wordMonthly = "every", "daily", "weekly", "monthly"

	maxWords = 3
)

// dayNames are the days of the week as texts name them.
var dayNames = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}

// ParseSchedule reads "every 15m", "daily 06:00", "weekly MON,THU 06:00" or "monthly 31 06:00".
func ParseSchedule(text string) (Schedule, error) {
	words := strings.Fields(text)
	if len(words) < 2 || len(words) > maxWords {
		return Schedule{}, badSchedule(text)
	}
	var s Schedule
	var ok bool
	switch on, clock := words[1], words[len(words)-1]; words[0] + strconv.Itoa(len(words)) {
	case wordEvery + "2":
		every, err := time.ParseDuration(on)
		s.Every, ok = every, err == nil && every >= time.Second
	case wordDaily + "2":
		s.At, ok = clockOf(clock)
	case wordWeekly + "3":
		if s.At, ok = clockOf(clock); ok {
			s.Days, ok = daysNamed(on)
		}
	case wordMonthly + "3":
		if s.At, ok = clockOf(clock); ok {
			day, err := strconv.Atoi(on)
			s.MonthDay, ok = day, err == nil && day >= 1 && day <= 31
		}
	}
	if !ok {
		return Schedule{}, badSchedule(text)
	}
	return s, nil
}

func badSchedule(text string) error {
	return fmt.Errorf("schedule %q: want every 15m, daily 06:00, weekly MON,THU 06:00 or monthly 31 06:00", text)
}

func clockOf(text string) (Clock, bool) {
	c, err := ParseClock(text)
	return c, err == nil
}

// daysNamed reads MON,THU.
func daysNamed(text string) (out []time.Weekday, ok bool) {
	for name := range strings.SplitSeq(text, ",") {
		day := slices.Index(dayNames, strings.ToUpper(name))
		if day < 0 {
			return nil, false
		}
		out = append(out, time.Weekday(day))
	}
	return out, true
}

// Next is the first run after an instant, in a zone. Runs that were missed are not made up for: whoever must know of each
// day keeps a row for each.
func (s *Schedule) Next(after time.Time, zone *time.Location) time.Time {
	if s.Every > 0 {
		every := s.Every.Microseconds()
		n := after.UnixMicro() / every
		if after.UnixMicro() < 0 {
			n--
		}
		return time.UnixMicro((n + 1) * every).UTC()
	}
	// The day before may run late, when its time of day was skipped.
	for d := DateOf(after, zone).Add(-1); ; d = d.Add(1) {
		if at := d.At(s.At, zone); s.runs(d) && at.After(after) {
			return at
		}
	}
}

// runs reports whether a day is one of those of the schedule.
func (s *Schedule) runs(d Date) bool {
	if s.MonthDay > 0 {
		last := Date{d.Year, d.Month + 1, 1}.Add(-1).Day
		return d.Day == min(s.MonthDay, last)
	}
	return len(s.Days) == 0 || slices.Contains(s.Days, d.Weekday())
}
