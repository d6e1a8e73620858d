package outside

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"
)

// TestDatabaseOutOfReach takes the way to PostgreSQL away under load (R-L7): connections that stay while nothing comes back by them, as
// beside a firewall that has forgotten them, and connections that are cut while new ones are closed at once. Whoever asks is refused
// before long, /readyz says so, a watchdog hears of it, a stream that was open stays so, and with the way all of it is back.
func TestDatabaseOutOfReach(t *testing.T) {
	t.Parallel()
	d := newDog(t)
	link := newSlowLink(t, postgres.Database(t, ""))
	s := start(t, t.TempDir(), "--db", link.url, "--heartbeat-url", d.url)
	l := newLedger(t, hire(s, 16))
	st := s.watch(request{method: http.MethodGet, path: "/v1/events:stream"})
	defer st.close()
	rng := rand.New(rand.NewPCG(seed(t), 107))
	limit := callLimit // beside the other tests
	if full() {
		limit = 3 * time.Second
	}
	ways := []string{halfOpen, "cut"}
	if !full() {
		ways = ways[:1]
	}
	for round := range count(1, 10, "FETTLE_TORTURE_CYCLES") {
		for _, way := range ways {
			stop, acked := l.run(s), l.acked.Load()
			eventually(t, readyWithin, "50 are acknowledged", func() bool { return l.acked.Load() >= acked+50 || t.Failed() })
			link.lose(way)
			eventually(t, readyWithin, "readyz says 503: "+way, func() bool {
				status, _, err := s.get(s.url + "/readyz")
				return err == nil && status == http.StatusServiceUnavailable
			})
			asked := time.Now()
			body := encode(newOrder(rng, "lost"))
			a := s.send(request{method: http.MethodPost, path: "/v1/workOrders", key: fmt.Sprint("lost-", way, round), body: body})
			if took := time.Since(asked); took > limit {
				t.Errorf("TOO LATE: %s: a report is answered after %v: %v", way, took, a)
			}
			if a.err != nil || a.status != http.StatusServiceUnavailable {
				t.Errorf("%s: a report is answered %v", way, a)
			}
			noticed := d.hears("HEARTBEAT_MISSING", "FIRING")
			link.lose("")
			back := time.Now()
			if err := s.await(back); err != nil {
				t.Fatal(err)
			}
			took := time.Since(back)
			if full() && took > 15*time.Second {
				t.Errorf("%s: ready again after %v, want 15 s at most", way, took)
			}
			d.hears("HEARTBEAT_MISSING", "RESOLVED")
			created := l.created.Load()
			eventually(t, readyWithin, "orders are created again", func() bool { return l.created.Load() > created+2 || t.Failed() })
			stop()
			l.settle(s)
			l.audit(s, true)
			if id := l.latest(); !st.sees(id) {
				t.Fatalf("%s: the stream that was open has ended, or does not show %s", way, id)
			}
			t.Logf("%s: noticed by the watchdog %v later, ready %v after it was over; %s", way, noticed.Round(100*time.Millisecond), took.Round(time.Millisecond), l.summary())
		}
	}
}

// latest is the id of the order that was created last: ids begin with the time.
func (l *ledger) latest() (id string) {
	for _, w := range l.writers {
		for _, e := range w.mine {
			id = max(id, e.want.ID)
		}
	}
	return id
}
