package notify

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"fettle/invalid"
	"fettle/ledger"
)

// RecipientKind is the kind of the records of recipients.
const RecipientKind = "recipients"

// Recipient is where somebody wants to be told, and what not. Its id says who it is: technician.ID, order.ID for whoever
// reported an order, tenant.ID for who rents, unit.ID for who lives in a dwelling, role.SUPERVISOR.
type Recipient struct {
	ID      string    `json:"-"`
	Version int64     `json:"-"`
	Created time.Time `json:"-"`
	Updated time.Time `json:"-"`

	Language  string            `json:"language,omitempty"`
	Addresses map[string]string `json:"addresses,omitempty"` // by channel
	OptOuts   []string          `json:"optOuts,omitempty"`   // channels, or kinds of messages
	Credits   map[string]int64  `json:"credits,omitempty"`   // consents that are left, by CreditKey
}

// Bounds of a recipient.
const (
	maxRecipientID = 90 // bytes
	maxAddress     = 320
	maxOptOuts     = 100
	maxCredits     = 1000
)

var recipientForm = regexp.MustCompile(`^(technician|order|tenant|unit|role)\.[^\s/:]+$`)

// CreditKey names the consents to one template in one channel.
func CreditKey(channel, template string) string { return channel + "/" + template }

// Check refuses what cannot be kept, with an *invalid.Error that shows no address.
func (r *Recipient) Check() error {
	if !recipientForm.MatchString(r.ID) || len(r.ID) > maxRecipientID {
		return &invalid.Error{Field: "id", Value: fmt.Sprintf("%.90q", r.ID), Want: "technician.ID, order.ID, tenant.ID, unit.ID or role.SUPERVISOR"}
	}
	if r.Language != "" && !languageForm.MatchString(r.Language) {
		return &invalid.Error{Field: "language", Value: fmt.Sprintf("%.80q", r.Language), Want: "a language such as zh, en or pt-BR"}
	}
	for _, channel := range slices.Sorted(maps.Keys(r.Addresses)) {
		a := r.Addresses[channel]
		if a == "" || len(a) > maxAddress || strings.ContainsAny(a, "\r\n\x00") {
			return &invalid.Error{Field: "addresses." + channel, Want: "one line of 1 to 320 bytes"}
		}
	}
	if len(r.OptOuts) > maxOptOuts {
		return &invalid.Error{Field: "optOuts", Value: fmt.Sprint(len(r.OptOuts)), Want: "at most 100"}
	}
	if len(r.Credits) > maxOptOuts {
		return &invalid.Error{Field: "credits", Value: fmt.Sprint(len(r.Credits)), Want: "at most 100 templates"}
	}
	for _, key := range slices.Sorted(maps.Keys(r.Credits)) {
		if n := r.Credits[key]; n < 0 || n > maxCredits {
			return &invalid.Error{Field: "credits." + key, Value: fmt.Sprint(n), Want: "0 to 1000"}
		}
	}
	return nil
}

// wants reports whether the recipient takes messages of a kind by a channel.
func (r *Recipient) wants(kind, channel string) bool {
	return !slices.Contains(r.OptOuts, kind) && !slices.Contains(r.OptOuts, channel)
}

// Encode makes the record of a ledger.
func (r *Recipient) Encode() (ledger.Record, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return ledger.Record{}, fmt.Errorf("encode recipient %s: %w", r.ID, err)
	}
	return ledger.Record{Kind: RecipientKind, ID: r.ID, Version: r.Version, Created: r.Created, Updated: r.Updated, Body: body}, nil
}

// DecodeRecipient reads a recipient from the record of a ledger.
func DecodeRecipient(l *ledger.Record) (*Recipient, error) {
	r := &Recipient{}
	if err := json.Unmarshal(l.Body, r); err != nil {
		return nil, fmt.Errorf("read recipient %s: %w", l.ID, err)
	}
	r.ID, r.Version, r.Created, r.Updated = l.ID, l.Version, l.Created, l.Updated
	return r, nil
}

// references are the recipients of a message, the nearest first. The first that is known is told.
func references(m *Message) []string {
	switch m.To {
	case Technician:
		return []string{"technician." + m.TechnicianID}
	case Supervisor:
		return []string{"role.SUPERVISOR"}
	}
	refs := []string{"order." + m.OrderID}
	if m.Renter != "" {
		refs = []string{"tenant." + m.Renter}
	}
	if m.UnitID != "" {
		refs = append(refs, "unit."+m.UnitID)
	}
	return refs
}
