package territory_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/internal/clock"
	"fettle/internal/territory"
	"fettle/ledger"
	"fettle/org"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	noon = time.Date(2026, 7, 6, 4, 0, 0, 0, time.UTC) // a Monday, 12:00 in Shanghai
	home = geo.Point{Lat: 30.2, Lon: 120.2}
)

// memory is a store that keeps everything in maps and can be told to fail.
type memory struct {
	territory.Store // the readers that no test needs

	mu          sync.Mutex
	orders      map[dispatch.WorkOrderID]*engine.Order
	technicians []*engine.Technician
	keys        map[string]engine.IdempotencyRecord
	events      []engine.Event
	audit       []ledger.Entry
	commits     int
	positions   []engine.Position

	fail atomic.Pointer[error]
	// hold, when not nil, is received from before each commit.
	hold chan struct{}
}

func newMemory() *memory {
	return &memory{orders: map[dispatch.WorkOrderID]*engine.Order{}, keys: map[string]engine.IdempotencyRecord{}}
}

func (m *memory) failure() error {
	if e := m.fail.Load(); e != nil {
		return *e
	}
	return nil
}

func (m *memory) failWith(err error) {
	if err == nil {
		m.fail.Store(nil)
		return
	}
	m.fail.Store(&err)
}

func (m *memory) Commit(_ context.Context, _ org.ID, b *engine.Batch) error {
	if m.hold != nil {
		<-m.hold
	}
	if err := m.failure(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.commits++
	for _, o := range b.Orders {
		m.orders[o.ID] = o
	}
	m.technicians = append(m.technicians, b.Technicians...)
	for _, k := range b.Keys {
		m.keys[k.Key] = k
	}
	m.events, m.audit = append(m.events, b.Events...), append(m.audit, b.Audit...)
	return nil
}

func (m *memory) Key(_ context.Context, _ org.ID, key string) (engine.IdempotencyRecord, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k, ok := m.keys[key]; ok {
		return k, nil
	}
	return engine.IdempotencyRecord{}, engine.ErrNotFound
}

func (m *memory) Order(_ context.Context, _ org.ID, id dispatch.WorkOrderID) (*engine.Order, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if o, ok := m.orders[id]; ok {
		return o, nil
	}
	return nil, engine.ErrNotFound
}

func (m *memory) Events(_ context.Context, _ org.ID, after int64, limit int) ([]engine.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []engine.Event
	for _, ev := range m.events {
		if ev.Sequence > after && len(out) < limit {
			out = append(out, ev)
		}
	}
	return out, nil
}

func (m *memory) Orders(context.Context, org.ID, engine.OrderFilter, dispatch.WorkOrderID, int) ([]*engine.Order, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []*engine.Order
	for _, o := range m.orders {
		out = append(out, o)
	}
	return out, nil
}

func (m *memory) Technicians(context.Context, org.ID, dispatch.TechnicianID, int) ([]*engine.Technician, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := map[dispatch.TechnicianID]int{}
	var out []*engine.Technician
	for _, t := range m.technicians {
		if i, ok := last[t.ID]; ok {
			out[i] = t
			continue
		}
		last[t.ID] = len(out)
		out = append(out, t)
	}
	return out, nil
}

func (m *memory) LastSequence(context.Context, org.ID) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return int64(len(m.events)), nil
}

func (m *memory) Positions(context.Context, org.ID) ([]engine.Position, error) {
	return m.positions, nil
}

func (m *memory) SavePositions(_ context.Context, _ org.ID, ps []engine.Position) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.positions = ps
	return nil
}

func (m *memory) Probe(context.Context) error { return m.failure() }

func (m *memory) count() (orders, events, commits int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.orders), len(m.events), m.commits
}

// heard is what was published.
type heard struct {
	mu     sync.Mutex
	events []engine.Event
}

func (h *heard) Publish(_ org.ID, events []engine.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, events...)
}

func (h *heard) PublishPositions(org.ID, []engine.Position) {}

// fixture is a territory on a fake clock with a technician who can do plumbing at any hour.
type fixture struct {
	*territory.Territory
	store *memory
	heard *heard
	clock *clock.Fake
}

func open(t *testing.T, store *memory) *fixture {
	t.Helper()
	f := &fixture{store: store, heard: &heard{}, clock: clock.NewFake(noon)}
	var err error
	f.Territory, err = territory.Open(t.Context(), territory.Config{
		Org: org.Default, Clock: f.clock, Store: store, Bus: f.heard, ImproveEvery: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return f
}

func (f *fixture) hire(t *testing.T, id dispatch.TechnicianID) {
	t.Helper()
	days := []time.Weekday{0, 1, 2, 3, 4, 5, 6}
	if _, err := f.Do(t.Context(), territory.Request{Actor: "test", Command: engine.CreateTechnician{ID: id, Profile: engine.Profile{
		Name: string(id), Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: 3}}, Home: home,
		Weekly: []engine.WeeklyShift{{Days: days}}, Zone: "UTC",
	}}}); err != nil {
		t.Fatal(err)
	}
}

func leak(id string) engine.CreateOrder {
	return engine.CreateOrder{ID: dispatch.WorkOrderID(id), Wish: engine.Wish{
		Location: geo.Point{Lat: 30.21, Lon: 120.21}, Urgency: dispatch.UrgencyNormal, OnSite: 45 * time.Minute,
		Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: 1}}, Channel: dispatch.ChannelApp,
	}}
}

// keyed is a request to create an order under an idempotency key.
func keyed(key, id, body string) territory.Request {
	return territory.Request{
		Actor: "test", Command: leak(id), Key: &territory.Key{Key: key, Method: "create", Hash: sha256.Sum256([]byte(body))},
		Encode: func(r territory.Result) ([]byte, error) { return []byte(r.Order.ID), nil },
	}
}

func TestAnswersAreOnDisk(t *testing.T) {
	t.Parallel()
	f := open(t, newMemory())
	f.hire(t, "anna")
	a, err := f.Do(t.Context(), keyed("k1", "wo_1", "body"))
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Result.Order.State; got != engine.StateAssigned {
		t.Errorf("state is %s, want ASSIGNED", got)
	}
	if diff := cmp.Diff(a.Result.Order, f.store.orders["wo_1"]); diff != "" {
		t.Errorf("answer and row differ (-answer +row):\n%s", diff)
	}
	f.heard.mu.Lock()
	defer f.heard.mu.Unlock()
	if diff := cmp.Diff(f.store.events, f.heard.events); diff != "" {
		t.Errorf("log and news differ:\n%s", diff)
	}
}

func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	f := open(t, newMemory())
	f.hire(t, "anna")
	t.Run("the same request has one effect, however many send it at once", func(t *testing.T) {
		var wg sync.WaitGroup
		answers := make([]string, 20)
		for i := range answers {
			wg.Go(func() {
				a, err := f.Do(t.Context(), keyed("same", fmt.Sprintf("wo_%d", i), "body"))
				if err != nil {
					t.Error(err)
				}
				answers[i] = string(a.Response)
			})
		}
		wg.Wait()
		for _, got := range answers {
			if got == "" || got != answers[0] {
				t.Fatalf("answers differ: %q", answers)
			}
		}
		if orders, _, _ := f.store.count(); orders != 1 {
			t.Errorf("%d orders, want 1", orders)
		}
	})
	t.Run("another body is refused", func(t *testing.T) {
		if _, err := f.Do(t.Context(), keyed("same", "wo_x", "other")); !errors.Is(err, territory.ErrKeyReused) {
			t.Errorf("got %v, want ErrKeyReused", err)
		}
	})
	t.Run("another method is refused", func(t *testing.T) {
		r := keyed("same", "wo_x", "body")
		r.Key.Method = "cancel"
		if _, err := f.Do(t.Context(), r); !errors.Is(err, territory.ErrKeyReused) {
			t.Errorf("got %v, want ErrKeyReused", err)
		}
	})
	t.Run("a request that failed may be sent again", func(t *testing.T) {
		r := keyed("again", "wo_again", "body")
		order, ok := r.Command.(engine.CreateOrder)
		if !ok {
			t.Fatal("not an order")
		}
		order.Wish.OnSite = -time.Minute
		r.Command = order
		if _, err := f.Do(t.Context(), r); err == nil {
			t.Fatal("negative work was taken")
		}
		if a, err := f.Do(t.Context(), keyed("again", "wo_again", "body")); err != nil || a.Replayed {
			t.Errorf("got %+v, %v; want a fresh answer", a, err)
		}
	})
}

// TestAudit: who asked for what was carried out is part of the same commit; what was refused or repeated leaves no entry.
func TestAudit(t *testing.T) {
	t.Parallel()
	f := open(t, newMemory())
	r := keyed("one", "wo_1", "body")
	r.Actor, r.Method, r.RequestID = "li.wei", "/WorkOrderService/CreateWorkOrder", "r1"
	for range 2 { // the second time it is repeated
		if _, err := f.Do(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for _, command := range []engine.Command{
		engine.Act{Verb: engine.Complete, Order: "wo_1"},                      // refused
		engine.Act{Verb: engine.Cancel, Order: "wo_1", Reason: "it is found"}, // by the service itself
	} {
		_, _ = f.Do(t.Context(), territory.Request{Command: command}) // the entries tell how it ended
	}
	want := []ledger.Entry{
		{Time: noon, Actor: "li.wei", Method: r.Method, Kind: "workOrders", ID: "wo_1", Result: ledger.OK, RequestID: "r1"},
		{Time: noon, Actor: "service", Method: "engine.Act", Kind: "workOrders", ID: "wo_1", Result: ledger.OK},
	}
	f.store.mu.Lock()
	defer f.store.mu.Unlock()
	if d := cmp.Diff(want, f.store.audit); d != "" {
		t.Errorf("audit entries (-want +got):\n%s", d)
	}
}

func TestAnAnswerThatCannotBeEncodedHasNoEffect(t *testing.T) {
	t.Parallel()
	f := open(t, newMemory())
	f.hire(t, "anna")
	broken := errors.New("broken")
	r := keyed("k1", "wo_1", "body")
	r.Encode = func(territory.Result) ([]byte, error) { return nil, broken }
	if _, err := f.Do(t.Context(), r); !errors.Is(err, broken) {
		t.Fatalf("got %v, want the error of the encoder", err)
	}
	if orders, _, _ := f.store.count(); orders != 0 {
		t.Errorf("%d orders were kept whose answer nobody got", orders)
	}
	if a, err := f.Do(t.Context(), keyed("k1", "wo_1", "body")); err != nil || a.Replayed {
		t.Errorf("got %+v, %v; want a fresh answer", a, err)
	}
}

func TestOneFlushServesMany(t *testing.T) {
	t.Parallel()
	store := newMemory()
	f := open(t, store)
	f.hire(t, "anna")
	_, _, before := store.count()
	store.hold = make(chan struct{})
	var wg sync.WaitGroup
	const n = 50
	for i := range n {
		wg.Go(func() {
			if _, err := f.Do(t.Context(), keyed(fmt.Sprint("k", i), fmt.Sprint("wo_", i), "body")); err != nil {
				t.Error(err)
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for open := true; open; {
		select {
		case store.hold <- struct{}{}:
		case <-done:
			open = false
		}
	}
	close(store.hold) // the end of the test may write too
	orders, _, commits := store.count()
	if orders != n {
		t.Errorf("%d orders, want %d", orders, n)
	}
	if commits -= before; commits >= n {
		t.Errorf("%d commits for %d requests that wait together, want fewer", commits, n)
	}
}

func TestFullDiskRefusesAndHeals(t *testing.T) {
	t.Parallel()
	store := newMemory()
	f := open(t, store)
	f.hire(t, "anna")
	store.failWith(fmt.Errorf("commit: %w", engine.ErrFull))
	if _, err := f.Do(t.Context(), keyed("k1", "wo_1", "body")); !errors.Is(err, engine.ErrFull) {
		t.Fatalf("got %v, want ErrFull", err)
	}
	if err := f.Ready(); !errors.Is(err, engine.ErrFull) {
		t.Errorf("Ready says %v, want ErrFull", err)
	}
	if _, err := f.Route(t.Context(), "anna"); err != nil {
		t.Errorf("reading fails while the disk is full: %v", err)
	}
	store.failWith(nil)
	deadline := time.Now().Add(20 * time.Second)
	for f.Ready() != nil {
		if time.Now().After(deadline) {
			t.Fatal("not healed")
		}
		time.Sleep(time.Millisecond)
	}
	a, err := f.Do(t.Context(), keyed("k1", "wo_1", "body"))
	if err != nil || a.Replayed || a.Result.Order.State != engine.StateAssigned {
		t.Errorf("got %+v, %v; want the order as if it had not been tried", a, err)
	}
	if orders, events, _ := store.count(); orders != 1 || events != int(store.events[events-1].Sequence) {
		t.Errorf("%d orders and %d events up to sequence %d", orders, events, store.events[events-1].Sequence)
	}
}

func TestUnknownOutcomeIsReadAgain(t *testing.T) {
	t.Parallel()
	store := newMemory()
	f := open(t, store)
	f.hire(t, "anna")
	store.failWith(engine.ErrUnavailable)
	if _, err := f.Do(t.Context(), keyed("k1", "wo_1", "body")); !errors.Is(err, engine.ErrUnavailable) {
		t.Fatalf("got %v, want ErrUnavailable", err)
	}
	// What the store had kept after all is found when it can be reached again.
	store.mu.Lock()
	store.technicians = append(store.technicians, &engine.Technician{
		ID: "ben", Version: 1, Created: noon, Updated: noon, Profile: engine.Profile{Name: "Ben", Home: home},
	})
	store.mu.Unlock()
	store.failWith(nil)
	deadline := time.Now().Add(20 * time.Second)
	for f.Ready() != nil || f.Name("ben") != "Ben" {
		if time.Now().After(deadline) {
			t.Fatalf("not healed: %v, Ben is %q", f.Ready(), f.Name("ben"))
		}
		time.Sleep(time.Millisecond)
	}
}

func TestCloseAnswersWhatWaits(t *testing.T) {
	t.Parallel()
	f := open(t, newMemory())
	f.hire(t, "anna")
	if err := f.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Do(t.Context(), keyed("k", "wo_1", "body")); !errors.Is(err, territory.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
	if err := f.Ready(); !errors.Is(err, territory.ErrClosed) {
		t.Errorf("Ready says %v, want ErrClosed", err)
	}
}

func TestPositions(t *testing.T) {
	t.Parallel()
	at := func(seconds int, p geo.Point) engine.Position {
		return engine.Position{Technician: "anna", Point: p, At: noon.Add(time.Duration(seconds) * time.Second), AccuracyMeters: 10}
	}
	near := func(meters float64) geo.Point { return geo.Destination(home, 90, geo.Meters(meters)) }
	numbered := func(p engine.Position, sequence int64) engine.Position { p.Sequence = sequence; return p }
	for name, c := range map[string]struct {
		send []engine.Position
		want []string // reason of each, "" for taken
		last geo.Point
	}{
		"the last wins":                    {[]engine.Position{at(0, home), at(30, near(200))}, []string{"", ""}, near(200)},
		"older is stale":                   {[]engine.Position{at(0, home), at(-5, near(20)), at(0, near(20))}, []string{"", "STALE", "STALE"}, home},
		"a lower sequence is stale":        {[]engine.Position{numbered(at(0, home), 7), numbered(at(5, near(9)), 7)}, []string{"", "STALE"}, home},
		"nobody drives 30 km in a minute":  {[]engine.Position{at(0, home), at(60, near(30_000))}, []string{"", "TELEPORT"}, home},
		"three that agree are believed":    {[]engine.Position{at(0, home), at(60, near(30_000)), at(70, near(30_100)), at(80, near(30_150))}, []string{"", "TELEPORT", "TELEPORT", ""}, near(30_150)},
		"three that disagree are not":      {[]engine.Position{at(0, home), at(60, near(30_000)), at(70, near(60_000)), at(80, near(30_000))}, []string{"", "TELEPORT", "TELEPORT", "TELEPORT"}, home},
		"from the future":                  {[]engine.Position{at(0, home), at(600, near(10))}, []string{"", "FUTURE"}, home},
		"swapped, so off the earth":        {[]engine.Position{at(0, home), at(5, geo.Point{Lat: 120.2, Lon: 30.2})}, []string{"", "OUT_OF_RANGE"}, home},
		"the place of those who know none": {[]engine.Position{at(0, home), at(5, geo.Point{})}, []string{"", "NULL_ISLAND"}, home},
		"accurate to 9 km":                 {[]engine.Position{at(0, home), {Technician: "anna", Point: near(5), At: noon.Add(time.Second), AccuracyMeters: 9000}}, []string{"", "INACCURATE"}, home},
		"of nobody":                        {[]engine.Position{at(0, home), {Technician: "zoe", Point: home, At: noon}}, []string{"", "UNKNOWN_TECHNICIAN"}, home},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t, newMemory())
			f.hire(t, "anna")
			bad, err := f.Report(t.Context(), c.send)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]string, len(c.send))
			for _, b := range bad {
				got[b.Index] = b.Reason
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
			if p, _, _ := f.Position("anna"); p.Point != c.last {
				t.Errorf("last position is %v, want %v", p.Point, c.last)
			}
		})
	}
}

func TestNearby(t *testing.T) {
	t.Parallel()
	f := open(t, newMemory())
	var ps []engine.Position
	for i, id := range []dispatch.TechnicianID{"far", "near", "unseen", "middle"} {
		f.hire(t, id)
		if id != "unseen" {
			meters := map[dispatch.TechnicianID]float64{"far": 9000, "near": 10, "middle": 500}[id]
			ps = append(ps, engine.Position{Technician: id, Point: geo.Destination(home, float64(90*i), geo.Meters(meters)), At: noon})
		}
	}
	if bad, err := f.Report(t.Context(), ps); err != nil || len(bad) > 0 {
		t.Fatal(bad, err)
	}
	ids := func(ns []territory.Near) (out []dispatch.TechnicianID) {
		for _, n := range ns {
			out = append(out, n.Position.Technician)
		}
		return out
	}
	plumbing := dispatch.SkillLevel{Skill: "plumbing", Level: 3}
	if diff := cmp.Diff([]dispatch.TechnicianID{"near", "middle", "far"}, ids(f.Nearby(home, plumbing, 10, 0))); diff != "" {
		t.Errorf("all by distance:\n%s", diff)
	}
	if diff := cmp.Diff([]dispatch.TechnicianID{"near"}, ids(f.Nearby(home, plumbing, 10, 100))); diff != "" {
		t.Errorf("within 100 m:\n%s", diff)
	}
	if got := f.Nearby(home, dispatch.SkillLevel{Skill: "plumbing", Level: 4}, 10, 0); len(got) > 0 {
		t.Errorf("nobody has level 4, got %v", ids(got))
	}
	f.clock.Advance(10 * time.Minute)
	if bad, err := f.Report(t.Context(), []engine.Position{{Technician: "far", Point: geo.Destination(home, 0, 200), At: noon.Add(10 * time.Minute)}}); err != nil || len(bad) > 0 {
		t.Fatal(bad, err)
	}
	if diff := cmp.Diff([]dispatch.TechnicianID{"near", "far"}, ids(f.Nearby(home, dispatch.SkillLevel{}, 2, 0))); diff != "" {
		t.Errorf("after a move:\n%s", diff)
	}
	if _, err := f.Do(t.Context(), territory.Request{Actor: "test", Command: engine.DeleteTechnician{ID: "near", IfVersion: engine.AnyVersion}}); err != nil {
		t.Fatal(err)
	}
	f.hire(t, "new")
	if diff := cmp.Diff([]dispatch.TechnicianID{"far", "middle"}, ids(f.Nearby(home, plumbing, 10, 0))); diff != "" {
		t.Errorf("after one has left and one has come:\n%s", diff)
	}
	f.Forget(noon.Add(time.Minute))
	if diff := cmp.Diff([]dispatch.TechnicianID{"far"}, ids(f.Nearby(home, plumbing, 10, 0))); diff != "" {
		t.Errorf("after positions were forgotten:\n%s", diff)
	}
	if _, stale, _ := f.Position("far"); stale {
		t.Error("a position of now is shown as stale")
	}
	f.clock.Advance(16 * time.Minute)
	if _, stale, _ := f.Position("far"); !stale {
		t.Error("a position of 16 min ago is not shown as stale")
	}
}

// What a look writes is its caller's: it must not be written any more when the caller has gone on.
func TestALookIsOverWhenItReturns(t *testing.T) {
	f := open(t, newMemory())
	ctx, leave := context.WithCancel(t.Context())
	over := false
	err := f.Amend(ctx, func(*engine.Engine, time.Time) (*engine.Batch, error) {
		leave()
		for range 10_000 {
			runtime.Gosched()
		}
		over = true
		return nil, nil
	})
	if !over {
		t.Errorf("it went on without its look: %v", err)
	}
}
