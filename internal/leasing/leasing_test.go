package leasing_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"fettle/internal/clock"
	"fettle/internal/leasing"
	"fettle/ledger"
	"fettle/ledger/ledgertest"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/obligation"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	shanghai = zone("Asia/Shanghai")
	start    = day("2026-01-01").At(calendar.Clock{Hour: 8}, shanghai)
	anna     = &leasing.Caller{Org: org.Default, Actor: "anna", Method: "test"}
	errDown  = errors.New("down")
)

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

func day(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

// inbox is a post that keeps one of each id.
type inbox struct {
	mu    sync.Mutex
	now   func() time.Time
	got   map[string]*leasing.Reminder
	times map[string]int
	fates map[string]leasing.Fate
	fail  func(r *leasing.Reminder) error

	handed map[string]*leasing.Reminder
	forget bool // saboteur: nothing is known of what was sent
}

// message is the kind of due work of the test's post.
const message = "message"

func (b *inbox) Hand(_ org.ID, r *leasing.Reminder) ([]ledger.DueWork, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.handed[r.ID] = r
	return []ledger.DueWork{{Kind: message, Key: r.ID, At: b.now()}}, nil
}

func (b *inbox) Fate(_ context.Context, _ org.ID, id string) (leasing.Fate, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.forget {
		return leasing.Fate{}, nil
	}
	return b.fates[id], nil
}

func (b *inbox) Written(org.ID, []ledger.DueWork) {}

// carry does the work of Hand: it sends a message that is wanted, and tells its obligation.
func (h *house) carry(ctx context.Context, w ledger.DueWork) error {
	b := h.sink
	b.mu.Lock()
	defer b.mu.Unlock()
	wanted, err := h.desk.Wanted(ctx, org.Default, w.Key)
	if err != nil || !wanted {
		return errors.Join(err, h.store.Apply(ctx, org.Default, &ledger.Change{DueDone: []ledger.DueWork{w}}))
	}
	r := b.handed[w.Key]
	if b.fail != nil {
		if err := b.fail(r); err != nil {
			return err
		}
	}
	b.got[r.ID] = r
	b.times[r.ID]++
	if err := h.store.Apply(ctx, org.Default, &ledger.Change{
		DueDone: []ledger.DueWork{w}, DueSet: []ledger.DueWork{{Kind: leasing.DueObligation, Key: w.Key, At: h.clock.Now()}},
	}); err != nil {
		return err
	}
	b.fates[w.Key] = leasing.Fate{State: leasing.Sent, Sent: h.clock.Now()}
	return nil
}

// house is a desk with a store in memory, a clock that is set by hand, and a post.
type house struct {
	t     testing.TB
	store *ledgertest.Store
	clock *clock.Fake
	sink  *inbox
	desk  *leasing.Desk
	today bool // saboteur: sweeps ask for what is due today, and not for what is due
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, store: &ledgertest.Store{}, clock: clock.NewFake(start)}
	h.sink = &inbox{
		now: h.clock.Now, got: map[string]*leasing.Reminder{}, times: map[string]int{}, fates: map[string]leasing.Fate{},
		handed: map[string]*leasing.Reminder{},
	}
	h.desk = leasing.New(leasing.Config{
		Store: h.store, Clock: h.clock, Post: h.sink,
		Policy: func(org.ID) obligation.Policy { return obligation.Policy{Zone: shanghai, Hour: obligation.DefaultHour} },
	})
	return h
}

func (h *house) create(id lease.ID, from, to string) leasing.Kept[lease.Lease] {
	h.t.Helper()
	k, err := h.desk.Create(h.t.Context(), anna, lease.Lease{ID: id, Tenant: "T1", Unit: "U1"}, lease.Terms{Start: day(from), End: day(to)}, true)
	if err != nil {
		h.t.Fatal(err)
	}
	return k
}

// report is what a sweep found.
type report struct {
	Failed  int
	Overdue bool
}

// sweep does what is due as the service does, each piece of work once.
func (h *house) sweep() (r report) {
	h.t.Helper()
	handlers := map[string]func(ctx context.Context, w ledger.DueWork) error{
		leasing.DueObligation: h.desk.Remind(org.Default), leasing.DueLease: h.desk.Turn(org.Default), message: h.carry,
	}
	handlers[leasing.DueLeft] = func(ctx context.Context, w ledger.DueWork) error { // whoever else is told
		return h.store.Apply(ctx, org.Default, &ledger.Change{DueDone: []ledger.DueWork{w}})
	}
	for tried := map[string]bool{}; ; {
		work := h.dueNow()
		work = slices.DeleteFunc(work, func(w ledger.DueWork) bool { return tried[w.Kind+w.Key+w.At.String()] })
		if len(work) == 0 {
			return r
		}
		for _, w := range work {
			tried[w.Kind+w.Key+w.At.String()] = true
			if err := handlers[w.Kind](h.t.Context(), w); err != nil {
				r.Failed++
				r.Overdue = true
			}
		}
	}
}

// at sets the clock to ten o'clock of a day and sweeps.
func (h *house) at(date string) report {
	h.t.Helper()
	h.until(day(date).At(calendar.Clock{Hour: 10}, shanghai))
	return h.sweep()
}

// states are what has become of the obligations of a lease.
func (h *house) states(id lease.ID) map[string]obligation.State {
	h.t.Helper()
	all, err := h.desk.Ladder(h.t.Context(), org.Default, id)
	if err != nil {
		h.t.Fatal(err)
	}
	out := map[string]obligation.State{}
	for _, o := range all {
		out[o.ID] = o.State
	}
	return out
}

func (h *house) certify() obligation.Certificate {
	h.t.Helper()
	c, err := h.desk.Certify(h.t.Context(), org.Default, day("2025-01-01"), day("2030-01-01"))
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func TestALeaseRemindsThreeTimes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.create("L1", "2026-01-01", "2026-12-31")
	for d := day("2026-01-02"); d.Before(day("2027-01-03")); d = d.Add(1) {
		if r := h.at(d.String()); r.Failed > 0 {
			t.Fatalf("%v: %+v", d, r)
		}
		if n := len(h.sink.got); n != map[bool]int{true: 1}[!d.Before(day("2026-11-01"))]+map[bool]int{true: 1}[!d.Before(day("2026-12-01"))]+map[bool]int{true: 1}[!d.Before(day("2026-12-24"))] {
			t.Fatalf("%d messages by %v", n, d)
		}
	}
	want := map[string]obligation.State{"L1.v1.60": obligation.Sent, "L1.v1.30": obligation.Sent, "L1.v1.7": obligation.Sent}
	if diff := cmp.Diff(want, h.states("L1")); diff != "" {
		t.Error(diff)
	}
	r := h.sink.got["L1.v1.7"]
	if r == nil || r.Stage != obligation.Notice || !r.Supervisor || r.Vars["end"] != "2026-12-31" || r.Kind != "lease.formal_notice" {
		t.Errorf("%+v", r)
	}
	if k, err := h.desk.Lease(t.Context(), org.Default, "L1"); err != nil || k.Value.State != lease.Expired {
		t.Errorf("%s: %v", k.Value.State, err)
	}
	if c := h.certify(); !c.Zero() || c.Expected != 3 || c.InTime != 3 || c.Scheduled != 1 {
		t.Errorf("%+v", c)
	}
}

func TestRenewalClosesTheOldLeaseOnlyWhenItIsSigned(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.create("L1", "2026-01-01", "2026-12-31")
	h.at("2026-11-02")
	ctx := t.Context()
	if _, err := h.desk.Renew(ctx, anna, "L1", "L2", lease.Terms{End: day("2027-12-31")}, false); err != nil {
		t.Fatal(err)
	}
	h.at("2026-12-01")
	if got := h.states("L1")["L1.v1.30"]; got != obligation.Sent {
		t.Fatalf("a draft has stopped the reminders of the lease that it is to renew: %s", got)
	}
	if _, err := h.desk.Change(ctx, anna, "L2", 0, "", func(l *lease.Lease, m lease.Moment) (lease.Lease, error) { return l.Activate(m) }); err != nil {
		t.Fatal(err)
	}
	old, err := h.desk.Lease(ctx, org.Default, "L1")
	if err != nil || old.Value.State != lease.Renewed || old.Value.Next != "L2" || h.states("L1")["L1.v1.7"] != obligation.Superseded {
		t.Fatalf("%+v, %v", old.Value, err)
	}
	if h.at("2027-01-10"); h.sink.times["L1.v1.7"] != 0 {
		t.Error("the tenant of a renewed lease got its notice")
	}
	if c := h.certify(); !c.Zero() || c.Leases != 2 {
		t.Errorf("%+v", c)
	}
	// The other way round: a draft that comes to nothing frees the lease for another.
	h.create("L3", "2026-01-01", "2027-12-31")
	if _, err := h.desk.Renew(ctx, anna, "L3", "L4", lease.Terms{End: day("2028-12-31")}, false); err != nil {
		t.Fatal(err)
	}
	if _, err := h.desk.Change(ctx, anna, "L4", 0, "", func(l *lease.Lease, m lease.Moment) (lease.Lease, error) {
		return l.Terminate(calendar.Date{}, "they want another flat", m)
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.desk.Renew(ctx, anna, "L3", "L5", lease.Terms{End: day("2028-12-31")}, true); err != nil {
		t.Fatal(err)
	}
	if k, err := h.desk.Lease(ctx, org.Default, "L3"); err != nil || k.Value.State != lease.Renewed || k.Value.Next != "L5" {
		t.Errorf("%+v, %v", k.Value, err)
	}
}

func TestVersionsThatWereSeen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.create("L1", "2026-01-01", "2026-12-31")
	edit := func(l *lease.Lease, m lease.Moment) (lease.Lease, error) {
		terms := *l.Current()
		terms.Rent += 100
		return l.Amend(terms, m)
	}
	next, err := h.desk.Change(t.Context(), anna, "L1", k.Version, "", edit)
	if err != nil || next.Version != k.Version+1 {
		t.Fatalf("%+v, %v", next, err)
	}
	if _, err := h.desk.Change(t.Context(), anna, "L1", k.Version, "", edit); !errors.Is(err, ledger.ErrStale) {
		t.Errorf("%v", err)
	}
	if _, err := h.desk.Change(t.Context(), anna, "L9", 0, "", edit); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if _, err := h.desk.Change(t.Context(), &leasing.Caller{Org: "other"}, "L1", 0, "", edit); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("another org: %v", err)
	}
}

func TestAnEditMeetsAMessageOnItsWay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.create("L1", "2026-01-01", "2026-12-31")
	h.sink.fail = func(*leasing.Reminder) error { // the lease is terminated while the sink takes the message
		_, err := h.desk.Change(t.Context(), anna, "L1", 0, "", func(l *lease.Lease, m lease.Moment) (lease.Lease, error) {
			return l.Terminate(calendar.Date{}, "moved away", m)
		})
		return err
	}
	if r := h.at("2026-11-02"); r.Failed > 0 {
		t.Fatalf("%+v", r)
	}
	if got := h.states("L1")["L1.v1.60"]; got != obligation.Superseded || h.sink.times["L1.v1.60"] != 1 {
		t.Errorf("%s", got)
	}
	entries, err := h.store.AuditEntries(t.Context(), org.Default, ledger.AuditQuery{Kind: leasing.Obligations, ID: "L1.v1.60"}, 10)
	if err != nil || len(entries) != 1 || !strings.Contains(entries[0].Reason, "on its way") {
		t.Errorf("%+v, %v", entries, err)
	}
}

func TestASinkThatIsDownMakesLateAndNotLost(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.create("L1", "2026-01-01", "2026-12-31")
	h.sink.fail = func(*leasing.Reminder) error { return errDown }
	if r := h.at("2026-11-01"); r.Failed == 0 || !r.Overdue {
		t.Fatalf("%+v", r)
	}
	h.at("2026-11-08")
	if c := h.certify(); c.Zero() {
		t.Fatal("the certificate does not see what is overdue")
	}
	h.sink.fail = nil
	h.at("2026-11-15")
	o, err := h.desk.Obligation(t.Context(), org.Default, "L1.v1.60")
	if err != nil || o.Value.State != obligation.Late || !o.Value.Person || o.Value.Attempt < 1 {
		t.Fatalf("%+v, %v", o.Value, err)
	}
	if _, err := h.desk.Settle(t.Context(), anna, "L1.v1.60", o.Version+1, nil); !errors.Is(err, ledger.ErrStale) {
		t.Errorf("%v", err)
	}
	k, err := h.desk.Settle(t.Context(), anna, "L1.v1.60", o.Version, func(x *obligation.Obligation, now time.Time) error {
		return x.Compensate(now, "anna", "called, coupon C-7")
	})
	if err != nil || k.Value.State != obligation.Compensated {
		t.Fatalf("%+v, %v", k, err)
	}
	if c := h.certify(); !c.Zero() || c.Compensated != 1 {
		t.Errorf("%+v", c)
	}
}

func TestWithoutASinkWhatIsDueStaysOverdue(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bare := leasing.New(leasing.Config{Store: h.store, Clock: h.clock, Policy: func(org.ID) obligation.Policy {
		return obligation.Policy{Zone: shanghai, Hour: obligation.DefaultHour}
	}})
	h.create("L1", "2026-01-01", "2026-12-31")
	h.until(day("2026-11-01").At(calendar.Clock{Hour: 9}, shanghai))
	if err := bare.Remind(org.Default)(t.Context(), ledger.DueWork{Kind: leasing.DueObligation, Key: "L1.v1.60"}); !errors.Is(err, leasing.ErrNoSink) {
		t.Fatalf("%v", err)
	}
	if got := h.states("L1")["L1.v1.60"]; got != obligation.Due {
		t.Errorf("%s", got)
	}
}

// Crashes anywhere: before and after each commit, before and after the sink. Every lease is accounted for in the end, and no
// message has two ids.
func TestNoCrashLosesOrDoublesAReminder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		h := newHouse(t)
		r := rand.New(rand.NewPCG(seed, 3))
		crash := func() error {
			if r.IntN(4) == 0 {
				return errDown
			}
			return nil
		}
		const leases = 25
		for i := range leases {
			h.create(lease.ID(fmt.Sprintf("L%02d", i)), "2026-01-01", day("2026-04-01").Add(r.IntN(60)).String())
		}
		h.store.Fail = func(_ org.ID, _ *ledger.Change) error { return crash() }
		h.sink.fail = func(*leasing.Reminder) error { return crash() }
		for d := day("2026-01-02"); d.Before(day("2026-07-01")); d = d.Add(1 + r.IntN(12)) {
			h.until(d.At(calendar.Clock{Hour: 10}, shanghai))
			for range 4 {
				h.sweep()
				h.clock.Advance(obligation.ClaimFor)
			}
		}
		h.store.Fail, h.sink.fail = nil, nil
		for range 5 {
			h.clock.Advance(time.Hour)
			h.sweep()
		}
		c := h.certify()
		if !c.Zero() || c.Leases != leases || c.Expected != 3*leases || c.Scheduled != leases {
			t.Fatalf("seed %d: %s", seed, c.Text("en", shanghai))
		}
		for i := range leases {
			id := lease.ID(fmt.Sprintf("L%02d", i))
			for o, state := range h.states(id) {
				if state.Reached() != (h.sink.times[o] > 0) && state != obligation.Superseded {
					t.Fatalf("seed %d: %s is %s and came %d times", seed, o, state, h.sink.times[o])
				}
			}
			if h.sink.times[string(id)+".v1.7"] == 0 {
				t.Fatalf("seed %d: the notice of %s never came: %v", seed, id, h.states(id))
			}
		}
	}
}

func TestADeletedObligationIsNoticed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.create("L1", "2026-01-01", "2026-12-31")
	r, err := h.store.Record(t.Context(), org.Default, leasing.Obligations, "L1.v1.30")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.store.Apply(t.Context(), org.Default, &ledger.Change{Removed: []ledger.Ref{r.Ref()}}); err != nil {
		t.Fatal(err)
	}
	if c := h.certify(); c.Zero() || len(c.Exceptions) != 1 || c.Scheduled != 0 {
		t.Errorf("%+v", c)
	}
	if rep := h.at("2026-12-02"); rep.Failed != 0 {
		t.Errorf("due work of a deleted obligation: %+v", rep)
	}
}

// until lets the time pass up to an instant.
func (h *house) until(at time.Time) { h.clock.Advance(max(at.Sub(h.clock.Now()), 0)) }
