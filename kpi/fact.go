package kpi

import (
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

// Fact is what is kept of one order.
type Fact struct {
	Order      dispatch.WorkOrderID
	State      engine.State
	Building   string         // the building, or else the unit; "" when neither is known
	Trade      dispatch.Skill // the first skill that it needs; "" when it needs none
	Technician dispatch.TechnicianID
	Channel    dispatch.Channel
	Urgency    dispatch.Urgency

	Created time.Time
	// When each thing happened first, whatever came after; zero until then. Acknowledged is when the tenant
	// knew who is in charge: by the first assignment, in an emergency by a call.
	Acknowledged, Accepted, OnSite time.Time
	// Resolved is when the work was completed last; zero while it is open again.
	Resolved time.Time
	// Ended is when the order was closed: completed, canceled or merged; zero while it is open.
	Ended time.Time
	// Due are the promises that were made with the report.
	Due engine.DueTimes
	// Visits counts trips that were begun; Reopened how often it was opened again after completion.
	Visits, Reopened int
	Rating           int32 // 1 to 5; 0 means none
	// News is when the tenant last saw something happen.
	News time.Time
	// Told is the last window that the tenant was told before somebody was first at the door; zero while none was.
	Told dispatch.TimeSpan

	trace  trace
	pieces []piece
}

// piece is a Span in few bytes: orders are many.
type piece struct {
	hop      int8  // index in Hops
	who      int32 // index in the book's technicians; -1 for nobody
	from, to int64 // microseconds since 1970
}

// length is how long the piece lasts.
func (p *piece) length() time.Duration { return time.Duration(p.to-p.from) * time.Microsecond }

// fold takes the next event of the order.
func (f *Fact) fold(ev *engine.Event) (ended Span, ok bool) {
	if history(ev) {
		return Span{}, false
	}
	if ev.Type == engine.OrderCreated {
		f.Order, f.Created = ev.Order, ev.Time
		if ev.Due != nil {
			f.Due = *ev.Due
		}
	}
	if ev.Wish != nil {
		f.describe(ev.Wish)
	}
	if ev.Technician != "" && ev.State != engine.StateNew {
		f.Technician = ev.Technician
	}
	f.stamp(ev)
	f.tell(ev)
	f.State = ev.State
	return f.trace.add(ev)
}

// tell keeps what the tenant sees.
func (f *Fact) tell(ev *engine.Event) {
	switch ev.Type { //nolint:exhaustive // others are not shown to the tenant
	case engine.OrderCreated, engine.OrderAssigned, engine.OrderRescheduled, engine.OrderAccepted, engine.OrderDeparted, engine.OrderArrived,
		engine.OrderStarted, engine.OrderPaused, engine.OrderResumed, engine.OrderCompleted, engine.OrderReopened, engine.OrderCanceled:
		f.News = ev.Time
	case engine.OrderCalled:
		if engine.CallOutcome(ev.Reason) == engine.CallReached {
			f.News = ev.Time
		}
	}
	if ev.Assignment != nil && f.OnSite.IsZero() {
		f.Told = ev.Assignment.Window
	}
}

// describe takes what people wrote.
func (f *Fact) describe(w *engine.Wish) {
	f.Building, f.Channel, f.Urgency, f.Trade = w.Building, w.Channel, w.Urgency, ""
	if f.Building == "" {
		f.Building = w.UnitID
	}
	if len(w.Skills) > 0 {
		f.Trade = w.Skills[0].Skill
	}
}

// stamp keeps when things happened.
func (f *Fact) stamp(ev *engine.Event) {
	first := func(at *time.Time) {
		if at.IsZero() {
			*at = ev.Happened()
		}
	}
	switch ev.Type { //nolint:exhaustive // others leave no stamp
	case engine.OrderAssigned:
		if f.Urgency != dispatch.UrgencyEmergency {
			first(&f.Acknowledged)
		}
	case engine.OrderCalled:
		if engine.CallOutcome(ev.Reason) == engine.CallReached {
			first(&f.Acknowledged)
		}
	case engine.OrderAccepted:
		first(&f.Accepted)
	case engine.OrderDeparted:
		f.Visits++
	case engine.OrderArrived:
		first(&f.OnSite)
	case engine.OrderCompleted:
		f.Resolved, f.Ended = ev.Happened(), ev.Time
	case engine.OrderReopened:
		f.Reopened++
		f.Resolved, f.Ended = time.Time{}, time.Time{}
	case engine.OrderCanceled, engine.OrderMerged:
		f.Ended = ev.Time
	case engine.OrderUnmerged:
		f.Ended = time.Time{}
	case engine.OrderRated:
		f.Rating = ev.Rating
	}
}

// counts reports whether the order counts in the times of response: one that was merged into another is answered there, one
// that was canceled is owed nothing.
func (f *Fact) counts() bool { return f.State != engine.StateMerged && f.State != engine.StateCanceled }

// kept says whether a promise was kept: decided is false while its time has not come and nothing has happened.
func kept(stop, due, now time.Time) (kept, decided bool) {
	switch {
	case due.IsZero():
		return false, false
	case !stop.IsZero():
		return !stop.After(due), true
	}
	return false, now.After(due)
}
