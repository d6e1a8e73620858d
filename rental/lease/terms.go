package lease

import (
	"strings"
	"time"

	"fettle/org/calendar"
	"fettle/rental/fault"
)

// Class is how the end of a lease is settled. Every lease is in exactly one.
type Class string

// The classes.
const (
	// FixedTerm leases have a last day.
	FixedTerm Class = "FIXED_TERM"
	// OpenEnded leases have none, and somebody who answers for that until a day of review.
	OpenEnded Class = "OPEN_ENDED"
	// Unsettled leases came from an older list with an end that cannot be trusted, such as "长期有效" beside a date. They are
	// drafts until somebody settles them, and are shown as exceptions all the while.
	Unsettled Class = "UNSETTLED"
)

// Cycle is how often rent is paid.
type Cycle string

// The cycles.
const (
	Monthly    Cycle = "MONTHLY"
	Quarterly  Cycle = "QUARTERLY"
	HalfYearly Cycle = "HALF_YEARLY"
	Yearly     Cycle = "YEARLY"
)

// Months is the length of a cycle, 0 for a cycle that is none.
func (c Cycle) Months() int {
	return map[Cycle]int{Monthly: 1, Quarterly: 3, HalfYearly: 6, Yearly: 12}[c]
}

// Valid reports whether the cycle is one of the constants.
func (c Cycle) Valid() bool { return c.Months() > 0 }

// MaxReviewDays is how far off the review of an open-ended lease may be.
const MaxReviewDays = 365

// Approval is why a lease may have no last day, and who answers for it.
type Approval struct {
	Reason   string        `json:"reason"`
	Approver string        `json:"approver"`
	Review   calendar.Date `json:"review"` // at most MaxReviewDays after the day of approval
}

// Terms are one version of what was agreed.
type Terms struct {
	Version int           `json:"version"` // from 1
	Class   Class         `json:"class"`
	Start   calendar.Date `json:"start"`         // first day
	End     calendar.Date `json:"end,omitzero"`  // last day; not set unless the class is FixedTerm
	Rent    int64         `json:"rent"`          // fen a month
	Deposit int64         `json:"deposit"`       // fen
	Cycle   Cycle         `json:"cycle"`         // Monthly when left empty
	Open    *Approval     `json:"open,omitzero"` // for OpenEnded
	Doubt   string        `json:"doubt,omitempty"`
	// Signed is the day on which a contract was signed that is recorded later; not set when it is recorded as it is signed.
	Signed calendar.Date `json:"signed,omitzero"`
	From   time.Time     `json:"from"` // when this version was committed
	Actor  string        `json:"actor"`
}

// check completes terms that come from outside and refuses those that no rule covers. Today is the day in the zone of the org.
func (t *Terms) check(today calendar.Date) error {
	if t.Cycle == "" {
		t.Cycle = Monthly
	}
	if t.Class == "" {
		t.Class = FixedTerm
		if t.Open != nil {
			t.Class = OpenEnded
		}
	}
	switch {
	case t.Start.IsZero():
		return fault.New("startDate", t.Start, "the first day of the lease, as YYYY-MM-DD")
	case t.Rent < 0:
		return fault.New("rentCents", t.Rent, "fen a month, not negative")
	case t.Deposit < 0:
		return fault.New("depositCents", t.Deposit, "fen, not negative")
	case t.Signed.After(today):
		return fault.New("signedDate", t.Signed, "a day not after "+today.String()+", which is today")
	case !t.Cycle.Valid():
		return fault.New("paymentCycle", t.Cycle, "one of MONTHLY, QUARTERLY, HALF_YEARLY, YEARLY")
	}
	if t.Class != Unsettled {
		t.Doubt = ""
	}
	switch t.Class {
	case FixedTerm:
		return t.checkFixed()
	case OpenEnded:
		return t.checkOpen(today)
	case Unsettled:
		if strings.TrimSpace(t.Doubt) == "" {
			return fault.New("doubt", t.Doubt, "what is not settled about the end of this lease")
		}
		return nil
	}
	return fault.New("class", t.Class, "FIXED_TERM with an end date or OPEN_ENDED with an approval")
}

func (t *Terms) checkFixed() error {
	switch {
	case t.Open != nil:
		return fault.New("openEnded", t.Open.Reason, "nothing, for a lease with an end date: only an open-ended lease is approved as one")
	case t.End.IsZero():
		return fault.New("endDate", t.End, "the last day of the lease as YYYY-MM-DD, or openEnded with reason, approver and review date")
	case t.End.Before(t.Start):
		return fault.New("endDate", t.End, "a day not before startDate "+t.Start.String())
	}
	return nil
}

func (t *Terms) checkOpen(today calendar.Date) error {
	if !t.End.IsZero() {
		return fault.New("endDate", t.End, "nothing, for an open-ended lease: a lease with an end date cannot be without one")
	}
	if t.Open == nil {
		return fault.New("openEnded", "", "reason, approver and review date")
	}
	return t.Open.check(today)
}

// check refuses an approval for which nobody answers, or for too long.
func (a *Approval) check(today calendar.Date) error {
	last := today.Add(MaxReviewDays)
	switch {
	case strings.TrimSpace(a.Reason) == "":
		return fault.New("openEnded.reason", a.Reason, "why this lease has no end")
	case strings.TrimSpace(a.Approver) == "":
		return fault.New("openEnded.approver", a.Approver, "who answers for it")
	case a.Review.IsZero() || !a.Review.After(today) || a.Review.After(last):
		return fault.New("openEnded.reviewDate", a.Review, "a day after "+today.String()+" and not after "+last.String())
	}
	return nil
}

// same reports whether two versions agree on everything but who wrote them and when.
func (t *Terms) same(o *Terms) bool {
	a, b := *t, *o
	a.Version, a.From, a.Actor, a.Open = b.Version, b.From, b.Actor, b.Open
	open := t.Open == o.Open || t.Open != nil && o.Open != nil && *t.Open == *o.Open
	return a == b && open
}
