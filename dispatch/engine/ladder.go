package engine

import (
	"slices"
	"time"

	"fettle/dispatch"
)

// topLevel is the last step of the ladder of escalation: whoever stands there is not told again.
const topLevel = 3

// CallOutcome is how a call to the tenant ended.
type CallOutcome string

// The outcomes. Only Reached is an acknowledgement.
const (
	CallReached     CallOutcome = "REACHED"
	CallNoAnswer    CallOutcome = "NO_ANSWER"
	CallBusy        CallOutcome = "BUSY"
	CallWrongNumber CallOutcome = "WRONG_NUMBER"
	CallRefused     CallOutcome = "REFUSED"
)

// Valid reports whether o is an outcome.
func (o CallOutcome) Valid() bool {
	return slices.Contains([]CallOutcome{CallReached, CallNoAnswer, CallBusy, CallWrongNumber, CallRefused}, o)
}

// ClimbLadder escalates an order by one more step when nobody has accepted it since the step before. It does nothing when
// somebody has, or when the next step is not due yet.
type ClimbLadder struct{ Order dispatch.WorkOrderID }

func (c ClimbLadder) subject() about { return about{c.Order, ""} }

// climbs is when the next step of the ladder is due: zero when there is none.
func (o *Order) climbs() time.Time {
	if o.State != StateNew && o.State != StateAssigned {
		return time.Time{}
	}
	return o.NextEscalation
}

// nextStep is when the step after the one that is taken now is due.
func (d *decision) nextStep(o *Order) time.Time {
	step := d.e.config.level(o.Urgency).Ladder
	if o.Escalation+1 >= topLevel || o.State != StateNew && o.State != StateAssigned {
		return time.Time{}
	}
	return d.now.Add(step)
}

func (d *decision) climb(c ClimbLadder) {
	o := d.order(c.Order)
	if o == nil {
		return
	}
	if at := o.climbs(); !at.IsZero() && !d.now.Before(at) {
		d.emit(Event{
			Type: OrderEscalated, Order: o.ID, Technician: o.TechnicianID(), Reason: "still not accepted", Next: d.nextStep(o),
		})
	}
}

// breach breaks a promise that was not kept by an instant.
func (d *decision) breach(c BreachDue, by time.Time) {
	o := d.order(c.Order)
	if o == nil {
		return
	}
	at, running := o.clock(c.Clock)
	if !running || by.Before(at) {
		return
	}
	ev := Event{Type: DueBreached, Order: o.ID, Technician: o.TechnicianID(), Clock: c.Clock}
	if c.Clock == ClockAccept {
		ev.Next = d.nextStep(o)
	}
	d.emit(ev)
}

// breakPromises breaks first what an event would stop after its instant: whoever comes late by a millisecond is late, also when
// nobody has swept what is due since.
func (d *decision) breakPromises(ev *Event) {
	o := d.order(ev.Order)
	if o == nil {
		return
	}
	if acknowledges(o, ev) {
		d.breach(BreachDue{o.ID, ClockAcknowledge}, ev.Time)
	}
	switch ev.Type { //nolint:exhaustive // no other event stops a clock
	case OrderAccepted:
		d.breach(BreachDue{o.ID, ClockAccept}, ev.Happened())
	case OrderArrived:
		d.breach(BreachDue{o.ID, ClockOnSite}, ev.Happened())
	case OrderCompleted:
		d.breach(BreachDue{o.ID, ClockResolve}, ev.Happened())
	}
}

// acknowledges reports whether an event tells the tenant who is in charge: by name with the first assignment, or in person
// when somebody has spoken to them. An emergency needs the call.
func acknowledges(o *Order, ev *Event) bool {
	switch ev.Type { //nolint:exhaustive // no other event does
	case OrderAssigned:
		return o.Urgency != dispatch.UrgencyEmergency
	case OrderCalled:
		return CallOutcome(ev.Reason) == CallReached
	}
	return false
}
