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

// Reminder is a message that an obligation calls for.
type Reminder struct {
	ID         string // of the obligation: the same for every attempt
	Kind       string // such as lease.intent_survey, which is also the name of its template
	To         string // TENANT or SUPERVISOR
	Lease      lease.ID
	Tenant     string
	Unit       string
	Stage      obligation.Rung
	DueAt      time.Time
	Vars       map[string]string // what its text names: lease, unit, end
	Template   string            // in the place of Kind, when the rules of the org say so
	Channel    string            // that is tried first, when the rules of the org say so
	Supervisor bool              // a supervisor gets a copy
}

// State is how far a message is.
type State string

// The states of a message.
const (
	Unheard      State = ""             // nothing is known of it
	Waiting      State = "WAITING"      // for its channel, for the end of quiet hours
	Sent         State = "SENT"         // the provider has it
	Delivered    State = "DELIVERED"    // the tenant has it
	Acknowledged State = "ACKNOWLEDGED" // the tenant has answered
	Failed       State = "FAILED"       // nobody takes it, or it did not arrive: it may be handed on again
	Uncertain    State = "UNCERTAIN"    // it has left, and a person has to find out whether it arrived
)

// Fate is what has become of a message.
type Fate struct {
	State  State
	Why    string        // of one that failed
	Seen   ledger.Ref    // the record that says so; zero when there is none
	Sent   time.Time     // when the provider had it
	Heard  time.Time     // when the tenant had it, or answered
	Rested time.Duration // how long it rests before it is handed on again after it has failed
}

// Post carries messages to people.
type Post interface {
	// Hand makes the work by which a reminder leaves; it is written with the claim of its obligation. Who carries it tells of it by
	// work of kind DueObligation under its id. ErrNoSink says that there is no way to anybody.
	Hand(o org.ID, r *Reminder) ([]ledger.DueWork, error)
	// Fate says what has become of a message.
	Fate(ctx context.Context, o org.ID, id string) (Fate, error)
	// Written tells that work of Hand is committed. It does not block.
	Written(o org.ID, work []ledger.DueWork)
}

// ErrNoSink says that nothing takes messages.
var ErrNoSink = errors.New("nothing takes reminders: neither --notify-url nor --channels is given")

// lookAgain is how long after a message was handed on its obligation looks by itself what has become of it. That is for what
// cannot be: whoever carries it tells of it.
const lookAgain = 10 * time.Minute

// sweeper is who does what nobody has asked for.
func sweeper() *Caller { return &Caller{Actor: "service", Method: DueObligation} }

// Remind is a due.Handler for DueObligation of an org: it hands on the reminder, or what is nearer to the end of its lease, and
// records what has become of it.
func (d *Desk) Remind(o org.ID) func(ctx context.Context, w ledger.DueWork) error {
	return func(ctx context.Context, w ledger.DueWork) error {
		return again(ctx, func() error { return d.remind(ctx, o, w) })
	}
}

func (d *Desk) remind(ctx context.Context, o org.ID, w ledger.DueWork) error {
	k, err := d.Obligation(ctx, o, w.Key)
	c := &change{now: d.now()}
	c.Seen = []ledger.Ref{}
	c.DueDone = []ledger.DueWork{w}
	if errors.Is(err, ledger.ErrNotFound) {
		return d.apply(ctx, o, c)
	}
	if err != nil {
		return err
	}
	if d.c.Post == nil {
		if !k.Value.State.Open() {
			return d.apply(ctx, o, c)
		}
		return d.claim(ctx, o, c, &k)
	}
	f, err := d.c.Post.Fate(ctx, o, w.Key)
	if err != nil {
		return fmt.Errorf("message %s: %w", w.Key, err)
	}
	if f.Seen.Version > 0 {
		c.Seen = append(c.Seen, f.Seen)
	}
	on := f.State == Unheard || f.State == Waiting || f.State == Failed && k.Value.State == obligation.Due
	switch {
	case !on:
		return d.hear(ctx, o, c, &k, &f)
	case !k.Value.State.Open():
		return d.apply(ctx, o, c)
	case f.State == Waiting && k.Value.State == obligation.Claimed:
		c.DueSet = append(c.DueSet, ledger.DueWork{Kind: DueObligation, Key: w.Key, At: c.now.Add(lookAgain)})
		return d.apply(ctx, o, c)
	}
	return d.claim(ctx, o, c, &k)
}

// claim takes up what is due: it commits the claim, the message and what it supersedes, so that an edit of the lease from now on
// meets it.
func (d *Desk) claim(ctx context.Context, o org.ID, c *change, due *Kept[obligation.Obligation]) error {
	id := due.Value.ID
	k, err := d.Lease(ctx, o, due.Value.Lease)
	if err != nil {
		return err
	}
	has, err := d.ladder(ctx, o, k.Value.ID)
	if err != nil {
		return err
	}
	if err := d.catchUp(ctx, o, c, has, id); err != nil {
		return err
	}
	all := has.values()
	send, changes := obligation.Sweep(&k.Value, all, c.now)
	if send < 0 {
		return fmt.Errorf("obligation %s is open, and its lease %s does not call for it", id, k.Value.ID)
	}
	for _, x := range changes {
		c.obligation(has.find(x))
		c.audit(sweeper(), Obligations, x.ID, x.Reason)
	}
	c.Seen = append(c.Seen, ledger.Ref{Kind: Leases, ID: string(k.Value.ID), Version: k.Version})
	if all[send].ID != id {
		return d.apply(ctx, o, c) // superseded; what supersedes it is due work of its own
	}
	if d.c.Post == nil {
		return ErrNoSink
	}
	work, err := d.hand(o, &k.Value, &all[send])
	if err != nil {
		return err
	}
	if err := all[send].Claim(c.now); err != nil {
		return err
	}
	c.obligation(has.find(all[send]))
	c.DueSet = append(c.DueSet, ledger.DueWork{Kind: DueObligation, Key: id, At: c.now.Add(lookAgain)})
	c.DueSet = append(c.DueSet, work...)
	if err := d.apply(ctx, o, c); err != nil {
		return err
	}
	d.c.Post.Written(o, work)
	return nil
}

// catchUp records first what the messages of other rungs have come to, so that none is passed over that has left.
func (d *Desk) catchUp(ctx context.Context, o org.ID, c *change, has ladder, id string) error {
	for i := range has {
		x := &has[i]
		if x.Value.ID == id || x.Value.State != obligation.Claimed || d.c.Post == nil {
			continue
		}
		f, err := d.c.Post.Fate(ctx, o, x.Value.ID)
		if err != nil {
			return fmt.Errorf("message %s: %w", x.Value.ID, err)
		}
		if f.State != Sent && f.State != Delivered && f.State != Acknowledged {
			continue
		}
		if _, err := heed(&x.Value, &f, c.now); err != nil {
			return err
		}
		c.Seen = append(c.Seen, f.Seen)
		c.obligation(x)
		c.audit(sweeper(), Obligations, x.Value.ID, string(x.Value.State))
	}
	return nil
}

// hand makes the work by which the message of an obligation leaves.
func (d *Desk) hand(o org.ID, l *lease.Lease, x *obligation.Obligation) ([]ledger.DueWork, error) {
	p := d.c.Policy(o)
	r := &Reminder{
		ID: x.ID, Kind: KindOf(x.Rung), To: "TENANT", Lease: l.ID, Tenant: l.Tenant, Unit: l.Unit, Stage: x.Rung, DueAt: x.At,
		Supervisor: x.Rung == obligation.Notice,
		Vars:       map[string]string{"lease": string(l.ID), "unit": l.Unit, "end": l.Current().End.String()},
	}
	r.Template, r.Channel = p.Says(x.Rung)
	if x.Rung == obligation.Review {
		r.To, r.Vars["end"] = "SUPERVISOR", l.Current().Open.Review.String()
	}
	work, err := d.c.Post.Hand(o, r)
	if err != nil {
		return nil, fmt.Errorf("reminder %s: %w", x.ID, err)
	}
	return work, nil
}

// hear records what has become of a message. When the lease was changed while the message was on its way, the obligation is
// superseded already and stays so; the message is noted.
func (d *Desk) hear(ctx context.Context, o org.ID, c *change, k *Kept[obligation.Obligation], f *Fate) error {
	x := &k.Value
	before := x.State
	if x.State == obligation.Superseded || x.State == obligation.Waived {
		if f.State != Failed {
			c.audit(sweeper(), Obligations, x.ID, "its message was on its way when it became "+string(x.State))
		}
		return d.apply(ctx, o, c)
	}
	changed, err := heed(x, f, c.now)
	if err != nil || !changed {
		return errors.Join(err, d.apply(ctx, o, c))
	}
	r, err := obligationRecord(k, c.now)
	c.add(&r, err)
	if f.State == Failed {
		c.DueSet = append(c.DueSet, ledger.DueWork{Kind: DueObligation, Key: x.ID, At: c.now.Add(f.Rested)})
	}
	if x.State != before {
		c.audit(sweeper(), Obligations, x.ID, string(x.State))
	}
	return d.apply(ctx, o, c)
}

// heed brings an obligation to where its message is. It reports whether that changed anything.
func heed(x *obligation.Obligation, f *Fate, now time.Time) (changed bool, err error) {
	switch {
	case f.State == Failed && (x.State == obligation.Sent || x.State == obligation.Late), (f.State == Failed || f.State == Uncertain) && x.State.Open():
		return true, x.Bounce(f.Why)
	case f.State == Failed || f.State == Uncertain:
		return false, nil // somebody has made up for it
	case x.State == obligation.Due: // it was given up, and arrived after all
		if err := x.Claim(now); err != nil {
			return false, err
		}
	}
	if x.State == obligation.Claimed {
		if err := x.Send(f.Sent); err != nil {
			return false, err
		}
		changed = true
	}
	more, err := heard(x, f)
	return changed || more, err
}

// heard brings an obligation that was sent to what its receipts say.
func heard(x *obligation.Obligation, f *Fate) (changed bool, err error) {
	if f.State != Sent && x.DeliveredAt.IsZero() && (x.State == obligation.Sent || x.State == obligation.Late) {
		if err := x.Deliver(f.Heard); err != nil {
			return false, err
		}
		changed = true
	}
	waits := x.State == obligation.Sent || x.State == obligation.Delivered || x.State == obligation.Late
	if f.State == Acknowledged && waits {
		return true, x.Acknowledge(f.Heard, "tenant")
	}
	return changed, nil
}

// Wanted reports whether the message of an obligation is still to be told.
func (d *Desk) Wanted(ctx context.Context, o org.ID, id string) (bool, error) {
	k, err := d.Obligation(ctx, o, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return false, nil
	}
	return k.Value.State.Open(), err
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

// KindOf is the kind of a reminder.
func KindOf(r obligation.Rung) string {
	switch r {
	case obligation.Survey:
		return "lease.intent_survey"
	case obligation.Proposal:
		return "lease.renewal_proposal"
	case obligation.Notice:
		return "lease.formal_notice"
	case obligation.Review:
		return "lease.review"
	}
	return "lease.touch"
}
