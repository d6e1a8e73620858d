package outside

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// healWithin is how soon writes succeed again after there is room: R-D5.
const healWithin = 30 * time.Second

// TestDiskFull fills the disk of the data directory while clients write (R-D5): writes are refused with 507, reads and the
// stream go on, /readyz says no; with room again the service heals by itself, and nothing that was acknowledged is lost.
func TestDiskFull(t *testing.T) {
	if why := cannotMount(); why != "" {
		t.Log("not run:", why)
		return
	}
	rounds := count(1, 10, "FETTLE_TORTURE_FILLS")
	size := 48 + 24*rounds // MiB: what is kept must fit, or there is no room to heal in
	kinds := map[string]func(t *testing.T) string{
		"tmpfs": func(t *testing.T) string {
			return mount(t, "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm", size), "tmpfs")
		},
		"ext4": func(t *testing.T) string { return mount(t, "-o", "loop", image(t, size)) },
	}
	for _, kind := range []string{"tmpfs", "ext4"} {
		t.Run(kind, func(t *testing.T) { fillDisk(t, kinds[kind](t), rounds) })
	}
}

func fillDisk(t *testing.T, at string, rounds int) {
	s := start(t, filepath.Join(at, "data"))
	l := newLedger(t, hire(s, 16))
	l.text = strings.Repeat("a long story. ", 250) // fills what room the WAL has
	for range rounds {
		l.run(s)()
		fillOnce(t, s, l, filepath.Join(at, "ballast"))
	}
	dir := s.dir
	s.kill()
	s = start(t, dir)
	l.settle(s)
	l.audit(s, true)
	sequences(s)
	t.Logf("%d times full: %s", rounds, l.summary())
	s.kill() // before its disk goes
}

// fillOnce fills the disk under load, looks at the service, and makes room again.
func fillOnce(t *testing.T, s *service, l *ledger, ballast string) {
	var seen atomic.Int64
	st := s.watch(request{method: http.MethodGet, path: "/v1/events:stream?positions=true"})
	defer st.close()
	go func() {
		for e := range st.events(time.Minute) {
			if e.kind == "technician.position" {
				seen.Add(1)
			}
		}
	}()
	stop := l.run(s)
	defer stop()
	showsPositions(t, s, l, &seen, "the stream shows a position") // that somebody looked is written once a day, which a full disk cannot
	fill(t, ballast)
	eventually(t, time.Minute, "writes are refused and readyz says 503", func() bool {
		fill(t, ballast) // a checkpoint may have given room back
		status, _, err := s.get(s.url + "/readyz")
		return err == nil && status == http.StatusServiceUnavailable
	})
	refusesWrites(t, s)
	readsGoOn(t, s, l, &seen)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	freed := time.Now()
	eventually(t, healWithin-time.Since(freed), "readyz says 200", func() bool {
		status, _, err := s.get(s.url + "/readyz")
		return err == nil && status == http.StatusOK
	})
	before := l.acked.Load()
	eventually(t, healWithin-time.Since(freed), "clients write again", func() bool { return l.acked.Load() > before+20 })
	t.Logf("healed %v after there was room", time.Since(freed).Round(time.Millisecond))
	stop()
	l.audit(s, true)
	s.alive()
}

// fill writes a file until the disk is full.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		if errors.Is(err, syscall.ENOSPC) {
			return
		}
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it holds nothing
	for size := 1 << 20; size >= 512; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
	_ = f.Sync() // a full disk is what is wanted
}

// refusesWrites sends writes of every kind and wants 507 for each.
func refusesWrites(t *testing.T, s *service) {
	t.Helper()
	rng := rand.New(rand.NewPCG(4, 4))
	for i := range 20 {
		r := request{method: http.MethodPost, path: "/v1/workOrders", key: fmt.Sprintf("full-%d-%d", i, time.Now().UnixNano()), body: encode(newOrder(rng, "full"))}
		a := s.send(r)
		if p, err := asProblem(a); err != nil || a.status != http.StatusInsufficientStorage || p.Reason != "DISK_FULL" {
			t.Errorf("POST on a full disk: %v, %v; want 507 DISK_FULL", a, err)
			return
		}
	}
}

// showsPositions reports where a technician is until a watcher sees it.
func showsPositions(t *testing.T, s *service, l *ledger, seen *atomic.Int64, what string) {
	t.Helper()
	before := seen.Load()
	eventually(t, 20*time.Second, what, func() bool {
		var out struct{ Accepted int }
		now := time.Now()
		s.must(request{method: http.MethodPost, path: "/v1/positions:report", body: encode(map[string]any{"positions": []any{map[string]any{
			"technicianId": l.technicians[0], "time": now.Format(time.RFC3339Nano), "location": map[string]any{"latitude": 30.2, "longitude": 120.2},
		}}})}, &out)
		return seen.Load() > before
	})
}

// readsGoOn reads what can be read while the disk is full.
func readsGoOn(t *testing.T, s *service, l *ledger, seen *atomic.Int64) {
	t.Helper()
	if n := len(s.orders("open=true")); n == 0 {
		t.Error("no open order to read")
	}
	if n := len(s.orders("unitId=full")); n != 0 {
		t.Errorf("%d refused orders are there", n)
	}
	showsPositions(t, s, l, seen, "the stream goes on")
	if status, _, err := s.get(s.url + "/livez"); err != nil || status != http.StatusOK {
		t.Errorf("livez on a full disk: %d, %v", status, err)
	}
	var methods json.RawMessage
	s.read("/v1/meta/methods", &methods)
}
