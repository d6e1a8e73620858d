package engine

import (
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/geo"
)

// State of a work order.
type State string

// The states, in the order of a life without incident; Merged and Canceled end it early.
const (
	StateNew       State = "NEW"       // nobody has it
	StateAssigned  State = "ASSIGNED"  // offered to a technician
	StateAccepted  State = "ACCEPTED"  // the technician has agreed
	StateEnRoute   State = "EN_ROUTE"  // on the way: from here on it does not move
	StateOnSite    State = "ON_SITE"   // at the door
	StateWorking   State = "WORKING"   // at work
	StatePaused    State = "PAUSED"    // waits for a part, for access; the technician is free
	StateCompleted State = "COMPLETED" // done, as the technician says
	StateVerified  State = "VERIFIED"  // done, as the tenant or a dispatcher says
	StateMerged    State = "MERGED"    // the same fault as another order
	StateCanceled  State = "CANCELED"
)

// Valid reports whether s is a state.
func (s State) Valid() bool {
	return slices.Contains(states, s)
}

var states = []State{ //nolint:gochecknoglobals // a constant table
	StateNew, StateAssigned, StateAccepted, StateEnRoute, StateOnSite, StateWorking, StatePaused, StateCompleted, StateVerified, StateMerged, StateCanceled,
}

// Open reports whether there is still work to do.
func (s State) Open() bool {
	switch s {
	case StateCompleted, StateVerified, StateMerged, StateCanceled:
		return false
	}
	return true
}

// Started reports whether a technician is on the way or at work: such work never moves.
func (s State) Started() bool {
	return s == StateEnRoute || s == StateOnSite || s == StateWorking
}

// Planned reports whether the order is a visit on a route that may still move.
func (s State) Planned() bool { return s == StateAssigned || s == StateAccepted }

// Order is a work order in the ledger of a territory. Values are never changed in place: each event makes a new one, so a
// pointer that was handed out stays true for its version.
type Order struct {
	ID      dispatch.WorkOrderID
	Version int64 // counts changes from 1; the etag
	Created time.Time
	Updated time.Time
	State   State

	Wish // what the one who reported it asked for

	// Visit counts trips from 1: a second visit after a pause, or after reopening.
	Visit      int32
	Assignment *Assignment          // nil while nobody has it
	Unassigned *dispatch.Unassigned // why nobody has it; nil while somebody does. Visit and Technician are not used: see Nearest
	Nearest    dispatch.TechnicianID
	Suggestion *Suggestion // who should have it, where somebody else decides that; nil while somebody has it
	Due        DueTimes
	Clocks     Clocks
	Pin        *Pin
	// Declined lists who refused the present visit, or let its offer pass, and Expired those of them who let it pass: when
	// nobody is left, they are asked again.
	Declined, Expired []dispatch.TechnicianID
	// Previous is who did the visit before this one, and should come again; "" on the first.
	Previous dispatch.TechnicianID
	// Breached lists the clocks whose promise was not kept, in the order of the breaches.
	Breached []Clock

	MergedInto    dispatch.WorkOrderID
	Reports       []dispatch.WorkOrderID // orders that were merged into this one, in the order of the merges
	Reason        string                 // of the last verb that has one
	Rating        int32                  // 1 to 5; 0 means none
	RatingComment string
	Escalation    int32
	// NextEscalation is when the order is escalated once more if nobody has accepted it; zero for never.
	NextEscalation time.Time
}

// Wish is what is asked for: the part of an order that people write.
type Wish struct {
	Location    geo.Point // WGS-84
	UnitID      string    // the dwelling, "" when unknown
	Building    string    // groups places that share one entry; "" means the place itself
	Territory   string
	Description string
	Channel     dispatch.Channel
	Urgency     dispatch.Urgency
	Priority    int32 // 0 to 100
	Skills      []dispatch.SkillLevel
	Tools       []string
	OnSite      time.Duration
	Windows     []dispatch.TimeSpan
	Only        []dispatch.TechnicianID
	Excluded    []dispatch.TechnicianID
	Preferred   []dispatch.TechnicianID
}

// Assignment is who does the next visit and when.
type Assignment struct {
	Technician dispatch.TechnicianID
	// Shift is the start of the shift on whose route the visit is.
	Shift time.Time
	// Arrival, Start and End are as planned when last written; they move while the route ahead changes.
	Arrival, Start, End time.Time
	// Window is what the tenant was told.
	Window   dispatch.TimeSpan
	Offered  time.Time
	AcceptBy time.Time // zero once accepted
	// Cost is what the routes cost more with the visit than without, by term, when it was decided.
	Cost dispatch.Cost
	// From is where the route began when it was decided: last known position, home or the place of the work before.
	From geo.Point
	// Alternatives are the next best technicians when it was decided, cheapest first.
	Alternatives []Alternative
	// Policy and PolicyVersion are what it was decided by; "" means the default.
	Policy        string
	PolicyVersion int32
}

// Alternative is a technician who could have had the visit.
type Alternative struct {
	Technician dispatch.TechnicianID
	Difference int64 // cost above that of the chosen one
	Term       dispatch.Term
	Arrival    time.Time
}

// Pin holds an order to a dispatcher's decision. Each part may stand alone.
type Pin struct {
	Technician dispatch.TechnicianID // "" means anybody
	Start      time.Time             // zero means any time
}

// DueTimes are the promises of the service level, by clock.
type DueTimes struct {
	// Acknowledge is when the tenant knows who is in charge, in an emergency by a call.
	Acknowledge time.Time
	Accept      time.Time // a technician has agreed
	OnSite      time.Time // a technician is at the door
	Resolve     time.Time // it is done
}

// Clocks are when each thing happened first in the present visit; zero until then.
type Clocks struct {
	Acknowledged, Assigned, Accepted, Departed, Arrived, Started, Completed time.Time
}

// TechnicianID is who has the order, "" when nobody has.
func (o *Order) TechnicianID() dispatch.TechnicianID {
	if o.Assignment == nil {
		return ""
	}
	return o.Assignment.Technician
}
