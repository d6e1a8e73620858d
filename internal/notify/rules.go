package notify

import (
	"fmt"
	"slices"
	"time"
)

// Rules say which ways a message takes and when it may.
type Rules struct {
	Zone     *time.Location    // of quiet hours
	Language string            // of recipients who have named none; zh unless given
	Routes   map[Role][]string // channels by role, the best first
	Quiet    map[string]Quiet  // by channel
	Caps     map[Role]Cap
	Parallel map[string]int // letters on their way at once, by channel; 4 unless given
}

// ways are the channels of a message, the best first.
func (r *Rules) ways(m *Message) []string {
	route := r.Routes[m.To]
	at := slices.Index(route, m.Prefer)
	if at <= 0 {
		return route
	}
	return slices.Concat([]string{m.Prefer}, route[:at], route[at+1:])
}

// Quiet is a span of the day, local time, in which nobody is disturbed: letters wait for its end. Emergencies pass. A span whose
// end is not after its start goes over midnight; one of the same instants is none.
type Quiet struct{ From, To TimeOfDay }

// TimeOfDay is minutes after midnight.
type TimeOfDay int

// ParseTimeOfDay reads "21:30".
func ParseTimeOfDay(text string) (TimeOfDay, error) {
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("%q: want a time of the day such as 21:30", text)
	}
	return TimeOfDay(t.Hour()*60 + t.Minute()), nil
}

// On is the instant of the time of the day on a day; one that clocks skip is the one after the gap.
func (t TimeOfDay) on(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), int(t)/60, int(t)%60, 0, 0, day.Location())
}

// Until is when a letter of an instant may leave: the instant itself outside quiet hours.
func (q Quiet) Until(at time.Time, zone *time.Location) time.Time {
	if q.From == q.To {
		return at
	}
	local := at.In(zone)
	for _, days := range []int{-1, 0} { // the span that began yesterday may still last
		from := q.From.on(local.AddDate(0, 0, days))
		to := q.To.on(local.AddDate(0, 0, days))
		if q.To < q.From {
			to = q.To.on(local.AddDate(0, 0, days+1))
		}
		if !at.Before(from) && at.Before(to) {
			return to.UTC()
		}
	}
	return at
}

// Cap is how many messages one recipient gets in a span of time. Emergencies pass.
type Cap struct {
	Messages int
	Per      time.Duration
}

// retries are the waits before the attempts after the first, in one channel. The last one ends it.
var retries = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour,
}
