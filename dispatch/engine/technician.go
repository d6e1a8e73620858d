package engine

import (
	"time"

	"fettle/dispatch"
	"fettle/geo"
)

// Technician is a person, or the crew of one van, in the ledger of a territory. Like Order it is never changed in place.
type Technician struct {
	ID      dispatch.TechnicianID
	Version int64 // counts changes from 1; the etag
	Created time.Time
	Updated time.Time

	Profile // what a dispatcher writes

	// Extra is a shift that was begun by hand; zero when there is none.
	Extra dispatch.TimeSpan
	// EndedAt is when a running shift was ended by hand: nothing is planned from then until Resume, the end of that shift.
	// Zero when there is none.
	EndedAt, Resume time.Time
	// Current is the order that is travelled to or worked on; "" when there is none. It is not written by people, so it does
	// not count in Version.
	Current dispatch.WorkOrderID
	// LastPlace is that of the last work, left at LastSeen; LastSeen is zero before the first.
	LastPlace geo.Point
	LastSeen  time.Time
}

// Profile is the part of a technician that people write.
type Profile struct {
	Name        string
	Skills      []dispatch.SkillLevel
	Tools       []string
	Territories []string // empty means all
	Home        geo.Point
	MaxVisits   int32 // in one shift; 0 means no limit
	Shifts      []Shift
	Weekly      []WeeklyShift
	Zone        string // IANA; of the weekly shifts
}

// Shift is a working interval by date.
type Shift struct {
	dispatch.TimeSpan
	Breaks []Break
}

// Break is a pause that begins in [Start, End) and lasts Duration.
type Break struct {
	dispatch.TimeSpan
	Duration time.Duration
}

// WeeklyShift is a working interval of every week in local time.
type WeeklyShift struct {
	Days []time.Weekday
	// Start and End are minutes after local midnight; an End at or before Start lies on the next day.
	Start, End int32
	Breaks     []WeeklyBreak
}

// WeeklyBreak is a pause of a weekly shift: minutes after local midnight.
type WeeklyBreak struct {
	Start, End int32
	Duration   time.Duration
}

// Position is where a technician was last seen.
type Position struct {
	Technician     dispatch.TechnicianID
	Point          geo.Point // WGS-84
	At             time.Time
	AccuracyMeters float64
	Sequence       int64
}
