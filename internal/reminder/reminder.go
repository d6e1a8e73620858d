// Package reminder makes messages of the reminders of leases: it is the post of leasing over the desk of notify, which knows the
// templates, the recipients and the channels. A message has the id of its obligation, and tells the obligation what has become of
// it by due work in the transaction of its own change.
package reminder

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"fettle/internal/leasing"
	"fettle/internal/notify"
	"fettle/ledger"
	"fettle/org"
)

// House is what carries the messages of one org.
type House struct {
	Desk    *notify.Desk
	Catalog *notify.Catalog
	// Woken tells of work that was written.
	Woken func(kind string, at time.Time)
}

// Config says what carries messages.
type Config struct {
	House func(o org.ID) (House, error)
	// Copies says that a supervisor's copy of a formal notice is a message of its own. Without it the message says that one is
	// wanted (cc_supervisor): a sink that carries everything makes its copies itself.
	Copies bool
	Now    func() time.Time
}

// Post implements leasing.Post.
type Post struct{ c Config }

// New makes a Post.
func New(c Config) *Post { return &Post{c} }

const (
	// copyTemplate is what the copy of a formal notice says.
	copyTemplate = "lease.notice_copy"
	// copySuffix ends the id of a copy.
	copySuffix = ".copy"
)

// Hand implements leasing.Post.
func (p *Post) Hand(o org.ID, r *leasing.Reminder) ([]ledger.DueWork, error) {
	h, err := p.c.House(o)
	if err != nil {
		return nil, err
	}
	if !h.Desk.Reaches() {
		return nil, leasing.ErrNoSink
	}
	m := notify.Message{
		ID: r.ID, Org: string(o), Kind: r.Kind, To: notify.Role(r.To), LeaseID: string(r.Lease), Renter: r.Tenant, UnitID: r.Unit,
		Stage: string(r.Stage), DueAt: r.DueAt, Vars: r.Vars, Prefer: r.Channel, Owner: leasing.DueObligation,
		Supervisor: r.Supervisor && !p.c.Copies,
	}
	first, err := h.Catalog.Owed(&m, cmp.Or(r.Template, r.Kind))
	if err != nil {
		return nil, err
	}
	out := []ledger.DueWork{first}
	if r.Supervisor && p.c.Copies {
		m.ID, m.To, m.Kind, m.Prefer, m.Owner = r.ID+copySuffix, notify.Supervisor, copyTemplate, "", ""
		second, err := h.Catalog.Owed(&m, copyTemplate)
		if err != nil {
			return nil, err
		}
		out = append(out, second)
	}
	now := p.c.Now()
	for i := range out {
		out[i].At = now
	}
	return out, nil
}

// Written implements leasing.Post.
func (p *Post) Written(o org.ID, work []ledger.DueWork) {
	h, err := p.c.House(o)
	if err != nil {
		return // nothing sweeps an org that is not served
	}
	for i := range work {
		h.Woken(work[i].Kind, work[i].At)
	}
}

// How long a message rests that nobody took: whoever has no address may get one, a refusal is asked about once a day.
const (
	restWithoutWay = time.Hour
	restRefused    = 24 * time.Hour
)

// Fate implements leasing.Post.
func (p *Post) Fate(ctx context.Context, o org.ID, id string) (leasing.Fate, error) {
	h, err := p.c.House(o)
	if err != nil {
		return leasing.Fate{}, err
	}
	r, err := h.Desk.Message(ctx, id)
	if err != nil || r == nil {
		return leasing.Fate{}, err
	}
	f := leasing.Fate{
		Seen: ledger.Ref{Kind: notify.RecordKind, ID: id, Version: r.Version}, Why: "its message is " + string(r.State) + ": " + r.Reason,
		Sent: r.SentAt, Heard: r.SettledAt, Rested: restRefused,
	}
	switch r.State {
	case notify.Due:
		if f.State = leasing.Waiting; r.Channel == "" || h.Desk.Direct(r) {
			f.State = leasing.Unheard // its only work is that of telling it, which may be written again
		}
	case notify.WasSent:
		f.State = leasing.Sent
	case notify.Delivered:
		f.State = leasing.Delivered
		f.Sent = cmp.Or(f.Sent, f.Heard)
		if !r.AcknowledgedAt.IsZero() {
			f.State, f.Heard = leasing.Acknowledged, r.AcknowledgedAt
		}
	case notify.Failed:
		f.State = leasing.Failed
	case notify.Suppressed:
		f.State, f.Rested = leasing.Failed, restWithoutWay
	case notify.Uncertain:
		f.State = leasing.Uncertain
	default:
		return f, fmt.Errorf("message %s: state %q: want one of %v", id, r.State, notify.States())
	}
	return f, nil
}
