package obligation

import (
	"slices"
	"strings"
	"time"

	"fettle/org/calendar"
	"fettle/rental/fault"
	"fettle/rental/lease"
)

// State is what has become of an obligation.
type State string

// The states.
const (
	Due          State = "DUE"     // to come, or due and not taken up yet
	Claimed      State = "CLAIMED" // on its way to the sink; the claim ends with ClaimUntil
	Sent         State = "SENT"    // the sink has it: that is not yet delivery
	Delivered    State = "DELIVERED"
	Acknowledged State = "ACKNOWLEDGED" // the tenant has answered
	Late         State = "LATE"         // sent more than Grace after its instant
	Superseded   State = "SUPERSEDED"   // by other terms, a nearer rung, or the end of the lease; Reason says which
	Waived       State = "WAIVED"       // somebody decided that it need not be sent
	Compensated  State = "COMPENSATED"  // it was late, and somebody has made up for it
)

// States are all of them.
func States() []State {
	return []State{Due, Claimed, Sent, Delivered, Acknowledged, Late, Superseded, Waived, Compensated}
}

// Valid reports whether the state is one of the constants.
func (s State) Valid() bool { return slices.Contains(States(), s) }

// Open reports whether the obligation still waits for its message.
func (s State) Open() bool { return s == Due || s == Claimed }

// Reached reports whether a message went out.
func (s State) Reached() bool {
	return s == Sent || s == Delivered || s == Acknowledged || s == Late || s == Compensated
}

const (
	// Grace is how long after its instant a message may go out without being late.
	Grace = time.Hour
	// PersonAfter is how late a message is when a person has to see to it as well.
	PersonAfter = 72 * time.Hour
	// ClaimFor is how long a claim lasts. A claim that has ended is taken up again, with the same message id.
	ClaimFor = 60 * time.Second
)

// Obligation is one reminder that is owed. Its ID is also the id of its message.
type Obligation struct {
	ID      string        `json:"id"`
	Lease   lease.ID      `json:"lease"`
	Version int           `json:"version"` // of the terms
	Rung    Rung          `json:"rung"`
	Due     calendar.Date `json:"due"`
	At      time.Time     `json:"at"` // when it goes out
	State   State         `json:"state"`

	Attempt    int       `json:"attempt,omitempty"`
	ClaimUntil time.Time `json:"claimUntil,omitzero"`

	SentAt         time.Time     `json:"sentAt,omitzero"`
	Delay          time.Duration `json:"delay,omitempty"` // of a late one
	DeliveredAt    time.Time     `json:"deliveredAt,omitzero"`
	AcknowledgedAt time.Time     `json:"acknowledgedAt,omitzero"`
	SettledAt      time.Time     `json:"settledAt,omitzero"` // superseded, waived or compensated
	Reason         string        `json:"reason,omitempty"`
	Actor          string        `json:"actor,omitempty"` // who settled it
	// Person says that a message alone does not do: it came too late.
	Person bool `json:"person,omitempty"`
}

// refuse is the error of a verb in a state that forbids it.
func (o *Obligation) refuse(verb string, legal ...State) error {
	names := make([]string, len(legal))
	for i, s := range legal {
		names[i] = string(s)
	}
	return &fault.StateError{Thing: "obligation " + o.ID, State: string(o.State), Verb: verb, Legal: strings.Join(names, ", ")}
}

// Claim takes an obligation up for one attempt. A claim of somebody else holds until it ends; one that ends later than any could
// is of a clock that was ahead, and holds no longer.
func (o *Obligation) Claim(now time.Time) error {
	held := o.State == Claimed && now.Before(o.ClaimUntil) && !o.ClaimUntil.After(now.Add(ClaimFor))
	if held || !o.State.Open() {
		return o.refuse("claim", Due)
	}
	o.State, o.ClaimUntil = Claimed, now.Add(ClaimFor).UTC()
	o.Attempt++
	return nil
}

// Bounce says that nobody can carry the message, or that it did not arrive, and why: it is due again, and a person has to see to
// it. Sending it again takes a claim.
func (o *Obligation) Bounce(reason string) error {
	switch o.State {
	case Due, Claimed, Sent, Late:
		o.State, o.ClaimUntil, o.SentAt, o.Delay = Due, time.Time{}, time.Time{}, 0
		o.Reason, o.Person = reason, true
		return nil
	}
	return o.refuse("bounce", Due, Claimed, Sent, Late)
}

// Send says that the sink has the message: in time, or late.
func (o *Obligation) Send(now time.Time) error {
	if o.State != Claimed {
		return o.refuse("send", Claimed)
	}
	o.State, o.ClaimUntil, o.SentAt, o.Reason, o.Person = Sent, time.Time{}, now.UTC(), "", false
	if delay := now.Sub(o.At); delay > Grace {
		o.State, o.Delay = Late, delay
		o.Person = delay > PersonAfter
	}
	return nil
}

// Deliver says that the tenant has the message. A late one stays late.
func (o *Obligation) Deliver(now time.Time) error {
	if o.State != Sent && o.State != Late {
		return o.refuse("deliver", Sent, Late)
	}
	if o.State == Sent {
		o.State = Delivered
	}
	o.DeliveredAt = now.UTC()
	return nil
}

// Acknowledge says that the tenant has answered. How late the message was stays with it.
func (o *Obligation) Acknowledge(now time.Time, actor string) error {
	switch o.State {
	case Sent, Delivered, Late:
		o.State, o.AcknowledgedAt, o.Actor, o.Person = Acknowledged, now.UTC(), actor, false
		return nil
	}
	return o.refuse("acknowledge", Sent, Delivered, Late)
}

// Waive decides that the message need not be sent, and says why.
func (o *Obligation) Waive(now time.Time, actor, reason string) error {
	if o.State != Due {
		return o.refuse("waive", Due)
	}
	return o.settle(Waived, now, actor, reason)
}

// Compensate says how a late message was made up for: by a call, a visit, a coupon.
func (o *Obligation) Compensate(now time.Time, actor, reason string) error {
	if o.State != Late {
		return o.refuse("compensate", Late)
	}
	return o.settle(Compensated, now, actor, reason)
}

// settle ends an obligation with a reason.
func (o *Obligation) settle(s State, now time.Time, actor, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return fault.New("reason", reason, "why, in words that an auditor will read")
	}
	o.State, o.SettledAt, o.Actor, o.Reason = s, now.UTC(), actor, reason
	o.ClaimUntil, o.Person = time.Time{}, false
	return nil
}

// supersede closes an open obligation because something else stands in its place.
func (o *Obligation) supersede(now time.Time, reason string) {
	o.State, o.SettledAt, o.Actor, o.Reason = Superseded, now.UTC(), "service", reason
	o.ClaimUntil = time.Time{}
}
