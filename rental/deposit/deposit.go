// Package deposit settles what a tenant gets back on moving out: the deposit that was agreed on, the deductions with their
// evidence, and what the books of finance say, side by side. What agrees can be refunded; what does not is listed with both
// figures, and nothing is refunded before somebody has mended it.
//
// All amounts are fen.
package deposit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"fettle/org/calendar"
	"fettle/rental/fault"
)

// State is where a case stands.
type State string

// The states.
const (
	Open     State = "OPEN"     // not compared with the books yet, or they disagree
	Audited  State = "AUDITED"  // everything agrees: the refund may be paid
	Refunded State = "REFUNDED" // paid
)

// Deduction is what is kept back, and why.
type Deduction struct {
	ID       string   `json:"id"`
	What     string   `json:"what"`
	Amount   int64    `json:"amount"`
	Evidence []string `json:"evidence,omitempty"` // names of photographs, reports, invoices
}

// Case is the deposit of a lease that ends.
type Case struct {
	ID         string        `json:"id"`
	Lease      string        `json:"lease"`
	Tenant     string        `json:"tenant"`
	Deposit    int64         `json:"deposit"`
	MovedOut   calendar.Date `json:"movedOut"`
	Deductions []Deduction   `json:"deductions,omitempty"`
	State      State         `json:"state"`
	OpenedAt   time.Time     `json:"openedAt"`
	AuditedAt  time.Time     `json:"auditedAt,omitzero"`
	RefundedAt time.Time     `json:"refundedAt,omitzero"`
	Mismatches []Mismatch    `json:"mismatches,omitempty"` // of the last audit
	Entries    []Entry       `json:"entries,omitempty"`    // the books at the last audit
}

// Validate refuses a case that cannot be settled.
func (c *Case) Validate() error {
	switch {
	case c.Lease == "":
		return fault.New("leaseId", c.Lease, "the id of a lease")
	case c.Deposit < 0:
		return fault.New("depositCents", c.Deposit, "fen, not negative")
	case c.MovedOut.IsZero():
		return fault.New("moveOutDate", c.MovedOut, "the last day in the dwelling, as YYYY-MM-DD")
	}
	seen := map[string]bool{}
	for i, d := range c.Deductions {
		at := fmt.Sprintf("deductions[%d].", i)
		switch {
		case d.ID == "" || seen[d.ID]:
			return fault.New(at+"id", d.ID, "an id that no other deduction of the case has")
		case strings.TrimSpace(d.What) == "":
			return fault.New(at+"what", d.What, "what is deducted for")
		case d.Amount <= 0:
			return fault.New(at+"amountCents", d.Amount, "fen, more than 0")
		}
		seen[d.ID] = true
	}
	return nil
}

// Deducted is the sum of the deductions.
func (c *Case) Deducted() int64 {
	sum := int64(0)
	for _, d := range c.Deductions {
		sum += d.Amount
	}
	return sum
}

// Refund is what the tenant gets back, 0 when more is deducted than was paid.
func (c *Case) Refund() int64 { return max(c.Deposit-c.Deducted(), 0) }

// EntryKind is what the books say happened.
type EntryKind string

// The kinds of entries.
const (
	Received EntryKind = "RECEIVED" // deposit paid by the tenant
	Withheld EntryKind = "WITHHELD" // deduction booked
	Paid     EntryKind = "REFUNDED" // money sent back
)

// Entry is a line of the books of finance.
type Entry struct {
	ID        string        `json:"id"`
	Lease     string        `json:"lease"`
	Kind      EntryKind     `json:"kind"`
	Amount    int64         `json:"amount"` // positive
	Date      calendar.Date `json:"date"`
	Reference string        `json:"reference,omitempty"` // of a deduction, where finance knows it
}

// MismatchKind is how case and books disagree.
type MismatchKind string

// The kinds of mismatches.
const (
	DepositDiffers  MismatchKind = "DEPOSIT_DIFFERS"
	NotBooked       MismatchKind = "DEDUCTION_NOT_BOOKED"
	NotInCase       MismatchKind = "ENTRY_NOT_IN_CASE"
	AmountDiffers   MismatchKind = "AMOUNT_DIFFERS"
	NoEvidence      MismatchKind = "NO_EVIDENCE"
	MoreThanDeposit MismatchKind = "DEDUCTED_MORE_THAN_DEPOSIT"
	PaidTwice       MismatchKind = "REFUND_DIFFERS"
	DoubleEntry     MismatchKind = "ENTRY_TWICE"
)

// Mismatch is one disagreement, with both sides.
type Mismatch struct {
	Kind      MismatchKind `json:"kind"`
	Deduction string       `json:"deduction,omitempty"` // id
	Entry     string       `json:"entry,omitempty"`     // id
	Case      int64        `json:"case"`                // amount by the case
	Books     int64        `json:"books"`               // amount by the books
}

// Audit compares a case with the books of finance; entries of other leases are passed over. The returned case is audited when
// everything agrees and nothing is paid yet, refunded when the books show the refund, and open otherwise.
func (c *Case) Audit(books []Entry, now time.Time) Case {
	out := *c
	out.Mismatches, out.Entries, out.State = nil, nil, Open
	out.AuditedAt, out.RefundedAt = time.Time{}, time.Time{}
	a := &audit{c: &out}
	a.take(books)
	a.deductions()
	a.sums()
	switch {
	case len(out.Mismatches) > 0:
	case a.paid > 0 || out.Refund() == 0 && c.State == Refunded:
		out.State, out.AuditedAt, out.RefundedAt = Refunded, cmp.Or(c.AuditedAt, now.UTC()), cmp.Or(c.RefundedAt, now.UTC())
	default:
		out.State, out.AuditedAt = Audited, cmp.Or(c.AuditedAt, now.UTC())
	}
	return out
}

// audit is the state of one comparison.
type audit struct {
	c              *Case
	withheld       []Entry // not matched yet
	received, paid int64
}

func (a *audit) miss(m Mismatch) { a.c.Mismatches = append(a.c.Mismatches, m) }

// take sorts the entries of the lease; an id that comes twice is a mistake of the books or of the import.
func (a *audit) take(books []Entry) {
	seen := map[string]bool{}
	for _, e := range books {
		if e.Lease != a.c.Lease {
			continue
		}
		if seen[e.ID] {
			a.miss(Mismatch{Kind: DoubleEntry, Entry: e.ID, Books: e.Amount})
			continue
		}
		seen[e.ID] = true
		a.c.Entries = append(a.c.Entries, e)
		switch e.Kind {
		case Received:
			a.received += e.Amount
		case Paid:
			a.paid += e.Amount
		default:
			a.withheld = append(a.withheld, e)
		}
	}
}

// deductions finds the entry of each: by reference first, then by amount, so that two deductions of the same amount do not
// trade the entry that names one of them.
func (a *audit) deductions() {
	rest := slices.DeleteFunc(slices.Clone(a.c.Deductions), func(d Deduction) bool {
		if len(d.Evidence) == 0 {
			a.miss(Mismatch{Kind: NoEvidence, Deduction: d.ID, Case: d.Amount})
		}
		e, ok := a.pick(func(e Entry) bool { return e.Reference == d.ID })
		if ok && e.Amount != d.Amount {
			a.miss(Mismatch{Kind: AmountDiffers, Deduction: d.ID, Entry: e.ID, Case: d.Amount, Books: e.Amount})
		}
		return ok
	})
	for _, d := range rest {
		if _, ok := a.pick(func(e Entry) bool { return e.Reference == "" && e.Amount == d.Amount }); !ok {
			a.miss(Mismatch{Kind: NotBooked, Deduction: d.ID, Case: d.Amount})
		}
	}
	for _, e := range a.withheld {
		a.miss(Mismatch{Kind: NotInCase, Entry: e.ID, Books: e.Amount})
	}
}

// pick takes the first entry that fits out of those that are not matched.
func (a *audit) pick(fits func(Entry) bool) (Entry, bool) {
	i := slices.IndexFunc(a.withheld, fits)
	if i < 0 {
		return Entry{}, false
	}
	e := a.withheld[i]
	a.withheld = slices.Delete(a.withheld, i, i+1)
	return e, true
}

// sums compares totals.
func (a *audit) sums() {
	if a.received != a.c.Deposit {
		a.miss(Mismatch{Kind: DepositDiffers, Case: a.c.Deposit, Books: a.received})
	}
	if over := a.c.Deducted(); over > a.c.Deposit {
		a.miss(Mismatch{Kind: MoreThanDeposit, Case: over, Books: a.received})
	}
	if a.paid != 0 && a.paid != a.c.Refund() {
		a.miss(Mismatch{Kind: PaidTwice, Case: a.c.Refund(), Books: a.paid})
	}
}
