// Package watchdog notices silence. A service sends a heartbeat after each complete sweep of its due work, with what the
// sweep found (Heart); a process of its own raises an alarm when none arrives, or when one says that work is left undone
// (Watchdog). Neither has a timer that would go on when the work does not: a service that is alive and stuck is silent.
package watchdog

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"fettle/internal/clock"
)

// Beat is what a sweep found.
type Beat struct {
	Time   time.Time `json:"time"` // of the end of the sweep, by the service's clock
	Due    int       `json:"due"`
	Sent   int       `json:"sent"` // done in this sweep
	Failed int       `json:"failed"`
	// OldestOverdue is how late the oldest work is that is still not done, in seconds.
	OldestOverdue float64 `json:"oldest_overdue_s"`
	Dead          int     `json:"dead"`    // laid aside, as another attempt would fail as well
	Missing       int     `json:"missing"` // what the last account missed, or found too much; it was repaired
	// OutOfMemory is how many worker processes have ended for want of memory in the last minutes.
	OutOfMemory int `json:"out_of_memory"`
	// Canary is when the work was done last that is due each day for no other reason than to be missed; zero when never.
	Canary time.Time `json:"canary,omitzero"`
}

// Heard is what a watchdog answers to a heartbeat.
type Heard struct {
	// Untold is for how many seconds an alarm could not be told to anybody; 0 when all were.
	Untold float64 `json:"untold_s"`
}

// sendLimit is how long a heartbeat or an alarm may take.
const sendLimit = 5 * time.Second

// beatEvery is the least time between two heartbeats: sweeps come more often.
const beatEvery = 5 * time.Second

// The alarms of a service about its watchdog.
const (
	AlarmUnheard = "WATCHDOG_MISSING" // nobody takes heartbeats
	AlarmUntold  = "ALARMS_NOT_TOLD"  // the watchdog is there, and its alarms reach nobody
)

// HeartConfig says where heartbeats go.
type HeartConfig struct {
	// URL takes heartbeats. Alert is the second channel, which hears when they are not taken, or when the alarms of the
	// watchdog reach nobody, for longer than Patience (2 min); "" for none.
	URL, Alert string
	Service    string
	Patience   time.Duration
	Clock      clock.Clock
	// Failed hears of each heartbeat and alarm that was not taken.
	Failed func(error)
}

// Heart sends heartbeats to an address. A beat that finds the one before still on its way is left out.
type Heart struct {
	c      HeartConfig
	client *http.Client
	wrong  map[string]*firing // by alarm
	beats  chan Beat
	last   time.Time // owned by the caller of Beat
	done   sync.WaitGroup
	stop   context.CancelFunc
}

// NewHeart makes one.
func NewHeart(ctx context.Context, c HeartConfig) *Heart {
	c.Patience = cmp.Or(c.Patience, 2*time.Minute)
	h := &Heart{c: c, client: &http.Client{Timeout: sendLimit}, beats: make(chan Beat, 1), wrong: map[string]*firing{}}
	ctx, h.stop = context.WithCancel(context.WithoutCancel(ctx))
	h.done.Go(func() { h.run(ctx) })
	return h
}

// Beat sends what a complete sweep has found, now being the time of the machine. It never blocks; one goroutine calls it.
func (h *Heart) Beat(now time.Time, b Beat) {
	if now.Sub(h.last) < beatEvery && !now.Before(h.last) {
		return
	}
	select {
	case h.beats <- b:
		h.last = now
	default:
	}
}

func (h *Heart) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case b := <-h.beats:
			var heard Heard
			err := post(ctx, h.client, h.c.URL, b, &heard)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				h.c.Failed(err)
			}
			h.watch(ctx, AlarmUnheard, err != nil, "Nobody takes the heartbeats of the service: if it stops, nobody will be told.")
			if err == nil {
				h.watch(ctx, AlarmUntold, heard.Untold > 0, "The watchdog lives, and its alarms reach nobody.")
			}
		}
	}
}

// watch tells the second channel when something has been wrong for longer than the patience, again every ten minutes, and
// when it is right again.
func (h *Heart) watch(ctx context.Context, alarm string, wrong bool, text string) {
	now := h.c.Clock.Now()
	f := h.wrong[alarm]
	a := Alarm{Alarm: alarm, State: Firing, Service: h.c.Service, Since: now, Text: text}
	switch {
	case wrong && f == nil:
		h.wrong[alarm] = &firing{since: now}
		return
	case !wrong && f == nil:
		return
	case wrong && (now.Sub(f.since) < h.c.Patience || !f.sent.IsZero() && now.Sub(f.sent) < repeat):
		return
	case !wrong && f.sent.IsZero(): // nobody need hear the end of what nobody heard of
		delete(h.wrong, alarm)
		return
	case !wrong:
		a.State, a.Text = Resolved, "It is right again."
	}
	a.Since, a.Seconds = f.since, now.Sub(f.since).Seconds()
	if h.c.Alert != "" {
		if err := post(ctx, h.client, h.c.Alert, a, nil); err != nil {
			h.c.Failed(err)
			return
		}
	}
	f.sent = now
	if !wrong {
		delete(h.wrong, alarm)
	}
}

// repeat is how often an alarm that goes on is sent again.
const repeat = 10 * time.Minute

// Close stops sending.
func (h *Heart) Close() {
	h.stop()
	h.done.Wait()
	h.client.CloseIdleConnections()
}

// maxAnswer is how much of an answer is read, in bytes.
const maxAnswer = 1 << 16

// post sends a value as JSON and wants a 2xx. An answer that is JSON is read into answer, unless that is nil.
func post(ctx context.Context, c *http.Client, url string, v, answer any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("post to %s: %w", url, err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := c.Do(req)
	if err != nil {
		return fmt.Errorf("post: %w", err)
	}
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer)) // all of it, so that the connection can be used again
	_ = res.Body.Close()
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("post to %s: the answer was %s", url, res.Status)
	}
	if answer != nil {
		_ = json.Unmarshal(text, answer) // others that take heartbeats answer what they like
	}
	return nil
}
