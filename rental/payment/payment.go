// Package payment is what tenants have paid and what their leases call for: payments in minor units of a currency, the
// instalments of a lease, and which payments cover which. It is plain values and their rules.
//
// Read payment.go, then statement.go.
package payment

import (
	"regexp"
	"strings"

	"fettle/invalid"
	"fettle/org/calendar"
	"fettle/rental/fault"
)

// Kind is what was paid for.
type Kind string

// The kinds.
const (
	Rent      Kind = "RENT"
	Deposit   Kind = "DEPOSIT"
	Utilities Kind = "UTILITIES"
	Fee       Kind = "FEE"
)

// State is where a payment stands.
type State string

// The states.
const (
	Received State = "RECEIVED"
	Reversed State = "REVERSED" // sent back, or booked by mistake
)

// Payment is money that came in. It is never changed, only reversed.
type Payment struct {
	Lease     string        `json:"lease"`
	Kind      Kind          `json:"kind"`
	Amount    int64         `json:"amount"` // minor units: fen for CNY
	Currency  string        `json:"currency"`
	Due       calendar.Date `json:"due,omitzero"` // when it should have come
	Paid      calendar.Date `json:"paid"`
	Method    string        `json:"method,omitempty"`    // as "WeChat Pay"
	Reference string        `json:"reference,omitempty"` // of the bank or the provider; one payment has it
	Note      string        `json:"note,omitempty"`
	State     State         `json:"state"`
	Reason    string        `json:"reason,omitempty"` // why it was reversed
}

// MaxAmount is the most that is believed, in minor units.
const MaxAmount = 100_000_000_000

var currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)

// Check refuses what is no payment.
func (p *Payment) Check() error {
	switch {
	case p.Lease == "":
		return &invalid.Error{Field: "leaseId", Want: "the lease that it was paid for"}
	case p.Amount < 1 || p.Amount > MaxAmount:
		return fault.New("amountMinor", p.Amount, "1 to 100000000000 minor units, as fen")
	case !currencyForm.MatchString(p.Currency):
		return &invalid.Error{Field: "currency", Value: p.Currency, Want: "three capital letters of ISO 4217, as CNY"}
	case p.Paid.IsZero():
		return &invalid.Error{Field: "paidDate", Want: "the day on which it came in, as YYYY-MM-DD"}
	}
	return nil
}

// Late is how many days after its day a payment came in, 0 for one in time or without a day.
func (p *Payment) Late() int {
	if p.Due.IsZero() {
		return 0
	}
	return max(p.Paid.Sub(p.Due), 0)
}

// Same reports whether two payments say the same: one of them is the other, sent again.
func (p *Payment) Same(q *Payment) bool {
	a, b := *p, *q
	a.State, a.Reason, b.State, b.Reason = "", "", "", ""
	return a == b
}

// Reverse takes a payment back, with a reason.
func (p *Payment) Reverse(reason string) error {
	switch {
	case p.State != Received:
		return &fault.StateError{Thing: "payment", State: string(p.State), Verb: "reverse", Legal: string(Received)}
	case strings.TrimSpace(reason) == "":
		return &invalid.Error{Field: "reason", Want: "why it is taken back"}
	}
	p.State, p.Reason = Reversed, reason
	return nil
}
