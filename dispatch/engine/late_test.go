package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

// offline is a history in which a technician has no network for hours while the desk goes on.
type offline struct {
	t      *testing.T
	r      *rand.Rand
	e      *engine.Engine
	now    time.Time
	log    []engine.Event
	closed map[dispatch.WorkOrderID]*engine.Order
	// taps are what the phone of t0 keeps; lost counts those that nothing was kept of, history those that changed nothing.
	taps                   []engine.Act
	lost, history, applied int
}

// do carries out a command and returns its events.
func (o *offline) do(c engine.Command) ([]engine.Event, error) {
	if id, _ := engine.Subject(c); id != "" {
		if _, ok := o.e.Order(id); !ok && o.closed[id] != nil {
			o.e.Recall(o.closed[id])
		}
	}
	events, err := o.e.Decide(o.now, "somebody", c)
	if err != nil {
		return nil, err
	}
	o.e.Evolve(events)
	for i := range events {
		if is, ok := o.e.Order(events[i].Order); ok {
			o.closed[is.ID] = is
		}
	}
	o.e.Commit()
	o.log = append(o.log, events...)
	return events, nil
}

// goOn is a while at the desk, and of the technician's taps, which nobody hears of.
func (o *offline) goOn() {
	o.now = o.now.Add(time.Duration(1+o.r.IntN(20)) * time.Minute)
	id := dispatch.WorkOrderID(fmt.Sprintf("w%d", o.r.IntN(4)))
	is := o.closed[id]
	tap := []engine.Verb{engine.Accept, engine.Depart, engine.Arrive, engine.Start, engine.Complete, engine.Decline, engine.Pause, engine.Resume}[o.r.IntN(8)]
	switch o.r.IntN(5) {
	case 0:
		_, _ = o.do(engine.Act{Verb: engine.Reassign, Order: id, Technician: "t1"})
	case 1:
		if o.r.IntN(3) == 0 {
			_, _ = o.do(engine.Act{Verb: engine.Cancel, Order: id, Reason: "mended"})
		}
	case 2:
		_, _ = o.do(engine.Act{Verb: tap, Order: id, Reason: reasonOf(tap)}) // the desk, for whoever has it
	default:
		if is != nil && (is.TechnicianID() == "t0" || o.r.IntN(4) == 0) {
			o.taps = append(o.taps, engine.Act{Verb: tap, Order: id, Technician: "t0", Reason: reasonOf(tap), Tapped: o.now})
		}
	}
}

func reasonOf(v engine.Verb) string {
	if v == engine.Pause || v == engine.Decline {
		return "a part is missing"
	}
	return ""
}

// upload sends a tap and holds the service to what it owes to it.
func (o *offline) upload(tap engine.Act, stamped bool) {
	if _, err := o.do(engine.Advance{}); err != nil { // so that the plan is as it is now whoever calls
		o.t.Fatal(err)
	}
	before, people := o.closed[tap.Order], o.e.Technicians()
	sent := tap
	if !stamped {
		sent.Tapped = time.Time{}
	}
	events, err := o.do(sent)
	if err != nil {
		o.lost++
		return
	}
	after := o.closed[tap.Order]
	for i := range events {
		ev := &events[i]
		switch {
		case ev.Type == engine.OrderTappedLate:
			o.history++
			if diff := cmp.Diff(before, after) + cmp.Diff(people, o.e.Technicians()); diff != "" {
				o.t.Errorf("history of %s has changed what is:\n%s", tap.Verb, diff)
			}
			if !ev.Tapped.Equal(tap.Tapped) || ev.Verb != tap.Verb || ev.Technician != "t0" || ev.Why == "" || ev.Reason != tap.Reason || ev.State != before.State {
				o.t.Errorf("kept %+v of %+v", ev, tap)
			}
			return
		case !ev.Tapped.IsZero():
			o.applied++
			if before.TechnicianID() != "t0" || !engine.Legal(tap.Verb, before.State) || tap.Tapped.Before(before.Assignment.Offered) {
				o.t.Errorf("%s was applied to %s of %s", tap.Verb, before.State, before.TechnicianID())
			}
			if ev.Happened().Before(tap.Tapped) || ev.Happened().After(o.now) {
				o.t.Errorf("%s of %s counts as of %s", tap.Verb, tap.Tapped, ev.Happened())
			}
			return
		}
	}
	o.lost++
}

// history plays one: w0 to w3 are offered to t0 first, as t1 lives far away.
func playOffline(t *testing.T, seed uint64, stamped bool) *offline {
	e, err := engine.New(engine.Config{}, engine.Ledger{}, monday)
	if err != nil {
		t.Fatal(err)
	}
	o := &offline{t: t, r: rand.New(rand.NewPCG(seed, 5)), e: e, now: monday, closed: map[dispatch.WorkOrderID]*engine.Order{}}
	for i, at := range []float64{30.2, 30.4} {
		profile := engine.Profile{
			Home:   wanting(at).Location,
			Weekly: []engine.WeeklyShift{{Days: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, Start: 8 * 60, End: 20 * 60}},
		}
		if _, err := o.do(engine.CreateTechnician{ID: dispatch.TechnicianID(fmt.Sprintf("t%d", i)), Profile: profile}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 4 {
		w := wanting(30.2)
		w.Skills, w.Windows = nil, nil
		if _, err := o.do(engine.CreateOrder{ID: dispatch.WorkOrderID(fmt.Sprintf("w%d", i)), Wish: w}); err != nil {
			t.Fatal(err)
		}
	}
	for range 12 {
		o.goOn()
	}
	o.now = o.now.Add([]time.Duration{3 * time.Minute, 8 * time.Hour, 72 * time.Hour}[o.r.IntN(3)])
	for _, tap := range o.taps {
		o.upload(tap, stamped)
		o.now = o.now.Add(time.Second)
	}
	return o
}

// TestLateTapsAreHistory replays taps that are hours or days old after the orders have gone on without them: none is lost, and
// none changes what is. The log read again gives the same.
func TestLateTapsAreHistory(t *testing.T) {
	t.Parallel()
	var history, applied int
	for seed := range uint64(1000) {
		o := playOffline(t, seed, true)
		if o.lost > 0 {
			t.Fatalf("history %d: %d of %d taps are lost", seed, o.lost, len(o.taps))
		}
		history, applied = history+o.history, applied+o.applied
		again, err := engine.New(engine.Config{}, engine.Ledger{}, monday)
		if err != nil {
			t.Fatal(err)
		}
		last := map[dispatch.WorkOrderID]*engine.Order{}
		for i := range o.log {
			if is := last[o.log[i].Order]; is != nil {
				again.Recall(is)
			}
			again.Evolve([]engine.Event{o.log[i]})
			if is, ok := again.Order(o.log[i].Order); ok {
				last[is.ID] = is
			}
			again.Commit()
		}
		if diff := cmp.Diff(o.closed, last) + cmp.Diff(o.e.Technicians(), again.Technicians()); diff != "" {
			t.Fatalf("history %d comes out differently from its log:\n%s", seed, diff)
		}
		if t.Failed() {
			t.Fatalf("history %d", seed)
		}
	}
	if history < 1000 || applied < 100 {
		t.Errorf("%d taps became history and %d were applied: that shows nothing", history, applied)
	}
	if o := playOffline(t, 1, false); o.lost == 0 {
		t.Error("without the instants of the taps none is lost: the test shows nothing")
	}
}

// TestLateTapCounts says from when a tap that is told late counts, and that a fresh one is refused as ever.
func TestLateTapCounts(t *testing.T) {
	t.Parallel()
	o := playOffline(t, 0, true)
	o.now = monday.AddDate(0, 0, 14)
	w := wanting(30.2)
	w.Skills, w.Windows = nil, nil
	if _, err := o.do(engine.CreateOrder{ID: "leak", Wish: w}); err != nil {
		t.Fatal(err)
	}
	who, offered := o.closed["leak"].TechnicianID(), o.now
	told := func(v engine.Verb, ago time.Duration) ([]engine.Event, error) {
		return o.do(engine.Act{Verb: v, Order: "leak", Technician: who, Tapped: o.now.Add(-ago)})
	}
	o.now = offered.Add(time.Hour)
	if _, err := told(engine.Complete, engine.LateAfter-time.Second); err == nil {
		t.Error("a fresh tap in the wrong state was not refused")
	}
	for _, v := range []engine.Verb{engine.Accept, engine.Depart, engine.Arrive} {
		if _, err := told(v, 50*time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	c := o.closed["leak"].Clocks
	if want := offered.Add(10 * time.Minute); !c.Accepted.Equal(want) || !c.Arrived.Equal(want) {
		t.Errorf("accepted at %s, arrived at %s, want both at %s", c.Accepted, c.Arrived, want)
	}
	if _, err := told(engine.Start, 55*time.Minute); err != nil {
		t.Fatal(err)
	}
	if got := o.closed["leak"].Clocks.Started; !got.Equal(c.Arrived) {
		t.Errorf("started at %s, before the arrival at %s", got, c.Arrived)
	}
	events, err := o.do(engine.Act{Verb: engine.Complete, Order: "leak", Technician: who, Tapped: offered.Add(-time.Minute)})
	if err != nil || len(events) != 1 || events[0].Why != "BEFORE_ASSIGNMENT" {
		t.Errorf("done before it was offered: %+v, %v", events, err)
	}
	if events, err = o.do(engine.Act{Verb: engine.Complete, Order: "leak", Technician: who, Tapped: o.now.Add(time.Hour)}); err != nil || !events[len(events)-1].Happened().Equal(o.now) {
		t.Errorf("a phone whose clock is ahead: %+v, %v", events, err)
	}
	if events, err = o.do(engine.Act{Verb: engine.ReviewTaps, Order: "leak"}); err != nil || len(events) != 1 || events[0].State != engine.StateCompleted {
		t.Errorf("looked at: %+v, %v", events, err)
	}
}
