package outside

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"fettle/internal/pgtest"
)

// TestKilledUnderLoad ends the service by kill -9 at random moments while eight clients write, and starts it again on the
// same data (R-D1).
func TestKilledUnderLoad(t *testing.T) {
	killedUnderLoad(t, count(50, 1000, "FETTLE_TORTURE_CYCLES"))
}

// TestKilledBesidePostgres is the same with the rows in PostgreSQL: each start takes the lead over from a process that could
// not give it back.
func TestKilledBesidePostgres(t *testing.T) {
	killedUnderLoad(t, count(25, 500, "FETTLE_TORTURE_CYCLES"), "--db", postgres.Database(t, ""))
}

func killedUnderLoad(t *testing.T, cycles int, flags ...string) {
	t.Helper()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(seed(t), 99))
	s := start(t, dir, flags...)
	l := newLedger(t, hire(s, 16))
	var ready []time.Duration
	for c := range cycles {
		stop := l.run(s)
		time.Sleep(time.Duration(20+rng.IntN(131)) * time.Millisecond) // the moment of the fault: nothing waits for it
		if s.crashed() {
			t.Fatalf("cycle %d: the service ended by itself: %v\n%s", c, s.exit, s.output)
		}
		s.kill()
		stop()
		s = start(t, dir, flags...)
		ready = append(ready, s.ready)
		l.audit(s, c%25 == 24)
		if t.Failed() {
			t.Fatalf("cycle %d of %d", c+1, cycles)
		}
	}
	l.settle(s)
	l.audit(s, true)
	events := sequences(s)
	if l.created.Load() == 0 || l.unknown.Load() == 0 || l.repeated.Load() == 0 && cycles >= 50 {
		t.Errorf("the load shows nothing: %s", l.summary())
	}
	slices.Sort(ready)
	log := logMB(t, dir)
	t.Logf("%d kills: %s, %d events; ready after p50 %v p99 %v; the log to redo is %.1f MiB", cycles, l.summary(), events,
		ready[len(ready)/2].Round(time.Millisecond), ready[len(ready)*99/100].Round(time.Millisecond), log)
	if log > 16 {
		t.Errorf("the log to redo after a crash has grown to %.0f MiB: crashes in a row make each start slower", log)
	}
}

// TestDatabaseKilledUnderLoad ends PostgreSQL as a crash does, without a word to the service, which goes on by itself when
// the server is back (R-D1 of the database).
func TestDatabaseKilledUnderLoad(t *testing.T) {
	own := &pgtest.Server{}
	t.Cleanup(own.Stop)
	s := start(t, t.TempDir(), "--db", own.Database(t, ""))
	l := newLedger(t, hire(s, 16))
	rng := rand.New(rand.NewPCG(seed(t), 98))
	cycles := count(4, 100, "FETTLE_TORTURE_CYCLES")
	var healed []time.Duration
	for c := range cycles {
		stop := l.run(s)
		time.Sleep(time.Duration(100+rng.IntN(400)) * time.Millisecond) // the moment of the fault: nothing waits for it
		own.Crash(t)
		if status, _, err := s.get(s.url + "/livez"); err != nil || status != 200 {
			t.Errorf("without its database the service is gone: %d %v", status, err)
		}
		own.Restart(t)
		began := time.Now()
		if err := s.await(began); err != nil {
			t.Fatalf("cycle %d: %v", c, err)
		}
		healed = append(healed, time.Since(began))
		stop()
		l.audit(s, c == cycles-1)
		if t.Failed() {
			t.Fatalf("cycle %d of %d", c+1, cycles)
		}
	}
	l.settle(s)
	l.audit(s, true)
	slices.Sort(healed)
	t.Logf("%d crashes of the database: %s; ready again after at most %v", cycles, l.summary(), healed[len(healed)-1].Round(time.Millisecond))
}

// TestDatabaseHangs stops PostgreSQL without ending it: its connections stay and nothing is answered (R-L7). The service says
// so soon, and goes on by itself when the answers come again.
func TestDatabaseHangs(t *testing.T) {
	own := &pgtest.Server{}
	t.Cleanup(own.Stop)
	s := start(t, t.TempDir(), "--db", own.Database(t, ""))
	l := newLedger(t, hire(s, 16))
	for range count(1, 10, "FETTLE_TORTURE_CYCLES") {
		stop := l.run(s)
		time.Sleep(200 * time.Millisecond) // the moment of the fault: nothing waits for it
		own.Freeze(t)
		began := time.Now()
		for {
			status, _, err := s.get(s.url + "/readyz")
			if err == nil && status == http.StatusServiceUnavailable {
				break
			}
			if time.Since(began) > 20*time.Second {
				t.Fatalf("readyz says %d, %v after 20 s without an answer of the database", status, err)
			}
		}
		noticed := time.Since(began)
		time.Sleep(6 * time.Second) // longer than the service waits for any answer
		asked := time.Now()
		a := s.send(request{method: http.MethodPost, path: "/v1/workOrders", key: fmt.Sprint("hang", asked.UnixNano()), body: []byte(`{"location":{"latitude":30.2,"longitude":120.2}}`)})
		if a.err != nil || a.status != http.StatusServiceUnavailable {
			t.Errorf("while the database hangs a report is answered %v", a)
		}
		refused := time.Since(asked)
		own.Thaw(t)
		thawed := time.Now()
		if err := s.await(thawed); err != nil {
			t.Fatal(err)
		}
		t.Logf("noticed after %v, a report refused after %v, ready again after %v", noticed.Round(time.Millisecond),
			refused.Round(time.Millisecond), time.Since(thawed).Round(time.Millisecond))
		if refused > 3*time.Second {
			t.Errorf("a report was refused only after %v", refused)
		}
		stop()
		l.audit(s, true)
	}
	l.settle(s)
	l.audit(s, true)
}

// logMB is the size of the write-ahead logs in a data directory, in MiB.
func logMB(t *testing.T, dir string) float64 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*-wal"))
	if err != nil {
		t.Fatal(err)
	}
	total := 0.0
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		total += float64(info.Size()) / (1 << 20)
	}
	return total
}
