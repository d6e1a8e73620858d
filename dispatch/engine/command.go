package engine

import (
	"time"

	"fettle/dispatch"
)

// Command is a wish to change the territory. Decide answers it with events or an error.
type Command interface{ subject() about }

// AnyVersion as IfVersion means that the command does not depend on what its sender has seen.
const AnyVersion int64 = 0

// CreateTechnician adds a technician under an id that is not in use.
type CreateTechnician struct {
	ID      dispatch.TechnicianID
	Profile Profile
}

// UpdateTechnician replaces the profile.
type UpdateTechnician struct {
	ID        dispatch.TechnicianID
	IfVersion int64
	Profile   Profile
}

// DeleteTechnician removes a technician who has no started work; open work goes to others.
type DeleteTechnician struct {
	ID        dispatch.TechnicianID
	IfVersion int64
}

// StartShift begins a shift now, until End.
type StartShift struct {
	ID  dispatch.TechnicianID
	End time.Time
}

// EndShift ends the running shift now; work that has not started goes to others. With Until nothing is planned before that
// instant, whether or not a shift runs now: somebody is ill.
type EndShift struct {
	ID     dispatch.TechnicianID
	Reason string
	Until  time.Time
}

// CreateOrder adds an order and assigns it.
type CreateOrder struct {
	ID   dispatch.WorkOrderID
	Wish Wish
}

// UpdateOrder replaces the wish, before anybody is on the way.
type UpdateOrder struct {
	ID        dispatch.WorkOrderID
	IfVersion int64
	Wish      Wish
}

// Verb is what is done to an order.
type Verb string

// The verbs. Their legal states are in transition.go.
const (
	Accept   Verb = "accept"
	Decline  Verb = "decline"
	Depart   Verb = "depart"
	Arrive   Verb = "arrive"
	Start    Verb = "start"
	Pause    Verb = "pause"
	Resume   Verb = "resume"
	Complete Verb = "complete"
	Rate     Verb = "rate"
	Verify   Verb = "verify"
	Reopen   Verb = "reopen"
	Cancel   Verb = "cancel"
	Reassign Verb = "reassign"
	PinOrder Verb = "pin"
	Unpin    Verb = "unpin"
	Escalate Verb = "escalate"
	Merge    Verb = "merge"
	Unmerge  Verb = "unmerge"
	LogCall  Verb = "logCall"

	AcceptSuggestion Verb = "acceptSuggestion"
	RejectSuggestion Verb = "rejectSuggestion"
	ReviewTaps       Verb = "reviewTaps" // a dispatcher has seen what technicians told too late
)

// Act applies a verb to an order. Each verb reads the fields that its comment names and refuses others.
type Act struct {
	Verb      Verb
	Order     dispatch.WorkOrderID
	IfVersion int64
	// Reason: Decline, Pause, Complete, Cancel, Reopen, Reassign, Escalate, Merge, AcceptSuggestion, RejectSuggestion. Pause,
	// Cancel and RejectSuggestion need one.
	Reason string
	// Technician: whom Reassign and PinOrder mean. For Accept to Complete: who does it, checked against the assignment when
	// given.
	Technician dispatch.TechnicianID
	StartAt    time.Time            // PinOrder
	Rating     int32                // Rate, 1 to 5
	Comment    string               // Rate, LogCall
	Outcome    CallOutcome          // LogCall
	Into       dispatch.WorkOrderID // Merge
	// SecondVisit lets Resume end the present visit and plan another.
	SecondVisit bool
	Tapped      time.Time // Accept to Complete: when the technician did it, where that is known; see Event.Tapped
}

// ExpireOffer takes an offer back whose time to accept has passed, and makes the next. It does nothing when the order has
// moved on: Offered must be that of the assignment.
type ExpireOffer struct {
	Order   dispatch.WorkOrderID
	Offered time.Time
}

// BreachDue escalates an order whose promise was not kept in time. It does nothing when it was kept.
type BreachDue struct {
	Order dispatch.WorkOrderID
	Clock Clock
}

// EraseOrder takes out of a closed order what people wrote into it, because somebody is forgotten. It does nothing when there is
// nothing; an order that is open is refused, as whoever repairs needs the words.
type EraseOrder struct{ Order dispatch.WorkOrderID }

// Clock names one of the promises of the service level.
type Clock string

// The clocks.
const (
	ClockAcknowledge Clock = "acknowledge"
	ClockAccept      Clock = "accept"
	ClockOnSite      Clock = "on_site"
	ClockResolve     Clock = "resolve"
)

// Advance tells the engine that time has passed and where technicians are. Routes of those who are idle or late begin anew
// at their position; work that no longer fits goes to others; orders without a technician are tried again. It looks at no
// more than Limit technicians, the least recently looked at first; 0 means all.
type Advance struct {
	Positions []Position
	Limit     int
}

// AdoptPlan merges a plan that an optimiser made from a Snapshot, as far as it still holds.
type AdoptPlan struct {
	Snapshot *Snapshot
	Plan     *dispatch.Plan
}

func (c CreateTechnician) subject() about { return about{"", c.ID} }
func (c UpdateTechnician) subject() about { return about{"", c.ID} }
func (c DeleteTechnician) subject() about { return about{"", c.ID} }
func (c StartShift) subject() about       { return about{"", c.ID} }
func (c EndShift) subject() about         { return about{"", c.ID} }
func (c CreateOrder) subject() about      { return about{c.ID, ""} }
func (c UpdateOrder) subject() about      { return about{c.ID, ""} }
func (c Act) subject() about              { return about{c.Order, ""} }
func (c ExpireOffer) subject() about      { return about{c.Order, ""} }
func (c BreachDue) subject() about        { return about{c.Order, ""} }
func (c EraseOrder) subject() about       { return about{c.Order, ""} }
func (Advance) subject() about            { return about{} }
func (AdoptPlan) subject() about          { return about{} }
