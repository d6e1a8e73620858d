package engine

import (
	"slices"
	"time"

	"fettle/dispatch"
)

// OnShift reports whether the technician's hours hold an instant. zone is that of the weekly shifts: see ZoneOr.
func (t *Technician) OnShift(zone *time.Location, at time.Time) bool {
	within := func(s dispatch.TimeSpan) bool { return !at.Before(s.Start) && at.Before(s.End) }
	switch {
	case within(t.Extra):
		return true
	case !t.EndedAt.IsZero() && within(dispatch.TimeSpan{Start: t.EndedAt, End: t.Resume}):
		return false
	case slices.ContainsFunc(t.Shifts, func(s Shift) bool { return within(s.TimeSpan) }):
		return true
	}
	local := at.In(zone)
	minute := int32(local.Hour()*60 + local.Minute())
	today, yesterday := local.Weekday(), local.AddDate(0, 0, -1).Weekday()
	return slices.ContainsFunc(t.Weekly, func(s WeeklyShift) bool {
		if s.End > s.Start {
			return slices.Contains(s.Days, today) && minute >= s.Start && minute < s.End
		}
		return slices.Contains(s.Days, today) && minute >= s.Start || slices.Contains(s.Days, yesterday) && minute < s.End
	})
}

// ZoneOr is the zone of the technician's weekly shifts, or another when the technician has none. It may read files.
func (t *Technician) ZoneOr(other *time.Location) *time.Location {
	if t.Zone == "" {
		return other
	}
	if own, err := time.LoadLocation(t.Zone); err == nil {
		return own
	}
	return other
}

// Scheduled reports whether anybody has ever said when the technician works.
func (t *Technician) Scheduled() bool {
	return len(t.Shifts)+len(t.Weekly) > 0 || !t.Extra.End.IsZero() || !t.EndedAt.IsZero()
}
