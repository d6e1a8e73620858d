package identity

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"fettle/internal/auth"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/private"
)

// Kinds of records.
const (
	userKind = "users"
	keyKind  = "apiKeys"
)

// User is a person who may call.
type User struct {
	ID               string    `json:"-"`
	Version          int64     `json:"-"`
	Created, Updated time.Time `json:"-"`

	Name       string      `json:"name"`
	Roles      []auth.Role `json:"roles"`
	Technician string      `json:"technician,omitempty"`
	Subject    string      `json:"subject,omitempty"` // at the identity provider
	Disabled   bool        `json:"disabled,omitempty"`
	// Phone is where codes to sign in go to.
	Phone   private.Phone `json:"-"`
	Request string        `json:"request,omitempty"` // hash of the request that made it
}

func (u *User) check() error {
	if slices.Contains(u.Roles, auth.Technician) && u.Technician == "" {
		return &invalid.Error{Field: "user.technicianId", Want: "the id of a technician: the role TECHNICIAN reaches only what is theirs"}
	}
	if !u.Phone.IsZero() && !slices.Contains(u.Roles, auth.Technician) {
		return &invalid.Error{Field: "user.phone", Want: "nothing: technicians alone sign in by telephone"}
	}
	return nil
}

// keptUser is the body of a user's record: what is sealed as a whole may hold the number in clear.
type keptUser struct {
	*User
	Phone string `json:"phone,omitempty"`
}

// PhoneKey is the key by which the user with a telephone is found: a keyed hash.
func PhoneKey(s Signer, o org.ID, p private.Phone) (ledger.Key, error) {
	index, err := s.Index(o, "phone", p.Reveal())
	if err != nil {
		return ledger.Key{}, fmt.Errorf("index a telephone: %w", err)
	}
	return ledger.Key{Name: "phone", Value: ledger.Text(index), Unique: true}, nil
}

// record writes a user for an org, and the key that keeps a request from making two.
func (u *User) record(s Signer, o org.ID, once string) (ledger.Record, error) {
	body, err := json.Marshal(keptUser{u, u.Phone.Reveal()})
	if err != nil {
		return ledger.Record{}, fmt.Errorf("encode user: %w", err)
	}
	r := ledger.Record{Kind: userKind, ID: u.ID, Version: u.Version, Created: u.Created, Updated: u.Updated, Body: body, Keys: []ledger.Key{}}
	if u.Subject != "" {
		r.Keys = append(r.Keys, ledger.Key{Name: "subject", Value: ledger.Text(u.Subject), Unique: true})
	}
	if !u.Phone.IsZero() {
		key, err := PhoneKey(s, o, u.Phone)
		if err != nil {
			return ledger.Record{}, err
		}
		r.Keys = append(r.Keys, key)
	}
	r.Keys = append(r.Keys, onceKey(once)...)
	return r, nil
}

func userOf(r *ledger.Record) (*User, error) {
	u := &User{}
	kept := keptUser{User: u}
	if err := json.Unmarshal(r.Body, &kept); err != nil {
		return nil, fmt.Errorf("decode user %s: %w", r.ID, err)
	}
	if kept.Phone != "" {
		var err error
		if u.Phone, err = private.ParsePhone(kept.Phone); err != nil {
			return nil, fmt.Errorf("decode user %s: %w", r.ID, err)
		}
	}
	u.ID, u.Version, u.Created, u.Updated = r.ID, r.Version, r.Created, r.Updated
	return u, nil
}

// APIKey is the credential of a program or a device.
type APIKey struct {
	ID      string    `json:"-"`
	Version int64     `json:"-"`
	Created time.Time `json:"-"`
	Updated time.Time `json:"-"`

	Name    string      `json:"name"`
	Roles   []auth.Role `json:"roles,omitempty"`
	User    string      `json:"user,omitempty"` // acts as
	Hash    []byte      `json:"hash"`           // SHA-256 of the secret
	Expires time.Time   `json:"expires"`
	Used    time.Time   `json:"used,omitzero"`
	Request string      `json:"request,omitempty"` // hash of the request that made it
	// AllTenants lets a program read any number of tenants.
	AllTenants bool `json:"allTenants,omitempty"`
}

func (k *APIKey) record(once string) (ledger.Record, error) {
	body, err := json.Marshal(k)
	if err != nil {
		return ledger.Record{}, fmt.Errorf("encode key: %w", err)
	}
	r := ledger.Record{Kind: keyKind, ID: k.ID, Version: k.Version, Created: k.Created, Updated: k.Updated, Body: body}
	r.Keys = onceKey(once)
	return r, nil
}

func keyOf(r *ledger.Record) (*APIKey, error) {
	k := &APIKey{}
	if err := json.Unmarshal(r.Body, k); err != nil {
		return nil, fmt.Errorf("decode key %s: %w", r.ID, err)
	}
	k.ID, k.Version, k.Created, k.Updated = r.ID, r.Version, r.Created, r.Updated
	return k, nil
}

// onceKey keeps a request that comes twice from making two: nil leaves the keys of a record as they are.
func onceKey(once string) []ledger.Key {
	if once == "" {
		return nil
	}
	return []ledger.Key{{Name: "request", Value: ledger.Text(once), Unique: true}}
}
