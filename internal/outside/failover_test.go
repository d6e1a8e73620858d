package outside

import (
	"fmt"
	"math/rand/v2"
	"net/http"
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

		old.Restart(t)
		link.point(t, old.At(name))
		for i := range 2 { // the first may find that its connection is cut
			a := s.send(request{method: http.MethodPost, path: "/v1/workOrders", key: fmt.Sprintf("old-%d-%d", len(gaps), i), body: encode(newOrder(rng, "old"))})
			if a.ok() {
				t.Errorf("NOT REJECTED: the old primary acknowledges %v", a)
			}
		}
		link.point(t, standby.At(name))
		old.Crash(t)
		if err := s.await(time.Now()); err != nil {
			t.Fatal(err)
		}
		l.audit(s, true)
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
