package lease

import (
	"fmt"
	"slices"
	"strings"

	"fettle/rental/fault"
)

// State is where a lease stands.
type State string

// The states. Open-ended is a class and not a state.
const (
	Draft      State = "DRAFT"
	Signing    State = "SIGNING"
	Active     State = "ACTIVE"
	Expiring   State = "EXPIRING" // the last ExpiringDays of an active lease
	Renewed    State = "RENEWED"
	Expired    State = "EXPIRED"
	Terminated State = "TERMINATED"
)

// States are all of them, in the order of a life.
func States() []State {
	return []State{Draft, Signing, Active, Expiring, Renewed, Expired, Terminated}
}

// Valid reports whether the state is one of the constants.
func (s State) Valid() bool { return slices.Contains(States(), s) }

// Closed reports whether nobody is to be reminded of the lease any more. An expired lease is not closed: until it is renewed
// or terminated, somebody may live there without a contract.
func (s State) Closed() bool { return s == Renewed || s == Terminated }

// Living reports whether somebody lives by a lease in this state: one that has expired too, until somebody ends it.
func (s State) Living() bool { return s == Active || s == Expiring || s == Expired }

// Verb is what can be asked of a lease.
type Verb string

// The verbs.
const (
	VerbAmend     Verb = "amend"
	VerbSign      Verb = "sign"
	VerbWithdraw  Verb = "withdraw"
	VerbActivate  Verb = "activate"
	VerbRenew     Verb = "renew"
	VerbTerminate Verb = "terminate"
	VerbApprove   Verb = "approveOpenEnded"
	VerbExpire    Verb = "expire"
)

// Verbs are all of them.
func Verbs() []Verb {
	return []Verb{VerbAmend, VerbSign, VerbWithdraw, VerbActivate, VerbRenew, VerbTerminate, VerbApprove, VerbExpire}
}

// From lists the states from which a verb is legal.
func (v Verb) From() []State {
	switch v {
	case VerbAmend:
		return []State{Draft, Active, Expiring}
	case VerbSign:
		return []State{Draft}
	case VerbWithdraw:
		return []State{Signing}
	case VerbActivate:
		return []State{Draft, Signing} // from a draft when it was signed on paper
	case VerbRenew:
		return []State{Active, Expiring, Expired} // late is better than not
	case VerbTerminate:
		return []State{Draft, Signing, Active, Expiring, Expired}
	case VerbApprove:
		return []State{Draft, Active, Expiring, Expired}
	case VerbExpire:
		return []State{Active, Expiring}
	}
	return nil
}

// legal returns a StateError unless the verb is legal in the state of the lease.
func (l *Lease) legal(v Verb) error {
	from := v.From()
	if slices.Contains(from, l.State) {
		return nil
	}
	names := make([]string, len(from))
	for i, s := range from {
		names[i] = string(s)
	}
	return &fault.StateError{
		Thing: fmt.Sprintf("lease %s", l.ID), State: string(l.State), Verb: string(v), Legal: strings.Join(names, ", "),
	}
}
