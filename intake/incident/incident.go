// Package incident is one cause of many reports: a main that has burst in a building. The orders that tell of it wait for the order
// that repairs the cause, and are done with it or dispatched on their own in the end. What is to happen to an order is decided here
// and carried out elsewhere, as often as it takes: each step looks at what the order is now.
package incident

import (
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/invalid"
)

// State of an incident.
type State string

// The states.
const (
	Open   State = "OPEN"
	Closed State = "CLOSED"
)

// MemberState is how far an order is part of an incident.
type MemberState string

// The states of members. Joining and Leaving are to be carried out.
const (
	Joining  MemberState = "JOINING"
	Grouped  MemberState = "GROUPED"
	Apart    MemberState = "APART" // it keeps its own visit
	Leaving  MemberState = "LEAVING"
	Released MemberState = "RELEASED"
)

// MaxMembers is how many orders may have been part of an incident.
const MaxMembers = 500

// Incident is one cause.
type Incident struct {
	Name     string
	Property string // "" when it is none that is kept
	Trade    dispatch.Skill
	Main     dispatch.WorkOrderID // repairs the cause
	MainUnit string
	Expected time.Time // zero when nobody knows
	State    State
	Members  []Member
	Notices  []Notice
	Closed   time.Time
	Outcome  string
}

// Member is an order that tells of the cause.
type Member struct {
	Order  dispatch.WorkOrderID
	Unit   string
	State  MemberState
	Reason string
	Since  time.Time
}

// Notice is what was told to all.
type Notice struct {
	Time     time.Time
	Text     string
	Building bool // everybody in it was told
	Count    int
	By       string
}

// Begin opens an incident about an order.
func Begin(name, property string, main *engine.Order) (Incident, error) {
	if !main.State.Open() {
		return Incident{}, &engine.ConflictError{Reason: "ILLEGAL_STATE", State: main.State, Detail: "an incident needs an order that is open"}
	}
	i := Incident{Name: name, Property: property, Main: main.ID, MainUnit: main.UnitID, State: Open}
	if len(main.Skills) > 0 {
		i.Trade = main.Skills[0].Skill
	}
	return i, nil
}

// Active reports whether an order is part of the incident, now or as soon as the work is done that is under way.
func (m *Member) Active() bool { return m.State == Joining || m.State == Grouped || m.State == Apart }

// open is nil, or the conflict of a verb with an incident that is closed.
func (i *Incident) open(verb string) error {
	if i.State == Open {
		return nil
	}
	return &engine.ConflictError{Reason: "ILLEGAL_STATE", State: engine.State(i.State), Detail: verb + " needs an incident that is OPEN"}
}

// member finds an order, nil when it never was one.
func (i *Incident) member(id dispatch.WorkOrderID) *Member {
	at := slices.IndexFunc(i.Members, func(m Member) bool { return m.Order == id })
	if at < 0 {
		return nil
	}
	return &i.Members[at]
}

// Group adds orders. Those that are part of it already stay as they are.
func (i *Incident) Group(now time.Time, orders []*engine.Order) error {
	if err := i.open("group"); err != nil {
		return err
	}
	for _, o := range orders {
		if o.ID == i.Main {
			return &invalid.Error{Field: "workOrderIds", Value: string(o.ID), Want: "other orders than that of the incident"}
		}
		m := i.member(o.ID)
		switch {
		case m != nil && m.Active():
		case m != nil:
			m.State, m.Since, m.Reason = Joining, now, ""
		case len(i.Members) >= MaxMembers:
			return &invalid.Error{Field: "workOrderIds", Value: string(o.ID), Want: "at most 500 orders in an incident"}
		default:
			i.Members = append(i.Members, Member{Order: o.ID, Unit: o.UnitID, State: Joining, Since: now})
		}
	}
	return nil
}

// Ungroup takes orders out.
func (i *Incident) Ungroup(now time.Time, ids []dispatch.WorkOrderID, reason string) error {
	if err := i.open("ungroup"); err != nil {
		return err
	}
	for _, id := range ids {
		m := i.member(id)
		if m == nil {
			return &invalid.Error{Field: "workOrderIds", Value: string(id), Want: "orders that are part of the incident"}
		}
		m.leave(now, reason)
	}
	return nil
}

func (m *Member) leave(now time.Time, reason string) {
	if m.Active() {
		m.State, m.Since, m.Reason = Leaving, now, reason
	}
}

// Close ends the incident. Unless its orders are released, the order that repairs the cause must be done.
func (i *Incident) Close(now time.Time, outcome string, release bool, main *engine.Order) error {
	if err := i.open("close"); err != nil {
		return err
	}
	if !release && main.State != engine.StateCompleted && main.State != engine.StateVerified {
		return &engine.ConflictError{
			Reason: "ORDER_NOT_DONE", State: main.State,
			Detail: "work order " + string(main.ID) + " of the incident is not done: complete it, or release the orders of the incident",
		}
	}
	i.State, i.Closed, i.Outcome = Closed, now, outcome
	for j := range i.Members {
		if release {
			i.Members[j].leave(now, outcome)
		}
	}
	return nil
}

// Pending lists the members that something is to be done about.
func (i *Incident) Pending() (out []*Member) {
	for j := range i.Members {
		if m := &i.Members[j]; m.State == Joining || m.State == Leaving {
			out = append(out, m)
		}
	}
	return out
}

// Step is what is to be done about a member whose order is as it is now: a command, or nil when the member has arrived at the state
// that it then has.
func (i *Incident) Step(m *Member, o *engine.Order) *engine.Act {
	here := o.State == engine.StateMerged && o.MergedInto == i.Main
	switch {
	case m.State == Joining && here:
		m.State, m.Reason = Grouped, ""
	case m.State == Joining && engine.Legal(engine.Merge, o.State):
		return &engine.Act{Verb: engine.Merge, Order: o.ID, Into: i.Main, Reason: i.Name}
	case m.State == Joining:
		m.State, m.Reason = Apart, string(o.State)
	case m.State == Leaving && here:
		return &engine.Act{Verb: engine.Unmerge, Order: o.ID}
	case m.State == Leaving:
		m.State = Released
	}
	return nil
}

// Refused notes that the command of a step is refused for good: the order stays what it is.
func (m *Member) Refused(why string) {
	m.Reason = why
	if m.State == Joining {
		m.State = Apart
		return
	}
	m.State = Released
}

// Affected are the orders of those who are told, one for each dwelling, the order of the incident among them.
func (i *Incident) Affected() (out []Member) {
	seen := map[string]bool{}
	all := append([]Member{{Order: i.Main, Unit: i.MainUnit, State: Grouped}}, i.Members...)
	for _, m := range all {
		if !m.Active() || m.Unit != "" && seen[m.Unit] {
			continue
		}
		seen[m.Unit] = true
		out = append(out, m)
	}
	return out
}
