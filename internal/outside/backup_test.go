package outside

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestBackupUnderLoad takes backups while eight writers work, and serves each from a new place: what was acknowledged before
// the backup began is there as it was, and nobody is told again what they were told before (R-D9).
func TestBackupUnderLoad(t *testing.T) {
	backupUnderLoad(t, func(t *testing.T) []string { t.Helper(); return nil })
}

// TestBackupUnderLoadBesidePostgres is the same with the rows in PostgreSQL, from one database into another.
func TestBackupUnderLoadBesidePostgres(t *testing.T) {
	backupUnderLoad(t, func(t *testing.T) []string { t.Helper(); return []string{"--db", postgres.Database(t, "")} })
}

// program runs the program under test to its end.
func program(t *testing.T, args ...string) {
	t.Helper()
	out, err := exec.Command(binary, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("fettle %s: %v\n%s", args[0], err, out)
	}
}

func backupUnderLoad(t *testing.T, where func(t *testing.T) []string) {
	t.Helper()
	k, dir, db := newSink(t), t.TempDir(), where(t)
	s := start(t, dir, append(db, "--notify-url", k.URL)...)
	technicians := hire(s, 16)
	l := newLedger(t, technicians)
	rng := rand.New(rand.NewPCG(seed(t), 95))
	for round := range count(1, 20, "FETTLE_TORTURE_CYCLES") {
		var known []order
		for i := range 40 {
			o := report(s, rng, fmt.Sprintf("backup-%d-%d", round, i))
			known = append(known, canceled(s, o))
		}
		awaitTold(t, k, known)
		stop := l.run(s)
		time.Sleep(100 * time.Millisecond) // the moment of the backup: nothing waits for it
		told, acknowledged := k.all(), s.orders("")
		file := filepath.Join(t.TempDir(), "backup.zip")
		began := time.Now()
		program(t, append([]string{"backup", "--data", dir, "-o", file}, db...)...)
		took := time.Since(began)
		stop()

		fresh, other := filepath.Join(t.TempDir(), "restored"), where(t)
		began = time.Now()
		program(t, append([]string{"restore", file, "--data", fresh}, other...)...)
		copyFile(t, filepath.Join(dir, "keys.json"), filepath.Join(fresh, "keys.json")) // a backup is nothing without them
		r := start(t, fresh, append(other, "--notify-url", k.URL)...)
		back := time.Since(began)
		for _, o := range known {
			var got order
			a := r.send(request{method: http.MethodGet, path: "/v1/workOrders/" + o.ID})
			if a.err != nil || a.status != http.StatusOK || json.Unmarshal(a.body, &got) != nil {
				t.Fatalf("LOST: %s was acknowledged before the backup, the restored service says %v", o.ID, a)
			}
			if got.Etag != o.Etag || got.State != o.State {
				t.Errorf("CHANGED: %s was %s %s before the backup, the restored service says %s %s", o.ID, o.State, o.Etag, got.State, got.Etag)
			}
		}
		for _, o := range acknowledged {
			if a := r.send(request{method: http.MethodGet, path: "/v1/workOrders/" + o.ID}); a.err != nil || a.status != http.StatusOK {
				t.Fatalf("LOST: %s was there before the backup, the restored service says %v", o.ID, a)
			}
		}
		last := report(r, rng, fmt.Sprintf("after-%d", round)) // is told after all that was due before it
		awaitTold(t, k, []order{last})
		r.kill()
		again := 0
		now := k.all()
		for _, o := range known {
			for id := range k.of(o.ID) {
				if now[id] > told[id] {
					again++
					t.Errorf("SENT AGAIN: %s about %s was told %d times before the backup and %d times in all", id, o.ID, told[id], now[id])
				}
			}
		}
		t.Logf("round %d: backup after %v, restored and ready after %v, %d orders as they were and %d more, %d messages sent again",
			round, took.Round(time.Millisecond), back.Round(time.Millisecond), len(known), len(acknowledged), again)
	}
}

// canceled cancels an order, so that nothing changes it any more.
func canceled(s *service, o order) order {
	s.t.Helper()
	s.must(verb(o.ID, "cancel", "cancel-"+o.ID, map[string]any{"reason": "it is gone"}), &o)
	return o
}

// awaitTold waits until the sink has been told of all orders, and the service knows that it was.
func awaitTold(t *testing.T, k *sink, orders []order) {
	t.Helper()
	ids := make([]string, len(orders))
	for i := range orders {
		ids[i] = orders[i].ID
	}
	deadline := time.Now().Add(time.Minute)
	quiet, n := 0, -1
	for quiet < 10 && time.Now().Before(deadline) {
		time.Sleep(100 * time.Millisecond) // messages come by themselves
		if now := k.count(); now != n || len(k.missing("work_order.acknowledged", ids)) > 0 {
			quiet, n = 0, now
		} else {
			quiet++
		}
	}
	if quiet < 10 {
		t.Fatalf("the sink is not quiet: %d of %d orders were not told of", len(k.missing("work_order.acknowledged", ids)), len(ids))
	}
}

// all is how often each message was taken.
func (s *sink) all() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]int, len(s.taken))
	for id, n := range s.taken {
		out[id] = n
	}
	return out
}

// count is how many were taken.
func (s *sink) count() (n int) {
	for _, k := range s.all() {
		n += k
	}
	return n
}

// of are the ids of the messages about an order.
func (s *sink) of(order string) map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]bool{}
	for about, ids := range s.ids {
		if len(about) > len(order) && about[:len(order)] == order {
			for id := range ids {
				out[id] = true
			}
		}
	}
	return out
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o700)
	}
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
