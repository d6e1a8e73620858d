package reminder_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/clock"
	"fettle/internal/leasing"
	"fettle/internal/notify"
	"fettle/internal/reminder"
	"fettle/ledger"
	"fettle/ledger/ledgertest"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/obligation"
)

// store settles work as the real ones do.
type store struct{ ledgertest.Store }

func (s *store) SettleDue(ctx context.Context, o org.ID, w ledger.DueWork, _ ledger.Outcome) error {
	return s.Apply(ctx, o, &ledger.Change{DueDone: []ledger.DueWork{w}})
}

func (s *store) OrderEvents(context.Context, org.ID, dispatch.WorkOrderID, int64, int) ([]engine.Event, error) {
	return nil, nil
}

// provider is a channel that does as it is told.
type provider struct {
	can notify.Capabilities
	say func(l *notify.Letter) notify.Outcome // nil takes everything

	mu   sync.Mutex
	sent []string // ids with texts, of what has left
}

func (p *provider) Capabilities() notify.Capabilities { return p.can }
func (p *provider) Close()                            {}

func (p *provider) Send(_ context.Context, l *notify.Letter) notify.Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := notify.Outcome{Result: notify.Sent, ProviderID: "p-" + l.Message.ID}
	if p.say != nil {
		o = p.say(l)
	}
	if o.Result == notify.Sent || o.Result == notify.Unknown {
		p.sent = append(p.sent, l.Message.ID+" "+l.Address+" "+l.Text)
	}
	return o
}

// house is leases and messages over one store, as the service wires them.
type house struct {
	t     *testing.T
	store *store
	now   *clock.Fake
	zone  *time.Location
	desk  *leasing.Desk
	mail  *notify.Desk
	blind bool // saboteur: nobody asks whether a message is still wanted
}

var by = &leasing.Caller{Org: org.Default, Actor: "anna", Method: "test"}

func newHouse(t *testing.T, rules notify.Rules, channels map[string]notify.Channel, copies bool) *house {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, store: &store{}, zone: zone, now: clock.NewFake(time.Date(2026, 1, 5, 10, 0, 0, 0, zone))}
	rules.Zone = zone
	catalog, err := notify.NewCatalog(zone)
	if err != nil {
		t.Fatal(err)
	}
	h.mail, err = notify.NewDesk(notify.Config{
		Org: org.Default, Store: h.store, Clock: h.now, Catalog: catalog, Rules: rules, Channels: channels, Woken: func(string, time.Time) {},
		Wanted: func(ctx context.Context, m *notify.Message) (bool, error) {
			if h.blind {
				return true, nil
			}
			return h.desk.Wanted(ctx, org.Default, m.ID)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.desk = leasing.New(leasing.Config{
		Store: h.store, Clock: h.now,
		Policy: func(org.ID) obligation.Policy { return obligation.Policy{Zone: zone, Hour: obligation.DefaultHour} },
		Post: reminder.New(reminder.Config{Now: h.now.Now, Copies: copies, House: func(org.ID) (reminder.House, error) {
			return reminder.House{Desk: h.mail, Catalog: catalog, Woken: func(string, time.Time) {}}, nil
		}}),
	})
	return h
}

// lease makes a lease whose last day is 2026-12-31.
func (h *house) lease() {
	h.t.Helper()
	from, to := calendar.Date{Year: 2026, Month: 1, Day: 5}, calendar.Date{Year: 2026, Month: 12, Day: 31}
	if _, err := h.desk.Create(h.t.Context(), by, lease.Lease{ID: "L1", Tenant: "T1", Unit: "U1"}, lease.Terms{Start: from, End: to}, true); err != nil {
		h.t.Fatal(err)
	}
}

// at sets the clock to a minute of 2026 and does what is due, each piece of work once.
func (h *house) at(month time.Month, day, hour, minute int) {
	h.t.Helper()
	h.now.Advance(time.Date(2026, month, day, hour, minute, 0, 0, h.zone).Sub(h.now.Now()))
	tried := map[string]bool{}
	for {
		work, err := h.store.Due(h.t.Context(), org.Default, ledger.DueFilter{}, h.now.Now(), 1000)
		if err != nil {
			h.t.Fatal(err)
		}
		work = slices.DeleteFunc(work, func(w ledger.DueWork) bool { return tried[w.Kind+w.Key+w.At.String()+w.Payload] })
		if len(work) == 0 {
			return
		}
		for _, w := range work {
			do := h.mail.Carry
			switch w.Kind {
			case leasing.DueObligation:
				do = h.desk.Remind(org.Default)
			case leasing.DueLease:
				do = h.desk.Turn(org.Default)
			case notify.DueKind:
				do = h.mail.Tell
			}
			if err := do(h.t.Context(), w); err != nil {
				tried[w.Kind+w.Key+w.At.String()+w.Payload] = true
			}
		}
	}
}

func (h *house) obligation(rung string) obligation.Obligation {
	h.t.Helper()
	k, err := h.desk.Obligation(h.t.Context(), org.Default, "L1.v1."+rung)
	if err != nil {
		h.t.Fatal(err)
	}
	return k.Value
}

func (h *house) know(r notify.Recipient) {
	h.t.Helper()
	if before, err := h.store.Record(h.t.Context(), org.Default, notify.RecipientKind, r.ID); err == nil {
		r.Version = before.Version
	}
	r.Version++
	record, err := r.Encode()
	if err == nil {
		err = h.store.Apply(h.t.Context(), org.Default, &ledger.Change{Records: []ledger.Record{record}})
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) receive(r notify.Receipt) {
	h.t.Helper()
	r.MessageID, r.At = cmp.Or(r.MessageID, "L1.v1.60"), h.now.Now()
	if unknown, err := h.mail.Receive(h.t.Context(), "sms", []notify.Receipt{r}); err != nil || unknown > 0 {
		h.t.Fatal(unknown, err)
	}
}

// bySMS are rules with one channel that needs an address and rests at night.
func bySMS() notify.Rules {
	return notify.Rules{
		Routes: map[notify.Role][]string{notify.Tenant: {"sms"}, notify.Supervisor: {"sms"}},
		Quiet:  map[string]notify.Quiet{"sms": {From: 21 * 60, To: 10 * 60}},
		Caps:   map[notify.Role]notify.Cap{notify.Tenant: {Messages: 1, Per: 365 * 24 * time.Hour}},
	}
}

func TestRemindersFollowTheirReceipts(t *testing.T) {
	t.Parallel()
	sms := &provider{can: notify.Capabilities{NeedsAddress: true}}
	h := newHouse(t, bySMS(), map[string]notify.Channel{"sms": sms}, true)
	h.know(notify.Recipient{ID: "tenant.T1", Language: "en", Addresses: map[string]string{"sms": "+861"}})
	h.know(notify.Recipient{ID: "role.SUPERVISOR", Addresses: map[string]string{"sms": "+862"}})
	h.lease()
	h.at(11, 1, 9, 0)
	if o := h.obligation("60"); o.State != obligation.Claimed || len(sms.sent) != 0 {
		t.Fatalf("in quiet hours: %+v, sent %v", o, sms.sent)
	}
	h.at(11, 1, 10, 0)
	if o := h.obligation("60"); o.State != obligation.Sent {
		t.Fatalf("after quiet hours: %+v", o)
	}
	h.at(11, 1, 10, 1)
	h.receive(notify.Receipt{Delivered: true})
	h.at(11, 1, 10, 2)
	if o := h.obligation("60"); o.State != obligation.Delivered || o.DeliveredAt.IsZero() {
		t.Fatalf("after the receipt: %+v", o)
	}
	h.receive(notify.Receipt{Delivered: true, Acknowledged: true})
	h.at(11, 1, 10, 3)
	if o := h.obligation("60"); o.State != obligation.Acknowledged || o.Actor != "tenant" {
		t.Fatalf("after the answer: %+v", o)
	}
	h.at(12, 1, 10, 0)
	h.at(12, 24, 10, 0)
	want := []string{
		"L1.v1.60 +861 Your lease ends on 2026-12-31. Would you like to stay?",
		"L1.v1.30 +861 Your lease ends on 2026-12-31. Here is our proposal for its renewal.", // the cap does not hold for what is owed
		"L1.v1.7 +861 Formal notice: your lease ends on 2026-12-31.",
		"L1.v1.7.copy +862 已向 U1 的租客发出正式通知：租约 L1 将于 2026-12-31 到期。",
	}
	slices.Sort(want)
	slices.Sort(sms.sent)
	if diff := gocmp.Diff(want, sms.sent); diff != "" {
		t.Error(diff)
	}
}

func TestWhoHasNoAddressGetsOneLater(t *testing.T) {
	t.Parallel()
	sms := &provider{can: notify.Capabilities{NeedsAddress: true}}
	h := newHouse(t, bySMS(), map[string]notify.Channel{"sms": sms}, true)
	h.lease()
	h.at(11, 1, 11, 0)
	if o := h.obligation("60"); o.State != obligation.Due || !o.Person || o.Reason != "its message is SUPPRESSED: NO_CHANNEL" {
		t.Fatalf("without an address: %+v", o)
	}
	h.at(11, 1, 13, 0)
	h.know(notify.Recipient{ID: "unit.U1", Addresses: map[string]string{"sms": "+861"}})
	h.at(11, 1, 15, 0)
	if o := h.obligation("60"); o.State != obligation.Late || o.Person || len(sms.sent) != 1 {
		t.Fatalf("with an address: %+v, sent %v", o, sms.sent)
	}
	h.receive(notify.Receipt{Delivered: false})
	h.at(11, 1, 15, 1)
	if o := h.obligation("60"); o.State != obligation.Due || !o.Person {
		t.Fatalf("it did not arrive: %+v", o)
	}
	h.at(11, 1, 20, 0)
	if len(sms.sent) != 1 {
		t.Errorf("a number that does not answer is called again at once: %v", sms.sent)
	}
}

func TestNobodySendsAgainWhatMayHaveArrived(t *testing.T) {
	t.Parallel()
	sms := &provider{can: notify.Capabilities{NeedsAddress: true}, say: func(*notify.Letter) notify.Outcome {
		return notify.Outcome{Result: notify.Unknown, Err: context.DeadlineExceeded}
	}}
	h := newHouse(t, bySMS(), map[string]notify.Channel{"sms": sms}, true)
	h.know(notify.Recipient{ID: "tenant.T1", Addresses: map[string]string{"sms": "+861"}})
	h.lease()
	for d := 1; d < 20; d++ {
		h.at(11, d, 11, 0)
	}
	if o := h.obligation("60"); o.State != obligation.Due || !o.Person || len(sms.sent) != 1 {
		t.Fatalf("%+v, sent %v", o, sms.sent)
	}
	r, err := h.mail.Message(t.Context(), "L1.v1.60")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.mail.Decide(r, &notify.Recipient{}, notify.DecideArrived); err != nil { // a person has asked
		t.Fatal(err)
	}
	r.Version++
	work := r.Told(h.now.Now())
	record, err := r.Encode()
	if err == nil {
		err = h.store.Apply(t.Context(), org.Default, &ledger.Change{Records: []ledger.Record{record}, DueSet: work})
	}
	if err != nil {
		t.Fatal(err)
	}
	h.at(11, 20, 11, 0)
	if o := h.obligation("60"); o.State != obligation.Late || o.DeliveredAt.IsZero() {
		t.Errorf("%+v", o)
	}
}

// R-T8: an edit while a message waits for the end of quiet hours takes it back.
func TestAnEditTakesBackWhatWaits(t *testing.T) {
	t.Parallel()
	for _, blind := range []bool{false, true} {
		sms := &provider{can: notify.Capabilities{NeedsAddress: true}}
		h := newHouse(t, bySMS(), map[string]notify.Channel{"sms": sms}, true)
		h.blind = blind
		h.know(notify.Recipient{ID: "tenant.T1", Addresses: map[string]string{"sms": "+861"}})
		h.lease()
		h.at(11, 1, 9, 0)
		if _, err := h.desk.Change(t.Context(), by, "L1", 0, "", func(l *lease.Lease, m lease.Moment) (lease.Lease, error) {
			return l.Terminate(calendar.Date{}, "moved away", m)
		}); err != nil {
			t.Fatal(err)
		}
		h.at(11, 1, 10, 0)
		if o := h.obligation("60"); o.State != obligation.Superseded {
			t.Errorf("%+v", o)
		}
		if stale := len(sms.sent) > 0; stale != blind {
			t.Errorf("saboteur %v: sent %v", blind, sms.sent)
		}
	}
}

// With one sink the message is what RELIABILITY says, and it goes at once.
func TestOneSink(t *testing.T) {
	t.Parallel()
	var got []notify.Message
	fails := 2
	sink := &provider{can: notify.Capabilities{Idempotent: true}, say: func(l *notify.Letter) notify.Outcome {
		if fails--; fails >= 0 {
			return notify.Outcome{Result: notify.Retry, Err: context.DeadlineExceeded}
		}
		got = append(got, *l.Message)
		return notify.Outcome{Result: notify.Sent}
	}}
	rules := notify.Rules{Routes: map[notify.Role][]string{notify.Tenant: {"sink"}, notify.Supervisor: {"sink"}}}
	h := newHouse(t, rules, map[string]notify.Channel{"sink": sink}, false)
	h.lease()
	h.at(12, 24, 9, 0) // after an outage that began before the first rung
	for minute := range 3 {
		h.at(12, 24, 9, minute+1)
	}
	if len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	m := got[0]
	want := "L1.v1.7 lease.formal_notice TENANT L1 7 2026-12-24 09:00:00"
	show := strings.Join([]string{m.ID, m.Kind, string(m.To), m.LeaseID, m.Stage, m.DueAt.In(h.zone).Format(time.DateTime)}, " ")
	if show != want || m.Attempt != 3 || m.Late || !m.Supervisor || m.OrderID != "" {
		t.Errorf("%s: %+v", show, m)
	}
	for rung, want := range map[string]obligation.State{"60": obligation.Superseded, "30": obligation.Superseded, "7": obligation.Sent} {
		if o := h.obligation(rung); o.State != want {
			t.Errorf("%s: %+v", rung, o)
		}
	}
}
