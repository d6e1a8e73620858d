package notify

import (
	"context"
	"maps"
	"time"
)

// Foreseen is what would become of a message.
type Foreseen struct {
	State   State  // DUE when it would leave
	Reason  string // why not, of one that would be suppressed
	Channel string
	Until   time.Time // until when quiet hours would hold it back; zero for not
}

// planned is what messages that were foreseen take from those after them.
type planned struct {
	had  map[string][]time.Time      // by recipient
	used map[string]map[string]int64 // consents, by recipient and key
}

// Foresee says what would become of messages that were told one after the other, each at its DueAt, by the rules, the wishes and
// the consents of now. It changes nothing, and knows nothing of what others will tell meanwhile.
func (d *Desk) Foresee(ctx context.Context, messages []Message) ([]Foreseen, error) {
	out := make([]Foreseen, len(messages))
	p := planned{map[string][]time.Time{}, map[string]map[string]int64{}}
	for i := range messages {
		var err error
		if out[i], err = d.foresee(ctx, &messages[i], &p); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (d *Desk) foresee(ctx context.Context, m *Message, p *planned) (Foreseen, error) {
	known, err := d.find(ctx, m)
	if err != nil {
		return Foreseen{}, err
	}
	to := *known
	to.Credits = maps.Clone(known.Credits)
	for key, n := range p.used[to.ID] {
		to.Credits[key] -= n // what was used was there
	}
	r := &Record{ID: m.ID, State: Due, Created: m.DueAt, Message: *m, Recipient: to.ID, wishes: &to}
	if d.Direct(r) {
		p.had[to.ID] = append(p.had[to.ID], m.DueAt)
		return Foreseen{State: Due, Channel: d.c.Rules.Routes[m.To][0]}, nil
	}
	more := 0
	for _, at := range p.had[to.ID] {
		if m.DueAt.Sub(at) <= d.c.Rules.Caps[m.To].Per {
			more++
		}
	}
	full, err := d.capped(ctx, r, more)
	if err != nil || full {
		return Foreseen{State: Suppressed, Reason: ReasonCapped}, err
	}
	if d.route(r, &to, Suppressed, ReasonNoChannel) == nil {
		return Foreseen{State: r.State, Reason: r.Reason}, nil
	}
	p.had[to.ID] = append(p.had[to.ID], m.DueAt)
	if d.c.Channels[r.Channel].Capabilities().NeedsCredit {
		if p.used[to.ID] == nil {
			p.used[to.ID] = map[string]int64{}
		}
		p.used[to.ID][CreditKey(r.Channel, m.Template)]++
	}
	f := Foreseen{State: Due, Channel: r.Channel}
	if until := d.quietUntil(r, r.Channel, m.DueAt); until.After(m.DueAt) {
		f.Until = until
	}
	return f, nil
}
