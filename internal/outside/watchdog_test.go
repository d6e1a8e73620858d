package outside

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// alarm is what the watchdog posts.
type alarm struct {
	Alarm, State string
	at           time.Time
}

// TestWatchdogHearsSilence kills or stops the service and wants the alarm of the other process (R-O1, R-O2): a service that
// is alive and stuck is as silent as one that is gone.
func TestWatchdogHearsSilence(t *testing.T) {
	alarms := make(chan alarm, 100)
	pager := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := alarm{at: time.Now()}
		if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
			t.Error(err)
		}
		alarms <- a
	}))
	defer pager.Close()
	listen, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	dog := exec.Command(binary, "watchdog", "--listen", listen, "--alert-url", pager.URL, "--silence", "8s")
	said := &tail{}
	dog.Stdout, dog.Stderr = said, said
	if err := dog.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = dog.Process.Kill()
		_ = dog.Wait()
	}()
	dir := t.TempDir()
	s := start(t, dir, "--heartbeat-url", "http://"+listen+"/heartbeat")
	expect := func(state string, since time.Time, within time.Duration) {
		t.Helper()
		select {
		case a := <-alarms:
			if a.Alarm != "HEARTBEAT_MISSING" || a.State != state {
				t.Fatalf("got %+v, want HEARTBEAT_MISSING %s", a, state)
			}
			t.Logf("%s after %v", state, a.at.Sub(since).Round(100*time.Millisecond))
		case <-time.After(within):
			t.Fatalf("no %s within %v\n%s", state, within, said)
		}
	}
	const limit = 90 * time.Second // of the plan
	healthy := func() bool {
		status, _, err := s.get("http://" + listen + "/")
		return err == nil && status == http.StatusOK
	}
	for range count(1, 20, "FETTLE_TORTURE_CYCLES") {
		if !healthy() {
			t.Fatalf("an alarm without a cause\n%s", said)
		}
		stopped := time.Now()
		if err := s.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		expect("FIRING", stopped, limit)
		goOn := time.Now()
		if err := s.cmd.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		expect("RESOLVED", goOn, limit)
		killed := time.Now()
		s.kill()
		expect("FIRING", killed, limit)
		again := time.Now()
		s = start(t, dir, "--heartbeat-url", "http://"+listen+"/heartbeat")
		expect("RESOLVED", again, limit)
	}
	if strings.Count(said.String(), "FIRING") < 2 {
		t.Errorf("the watchdog printed %s", said)
	}
}
