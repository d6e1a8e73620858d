// Package visit tells the visits of a work order from its events: which trips there were or will be, who made them, when they
// were planned and when they happened. The events are the truth; nothing is kept beside them.
package visit

import (
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

// State of a visit.
type State string

// The states.
const (
	Planned   State = "PLANNED"   // nobody has it
	Published State = "PUBLISHED" // offered
	Accepted  State = "ACCEPTED"
	EnRoute   State = "EN_ROUTE"
	OnSite    State = "ON_SITE"
	Working   State = "WORKING"
	Paused    State = "PAUSED"
	Completed State = "COMPLETED"
	Failed    State = "FAILED" // ended without the work being done
	Canceled  State = "CANCELED"
)

// Cause is why there is a visit.
type Cause string

// The causes.
const (
	Reported  Cause = "REPORTED"
	Continued Cause = "CONTINUED" // the visit before could not finish
	Reopened  Cause = "REOPENED"
)

// Visit is one trip to a work order. Zero instants have not come.
type Visit struct {
	Number     int // from 1
	State      State
	Cause      Cause
	Reason     string
	Technician dispatch.TechnicianID // "" while nobody has it
	// Arrival, End and Window are as planned when last written.
	Arrival, End                           time.Time
	Window                                 dispatch.TimeSpan
	Created, Offered, AcceptedAt, Departed time.Time
	Arrived, Started, Ended                time.Time
	Reassignments                          int
	had                                    dispatch.TechnicianID
}

// Of folds all events of an order, in the order of the log, into its visits.
func Of(events []engine.Event) []Visit {
	var out []Visit
	for i := range events {
		ev := &events[i]
		switch {
		case ev.Type == engine.OrderCreated:
			out = append(out, Visit{Number: 1, State: Planned, Cause: Reported, Created: ev.Time})
		case len(out) == 0:
		case ev.Again:
			out = append(out, next(&out[len(out)-1], ev))
		default:
			out[len(out)-1].apply(ev)
		}
	}
	return out
}

// next ends a visit and begins the one after it.
func next(before *Visit, ev *engine.Event) Visit {
	v := Visit{Number: before.Number + 1, State: Planned, Cause: Continued, Created: ev.Time, Reason: ev.Reason}
	if ev.Type == engine.OrderReopened {
		v.Cause = Reopened
		return v
	}
	before.end(Failed, ev.Time)
	return v
}

// end ends a visit that has not ended.
func (v *Visit) end(s State, at time.Time) {
	v.State = s
	if v.Ended.IsZero() {
		v.Ended = at
	}
}

// apply follows one event.
func (v *Visit) apply(ev *engine.Event) {
	switch ev.Type {
	case engine.OrderAssigned, engine.OrderRescheduled:
		v.plan(ev)
	case engine.OrderUnassigned, engine.OrderDeclined, engine.OfferExpired, engine.OrderUnmerged:
		v.free()
	case engine.OrderAccepted:
		v.reach(Accepted, &v.AcceptedAt, ev)
	case engine.OrderDeparted:
		v.reach(EnRoute, &v.Departed, ev)
	case engine.OrderArrived:
		v.reach(OnSite, &v.Arrived, ev)
	case engine.OrderStarted, engine.OrderResumed:
		v.reach(Working, &v.Started, ev)
	case engine.OrderPaused:
		v.State, v.Reason, v.Ended = Paused, ev.Reason, ev.Time // the technician goes; resumed, it goes on
	case engine.OrderCompleted:
		v.Ended = time.Time{}
		v.end(Completed, ev.Time)
	case engine.OrderCanceled:
		v.Reason = ev.Reason
		v.end(Canceled, ev.Time)
	case engine.OrderMerged:
		v.Reason = "MERGED"
		v.end(Canceled, ev.Time)
	}
}

// plan takes over who comes and when.
func (v *Visit) plan(ev *engine.Event) {
	a := ev.Assignment
	if a == nil {
		return
	}
	if ev.Type == engine.OrderAssigned {
		if v.had != "" && v.had != a.Technician {
			v.Reassignments++
		}
		v.had, v.State, v.Offered, v.AcceptedAt = a.Technician, Published, ev.Time, time.Time{}
	}
	v.Technician, v.Arrival, v.End, v.Window = a.Technician, a.Arrival, a.End, a.Window
}

// free leaves a visit with nobody.
func (v *Visit) free() {
	v.State, v.Technician, v.Reason = Planned, "", ""
	v.Arrival, v.End, v.Window = time.Time{}, time.Time{}, dispatch.TimeSpan{}
	v.Offered, v.AcceptedAt, v.Ended = time.Time{}, time.Time{}, time.Time{}
}

// reach notes a state and when it was reached first.
func (v *Visit) reach(s State, at *time.Time, ev *engine.Event) {
	v.State, v.Reason, v.Ended = s, "", time.Time{}
	if at.IsZero() {
		*at = ev.Time
	}
	if ev.Technician != "" {
		v.Technician = ev.Technician
	}
}
