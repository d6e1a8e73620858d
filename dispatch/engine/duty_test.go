package engine

import (
	"testing"
	"time"

	"fettle/dispatch"
)

func TestOnShift(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("here", 8*3600)
	night := WeeklyShift{Days: []time.Weekday{time.Monday}, Start: 22 * 60, End: 6 * 60}
	local := func(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 0, 0, 0, zone) }
	tests := map[string]struct {
		t    Technician
		at   time.Time
		want bool
	}{
		"nothing planned":      {Technician{}, local(9, 12), false},
		"in the night":         {Technician{Profile: Profile{Weekly: []WeeklyShift{night}}}, local(9, 23), true},
		"the morning after":    {Technician{Profile: Profile{Weekly: []WeeklyShift{night}}}, local(10, 5), true},
		"the morning before":   {Technician{Profile: Profile{Weekly: []WeeklyShift{night}}}, local(9, 5), false},
		"at the end":           {Technician{Profile: Profile{Weekly: []WeeklyShift{night}}}, local(10, 6), false},
		"begun by hand":        {Technician{Extra: dispatch.TimeSpan{Start: local(9, 1), End: local(9, 13)}}, local(9, 12), true},
		"ended by hand":        {Technician{EndedAt: local(9, 22), Resume: local(10, 6), Profile: Profile{Weekly: []WeeklyShift{night}}}, local(9, 23), false},
		"in a zone of its own": {Technician{Profile: Profile{Zone: "UTC", Weekly: []WeeklyShift{night}}}, local(9, 23), false},
	}
	for name, tt := range tests {
		if got := tt.t.OnShift(tt.t.ZoneOr(zone), tt.at); got != tt.want {
			t.Errorf("%s: %t, want %t", name, got, tt.want)
		}
	}
}
