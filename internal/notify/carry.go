package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fettle/ledger"
)

// staleTries is how often a record is read again when somebody else has changed it meanwhile.
const staleTries = 8

// edit is what a change of a message writes beside it.
type edit struct {
	set, done []ledger.DueWork
	to        *Recipient // nil leaves the recipient as it is
}

// change lets f change a message and writes it, again when somebody else was faster. f returns nil for nothing to write.
func (d *Desk) change(ctx context.Context, id string, f func(r *Record) (*edit, error)) (*Record, error) {
	for range staleTries {
		l, err := d.c.Store.Record(ctx, d.c.Org, RecordKind, id)
		if err != nil {
			return nil, fmt.Errorf("read message %s: %w", id, err)
		}
		r, err := DecodeRecord(l)
		if err != nil {
			return nil, err
		}
		e, err := f(r)
		if err != nil || e == nil {
			return r, err
		}
		e.set = append(e.set, r.Told(d.now())...)
		if err = d.write(ctx, r, e); err == nil {
			d.wake(e.set)
			return r, nil
		}
		if !errors.Is(err, ledger.ErrStale) {
			return nil, fmt.Errorf("keep message %s: %w", id, err)
		}
	}
	return nil, fmt.Errorf("keep message %s: %w", id, ledger.ErrStale)
}

func (d *Desk) write(ctx context.Context, r *Record, e *edit) error {
	r.Version++
	r.Updated = d.now()
	record, err := r.Encode()
	if err != nil {
		return err
	}
	c := &ledger.Change{Records: []ledger.Record{record}, DueSet: e.set, DueDone: e.done}
	if e.to != nil && e.to.Version > 0 {
		e.to.Version++
		e.to.Updated = r.Updated
		to, err := e.to.Encode()
		if err != nil {
			return err
		}
		c.Records = append(c.Records, to)
	}
	return d.c.Store.Apply(ctx, d.c.Org, c)
}

// Carry is a due.Handler for the kinds of CarryKind: it sends one message by its channel, once, and keeps what became of it.
//
// Before a letter leaves by a channel that cannot tell it from its copy, that it is about to is written down. When the service
// ends in between, the next attempt finds the note and does not send: the message is UNKNOWN, and a person decides.
func (d *Desk) Carry(ctx context.Context, w ledger.DueWork) error {
	var l *Letter
	var channel Channel
	now := d.now()
	r, err := d.change(ctx, w.Key, func(r *Record) (e *edit, err error) {
		l, channel, e, err = d.prepare(ctx, r, w, now)
		return e, err
	})
	if errors.Is(err, ledger.ErrNotFound) {
		return d.c.Store.Apply(ctx, d.c.Org, &ledger.Change{DueDone: []ledger.DueWork{w}})
	}
	if err != nil || l == nil {
		return err
	}
	name := r.Channel
	o := channel.Send(ctx, l)
	ctx = context.WithoutCancel(ctx) // what became of it is kept whatever ends
	d.breakers[name].Note(d.now(), o.Result == Sent || o.Result == Permanent || errors.Is(o.Err, ErrBusy))
	_, err = d.change(ctx, w.Key, func(r *Record) (*edit, error) { return d.settle(ctx, r, w, name, &o) })
	return err
}

// prepare decides whether a message leaves now: it does when there is a letter. e is what is written before; nil for nothing.
func (d *Desk) prepare(ctx context.Context, r *Record, w ledger.DueWork, now time.Time) (l *Letter, ch Channel, e *edit, err error) {
	if r.State != Due || w.Kind != CarryKind(r.Channel) { // somebody has decided meanwhile
		return nil, nil, nil, d.c.Store.Apply(ctx, d.c.Org, &ledger.Change{DueDone: []ledger.DueWork{w}})
	}
	to, err := d.recipient(ctx, r.Recipient)
	if err != nil {
		return nil, nil, nil, err
	}
	ch, reason, err := d.way(ctx, r.Channel)
	if err != nil {
		return nil, nil, nil, err
	}
	if ch == nil {
		return nil, nil, d.onward(r, to, w, reason), nil
	}
	can := ch.Capabilities()
	if r.Sending && !can.Idempotent {
		r.State, r.Reason, r.Sending = Uncertain, ReasonCrash, false
		return nil, ch, &edit{done: []ledger.DueWork{w}}, nil
	}
	if e, err := d.withdrawn(ctx, r, w); err != nil || e != nil {
		return nil, ch, e, err
	}
	l, ok := d.letter(r.Channel, r, to, d.wordingOf(r))
	if !ok || !to.wants(r.Message.Kind, r.Channel) {
		return nil, ch, d.onward(r, to, w, ReasonNoChannel), nil
	}
	if e := d.hold(r, w, now); e != nil {
		return nil, ch, e, nil
	}
	if rest := d.breakers[r.Channel].Wait(now); rest > 0 {
		return nil, ch, nil, d.c.Store.Apply(ctx, d.c.Org, &ledger.Change{DueSet: []ledger.DueWork{{Kind: w.Kind, Key: w.Key, At: now.Add(rest), Rank: w.Rank}}})
	}
	e = d.leave(r, to, can, now)
	m := r.Message
	m.Attempt++
	l.Message = &m
	return l, ch, e, nil
}

// way is a channel that is open; nil with the reason when it is of a configuration before, or no agreement opens it.
func (d *Desk) way(ctx context.Context, name string) (ch Channel, reason string, err error) {
	if ch = d.c.Channels[name]; ch == nil {
		return nil, ReasonNoChannel, nil
	}
	if d.c.Agreed != nil {
		ok, err := d.c.Agreed(ctx, name)
		if err != nil || !ok {
			return nil, ReasonNoAgreement, err
		}
	}
	return ch, "", nil
}

// leave notes that a message is about to leave, and holds the consent that it needs; nil when that need not be written down.
func (d *Desk) leave(r *Record, to *Recipient, can Capabilities, now time.Time) *edit {
	r.Message.Late = now.Sub(r.Message.DueAt) > grace(&r.Message) && r.NotBefore.IsZero()
	if can.Idempotent && !can.NeedsCredit {
		return nil
	}
	r.Sending = true
	e := &edit{}
	if key := CreditKey(r.Channel, r.Message.Template); can.NeedsCredit && r.Credit != key {
		r.Credit, e.to = key, to
		to.Credits[key]--
	}
	return e
}

// hold keeps a message back in quiet hours, which an attempt after a failure may fall into; nil when it need not.
func (d *Desk) hold(r *Record, w ledger.DueWork, now time.Time) *edit {
	until := d.quietUntil(r, r.Channel, now)
	if !until.After(now) {
		return nil
	}
	r.NotBefore = until
	return &edit{set: []ledger.DueWork{{Kind: w.Kind, Key: w.Key, At: until, Rank: w.Rank}}}
}

// onward takes a message to the next channel of its role, with the credit of this one given back.
func (d *Desk) onward(r *Record, to *Recipient, w ledger.DueWork, reason string) *edit {
	e := &edit{done: []ledger.DueWork{w}}
	if r.Credit != "" {
		if to.Credits == nil {
			to.Credits = map[string]int64{}
		}
		to.Credits[r.Credit] = min(to.Credits[r.Credit]+1, maxCredits)
		r.Credit, e.to = "", to
	}
	r.Sending = false
	r.Refused = append(r.Refused, r.Channel)
	e.set = d.route(r, to, Failed, reason)
	return e
}

// settle notes what became of an attempt by a channel.
func (d *Desk) settle(ctx context.Context, r *Record, w ledger.DueWork, channel string, o *Outcome) (*edit, error) {
	now := d.now()
	r.noted(now, o)
	r.Sending = false
	if o.ProviderID != "" {
		r.ProviderID = o.ProviderID
	}
	can := d.c.Channels[channel].Capabilities()
	if o.Result == Sent || o.Result == Unknown && !can.Idempotent {
		r.Cost += o.Cost
		if o.Cost == 0 {
			r.Cost += can.Cost
		}
	}
	if r.State != Due || r.Channel != channel { // a receipt or a person was faster
		return &edit{done: []ledger.DueWork{w}}, nil
	}
	switch {
	case o.Result == Sent:
		r.State, r.SentAt, r.NotBefore = WasSent, now, time.Time{}
		return &edit{done: []ledger.DueWork{w}}, nil
	case o.Result == Unknown && !can.Idempotent:
		r.State, r.Reason = Uncertain, ReasonNoAnswer
		return &edit{done: []ledger.DueWork{w}}, nil
	case o.Result == Permanent || r.Tries > len(retries):
		return d.refused(ctx, r, w, o)
	}
	at := now.Add(max(retries[r.Tries-1], o.After))
	r.NotBefore = at
	return &edit{set: []ledger.DueWork{{Kind: w.Kind, Key: w.Key, At: at, Rank: w.Rank}}}, nil
}

// refused takes a message onward that its channel does not take.
func (d *Desk) refused(ctx context.Context, r *Record, w ledger.DueWork, o *Outcome) (*edit, error) {
	to, err := d.recipient(ctx, r.Recipient)
	if err != nil {
		return nil, err
	}
	if o.Result != Permanent {
		return d.onward(r, to, w, ReasonGaveUp), nil
	}
	if !o.NoConsent || to.Version == 0 {
		return d.onward(r, to, w, ReasonRefused), nil
	}
	to.Credits = without(to.Credits, r.Credit) // the provider counts, and has none left
	r.Credit = ""
	e := d.onward(r, to, w, ReasonRefused)
	e.to = to
	return e, nil
}

// without is a copy of credits without a key.
func without(credits map[string]int64, key string) map[string]int64 {
	out := make(map[string]int64, len(credits))
	for k, n := range credits {
		if k != key {
			out[k] = n
		}
	}
	return out
}
