package leasing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fettle/ledger"
	"fettle/org"
	"fettle/rental/lease"
	"fettle/rental/obligation"
)

// Reminder is what a sink receives.
type Reminder struct {
	ID         string            `json:"message_id"` // of the obligation: the same for every attempt
	Org        string            `json:"org"`
	Kind       string            `json:"kind"` // such as lease.intent_survey
	To         string            `json:"to"`   // TENANT or SUPERVISOR
	Lease      string            `json:"lease_id"`
	Tenant     string            `json:"tenant_id"`
	Unit       string            `json:"unit_id"`
	Stage      string            `json:"stage"` // the rung
	DueAt      time.Time         `json:"due_at"`
	Attempt    int               `json:"attempt"` // from 1
	Late       bool              `json:"late"`
	Text       map[string]string `json:"text"` // by language
	Template   string            `json:"template,omitempty"`
	Channel    string            `json:"channel,omitempty"`
	Supervisor bool              `json:"cc_supervisor,omitempty"`
}

// Sink takes messages. Nil means that it has the message; taking one twice under one id is taking it once.
type Sink interface {
	Send(ctx context.Context, r *Reminder) error
}

// ErrNoSink says that nothing takes messages.
var ErrNoSink = errors.New("nothing takes reminders: FETTLE_NOTIFY_URL is not set")

// sweeper is who does what nobody has asked for.
func sweeper() *Caller { return &Caller{Actor: "service", Method: DueObligation} }

// Remind is a due.Handler for DueObligation of an org: it sends the reminder, or what is nearer to the end of its lease, and
// records what has become of it.
func (d *Desk) Remind(o org.ID) func(ctx context.Context, w ledger.DueWork) error {
	return func(ctx context.Context, w ledger.DueWork) error {
		var sent *claim
		err := again(ctx, func() (err error) {
			sent, err = d.claim(ctx, o, w)
			return err
		})
		if err != nil || sent == nil {
			return err
		}
		at := d.now()
		if err := d.send(ctx, o, sent); err != nil {
			return errors.Join(err, d.release(ctx, o, w.Key))
		}
		return d.sent(ctx, o, w, at)
	}
}

// claim is a reminder that is to be sent.
type claim struct {
	l lease.Lease
	o obligation.Obligation
}

// claim takes up what is due: it commits the claim and what it supersedes, so that an edit of the lease from now on meets it. It
// returns nil when there is nothing left to send.
func (d *Desk) claim(ctx context.Context, o org.ID, w ledger.DueWork) (*claim, error) {
	due, err := d.Obligation(ctx, o, w.Key)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, d.apply(ctx, o, &change{Change: ledger.Change{DueDone: []ledger.DueWork{w}}})
	}
	if err != nil {
		return nil, err
	}
	c := &change{now: d.now()}
	c.Seen = []ledger.Ref{}
	if !due.Value.State.Open() {
		c.DueDone = append(c.DueDone, w)
		return nil, d.apply(ctx, o, c)
	}
	k, err := d.Lease(ctx, o, due.Value.Lease)
	if err != nil {
		return nil, err
	}
	has, err := d.ladder(ctx, o, k.Value.ID)
	if err != nil {
		return nil, err
	}
	all := has.values()
	send, changes := obligation.Sweep(&k.Value, all, c.now)
	if send < 0 {
		return nil, fmt.Errorf("obligation %s is open, and its lease %s does not call for it", w.Key, k.Value.ID)
	}
	for _, x := range changes {
		c.obligation(has.find(x))
		c.audit(sweeper(), Obligations, x.ID, x.Reason)
	}
	c.Seen = append(c.Seen, ledger.Ref{Kind: Leases, ID: string(k.Value.ID), Version: k.Version})
	if all[send].ID != w.Key {
		return nil, d.apply(ctx, o, c) // superseded; what supersedes it is due work of its own
	}
	if d.c.Sink == nil {
		return nil, ErrNoSink
	}
	if err := all[send].Claim(c.now); err != nil {
		return nil, err
	}
	c.obligation(has.find(all[send]))
	return &claim{k.Value, all[send]}, d.apply(ctx, o, c)
}

// send hands the message to the sink.
func (d *Desk) send(ctx context.Context, o org.ID, c *claim) error {
	p := d.c.Policy(o)
	template, channel := p.Says(c.o.Rung)
	kind, text := words(&c.l, &c.o)
	r := &Reminder{
		ID: c.o.ID, Org: string(o), Kind: kind, To: "TENANT", Lease: string(c.l.ID), Tenant: c.l.Tenant, Unit: c.l.Unit,
		Stage: string(c.o.Rung), DueAt: c.o.At, Attempt: c.o.Attempt, Late: d.now().Sub(c.o.At) > obligation.Grace,
		Text: text, Template: template, Channel: channel, Supervisor: c.o.Rung == obligation.Notice,
	}
	if c.o.Rung == obligation.Review {
		r.To = "SUPERVISOR"
	}
	if err := d.c.Sink.Send(ctx, r); err != nil {
		return fmt.Errorf("reminder %s: %w", c.o.ID, err)
	}
	return nil
}

// sent records that the sink has the message, which was handed to it at an instant. When the lease was changed while the message was on its way, the obligation is
// superseded already and stays so; the message is noted.
func (d *Desk) sent(ctx context.Context, o org.ID, w ledger.DueWork, at time.Time) error {
	return again(ctx, func() error {
		k, err := d.Obligation(ctx, o, w.Key)
		if err != nil {
			return err
		}
		c := &change{now: d.now()}
		c.DueDone = []ledger.DueWork{w}
		if k.Value.State != obligation.Claimed {
			c.audit(sweeper(), Obligations, w.Key, "its message was on its way when it became "+string(k.Value.State))
			return d.apply(ctx, o, c)
		}
		if err := k.Value.Send(at); err != nil {
			return err
		}
		r, err := obligationRecord(&k, c.now)
		c.add(&r, err)
		c.audit(sweeper(), Obligations, w.Key, string(k.Value.State))
		return d.apply(ctx, o, c)
	})
}

// release gives a claim back.
func (d *Desk) release(ctx context.Context, o org.ID, id string) error {
	return again(ctx, func() error {
		k, err := d.Obligation(ctx, o, id)
		if err != nil || k.Value.State != obligation.Claimed {
			return err
		}
		if err := k.Value.Release(); err != nil {
			return err
		}
		c := &change{now: d.now()}
		c.obligation(&k)
		return d.apply(ctx, o, c)
	})
}

// Turn is a due.Handler for DueLease of an org: leases begin to expire, and expire, by the calendar.
func (d *Desk) Turn(o org.ID) func(ctx context.Context, w ledger.DueWork) error {
	return func(ctx context.Context, w ledger.DueWork) error {
		by := &Caller{Org: o, Actor: "service", Method: DueLease}
		_, err := d.Change(ctx, by, lease.ID(w.Key), 0, "", func(l *lease.Lease, m lease.Moment) (lease.Lease, error) {
			return l.On(m.Today()), nil
		})
		if errors.Is(err, ledger.ErrNotFound) {
			return d.apply(ctx, o, &change{Change: ledger.Change{DueDone: []ledger.DueWork{w}}})
		}
		return err
	}
}

// words is the kind of a reminder and what it says, by language.
func words(l *lease.Lease, o *obligation.Obligation) (kind string, text map[string]string) {
	t := l.Current()
	switch o.Rung {
	case obligation.Survey:
		return "lease.intent_survey", texts("Your lease ends on %s. Would you like to stay?", "您的租约将于 %s 到期，请问是否考虑续租？", t.End)
	case obligation.Proposal:
		return "lease.renewal_proposal", texts("Your lease ends on %s. Here is our proposal for its renewal.", "您的租约将于 %s 到期，请查看我们的续租方案。", t.End)
	case obligation.Notice:
		return "lease.formal_notice", texts("Formal notice: your lease ends on %s.", "正式通知：您的租约将于 %s 到期。", t.End)
	case obligation.Review:
		return "lease.review", texts("The open-ended lease "+string(l.ID)+" is to be reviewed by %s.", "长期租约 "+string(l.ID)+" 须在 %s 前复核。", t.Open.Review)
	}
	return "lease.touch", texts("Your lease ends on %s.", "您的租约将于 %s 到期。", t.End)
}

func texts(en, zh string, day fmt.Stringer) map[string]string {
	return map[string]string{"en": fmt.Sprintf(en, day), "zh": fmt.Sprintf(zh, day)}
}
