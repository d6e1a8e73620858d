package notify

import (
	"encoding/json"
	"fmt"
	"time"

	"fettle/ledger"
)

// RecordKind is the kind of the records of messages; their ids are those of the messages.
const RecordKind = "messages"

// State is how far a message is.
type State string

// The states of a message.
const (
	Due        State = "DUE"        // to be sent, now or when quiet hours end
	WasSent    State = "SENT"       // the provider has it
	Delivered  State = "DELIVERED"  // the provider says that it arrived
	Failed     State = "FAILED"     // no channel takes it, or the provider says that it did not arrive
	Uncertain  State = "UNKNOWN"    // it has left and nobody knows whether it arrived: a person decides
	Suppressed State = "SUPPRESSED" // not sent on purpose: see Record.Reason
)

// States lists the states of a message.
func States() []State { return []State{Due, WasSent, Delivered, Failed, Uncertain, Suppressed} }

// Reasons of messages that were not sent.
const (
	ReasonNoChannel   = "NO_CHANNEL"   // the recipient has no address, or no consent, in any channel of the role
	ReasonNoAgreement = "NO_AGREEMENT" // no agreement opens a channel of the role
	ReasonOptedOut    = "OPTED_OUT"    // the recipient does not want messages of this kind
	ReasonCapped      = "CAPPED"       // the recipient has had as many as the cap lets pass
	ReasonRefused     = "REFUSED"      // the providers refused it
	ReasonGaveUp      = "GAVE_UP"      // tried for as long as the schedule lasts
	ReasonReceipt     = "RECEIPT"      // the provider said later that it did not arrive
	ReasonCrash       = "CRASH"        // the service ended while it was on its way
	ReasonNoAnswer    = "NO_ANSWER"    // the provider did not say
	ReasonOvertaken   = "SUPERSEDED"   // it is old, and a later message about the same order says what is so now
	ReasonPerson      = "PERSON"       // a person said so
)

// Record is what is known of one message: what it says, by which way, and what became of it. It names its recipient by
// reference and holds no address.
type Record struct {
	ID      string    `json:"-"`
	Version int64     `json:"-"`
	Created time.Time `json:"-"`
	Updated time.Time `json:"-"`
	State   State     `json:"-"`

	wishes *Recipient // of a message that is new
	told   notice     // what its owner knows

	Message   Message   `json:"message"`
	Recipient string    `json:"recipient"` // reference, such as technician.t1
	Channel   string    `json:"channel,omitempty"`
	Language  string    `json:"language,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	NotBefore time.Time `json:"notBefore,omitzero"` // while quiet hours or a failed attempt hold it back

	// Sending is set, on disk, before a letter leaves by a channel that cannot tell it from its copy.
	Sending  bool      `json:"sending,omitempty"`
	Credit   string    `json:"credit,omitempty"` // the consent that is held for it
	Tries    int       `json:"tries,omitempty"`  // attempts in the present channel
	Refused  []string  `json:"refused,omitempty"`
	Attempts []Attempt `json:"attempts,omitempty"` // the latest maxAttempts

	ProviderID string    `json:"providerId,omitempty"`
	Cost       int64     `json:"costMicros,omitempty"`
	SentAt     time.Time `json:"sentAt,omitzero"`
	SettledAt  time.Time `json:"settledAt,omitzero"` // when the receipt came, or a person decided

	AcknowledgedAt time.Time `json:"acknowledgedAt,omitzero"` // when the recipient answered it
}

// Attempt is one attempt to send.
type Attempt struct {
	Channel string    `json:"channel"`
	At      time.Time `json:"at"`
	Result  Result    `json:"result"`
	Detail  string    `json:"detail,omitempty"` // why, without addresses
}

// Bounds of a record.
const (
	maxAttempts = 30
	maxDetail   = 300 // bytes
)

// noted adds an attempt.
func (r *Record) noted(at time.Time, o *Outcome) {
	a := Attempt{Channel: r.Channel, At: at, Result: o.Result}
	if o.Err != nil {
		a.Detail = o.Err.Error()
		a.Detail = a.Detail[:min(len(a.Detail), maxDetail)]
	}
	if r.Attempts = append(r.Attempts, a); len(r.Attempts) > maxAttempts {
		r.Attempts = r.Attempts[1:]
	}
	r.Tries++
	r.Message.Attempt++
}

// Names of the keys of messages.
const (
	KeyCreated   = "created"
	KeyState     = "state"
	KeyOrder     = "order"
	KeyLease     = "lease"
	KeyRecipient = "recipient"
	KeyProvider  = "provider"
)

// Encode makes the record of a ledger.
func (r *Record) Encode() (ledger.Record, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return ledger.Record{}, fmt.Errorf("encode message %s: %w", r.ID, err)
	}
	at := ledger.Instant(r.Created)
	keys := []ledger.Key{
		{Name: KeyCreated, Value: at},
		{Name: KeyState, Value: ledger.Join(ledger.Text(string(r.State)), at)},
		{Name: KeyOrder, Value: ledger.Join(ledger.Text(r.Message.OrderID), at)},
		{Name: KeyRecipient, Value: ledger.Join(ledger.Text(r.Recipient), at)},
	}
	if r.Message.LeaseID != "" {
		keys = append(keys, ledger.Key{Name: KeyLease, Value: ledger.Join(ledger.Text(r.Message.LeaseID), at)})
	}
	if r.ProviderID != "" {
		keys = append(keys, ledger.Key{Name: KeyProvider, Value: ledger.Text(r.Channel, r.ProviderID)})
	}
	return ledger.Record{
		Kind: RecordKind, ID: r.ID, Version: r.Version, State: string(r.State), Created: r.Created, Updated: r.Updated, Keys: keys, Body: body,
	}, nil
}

// DecodeRecord reads a message from the record of a ledger.
func DecodeRecord(l *ledger.Record) (*Record, error) {
	r := &Record{}
	if err := json.Unmarshal(l.Body, r); err != nil {
		return nil, fmt.Errorf("read message %s: %w", l.ID, err)
	}
	r.ID, r.Version, r.Created, r.Updated, r.State = l.ID, l.Version, l.Created, l.Updated, State(l.State)
	r.told = r.known()
	return r, nil
}
