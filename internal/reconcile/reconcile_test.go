package reconcile_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/internal/clock"
	"fettle/internal/reconcile"
	"fettle/internal/territory"
	"fettle/ledger"
	"fettle/org"
	"fettle/storage/sqlite"
)

var noon = time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)

// silent is a bus that nobody hears.
type silent struct{}

func (silent) Publish(org.ID, []engine.Event) {}

func (silent) PublishPositions(org.ID, []engine.Position) {}

// outbox makes a message of each order that is created, and leaves out one in drop: the saboteur.
func outbox(drop int) func(org.ID, *engine.Batch) ([]engine.DueWork, error) {
	return func(_ org.ID, b *engine.Batch) (out []engine.DueWork, err error) {
		for i := range b.Events {
			if e := &b.Events[i]; e.Type == engine.OrderCreated && (drop == 0 || e.Sequence%int64(drop) != 1) {
				out = append(out, engine.DueWork{Kind: "message", Key: fmt.Sprint("msg_", e.Sequence), At: e.Time})
			}
		}
		return out, nil
	}
}

// fixture is a territory with its rows in a file, and who reconciles both.
type fixture struct {
	*territory.Territory
	*reconcile.Reconciler
	store *sqlite.DB
	clock *clock.Fake
}

func open(t *testing.T, drop int) *fixture {
	t.Helper()
	f := &fixture{clock: clock.NewFake(noon)}
	var err error
	if f.store, err = sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := reconcile.Owe(t.Context(), f.store, f.store, org.Default, true); err != nil {
		t.Fatal(err)
	}
	f.Territory, err = territory.Open(t.Context(), territory.Config{
		Org: org.Default, Clock: f.clock, Store: f.store, Bus: silent{}, ImproveEvery: -1, Outbox: outbox(drop),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		if err := f.store.Close(); err != nil {
			t.Error(err)
		}
	})
	f.Reconciler = reconcile.New(reconcile.Config{
		Org: org.Default, Store: f.store, Clock: f.clock, Message: "message", Outbox: outbox(0), Job: "job", Jobs: []string{"canary"},
		Territory: func() reconcile.Territory { return f.Territory },
	})
	return f
}

func (f *fixture) create(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		c := engine.CreateOrder{ID: dispatch.WorkOrderID(fmt.Sprintf("w%04d", i)), Wish: engine.Wish{
			Location: geo.Point{Lat: 30.2, Lon: 120.2}, Channel: dispatch.ChannelApp, Urgency: dispatch.UrgencyNormal,
		}}
		if _, err := f.Do(t.Context(), territory.Request{Actor: "test", Command: c}); err != nil {
			t.Fatal(err)
		}
	}
}

// text is an account in a line: what is not 0 by kind.
func text(rep reconcile.Report) string {
	var out []string
	for _, l := range rep.Lines {
		var parts []string
		for _, c := range []struct {
			name string
			n    int
		}{
			{"scheduled", l.Scheduled},
			{"done", l.Done},
			{"late", l.Late},
			{"superseded", l.Superseded},
			{"dead", l.Dead},
			{"missing", l.Missing},
			{"extra", l.Extra},
			{"repaired", l.Repaired},
		} {
			if c.n > 0 {
				parts = append(parts, fmt.Sprint(c.name, " ", c.n))
			}
		}
		if len(parts) > 0 {
			out = append(out, l.Kind+": "+strings.Join(parts, ", "))
		}
	}
	return strings.Join(out, "; ")
}

func (f *fixture) tick(t *testing.T, want string) {
	t.Helper()
	rep, err := f.Tick(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, text(rep)); d != "" {
		t.Error(d)
	}
}

// rows are all rows of a kind.
func (f *fixture) rows(t *testing.T, kind string) []ledger.DueWork {
	t.Helper()
	out, err := f.store.DueOfKind(t.Context(), org.Default, kind, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (f *fixture) write(t *testing.T, b *engine.Batch) {
	t.Helper()
	if err := f.store.Commit(t.Context(), org.Default, b); err != nil {
		t.Fatal(err)
	}
}

const whole = "sla.acknowledge: scheduled 20; sla.accept: scheduled 20; sla.on_site: scheduled 20; sla.resolve: scheduled 20; "

// TestDroppedAndDeletedRowsComeBack is R-O4: a service that forgets messages, and rows that somebody deletes, moves and adds,
// are found at once and put right exactly; what was settled is not done again.
func TestDroppedAndDeletedRowsComeBack(t *testing.T) {
	t.Parallel()
	f := open(t, 7)
	f.tick(t, "job: missing 1, repaired 1")
	f.create(t, 20)
	f.tick(t, whole+"message: scheduled 17, missing 3, repaired 3; job: scheduled 1")
	f.tick(t, whole+"message: scheduled 20; job: scheduled 1")

	messages, before := f.rows(t, "message"), f.rows(t, engine.DueSLAOnSite)
	claimed, err := f.store.ClaimDue(t.Context(), org.Default, ledger.DueFilter{Only: "message"}, noon, noon.Add(time.Minute), 5)
	if err != nil || len(claimed) != 5 {
		t.Fatalf("%d claimed, %v", len(claimed), err)
	}
	for i, fate := range []ledger.Fate{ledger.FateDone, ledger.FateLate, ledger.FateSuperseded} {
		w := claimed[i]
		out := ledger.Outcome{Kind: w.Kind, Key: w.Key, Due: w.At, Settled: noon, Fate: fate}
		if err := f.store.SettleDue(t.Context(), org.Default, w, out); err != nil {
			t.Fatal(err)
		}
	}
	dead := ledger.Yield{Work: claimed[3], Next: noon, Problem: "no", Dead: true}
	if err := f.store.YieldDue(t.Context(), org.Default, []ledger.Yield{dead}); err != nil {
		t.Fatal(err)
	}
	moved := before[1]
	moved.At = moved.At.Add(time.Hour)
	f.write(t, &engine.Batch{
		DueDone: []engine.DueWork{messages[10], messages[11], before[0], {Kind: "job", Key: "canary"}},
		DueSet:  []engine.DueWork{moved, {Kind: engine.DueSLAAccept, Key: "w9999", At: noon}},
	})
	f.tick(t, "sla.acknowledge: scheduled 20; sla.accept: scheduled 20, extra 1, repaired 1; sla.on_site: scheduled 18, missing 2, repaired 2; sla.resolve: scheduled 20; "+
		"message: scheduled 14, done 1, late 1, superseded 1, dead 1, missing 2, repaired 2; job: missing 1, repaired 1")
	f.tick(t, whole+"message: scheduled 16, done 1, late 1, superseded 1, dead 1; job: scheduled 1")
	if d := cmp.Diff(before, f.rows(t, engine.DueSLAOnSite)); d != "" {
		t.Errorf("the deadlines came back otherwise than they were: %s", d)
	}
	if got := len(f.rows(t, "message")); got != 17 {
		t.Errorf("%d messages wait or are laid aside, want 17", got)
	}
}

// TestLookOnlyLooks: an account without repair changes nothing, and holds what lies in its window.
func TestLookOnlyLooks(t *testing.T) {
	t.Parallel()
	f := open(t, 2)
	f.create(t, 3)
	f.clock.Advance(time.Hour)
	look := func(from, to time.Duration) string {
		rep, err := f.Look(t.Context(), noon.Add(from), noon.Add(to), false)
		if err != nil {
			t.Fatal(err)
		}
		return text(rep)
	}
	all := look(-time.Hour, 1000*time.Hour)
	if !strings.Contains(all, "message: missing 3") || !strings.Contains(all, "sla.accept: scheduled 3") {
		t.Errorf("got %s", all)
	}
	if again := look(-time.Hour, 1000*time.Hour); again != all {
		t.Errorf("a look has changed something: %s, then %s", all, again)
	}
	if got := look(time.Minute, 2*time.Minute); got != "job: missing 1" {
		t.Errorf("nothing is due in that minute, got %s", got)
	}
}

// TestNobodyIsToldOfATimeWithoutASink: messages are owed from when there was a sink.
func TestNobodyIsToldOfATimeWithoutASink(t *testing.T) {
	t.Parallel()
	f := open(t, 1000)
	owe := func(on bool) {
		if err := reconcile.Owe(t.Context(), f.store, f.store, org.Default, on); err != nil {
			t.Fatal(err)
		}
	}
	owe(false)
	f.create(t, 2)
	f.tick(t, "sla.acknowledge: scheduled 2; sla.accept: scheduled 2; sla.on_site: scheduled 2; sla.resolve: scheduled 2; job: missing 1, repaired 1")
	owe(true)
	owe(true)
	f.tick(t, "sla.acknowledge: scheduled 2; sla.accept: scheduled 2; sla.on_site: scheduled 2; sla.resolve: scheduled 2; job: scheduled 1")
}
