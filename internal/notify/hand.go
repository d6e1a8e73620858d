package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fettle/dispatch/engine"
)

// SignInCode is the event and the template of a code to sign in with. No order has it: Hand tells of it.
const SignInCode engine.EventType = "sign_in.code"

// SignatureCode is the event and the template of a code by which a tenant is known who signs.
const SignatureCode engine.EventType = "signature.code"

// RenewalLink is the event and the template of the address of a proposal, for who has asked for it.
const RenewalLink engine.EventType = "link.renewal"

// Handed is a message that goes to one telephone, now or not at all, and whose words are kept nowhere.
type Handed struct {
	ID         string // of the message: new for each
	Template   string
	Technician string            // who is told
	Unit       string            // or whose tenant is told
	Phone      string            // in clear; channels whose addresses are something else are passed over
	Vars       map[string]string // of the text
}

// handTime is how long a channel may take.
const handTime = 10 * time.Second

// Hand sends a message by the first channel of those it is to that takes it, whatever the hour and the caps. What is kept of it
// names the recipient and holds neither text nor number. An error says that no channel took it.
func (d *Desk) Hand(ctx context.Context, h *Handed) error {
	t := d.c.Catalog.Find(h.Template)
	if t == nil || t.InUse() == nil {
		return fmt.Errorf("template %s: there is none in use", h.Template)
	}
	now := d.now()
	v := t.InUse()
	r := &Record{ID: h.ID, State: Failed, Created: now, Recipient: "technician." + h.Technician}
	if t.To == Tenant {
		r.Recipient = "unit." + h.Unit
	}
	r.Message = Message{
		ID: h.ID, Org: string(d.c.Org), Kind: t.Kind, To: t.To, TechnicianID: h.Technician, UnitID: h.Unit, DueAt: now, Attempt: 1,
		Template: t.ID, TemplateVersion: v.Number,
	}
	to, err := d.recipient(ctx, r.Recipient)
	if err != nil {
		return err
	}
	sent := d.handOver(ctx, h, r, &Recipient{Language: to.Language}, v)
	if r.State == Failed {
		r.Reason = ReasonNoChannel
	}
	if err := d.begin(ctx, r, nil); err != nil {
		return errors.Join(sent, err)
	}
	return sent
}

// handOver tries the channels in turn. It notes in the record which took the message, and nothing of what it says.
func (d *Desk) handOver(ctx context.Context, h *Handed, r *Record, to *Recipient, v *TemplateVersion) error {
	why := ErrNoChannels
	for _, name := range d.c.Rules.Routes[r.Message.To] {
		can := d.c.Channels[name].Capabilities()
		if can.NeedsCredit || can.NeedsAddress && !can.Telephone || d.breakers[name].Wait(d.now()) > 0 {
			continue
		}
		to.Addresses = map[string]string{name: h.Phone}
		full := *r
		full.Message.Vars, full.Message.Phone = h.Vars, h.Phone
		l, ok := d.letter(name, &full, to, v)
		if !ok {
			continue
		}
		full.Message.Text = make(map[string]string, len(v.Texts))
		for language, text := range v.Texts {
			full.Message.Text[language] = filler(h.Vars).Replace(text.Text)
		}
		l.Message = &full.Message
		sending, cancel := context.WithTimeout(ctx, handTime)
		o := d.c.Channels[name].Send(sending, l)
		cancel()
		d.breakers[name].Note(d.now(), o.Result == Sent || o.Result == Permanent || errors.Is(o.Err, ErrBusy))
		r.Channel, r.Language = name, full.Language
		r.noted(d.now(), &o)
		if slices.Contains([]Result{Sent, Unknown}, o.Result) { // whoever waits for it asks again when it does not come
			r.State, r.SentAt, r.ProviderID, r.Cost = WasSent, d.now(), o.ProviderID, o.Cost
			return nil
		}
		why = o.Err
	}
	return fmt.Errorf("message %s: %w", h.ID, why)
}
