// Package watchdog notices silence. A service sends a heartbeat after each complete sweep of its due work, with what the
// sweep found (Heart); a process of its own raises an alarm when none arrives, or when one says that work is left undone
// (Watchdog). Neither has a timer that would go on when the work does not: a service that is alive and stuck is silent.
package watchdog

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// Beat is what a sweep found.
type Beat struct {
	Time   time.Time `json:"time"` // of the end of the sweep, by the service's clock
	Due    int       `json:"due"`
	Sent   int       `json:"sent"` // done in this sweep
	Failed int       `json:"failed"`
	// OldestOverdue is how late the oldest work is that is still not done, in seconds.
	OldestOverdue float64 `json:"oldest_overdue_s"`
}

// sendLimit is how long a heartbeat or an alarm may take.
const sendLimit = 5 * time.Second

// beatEvery is the least time between two heartbeats: sweeps come more often.
const beatEvery = 5 * time.Second

// Heart sends heartbeats to an address. A beat that finds the one before still on its way is left out.
type Heart struct {
	url    string
	client *http.Client
	failed func(error)
	beats  chan Beat
	last   time.Time // owned by the caller of Beat
	done   sync.WaitGroup
	stop   context.CancelFunc
}

// NewHeart makes one that reports what it cannot send to failed.
func NewHeart(ctx context.Context, url string, failed func(error)) *Heart {
	h := &Heart{url: url, client: &http.Client{Timeout: sendLimit}, failed: failed, beats: make(chan Beat, 1)}
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
			if err := post(ctx, h.client, h.url, b); err != nil && ctx.Err() == nil {
				h.failed(err)
			}
		}
	}
}

// Close stops sending.
func (h *Heart) Close() {
	h.stop()
	h.done.Wait()
	h.client.CloseIdleConnections()
}

// post sends a value as JSON and wants a 2xx.
func post(ctx context.Context, c *http.Client, url string, v any) error {
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
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16)) // so that the connection can be used again
	_ = res.Body.Close()
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("post to %s: the answer was %s", url, res.Status)
	}
	return nil
}
