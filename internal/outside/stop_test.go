package outside

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// exitWithin is how soon a service that is told to stop has ended (R-D8).
const exitWithin = 10 * time.Second

// TestStopUnderLoad stops the service by SIGTERM while clients write, watch and wait (R-D8): /readyz says 503 before the
// listener closes, what was begun is finished, the exit status is 0, and what was acknowledged is there after the restart.
func TestStopUnderLoad(t *testing.T) {
	dir := t.TempDir()
	rounds := count(4, 20, "FETTLE_TORTURE_STOPS")
	rng := rand.New(rand.NewPCG(seed(t), 95))
	s := start(t, dir)
	l := newLedger(t, hire(s, 16))
	for n := range rounds {
		stop := l.run(s)
		time.Sleep(time.Duration(50+rng.IntN(150)) * time.Millisecond) // the moment of the signal: nothing waits for it
		stopOnce(t, s, l, n)
		stop()
		s = start(t, dir)
		l.audit(s, n == rounds-1)
		l.unanswered(s)
		if t.Failed() {
			t.FailNow()
		}
	}
	l.settle(s)
	l.audit(s, true)
	sequences(s)
	t.Logf("%d stops: %s", rounds, l.summary())
}

// stopOnce sends SIGTERM to a service with a half sent request, a stream and a waiting call, and watches it end.
func stopOnce(t *testing.T, s *service, l *ledger, n int) {
	t.Helper()
	half := beginPost(s, fmt.Sprintf("half-%d", n))
	st := s.watch(request{method: http.MethodGet, path: "/v1/events:stream"})
	defer st.close()
	waiting := make(chan answer, 1)
	ready := make(chan struct{})
	go func() {
		close(ready)
		a := s.send(request{method: http.MethodGet, path: "/v1/technicians/" + l.technicians[0] + "/assignments"})
		waiting <- s.send(request{
			method: http.MethodGet, path: "/v1/technicians/" + l.technicians[0] + "/assignments",
			header: map[string]string{"Prefer": "wait=60", "If-None-Match": a.header.Get("ETag")},
		})
	}()
	<-ready
	var not atomic.Int64
	polled := pollReady(s, &not)
	at := time.Now()
	s.signal(syscall.SIGTERM)
	eventually(t, exitWithin, "readyz says 503", func() bool { return not.Load() > 0 || hasEnded(s) })
	done := half.finish()
	select {
	case <-s.ended:
	case <-time.After(exitWithin - time.Since(at)):
		t.Fatalf("still there %v after SIGTERM", exitWithin)
	}
	<-polled
	if s.exit != nil {
		t.Errorf("exit: %v, want status 0", s.exit)
	}
	if not.Load() == 0 {
		t.Error("readyz did not say 503 before the listener closed")
	}
	if done.err != nil || done.status != http.StatusCreated && done.status != http.StatusServiceUnavailable {
		t.Errorf("a request that was half sent at the signal: %v; want 201 or 503", done)
	}
	if a := <-waiting; a.err == nil && a.status >= 500 && a.status != http.StatusServiceUnavailable {
		t.Errorf("a call that waited: %v", a)
	}
	for range st.events(time.Second) { // it has ended: what is left to read ends too
	}
	l.half(done)
	t.Logf("ended %v after SIGTERM", time.Since(at).Round(time.Millisecond))
}

func hasEnded(s *service) bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// pollReady asks /readyz until the service is gone and counts how often it said 503.
func pollReady(s *service, not *atomic.Int64) chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for !hasEnded(s) {
			if status, _, err := s.get(s.url + "/readyz"); err == nil && status == http.StatusServiceUnavailable {
				not.Add(1)
			}
			time.Sleep(2 * time.Millisecond)
		}
	}()
	return done
}

// halfPost is a request of which the body is not all sent.
type halfPost struct {
	key  string
	rest []byte
	send func([]byte) answer
}

func beginPost(s *service, key string) *halfPost {
	s.t.Helper()
	body := encode(newOrder(rand.New(rand.NewPCG(6, 6)), key))
	conn, head := s.dial()
	say(s.t, conn, "POST /v1/workOrders HTTP/1.1\r\n%sContent-Type: application/json\r\nIdempotency-Key: %s\r\nContent-Length: %d\r\n\r\n", head, key, len(body))
	_, _ = conn.Write(body[:len(body)/2])
	return &halfPost{key: key, rest: body[len(body)/2:], send: func(rest []byte) answer {
		defer conn.Close() //nolint:errcheck // all was read
		if _, err := conn.Write(rest); err != nil {
			return answer{err: err}
		}
		return readAnswer(conn)
	}}
}

func (h *halfPost) finish() answer { return h.send(h.rest) }

// half takes an order into the ledger that was not sent by a writer.
func (l *ledger) half(a answer) {
	var o order
	if a.status != http.StatusCreated || decode(a, &o) != nil {
		return
	}
	l.acked.Add(1)
	l.created.Add(1)
	l.writers[0].mine = append(l.writers[0].mine, &entry{unit: o.UnitID, want: o, past: map[string]bool{}, dirty: true})
}
