// Package notify tells people what has become of an order: tenants that it was received, taken and finished, technicians that
// one is theirs, supervisors that a promise was broken. A message is a row of due work, written in the transaction of the
// event that it tells of (Outbox), and sent by the sweeper of due work (Sender): a crash in between sends it later, not never.
//
// A message may arrive twice when the service dies between the answer of the sink and its own commit; it then carries the
// same id, and whoever receives it keeps one of each. At most Parallel messages can be in that state at once.
package notify

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/ledger"
	"fettle/org"
)

// DueKind is the kind of due work that is a message; its key is the message's id.
const DueKind = "message"

// Parallel is how many messages are on their way at once.
const Parallel = 16

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
	OrderID      string            `json:"order_id"`
	TechnicianID string            `json:"technician_id,omitempty"`
	Stage        string            `json:"stage"` // the state or the clock that it is about
	DueAt        time.Time         `json:"due_at"`
	Attempt      int               `json:"attempt"` // from 1
	Late         bool              `json:"late"`    // more than a minute after due_at
	Text         map[string]string `json:"text"`    // by language
	PromisedBy   *time.Time        `json:"promised_by,omitempty"`
}

// messageID names the message that tells of an event.
func messageID(o org.ID, sequence int64) string { return fmt.Sprintf("msg_%s_%d", o, sequence) }

// sequence is that of the event that a message tells of.
func (m *Message) sequence() (int64, bool) {
	n, err := strconv.ParseInt(m.ID[strings.LastIndexByte(m.ID, '_')+1:], 10, 64)
	return n, err == nil
}

// Outbox makes the messages that a batch of events calls for.
func Outbox(o org.ID, b *engine.Batch) ([]ledger.DueWork, error) {
	var out []ledger.DueWork
	for i := range b.Events {
		e := &b.Events[i]
		t := templates[e.Type]
		if t == nil || told(b, e) {
			continue
		}
		m := Message{
			ID: messageID(o, e.Sequence), Org: string(o), Kind: t.kind, To: t.to, OrderID: string(e.Order),
			TechnicianID: string(e.Technician), Stage: t.stage(e), DueAt: e.Time.UTC(), Text: t.text(e),
		}
		if at := promised(b, e); !at.IsZero() {
			m.PromisedBy = &at
		}
		payload, err := json.Marshal(&m)
		if err != nil {
			return nil, fmt.Errorf("encode message: %w", err)
		}
		w := ledger.DueWork{Kind: DueKind, Key: m.ID, At: e.Time, Payload: string(payload)}
		if t.to == Supervisor {
			w.Rank = ledger.Urgent
		}
		out = append(out, w)
	}
	return out, nil
}

// told reports whether an event is told by another one: that nobody acknowledged an order in time is told by its acceptance,
// unless it was to come first, as a call in an emergency.
func told(b *engine.Batch, e *engine.Event) bool {
	if e.Type != engine.DueBreached || e.Clock != engine.ClockAcknowledge {
		return false
	}
	return !slices.ContainsFunc(b.Orders, func(o *engine.Order) bool {
		return o.ID == e.Order && o.Urgency == dispatch.UrgencyEmergency && o.Due.Acknowledge.Before(o.Due.Accept)
	})
}

// promised is the promise that an event is about: zero when there is none.
func promised(b *engine.Batch, e *engine.Event) time.Time {
	for _, o := range b.Orders {
		if o.ID != e.Order {
			continue
		}
		switch e.Type {
		case engine.OrderCreated:
			return o.Due.Accept
		case engine.OrderAccepted:
			return o.Due.OnSite
		case engine.DueBreached:
			switch e.Clock {
			case engine.ClockAcknowledge:
				return o.Due.Acknowledge
			case engine.ClockAccept:
				return o.Due.Accept
			case engine.ClockOnSite:
				return o.Due.OnSite
			case engine.ClockResolve:
				return o.Due.Resolve
			}
		}
	}
	return time.Time{}
}
