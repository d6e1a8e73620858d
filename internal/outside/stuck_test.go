package outside

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// dog is a watchdog with the alarms that it raises.
type dog struct {
	t      *testing.T
	url    string // where heartbeats go
	said   *tail
	alarms chan alarm
}

// newDog starts a watchdog that is patient for a few seconds.
func newDog(t *testing.T) *dog {
	t.Helper()
	d := &dog{t: t, said: &tail{}, alarms: make(chan alarm, 100)}
	pager := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		a := alarm{at: time.Now()}
		if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
			t.Error(err)
		}
		d.alarms <- a
	}))
	t.Cleanup(pager.Close)
	listen, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	d.url = "http://" + listen + "/heartbeat"
	cmd := exec.Command(binary, "watchdog", "--listen", listen, "--alert-url", pager.URL, "--silence", "8s", "--overdue", "10s")
	cmd.Stdout, cmd.Stderr = d.said, d.said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return d
}

// hears waits for an alarm and returns how long it took.
func (d *dog) hears(name, state string) time.Duration {
	d.t.Helper()
	const limit = 120 * time.Second // of the plan
	began := time.Now()
	for timer := time.After(limit); ; {
		select {
		case a := <-d.alarms:
			if a.Alarm == name && a.State == state {
				return a.at.Sub(began)
			}
		case <-timer:
			d.t.Fatalf("NOT NOTICED: no %s %s within %v\n%s", name, state, limit, d.said)
		}
	}
}

// TestWatchdogHearsAStuckService lets a service be alive and do nothing of what is due (R-O2): its database locks the table of due
// work, and its sink answers 500 for ever. An alarm tells of each, and that it is over.
func TestWatchdogHearsAStuckService(t *testing.T) {
	database := postgres.Database(t, "")
	d := newDog(t)
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer sink.Close()
	s := start(t, t.TempDir(), "--db", database, "--heartbeat-url", d.url, "--notify-url", sink.URL)
	report(s, rand.New(rand.NewPCG(seed(t), 91)), "u1")
	t.Logf("a sink that fails is noticed after %v", d.hears("WORK_OVERDUE", "FIRING").Round(100*time.Millisecond))
	c, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context()) //nolint:errcheck // its lock is what counts
	for _, text := range []string{"BEGIN", "LOCK TABLE due_work IN ACCESS EXCLUSIVE MODE"} {
		if _, err := c.Exec(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("a table that is locked is noticed after %v", d.hears("HEARTBEAT_MISSING", "FIRING").Round(100*time.Millisecond))
	if _, err := c.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	t.Logf("and its end after %v", d.hears("HEARTBEAT_MISSING", "RESOLVED").Round(100*time.Millisecond))
}

// TestPausedProcessIsFenced stops the service by SIGSTOP for longer than its lead lasts while another stands by on the same
// database (R-L11): the other takes over, and what the first had in its hands when it goes on is refused.
func TestPausedProcessIsFenced(t *testing.T) {
	database := postgres.Database(t, "")
	keys := t.TempDir() + "/keys.json"
	flags := []string{"--db", database, "--keys", keys}
	dirs := []string{t.TempDir(), t.TempDir()}
	s := start(t, dirs[0], flags...)
	l := newLedger(t, hire(s, 16))
	for round := range count(1, 20, "FETTLE_TORTURE_CYCLES") {
		stop := l.run(s)
		time.Sleep(300 * time.Millisecond) // the moment of the fault: nothing waits for it
		s.signal(syscall.SIGSTOP)
		paused, began := s, time.Now()
		next := start(t, dirs[(round+1)%2], flags...)
		took := time.Since(began)
		paused.signal(syscall.SIGCONT)
		rng := rand.New(rand.NewPCG(seed(t), uint64(round)))
		refused := 0
		for i := range 20 {
			a := paused.send(newcomer(rng, fmt.Sprintf("zombie-%d-%d", round, i)))
			switch {
			case a.ok():
				t.Errorf("NOT FENCED: a process that another has taken over from answered %v", a)
			case a.err == nil && a.status == http.StatusServiceUnavailable:
				refused++
			default:
				t.Errorf("a process that another has taken over from answered %v", a)
			}
		}
		stop()
		paused.kill()
		s = next
		l.settle(s)
		l.audit(s, true)
		t.Logf("taken over after %v, %d requests to the first refused, %s", took.Round(100*time.Millisecond), refused, l.summary())
		if t.Failed() {
			t.Fatal(strings.TrimSpace(s.output.String()))
		}
	}
}
