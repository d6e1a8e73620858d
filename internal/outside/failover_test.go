package outside

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"fettle/internal/pgtest"
)

// TestFailover ends PostgreSQL's primary as a crash does, under load, and lets its standby, which had to flush what was acknowledged,
// take over behind the same address (R-L8): 0 lost, 0 doubled, and the service writes again by itself. When the old primary comes
// back at that address, nothing is acknowledged by it.
func TestFailover(t *testing.T) {
	primary := &pgtest.Server{}
	database := primary.Database(t, "")
	name := pgtest.Name(database)
	t.Cleanup(func() { primary.Stop() })
	link := newSlowLink(t, database)
	s := start(t, t.TempDir(), "--db", link.url)
	l := newLedger(t, hire(s, 16))
	rng := rand.New(rand.NewPCG(seed(t), 108))
	var gaps []time.Duration
	for range count(1, 20, "FETTLE_TORTURE_CYCLES") {
		standby := primary.Standby(t)
		old := primary
		primary = standby // is what the cleanup stops
		t.Cleanup(old.Stop)
		if err := s.await(time.Now()); err != nil {
			t.Fatal(err)
		}
		stop, acked := l.run(s), l.acked.Load()
		eventually(t, readyWithin, "100 are acknowledged", func() bool { return l.acked.Load() >= acked+100 || t.Failed() })
		old.Crash(t)
		began := time.Now()
		standby.Promote(t)
		link.point(t, standby.At(name))
		acked = l.acked.Load()
		eventually(t, readyWithin, "writes are acknowledged after the failover", func() bool { return l.acked.Load() > acked || t.Failed() })
		gaps = append(gaps, time.Since(began))
		stop()
		l.settle(s)
		l.audit(s, true)

		if full() || os.Getenv("FETTLE_OUTSIDE_BINARY") != "" {
			old.Alone(t) // the worst of them: it waits for nobody
			old.Restart(t)
			link.point(t, old.At(name))
			oldPrimary(s, rng, len(gaps))
			link.point(t, standby.At(name))
			old.Crash(t)
			if err := s.await(time.Now()); err != nil {
				t.Fatal(err)
			}
			l.audit(s, true)
		}
		if t.Failed() {
			break
		}
	}
	slices.Sort(gaps)
	t.Logf("%d failovers: %s; written again after %v at most", len(gaps), l.summary(), gaps[len(gaps)-1].Round(time.Millisecond))
	if worst := gaps[len(gaps)-1]; worst > 30*time.Second && full() {
		t.Errorf("nothing was written for %v, want 30 s at most", worst)
	}
}

// oldPrimary wants a service whose database is one from before the last failover to acknowledge nothing, for longer than it takes to
// find its way to another.
func oldPrimary(s *service, rng *rand.Rand, n int) {
	s.t.Helper()
	window := 15 * time.Second
	if !full() { // a saboteur, who ends it
		window = time.Minute
	}
	for until, i := time.Now().Add(window), 0; time.Now().Before(until); i++ {
		a := s.send(request{method: http.MethodPost, path: "/v1/workOrders", key: fmt.Sprintf("old-%d-%d", n, i), body: encode(newOrder(rng, "old"))})
		if a.ok() {
			s.t.Fatalf("NOT REJECTED: the old primary acknowledges %v", a)
		}
		time.Sleep(100 * time.Millisecond) // between attempts
	}
}
