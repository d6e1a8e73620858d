package outside

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestKilledUnderLoad ends the service by kill -9 at random moments while eight clients write, and starts it again on the
// same data (R-D1).
func TestKilledUnderLoad(t *testing.T) {
	dir := t.TempDir()
	cycles := count(50, 1000, "FETTLE_TORTURE_CYCLES")
	rng := rand.New(rand.NewPCG(seed(t), 99))
	s := start(t, dir)
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
		s = start(t, dir)
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
