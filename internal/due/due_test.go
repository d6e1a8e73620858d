package due_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"fettle/internal/clock"
	"fettle/internal/due"
	"fettle/ledger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 3, 8, 9, 0, 0, 0, time.UTC)

// after is work that is due some seconds after the start.
func after(seconds int, key string) ledger.DueWork {
	return ledger.DueWork{Kind: "k", Key: key, At: start.Add(time.Duration(seconds) * time.Second)}
}

// fixture is a sweeper over a table whose handler notes what it is given.
type fixture struct {
	*due.Sweeper
	clock   *clock.Fake
	rows    *table
	calls   []string
	fail    map[string]error // by key
	stay    map[string]bool  // keys whose rows the handler leaves
	failed  []string
	reports chan due.Report
	on      func(ledger.DueWork) // is called instead of noting, when set
}

func newFixture(c due.Config, work ...ledger.DueWork) *fixture {
	f := &fixture{
		clock: clock.NewFake(start), rows: newTable(work...), fail: make(map[string]error), stay: make(map[string]bool),
		reports: make(chan due.Report, 1000),
	}
	c.Org, c.Store, c.Clock = "o", f.rows, f.clock
	c.Handlers = map[string]due.Handler{"k": f.handle, "panic": func(context.Context, ledger.DueWork) error { panic("at the disco") }}
	c.Failed = func(w ledger.DueWork, attempt int, _ error) { f.failed = append(f.failed, fmt.Sprint(w.Key, attempt)) }
	c.Swept = func(r due.Report) { f.reports <- r }
	f.Sweeper = due.New(c)
	return f
}

func (f *fixture) handle(_ context.Context, w ledger.DueWork) error {
	if f.on != nil {
		f.on(w)
		f.rows.remove(w)
		return nil
	}
	f.calls = append(f.calls, w.Key)
	if err := f.fail[w.Key]; err != nil {
		return err
	}
	if !f.stay[w.Key] {
		f.rows.remove(w)
	}
	return nil
}

// took returns what the handler was given since the last call.
func (f *fixture) took() []string {
	out := f.calls
	f.calls = nil
	return out
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func TestLongestOverdueFirst(t *testing.T) {
	t.Parallel()
	f := newFixture(due.Config{Batch: 2}, after(3, "c"), after(1, "a"), after(2, "b"), after(4, "d"), after(9, "later"))
	same(t, "before", due.Report{}, f.Sweep(t.Context()))
	f.clock.Advance(5 * time.Second)
	same(t, "report", due.Report{Due: 4, Done: 4}, f.Sweep(t.Context()))
	same(t, "order", []string{"a", "b", "c", "d"}, f.took())
}

func TestUrgentFirst(t *testing.T) {
	t.Parallel()
	f := newFixture(due.Config{Batch: 4}, after(1, "c"), after(2, "d"), after(0, "e"))
	for _, key := range []string{"a", "b"} {
		w := after(3, key)
		w.Rank = ledger.Urgent
		f.rows.set(w)
	}
	w := after(-9, "z")
	w.Rank = ledger.CanWait
	f.rows.set(w)
	f.clock.Advance(5 * time.Second)
	same(t, "report", due.Report{Due: 6, Done: 6}, f.Sweep(t.Context()))
	same(t, "order", []string{"a", "b", "e", "c", "d", "z"}, f.took())
}

// TestStormInOrder: work of a storm is done side by side, and still what is urgent is done before the rest begins (R-T5).
func TestStormInOrder(t *testing.T) {
	t.Parallel()
	const n = 10_000
	var mu sync.Mutex
	seen, usual, early := map[string]int{}, 0, 0
	f := newFixture(due.Config{Parallel: 64, Batch: 512})
	for i := range n {
		w := after(1, fmt.Sprint(i))
		if i%10 == 0 {
			w.Rank = ledger.Urgent
		}
		f.rows.set(w)
	}
	f.on = func(w ledger.DueWork) {
		mu.Lock()
		defer mu.Unlock()
		seen[w.Key]++
		if w.Rank == ledger.Usual {
			usual++
		} else if usual > 0 {
			early++
		}
	}
	f.clock.Advance(time.Second)
	same(t, "report", due.Report{Due: n, Done: n}, f.Sweep(t.Context()))
	if len(seen) != n || early > 0 {
		t.Errorf("%d of %d were done, %d of what is urgent after what is not", len(seen), n, early)
	}
	for key, times := range seen {
		if times != 1 {
			t.Errorf("%s was done %d times", key, times)
		}
	}
}

func TestStorm(t *testing.T) {
	t.Parallel()
	const n = 5000
	f := newFixture(due.Config{})
	for i := range n {
		f.rows.set(after(1, fmt.Sprint(i)))
	}
	f.clock.Advance(time.Second)
	same(t, "report", due.Report{Due: n, Done: n}, f.Sweep(t.Context()))
	calls := f.took()
	slices.Sort(calls)
	if len(slices.Compact(calls)) != n {
		t.Errorf("%d pieces of work were handled, want %d once each", len(calls), n)
	}
}

func TestCatchUpAfterOutage(t *testing.T) {
	t.Parallel()
	var work []ledger.DueWork
	for i := range 300 {
		work = append(work, after(i, fmt.Sprintf("%03d", i)))
	}
	f := newFixture(due.Config{Batch: 7}, work...)
	f.clock.Advance(45 * 24 * time.Hour)
	same(t, "report", due.Report{Due: 300, Done: 300}, f.Sweep(t.Context()))
	if calls := f.took(); !slices.IsSorted(calls) || len(calls) != 300 {
		t.Errorf("%d in order %t", len(calls), slices.IsSorted(calls))
	}
}

func TestFailureWaitsLongerEachTimeAndHoldsUpNobody(t *testing.T) {
	t.Parallel()
	f := newFixture(due.Config{Batch: 1, MaxBackoff: 4 * time.Second}, after(0, "a"), after(1, "b"), after(2, "c"))
	f.fail["a"], f.fail["b"] = errors.New("no"), errors.New("no")
	f.clock.Advance(10 * time.Second)
	want := due.Report{Due: 3, Done: 1, Failed: 2, OldestOverdue: 10 * time.Second}
	same(t, "report", want, f.Sweep(t.Context()))
	same(t, "calls", []string{"a", "b", "c"}, f.took())

	var at []int
	delete(f.fail, "b")
	for second := 1; second <= 20; second++ {
		f.clock.Advance(time.Second)
		f.Sweep(t.Context())
		if slices.Contains(f.took(), "a") {
			at = append(at, second)
		}
	}
	same(t, "seconds of further attempts", []int{1, 3, 7, 11, 15, 19}, at) // after 1, 2, 4, 4... more
	same(t, "attempts are counted", []string{"a1", "b1", "a2", "a3"}, f.failed[:4])
	delete(f.fail, "a")
	f.clock.Advance(4 * time.Second)
	same(t, "healed", due.Report{Due: 1, Done: 1}, f.Sweep(t.Context()))
}

func TestWorkThatIsReplacedStartsAnew(t *testing.T) {
	t.Parallel()
	f := newFixture(due.Config{}, after(0, "a"))
	f.fail["a"] = errors.New("no")
	f.Sweep(t.Context())
	f.took()
	f.rows.set(after(-5, "a")) // within the wait of the old one
	f.Sweep(t.Context())
	same(t, "calls", []string{"a"}, f.took())
	same(t, "failures", []string{"a1", "a1"}, f.failed)
}

func TestRowThatStaysIsAFailure(t *testing.T) {
	t.Parallel()
	f := newFixture(due.Config{}, after(0, "a"), after(0, "b"))
	f.stay["a"] = true
	same(t, "report", due.Report{Due: 2, Done: 1, Failed: 1}, f.Sweep(t.Context()))
	same(t, "calls", []string{"a", "b"}, f.took())
	f.Sweep(t.Context())
	same(t, "it waits", 0, len(f.took()))
	same(t, "failures", []string{"a1"}, f.failed)
	same(t, "problem", due.ErrNotRemoved.Error(), f.rows.rows[[2]string{"k", "a"}].Problem)
}

// TestAttemptsSurviveARestart: how often work has failed and when it is tried again is not in memory.
func TestAttemptsSurviveARestart(t *testing.T) {
	t.Parallel()
	f := newFixture(due.Config{Attempts: 3}, after(0, "a"), after(0, "b"))
	f.fail["a"], f.fail["b"] = errors.New("no"), fmt.Errorf("it says no: %w", due.ErrHopeless)
	var dead []int
	for range 6 {
		c := due.Config{Org: "o", Store: f.rows, Clock: f.clock, Attempts: 3, Handlers: map[string]due.Handler{"k": f.handle}}
		c.Failed = func(w ledger.DueWork, attempt int, _ error) { f.failed = append(f.failed, fmt.Sprint(w.Key, attempt)) }
		dead = append(dead, due.New(c).Sweep(t.Context()).Dead)
		f.clock.Advance(2 * time.Second)
	}
	same(t, "attempts", []string{"a1", "b1", "a2", "a3"}, f.failed)
	same(t, "laid aside", []int{1, 1, 2, 2, 2, 2}, dead)
	delete(f.fail, "a")
	if err := f.rows.ReviveDue(t.Context(), "o", "k", "a"); err != nil {
		t.Fatal(err)
	}
	same(t, "revived", 1, f.Sweep(t.Context()).Done)
}

// TestWhoLostItsClaimCannotSettle lets a worker sleep for longer than its claim while another does the work; the saboteur is
// a store that does not look at the claim.
func TestWhoLostItsClaimCannotSettle(t *testing.T) {
	t.Parallel()
	for _, sabotage := range []bool{false, true} {
		rows, now := newTable(after(0, "a")), clock.NewFake(start)
		rows.trust = sabotage
		settle := func(ctx context.Context, w ledger.DueWork) error {
			return rows.SettleDue(ctx, "o", w, ledger.Outcome{Fate: ledger.FateDone})
		}
		other := due.New(due.Config{Org: "o", Store: rows, Clock: now, Handlers: map[string]due.Handler{"k": settle}})
		slow := due.New(due.Config{Org: "o", Store: rows, Clock: now, Handlers: map[string]due.Handler{
			"k": func(ctx context.Context, w ledger.DueWork) error {
				same(t, "claimed by one", 0, other.Sweep(ctx).Due)
				now.Advance(31 * time.Second) // SIGSTOP
				same(t, "taken over", 1, other.Sweep(ctx).Done)
				return settle(ctx, w)
			},
		}})
		slow.Sweep(t.Context())
		if got := len(rows.fates["a"]); (got == 1) == sabotage {
			t.Errorf("sabotage %t: settled %d times", sabotage, got)
		}
	}
}

func TestPanicAndUnknownKindAreFailures(t *testing.T) {
	t.Parallel()
	f := newFixture(due.Config{}, ledger.DueWork{Kind: "panic", Key: "p", At: start}, ledger.DueWork{Kind: "?", Key: "q", At: start}, after(0, "a"))
	want := due.Report{Due: 3, Done: 1, Failed: 2}
	same(t, "report", want, f.Sweep(t.Context()))
	same(t, "the other is done", []string{"a"}, f.took())
}

func TestClockJumps(t *testing.T) {
	t.Parallel()
	f := newFixture(due.Config{MaxBackoff: time.Hour, Backoff: time.Hour}, after(0, "a"), after(5, "b"))
	f.fail["a"] = errors.New("no")
	f.Sweep(t.Context())
	same(t, "first", []string{"a"}, f.took())

	f.clock.Jump(-24 * time.Hour) // nothing is due then
	f.rows.set(after(-24*3600, "c"))
	same(t, "back", due.Report{Due: 1, Done: 1}, f.Sweep(t.Context()))
	f.took()
	f.rows.set(after(-2*24*3600, "a"))
	f.Sweep(t.Context())
	f.clock.Jump(-3 * time.Hour) // to before the attempt: it does not wait for the clock to come round
	f.took()
	f.Sweep(t.Context())
	same(t, "back again", []string{"a"}, f.took())

	f.clock.Jump(60 * 24 * time.Hour)
	delete(f.fail, "a")
	same(t, "forward", due.Report{Due: 2, Done: 2}, f.Sweep(t.Context()))
}

// TestFiftyJumps sets the clock forwards and backwards while work fails and is claimed: nothing is lost, nothing is done
// twice, and whatever is due by the clock of the moment is tried by the next sweep, or after the pause of its last failure
// (R-T2).
func TestFiftyJumps(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 50))
		f := newFixture(due.Config{Batch: 7, MaxBackoff: 8 * time.Second})
		const n = 40
		for i := range n {
			f.rows.set(after(r.IntN(180*86400)-90*86400, fmt.Sprint(i)))
		}
		done := map[string]int{}
		sweep := func() {
			f.Sweep(t.Context())
			for _, key := range f.took() {
				if f.fail[key] == nil {
					done[key]++
				}
			}
		}
		jumps := []time.Duration{time.Hour, -time.Hour, 24 * time.Hour, -24 * time.Hour, 60 * 24 * time.Hour, -10 * time.Minute, -60 * 24 * time.Hour}
		for range 50 {
			clear(f.fail)
			for i := range n {
				if r.IntN(3) == 0 {
					f.fail[fmt.Sprint(i)] = errors.New("no")
				}
			}
			f.clock.Jump(jumps[r.IntN(len(jumps))])
			f.clock.Advance(time.Second)
			sweep()
			clear(f.fail)
			for range 10 { // longer than any wait
				f.clock.Advance(time.Second)
				sweep()
			}
			if late, err := f.rows.Due(t.Context(), "o", ledger.DueFilter{}, f.clock.Now(), n); len(late) > 0 || err != nil {
				t.Fatalf("seed %d: %d pieces of work are due ten seconds after a jump: %v", seed, len(late), err)
			}
			for _, w := range f.rows.rows {
				if !w.At.After(f.clock.Now()) {
					t.Fatalf("seed %d: %s is due and sleeps until %v at %v", seed, w.Key, w.wake, f.clock.Now())
				}
			}
		}
		f.clock.Jump(start.Add(100 * 24 * time.Hour).Sub(f.clock.Now()))
		sweep()
		for i := range n {
			if done[fmt.Sprint(i)] != 1 {
				t.Fatalf("seed %d: %d was done %d times", seed, i, done[fmt.Sprint(i)])
			}
		}
	}
}

// TestWakeDoesNotWaitForAClockThatWasSetBack: the wait between two sweeps is bounded whatever the clock shows.
func TestWakeDoesNotWaitForAClockThatWasSetBack(t *testing.T) {
	t.Parallel()
	f := newFixture(due.Config{Every: 10 * time.Second})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- f.Run(ctx) }()
	<-f.reports
	f.clock.AwaitTimers(1)
	f.clock.Jump(-24 * time.Hour)
	f.Wake(start.Add(time.Second)) // due a day from now, by what the clock shows
	f.rows.set(after(-24*3600, "a"))
	for range 2 { // the first may be what the wake comes after
		f.clock.AwaitTimers(1)
		f.clock.Advance(10 * time.Second)
	}
	same(t, "next sweep", 1, (<-f.reports).Done)
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("run returned %v", err)
	}
}

func TestStoreThatCannotBeReadIsReported(t *testing.T) {
	t.Parallel()
	f := newFixture(due.Config{}, after(0, "a"))
	f.rows.err = ledger.ErrUnavailable
	if r := f.Sweep(t.Context()); !errors.Is(r.Err, ledger.ErrUnavailable) {
		t.Errorf("got %v", r.Err)
	}
	f.rows.err = nil
	same(t, "next", due.Report{Due: 1, Done: 1}, f.Sweep(t.Context()))
}

func TestEndedContextLeavesTheRest(t *testing.T) {
	t.Parallel()
	f := newFixture(due.Config{}, after(0, "a"), after(1, "b"))
	f.clock.Advance(3 * time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := f.Sweep(ctx)
	if !errors.Is(r.Err, context.Canceled) || r.OldestOverdue != 3*time.Second || len(f.took()) > 0 {
		t.Errorf("got %+v", r)
	}
	same(t, "next", due.Report{Due: 2, Done: 2}, f.Sweep(t.Context()))
}

func TestRunSweepsEachSecondAndWhenTold(t *testing.T) {
	t.Parallel()
	f := newFixture(due.Config{}, after(0, "a"))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- f.Run(ctx) }()
	same(t, "at once", due.Report{Due: 1, Done: 1}, <-f.reports)
	f.clock.AwaitTimers(1)
	f.rows.set(after(1, "b"))
	f.clock.Advance(time.Second)
	same(t, "after a second", due.Report{Due: 1, Done: 1}, <-f.reports)

	f.rows.set(ledger.DueWork{Kind: "k", Key: "c", At: f.clock.Now()})
	f.Wake(f.clock.Now().Add(time.Hour))
	f.Wake(f.clock.Now()) // without time passing
	same(t, "when told", due.Report{Due: 1, Done: 1}, <-f.reports)

	f.Wake(f.clock.Now().Add(time.Hour)) // changes nothing
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("run returned %v", err)
	}
}

func TestWakeBringsASweepForward(t *testing.T) {
	t.Parallel()
	f := newFixture(due.Config{Every: time.Minute})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- f.Run(ctx) }()
	<-f.reports
	f.clock.AwaitTimers(1)
	f.rows.set(after(0, "now"))
	f.Wake(start)
	same(t, "at once", due.Report{Due: 1, Done: 1}, <-f.reports)
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("run returned %v", err)
	}
}

// TestNeverDropped lets handlers fail at random; in the end each piece of work was done exactly once.
func TestNeverDropped(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(r, "n")
		f := newFixture(due.Config{Batch: rapid.IntRange(1, 5).Draw(r, "batch"), MaxBackoff: 8 * time.Second})
		for i := range n {
			f.rows.set(after(rapid.IntRange(0, 40).Draw(r, "due"), fmt.Sprint(i)))
		}
		done := 0
		for range 60 {
			for i := range n {
				delete(f.fail, fmt.Sprint(i))
				if rapid.IntRange(0, 3).Draw(r, "fails") == 0 {
					f.fail[fmt.Sprint(i)] = errors.New("no")
				}
			}
			done += f.Sweep(context.Background()).Done
			f.clock.Advance(time.Second)
		}
		clear(f.fail)
		for range 3 {
			f.clock.Advance(8 * time.Second)
			done += f.Sweep(context.Background()).Done
		}
		if done != n || len(f.rows.rows) != 0 {
			r.Fatalf("%d of %d done, %d rows left", done, n, len(f.rows.rows))
		}
	})
}
