package demo

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/geo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// life drives an operator by hand against a fake, step by step, so that nothing depends on the machine.
type life struct {
	t     *testing.T
	clock *manual
	fake  *fake
	op    *Operator
	heard int
}

func newLife(t *testing.T, seed uint64) *life {
	t.Helper()
	c := &manual{now: StartTime(monday())}
	f := newFake(c)
	op, err := New(Config{City: town(), Clock: c, Conn: f.dial(t), Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	if err := op.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &life{t: t, clock: c, fake: f, op: op}
}

// run lives for a while in steps of 20 s. The events reach the operator at the next step.
func (l *life) run(d time.Duration) {
	l.t.Helper()
	const stride = 20 * time.Second
	for end := l.clock.Now().Add(d); l.clock.Now().Before(end); l.clock.advance(stride) {
		l.fake.sweep()
		for _, e := range l.fake.since(l.heard) {
			l.op.heed(noticeOf(e))
			l.heard++
		}
		l.op.step(l.t.Context())
	}
}

func TestOperatorHiresAndReportsWhereEverybodyIs(t *testing.T) {
	l := newLife(t, 1)
	if got := len(l.fake.people); got != 40 {
		t.Errorf("technicians = %d, want 40", got)
	}
	working := 0
	for _, p := range l.op.people {
		if _, on := dutyAt(p.who, l.clock.Now()); on {
			working++
		}
	}
	if got := len(l.fake.positions); got != working || got == 0 {
		t.Errorf("first positions = %d, want one for each of the %d on shift", got, working)
	}
	for _, p := range l.fake.people {
		days := 0
		for _, s := range p.GetWeeklyShifts() {
			days += len(s.GetDays())
		}
		if days != 5 {
			t.Errorf("%s works on %d days a week, want 5", p.GetDisplayName(), days)
		}
	}
}

func TestOperatorFindsItsTechniciansAgain(t *testing.T) {
	l := newLife(t, 1)
	again, err := New(l.op.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(l.fake.people); got != 40 {
		t.Errorf("technicians after a second run = %d, want the same 40", got)
	}
}

func TestMapIsBusyAtOnce(t *testing.T) {
	l := newLife(t, 1)
	l.run(3 * time.Minute) // three seconds at speed 60
	if s := l.op.Stats(); s.Reports < 25 || s.Departed < 4 {
		t.Errorf("after three minutes: %d reports and %d on the road, want 25 and 4 at least", s.Reports, s.Departed)
	}
}

// A day from the first morning to the next: every order goes through the verbs in a legal order.
func TestDayIsLived(t *testing.T) {
	l := newLife(t, 1)
	l.run(24 * time.Hour)
	s := l.op.Stats()
	if len(l.fake.illegal) > s.Reports/50 {
		t.Errorf("%d of %d orders had a verb that their state forbids: %+v", len(l.fake.illegal), s.Reports, l.fake.illegal[:3])
	}
	if len(l.fake.unkeyed) > 0 {
		t.Errorf("calls without an idempotency key: %v", l.fake.unkeyed)
	}
	if s.Errors > 0 || s.GivenUp > 0 {
		t.Errorf("errors = %d, given up = %d, want none", s.Errors, s.GivenUp)
	}
	if s.Reports < 110 || s.Completed < s.Reports*7/10 {
		t.Errorf("completed %d of %d reports, want 7 in 10 of 110 at least: the rest waits for its window", s.Completed, s.Reports)
	}
	for name, n := range map[string]int{
		"declined": s.Declined, "ignored": s.Ignored, "paused": s.Paused, "resumed": s.Resumed, "rated": s.Rated, "verified": s.Verified,
		"canceled": s.Canceled,
	} {
		if n == 0 {
			t.Errorf("%s = 0, want some in a day", name)
		}
	}
	if s.MedianToAccept <= 0 || s.MedianToAccept > 2*time.Hour {
		t.Errorf("median to accept = %v, want at most 2 h", s.MedianToAccept)
	}
	checkKeys(t, l.fake.verbs)
	checkOneAtATime(t, l.fake.verbs)
}

// checkKeys: no key serves twice.
func checkKeys(t *testing.T, verbs []told) {
	t.Helper()
	seen := map[string]bool{}
	for _, v := range verbs {
		if seen[v.key] {
			t.Fatalf("key %s was used twice", v.key)
		}
		seen[v.key] = true
	}
}

// checkOneAtATime: nobody departs while he is on the way or at work.
func checkOneAtATime(t *testing.T, verbs []told) {
	t.Helper()
	busy := map[string]string{} // by technician: order
	for _, v := range verbs {
		switch v.verb {
		case "depart":
			if busy[v.technician] != "" {
				t.Fatalf("%s departs for %s while busy with %s", v.technician, v.order, busy[v.technician])
			}
			busy[v.technician] = v.order
		case "complete", "pause":
			delete(busy, v.technician)
		case "cancel":
			for who, order := range busy {
				if order == v.order {
					delete(busy, who)
				}
			}
		}
	}
}

func TestMovingTechniciansAreOnStreets(t *testing.T) {
	l := newLife(t, 1)
	off, moving := 0, 0
	for range 60 {
		l.run(time.Minute)
		for _, te := range l.op.people {
			if te.phase != driving {
				continue
			}
			moving++
			// The first and last metres lead from a door to the street: doors are within some 150 m of one.
			if offStreet(town(), te.at(l.clock.Now())) > 2 {
				off++
			}
		}
	}
	if moving < 100 || off > moving/3 {
		t.Errorf("%d of %d moving technicians are off the streets, want less than a third of 100 or more", off, moving)
	}
}

// No technician moves faster than the fastest street allows.
func TestNobodyJumps(t *testing.T) {
	l := newLife(t, 1)
	l.run(10 * time.Hour)
	last := map[string]*dispatchv1.PositionReport{}
	for _, p := range l.fake.positions {
		if b := last[p.GetTechnicianId()]; b != nil {
			d := float64(geo.DistanceHaversine(pointOf(b.GetLocation()), pointOf(p.GetLocation())))
			dt := p.GetTime().AsTime().Sub(b.GetTime().AsTime()).Seconds()
			if d > 25+dt*70/3.6 { // 70 km/h, and the sheet of the plan is not quite flat
				t.Fatalf("%s moved %.0f m in %.0f s", p.GetTechnicianId(), d, dt)
			}
			if p.GetSequence() <= b.GetSequence() {
				t.Fatalf("sequence of %s fell", p.GetTechnicianId())
			}
		}
		last[p.GetTechnicianId()] = p
	}
}

func TestPhonesLoseTheirSignal(t *testing.T) {
	l := newLife(t, 1)
	l.run(9 * time.Hour)
	last, longest := map[string]time.Time{}, time.Duration(0)
	for _, p := range l.fake.positions {
		at := p.GetTime().AsTime()
		if b, ok := last[p.GetTechnicianId()]; ok && at.Sub(b) < time.Hour {
			longest = max(longest, at.Sub(b))
		}
		last[p.GetTechnicianId()] = at
	}
	if longest < 18*time.Minute {
		t.Errorf("longest silence on shift = %v, want one of 18 min or more", longest)
	}
}

func TestSameSeedSameDay(t *testing.T) {
	lived := func(seed uint64) []told {
		l := newLife(t, seed)
		l.run(3 * time.Hour)
		out := l.fake.verbs
		for i := range out {
			out[i].key = ""
		}
		return out
	}
	first, second, other := lived(3), lived(3), lived(4)
	if d := cmp.Diff(first, second, cmp.AllowUnexported(told{})); d != "" {
		t.Errorf("the same seed lived two days (-first +second):\n%s", d)
	}
	if cmp.Equal(first, other, cmp.AllowUnexported(told{})) {
		t.Error("another seed lived the same day")
	}
}

func TestEverybodyIsHomeAtNight(t *testing.T) {
	l := newLife(t, 1)
	l.run(10*time.Hour + 50*time.Minute) // 19:30: the day shift ended at 17:00
	for _, te := range l.op.people {
		if _, on := dutyAt(te.who, l.clock.Now()); !on && te.phase != atHome {
			t.Errorf("%s is in phase %d two and a half hours after the shift", te.who.ID, te.phase)
		}
	}
}

// An order that is canceled on the way: the technician stops and is given other work.
func TestCanceledOnTheWay(t *testing.T) {
	l := newLife(t, 1)
	var who *technician
	for range 40 {
		l.run(time.Minute)
		if i := slices.IndexFunc(l.op.people, func(te *technician) bool { return te.phase == driving }); i >= 0 {
			who = l.op.people[i]
			break
		}
	}
	if who == nil {
		t.Fatal("nobody departed in 40 minutes")
	}
	gone := who.order
	l.fake.cancelOrder(gone.id)
	l.run(40 * time.Second)
	if who.order == gone || who.phase == driving && who.order == nil {
		t.Errorf("technician still drives to a canceled order: phase %d", who.phase)
	}
	if l.op.orders[gone.id] != nil {
		t.Error("a canceled order is still remembered")
	}
	before := l.op.Stats().Departed
	l.run(2 * time.Hour)
	if l.op.Stats().Departed == before {
		t.Error("nobody departs any more")
	}
}

// While the service refuses calls the operator waits longer and longer; then everything goes on with the same keys.
func TestUnavailableServiceIsWaitedFor(t *testing.T) {
	l := newLife(t, 1)
	l.run(10 * time.Minute)
	before := l.op.Stats()
	l.fake.mu.Lock()
	l.fake.failing = 12
	l.fake.mu.Unlock()
	l.run(20 * time.Hour)
	after := l.op.Stats()
	if after.Retries < 12 || after.GivenUp > 0 || after.Errors > 0 {
		t.Errorf("retries = %d, given up = %d, errors = %d, want 12 or more, 0, 0", after.Retries, after.GivenUp, after.Errors)
	}
	if after.Completed < before.Completed+60 {
		t.Errorf("completed %d, then %d: the day did not go on", before.Completed, after.Completed)
	}
	checkKeys(t, l.fake.verbs)
}

func TestHoldOffGrows(t *testing.T) {
	o := &Operator{}
	var waits []int64
	for range 9 {
		o.holdOff()
		waits = append(waits, o.holdUntil-o.tick)
		o.tick = o.holdUntil
	}
	if want := []int64{2, 3, 5, 9, 17, 33, 65, 101, 101}; !slices.Equal(waits, want) {
		t.Errorf("ticks waited = %v, want %v", waits, want)
	}
}

func TestAgendaKeepsItsOrder(t *testing.T) {
	o := &Operator{cfg: Config{Clock: &manual{now: monday()}}}
	var got []int
	for i, minutes := range []int{3, 1, 2, 1, 0} {
		o.plan(monday().Add(time.Duration(minutes)*time.Minute), func(context.Context, string) error {
			got = append(got, i)
			return nil
		})
	}
	o.work(t.Context(), monday().Add(2*time.Minute))
	if want := []int{4, 1, 3, 2}; !slices.Equal(got, want) {
		t.Errorf("done = %v, want %v", got, want)
	}
}

// scaled is a clock that runs fast.
type scaled struct {
	start, wall time.Time
	speed       float64
}

func (c *scaled) Now() time.Time {
	return c.start.Add(time.Duration(float64(time.Since(c.wall)) * c.speed))
}

// Run with its own goroutines, a stream that breaks again and again, and an end in the middle of everything.
func TestRunReconnectsAndEnds(t *testing.T) {
	c := &scaled{start: StartTime(monday()), wall: time.Now(), speed: 3000}
	f := newFake(c)
	f.breaks = 3
	op, err := New(Config{City: town(), Clock: c, Conn: f.dial(t), Tick: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- op.Run(ctx) }()
	f.waitFor(t, func() bool { return len(f.streams) >= 4 && f.count("complete") >= 3 })
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v, want nil when its context ends", err)
	}
	if s := op.Stats(); s.Reconnects < 3 {
		t.Errorf("reconnects = %d, want 3", s.Reconnects)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.IsSorted(f.streams) || f.streams[3] < 3 {
		t.Errorf("streams began after %v, want each to go on where the one before broke", f.streams)
	}
}

// waitFor waits for events until something holds; the caller's test ends when it never does.
func (f *fake) waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	for {
		f.mu.Lock()
		changed, ok := f.changed, holds()
		f.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-t.Context().Done():
			t.Fatal("the test ended first")
		}
	}
}

// count counts verbs. The caller holds the lock.
func (f *fake) count(name string) int {
	n := 0
	for _, v := range f.verbs {
		if v.verb == name {
			n++
		}
	}
	return n
}

func TestRunEndsDuringSetUp(t *testing.T) {
	c := &manual{now: StartTime(monday())}
	f := newFake(c)
	f.failing = 1 << 30
	op, err := New(Config{City: town(), Clock: c, Conn: f.dial(t)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- op.Run(ctx) }()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v, want nil when its context ends", err)
	}
}

func TestNewNeedsItsInputs(t *testing.T) {
	if _, err := New(Config{City: town()}); err == nil {
		t.Error("New without clock and connection succeeded")
	}
}

func TestStartTime(t *testing.T) {
	// 2026-07-05 17:30 UTC is already the 6th in the city.
	got := StartTime(time.Date(2026, 7, 5, 17, 30, 0, 0, time.UTC))
	if want := time.Date(2026, 7, 6, 0, 40, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("StartTime = %v, want %v", got.UTC(), want)
	}
}

func TestBacklogAndDayDoNotOverlap(t *testing.T) {
	l := newLife(t, 1)
	now := l.clock.Now()
	late := l.op.backlog(now)
	if len(late) != 25 {
		t.Fatalf("backlog = %d, want 25", len(late))
	}
	for _, d := range late {
		if !d.day.Add(d.report.At).Before(now) {
			t.Errorf("report of %v is not late at %v", d.day.Add(d.report.At), now)
		}
	}
}

func TestOpeningHours(t *testing.T) {
	day := midnight(monday())
	tests := []struct {
		name     string
		at, want time.Duration
	}{
		{"before the doors open", 5 * time.Hour, 8*time.Hour + 15*time.Minute},
		{"in the day", 15 * time.Hour, 15 * time.Hour},
		{"after the doors close", 22 * time.Hour, 32*time.Hour + 15*time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := openingHours(day.Add(tt.at)); !got.Equal(day.Add(tt.want)) {
				t.Errorf("openingHours(%v) = %v, want %v", tt.at, got.Sub(day), tt.want)
			}
		})
	}
}

// An order whose window is over is given another window, unless somebody is on the way.
func TestDeskAgreesAnotherWindow(t *testing.T) {
	l := newLife(t, 1)
	over := []*dispatchv1.TimeWindow{nextWindow(l.clock.Now().AddDate(0, 0, -2))}
	l.op.orders["lost"] = &order{id: "lost", state: stNew, etag: "1", windows: over}
	l.op.orders["held"] = &order{id: "held", state: stEnRoute, etag: "1", windows: over}
	l.op.orders["any time"] = &order{id: "any time", state: stNew, etag: "1"}
	l.run(40 * time.Minute)
	if len(l.fake.updates) != 1 || l.fake.updates[0].GetWorkOrder().GetId() != "lost" || l.fake.updates[0].GetEtag() != "1" {
		t.Fatalf("updates = %v, want one of the order lost", l.fake.updates)
	}
	if w := l.fake.updates[0].GetWorkOrder().GetTimeWindows()[0]; !w.GetStartTime().AsTime().After(l.clock.Now()) {
		t.Errorf("new window begins at %v, want one to come", w.GetStartTime().AsTime())
	}
	if s := l.op.Stats(); s.Appointed != 1 {
		t.Errorf("appointed = %d, want 1", s.Appointed)
	}
}

func TestNextWindow(t *testing.T) {
	day := midnight(monday())
	for at, want := range map[time.Duration]time.Duration{
		7 * time.Hour: 9 * time.Hour, 8*time.Hour + time.Minute: 14 * time.Hour, 17 * time.Hour: 18 * time.Hour, 20 * time.Hour: 33 * time.Hour,
	} {
		if got := nextWindow(day.Add(at)).GetStartTime().AsTime().Sub(day); got != want {
			t.Errorf("nextWindow at %v begins at %v, want %v", at, got, want)
		}
	}
}
