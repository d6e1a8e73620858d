package watchdog

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"fettle/internal/clock"
)

// The alarms.
const (
	AlarmSilent  = "HEARTBEAT_MISSING" // no complete sweep of due work was heard of
	AlarmOverdue = "WORK_OVERDUE"      // sweeps complete, and work is left undone
	AlarmCanary  = "CANARY_MISSING"    // sweeps complete, and what is due each day is not done
	AlarmMissing = "WORK_MISSING"      // rows were not there that should have been; they were written anew
	AlarmDead    = "WORK_LAID_ASIDE"   // work that cannot be done waits for a person
	AlarmMemory  = "OUT_OF_MEMORY"     // processes of exports ended for want of memory
)

// Alarm is what is sent when something begins to be wrong, again as long as it is, and once when it is right again.
type Alarm struct {
	Alarm    string    `json:"alarm"`
	State    string    `json:"state"` // FIRING or RESOLVED
	Service  string    `json:"service"`
	Since    time.Time `json:"since"`
	Seconds  float64   `json:"seconds"` // since the last heartbeat, or how late; how many for work that is missing or laid aside, and processes
	LastBeat *Beat     `json:"lastBeat,omitempty"`
	Text     string    `json:"text"` // for people
}

// The states of an alarm.
const (
	Firing   = "FIRING"
	Resolved = "RESOLVED"
)

// Config says what a Watchdog watches. Clock must be given; the zero value of the rest means its default.
type Config struct {
	// Service names what is watched, in alarms.
	Service string
	// Alert is the address that alarms are posted to; Alive one that is posted to every AliveEvery (1 min) as long as the
	// watchdog itself works, for whoever watches the watchdog. "" for none.
	Alert, Alive string
	AliveEvery   time.Duration
	// Silence is how long no heartbeat may come, 1 min; Overdue how late work may be, 2 min.
	Silence, Overdue time.Duration
	// Canary is how long ago, by the clock of the service, the daily canary may have been done; 25 h.
	Canary time.Duration
	// Repeat is how often an alarm that goes on is sent again; 10 min.
	Repeat time.Duration
	Clock  clock.Clock
	// Sent is told of each alarm with what became of it.
	Sent func(Alarm, error)
}

// Watchdog raises alarms. Handler takes heartbeats; Run watches.
type Watchdog struct {
	c      Config
	client *http.Client

	mu     sync.Mutex
	heard  time.Time // when the last beat came, or the watch began
	first  time.Time // of the first beat, by the clock of the service
	beat   *Beat
	firing map[string]*firing
	alive  time.Time
}

// firing is an alarm that goes on.
type firing struct {
	since, sent time.Time // sent is zero when nobody could be told
	untold      bool      // the last attempt to tell failed
}

// New makes a Watchdog. The watch begins at once: a service that never speaks is missed.
func New(c Config) *Watchdog {
	c.Silence, c.Overdue = cmp.Or(c.Silence, time.Minute), cmp.Or(c.Overdue, 2*time.Minute)
	c.Canary = cmp.Or(c.Canary, 25*time.Hour)
	c.Repeat, c.AliveEvery = cmp.Or(c.Repeat, 10*time.Minute), cmp.Or(c.AliveEvery, time.Minute)
	if c.Sent == nil {
		c.Sent = func(Alarm, error) {}
	}
	return &Watchdog{c: c, client: &http.Client{Timeout: sendLimit}, heard: c.Clock.Now(), firing: map[string]*firing{}}
}

// maxBeat is the largest heartbeat that is read, in bytes.
const maxBeat = 1 << 14

// Handler takes heartbeats at any path by POST, and says by GET what is wrong: 200 when nothing is, else 503.
func (w *Watchdog) Handler() http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodPost:
			var b Beat
			if err := json.NewDecoder(http.MaxBytesReader(rw, r.Body, maxBeat)).Decode(&b); err != nil {
				http.Error(rw, "a heartbeat is a JSON object with due, sent, failed and oldest_overdue_s", http.StatusBadRequest)
				return
			}
			rw.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(rw).Encode(w.hear(b)) // the reader has gone
		case http.MethodGet:
			wrong := w.wrong(w.c.Clock.Now())
			rw.Header().Set("Content-Type", "application/json")
			if len(wrong) > 0 {
				rw.WriteHeader(http.StatusServiceUnavailable)
			}
			_ = json.NewEncoder(rw).Encode(map[string]any{"alarms": wrong}) // the reader has gone
		default:
			rw.Header().Set("Allow", "GET, POST")
			http.Error(rw, "POST a heartbeat, or GET what is wrong", http.StatusMethodNotAllowed)
		}
	})
}

// hear takes a heartbeat, and says for how long an alarm could not be told.
func (w *Watchdog) hear(b Beat) (h Heard) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.c.Clock.Now()
	w.heard, w.beat = now, &b
	if w.first.IsZero() {
		w.first = b.Time
	}
	for _, f := range w.firing {
		if f.untold {
			h.Untold = max(h.Untold, now.Sub(f.since).Seconds(), 1)
		}
	}
	return h
}

// wrong lists what is wrong at an instant.
func (w *Watchdog) wrong(now time.Time) []Alarm {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := []Alarm{}
	if quiet := now.Sub(w.heard); quiet > w.c.Silence {
		out = append(out, Alarm{
			Alarm: AlarmSilent, Seconds: quiet.Seconds(),
			Text: "No complete sweep of due work has been heard of: reminders and deadlines may not be met.",
		})
	} else if w.beat != nil {
		out = append(out, w.said(w.beat)...)
	}
	for i := range out {
		out[i].State, out[i].Service, out[i].Since, out[i].LastBeat = Firing, w.c.Service, now, w.beat
		if f := w.firing[out[i].Alarm]; f != nil {
			out[i].Since = f.since
		}
	}
	return out
}

// said lists what is wrong by what a heartbeat says. The caller holds mu.
func (w *Watchdog) said(b *Beat) (out []Alarm) {
	if b.OldestOverdue > w.c.Overdue.Seconds() {
		out = append(out, Alarm{
			Alarm: AlarmOverdue, Seconds: b.OldestOverdue,
			Text: "Work that was due is not done although sweeps complete: look at what fails.",
		})
	}
	last := b.Canary
	if last.IsZero() {
		last = w.first // it has yet to be done for the first time
	}
	if ago := b.Time.Sub(last); ago > w.c.Canary {
		out = append(out, Alarm{
			Alarm: AlarmCanary, Seconds: ago.Seconds(),
			Text: "The work that is due each day to be missed was not done: other periodic work may not be done either.",
		})
	}
	if b.Missing > 0 {
		out = append(out, Alarm{
			Alarm: AlarmMissing, Seconds: float64(b.Missing),
			Text: "Due work was not there that should have been, or was there for nothing; see /v1/reconciliation.",
		})
	}
	if b.Dead > 0 {
		out = append(out, Alarm{
			Alarm: AlarmDead, Seconds: float64(b.Dead),
			Text: "Due work was laid aside, as another attempt would fail as well; see /v1/dueWork:dead.",
		})
	}
	if b.OutOfMemory > 0 {
		out = append(out, Alarm{
			Alarm: AlarmMemory, Seconds: float64(b.OutOfMemory),
			Text: "Processes of exports ended for want of memory (OOM); the service goes on and tries them again. See /v1/operations, --worker-memory.",
		})
	}
	return out
}

// Run watches until ctx ends.
func (w *Watchdog) Run(ctx context.Context) error {
	defer w.client.CloseIdleConnections()
	timer := w.c.Clock.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C():
		}
		w.Look(ctx)
		timer.Reset(time.Second)
	}
}

// Look compares what should have been heard with what was, and tells what has changed. One goroutine calls it.
func (w *Watchdog) Look(ctx context.Context) {
	now := w.c.Clock.Now()
	wrong := w.wrong(now)
	still := map[string]bool{}
	for _, a := range wrong {
		still[a.Alarm] = true
		w.fire(ctx, now, a)
	}
	for name, f := range w.firing {
		if still[name] {
			continue
		}
		a := Alarm{
			Alarm: name, State: Resolved, Service: w.c.Service, Since: f.since, LastBeat: w.lastBeat(),
			Seconds: now.Sub(f.since).Seconds(), Text: "It is right again.",
		}
		if f.sent.IsZero() || w.tell(ctx, a) { // nobody need hear the end of what nobody heard of
			w.set(name, nil)
		}
	}
	if w.c.Alive != "" && now.Sub(w.alive) >= w.c.AliveEvery {
		w.alive = now
		_ = post(ctx, w.client, w.c.Alive, map[string]any{"time": now, "service": w.c.Service}, nil) // its absence is the alarm
	}
}

// fire tells of an alarm that is new, or was not told of for a while.
func (w *Watchdog) fire(ctx context.Context, now time.Time, a Alarm) {
	f := w.firing[a.Alarm]
	if f == nil {
		f = &firing{since: now}
		w.set(a.Alarm, f)
	}
	if f.sent.IsZero() || now.Sub(f.sent) >= w.c.Repeat {
		told := w.tell(ctx, a)
		if told {
			f.sent = now
		}
		w.mu.Lock()
		f.untold = !told
		w.mu.Unlock()
	}
}

func (w *Watchdog) set(name string, f *firing) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f == nil {
		delete(w.firing, name)
	} else {
		w.firing[name] = f
	}
}

func (w *Watchdog) lastBeat() *Beat {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.beat
}

// tell posts an alarm; without an address it only says it to Sent.
func (w *Watchdog) tell(ctx context.Context, a Alarm) bool {
	var err error
	if w.c.Alert != "" {
		err = post(ctx, w.client, w.c.Alert, a, nil)
	}
	w.c.Sent(a, err)
	return err == nil
}
