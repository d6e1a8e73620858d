package due_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"fettle/dispatch/engine"
	"fettle/internal/clock"
	"fettle/internal/due"
	"fettle/org"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 3, 8, 9, 0, 0, 0, time.UTC)

// table is due work in memory.
type table struct {
	mu   sync.Mutex
	rows map[[2]string]engine.DueWork
	err  error
}

func newTable(work ...engine.DueWork) *table {
	t := &table{rows: make(map[[2]string]engine.DueWork)}
	for _, w := range work {
		t.set(w)
	}
	return t
}

func (t *table) set(w engine.DueWork) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows[[2]string{w.Kind, w.Key}] = w
}

func (t *table) remove(w engine.DueWork) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.rows, [2]string{w.Kind, w.Key})
}

func (t *table) Due(_ context.Context, _ org.ID, _ engine.DueFilter, now time.Time, limit int) ([]engine.DueWork, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil {
		return nil, t.err
	}
	var out []engine.DueWork
	for _, w := range t.rows {
		if !w.At.After(now) {
			out = append(out, w)
		}
	}
	slices.SortFunc(out, func(a, b engine.DueWork) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.Kind+a.Key, b.Kind+b.Key)
	})
	return out[:min(limit, len(out))], nil
}

func (t *table) NextDue(context.Context, org.ID) (time.Time, error) { return time.Time{}, nil }

// after is work that is due some seconds after the start.
func after(seconds int, key string) engine.DueWork {
	return engine.DueWork{Kind: "k", Key: key, At: start.Add(time.Duration(seconds) * time.Second)}
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
}

func newFixture(c due.Config, work ...engine.DueWork) *fixture {
	f := &fixture{
		clock: clock.NewFake(start), rows: newTable(work...), fail: make(map[string]error), stay: make(map[string]bool),
		reports: make(chan due.Report, 1000),
	}
	c.Org, c.Store, c.Clock = "o", f.rows, f.clock
	c.Handlers = map[string]due.Handler{"k": f.handle, "panic": func(context.Context, engine.DueWork) error { panic("at the disco") }}
	c.Failed = func(w engine.DueWork, attempt int, _ error) { f.failed = append(f.failed, fmt.Sprint(w.Key, attempt)) }
	c.Swept = func(r due.Report) { f.reports <- r }
	f.Sweeper = due.New(c)
	return f
}

func (f *fixture) handle(_ context.Context, w engine.DueWork) error {
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
	var work []engine.DueWork
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
	for _, batch := range []int{1, 100} { // seen again in the same sweep, in the next one
		f := newFixture(due.Config{Batch: batch}, after(0, "a"), after(0, "b"))
		f.stay["a"] = true
		calls := 0
		for range 8 {
			f.Sweep(t.Context())
			calls += strings.Count(strings.Join(f.took(), ""), "a")
			f.clock.Advance(time.Second)
		}
		if len(f.failed) < 2 || calls > 4 {
			t.Errorf("batch %d: %d failures and %d calls in 8 sweeps", batch, len(f.failed), calls)
		}
		if f.rows.rows[[2]string{"k", "b"}] != (engine.DueWork{}) {
			t.Errorf("batch %d: the other work was held up", batch)
		}
	}
}

func TestPanicAndUnknownKindAreFailures(t *testing.T) {
	t.Parallel()
	f := newFixture(due.Config{}, engine.DueWork{Kind: "panic", Key: "p", At: start}, engine.DueWork{Kind: "?", Key: "q", At: start}, after(0, "a"))
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
	f.clock.Jump(-time.Hour) // to before the attempt: it does not wait a day for the clock to come round
	f.took()
	f.Sweep(t.Context())
	same(t, "back again", []string{"a"}, f.took())

	f.clock.Jump(60 * 24 * time.Hour)
	delete(f.fail, "a")
	same(t, "forward", due.Report{Due: 2, Done: 2}, f.Sweep(t.Context()))
}

func TestStoreThatCannotBeReadIsReported(t *testing.T) {
	t.Parallel()
	f := newFixture(due.Config{}, after(0, "a"))
	f.rows.err = engine.ErrUnavailable
	if r := f.Sweep(t.Context()); !errors.Is(r.Err, engine.ErrUnavailable) {
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

	f.rows.set(engine.DueWork{Kind: "k", Key: "c", At: f.clock.Now()})
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
