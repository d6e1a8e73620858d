package proposal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fettle/org/calendar"
	"fettle/rental/fault"
	"fettle/rental/lease"
)

// State is where a proposal stands.
type State string

// The states.
const (
	Offered   State = "OFFERED"   // the tenant can open it
	Viewed    State = "VIEWED"    // the tenant has
	Countered State = "COUNTERED" // the tenant wants something else: the operator's turn
	Accepted  State = "ACCEPTED"  // the lease that follows is drafted
	Declined  State = "DECLINED"
	Withdrawn State = "WITHDRAWN" // by the operator
	Expired   State = "EXPIRED"
)

// Open reports whether something can still come of the proposal.
func (s State) Open() bool { return s == Offered || s == Viewed || s == Countered }

// Proposal is what one lease is offered.
type Proposal struct {
	Lease    lease.ID      `json:"lease"`
	Tenant   string        `json:"tenant"`
	Unit     string        `json:"unit"`
	State    State         `json:"state"`
	Start    calendar.Date `json:"start"` // first day of the lease that would follow
	Prices   []Price       `json:"prices"`
	Options  []Option      `json:"options,omitempty"`
	Budget   int64         `json:"budget,omitempty"` // fen that a choice may cost at most; 0 for any
	Expires  time.Time     `json:"expires"`
	Greeting string        `json:"greeting,omitempty"`
	Figures  []Figure      `json:"figures,omitempty"`
	Touch    string        `json:"touch,omitempty"` // the touch point through which it was opened first

	Choice  *Choice  `json:"choice,omitempty"` // what was accepted
	Takes   []Taking `json:"takes,omitempty"`
	Total   int64    `json:"total,omitempty"` // fen, of what was accepted
	Next    lease.ID `json:"next,omitempty"`  // the lease that was drafted
	Counter *Counter `json:"counter,omitempty"`
	Reason  string   `json:"reason,omitempty"` // why it was declined or withdrawn

	ViewedAt time.Time `json:"viewedAt,omitzero"` // when it was opened first
	EndedAt  time.Time `json:"endedAt,omitzero"`
}

// Counter is what the tenant wants instead.
type Counter struct {
	Months int       `json:"months,omitempty"`
	Rent   int64     `json:"rent,omitempty"` // fen a month
	Note   string    `json:"note,omitempty"`
	At     time.Time `json:"at"`
}

// Figure is one figure of the life in the dwelling, and how anybody comes to the same.
type Figure struct {
	Name       string  `json:"name"` // stable, as "repairs"
	Value      float64 `json:"value"`
	Unit       string  `json:"unit"` // as "months"
	Definition string  `json:"definition"`
	Source     string  `json:"source"` // as "WORK_ORDERS"
	Query      string  `json:"query"`  // a request to the API whose answer holds what was counted
}

// Bounds of a proposal.
const (
	MaxMonths = 60
	MaxLife   = 90 * 24 * time.Hour // until it expires
)

// New offers a lease something. Prices are for different numbers of months, of which there is at least one.
func New(p Proposal, now time.Time) (Proposal, error) {
	p.State = Offered
	return p, p.check(now)
}

func (p *Proposal) check(now time.Time) error {
	if len(p.Prices) == 0 {
		return fault.New("prices", "", "at least one price")
	}
	for i, x := range p.Prices {
		at := fmt.Sprintf("prices[%d]", i)
		switch {
		case x.Months < 1 || x.Months > MaxMonths:
			return fault.New(at+".months", x.Months, fmt.Sprintf("1 to %d", MaxMonths))
		case x.Rent < 1:
			return fault.New(at+".rentCents", x.Rent, "fen a month, more than 0")
		case slices.ContainsFunc(p.Prices[:i], func(y Price) bool { return y.Months == x.Months }):
			return fault.New(at+".months", x.Months, "each number of months once")
		case p.maxDays() >= x.Months*DaysOfMonth:
			return fault.New(at+".months", x.Months, fmt.Sprintf("more than the %d free days that are offered", p.maxDays()))
		}
	}
	switch {
	case p.Budget < 0:
		return fault.New("budgetCents", p.Budget, "fen, not negative")
	case !p.Expires.After(now) || p.Expires.After(now.Add(MaxLife)):
		return fault.New("expireTime", p.Expires.Format(time.RFC3339), "a time after now, at most 90 days away")
	}
	return nil
}

// legal refuses a verb from other states, and every verb after the proposal has expired.
func (p *Proposal) legal(id, verb string, now time.Time, from ...State) error {
	state := p.On(now)
	if slices.Contains(from, state) {
		return nil
	}
	names := make([]string, len(from))
	for i, s := range from {
		names[i] = string(s)
	}
	return &fault.StateError{Thing: "renewal " + id, State: string(state), Verb: verb, Legal: strings.Join(names, ", ")}
}

// On is the state at an instant: a proposal expires by the clock, whether anybody has noted it or not.
func (p *Proposal) On(now time.Time) State {
	if p.State.Open() && !now.Before(p.Expires) {
		return Expired
	}
	return p.State
}

// View notes that the tenant has opened it, through a touch point when one is named. Opened again it stays as it is.
func (p *Proposal) View(id, touch string, now time.Time) error {
	if err := p.legal(id, "view", now, Offered, Viewed, Countered, Accepted); err != nil {
		return err
	}
	if p.State == Offered {
		p.State = Viewed
	}
	if p.ViewedAt.IsZero() {
		p.ViewedAt, p.Touch = now, touch
	}
	return nil
}

// Want notes what the tenant wants instead.
func (p *Proposal) Want(id string, c Counter, now time.Time) error {
	if err := p.legal(id, "counter", now, Offered, Viewed, Countered); err != nil {
		return err
	}
	if c.Rent < 0 || c.Months < 0 || c.Months > MaxMonths {
		return fault.New("counter", c.Rent, fmt.Sprintf("a rent in fen and 0 to %d months", MaxMonths))
	}
	if c.Rent == 0 && c.Months == 0 && strings.TrimSpace(c.Note) == "" {
		return fault.New("counter.note", c.Note, "what is wanted: months, rentCents or a note")
	}
	c.At = now
	p.State, p.Counter = Countered, &c
	return nil
}

// Revise offers something else, in answer to a counter or before one. What the tenant wanted stays in the record.
func (p *Proposal) Revise(id string, next Proposal, now time.Time) error {
	if err := p.legal(id, "revise", now, Offered, Viewed, Countered); err != nil {
		return err
	}
	c := *p
	c.Prices, c.Options, c.Budget, c.Expires, c.Greeting, c.State = next.Prices, next.Options, next.Budget, next.Expires, next.Greeting, Offered
	if err := c.check(now); err != nil {
		return err
	}
	*p = c
	return nil
}

// Accept settles the proposal by a choice; next is the lease that is drafted in the same change.
func (p *Proposal) Accept(id string, c Choice, next lease.ID, now time.Time) (Quote, error) {
	if err := p.legal(id, "accept", now, Offered, Viewed, Countered); err != nil {
		return Quote{}, err
	}
	q, err := p.Quote(c)
	if err != nil {
		return Quote{}, err
	}
	p.State, p.Choice, p.Takes, p.Total, p.Next, p.EndedAt = Accepted, &c, q.Takes, q.Total, next, now
	return q, nil
}

// Decline says that the tenant does not want to stay on these terms.
func (p *Proposal) Decline(id, reason string, now time.Time) error {
	if err := p.legal(id, "decline", now, Offered, Viewed, Countered); err != nil {
		return err
	}
	p.State, p.Reason, p.EndedAt = Declined, reason, now
	return nil
}

// Withdraw takes the proposal back.
func (p *Proposal) Withdraw(id, reason string, now time.Time) error {
	if err := p.legal(id, "withdraw", now, Offered, Viewed, Countered); err != nil {
		return err
	}
	p.State, p.Reason, p.EndedAt = Withdrawn, reason, now
	return nil
}

// Expire notes that the time is over; false when there is nothing to note.
func (p *Proposal) Expire(now time.Time) bool {
	if p.State == Expired || p.On(now) != Expired {
		return false
	}
	p.State, p.EndedAt = Expired, p.Expires
	return true
}
