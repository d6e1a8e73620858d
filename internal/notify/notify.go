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

// messageID names the message by which a template tells of an event. An event has one id, and so has the template that the
// service begins with; others add their own.
func (c *Catalog) messageID(o org.ID, sequence int64, template string) string {
	id := fmt.Sprintf("msg_%s_%d", o, sequence)
	if c.Original(template) == nil {
		id += "_" + template
	}
	return id
}

// sequence is that of the event that a message tells of.
func sequence(m *Message) (int64, bool) {
	rest, ok := strings.CutPrefix(m.ID, "msg_"+m.Org+"_")
	number, _, _ := strings.Cut(rest, "_")
	n, err := strconv.ParseInt(number, 10, 64)
	return n, ok && err == nil
}

// rank is how urgent a message is: supervisors hear of broken promises first, and of emergencies everybody.
func rank(m *Message) ledger.Rank {
	if m.To == Supervisor || m.Emergency {
		return ledger.Urgent
	}
	return ledger.Usual
}

// Outbox makes the messages that a batch of events calls for.
func (c *Catalog) Outbox(o org.ID, b *engine.Batch) ([]ledger.DueWork, error) {
	return c.outbox(o, b, false)
}

// Expected makes those of the messages that the templates call for that a service begins with: whatever an org has written
// since, these must have been made.
func (c *Catalog) Expected(o org.ID, b *engine.Batch) ([]ledger.DueWork, error) {
	return c.outbox(o, b, true)
}

func (c *Catalog) outbox(o org.ID, b *engine.Batch, originals bool) ([]ledger.DueWork, error) {
	var out []ledger.DueWork
	for i := range b.Events {
		e := &b.Events[i]
		if told(b, e) {
			continue
		}
		for _, t := range c.current.Load().byEvent[e.Type] {
			v := t.InUse()
			if v == nil || originals && c.Original(t.ID) == nil {
				continue
			}
			m := c.message(o, b, e, t, v)
			payload, err := json.Marshal(m)
			if err != nil {
				return nil, fmt.Errorf("encode message: %w", err)
			}
			out = append(out, ledger.DueWork{Kind: DueKind, Key: m.ID, At: e.Time, Payload: string(payload), Rank: rank(m)})
		}
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

// message makes the message of one event.
func (c *Catalog) message(o org.ID, b *engine.Batch, e *engine.Event, t *Template, v *TemplateVersion) *Message {
	m := &Message{
		ID: c.messageID(o, e.Sequence, t.ID), Org: string(o), Kind: t.Kind, To: t.To, OrderID: string(e.Order),
		TechnicianID: string(e.Technician), Stage: stage(e), DueAt: e.Time.UTC(), Template: t.ID, TemplateVersion: v.Number,
	}
	for _, order := range b.Orders {
		if order.ID == e.Order {
			m.Emergency, m.UnitID = order.Urgency == dispatch.UrgencyEmergency, order.UnitID
		}
	}
	if at := promised(b, e); !at.IsZero() {
		m.PromisedBy = &at
	}
	m.Vars = fill(m, e, v, c.zone)
	m.Text = make(map[string]string, len(v.Texts))
	for language, text := range v.Texts {
		m.Text[language] = filler(m.Vars).Replace(text.Text)
	}
	return m
}

// stage is the clock or the state that an event is about.
func stage(e *engine.Event) string {
	if e.Clock != "" {
		return string(e.Clock)
	}
	return string(e.State)
}

// fill gives the variables that a version declares their values.
func fill(m *Message, e *engine.Event, v *TemplateVersion, zone *time.Location) map[string]string {
	values := map[string]string{
		"order": string(e.Order), "technician": string(e.Technician), "reason": e.Reason, "clock": string(e.Clock), "state": string(e.State),
	}
	if m.PromisedBy != nil {
		values["promised_by"] = m.PromisedBy.In(zone).Format("2006-01-02 15:04")
	}
	out := make(map[string]string, len(v.Variables))
	for _, name := range v.Variables {
		out[name] = values[name]
	}
	return out
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
