// Package agreement is what an operator has agreed with third parties that handle personal data for it: who, what for, by which ways and which
// fields, from when until when. A way to somebody outside is open while an agreement that names it is valid.
package agreement

import (
	"regexp"
	"slices"

	"fettle/invalid"
	"fettle/org/calendar"
	"fettle/rental/fault"
)

// Agreement is one version of an agreement with a party.
type Agreement struct {
	Party        string        `json:"party"`
	Purpose      string        `json:"purpose"`
	Version      string        `json:"version"`
	Integrations []string      `json:"integrations"`     // as "webhook:hooks.example.org" or "channel:sms"
	Fields       []string      `json:"fields,omitempty"` // that may leave; none means all
	Signed       calendar.Date `json:"signed"`
	Expires      calendar.Date `json:"expires"` // its last day
	Ended        calendar.Date `json:"ended,omitzero"`
	Reason       string        `json:"reason,omitempty"` // why it was ended
	Note         string        `json:"note,omitempty"`
}

// State is whether an agreement is valid on a day.
type State string

// The states of an agreement.
const (
	Future   State = "FUTURE"
	Valid    State = "VALID"
	Expiring State = "EXPIRING" // valid for at most 30 days more
	Expired  State = "EXPIRED"
	Over     State = "ENDED" // before its last day
)

// soon is how many days before its end an agreement is expiring.
const soon = 30

// integration is a way to somebody outside.
var integration = regexp.MustCompile(`^(webhook:[a-z0-9.:\[\]-]{1,253}|channel:[A-Za-z0-9_.-]{1,64})$`)

// Check refuses what is no agreement.
func (a *Agreement) Check() error {
	for _, i := range a.Integrations {
		if !integration.MatchString(i) {
			return &invalid.Error{Field: "integrations", Value: i, Want: "webhook:HOST or channel:NAME"}
		}
	}
	if a.Expires.Before(a.Signed) {
		return fault.New("expireDate", a.Expires, "not before signedDate")
	}
	return nil
}

// On is the state of an agreement on a day.
func (a *Agreement) On(today calendar.Date) State {
	switch {
	case !a.Ended.IsZero() && !today.Before(a.Ended):
		return Over
	case today.Before(a.Signed):
		return Future
	case a.Expires.Before(today):
		return Expired
	case a.Expires.Sub(today) <= soon:
		return Expiring
	}
	return Valid
}

// Covers reports whether an agreement opens a way on a day.
func (a *Agreement) Covers(way string, today calendar.Date) bool {
	s := a.On(today)
	return (s == Valid || s == Expiring) && slices.Contains(a.Integrations, way)
}

// End ends an agreement on a day.
func (a *Agreement) End(id, reason string, today calendar.Date) error {
	if s := a.On(today); s == Over || s == Expired {
		return &fault.StateError{Thing: "agreement " + id, State: string(s), Verb: "end", Legal: "FUTURE, VALID, EXPIRING"}
	}
	a.Ended, a.Reason = today, reason
	return nil
}
