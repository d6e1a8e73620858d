// Package hooks sends what has happened to the endpoints of other systems, by Standard Webhooks 1.0.0: thin events, signed,
// tried for three days, never twice under two ids. A delivery is a row of due work that is written in the transaction of its
// event; each endpoint has a kind of its own, so that a slow one holds up nobody else.
package hooks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"fettle/invalid"
	"fettle/ledger"
	"fettle/webhook"
)

// EndpointKind is the kind of the records of endpoints.
const EndpointKind = "webhookEndpoints"

// State is whether an endpoint gets events.
type State string

// The states of an endpoint.
const (
	Enabled  State = "ENABLED"
	Disabled State = "DISABLED"
)

// Reasons why an endpoint is disabled.
const (
	ReasonGone   = "GONE"   // it answered 410
	ReasonPerson = "PERSON" // by its owner
)

// Bounds of endpoints.
const (
	MaxEndpoints = 100 // of an org
	maxTypes     = 100
	maxURL       = 2000 // bytes
	maxText      = 500
)

// overlap is how long the secret before stays good when a secret is replaced.
const overlap = 24 * time.Hour

// Endpoint is an address that is told of events.
type Endpoint struct {
	ID      string    `json:"-"`
	Version int64     `json:"-"`
	Created time.Time `json:"-"`
	Updated time.Time `json:"-"`
	State   State     `json:"-"`

	URL         string   `json:"url"`
	Description string   `json:"description,omitempty"`
	Types       []string `json:"types,omitempty"`  // such as work_order.assigned or work_order.*; all when empty
	Reason      string   `json:"reason,omitempty"` // why it is disabled
	Keys        []Key    `json:"keys"`             // the present one first
}

// Key is a secret of an endpoint.
type Key struct {
	Secret string    `json:"secret"`         // as it was shown once; stores seal the bodies of records
	Until  time.Time `json:"until,omitzero"` // zero for the present one
}

// Check refuses what cannot be kept, but does not look at the address: see dialguard.Guard.URL.
func (e *Endpoint) Check() error {
	switch {
	case e.URL == "" || len(e.URL) > maxURL:
		return &invalid.Error{Field: "url", Value: fmt.Sprintf("%d bytes long", len(e.URL)), Want: "an address of up to 2000 bytes"}
	case len(e.Description) > maxText:
		return &invalid.Error{Field: "description", Value: fmt.Sprintf("%d bytes long", len(e.Description)), Want: "at most 500"}
	case len(e.Types) > maxTypes:
		return &invalid.Error{Field: "types", Value: fmt.Sprint(len(e.Types)), Want: "at most 100"}
	}
	for i, t := range e.Types {
		name, _ := strings.CutSuffix(t, ".*")
		if name == "" || len(name) > maxTypes || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_.") != "" {
			return &invalid.Error{Field: fmt.Sprintf("types[%d]", i), Value: fmt.Sprintf("%.80q", t), Want: "a type such as work_order.assigned or work_order.*"}
		}
	}
	return nil
}

// wants reports whether an endpoint is told of events of a type.
func (e *Endpoint) wants(eventType string) bool {
	if e.State != Enabled {
		return false
	}
	return len(e.Types) == 0 || slices.ContainsFunc(e.Types, func(t string) bool {
		family, ok := strings.CutSuffix(t, "*")
		return t == eventType || ok && strings.HasPrefix(eventType, family)
	})
}

// Rotate gives the endpoint a new secret; the one before stays good for a day.
func (e *Endpoint) Rotate(s string, now time.Time) {
	if len(e.Keys) > 0 {
		e.Keys[0].Until = now.Add(overlap)
	}
	e.Keys = append([]Key{{Secret: s}}, e.Keys...)
	e.Keys = slices.DeleteFunc(e.Keys, func(k Key) bool { return !k.Until.IsZero() && !now.Before(k.Until) })
	e.Keys = e.Keys[:min(len(e.Keys), maxKeys)]
}

// maxKeys is how many secrets sign at once, however often they are replaced.
const maxKeys = 4

// secrets are those that sign at an instant.
func (e *Endpoint) secrets(now time.Time) ([]webhook.Secret, error) {
	var out []webhook.Secret
	for _, k := range e.Keys {
		if !k.Until.IsZero() && !now.Before(k.Until) {
			continue
		}
		s, err := webhook.ParseSecret(k.Secret)
		if err != nil {
			return nil, fmt.Errorf("endpoint %s: %w", e.ID, err)
		}
		out = append(out, s)
	}
	return out, nil
}

// Encode makes the record of a ledger.
func (e *Endpoint) Encode() (ledger.Record, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return ledger.Record{}, fmt.Errorf("encode endpoint %s: %w", e.ID, err)
	}
	return ledger.Record{
		Kind: EndpointKind, ID: e.ID, Version: e.Version, State: string(e.State), Created: e.Created, Updated: e.Updated, Body: body,
	}, nil
}

// DecodeEndpoint reads an endpoint from the record of a ledger.
func DecodeEndpoint(l *ledger.Record) (*Endpoint, error) {
	e := &Endpoint{}
	if err := json.Unmarshal(l.Body, e); err != nil {
		return nil, fmt.Errorf("read endpoint %s: %w", l.ID, err)
	}
	e.ID, e.Version, e.Created, e.Updated, e.State = l.ID, l.Version, l.Created, l.Updated, State(l.State)
	return e, nil
}
