// Package channel is the port through which messages leave: what a message is, what a channel gets of it and what it says
// of an attempt. Those who decide speak to it, those who carry implement it; it knows neither.
package channel

import (
	"context"
	"errors"
	"time"
)

// Role is who a message is for.
type Role string

// The roles.
const (
	Tenant     Role = "TENANT"
	Technician Role = "TECHNICIAN"
	Supervisor Role = "SUPERVISOR"
)

// Message is what the sink receives.
type Message struct {
	ID           string            `json:"message_id"` // the same for every attempt
	Org          string            `json:"org"`
	Kind         string            `json:"kind"` // such as work_order.acknowledged
	To           Role              `json:"to"`
	OrderID      string            `json:"order_id,omitempty"`
	LeaseID      string            `json:"lease_id,omitempty"` // of a reminder
	TechnicianID string            `json:"technician_id,omitempty"`
	Stage        string            `json:"stage"` // the state or the clock that it is about
	DueAt        time.Time         `json:"due_at"`
	Attempt      int               `json:"attempt"` // from 1
	Late         bool              `json:"late"`    // more than a minute after due_at, of a reminder more than an hour
	Text         map[string]string `json:"text"`    // by language
	PromisedBy   *time.Time        `json:"promised_by,omitempty"`

	Template        string            `json:"template"`
	TemplateVersion int64             `json:"template_version"`
	Vars            map[string]string `json:"vars,omitempty"`
	UnitID          string            `json:"unit_id,omitempty"`
	Renter          string            `json:"tenant_id,omitempty"`
	Supervisor      bool              `json:"cc_supervisor,omitempty"` // a supervisor is to have a copy, which the receiver makes
	Prefer          string            `json:"channel,omitempty"`       // the channel that is tried first; that of the route when empty
	// Owner is the kind of due work, under the id of the message, that is told what has become of it; "" for a message that
	// nobody owes to anybody. Caps do not hold for what is owed.
	Owner     string `json:"owner,omitempty"`
	Emergency bool   `json:"emergency,omitempty"` // quiet hours and caps do not hold
	Phone     string `json:"phone,omitempty"`     // where it must go and nowhere else: that of a code to sign in
}

// Channel carries letters to people: a port internal/adapter holds one package for each way. Safe for concurrent use.
type Channel interface {
	// Capabilities says what a channel needs and promises. They do not change.
	Capabilities() Capabilities
	// Send carries one letter and says what became of it. It tries once; when it is tried again is not its business.
	Send(ctx context.Context, l *Letter) Outcome
	// Close lets connections go. Nothing is sent after it.
	Close()
}

// Capabilities are what a channel needs of a letter and promises about it.
type Capabilities struct {
	// Idempotent says that a letter which is sent twice under one id arrives once, or that whoever receives it can tell. Only
	// such a letter is sent again when nobody knows what became of it; others wait for a person.
	Idempotent bool
	// NeedsAddress says that the recipient must have an address in this channel.
	NeedsAddress bool
	// Telephone says that addresses are telephone numbers.
	Telephone bool
	// NeedsCredit says that the recipient must have agreed to each letter beforehand: one consent, one letter.
	NeedsCredit bool
	// NeedsApproval says that the provider must know the template: Letter.ProviderTemplate is its id there.
	NeedsApproval bool
	// Disturbs says that a letter rings or vibrates where it arrives, so that quiet hours hold.
	Disturbs bool
	// Receipts says that the provider tells later whether a letter arrived.
	Receipts bool
	// Cost is what a letter costs in millionths of the currency of the org, when the provider does not say.
	Cost int64
}

// Letter is one message as a channel gets it: for one recipient, in one language.
type Letter struct {
	Message *Message

	ProviderTemplate string            // the id of the template at the provider; "" when the channel needs none
	Address          string            // of the recipient in this channel; "" when the channel needs none
	Language         string            // of Title and Text
	Title, Text      string            // filled in
	Vars             map[string]string // what they were filled in with
}

// Result is what became of an attempt.
type Result string

// The results of an attempt.
const (
	// Sent means that the provider has the letter.
	Sent Result = "SENT"
	// Retry means that the provider does not have it, and may take it later.
	Retry Result = "RETRY"
	// Permanent means that the provider does not have it, and never will.
	Permanent Result = "PERMANENT"
	// Unknown means that the letter has left and nobody knows whether it arrived.
	Unknown Result = "UNKNOWN"
)

// Outcome is what a channel says of an attempt.
type Outcome struct {
	Result     Result
	ProviderID string        // of the letter at the provider; "" when it gave none
	Cost       int64         // in millionths of the currency; 0 when the provider does not say
	After      time.Duration // with Retry: not before then; 0 leaves it to the caller
	NoConsent  bool          // with Permanent: the recipient has withdrawn the consent that was counted
	Err        error         // why, for all but Sent; it shows no address, no text and no credential
}

// Errors of channels.
var (
	// ErrBusy says that a provider wants fewer letters.
	ErrBusy = errors.New("the provider is busy")
	// ErrRefused says that a provider does not take this letter.
	ErrRefused = errors.New("the provider refused the letter")
)

// Receipt is what a provider tells of a letter after it was sent.
type Receipt struct {
	MessageID  string // "" when the provider tells its own id alone
	ProviderID string // "" when the provider tells the message's id alone
	Delivered  bool   // or failed
	// Acknowledged says that the recipient has answered it, which says that it was delivered too.
	Acknowledged bool
	At           time.Time // zero when the provider does not say
	Cost         int64     // in millionths of the currency; 0 when the provider does not say
	Detail       string    // a code of the provider; no text of people
}
