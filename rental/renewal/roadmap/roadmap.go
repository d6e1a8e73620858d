// Package roadmap is what tenants are entitled to the longer they stay: a cleaning after half a year, the first choice of new
// dwellings after one, a partner's dividend after two. Milestones are days of a life in a dwelling, over renewals; each entitlement
// is granted once (the store keeps one of a life and milestone), and a cleaning becomes a visit once.
package roadmap

import (
	"strings"
	"time"

	"fettle/org/calendar"
	"fettle/rental/fault"
)

// Milestone is a step of the road.
type Milestone string

// The milestones.
const (
	Cleaning Milestone = "FREE_CLEANING"
	Choice   Milestone = "PRIORITY_CHOICE"
	Dividend Milestone = "PARTNER_DIVIDEND"
)

// Step is a milestone with its day.
type Step struct {
	Milestone Milestone
	Months    int
	Day       calendar.Date
}

// Steps is the road of a life that began on a day.
func Steps(start calendar.Date) []Step {
	out := []Step{{Cleaning, 6, start}, {Choice, 12, start}, {Dividend, 24, start}}
	for i := range out {
		out[i].Day = start.AddMonths(out[i].Months)
	}
	return out
}

// State is where an entitlement stands.
type State string

// The states.
const (
	Granted   State = "GRANTED"
	Scheduled State = "SCHEDULED" // a visit is asked for: Order
	Redeemed  State = "REDEEMED"
	Expired   State = "EXPIRED"
)

// Entitlement is one milestone that somebody has reached.
type Entitlement struct {
	Life      string        `json:"life"`  // id of the first lease in the row of renewals
	Lease     string        `json:"lease"` // that ran on the day
	Unit      string        `json:"unit"`
	Milestone Milestone     `json:"milestone"`
	State     State         `json:"state"`
	Day       calendar.Date `json:"day"`     // of the milestone
	Expires   calendar.Date `json:"expires"` // the first day on which it counts no more
	Order     string        `json:"order,omitempty"`
	From      time.Time     `json:"from,omitzero"` // of the visit that is asked for
	To        time.Time     `json:"to,omitzero"`
	Note      string        `json:"note,omitempty"`
	At        time.Time     `json:"at,omitzero"` // when it was redeemed
}

// lasts is how long an entitlement counts, in months.
const lasts = 12

// Grant makes the entitlement of a step that is reached.
func Grant(life, lease, unit string, s Step) Entitlement {
	return Entitlement{Life: life, Lease: lease, Unit: unit, Milestone: s.Milestone, State: Granted, Day: s.Day, Expires: s.Day.AddMonths(lasts)}
}

// On is the state on a day.
func (e *Entitlement) On(today calendar.Date) State {
	if e.State == Granted && !today.Before(e.Expires) {
		return Expired
	}
	return e.State
}

func (e *Entitlement) legal(id, verb string, today calendar.Date, want State) error {
	if state := e.On(today); state != want {
		return &fault.StateError{Thing: "entitlement " + id, State: string(state), Verb: verb, Legal: string(want)}
	}
	return nil
}

// Schedule asks for the visit of a cleaning between two instants. The order has an id that follows from the entitlement, so that
// asking twice makes one.
func (e *Entitlement) Schedule(id string, from, to, now time.Time, today calendar.Date) error {
	if err := e.legal(id, "schedule", today, Granted); err != nil {
		return err
	}
	const shortest, ahead = 2 * time.Hour, 60 * 24 * time.Hour
	switch {
	case e.Milestone != Cleaning:
		return fault.New("id", id, "a FREE_CLEANING: others are redeemed without a visit")
	case from.Before(now) || to.Sub(from) < shortest || to.After(now.Add(ahead)):
		return fault.New("window", from.Format(time.RFC3339), "at least two hours, from now on and within 60 days")
	}
	e.State, e.From, e.To, e.Order = Scheduled, from, to, "wo_"+strings.TrimPrefix(id, "en_")
	return nil
}

// Redeem notes that it was used.
func (e *Entitlement) Redeem(id, note string, now time.Time, today calendar.Date) error {
	if e.State != Scheduled {
		if err := e.legal(id, "redeem", today, Granted); err != nil {
			return err
		}
	}
	if strings.TrimSpace(note) == "" {
		return fault.New("note", note, "what it was used for")
	}
	e.State, e.Note, e.At = Redeemed, note, now
	return nil
}
