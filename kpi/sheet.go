package kpi

import (
	"time"

	"fettle/dispatch"
)

// Sheet is what a technician has done in an interval: the base of an appraisal, and what each may see of the own work.
type Sheet struct {
	Technician dispatch.TechnicianID
	Completed  int // orders completed last by the technician
	Reopened   int // of these, opened again later
	// Ratings are the numbers of ratings of 1 to 5 stars.
	Ratings [5]int
	// Travel, Door and Work are the times on the way, at the door and at work.
	Travel, Door, Work time.Duration
	// Night is the part of these between 22:00 and 06:00.
	Night time.Duration
	// Emergencies is the number of emergencies that the technician travelled to.
	Emergencies int
	// Trips is the number of times on the way.
	Trips int
}

// Busy is all time on orders.
func (s *Sheet) Busy() time.Duration { return s.Travel + s.Door + s.Work }

// Rated is the number of ratings and their mean.
func (s *Sheet) Rated() (n int, mean float64) {
	sum := 0
	for i, k := range s.Ratings {
		n, sum = n+k, sum+(i+1)*k
	}
	return n, float64(sum) / float64(max(1, n))
}

// Hours of the night.
const nightFrom, nightTo = 22, 6

// Sheets makes the sheets of all technicians who did something in an interval.
func (b *Book) Sheets(from, to time.Time, zone *time.Location, now time.Time) map[dispatch.TechnicianID]*Sheet {
	out := map[dispatch.TechnicianID]*Sheet{}
	of := func(t dispatch.TechnicianID) *Sheet {
		if out[t] == nil {
			out[t] = &Sheet{Technician: t}
		}
		return out[t]
	}
	for _, f := range b.order {
		if f.Created.After(to) {
			break
		}
		b.spent(f, from, to, zone, now, of)
		if !f.Resolved.IsZero() && !f.Resolved.Before(from) && f.Resolved.Before(to) && f.Technician != "" {
			s := of(f.Technician)
			s.Completed++
			if f.Reopened > 0 {
				s.Reopened++
			}
			if f.Rating > 0 {
				s.Ratings[f.Rating-1]++
			}
		}
	}
	return out
}

// spent adds the work on an order to the sheets of those who did it.
func (b *Book) spent(
	f *Fact, from, to time.Time, zone *time.Location, now time.Time, of func(dispatch.TechnicianID) *Sheet,
) {
	for _, p := range b.pieces(f, now) {
		if p.hop < hopTravel || p.hop > hopWork || p.who < 0 {
			continue
		}
		start, end := later(time.UnixMicro(p.from), from), earlier(time.UnixMicro(p.to), to)
		if !start.Before(end) {
			continue
		}
		s, took := of(b.technicians[p.who]), end.Sub(start)
		switch p.hop {
		case hopTravel:
			s.Travel += took
			s.Trips++
			if f.Urgency == dispatch.UrgencyEmergency {
				s.Emergencies++
			}
		case hopAtDoor:
			s.Door += took
		case hopWork:
			s.Work += took
		}
		s.Night += night(start, end, zone)
	}
}

// night is the part of an interval that lies between 22:00 and 06:00.
func night(from, to time.Time, zone *time.Location) (sum time.Duration) {
	y, m, d := from.In(zone).Date()
	for day := d - 1; ; day++ {
		begins := time.Date(y, m, day, nightFrom, 0, 0, 0, zone)
		if !begins.Before(to) {
			return sum
		}
		ends := time.Date(y, m, day+1, nightTo, 0, 0, 0, zone)
		sum += max(0, earlier(to, ends).Sub(later(from, begins)))
	}
}
