package watchdog_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"fettle/internal/clock"
	"fettle/internal/watchdog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sink remembers what is posted to it, and refuses while told to.
type sink struct {
	*httptest.Server
	mu     sync.Mutex
	alarms []watchdog.Alarm
	beats  chan watchdog.Beat
	broken bool
}

func newSink(t *testing.T) *sink {
	t.Helper()
	s := &sink{beats: make(chan watchdog.Beat, 10)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.broken {
			http.Error(w, "no", http.StatusInternalServerError)
			return
		}
		if r.URL.Path == "/beat" {
			var b watchdog.Beat
			if err := json.NewDecoder(r.Body).Decode(&b); err != nil {
				t.Error(err)
			}
			s.beats <- b
			return
		}
		var a watchdog.Alarm
		if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
			t.Error(err)
		}
		s.alarms = append(s.alarms, a)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *sink) set(broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
}

// got is what was heard, "ALARM STATE" each.
func (s *sink) got() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, a := range s.alarms {
		out = append(out, a.Alarm+" "+a.State)
	}
	return strings.Join(out, ", ")
}

func beat(t *testing.T, w *watchdog.Watchdog, body string) int {
	t.Helper()
	rec := httptest.NewRecorder()
	w.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/heartbeat", strings.NewReader(body)))
	return rec.Code
}

func status(w *watchdog.Watchdog) int {
	rec := httptest.NewRecorder()
	w.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	return rec.Code
}

func TestSilenceIsHeard(t *testing.T) {
	t.Parallel()
	s, at := newSink(t), clock.NewFake(time.Date(2026, 7, 6, 9, 0, 0, 0, time.UTC))
	w := watchdog.New(watchdog.Config{Service: "demo", Alert: s.URL, Clock: at})
	look := func(after time.Duration, want string) {
		t.Helper()
		at.Advance(after)
		w.Look(t.Context())
		if got := s.got(); got != want {
			t.Errorf("after %v: got %q, want %q", after, got, want)
		}
	}
	look(0, "")
	look(30*time.Second, "")
	if code := beat(t, w, `{"due":3,"sent":3,"failed":0,"oldest_overdue_s":0}`); code != http.StatusOK {
		t.Errorf("a heartbeat was answered %d", code)
	}
	look(59*time.Second, "")
	s.set(true)
	look(2*time.Second, "") // the alarm could not be told
	s.set(false)
	const silent = "HEARTBEAT_MISSING FIRING"
	look(time.Second, silent)
	look(time.Second, silent) // once
	if status(w) != http.StatusServiceUnavailable {
		t.Error("the watchdog says that nothing is wrong")
	}
	look(10*time.Minute, silent+", "+silent) // again, as long as it goes on
	beat(t, w, `{"oldest_overdue_s":0}`)
	look(time.Second, silent+", "+silent+", HEARTBEAT_MISSING RESOLVED")
	if status(w) != http.StatusOK {
		t.Error("the watchdog says that something is wrong")
	}
	a := s.alarms[0]
	if a.Service != "demo" || a.Text == "" || a.LastBeat == nil || a.LastBeat.Due != 3 || a.Seconds < 60 || a.Since.IsZero() {
		t.Errorf("got %+v", a)
	}
}

func TestWorkThatIsLeftUndone(t *testing.T) {
	t.Parallel()
	s, at := newSink(t), clock.NewFake(time.Date(2026, 7, 6, 9, 0, 0, 0, time.UTC))
	w := watchdog.New(watchdog.Config{Alert: s.URL, Overdue: time.Minute, Clock: at})
	for range 10 { // alive, and stuck
		at.Advance(10 * time.Second)
		beat(t, w, `{"due":5,"failed":5,"oldest_overdue_s":61}`)
		w.Look(t.Context())
	}
	if got := s.got(); got != "WORK_OVERDUE FIRING" {
		t.Errorf("got %q", got)
	}
	beat(t, w, `{"oldest_overdue_s":2}`)
	w.Look(t.Context())
	if got := s.got(); got != "WORK_OVERDUE FIRING, WORK_OVERDUE RESOLVED" {
		t.Errorf("got %q", got)
	}
}

func TestOnlyHeartbeatsAreTaken(t *testing.T) {
	t.Parallel()
	w := watchdog.New(watchdog.Config{Clock: clock.NewFake(time.Unix(0, 0))})
	for body, want := range map[string]int{"{}": 200, "": 400, "[]": 400, `{"due":"x"}`: 400, `{"x":"` + strings.Repeat("a", 1<<15) + `"}`: 400} {
		if got := beat(t, w, body); got != want {
			t.Errorf("%.20q: got %d, want %d", body, got, want)
		}
	}
	rec := httptest.NewRecorder()
	w.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodDelete, "/", nil))
	if rec.Code != http.StatusMethodNotAllowed {
		t.Errorf("DELETE: got %d", rec.Code)
	}
}

func TestHeartBeats(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	failed := make(chan error, 1)
	h := watchdog.NewHeart(t.Context(), watchdog.HeartConfig{
		URL: s.URL + "/beat", Clock: clock.NewFake(time.Unix(0, 0)), Failed: func(err error) { failed <- err },
	})
	defer h.Close()
	now := time.Unix(1000, 0)
	h.Beat(now, watchdog.Beat{Due: 1})
	h.Beat(now.Add(time.Second), watchdog.Beat{Due: 2}) // too soon
	if b := <-s.beats; b.Due != 1 {
		t.Errorf("got %+v", b)
	}
	h.Beat(now.Add(6*time.Second), watchdog.Beat{Due: 3, OldestOverdue: 1.5})
	if b := <-s.beats; b.Due != 3 || b.OldestOverdue != 1.5 {
		t.Errorf("got %+v", b)
	}
	s.set(true)
	h.Beat(now.Add(20*time.Second), watchdog.Beat{})
	if err := <-failed; err == nil || !strings.Contains(err.Error(), "500") {
		t.Errorf("got %v", err)
	}
}

// TestWhatHeartbeatsSay raises the alarms that a heartbeat of a complete sweep may still call for (R-O4).
func TestWhatHeartbeatsSay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 8, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		beat watchdog.Beat
		want string
	}{
		{"all is well", watchdog.Beat{Time: now, Canary: now.Add(-24 * time.Hour)}, ""},
		{"a new service has not sung yet", watchdog.Beat{Time: now}, ""},
		{"the canary is gone", watchdog.Beat{Time: now, Canary: now.Add(-26 * time.Hour)}, "CANARY_MISSING FIRING"},
		{"rows were missing", watchdog.Beat{Time: now, Canary: now, Missing: 3}, "WORK_MISSING FIRING"},
		{"rows are laid aside", watchdog.Beat{Time: now, Canary: now, Dead: 1}, "WORK_LAID_ASIDE FIRING"},
		{"a worker ran out of memory", watchdog.Beat{Time: now, Canary: now, OutOfMemory: 1}, "OUT_OF_MEMORY FIRING"},
	} {
		s := newSink(t)
		w := watchdog.New(watchdog.Config{Alert: s.URL, Clock: clock.NewFake(now)})
		body, err := json.Marshal(c.beat)
		if err != nil {
			t.Fatal(err)
		}
		beat(t, w, string(body))
		w.Look(t.Context())
		if got := s.got(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestTheWatchdogIsWatched: a service whose heartbeats nobody takes says so on a second channel, and so does one whose
// watchdog lives and cannot tell its alarms (R-O3).
func TestTheWatchdogIsWatched(t *testing.T) {
	t.Parallel()
	const want = "WATCHDOG_MISSING FIRING, WATCHDOG_MISSING RESOLVED, ALARMS_NOT_TOLD FIRING"
	if got := heardOfTheWatchdog(t, http.StatusBadGateway); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	// The saboteur: somebody answers in the place of a watchdog that is gone, so that the service believes it is watched.
	if got := heardOfTheWatchdog(t, http.StatusOK); strings.Contains(got, "WATCHDOG_MISSING") {
		t.Errorf("a watchdog for which somebody answers is missed all the same: %q", got)
	}
}

// heardOfTheWatchdog is what the second channel hears while the watchdog is gone, comes back, and cannot tell its alarms. In its
// place, while it is gone, a status answers.
func heardOfTheWatchdog(t *testing.T, gone int) string {
	t.Helper()
	second, pager := newSink(t), newSink(t)
	now := clock.NewFake(time.Date(2026, 3, 8, 9, 0, 0, 0, time.UTC))
	dog := watchdog.New(watchdog.Config{Alert: pager.URL, Clock: now})
	dead := make(chan bool, 1)
	dead <- true
	answered := make(chan struct{}, 100)
	kennel := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		defer func() { answered <- struct{}{} }()
		isDead := <-dead
		dead <- isDead
		if isDead {
			rw.WriteHeader(gone)
			return
		}
		dog.Handler().ServeHTTP(rw, r)
	}))
	defer kennel.Close()
	h := watchdog.NewHeart(t.Context(), watchdog.HeartConfig{URL: kennel.URL, Alert: second.URL, Clock: now, Failed: func(error) {}})
	b := watchdog.Beat{Time: now.Now(), Canary: now.Now()}
	minutes := func(n int) {
		for range n {
			now.Advance(time.Minute)
			dog.Look(t.Context())
			h.Beat(now.Now(), b)
			<-answered
		}
	}
	minutes(5)
	<-dead
	dead <- false
	minutes(2)
	pager.set(true) // alarms cannot be told
	b.Dead = 1
	minutes(6)
	h.Close() // what is on its way is done
	return second.got()
}
