package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"fettle/internal/due"
	"fettle/ledger"
)

// notice is what the owner of a message knows of it.
type notice struct {
	state State
	acked bool
}

func (r *Record) known() notice { return notice{r.State, !r.AcknowledgedAt.IsZero()} }

// Told is the work that tells the owner of a message what has become of it: it belongs into the transaction that writes the
// message. It is nothing while there is nothing new.
func (r *Record) Told(now time.Time) []ledger.DueWork {
	if r.Message.Owner == "" || r.State == Due || r.known() == r.told {
		return nil
	}
	r.told = r.known()
	return []ledger.DueWork{{Kind: r.Message.Owner, Key: r.ID, At: now}}
}

// grace is how long after its instant a message is not late yet.
func grace(m *Message) time.Duration {
	if m.Owner != "" {
		return owedLateAfter
	}
	return lateAfter
}

// Owed makes the work of telling a message as Worded words it.
func (c *Catalog) Owed(m *Message, template string) (ledger.DueWork, error) {
	out, err := c.Worded(m, template)
	if err != nil {
		return ledger.DueWork{}, err
	}
	payload, err := json.Marshal(out)
	if err != nil {
		return ledger.DueWork{}, fmt.Errorf("encode message %s: %w", m.ID, err)
	}
	return ledger.DueWork{Kind: DueKind, Key: m.ID, Payload: string(payload), Rank: rank(out)}, nil
}

// Worded says a message by the template that is named when it is in use, or else by that of the message's kind. What it says is
// filled in from Vars, of which those stay that the template names.
func (c *Catalog) Worded(m *Message, template string) (*Message, error) {
	t, v := c.using(template, m)
	if v == nil {
		t, v = c.using(m.Kind, m)
	}
	if v == nil {
		return nil, fmt.Errorf("message %s: no template %q is in use: approve one", m.ID, m.Kind)
	}
	out := *m
	out.Template, out.TemplateVersion, out.Vars, out.Text = t.ID, v.Number, map[string]string{}, map[string]string{}
	for _, name := range v.Variables {
		out.Vars[name] = m.Vars[name]
	}
	for language, text := range v.Texts {
		out.Text[language] = filler(out.Vars).Replace(text.Text)
	}
	return &out, nil
}

// using finds a template for a message with the version that is in use; nil when there is none.
func (c *Catalog) using(id string, m *Message) (*Template, *TemplateVersion) {
	if t := c.Find(id); t != nil && t.To == m.To {
		return t, t.InUse()
	}
	return nil, nil
}

// Reaches reports whether there is any way to people.
func (d *Desk) Reaches() bool { return len(d.c.Rules.Routes) > 0 }

// Message reads what is known of a message; nil when it was not told yet.
func (d *Desk) Message(ctx context.Context, id string) (*Record, error) {
	l, err := d.c.Store.Record(ctx, d.c.Org, RecordKind, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, nil //nolint:nilnil // nothing is known, which is no fault
	}
	if err != nil {
		return nil, fmt.Errorf("read message %s: %w", id, err)
	}
	return DecodeRecord(l)
}

// wanted reports whether a message is still to be told.
func (d *Desk) wanted(ctx context.Context, r *Record) (bool, error) {
	if r.Message.Owner == "" || d.c.Wanted == nil {
		return true, nil
	}
	return d.c.Wanted(ctx, &r.Message)
}

// withdrawn takes back a message that waits in a channel and is wanted no more; nil when it is.
func (d *Desk) withdrawn(ctx context.Context, r *Record, w ledger.DueWork) (*edit, error) {
	wanted, err := d.wanted(ctx, r)
	if err != nil || wanted {
		return nil, err
	}
	r.State, r.Reason, r.NotBefore = Suppressed, ReasonOvertaken, time.Time{}
	return &edit{done: []ledger.DueWork{w}}, nil
}

// reopen lets a message that is owed be told again which no channel took: the recipient may have an address by now. It reports
// whether it is.
func (d *Desk) reopen(ctx context.Context, r *Record, w ledger.DueWork) (bool, error) {
	if r.Message.Owner == "" || r.State != Failed && r.State != Suppressed {
		return false, nil
	}
	attempt := r.Message.Attempt
	if err := json.Unmarshal([]byte(w.Payload), &r.Message); err != nil {
		return false, fmt.Errorf("read message %s: %w: %w", w.Key, due.ErrHopeless, err)
	}
	to, err := d.find(ctx, &r.Message)
	if err != nil {
		return false, err
	}
	r.Message.Attempt, r.Recipient, r.wishes = attempt, to.ID, to
	r.State, r.Channel, r.Reason, r.Refused, r.Tries = Due, "", "", nil, 0
	r.SentAt, r.SettledAt, r.NotBefore = time.Time{}, time.Time{}, time.Time{}
	r.told = r.known()
	return true, nil
}
