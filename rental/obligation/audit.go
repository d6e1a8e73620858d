package obligation

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"time"

	"fettle/org/calendar"
	"fettle/rental/lease"
)

// Expect returns the rungs of the floor that a lease has called for in its whole life, from the lease alone: those of each
// version of its terms whose instant came while that version was in force. It does not look at any obligation.
func Expect(l *lease.Lease, p *Policy) []Obligation {
	floor := Policy{Zone: p.Zone, Hour: p.Hour} // touches are a choice, the floor is owed
	var out []Obligation
	for i := range l.Terms {
		until := l.ClosedAt
		if i+1 < len(l.Terms) {
			until = l.Terms[i+1].From
		}
		for _, o := range floor.of(l, &l.Terms[i]) {
			if until.IsZero() || o.At.Before(until) {
				out = append(out, o)
			}
		}
	}
	return out
}

// Fault is an obligation that a lease called for and nobody can account for.
type Fault struct {
	ID    string        `json:"id"`
	Lease lease.ID      `json:"lease"`
	Due   calendar.Date `json:"due"`
	Why   string        `json:"why"`
}

// Exceptional is a lease in no order, with the reason.
type Exceptional struct {
	Lease lease.ID `json:"lease"`
	Why   string   `json:"why"`
}

// Certificate is what an Auditor found. It certifies zero missed reminders when Zero reports true.
type Certificate struct {
	From calendar.Date `json:"from"` // first day, in the zone of the org
	To   calendar.Date `json:"to"`   // first day after
	Asof time.Time     `json:"asOf"`

	Leases     int           `json:"leases"` // of every state; Scheduled + OpenEnded + Exceptions
	Scheduled  int           `json:"scheduled"`
	OpenEnded  int           `json:"openEnded"`
	Exceptions []Exceptional `json:"exceptions,omitempty"`

	Expected int `json:"expected"` // rungs whose instant was in the time, by the leases; the sum of the eight below
	Pending  int `json:"pending"`  // due less than Grace ago
	InTime   int `json:"inTime"`   // sent, delivered or acknowledged
	Late     int `json:"late"`
	// Superseded are accounted for by what stands in their place, Waived and Compensated by somebody's decision.
	Superseded  int     `json:"superseded"`
	Waived      int     `json:"waived"`
	Compensated int     `json:"compensated"`
	Future      int     `json:"future"` // not due yet
	Missing     []Fault `json:"missing,omitempty"`

	// Hash is the SHA-256 of all leases and obligations that were looked at, in the order in which they came.
	Hash string `json:"hash"`
}

// Zero reports whether every reminder of the time is accounted for.
func (c *Certificate) Zero() bool { return len(c.Missing) == 0 }

// Auditor compares leases with obligations, one lease after the other, in memory that does not grow with their number.
type Auditor struct {
	policy Policy
	now    time.Time
	c      Certificate
	sum    hash.Hash
}

// NewAuditor begins an audit of the rungs whose instant lies on the days from and after, and before to, as of an instant.
func NewAuditor(p *Policy, from, to calendar.Date, now time.Time) *Auditor {
	return &Auditor{policy: *p, now: now, c: Certificate{From: from, To: to, Asof: now.UTC()}, sum: sha256.New()}
}

// Add takes a lease with all its obligations.
func (a *Auditor) Add(l *lease.Lease, has []Obligation) {
	byID := make(map[string]*Obligation, len(has))
	a.write("lease", l.ID, l.State, len(l.Terms), l.Current().Class, l.Current().Start, l.Current().End)
	for i := range has {
		o := &has[i]
		byID[o.ID] = o
		a.write(o.ID, o.Due, o.At.UnixNano(), o.State, o.SentAt.UnixNano(), o.SettledAt.UnixNano(), o.Reason)
	}
	var lost *Obligation
	for _, want := range Expect(l, &a.policy) {
		if byID[want.ID] == nil && lost == nil {
			lost = &want
		}
		if day := calendar.DateOf(want.At, a.policy.Zone); day.Before(a.c.From) || !day.Before(a.c.To) {
			continue
		}
		a.c.Expected++
		a.account(&want, byID[want.ID])
	}
	a.stand(l, lost)
}

// write adds a line to the hash.
func (a *Auditor) write(values ...any) { _, _ = fmt.Fprintf(a.sum, "%q\n", fmt.Sprint(values...)) }

// stand counts where a lease stands. A lease that lacks an obligation is an exception, whatever its terms say.
func (a *Auditor) stand(l *lease.Lease, lost *Obligation) {
	a.c.Leases++
	standing, why := l.Standing(calendar.DateOf(a.now, a.policy.Zone))
	if lost != nil {
		standing, why = lease.Exception, "its obligation "+lost.ID+" is gone"
	}
	switch standing {
	case lease.Scheduled:
		a.c.Scheduled++
	case lease.ApprovedOpenEnded:
		a.c.OpenEnded++
	default:
		a.c.Exceptions = append(a.c.Exceptions, Exceptional{l.ID, why})
	}
}

// account says what has become of an expected rung.
func (a *Auditor) account(want, has *Obligation) {
	why := ""
	switch {
	case has == nil:
		why = "there is no record of it"
	case has.Due != want.Due || !has.At.Equal(want.At):
		why = fmt.Sprintf("its record is of %s (%s)", has.Due, has.At.Format(time.RFC3339))
	case has.State.Open() && a.now.After(want.At.Add(Grace)):
		why = "it is " + string(has.State) + " and overdue"
	case has.State.Open() && want.At.After(a.now):
		a.c.Future++
	case has.State.Open():
		a.c.Pending++
	default:
		why = a.settled(has)
	}
	if why != "" {
		a.c.Missing = append(a.c.Missing, Fault{want.ID, want.Lease, want.Due, why})
	}
}

// settled counts a rung that is over, or says why its record proves nothing.
func (a *Auditor) settled(o *Obligation) string {
	proof := o.Reason != "" && !o.SettledAt.IsZero()
	count := map[State]*int{
		Superseded: &a.c.Superseded, Waived: &a.c.Waived, Compensated: &a.c.Compensated,
		Late: &a.c.Late, Sent: &a.c.InTime, Delivered: &a.c.InTime, Acknowledged: &a.c.InTime,
	}[o.State]
	if o.State.Reached() && o.State != Compensated {
		proof = !o.SentAt.IsZero()
	}
	if !proof || count == nil {
		return "it is " + string(o.State) + " without a record of how"
	}
	*count++
	return ""
}

// Result ends the audit.
func (a *Auditor) Result() Certificate {
	c := a.c
	c.Hash = hex.EncodeToString(a.sum.Sum(nil))
	return c
}
