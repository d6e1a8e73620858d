package reconcile_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch/engine"
	"fettle/internal/reconcile"
	"fettle/ledger"
	"fettle/org"
)

// settle ends the messages that wait, but for keep of them.
func (f *fixture) settle(t *testing.T, keep int) {
	t.Helper()
	w, err := f.store.ClaimDue(t.Context(), org.Default, ledger.DueFilter{Only: "message"}, f.clock.Now(), f.clock.Now().Add(time.Minute), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for i := range w[keep:] {
		w := w[keep+i]
		out := ledger.Outcome{Kind: w.Kind, Key: w.Key, Due: w.At, Settled: f.clock.Now(), Fate: ledger.FateDone}
		if err := f.store.SettleDue(t.Context(), org.Default, w, out); err != nil {
			t.Fatal(err)
		}
	}
}

// outcomes is how many there are, and since the event after which messages are owed.
func (f *fixture) outcomes(t *testing.T) (n, since int) {
	t.Helper()
	q := ledger.OutcomeQuery{Kind: "message", From: noon.Add(-time.Hour), To: noon.AddDate(9, 0, 0)}
	out, err := f.store.Outcomes(t.Context(), org.Default, q, 1000)
	if err != nil {
		t.Fatal(err)
	}
	mark, err := f.store.DueRow(t.Context(), org.Default, reconcile.Since, reconcile.Since)
	if err != nil {
		t.Fatal(err)
	}
	since, err = strconv.Atoi(mark.Payload)
	if err != nil {
		t.Fatal(err)
	}
	return len(out), since
}

func (f *fixture) prune(t *testing.T) func(time.Time) error {
	return func(until time.Time) error {
		_, err := f.store.PruneOutcomes(t.Context(), org.Default, "message", until, 1000)
		return err
	}
}

// forget prunes what is older than an instant by way of the account, or past it: the saboteur.
func (f *fixture) forget(t *testing.T, before time.Time, sabotage bool) {
	t.Helper()
	err := error(nil)
	if sabotage {
		err = f.prune(t)(before)
	} else {
		err = f.Reconciler.Forget(t.Context(), before, f.prune(t))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestForgetLeavesNothingUnaccounted: outcomes go when the account has moved past their events, and not before. Outcomes that
// somebody removes past the account are missed, and their messages would be sent again.
func TestForgetLeavesNothingUnaccounted(t *testing.T) {
	t.Parallel()
	const orders = "sla.acknowledge: scheduled 8; sla.accept: scheduled 8; sla.on_site: scheduled 8; sla.resolve: scheduled 8; "
	for name, sabotage := range map[string]bool{"by the account": false, "past it": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t, 0)
			f.tick(t, "job: missing 1, repaired 1")
			f.create(t, 8)
			f.settle(t, 1)
			later := noon.Add(time.Hour)
			f.forget(t, later, sabotage)
			if sabotage {
				rep, err := f.Tick(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(orders+"message: scheduled 1, missing 7, repaired 7; job: scheduled 1", text(rep)); d != "" {
					t.Error(d)
				}
				return
			}
			f.tick(t, orders+"message: scheduled 1, done 7; job: scheduled 1")
			if n, since := f.outcomes(t); n != 7 || since != 0 {
				t.Errorf("%d outcomes, owed since %d, while a message is on its way: want 7 since 0", n, since)
			}
			f.clock.Advance(2 * time.Minute)
			f.settle(t, 0)
			f.forget(t, later, false)
			last, err := f.store.LastSequence(t.Context(), org.Default)
			if err != nil {
				t.Fatal(err)
			}
			if n, since := f.outcomes(t); n != 0 || int64(since) != last {
				t.Errorf("%d outcomes, owed since %d: want none since %d", n, since, last)
			}
			f.tick(t, orders+"job: scheduled 1")
		})
	}
}

// TestForgetStopsAtWhatIsYounger: the outcome of an event stays while the account asks for it, also when the clock was set back
// before it, so that it looks older than it is.
func TestForgetStopsAtWhatIsYounger(t *testing.T) {
	t.Parallel()
	f := open(t, 0)
	f.create(t, 2)
	f.clock.Advance(time.Hour)
	e := engine.Event{Sequence: 0, Type: engine.OrderCreated, Order: "old", State: engine.StateNew, Version: 1, Time: noon.Add(-time.Minute)}
	last, err := f.store.LastSequence(t.Context(), org.Default)
	if err != nil {
		t.Fatal(err)
	}
	e.Sequence = last + 1
	young := engine.Event{Sequence: last + 2, Type: engine.OrderCreated, Order: "young", State: engine.StateNew, Version: 1, Time: noon.Add(time.Hour)}
	back := engine.Event{Sequence: last + 3, Type: engine.OrderCreated, Order: "back", State: engine.StateNew, Version: 1, Time: noon.Add(30 * time.Second)}
	b := &engine.Batch{Events: []engine.Event{e, young, back}}
	if b.DueSet, err = outbox(0)(org.Default, b); err != nil {
		t.Fatal(err)
	}
	f.write(t, b)
	f.settle(t, 0)
	until := time.Time{}
	if err := f.Reconciler.Forget(t.Context(), noon.Add(time.Minute), func(at time.Time) error { until = at; return nil }); err != nil {
		t.Fatal(err)
	}
	if _, since := f.outcomes(t); int64(since) >= last+3 || until.After(back.Time) {
		t.Errorf("owed since %d, forgotten until %s: an event of %s is still accounted for", since, until, back.Time)
	}
}
