package notify_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/clock"
	"fettle/internal/due"
	"fettle/internal/notify"
	"fettle/ledger"
	"fettle/ledger/ledgertest"
	"fettle/org"
)

// channel is a provider in memory that does as it is told.
type channel struct {
	can notify.Capabilities
	say func(l *notify.Letter) notify.Outcome // nil takes everything

	mu   sync.Mutex
	sent []notify.Letter // those that have left, whatever was said
}

func (c *channel) Capabilities() notify.Capabilities { return c.can }
func (c *channel) Close()                            {}

func (c *channel) Send(_ context.Context, l *notify.Letter) notify.Outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := notify.Outcome{Result: notify.Sent, ProviderID: "p-" + l.Message.ID}
	if c.say != nil {
		o = c.say(l)
	}
	if o.Result == notify.Sent || o.Result == notify.Unknown {
		m := *l.Message
		l.Message = &m
		c.sent = append(c.sent, *l)
	}
	return o
}

// saying makes a channel answer with one outcome after the other; the last one stays.
func saying(outcomes ...notify.Outcome) func(*notify.Letter) notify.Outcome {
	i := -1
	return func(*notify.Letter) notify.Outcome {
		i = min(i+1, len(outcomes)-1)
		return outcomes[i]
	}
}

// store is a ledger in memory that settles work as the real ones do.
type store struct {
	ledgertest.Store
	settled []ledger.Outcome
	later   []engine.Event
}

func (s *store) SettleDue(ctx context.Context, o org.ID, w ledger.DueWork, out ledger.Outcome) error {
	if err := s.Apply(ctx, o, &ledger.Change{DueDone: []ledger.DueWork{w}}); err != nil {
		return err
	}
	s.settled = append(s.settled, out)
	return nil
}

func (s *store) OrderEvents(context.Context, org.ID, dispatch.WorkOrderID, int64, int) ([]engine.Event, error) {
	return s.later, nil
}

// house is a desk with its store, its clock and its channels.
type house struct {
	t        *testing.T
	store    *store
	now      *clock.Fake
	rules    notify.Rules
	channels map[string]notify.Channel
	desk     *notify.Desk
	catalog  *notify.Catalog
}

func newHouse(t *testing.T, rules notify.Rules, channels map[string]notify.Channel) *house {
	t.Helper()
	rules.Zone = cmp.Or(rules.Zone, time.UTC)
	h := &house{t: t, store: &store{}, now: clock.NewFake(at), rules: rules, channels: channels, catalog: catalog(t)}
	h.restart()
	return h
}

// restart makes a new desk, as a start of the service does.
func (h *house) restart() {
	h.t.Helper()
	var err error
	h.desk, err = notify.NewDesk(notify.Config{
		Org: "default", Store: h.store, Clock: h.now, Catalog: h.catalog, Rules: h.rules, Channels: h.channels, Woken: func(string, time.Time) {},
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// know writes a recipient.
func (h *house) know(r notify.Recipient) {
	h.t.Helper()
	before, err := h.store.Record(h.t.Context(), "default", notify.RecipientKind, r.ID)
	if err == nil {
		r.Version = before.Version
	}
	r.Version++
	l, err := r.Encode()
	if err == nil {
		err = h.store.Apply(h.t.Context(), "default", &ledger.Change{Records: []ledger.Record{l}})
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) recipient(id string) *notify.Recipient {
	h.t.Helper()
	l, err := h.store.Record(h.t.Context(), "default", notify.RecipientKind, id)
	if err != nil {
		h.t.Fatal(err)
	}
	r, err := notify.DecodeRecipient(l)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

// happen writes the messages of events as the territory does.
func (h *house) happen(b *engine.Batch) {
	h.t.Helper()
	rows, err := h.catalog.Outbox("default", b)
	if err == nil {
		err = h.store.Apply(h.t.Context(), "default", &ledger.Change{DueSet: rows})
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// sweep does what is due, once, and returns the errors of it.
func (h *house) sweep() (errs []error) {
	h.t.Helper()
	for range 3 { // planning makes work of sending, which may make work of another channel
		rows, err := h.store.Due(h.t.Context(), "default", ledger.DueFilter{}, h.now.Now(), 1000)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, w := range rows {
			do := h.desk.Carry
			if w.Kind == notify.DueKind {
				do = h.desk.Tell
			}
			if err := do(h.t.Context(), w); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errs
}

func (h *house) message(id string) *notify.Record {
	h.t.Helper()
	l, err := h.store.Record(h.t.Context(), "default", notify.RecordKind, id)
	if err != nil {
		h.t.Fatal(err)
	}
	r, err := notify.DecodeRecord(l)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

// want compares the state and the reason of the first message with what is wanted, and how many letters a channel has sent.
func (h *house) want(state notify.State, reason, through string, letters int) {
	h.t.Helper()
	r := h.message("msg_default_7")
	if r.State != state || r.Reason != reason {
		h.t.Errorf("the message is %s %s, want %s %s: %+v", r.State, r.Reason, state, reason, r)
	}
	c, ok := h.channels[through].(*channel)
	if !ok {
		h.t.Fatalf("no channel %s", through)
	}
	if len(c.sent) != letters {
		h.t.Errorf("%s has %d letters, want %d: %+v", through, len(c.sent), letters, c.sent)
	}
}

var created = engine.Event{Type: engine.OrderCreated, State: engine.StateNew}

// TestSinkGetsEachMessageAgainUntilItTakesIt is the way of a service with a sink alone (R-D2).
func TestSinkGetsEachMessageAgainUntilItTakesIt(t *testing.T) {
	t.Parallel()
	bad := notify.Outcome{Result: notify.Retry, Err: errors.New("the sink answered 500")}
	sink := &channel{can: notify.Capabilities{Idempotent: true}, say: saying(bad, notify.Outcome{Result: notify.Sent})}
	var seen []string
	say := sink.say
	sink.say = func(l *notify.Letter) notify.Outcome {
		seen = append(seen, l.Message.ID+strings.Repeat("!", l.Message.Attempt)+map[bool]string{true: " late"}[l.Message.Late])
		return say(l)
	}
	h := newHouse(t, notify.Rules{Routes: map[notify.Role][]string{notify.Tenant: {"sink"}}}, map[string]notify.Channel{"sink": sink})
	h.happen(batch(created))
	row := func() []ledger.DueWork {
		rows, err := h.store.Due(t.Context(), "default", ledger.DueFilter{}, h.now.Now(), 10)
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	w := row()[0]
	w.Attempt = 1
	if err := h.desk.Tell(t.Context(), w); err == nil || !strings.Contains(err.Error(), "500") || errors.Is(err, due.ErrHopeless) {
		t.Fatalf("got %v, want what the sink said", err)
	}
	h.want(notify.Due, "", "sink", 0)
	if kept := row()[0]; !kept.At.Equal(w.At) || kept.Key != w.Key || kept.Kind != notify.DueKind {
		t.Errorf("the row became %+v, want it where it was", kept)
	}
	h.now.Advance(2 * time.Minute)
	h.store.Fail = func(org.ID, *ledger.Change) error { return errors.New("disk") }
	w.Attempt = 2
	if err := h.desk.Tell(t.Context(), w); err == nil || !strings.Contains(err.Error(), "will be again") {
		t.Fatalf("got %v, want that it will be sent again", err)
	}
	h.store.Fail = nil
	w.Attempt = 3
	if err := h.desk.Tell(t.Context(), w); err != nil || len(row()) > 0 {
		t.Fatalf("got %v, and %v is left", err, row())
	}
	if want := []string{"msg_default_7!", "msg_default_7!! late", "msg_default_7!!! late"}; !slices.Equal(seen, want) {
		t.Errorf("got %q, want %q", seen, want)
	}
	h.want(notify.WasSent, "", "sink", 2)
	if r := h.message("msg_default_7"); len(h.store.settled) != 1 || h.store.settled[0].Fate != ledger.FateLate || len(r.Attempts) != 2 || r.Message.Attempt != 3 {
		t.Errorf("settled as %+v, with %+v", h.store.settled, r)
	}
	if err := h.desk.Tell(t.Context(), w); err != nil || len(seen) != 3 { // the row of a crash
		t.Errorf("after a crash: %v, sent %q", err, seen)
	}
	if err := h.desk.Tell(t.Context(), ledger.DueWork{Key: "x", Payload: "no JSON"}); !errors.Is(err, due.ErrHopeless) {
		t.Errorf("a row that is no message: %v", err)
	}
}

func TestWhatTheSinkNeverTakes(t *testing.T) {
	t.Parallel()
	sink := &channel{can: notify.Capabilities{Idempotent: true}, say: saying(refused)}
	h := newHouse(t, notify.Rules{Routes: map[notify.Role][]string{notify.Tenant: {"sink"}}}, map[string]notify.Channel{"sink": sink})
	h.happen(batch(created))
	if errs := h.sweep(); len(errs) == 0 || !errors.Is(errs[0], due.ErrHopeless) {
		t.Errorf("got %v, want it laid aside", errs)
	}
	h.rules.Routes = nil
	h.restart()
	if errs := h.sweep(); len(errs) == 0 || !errors.Is(errs[0], notify.ErrNoChannels) {
		t.Errorf("got %v, want that it waits for a channel", errs)
	}
}

// TestCatchUpAfterAnOutage: what is too old is not told when a later message says what is so now, and its fate is kept.
func TestCatchUpAfterAnOutage(t *testing.T) {
	t.Parallel()
	later := []engine.Event{
		{Sequence: 20, Type: engine.OrderAccepted, Time: at.Add(time.Hour)},
		{Sequence: 21, Type: engine.OrderCompleted, Time: at.Add(3 * time.Hour)},
	}
	const day = 24 * time.Hour
	for _, c := range []struct {
		name  string
		down  time.Duration
		later []engine.Event
		fate  ledger.Fate
		note  string
		sent  int
	}{
		{"no outage", 0, nil, ledger.FateDone, "", 1},
		{"an hour", time.Hour, later[:1], ledger.FateLate, "", 1},
		{"14 days", 14 * day, later, ledger.FateSuperseded, "by msg_default_21", 0},
		{"14 days, the last", 14 * day, nil, ledger.FateLate, "", 1},
		{"45 days, told to somebody else", 45 * day, []engine.Event{{Sequence: 20, Type: engine.OrderAssigned, Time: at.Add(time.Hour)}}, ledger.FateLate, "", 1},
	} {
		sink := &channel{can: notify.Capabilities{Idempotent: true}}
		h := newHouse(t, notify.Rules{Routes: map[notify.Role][]string{notify.Tenant: {"sink"}}}, map[string]notify.Channel{"sink": sink})
		h.store.later = c.later
		h.happen(batch(created))
		h.now.Advance(c.down)
		if errs := h.sweep(); len(errs) > 0 {
			t.Fatal(errs)
		}
		if len(h.store.settled) != 1 || h.store.settled[0].Fate != c.fate || h.store.settled[0].Note != c.note || len(sink.sent) != c.sent {
			t.Errorf("%s: got %+v and %d messages, want %s %q and %d", c.name, h.store.settled, len(sink.sent), c.fate, c.note, c.sent)
		}
		if r := h.message("msg_default_7"); (r.State == notify.Suppressed) != (c.sent == 0) {
			t.Errorf("%s: the record says %s %s", c.name, r.State, r.Reason)
		}
	}
}

var (
	tenants = map[notify.Role][]string{notify.Tenant: {"a", "b"}}
	phone   = notify.Capabilities{NeedsAddress: true, Disturbs: true}
	refused = notify.Outcome{Result: notify.Permanent, Err: notify.ErrRefused}
	later   = notify.Outcome{Result: notify.Retry, Err: notify.ErrBusy}
	lost    = notify.Outcome{Result: notify.Unknown, Err: errors.New("connection reset")}
)

func TestTheFirstChannelThatTakesIt(t *testing.T) {
	t.Parallel()
	both := map[string]string{"a": "1", "b": "2"}
	for name, c := range map[string]struct {
		to     notify.Recipient
		a      func(*notify.Letter) notify.Outcome
		state  notify.State
		reason string
		in     string
		text   string
	}{
		"the best":                   {notify.Recipient{Addresses: both}, nil, notify.WasSent, "", "a", "已收到您的报修 w1，正在安排维修人员。"},
		"in the language of the one": {notify.Recipient{Addresses: both, Language: "en-GB"}, nil, notify.WasSent, "", "a", "We have received your report w1 and are finding a technician."},
		"no address in the best":     {notify.Recipient{Addresses: map[string]string{"b": "2"}}, nil, notify.WasSent, "", "b", "已收到您的报修 w1，正在安排维修人员。"},
		"no address at all":          {notify.Recipient{}, nil, notify.Suppressed, notify.ReasonNoChannel, "", ""},
		"not by the best":            {notify.Recipient{Addresses: both, OptOuts: []string{"a"}}, nil, notify.WasSent, "", "b", "已收到您的报修 w1，正在安排维修人员。"},
		"not of this kind":           {notify.Recipient{Addresses: both, OptOuts: []string{"work_order.acknowledged"}}, nil, notify.Suppressed, notify.ReasonOptedOut, "", ""},
		"the best refuses":           {notify.Recipient{Addresses: both}, saying(refused), notify.WasSent, "", "b", "已收到您的报修 w1，正在安排维修人员。"},
		"the only one refuses":       {notify.Recipient{Addresses: map[string]string{"a": "1"}}, saying(refused), notify.Failed, notify.ReasonRefused, "", ""},
		"nobody knows":               {notify.Recipient{Addresses: both}, saying(lost), notify.Uncertain, notify.ReasonNoAnswer, "a", "已收到您的报修 w1，正在安排维修人员。"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := &channel{can: phone, say: c.a}, &channel{can: phone}
			h := newHouse(t, notify.Rules{Routes: tenants}, map[string]notify.Channel{"a": a, "b": b})
			c.to.ID = "unit.u1"
			h.know(c.to)
			x := batch(created)
			x.Orders[0].UnitID = "u1"
			h.happen(x)
			if errs := h.sweep(); len(errs) > 0 {
				t.Fatal(errs)
			}
			r := h.message("msg_default_7")
			if r.State != c.state || r.Reason != c.reason || r.Recipient != "unit.u1" {
				t.Errorf("got %s %s to %s", r.State, r.Reason, r.Recipient)
			}
			got := ""
			for name, c := range map[string]*channel{"a": a, "b": b} {
				for _, l := range c.sent {
					got += name + " " + l.Text
				}
			}
			if want := strings.TrimSpace(c.in + " " + c.text); got != want {
				t.Errorf("sent %q, want %q", got, want)
			}
			if body, _ := json.Marshal(r); strings.Contains(string(body), `"1"`) || strings.Contains(string(body), `"2"`) {
				t.Errorf("the record holds an address: %s", body)
			}
		})
	}
}

// TestUnknownWaitsForAPerson never sends a letter again of which nobody knows whether it arrived: not after an answer that
// was lost, and not after the service ended in between.
func TestUnknownWaitsForAPerson(t *testing.T) {
	t.Parallel()
	for name, crash := range map[string]bool{"the answer is lost": false, "the service ends": true} {
		for decision, want := range map[notify.Decision]struct {
			state   notify.State
			letters int
		}{
			notify.DecideArrived: {notify.Delivered, 1}, notify.DecideDrop: {notify.Failed, 1}, notify.DecideResend: {notify.WasSent, 2},
		} {
			t.Run(name+", "+string(decision), func(t *testing.T) {
				t.Parallel()
				a := &channel{can: phone, say: saying(lost, notify.Outcome{Result: notify.Sent})}
				h := newHouse(t, notify.Rules{Routes: map[notify.Role][]string{notify.Tenant: {"a"}}}, map[string]notify.Channel{"a": a})
				if crash { // what became of the letter is never written
					a.say = saying(notify.Outcome{Result: notify.Sent})
					h.store.Fail = func(_ org.ID, c *ledger.Change) error {
						for i := range c.Records {
							if strings.Contains(string(c.Records[i].Body), `"attempts"`) {
								return errors.New("killed")
							}
						}
						return nil
					}
				}
				h.know(notify.Recipient{ID: "order.w1", Addresses: map[string]string{"a": "1"}})
				h.happen(batch(created))
				h.sweep()
				h.store.Fail = nil
				h.restart()
				for range 5 {
					h.now.Advance(time.Hour)
					h.sweep()
				}
				h.want(notify.Uncertain, map[bool]string{false: notify.ReasonNoAnswer, true: notify.ReasonCrash}[crash], "a", 1)

				r := h.message("msg_default_7")
				due, err := h.desk.Decide(r, h.recipient("order.w1"), decision)
				if err != nil {
					t.Fatal(err)
				}
				h.rewrite(r, due)
				h.sweep()
				h.want(want.state, notify.ReasonPerson, "a", want.letters)
				if _, err := h.desk.Decide(h.message("msg_default_7"), h.recipient("order.w1"), decision); !errors.Is(err, notify.ErrSettled) {
					t.Errorf("decided twice: %v", err)
				}
			})
		}
	}
}

// rewrite writes a record as the API does.
func (h *house) rewrite(r *notify.Record, due []ledger.DueWork) {
	h.t.Helper()
	r.Version++
	l, err := r.Encode()
	if err == nil {
		err = h.store.Apply(h.t.Context(), "default", &ledger.Change{Records: []ledger.Record{l}, DueSet: due})
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// TestCreditsAreSpentOnce counts consents: each lets one letter pass, whatever happens on the way.
func TestCreditsAreSpentOnce(t *testing.T) {
	t.Parallel()
	const key = "a/work_order.acknowledged"
	noConsent := notify.Outcome{Result: notify.Permanent, NoConsent: true, Err: notify.ErrRefused}
	sent := notify.Outcome{Result: notify.Sent}
	for name, c := range map[string]struct {
		say             []notify.Outcome
		messages        int
		credits         int64
		left            int64
		letters, second int
	}{
		"one each":                        {[]notify.Outcome{sent}, 3, 5, 2, 3, 0},
		"no more than there are":          {[]notify.Outcome{sent}, 4, 2, 0, 2, 2},
		"a retry spends none":             {[]notify.Outcome{later, later, sent}, 1, 2, 1, 1, 0},
		"a refusal gives it back":         {[]notify.Outcome{refused}, 1, 2, 2, 0, 1},
		"a lost answer spends it":         {[]notify.Outcome{lost}, 1, 2, 1, 1, 0},
		"the provider says there is none": {[]notify.Outcome{noConsent}, 2, 5, 0, 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &channel{can: notify.Capabilities{NeedsAddress: true, NeedsCredit: true}, say: saying(c.say...)}
			b := &channel{can: phone}
			h := newHouse(t, notify.Rules{Routes: tenants}, map[string]notify.Channel{"a": a, "b": b})
			h.know(notify.Recipient{ID: "order.w1", Addresses: map[string]string{"a": "1", "b": "2"}, Credits: map[string]int64{key: c.credits}})
			h.happen(batch(slices.Repeat([]engine.Event{created}, c.messages)...))
			for range 4 {
				h.sweep()
				h.restart() // a start does not spend either
				h.now.Advance(time.Hour)
			}
			if left := h.recipient("order.w1").Credits[key]; left != c.left || len(a.sent) != c.letters || len(b.sent) != c.second {
				t.Errorf("%d credits are left, %d letters by the first channel and %d by the second; want %d, %d and %d",
					left, len(a.sent), len(b.sent), c.left, c.letters, c.second)
			}
		})
	}
}

func TestRetriesEnd(t *testing.T) {
	t.Parallel()
	a, b := &channel{can: phone, say: saying(later)}, &channel{can: phone}
	h := newHouse(t, notify.Rules{Routes: tenants}, map[string]notify.Channel{"a": a, "b": b})
	h.know(notify.Recipient{ID: "order.w1", Addresses: map[string]string{"a": "1", "b": "2"}})
	h.happen(batch(created))
	steps := 0
	for ; h.message1() != notify.WasSent && steps < 20; steps++ {
		h.sweep()
		h.now.Advance(9 * time.Hour)
	}
	h.want(notify.WasSent, "", "b", 1)
	if r := h.message("msg_default_7"); len(r.Attempts) != 11 || !slices.Equal(r.Refused, []string{"a"}) || r.Message.Attempt != 11 {
		t.Errorf("got %d attempts: %+v", len(r.Attempts), r)
	}
}

// message1 is the state of the first message, "" before it has one.
func (h *house) message1() notify.State {
	l, err := h.store.Record(h.t.Context(), "default", notify.RecordKind, "msg_default_7")
	if err != nil {
		return ""
	}
	return notify.State(l.State)
}

func TestQuietHoursDefer(t *testing.T) {
	t.Parallel()
	evening, morning := notify.TimeOfDay(21*60), notify.TimeOfDay(8*60)
	rules := notify.Rules{Routes: tenants, Quiet: map[string]notify.Quiet{"a": {From: evening, To: morning}}, Zone: time.FixedZone("org", 8*3600)}
	for name, emergency := range map[string]bool{"deferred": false, "passes": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &channel{can: phone}
			h := newHouse(t, rules, map[string]notify.Channel{"a": a, "b": &channel{can: phone}})
			h.now.Advance(5 * time.Hour) // 22:00 of the org
			h.know(notify.Recipient{ID: "order.w1", Addresses: map[string]string{"a": "1"}})
			b := batch(created)
			if emergency {
				b.Orders[0].Urgency = "EMERGENCY"
			}
			h.happen(b)
			h.sweep()
			if emergency {
				h.want(notify.WasSent, "", "a", 1)
				return
			}
			h.want(notify.Due, "", "a", 0)
			h.now.Advance(10*time.Hour - time.Second)
			h.sweep()
			h.want(notify.Due, "", "a", 0)
			h.now.Advance(time.Second)
			h.sweep()
			h.want(notify.WasSent, "", "a", 1)
			if a.sent[0].Message.Late {
				t.Error("a letter that waited for the morning is late")
			}
		})
	}
}

func TestQuietUntil(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, at, want string }{
		{"21:00", "08:00", "2026-07-06T20:59:59+02:00", ""},
		{"21:00", "08:00", "2026-07-06T21:00:00+02:00", "2026-07-07T08:00:00+02:00"},
		{"21:00", "08:00", "2026-07-07T07:59:59+02:00", "2026-07-07T08:00:00+02:00"},
		{"21:00", "08:00", "2026-07-07T08:00:00+02:00", ""},
		{"12:00", "14:00", "2026-07-07T13:00:00+02:00", "2026-07-07T14:00:00+02:00"},
		{"12:00", "12:00", "2026-07-07T12:00:00+02:00", ""},
		{"21:00", "02:30", "2026-03-29T01:00:00+01:00", "2026-03-29T03:30:00+02:00"}, // 02:30 does not exist
		{"21:00", "08:00", "2026-10-25T02:30:00+02:00", "2026-10-25T08:00:00+01:00"},
	} {
		from, err1 := notify.ParseTimeOfDay(c.from)
		to, err2 := notify.ParseTimeOfDay(c.to)
		when, err3 := time.Parse(time.RFC3339, c.at)
		if err := errors.Join(err1, err2, err3); err != nil {
			t.Fatal(err)
		}
		want := when
		if c.want != "" {
			if want, err = time.Parse(time.RFC3339, c.want); err != nil {
				t.Fatal(err)
			}
		}
		if got := (notify.Quiet{From: from, To: to}).Until(when, berlin); !got.Equal(want) {
			t.Errorf("%+v: got %v", c, got.In(berlin))
		}
	}
	if _, err := notify.ParseTimeOfDay("25:00"); err == nil {
		t.Error("25:00 was taken")
	}
}

func TestCaps(t *testing.T) {
	t.Parallel()
	a := &channel{can: phone}
	h := newHouse(t, notify.Rules{Routes: tenants, Caps: map[notify.Role]notify.Cap{notify.Tenant: {Messages: 2, Per: 24 * time.Hour}}},
		map[string]notify.Channel{"a": a, "b": &channel{can: phone}})
	h.know(notify.Recipient{ID: "order.w1", Addresses: map[string]string{"a": "1"}})
	h.happen(batch(created, created, created))
	h.sweep()
	if r := h.message("msg_default_9"); len(a.sent) != 2 || r.State != notify.Suppressed || r.Reason != notify.ReasonCapped {
		t.Errorf("%d letters; the third message is %s %s", len(a.sent), r.State, r.Reason)
	}
	h.now.Advance(25 * time.Hour)
	again := batch(created)
	again.Events[0].Sequence = 20
	h.happen(again)
	urgent := batch(created)
	urgent.Orders[0].Urgency, urgent.Events[0].Sequence = "EMERGENCY", 21
	h.happen(urgent)
	h.sweep()
	if len(a.sent) != 4 {
		t.Errorf("%d letters a day later, want 4", len(a.sent))
	}
}

func TestReceipts(t *testing.T) {
	t.Parallel()
	a := &channel{can: phone}
	h := newHouse(t, notify.Rules{Routes: map[notify.Role][]string{notify.Tenant: {"a"}}}, map[string]notify.Channel{"a": a})
	h.know(notify.Recipient{ID: "order.w1", Addresses: map[string]string{"a": "1"}})
	h.happen(batch(created, created, created))
	h.sweep()
	unknown, err := h.desk.Receive(t.Context(), "a", []notify.Receipt{
		{MessageID: "msg_default_7", Delivered: true, Cost: 45000, At: at},
		{MessageID: "msg_default_7", Delivered: false},
		{ProviderID: "p-msg_default_8"},
		{ProviderID: "p-nobody"},
		{MessageID: "nobody", Delivered: true},
	})
	if err != nil || unknown != 2 {
		t.Errorf("%d unknown, %v", unknown, err)
	}
	if _, err := h.desk.Receive(t.Context(), "b", []notify.Receipt{{MessageID: "msg_default_9", Delivered: true}}); err != nil {
		t.Error(err)
	}
	var got []string
	for _, id := range []string{"msg_default_7", "msg_default_8", "msg_default_9"} {
		r := h.message(id)
		got = append(got, fmt.Sprint(r.State, " ", r.Reason, " ", r.Cost))
	}
	if want := []string{"DELIVERED  45000", "FAILED RECEIPT 0", "SENT  0"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAPausedChannelIsNotAsked(t *testing.T) {
	t.Parallel()
	asked := 0
	down := &channel{can: notify.Capabilities{Idempotent: true, NeedsAddress: true}, say: func(*notify.Letter) notify.Outcome {
		asked++
		return notify.Outcome{Result: notify.Retry, Err: errors.New("no route to host")}
	}}
	h := newHouse(t, notify.Rules{Routes: map[notify.Role][]string{notify.Tenant: {"a"}}}, map[string]notify.Channel{"a": down})
	h.know(notify.Recipient{ID: "order.w1", Addresses: map[string]string{"a": "1"}})
	h.happen(batch(slices.Repeat([]engine.Event{created}, 40)...))
	if errs := h.sweep(); asked != 5 || len(errs) > 0 {
		t.Errorf("asked %d times, %v", asked, errs)
	}
	h.now.Advance(31 * time.Second)
	h.sweep()
	if asked != 6 {
		t.Errorf("asked %d times after the pause, want 6", asked)
	}
	down.say = nil
	h.now.Advance(31 * time.Second)
	h.sweep()
	h.now.Advance(time.Minute)
	h.sweep()
	if len(down.sent) != 40 {
		t.Errorf("%d of 40 letters have left when the channel works again", len(down.sent))
	}
}

func TestRulesAreChecked(t *testing.T) {
	t.Parallel()
	for want, rules := range map[string]notify.Rules{
		"routes.TENANT": {Routes: tenants}, "quietHours": {Quiet: map[string]notify.Quiet{"x": {}}},
	} {
		if _, err := notify.NewDesk(notify.Config{Rules: rules}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	d, err := notify.NewDesk(notify.Config{Channels: map[string]notify.Channel{"a": &channel{}}, Rules: notify.Rules{Parallel: map[string]int{"a": 9}}})
	if err != nil || !maps.Equal(d.Channels(), map[string]int{"a": 9}) {
		t.Errorf("got %v, %v", d, err)
	}
}
