package outside

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// writers is how many clients write at once.
const writers = 8

// seed is where the randomness of a test comes from: FETTLE_TORTURE_SEED, else 1 in a normal run and the clock in a long one.
func seed(t testing.TB) uint64 {
	v, err := strconv.ParseUint(os.Getenv("FETTLE_TORTURE_SEED"), 10, 64)
	switch {
	case err == nil:
	case full():
		v = clockSeed()
	default:
		v = 1
	}
	t.Logf("FETTLE_TORTURE_SEED=%d", v)
	return v
}

// clockSeed is one for the whole run, so that a run can be had again.
var clockSeed = sync.OnceValue(func() uint64 { return uint64(time.Now().UnixNano()) })

// entry is what the driver knows of one order. Only its writer changes it.
type entry struct {
	unit   string // one row at most may have it
	want   order  // as last acknowledged; without ID before it was
	past   map[string]bool
	unsure *change // sent, but no answer came
	dirty  bool    // touched since the last audit
}

// change is a request with what it does when it is carried out.
type change struct {
	request
	states   []string // one of these follows; none when the state stays
	priority int      // 0 when it stays
}

// done is a request that was acknowledged, to be sent again.
type done struct {
	request
	answer
}

// writer is one client that works on orders of its own.
type writer struct {
	l    *ledger
	n    int
	rng  *rand.Rand
	mine []*entry
	open []*entry // of mine: not closed, as far as is known
	last []done
	sent int
}

// ledger is the log of a driver.
type ledger struct {
	t           testing.TB
	writers     []*writer
	technicians []string
	acked       atomic.Int64 // requests that were acknowledged
	created     atomic.Int64 // orders among them
	refused     atomic.Int64
	unknown     atomic.Int64
	repeated    atomic.Int64
	text        string // of descriptions
	fail        func(string, ...any)
	check       func()
}

func newLedger(t testing.TB, technicians []string) *ledger {
	l := &ledger{t: t, technicians: technicians, text: "tap drips"}
	l.fail, l.check = failures(t)
	from := seed(t)
	for n := range writers {
		l.writers = append(l.writers, &writer{l: l, n: n, rng: rand.New(rand.NewPCG(from, uint64(n)))})
	}
	return l
}

// run lets all writers write until the service ends or stop is called, which waits for their last answers.
func (l *ledger) run(s *service) (stop func()) {
	var wg sync.WaitGroup
	quit := make(chan struct{})
	for _, w := range l.writers {
		wg.Go(func() {
			for {
				select {
				case <-quit:
					return
				case <-s.ended:
					return
				default:
				}
				if !w.step(s) {
					return
				}
			}
		})
	}
	return sync.OnceFunc(func() {
		close(quit)
		wg.Wait()
	})
}

// settle sends what was not answered again, until it is.
func (l *ledger) settle(s *service) {
	l.t.Helper()
	for _, w := range l.writers {
		for _, e := range w.mine {
			for tries := 0; e.unsure != nil; tries++ {
				if tries == 5 {
					l.t.Fatalf("%s %s is not answered", e.unsure.method, e.unsure.path)
				}
				w.resolve(s, e)
			}
		}
	}
}

// step makes one request; false says that no answer came.
func (w *writer) step(s *service) bool {
	for _, e := range w.open {
		if e.unsure != nil {
			return w.resolve(s, e)
		}
	}
	switch dice := w.rng.IntN(100); {
	case len(w.open) == 0 || dice < 35 && len(w.open) < 6:
		return w.report(s)
	case dice < 45 && len(w.last) > 0:
		return w.repeat(s, w.last[w.rng.IntN(len(w.last))])
	case dice < 60:
		return w.patch(s, w.open[w.rng.IntN(len(w.open))])
	}
	return w.act(s, w.open[w.rng.IntN(len(w.open))])
}

func (w *writer) newKey() string {
	w.sent++
	return fmt.Sprintf("w%d-%d", w.n, w.sent)
}

// report posts a new order.
func (w *writer) report(s *service) bool {
	key := w.newKey()
	e := &entry{unit: "unit-" + key, past: map[string]bool{}}
	body := newOrder(w.rng, e.unit)
	body["description"] = w.l.text
	w.mine, w.open = append(w.mine, e), append(w.open, e)
	return w.send(s, e, change{
		request: request{method: http.MethodPost, path: "/v1/workOrders", key: key, body: encode(body)},
		states:  []string{"NEW", "ASSIGNED"},
	})
}

// patch changes the priority of an order.
func (w *writer) patch(s *service, e *entry) bool {
	p := 1 + w.rng.IntN(100)
	return w.send(s, e, change{priority: p, request: request{
		method: http.MethodPatch, path: "/v1/workOrders/" + e.want.ID, ifMatch: e.want.Etag, body: encode(map[string]any{"priority": p}),
	}})
}

// act applies the verb that comes next in the life of an order.
func (w *writer) act(s *service, e *entry) bool {
	name, to, body := "cancel", []string{"CANCELED"}, map[string]any{"reason": "gone"}
	if w.rng.IntN(10) > 0 {
		switch e.want.State {
		case "ASSIGNED":
			name, to, body = "accept", []string{"ACCEPTED"}, nil
			if w.rng.IntN(8) == 0 {
				name, to, body = "decline", []string{"NEW", "ASSIGNED"}, map[string]any{"reason": "far"}
			}
		case "ACCEPTED":
			name, to, body = "depart", []string{"EN_ROUTE"}, nil
		case "EN_ROUTE":
			name, to, body = "arrive", []string{"ON_SITE"}, nil
		case "ON_SITE":
			name, to, body = "start", []string{"WORKING"}, nil
		case "WORKING":
			name, to, body = "complete", []string{"COMPLETED"}, nil
		}
	}
	return w.send(s, e, change{request: verb(e.want.ID, name, w.newKey(), body), states: to})
}

// send makes a request about an order and notes how it ended.
func (w *writer) send(s *service, e *entry, c change) bool {
	e.dirty = true
	e.unsure = &c
	return w.resolve(s, e)
}

// resolve sends the open request of an order, for the first time or again.
func (w *writer) resolve(s *service, e *entry) bool {
	c := e.unsure
	a := s.send(c.request)
	switch {
	case a.err != nil:
		w.l.unknown.Add(1)
		return false
	case a.ok():
		w.acknowledge(e, c, a)
	case a.status == http.StatusInsufficientStorage || a.status == http.StatusServiceUnavailable:
		w.l.refused.Add(1)
		return true // it is sent again
	case a.status >= 500:
		w.l.fail("%s %s: %v", c.method, c.path, a)
		return false
	default:
		w.refuse(s, e, c, a)
	}
	return true
}

func (w *writer) acknowledge(e *entry, c *change, a answer) {
	var got order
	if err := json.Unmarshal(a.body, &got); err != nil || got.ID == "" || e.want.ID != "" && got.ID != e.want.ID {
		w.l.fail("%s %s: answer is not the order: %v %s", c.method, c.path, err, a.body)
		return
	}
	w.l.acked.Add(1)
	if e.want.ID == "" {
		w.l.created.Add(1)
	}
	if e.want.Etag != "" {
		e.past[e.want.Etag] = true
	}
	e.want, e.unsure = got, nil
	if c.key != "" {
		if w.last = append(w.last, done{c.request, a}); len(w.last) > 20 {
			w.last = w.last[1:]
		}
	}
	w.forgetClosed()
}

// refuse takes note of a 4xx: the request was not carried out, or the order has moved on since it was. The row tells.
func (w *writer) refuse(s *service, e *entry, c *change, a answer) {
	w.l.refused.Add(1)
	switch {
	case e.want.ID != "" && (a.status == http.StatusConflict || a.status == http.StatusPreconditionFailed):
	default:
		w.l.fail("%s %s: %v", c.method, c.path, a)
	}
	now := s.send(request{method: http.MethodGet, path: "/v1/workOrders/" + e.want.ID})
	if now.err != nil || now.status == http.StatusServiceUnavailable {
		return // the service ended, or its database: the request is sent again, and refused again
	}
	var row order
	if err := json.Unmarshal(now.body, &row); err != nil || now.status != http.StatusOK {
		w.l.fail("LOST: an acknowledged order cannot be read: %v", now)
	}
	if row.Etag != e.want.Etag {
		e.past[e.want.Etag] = true
	}
	e.want, e.unsure = row, nil
	w.forgetClosed()
}

func (w *writer) forgetClosed() {
	kept := w.open[:0]
	for _, e := range w.open {
		if e.want.ID == "" || e.want.State != "CANCELED" && e.want.State != "COMPLETED" {
			kept = append(kept, e)
		}
	}
	w.open = kept
}

// repeat sends a request that was acknowledged once more: the answer must be the same.
func (w *writer) repeat(s *service, d done) bool {
	a := s.send(d.request)
	if a.err != nil {
		return false
	}
	if a.status == http.StatusInsufficientStorage || a.status == http.StatusServiceUnavailable {
		return true
	}
	w.l.repeated.Add(1)
	if diff := differs(d.answer, a); diff != "" {
		w.l.fail("%s %s with key %s sent again: %s", d.method, d.path, d.key, diff)
	}
	return true
}

// differs says how two answers to the same request differ, "" when they do not. White space in JSON does not count.
func differs(first, again answer) string {
	if first.status != again.status {
		return fmt.Sprintf("first %v, then %v", first, again)
	}
	var a, b map[string]any
	if json.Unmarshal(first.body, &a) != nil || json.Unmarshal(again.body, &b) != nil {
		return "not JSON"
	}
	if !maps.EqualFunc(a, b, func(x, y any) bool { return string(encode(x)) == string(encode(y)) }) {
		return fmt.Sprintf("first %s, then %s", first.body, again.body)
	}
	return ""
}

func (l *ledger) summary() string {
	return fmt.Sprintf("%d acknowledged (%d orders), %d refused, %d unknown, %d sent again",
		l.acked.Load(), l.created.Load(), l.refused.Load(), l.unknown.Load(), l.repeated.Load())
}
