package tenant

import (
	"strings"
	"time"

	"fettle/invalid"
	"fettle/org/calendar"
	"fettle/rental/fault"
)

// Tenant is somebody who rents.
type Tenant struct {
	Name       string        `json:"name"`
	Phone      string        `json:"phone,omitempty"`      // 11 digits
	NationalID string        `json:"nationalId,omitempty"` // 18 characters
	IDExpires  calendar.Date `json:"idExpires,omitzero"`   // last day of the card
	Emergency  Contact       `json:"emergency,omitzero"`
	Consents   []Consent     `json:"consents,omitempty"`
	Tags       []string      `json:"tags,omitempty"`
	Note       string        `json:"note,omitempty"`

	Hold   Hold      `json:"hold,omitzero"`
	Erased time.Time `json:"erased,omitzero"` // when nothing was left but this

	// Blind is by what the tenant is found: keyed hashes, "" where there is nothing to hash. The caller sets it.
	Blind Blind `json:"blind,omitzero"`
}

// Hold keeps a tenant from being erased, by law or for a dispute, to the end of a day. The zero value is none.
type Hold struct {
	Reason string        `json:"reason"`
	Until  calendar.Date `json:"until"`
}

// Holds reports whether a tenant must be kept on a day.
func (h *Hold) Holds(today calendar.Date) bool { return h.Reason != "" && !h.Until.Before(today) }

// Blind is the keyed hashes of what a tenant is searched by.
type Blind struct {
	Phone      string `json:"phone,omitempty"`
	NationalID string `json:"nationalId,omitempty"`
	Name       string `json:"name,omitempty"`
}

// Contact is who is called in an emergency. The zero value is none.
type Contact struct {
	Name      string    `json:"name,omitempty"`
	Relation  string    `json:"relation,omitempty"`
	Phone     string    `json:"phone,omitempty"`
	Confirmed time.Time `json:"confirmed,omitzero"` // when it was written down or confirmed last
}

// Consent is what a tenant has said to a purpose.
type Consent struct {
	Purpose string    `json:"purpose"`
	Granted bool      `json:"granted"`
	Time    time.Time `json:"time"`
	Source  string    `json:"source,omitempty"`
}

// Stale is after how long an emergency contact has to be confirmed.
const Stale = 365 * 24 * time.Hour

// SearchName is a name as it is searched for: without spaces, in small letters.
func SearchName(name string) string {
	return strings.ToLower(strings.Join(strings.Fields(name), ""))
}

// Read puts a tenant in order: numbers without what is written between their digits. It refuses what is no tenant.
func (t *Tenant) Read() error {
	t.Name = strings.TrimSpace(t.Name)
	if t.Name == "" {
		return &invalid.Error{Field: "displayName", Want: "the name of the tenant"}
	}
	var err error
	if t.Phone != "" {
		if t.Phone, err = Phone("phone", t.Phone); err != nil {
			return err
		}
	}
	if t.NationalID != "" {
		if t.NationalID, err = NationalID("nationalId", t.NationalID); err != nil {
			return err
		}
	}
	if err := t.Emergency.read(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i := range t.Consents {
		c := &t.Consents[i]
		if seen[c.Purpose] {
			return &invalid.Error{Field: "consents", Value: c.Purpose, Want: "one entry a purpose: what was said last"}
		}
		seen[c.Purpose] = true
	}
	return nil
}

func (c *Contact) read() error {
	if c.Name == "" && c.Phone == "" && c.Relation == "" {
		return nil
	}
	if strings.TrimSpace(c.Name) == "" {
		return &invalid.Error{Field: "emergencyContact.displayName", Want: "who is called"}
	}
	var err error
	c.Phone, err = Phone("emergencyContact.phone", c.Phone)
	return err
}

// same reports whether two contacts are the same person at the same number.
func (c *Contact) same(d *Contact) bool {
	return c.Name == d.Name && c.Relation == d.Relation && c.Phone == d.Phone
}

// Follow dates what has changed since before, nil for a new tenant: an emergency contact that is another is of now, and so is a
// consent without a time. It refuses a birth that is to come.
func (t *Tenant) Follow(before *Tenant, now time.Time) error {
	if before != nil {
		if !before.Erased.IsZero() {
			return &fault.StateError{Thing: "the tenant", State: "ERASED", Verb: "update", Legal: "tenants who are not erased"}
		}
		t.Hold = before.Hold
	}
	if t.NationalID != "" {
		if day, ok := birth(t.NationalID); ok && day.After(now.AddDate(0, 0, 1)) { // it may be tomorrow where the tenant lives
			return broken("nationalId", "rule BIRTH_DATE of GB 11643: a day of birth that has come")
		}
	}
	c := &t.Emergency
	switch {
	case c.Phone == "":
		*c = Contact{}
	case before != nil && c.same(&before.Emergency):
		c.Confirmed = before.Emergency.Confirmed
	default:
		c.Confirmed = now
	}
	for i := range t.Consents {
		if t.Consents[i].Time.IsZero() {
			t.Consents[i].Time = now
		}
	}
	return nil
}

// Confirm says that the emergency contact is still right.
func (t *Tenant) Confirm(now time.Time) error {
	if t.Emergency.Phone == "" {
		return broken("emergencyContact", "one to confirm: there is none")
	}
	t.Emergency.Confirmed = now
	return nil
}
