package lease

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"fettle/org/calendar"
	"fettle/rental/fault"
)

// ID names a lease within its org.
type ID string

// ExpiringDays is how long before its last day an active lease counts as expiring: from the first rung of the ladder of
// reminders on.
const ExpiringDays = 60

// Lease is a housing contract. Terms are its versions in order; there is at least one.
type Lease struct {
	ID       ID      `json:"id"`
	Tenant   string  `json:"tenant"` // id of the household
	Unit     string  `json:"unit"`   // id of the dwelling
	Number   string  `json:"number,omitempty"`
	State    State   `json:"state"`
	Terms    []Terms `json:"terms"`
	Previous ID      `json:"previous,omitempty"` // the lease that this one renews
	Next     ID      `json:"next,omitempty"`     // the lease that renews this one
	// SignedAt is when it was signed, which made it active; ClosedAt when it was renewed or terminated.
	SignedAt time.Time     `json:"signedAt,omitzero"`
	ClosedAt time.Time     `json:"closedAt,omitzero"`
	LeftOn   calendar.Date `json:"leftOn,omitzero"` // last day in the dwelling, of a terminated lease
	Reason   string        `json:"reason,omitempty"`
	Note     string        `json:"note,omitempty"`
}

// Moment is when something happens, and on whose wall.
type Moment struct {
	At    time.Time
	Zone  *time.Location // of the org
	Actor string
}

// Today is the day in the zone of the org.
func (m Moment) Today() calendar.Date { return calendar.DateOf(m.At, m.Zone) }

// New drafts a lease.
func New(l Lease, t Terms, m Moment) (Lease, error) {
	switch {
	case l.ID == "":
		return Lease{}, fault.New("id", l.ID, "an id")
	case l.Tenant == "":
		return Lease{}, fault.New("tenantId", l.Tenant, "the id of a tenant")
	case l.Unit == "":
		return Lease{}, fault.New("unitId", l.Unit, "the id of a unit")
	}
	if err := t.check(m.Today()); err != nil {
		return Lease{}, err
	}
	t.Version, t.From, t.Actor = 1, m.At.UTC(), m.Actor
	l.State, l.Terms = Draft, []Terms{t}
	return l, nil
}

// Current is the version of the terms that is in force.
func (l *Lease) Current() *Terms { return &l.Terms[len(l.Terms)-1] }

// clone is a copy whose versions can be appended to.
func (l *Lease) clone() Lease {
	c := *l
	c.Terms = slices.Clone(l.Terms)
	return c
}

// Amend agrees on other terms as a new version. Terms that change nothing leave the lease as it is. A lease that is being
// signed is withdrawn first: what somebody signs does not change under the pen.
func (l *Lease) Amend(t Terms, m Moment) (Lease, error) {
	if err := l.legal(VerbAmend); err != nil {
		return Lease{}, err
	}
	if (t.Class == OpenEnded || t.Open != nil) && l.Current().Class != OpenEnded {
		return Lease{}, fault.New("openEnded", "", "the verb approveOpenEnded, for a lease that was not open-ended before")
	}
	return l.agree(t, m)
}

// agree appends a version.
func (l *Lease) agree(t Terms, m Moment) (Lease, error) {
	if err := t.check(m.Today()); err != nil {
		return Lease{}, err
	}
	if t.same(l.Current()) {
		return l.clone(), nil
	}
	t.Version, t.From, t.Actor = l.Current().Version+1, m.At.UTC(), m.Actor
	c := l.clone()
	c.Terms = append(c.Terms, t)
	return c.on(m.Today()), nil
}

// Sign hands the lease to those who sign it.
func (l *Lease) Sign(Moment) (Lease, error) {
	if err := l.settled(VerbSign); err != nil {
		return Lease{}, err
	}
	c := l.clone()
	c.State = Signing
	return c, nil
}

// Withdraw takes a lease back that was handed out for signing.
func (l *Lease) Withdraw(reason string, _ Moment) (Lease, error) {
	if err := l.legal(VerbWithdraw); err != nil {
		return Lease{}, err
	}
	c := l.clone()
	c.State, c.Reason = Draft, reason
	return c, nil
}

// Activate says that everybody has signed, on paper when it was a draft.
func (l *Lease) Activate(m Moment) (Lease, error) {
	if err := l.settled(VerbActivate); err != nil {
		return Lease{}, err
	}
	c := l.clone()
	c.State, c.SignedAt, c.Reason = Active, c.Current().signedAt(m), ""
	return c.on(m.Today()), nil
}

// signedAt is when the contract was signed: now, or at noon of an earlier day that was said.
func (t *Terms) signedAt(m Moment) time.Time {
	const noon = 12
	if !t.Signed.IsZero() {
		if at := t.Signed.At(calendar.Clock{Hour: noon}, m.Zone); at.Before(m.At) {
			return at.UTC()
		}
	}
	return m.At.UTC()
}

// settled is legal, and refuses what nobody has settled the end of.
func (l *Lease) settled(v Verb) error {
	if err := l.legal(v); err != nil {
		return err
	}
	if t := l.Current(); t.Class == Unsettled {
		return fault.New("class", t.Class, "an end date or an approval as open-ended before "+string(v)+": "+t.Doubt)
	}
	return nil
}

// Renewal drafts the lease that follows: it begins the day after the last one and keeps what t leaves unset. The lease that
// it renews stays as it is, with its reminders, until the new one is active (Renew).
func (l *Lease) Renewal(id ID, t Terms, m Moment) (Lease, error) {
	if err := l.legal(VerbRenew); err != nil {
		return Lease{}, err
	}
	if l.Next != "" {
		return Lease{}, &fault.StateError{Thing: "lease " + string(l.ID), State: "being renewed by " + string(l.Next), Verb: string(VerbRenew), Legal: "a lease without a renewal"}
	}
	old := l.Current()
	if t.Start.IsZero() && !old.End.IsZero() {
		t.Start = old.End.Add(1)
	}
	if t.Rent == 0 {
		t.Rent = old.Rent
	}
	if t.Deposit == 0 {
		t.Deposit = old.Deposit
	}
	if t.Cycle == "" {
		t.Cycle = old.Cycle
	}
	if !old.End.IsZero() && !t.Start.After(old.End) {
		return Lease{}, fault.New("startDate", t.Start, "a day after "+old.End.String()+", the last of the lease that is renewed")
	}
	return New(Lease{ID: id, Tenant: l.Tenant, Unit: l.Unit, Number: renewedNumber(l.Number), Previous: l.ID}, t, m)
}

// renewedNumber is the number of the lease that follows one: HT-17 is followed by HT-17-R1, that by HT-17-R2. What has no number is followed by
// what has none, and one that is as long as numbers may be stays as it is.
func renewedNumber(number string) string {
	const longest, mark = 100, "-R"
	n, stem := 1, number
	if i := strings.LastIndex(number, mark); i > 0 {
		if before, err := strconv.ParseUint(number[i+len(mark):], 10, 16); err == nil && before > 0 {
			n, stem = int(before)+1, number[:i]
		}
	}
	next := stem + mark + strconv.Itoa(n)
	if number == "" || utf8.RuneCountInString(next) > longest {
		return number
	}
	return next
}

// Announce notes the draft that is to follow. An empty id takes it back.
func (l *Lease) Announce(next ID) Lease {
	c := l.clone()
	c.Next = next
	return c
}

// Renew closes the lease because another one, which is active, follows it: since at, when that one was signed.
func (l *Lease) Renew(next ID, at time.Time) (Lease, error) {
	if err := l.legal(VerbRenew); err != nil {
		return Lease{}, err
	}
	c := l.clone()
	c.State, c.Next, c.ClosedAt = Renewed, next, at.UTC()
	return c, nil
}

// Terminate closes the lease before its time. The day is the last one in the dwelling; today unless it is set.
func (l *Lease) Terminate(on calendar.Date, reason string, m Moment) (Lease, error) {
	if err := l.legal(VerbTerminate); err != nil {
		return Lease{}, err
	}
	if strings.TrimSpace(reason) == "" {
		return Lease{}, fault.New("reason", reason, "why the lease ends")
	}
	if on.IsZero() {
		on = m.Today()
	}
	c := l.clone()
	c.State, c.LeftOn, c.Reason, c.ClosedAt = Terminated, on, reason, m.At.UTC()
	return c, nil
}

// Approve makes the lease open-ended, or approves it again until a later review. A lease whose end date is still to come
// cannot be: the date would silently stop to count.
func (l *Lease) Approve(a Approval, m Moment) (Lease, error) {
	if err := l.legal(VerbApprove); err != nil {
		return Lease{}, err
	}
	t := *l.Current()
	if t.Class == FixedTerm && !t.End.Before(m.Today()) {
		return Lease{}, fault.New("endDate", t.End, "no end date, for an open-ended lease: a lease with an end date cannot be without one")
	}
	t.Class, t.Open, t.Doubt, t.End = OpenEnded, &a, "", calendar.Date{}
	c, err := l.agree(t, m)
	if err == nil && c.State == Expired {
		c.State = Active
	}
	return c, err
}

// Expire says that the last day is over. It is an error before that.
func (l *Lease) Expire(m Moment) (Lease, error) {
	if err := l.legal(VerbExpire); err != nil {
		return Lease{}, err
	}
	if t := l.Current(); t.End.IsZero() || !m.Today().After(t.End) {
		return Lease{}, fault.New("endDate", t.End, "a day before "+m.Today().String()+", which is today")
	}
	return l.On(m.Today()), nil
}

// On returns the lease as it is on a day: active leases begin to expire, and expire, by the calendar alone.
func (l *Lease) On(today calendar.Date) Lease {
	c := l.clone()
	return c.on(today)
}

func (l Lease) on(today calendar.Date) Lease {
	if l.State != Active && l.State != Expiring {
		return l
	}
	switch end := l.Current().End; {
	case end.IsZero() || today.Before(end.Add(-ExpiringDays)):
		l.State = Active
	case today.After(end):
		l.State = Expired
	default:
		l.State = Expiring
	}
	return l
}

// Changes is the next day on which On changes the state; not set when the calendar changes it no more.
func (l *Lease) Changes() calendar.Date {
	end := l.Current().End
	switch {
	case end.IsZero():
	case l.State == Active:
		return end.Add(-ExpiringDays)
	case l.State == Expiring:
		return end.Add(1)
	}
	return calendar.Date{}
}

// Standing is whether somebody will hear of the end of a lease.
type Standing string

// The standings: each lease has exactly one.
const (
	Scheduled         Standing = "SCHEDULED" // it has a last day, and a ladder of reminders before it
	ApprovedOpenEnded Standing = "APPROVED_OPEN_ENDED"
	Exception         Standing = "EXCEPTION" // somebody must look at it
)

// Standing says where a lease stands on a day, and why when it is an exception.
func (l *Lease) Standing(today calendar.Date) (Standing, string) {
	switch t := l.Current(); {
	case t.Class == FixedTerm:
		return Scheduled, ""
	case t.Class == OpenEnded && t.Open.Review.Before(today) && !l.State.Closed():
		return Exception, "its review was due on " + t.Open.Review.String()
	case t.Class == OpenEnded:
		return ApprovedOpenEnded, ""
	default:
		return Exception, t.Doubt
	}
}
