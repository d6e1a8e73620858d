package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"sync"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/clock"
	"fettle/internal/due"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/catchup"
)

const (
	// lateAfter is how long after its instant a message is late.
	lateAfter = time.Minute
	// owedLateAfter is the same for a message that is owed: such are due on a day, not at a minute.
	owedLateAfter = time.Hour
)

// Store is what a Desk needs of a store.
type Store interface {
	ledger.Reader
	ledger.Writer
	// SettleDue removes claimed work, and keeps its outcome: see ledger.DueStore.
	SettleDue(ctx context.Context, o org.ID, w ledger.DueWork, out ledger.Outcome) error
	// OrderEvents reads the events of an order: see engine.EventReader.
	OrderEvents(ctx context.Context, o org.ID, id dispatch.WorkOrderID, after int64, limit int) ([]engine.Event, error)
}

// Config says what a Desk works with. All must be given.
type Config struct {
	Org      org.ID
	Store    Store
	Clock    clock.Clock
	Catalog  *Catalog
	Rules    Rules
	Channels map[string]Channel
	// Woken is called after work was written, with its kind and instant. It must not block.
	Woken func(kind string, at time.Time)
	// Wanted reports whether a message that is owed is still to be told: what it says may have changed since. nil means always.
	Wanted func(ctx context.Context, m *Message) (bool, error)
	// Agreed reports whether data may leave by a channel. nil means always.
	Agreed func(ctx context.Context, channel string) (bool, error)
}

// Desk plans messages, hands them to channels and keeps the record of each. Its handlers are called by sweepers of due work;
// any goroutine may call the rest.
type Desk struct {
	c        Config
	breakers map[string]*Breaker
	seed     maphash.Seed
	locks    [64]sync.Mutex // by recipient: caps are counted by one at a time
}

// NewDesk checks the rules against the channels and makes one.
func NewDesk(c Config) (*Desk, error) {
	c.Rules.Language = cmp.Or(c.Rules.Language, "zh")
	d := &Desk{c: c, breakers: map[string]*Breaker{}, seed: maphash.MakeSeed()}
	for name := range c.Channels {
		d.breakers[name] = &Breaker{}
	}
	for role, route := range c.Rules.Routes {
		for _, name := range route {
			if c.Channels[name] == nil {
				return nil, fmt.Errorf("routes.%s: there is no channel %q", role, name)
			}
		}
	}
	for name := range c.Rules.Quiet {
		if c.Channels[name] == nil {
			return nil, fmt.Errorf("quietHours: there is no channel %q", name)
		}
	}
	return d, nil
}

// ErrNoChannels says that a message of a time with channels waits for one.
var ErrNoChannels = errors.New("no channel is configured: give --notify-url or --channels")

// CarryKind is the kind of due work that is a message on its way by a channel.
func CarryKind(channel string) string { return DueKind + "." + channel }

// Channels lists the channels with how many letters each may have on their way.
func (d *Desk) Channels() map[string]int {
	out := map[string]int{}
	for name := range d.c.Channels {
		out[name] = cmp.Or(d.c.Rules.Parallel[name], 4)
	}
	return out
}

// now is the present instant as precise as it is stored.
func (d *Desk) now() time.Time { return d.c.Clock.Now().UTC().Truncate(time.Microsecond) }

// Tell is a due.Handler for DueKind: it chooses who is told, by which channel and when, and hands the message on. A message of
// a role whose only channel is one that keeps one of each id, and asks for nothing, is sent at once. What is too old is not
// told when a later message about the same order says what is so now.
func (d *Desk) Tell(ctx context.Context, w ledger.DueWork) error {
	if len(d.c.Rules.Routes) == 0 {
		return ErrNoChannels
	}
	r, err := d.take(ctx, w)
	if err != nil {
		return err
	}
	out := ledger.Outcome{Kind: w.Kind, Key: w.Key, Due: w.At, Settled: d.now(), Attempt: w.Attempt, Fate: ledger.FateDone}
	if r == nil {
		return d.done(ctx, w, out)
	}
	fate, by, err := d.judge(ctx, r)
	if err != nil {
		return fmt.Errorf("message %s: %w", w.Key, err)
	}
	out.Note = by
	switch fate {
	case catchup.Superseded:
		out.Fate = ledger.FateSuperseded
	case catchup.SendLate:
		out.Fate, r.Message.Late = ledger.FateLate, true
	case catchup.Waiting, catchup.Settled, catchup.Send:
	}
	if out.Fate == ledger.FateSuperseded {
		r.State, r.Reason = Suppressed, ReasonOvertaken
		err = d.begin(ctx, r, nil)
	} else if d.Direct(r) {
		err = d.post(ctx, w, r)
	} else {
		err = d.plan(ctx, r)
	}
	if err != nil {
		return err
	}
	out.Settled = d.now()
	return d.done(ctx, w, out)
}

// take reads what is known of a message, or makes it; nil when there is nothing left to tell.
func (d *Desk) take(ctx context.Context, w ledger.DueWork) (*Record, error) {
	r, err := d.record(ctx, w)
	if err != nil || r.Version == 0 || r.State == Due && r.Channel != "" && d.Direct(r) {
		return r, err
	}
	if again, err := d.reopen(ctx, r, w); err != nil || again { // else written before a crash
		return r, err
	}
	return nil, nil //nolint:nilnil // which is no fault
}

// record reads what is known of a message, or makes it.
func (d *Desk) record(ctx context.Context, w ledger.DueWork) (*Record, error) {
	l, err := d.c.Store.Record(ctx, d.c.Org, RecordKind, w.Key)
	if err == nil {
		return DecodeRecord(l)
	}
	if !errors.Is(err, ledger.ErrNotFound) {
		return nil, fmt.Errorf("read message %s: %w", w.Key, err)
	}
	r := &Record{ID: w.Key, State: Due, Created: d.now()}
	if err := json.Unmarshal([]byte(w.Payload), &r.Message); err != nil {
		return nil, fmt.Errorf("read message %s: %w: %w", w.Key, due.ErrHopeless, err)
	}
	to, err := d.find(ctx, &r.Message)
	if err != nil {
		return nil, err
	}
	r.Recipient, r.wishes = to.ID, to
	return r, nil
}

// done settles the work of telling.
func (d *Desk) done(ctx context.Context, w ledger.DueWork, out ledger.Outcome) error {
	if err := d.c.Store.SettleDue(context.WithoutCancel(ctx), d.c.Org, w, out); err != nil {
		return fmt.Errorf("settle message %s: %w", w.Key, err)
	}
	return nil
}

// plan chooses the channel of a new message and hands it on.
func (d *Desk) plan(ctx context.Context, r *Record) error {
	lock := &d.locks[maphash.String(d.seed, r.Recipient)%uint64(len(d.locks))]
	lock.Lock()
	defer lock.Unlock()
	full, err := d.capped(ctx, r, 0)
	if err != nil {
		return err
	}
	var next []ledger.DueWork
	if full {
		r.State, r.Reason = Suppressed, ReasonCapped
	} else {
		next = d.route(r, r.wishes, Suppressed, ReasonNoChannel)
	}
	return d.begin(ctx, r, next)
}

// begin writes a record that is new or has changed, with the work that follows.
func (d *Desk) begin(ctx context.Context, r *Record, next []ledger.DueWork) error {
	r.Version++
	r.Updated = d.now()
	next = append(next, r.Told(r.Updated)...)
	record, err := r.Encode()
	if err == nil {
		err = d.c.Store.Apply(context.WithoutCancel(ctx), d.c.Org, &ledger.Change{Records: []ledger.Record{record}, DueSet: next})
	}
	if err != nil {
		return fmt.Errorf("keep message %s: %w", r.ID, err)
	}
	d.wake(next)
	return nil
}

func (d *Desk) wake(next []ledger.DueWork) {
	for _, w := range next {
		d.c.Woken(w.Kind, w.At)
	}
}

// Direct reports whether a message goes straight to one channel, with nothing to decide.
func (d *Desk) Direct(r *Record) bool {
	role := r.Message.To
	route := d.c.Rules.Routes[role]
	if len(route) != 1 || r.wishes != nil && len(r.wishes.OptOuts) > 0 || d.c.Rules.Caps[role].Messages > 0 {
		return false
	}
	_, quiet := d.c.Rules.Quiet[route[0]]
	return !quiet && d.c.Channels[route[0]].Capabilities() == Capabilities{Idempotent: true}
}

// post sends a message at once, and keeps what became of it. An error says that the channel did not take it.
func (d *Desk) post(ctx context.Context, w ledger.DueWork, r *Record) error {
	r.Channel, r.Language = d.c.Rules.Routes[r.Message.To][0], d.c.Rules.Language
	m := r.Message
	m.Attempt = max(w.Attempt, m.Attempt+1) // of work that is written again attempts are forgotten
	at := d.now()
	o := d.c.Channels[r.Channel].Send(ctx, &Letter{Message: &m, Language: r.Language, Text: m.Text[r.Language], Vars: m.Vars})
	r.noted(d.now(), &o)
	r.Message.Attempt = m.Attempt
	if o.Result == Sent {
		r.State, r.SentAt, r.ProviderID, r.Cost = WasSent, at, o.ProviderID, o.Cost
		if err := d.begin(ctx, r, nil); err != nil {
			return fmt.Errorf("message %s was sent, and will be again: %w", w.Key, err)
		}
		return nil
	}
	err := o.Err
	if o.Result == Permanent && r.Message.Owner != "" { // a person sees to what is owed
		r.State, r.Reason = Failed, ReasonRefused
		return d.begin(ctx, r, nil)
	}
	if o.Result == Permanent {
		err = fmt.Errorf("%w: %w", due.ErrHopeless, o.Err)
	}
	if kept := d.begin(ctx, r, nil); kept != nil {
		return fmt.Errorf("%w; its attempt was not kept: %w", err, kept)
	}
	return err
}

// catchUp is how late messages are late, and for how long each is worth sending although a later one says what is so now.
var catchUp = catchup.Rule{Grace: lateAfter, Keep: 6 * time.Hour}

// laterEvents is how many events of an order are read to find what is said later.
const laterEvents = 100

// judge says what becomes of a message, and which later one takes its place.
func (d *Desk) judge(ctx context.Context, r *Record) (catchup.Fate, string, error) {
	m := &r.Message
	if wanted, err := d.wanted(ctx, r); err != nil || !wanted {
		return catchup.Superseded, "", err
	}
	series := []catchup.Stage{{Due: m.DueAt}}
	ids := []string{m.ID}
	now := d.now()
	if sequence, ok := sequence(m); ok && now.Sub(m.DueAt) > catchUp.Keep {
		events, err := d.c.Store.OrderEvents(ctx, d.c.Org, dispatch.WorkOrderID(m.OrderID), sequence, laterEvents)
		if err != nil {
			return "", "", err
		}
		for i := range events {
			if t := d.c.Catalog.telling(events[i].Type, m.To); t != nil && !events[i].Time.Before(m.DueAt) {
				series = append(series, catchup.Stage{Due: events[i].Time})
				ids = append(ids, d.c.Catalog.messageID(d.c.Org, events[i].Sequence, t.ID))
			}
		}
	}
	rule := catchUp
	rule.Grace = grace(m)
	v := catchup.Judge(now, rule, series)[0]
	if v.By >= 0 {
		return v.Fate, "by " + ids[v.By], nil
	}
	return v.Fate, "", nil
}

// find returns the recipient of a message: the nearest that is known, or one without any wish.
func (d *Desk) find(ctx context.Context, m *Message) (*Recipient, error) {
	refs := references(m)
	for _, id := range refs {
		to, err := d.recipient(ctx, id)
		if err != nil || to.Version > 0 {
			return to, err
		}
	}
	return &Recipient{ID: refs[0]}, nil
}

// recipient reads a recipient; one that is not known has version 0.
func (d *Desk) recipient(ctx context.Context, id string) (*Recipient, error) {
	if len(id) > maxRecipientID {
		return &Recipient{ID: id[:maxRecipientID]}, nil // nobody can be known under such an id
	}
	l, err := d.c.Store.Record(ctx, d.c.Org, RecipientKind, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return &Recipient{ID: id}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read recipient %s: %w", id, err)
	}
	return DecodeRecipient(l)
}

// Recipient reads a recipient; one that is not known has version 0.
func (d *Desk) Recipient(ctx context.Context, id string) (*Recipient, error) {
	return d.recipient(ctx, id)
}

// capped reports whether the recipient has had as many messages as the cap of the role lets pass, beside some more that are not kept.
func (d *Desk) capped(ctx context.Context, r *Record, had int) (bool, error) {
	limit := d.c.Rules.Caps[r.Message.To]
	if limit.Messages <= 0 || r.Message.Emergency || r.Message.Owner != "" {
		return false, nil
	}
	who := ledger.Text(r.Recipient)
	q := ledger.Under(RecordKind, KeyRecipient, who)
	q.From = ledger.Join(who, ledger.Instant(r.Created.Add(-limit.Per)))
	q.Descending = true
	const page = 200
	for {
		p, err := d.c.Store.Records(ctx, d.c.Org, q, page)
		if err != nil {
			return false, fmt.Errorf("count the messages of %s: %w", r.Recipient, err)
		}
		for i := range p.Records {
			if p.Records[i].State != string(Suppressed) && p.Records[i].ID != r.ID {
				had++
			}
		}
		if had >= limit.Messages || p.Next == (ledger.Place{}) {
			return had >= limit.Messages, nil
		}
		q.After = p.Next
	}
}

// route chooses the next channel of a message and returns the work of carrying it; none when no channel is left, which is
// noted as the state and the reason that are given.
func (d *Desk) route(r *Record, to *Recipient, otherwise State, reason string) []ledger.DueWork {
	v := d.wordingOf(r)
	for _, name := range d.c.Rules.ways(&r.Message) {
		if slices.Contains(r.Refused, name) {
			continue
		}
		if !to.wants(r.Message.Kind, name) {
			if otherwise == Suppressed {
				reason = ReasonOptedOut
			}
			continue
		}
		if _, ok := d.letter(name, r, to, v); !ok {
			continue
		}
		r.Channel, r.State, r.Tries, r.NotBefore = name, Due, 0, time.Time{}
		now := d.now()
		at := d.quietUntil(r, name, now)
		if at.After(now) {
			r.NotBefore = at
		}
		return []ledger.DueWork{{Kind: CarryKind(name), Key: r.ID, At: at, Rank: rank(&r.Message)}}
	}
	r.State, r.Reason = otherwise, reason
	return nil
}

// quietUntil is when a message may leave by a channel: now unless quiet hours hold it back.
func (d *Desk) quietUntil(r *Record, channel string, now time.Time) time.Time {
	quiet, ok := d.c.Rules.Quiet[channel]
	if !ok || r.Message.Emergency {
		return now
	}
	return quiet.Until(now, d.c.Rules.Zone)
}

// wordingOf is the version of the template that a message was made of, or else the one in use; nil when both are gone.
func (d *Desk) wordingOf(r *Record) *TemplateVersion {
	t := d.c.Catalog.Find(r.Message.Template)
	if t == nil {
		return nil
	}
	if v := t.Version(r.Message.TemplateVersion); v != nil {
		return v
	}
	return t.InUse()
}

// letter makes what a channel gets. It is not ok when the recipient or the template lacks what the channel needs.
func (d *Desk) letter(channel string, r *Record, to *Recipient, v *TemplateVersion) (*Letter, bool) {
	needs := d.c.Channels[channel].Capabilities()
	l := &Letter{Message: &r.Message, Address: to.Addresses[channel], Vars: r.Message.Vars}
	if v == nil || needs.NeedsAddress && l.Address == "" {
		return nil, false
	}
	if needs.NeedsCredit && r.Credit != CreditKey(channel, r.Message.Template) && to.Credits[CreditKey(channel, r.Message.Template)] == 0 {
		return nil, false
	}
	fill := filler(r.Message.Vars)
	text, language := v.wording(channel, to.Language, d.c.Rules.Language)
	own := v.Channels[channel]
	if needs.NeedsApproval {
		if language = known(own.ProviderIDs, to.Language, d.c.Rules.Language); language == "" {
			return nil, false
		}
		text, _ = v.wording(channel, language)
		l.ProviderTemplate = own.ProviderIDs[language]
	}
	if len(own.Fields) > 0 {
		l.Vars = make(map[string]string, len(own.Fields))
		for name, text := range own.Fields {
			l.Vars[name] = fill.Replace(text)
		}
	}
	l.Language, l.Title, l.Text = language, fill.Replace(text.Title), fill.Replace(text.Text)
	r.Language = language
	return l, true
}

// known is the first of languages that a provider has an id for, or else the first that it has at all; "" for none.
func known(ids map[string]string, languages ...string) string {
	for _, l := range languages {
		if ids[l] != "" {
			return l
		}
	}
	for _, l := range slices.Sorted(maps.Keys(ids)) {
		if ids[l] != "" {
			return l
		}
	}
	return ""
}
