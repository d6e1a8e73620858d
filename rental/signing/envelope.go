package signing

import (
	"slices"
	"strings"
	"time"

	"fettle/rental/fault"
	"fettle/rental/lease"
)

// State is where an envelope stands.
type State string

// The states.
const (
	Open       State = "OPEN"
	Identified State = "IDENTIFIED" // who is there was checked
	Signed     State = "SIGNED"
	Declined   State = "DECLINED"
	Withdrawn  State = "WITHDRAWN"
	Expired    State = "EXPIRED"
	Locked     State = "LOCKED" // too many wrong answers
)

// Open reports whether the envelope can still be signed.
func (s State) Open() bool { return s == Open || s == Identified }

// Check is how it is known who is there.
type Check string

// The checks.
const (
	IDLastFour Check = "ID_LAST_FOUR"
	PhoneCode  Check = "PHONE_CODE"
)

// Bounds of an envelope.
const (
	Life       = 14 * 24 * time.Hour // unless it is said
	MaxLife    = 60 * 24 * time.Hour
	MaxWrong   = 5                // answers
	CheckedFor = 15 * time.Minute // from the check to the signature
	CodeLife   = 10 * time.Minute
	CodeWait   = time.Minute // between two codes
)

// Envelope is a document for one signer.
type Envelope struct {
	Lease   lease.ID `json:"lease"`
	Terms   int      `json:"terms"` // version of the terms that the document states
	Renewal string   `json:"renewal,omitempty"`
	Tenant  string   `json:"tenant"` // id
	Name    string   `json:"name"`   // of the signer
	Check   Check    `json:"check"`
	State   State    `json:"state"`
	// Expires is until when it can be signed.
	Expires  time.Time `json:"expires"`
	Document Document  `json:"document"`
	// Code is the keyed hash of the code that was sent last, until CodeEnds.
	Code       string    `json:"code,omitempty"`
	CodeSentAt time.Time `json:"codeSentAt,omitzero"`
	CodeEnds   time.Time `json:"codeEnds,omitzero"`
	Wrong      int       `json:"wrong,omitempty"`
	LastWrong  bool      `json:"lastWrong,omitempty"`
	CheckedAt  time.Time `json:"checkedAt,omitzero"`
	// By is who has signed, as the log names a link, and Typed the name as it was typed.
	By    string `json:"by,omitempty"`
	Typed string `json:"typed,omitempty"`
	// Proof is what was made of the signature; Evidence tells of all that.
	Proof    Proof     `json:"proof,omitzero"`
	Evidence FileRef   `json:"evidence,omitzero"`
	EndedAt  time.Time `json:"endedAt,omitzero"`
	Reason   string    `json:"reason,omitempty"`
}

// Proof is a signature as a provider has made it.
type Proof struct {
	Provider    string    `json:"provider"`
	Demo        bool      `json:"demo,omitempty"` // made with a key of our own: no reliable signature in law
	CMS         []byte    `json:"cms"`
	Subject     string    `json:"subject"`         // of the certificate
	Certificate string    `json:"certificate"`     // SHA-256, in hex
	Stamp       []byte    `json:"stamp,omitempty"` // RFC 3161 token over the CMS
	StampedAt   time.Time `json:"stampedAt,omitzero"`
	Authority   string    `json:"authority,omitempty"` // who has stamped
}

// legal refuses a verb on an envelope that is not open.
func (e *Envelope) legal(id, verb string, now time.Time, from ...State) error {
	if len(from) == 0 {
		from = []State{Open, Identified}
	}
	state := e.On(now)
	if slices.Contains(from, state) {
		return nil
	}
	words := make([]string, len(from))
	for i, s := range from {
		words[i] = string(s)
	}
	return &fault.StateError{Thing: "signature " + id, State: string(state), Verb: verb, Legal: strings.Join(words, ", ")}
}

// On is the state at an instant: an envelope expires by the clock, and a check runs out.
func (e *Envelope) On(now time.Time) State {
	switch {
	case e.State.Open() && !now.Before(e.Expires):
		return Expired
	case e.State == Identified && now.Sub(e.CheckedAt) > CheckedFor:
		return Open
	}
	return e.State
}

// Send notes that a code was sent, by its keyed hash.
func (e *Envelope) Send(id, hash string, now time.Time) error {
	if err := e.legal(id, "sendCode", now); err != nil {
		return err
	}
	if e.Check != PhoneCode {
		return fault.New("check", e.Check, "PHONE_CODE: this envelope asks for the identity number")
	}
	if wait := e.CodeSentAt.Add(CodeWait).Sub(now); wait > 0 {
		return &fault.StateError{Thing: "signature " + id, State: "CODE_SENT", Verb: "sendCode", Legal: "a minute after the last code"}
	}
	e.Code, e.CodeSentAt, e.CodeEnds = hash, now, now.Add(CodeLife)
	return nil
}

// Identify notes an answer, right or wrong. A code works once.
func (e *Envelope) Identify(id string, right bool, now time.Time) error {
	if err := e.legal(id, "identify", now); err != nil {
		return err
	}
	if e.Check == PhoneCode && !now.Before(e.CodeEnds) {
		return &fault.StateError{Thing: "signature " + id, State: "NO_CODE", Verb: "identify", Legal: "ten minutes after sendCode"}
	}
	e.LastWrong = !right
	if !right {
		if e.Wrong++; e.Wrong >= MaxWrong {
			e.State, e.EndedAt = Locked, now
		}
		return nil
	}
	e.State, e.CheckedAt, e.Code, e.CodeEnds = Identified, now, "", time.Time{}
	return nil
}

// MaySign says why the envelope cannot be signed with a hash and a typed name, nil when it can.
func (e *Envelope) MaySign(id, hash, typed string, now time.Time) error {
	if err := e.legal(id, "sign", now, Identified); err != nil {
		return err
	}
	if !strings.EqualFold(hash, e.Document.SHA256()) {
		return fault.New("documentSha256", hash, "the hash of the document that is shown, "+e.Document.SHA256())
	}
	if plain(typed) != plain(e.Name) {
		return fault.New("name", typed, "the name that stands in the document")
	}
	return nil
}

// plain is a name without what people write differently.
func plain(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), "")) }

// Sign notes the signature: MaySign has agreed.
func (e *Envelope) Sign(by, typed string, p Proof, now time.Time) {
	e.State, e.By, e.Typed, e.Proof, e.EndedAt = Signed, by, strings.TrimSpace(typed), p, now
}

// End notes that nothing comes of it: declined or withdrawn.
func (e *Envelope) End(id string, to State, verb, reason string, now time.Time) error {
	from := []State{Open, Identified}
	if to == Withdrawn {
		from = append(from, Locked) // to make another
	}
	if err := e.legal(id, verb, now, from...); err != nil {
		return err
	}
	e.State, e.Reason, e.EndedAt = to, reason, now
	return nil
}

// Expire notes that its time is over; false when there is nothing to note.
func (e *Envelope) Expire(now time.Time) bool {
	if e.State != Locked && !e.State.Open() || now.Before(e.Expires) {
		return false
	}
	e.State, e.EndedAt = Expired, now
	return true
}

// Holds reports whether the envelope keeps its lease from having another: a locked one does until it is withdrawn or over.
func (e *Envelope) Holds() bool { return e.State.Open() || e.State == Locked }
