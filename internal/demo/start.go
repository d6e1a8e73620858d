package demo

import (
	"time"

	"fettle/simulate/city"
)

// Zone is the time of the city: eight hours ahead of UTC all year, since 1991.
func Zone() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// startOfDay is when simulated time begins: the day shift is on the road and reports come in fast.
const startOfDay = 8*time.Hour + 40*time.Minute

// StartTime is the instant at which the simulated time of a demo begins: 08:40 in the city, on its calendar day at today.
func StartTime(today time.Time) time.Time { return midnight(today).Add(startOfDay) }

// midnight is the beginning of the calendar day in the city.
func midnight(at time.Time) time.Time {
	y, m, d := at.In(Zone()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, Zone())
}

// traffic is by how much travel is slower than on empty streets.
func traffic(at time.Time) float64 {
	local := at.In(Zone())
	return city.Traffic(local.Weekday(), local.Sub(midnight(local)))
}

// duty is one working interval of a technician.
type duty struct{ start, end time.Time }

// dutyAt is the working interval that contains an instant; false when the technician is off.
func dutyAt(who *city.Technician, at time.Time) (duty, bool) {
	for _, d := range dutiesAround(who, at) {
		if !at.Before(d.start) && at.Before(d.end) {
			return d, true
		}
	}
	return duty{}, false
}

// nextDuty is when the technician's next working interval begins; within eight days for everybody who has a shift.
func nextDuty(who *city.Technician, at time.Time) time.Time {
	var next time.Time
	for _, d := range dutiesAround(who, at) {
		if d.start.After(at) && (next.IsZero() || d.start.Before(next)) {
			next = d.start
		}
	}
	return next
}

// dutiesAround lists the intervals that begin from the day before to a week after.
func dutiesAround(who *city.Technician, at time.Time) []duty {
	var out []duty
	today := midnight(at)
	for ahead := -1; ahead <= 8; ahead++ {
		day := today.AddDate(0, 0, ahead)
		for _, s := range who.Shifts {
			if s.Weekday == day.Weekday() {
				out = append(out, duty{day.Add(s.Start), day.Add(s.End)})
			}
		}
	}
	return out
}

// pause is the break of a turn: it begins between From and To, from local midnight of the day on which the shift begins.
type pause struct{ from, to, length time.Duration }

// pauseOf is the meal of a turn.
func pauseOf(t city.Turn) pause {
	switch t {
	case city.LateTurn:
		return pause{16*time.Hour + 30*time.Minute, 18 * time.Hour, 45 * time.Minute}
	case city.NightTurn:
		return pause{25 * time.Hour, 26*time.Hour + 30*time.Minute, 45 * time.Minute}
	}
	return pause{11*time.Hour + 30*time.Minute, 13 * time.Hour, time.Hour}
}
