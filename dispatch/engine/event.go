package engine

import (
	"time"

	"fettle/dispatch"
)

// EventType names what happened. The values are stable: they are in the log, on streams and in webhooks.
type EventType string

// The types of event.
const (
	TechnicianCreated EventType = "technician.created"
	TechnicianUpdated EventType = "technician.updated"
	TechnicianDeleted EventType = "technician.deleted"
	ShiftStarted      EventType = "technician.shift_started"
	ShiftEnded        EventType = "technician.shift_ended"

	OrderCreated     EventType = "work_order.created"
	OrderUpdated     EventType = "work_order.updated"
	OrderAssigned    EventType = "work_order.assigned"
	OrderUnassigned  EventType = "work_order.unassigned"
	OrderRescheduled EventType = "work_order.eta_changed" // same technician, other times
	OrderAccepted    EventType = "work_order.accepted"
	OrderDeclined    EventType = "work_order.declined"
	OfferExpired     EventType = "work_order.offer_expired"
	OrderDeparted    EventType = "work_order.departed"
	OrderArrived     EventType = "work_order.arrived"
	OrderStarted     EventType = "work_order.started"
	OrderPaused      EventType = "work_order.paused"
	OrderResumed     EventType = "work_order.resumed"
	OrderCompleted   EventType = "work_order.completed"
	OrderRated       EventType = "work_order.rated"
	OrderVerified    EventType = "work_order.verified"
	OrderReopened    EventType = "work_order.reopened"
	OrderCanceled    EventType = "work_order.canceled"
	OrderPinned      EventType = "work_order.pinned"
	OrderUnpinned    EventType = "work_order.unpinned"
	OrderEscalated   EventType = "work_order.escalated"
	OrderMerged      EventType = "work_order.merged"
	OrderUnmerged    EventType = "work_order.unmerged"
	ReportLinked     EventType = "work_order.report_linked" // another order was merged into this one
	ReportUnlinked   EventType = "work_order.report_unlinked"
	OrderCalled      EventType = "work_order.called" // somebody tried to speak to the tenant
	DueBreached      EventType = "work_order.sla_breached"

	OrderTappedLate EventType = "work_order.tapped_late"   // what a technician did came when the order had moved on: history
	TapsReviewed    EventType = "work_order.taps_reviewed" // a dispatcher has seen what came late

	OrderSuggested     EventType = "work_order.suggested"           // who should have it; nobody has it yet
	SuggestionRejected EventType = "work_order.suggestion_rejected" // by a dispatcher
	OrderErased        EventType = "work_order.erased"              // of what people wrote: somebody is forgotten
	PolicyApplied      EventType = "policy.applied"                 // what the engine follows from here on
)

// Event is one thing that happened: what Decide answers and Evolve folds into the ledger. Only the fields that its type
// needs are set; the rest of the change follows from the type alone.
type Event struct {
	Sequence   int64 // in the log of the org, from 1 without gaps; set when it is folded in
	Type       EventType
	Time       time.Time
	Actor      string // "service", or the principal of the credential
	Order      dispatch.WorkOrderID
	Technician dispatch.TechnicianID // concerned: who gets, has or had the order
	Reason     string

	// State is that of the order after the event and Version its etag; set when it is folded in, for those who read the log.
	State   State
	Version int64

	Wish       *Wish                 // OrderCreated, OrderUpdated
	Due        *DueTimes             // OrderCreated, OrderReopened and others that set new promises
	Assignment *Assignment           // OrderAssigned, OrderRescheduled, OrderSuggested
	Unassigned *dispatch.Unassigned  // OrderUnassigned
	Nearest    dispatch.TechnicianID // OrderUnassigned: who comes nearest to being able
	Pin        *Pin                  // OrderPinned
	Profile    *Profile              // TechnicianCreated, TechnicianUpdated
	Until      time.Time             // ShiftStarted, ShiftEnded: end of the shift
	Rating     int32                 // OrderRated
	Comment    string                // OrderRated, OrderCalled
	Into       dispatch.WorkOrderID  // OrderMerged
	Report     dispatch.WorkOrderID  // ReportLinked, ReportUnlinked: the order that was merged
	Clock      Clock                 // DueBreached
	// Next is when the next step of the ladder is due (DueBreached, OrderEscalated), or when a suggestion is carried out unless
	// somebody objects (OrderSuggested); zero for never.
	Next    time.Time
	Mode    Mode     // OrderSuggested
	Conduct *Conduct // PolicyApplied
	// Again says that a new visit begins: OrderResumed, OrderReopened.
	Again bool
	// Tapped is when a technician did what was told LateAfter or more later; Verb and Why are what and the conflict (OrderTappedLate).
	Tapped time.Time
	Verb   Verb
	Why    string
}

// Happened is when it was done, as far as is known: by the tap of a technician who told it late, else the instant of the event.
func (ev *Event) Happened() time.Time {
	if ev.Tapped.IsZero() {
		return ev.Time
	}
	return ev.Tapped
}
