package engine

import (
	"fmt"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/promise"
)

// Bounds of slot suggestions.
const (
	defaultSlot  = 2 * time.Hour
	leastSlot    = 15 * time.Minute
	mostSlot     = 24 * time.Hour
	maxSlots     = 200
	maxSlotAhead = 14 * 24 * time.Hour
	slotRound    = 15 * time.Minute // where a slot begins that has begun already
)

// SlotQuery asks when a fault that is not ordered yet could be visited.
type SlotQuery struct {
	// Wish is the order as it would be created; its windows, when there are some, are when the tenant is at home.
	Wish Wish
	// From and To are the range to look at. Zero From is now; zero To is the end of the last window, or where there is none
	// Config.Horizon after From. At most 14 days ahead.
	From, To time.Time
	// Length is that of a slot; 2 h unless given. Slots are cut from local midnight on, or from the start of each window.
	Length time.Duration
	// Zone is that of midnight; that of the business unless given.
	Zone *time.Location
	// Most is how many slots to return; 0 means all.
	Most int
	// Variability is how work and travel vary; promise.Assumed unless given.
	Variability promise.Variability
}

// Slot is a window in which a visit could start, with its best technician.
type Slot struct {
	Window     dispatch.TimeSpan
	Technician dispatch.TechnicianID
	// Arrival and Start are those that an order with this window would be planned for.
	Arrival, Start time.Time
	// Cost is what the routes would cost more with the visit than without, by term: what creating the order would cost.
	Cost dispatch.Cost
	// Takers is how many technicians could come in this window, OnShift how many of those who may do it work then.
	Takers, OnShift int
	// Reliability is the probability that the visit of the best technician starts within the window.
	Reliability float64
	// Tentative says that the shift is too far ahead to be planned yet: orders that wait for it were placed one after the
	// other, and others may still come before this one.
	Tentative bool
}

// ClosedSlot is an interval in which nobody can come, and why. Overtime is no reason to offer one: who asks for a window after
// the shifts nevertheless may get it that way, at its price.
type ClosedSlot struct {
	Window  dispatch.TimeSpan
	Why     dispatch.Unassigned   // Visit and Technician are not used
	Nearest dispatch.TechnicianID // who comes nearest to being able; "" when that has no meaning
	OnShift int                   // who may do it and work then, overtime apart
}

// Slots answers a SlotQuery.
type Slots struct {
	Taken  time.Time
	Open   []Slot       // cheapest first, then earliest
	Closed []ClosedSlot // in order of time
	// Omitted is how many open slots were left out for SlotQuery.Most.
	Omitted int
	// Able is how many technicians may do it at all.
	Able int
	// Variability is what the reliabilities rest on.
	Variability promise.Variability
}

// fill checks a query and sets what it leaves open.
func (q *SlotQuery) fill(now time.Time, c *Config) error {
	if q.Zone == nil {
		q.Zone = c.Zone
	}
	if q.Length == 0 {
		q.Length = defaultSlot
	}
	if q.From.Before(now) {
		q.From = now
	}
	ahead := now.Add(maxSlotAhead)
	if q.To.IsZero() {
		q.To = q.From.Add(c.Horizon)
		if n := len(q.Wish.Windows); n > 0 {
			q.To = q.Wish.Windows[n-1].End
		}
		if q.To.After(ahead) {
			q.To = ahead
		}
	}
	if q.Variability == (promise.Variability{}) {
		q.Variability = promise.Assumed()
	}
	switch {
	case q.Length < leastSlot || q.Length > mostSlot:
		return &dispatch.InvalidError{Field: "slotDuration", Value: q.Length.String(), Want: "between 15 minutes and 24 hours"}
	case q.From.After(ahead):
		return &dispatch.InvalidError{Field: "startTime", Value: q.From.Format(time.RFC3339), Want: "an instant within 14 days"}
	case !q.To.After(q.From):
		return &dispatch.InvalidError{Field: "endTime", Value: q.To.Format(time.RFC3339), Want: "an instant after startTime that is not past"}
	case q.To.After(ahead):
		return &dispatch.InvalidError{Field: "endTime", Value: q.To.Format(time.RFC3339), Want: "an instant within 14 days"}
	case q.Most < 0:
		return &dispatch.InvalidError{Field: "maxSlots", Value: fmt.Sprint(q.Most), Want: "a number that is not negative"}
	}
	return nil
}

// cut lists the slots of a query in order: each window of the tenant, or each local day, is cut from its start on by the wall
// clock. What is left at the end of a window counts when it is half a slot, and so does a slot that has begun, from the next
// quarter of an hour on. A window that is shorter than a slot is one.
func (q *SlotQuery) cut() ([]dispatch.TimeSpan, error) {
	windows := q.Wish.Windows
	if len(windows) == 0 {
		windows = []dispatch.TimeSpan{{Start: midnight(q.From, q.Zone, 0), End: q.To}}
	}
	var out []dispatch.TimeSpan
	for _, w := range windows {
		for at := w.Start; at.Before(w.End); {
			end := midnight(at, q.Zone, 1)
			if w.End.Before(end) {
				end = w.End
			}
			out = q.cutDay(out, dispatch.TimeSpan{Start: at, End: end})
			at = end
		}
		if len(out) > maxSlots {
			return nil, &dispatch.InvalidError{
				Field: "slotDuration", Value: q.Length.String(), Want: fmt.Sprintf("slots of a length, or a range, that make at most %d of them", maxSlots),
			}
		}
	}
	return out, nil
}

// cutDay cuts an interval within one local day.
func (q *SlotQuery) cutDay(out []dispatch.TimeSpan, day dispatch.TimeSpan) []dispatch.TimeSpan {
	local := day.Start.In(q.Zone)
	y, m, d := local.Date()
	minute := local.Hour()*60 + local.Minute()
	for at, k := day.Start, 1; at.Before(day.End); k++ {
		// By the wall clock: on the days of a change of time one slot is shorter or longer.
		next := time.Date(y, m, d, 0, minute+k*int(q.Length/time.Minute), local.Second(), local.Nanosecond(), q.Zone)
		if !next.After(at) {
			continue
		}
		if next.After(day.End) {
			next = day.End
		}
		if s, ok := q.within(dispatch.TimeSpan{Start: at, End: next}, day); ok {
			out = append(out, s)
		}
		at = next
	}
	return out
}

// within is the part of a slot that lies in the range; false when too little is left of it.
func (q *SlotQuery) within(s, day dispatch.TimeSpan) (dispatch.TimeSpan, bool) {
	whole := min(q.Length, day.End.Sub(day.Start))
	if s.Start.Before(q.From) {
		if s.Start = q.From.Truncate(slotRound); s.Start.Before(q.From) {
			s.Start = s.Start.Add(slotRound)
		}
	}
	if s.End.After(q.To) {
		s.End = q.To
	}
	return s, s.End.Sub(s.Start) > 0 && 2*s.End.Sub(s.Start) >= whole
}

// midnight is the first instant of the local day that lies some days after that of an instant.
func midnight(t time.Time, zone *time.Location, days int) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d+days, 0, 0, 0, 0, zone)
}
