package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/internal/adapter"
	"fettle/internal/clock"
	"fettle/internal/due"
	"fettle/internal/notify"
	"fettle/internal/territory"
	"fettle/ledger"
	"fettle/org"
)

// fill writes due work in batches.
func fill(ctx context.Context, s store, o org.ID, n int, make func(i int) engine.DueWork) error {
	const batch = 10_000
	for from := 0; from < n; from += batch {
		b := &engine.Batch{}
		for i := from; i < min(from+batch, n); i++ {
			b.DueSet = append(b.DueSet, make(i))
		}
		if err := s.Commit(ctx, o, b); err != nil {
			return err
		}
	}
	return nil
}

// sweep finds what is due among rows that are not.
func sweep(ctx context.Context, s store, o org.ID, opt *options, r *result) error {
	now := time.Now()
	err := fill(ctx, s, o, opt.rows, func(i int) engine.DueWork {
		return engine.DueWork{Kind: "later", Key: fmt.Sprintf("%08d", i), At: now.Add(time.Hour + time.Duration(i)*time.Second), Rank: ledger.Rank(i%3 - 1)}
	})
	if err != nil {
		return err
	}
	err = fill(ctx, s, o, opt.due, func(i int) engine.DueWork {
		return engine.DueWork{Kind: "now", Key: fmt.Sprintf("%08d", i), At: now.Add(-time.Duration(i) * time.Second), Rank: ledger.Rank(i%3 - 1)}
	})
	if err != nil {
		return err
	}
	began := time.Now()
	found := 0
	for {
		batch, err := s.ClaimDue(ctx, o, ledger.DueFilter{}, now, now.Add(ledger.MaxClaim), 256)
		if err != nil {
			return err
		}
		if found == 0 {
			r.FirstMilli = milli(time.Since(began))
		}
		if found += len(batch); len(batch) == 0 {
			break
		}
	}
	r.FindMilli = milli(time.Since(began))
	if found != opt.due {
		return fmt.Errorf("%d of %d were found", found, opt.due)
	}
	return nil
}

func milli(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// shifted is the clock of the machine, ahead of it by as much as it was set.
type shifted struct {
	clock.Clock
	ahead atomic.Int64
}

// Now implements clock.Clock.
func (c *shifted) Now() time.Time { return c.Clock.Now().Add(time.Duration(c.ahead.Load())) }

// watcher notes when promises were found broken.
type watcher struct {
	mu     sync.Mutex
	orders []dispatch.WorkOrderID // in the order of the log
	at     []time.Time
	all    chan struct{} // closed when as many as are wanted were seen
	want   int
}

// Publish implements territory.Publisher.
func (w *watcher) Publish(_ org.ID, events []engine.Event) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range events {
		if events[i].Type != engine.DueBreached {
			continue
		}
		w.orders, w.at = append(w.orders, events[i].Order), append(w.at, now)
		if len(w.at) == w.want {
			close(w.all)
		}
	}
}

// PublishPositions implements territory.Publisher.
func (w *watcher) PublishPositions(org.ID, []engine.Position) {}

// far is when other promises are due than the one that is measured.
const far = 10_000 * time.Hour

// clocked is the time of a territory and how long a promise is kept open in it.
type clocked struct {
	clock.Clock
	acknowledge time.Duration
}

// escalate runs a territory with the sweeper of its deadlines as the service does, while f creates orders.
func escalate(ctx context.Context, s store, o org.ID, c clocked, want int, f func(t *territory.Territory) error) (*watcher, error) {
	w := &watcher{all: make(chan struct{}), want: want}
	level := engine.ServiceLevel{Acknowledge: c.acknowledge, Accept: far, OnSite: far, Resolve: far, Ladder: far, Offer: time.Hour}
	var sweeper *due.Sweeper
	t, err := territory.Open(ctx, territory.Config{
		Org: o, Clock: c, Store: s, Bus: w, ImproveEvery: -1, Engine: engine.Config{Normal: level, Emergency: level},
		Woken: func(at time.Time) { sweeper.Wake(at) },
	})
	if err != nil {
		return nil, err
	}
	handle := func(ctx context.Context, d ledger.DueWork) error {
		c, err := engine.DueCommand(d)
		if err != nil {
			return err
		}
		_, err = t.Do(ctx, territory.Request{Actor: "service", Command: c})
		return err
	}
	handlers := map[string]due.Handler{}
	for _, kind := range engine.DueKinds() {
		handlers[kind] = handle
	}
	sweeper = due.New(due.Config{Org: o, Store: s, Clock: c, Handlers: handlers, Parallel: 256, Batch: 1024, Every: 500 * time.Millisecond})
	run, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- sweeper.Run(run) }()
	err = f(t)
	if err == nil {
		select {
		case <-w.all:
		case <-time.After(2 * time.Minute):
			err = fmt.Errorf("%d of %d were escalated within two minutes", len(w.at), want)
		}
	}
	stop()
	if ran := <-ended; !errors.Is(ran, context.Canceled) {
		err = errors.Join(err, ran)
	}
	return w, errors.Join(err, t.Close(ctx))
}

// create makes an order; one in ten is an emergency.
func create(ctx context.Context, t *territory.Territory, i int) error {
	c := engine.CreateOrder{ID: id(i), Wish: engine.Wish{
		Location: geo.Point{Lat: 30.2, Lon: 120.2}, Channel: dispatch.ChannelApp, Urgency: dispatch.UrgencyNormal,
	}}
	if urgent(i) {
		c.Wish.Urgency = dispatch.UrgencyEmergency
	}
	_, err := t.Do(ctx, territory.Request{Actor: "bench", Command: c})
	return err
}

func id(i int) dispatch.WorkOrderID { return dispatch.WorkOrderID(fmt.Sprintf("w%06d", i)) }

func urgent(i int) bool { return i%10 == 0 }

// storm lets all promises be broken in one second, by a clock that jumps.
func storm(ctx context.Context, s store, o org.ID, opt *options, r *result) error {
	c := &shifted{Clock: clock.System()}
	var jumped time.Time
	w, err := escalate(ctx, s, o, clocked{c, 6 * time.Hour}, opt.storm, func(t *territory.Territory) error {
		var writers sync.WaitGroup
		failed := make(chan error, 16)
		for k := range 16 {
			writers.Go(func() {
				for i := k; i < opt.storm; i += 16 {
					if err := create(ctx, t, i); err != nil {
						failed <- err
						return
					}
				}
			})
		}
		writers.Wait()
		jumped = time.Now()
		c.ahead.Store(int64(7 * time.Hour))
		select {
		case err := <-failed:
			return err
		default:
			return nil
		}
	})
	if err != nil {
		return err
	}
	late := make([]time.Duration, len(w.at))
	urgentLeft := 0
	for i := range opt.storm {
		if urgent(i) {
			urgentLeft++
		}
	}
	for i, at := range w.at {
		late[i] = at.Sub(jumped)
		if w.orders[i][len(w.orders[i])-1] == '0' {
			urgentLeft--
		} else if urgentLeft > 0 {
			r.OutOfRank++
		}
	}
	r.Storm = quantiles(late)
	return nil
}

// single lets one promise be broken after the other.
func single(ctx context.Context, s store, o org.ID, opt *options, r *result) error {
	const promise = 700 * time.Millisecond
	due := make(map[dispatch.WorkOrderID]time.Time, opt.single)
	w, err := escalate(ctx, s, o, clocked{clock.System(), promise}, opt.single, func(t *territory.Territory) error {
		for i := range opt.single {
			if err := create(ctx, t, i); err != nil {
				return err
			}
			stored, err := s.Order(ctx, o, id(i))
			if err != nil {
				return err
			}
			due[id(i)] = stored.Due.Acknowledge
			time.Sleep(37 * time.Millisecond)
		}
		return nil
	})
	if err != nil {
		return err
	}
	var late []time.Duration
	for i, at := range w.at {
		late = append(late, at.Sub(due[w.orders[i]]))
	}
	r.Single = quantiles(late)
	return nil
}

// messages sends what is due at once to a sink on loopback.
func messages(ctx context.Context, s store, o org.ID, opt *options, r *result) error {
	var taken atomic.Int64
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	sink := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		_, _ = io.Copy(io.Discard, q.Body)
		taken.Add(1)
	})}
	defer func() { _ = sink.Close() }() // all is taken by then
	go func() { _ = sink.Serve(l) }()   // ends with Close
	now := time.Now()
	err = fill(ctx, s, o, opt.messages, func(i int) engine.DueWork {
		m := notify.Message{ID: fmt.Sprintf("msg_%s_%d", o, i), Org: string(o), Kind: "work_order.acknowledged", To: notify.Tenant, DueAt: now, Text: map[string]string{"en": "We have received your report."}}
		payload, _ := json.Marshal(&m) // it is made of texts
		return engine.DueWork{Kind: notify.DueKind, Key: m.ID, At: now, Payload: string(payload)}
	})
	if err != nil {
		return err
	}
	channels := adapter.One("http://"+l.Addr().String(), time.UTC)
	defer channels.Close()
	desk, err := notify.NewDesk(notify.Config{
		Org: o, Store: s, Clock: clock.System(), Rules: channels.Rules, Channels: channels.Channels, Woken: func(string, time.Time) {},
	})
	if err != nil {
		return err
	}
	sweeper := due.New(due.Config{
		Org: o, Store: s, Clock: clock.System(), Parallel: notify.Parallel, Handlers: map[string]due.Handler{notify.DueKind: desk.Tell},
	})
	began := time.Now()
	rep := sweeper.Sweep(ctx)
	r.MessagesSeconds = time.Since(began).Seconds()
	if rep.Err != nil || rep.Done != opt.messages || int(taken.Load()) != opt.messages {
		return errors.Join(rep.Err, fmt.Errorf("%d of %d were sent, %d taken", rep.Done, opt.messages, taken.Load()))
	}
	return nil
}
