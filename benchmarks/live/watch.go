package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// watchers read the event stream and note when each sees an order assigned.
type watchers struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
	n      int

	mu   sync.Mutex
	sent map[string]time.Time // order -> when its request was due
	seen map[string][]time.Time
}

func startWatchers(ctx context.Context, s *server, n int) (*watchers, error) {
	ctx, cancel := context.WithCancel(ctx)
	w := &watchers{cancel: cancel, n: n, sent: map[string]time.Time{}, seen: map[string][]time.Time{}}
	return w, s.streams(ctx, n, "", &w.done, func(body io.Reader) { w.read(bufio.NewScanner(body)) })
}

// streams opens n event streams and reads each in a goroutine of its own, until ctx ends.
func (s *server) streams(ctx context.Context, n int, query string, done *sync.WaitGroup, read func(io.Reader)) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: n}} // no time-out: streams
	for range n {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/v1/events:stream"+query, nil)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+s.token)
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("event stream: %s", res.Status)
		}
		done.Go(func() {
			defer res.Body.Close() //nolint:errcheck // a stream that is left
			read(res.Body)
		})
	}
	return nil
}

func (w *watchers) read(lines *bufio.Scanner) {
	lines.Buffer(make([]byte, 0, 1<<16), 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data:")
		if !ok || !strings.Contains(data, `"work_order.assigned"`) {
			continue
		}
		now := time.Now()
		var e struct{ WorkOrderID string }
		if json.Unmarshal([]byte(data), &e) == nil {
			w.mu.Lock()
			w.seen[e.WorkOrderID] = append(w.seen[e.WorkOrderID], now)
			w.mu.Unlock()
		}
	}
}

// expect says that an order was assigned, and when its request was due.
func (w *watchers) expect(id string, due time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent[id] = due
}

// wait gives the watchers time and returns how long each assignment took to each of them, from the request on, and how many
// were not seen.
func (w *watchers) wait(limit time.Duration) (took []time.Duration, missed int) {
	for deadline := time.Now().Add(limit); ; time.Sleep(50 * time.Millisecond) {
		took, missed = w.count()
		if missed == 0 || time.Now().After(deadline) {
			return took, missed
		}
	}
}

func (w *watchers) count() (took []time.Duration, missed int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, due := range w.sent {
		for _, at := range w.seen[id][:min(w.n, len(w.seen[id]))] {
			took = append(took, at.Sub(due))
		}
		missed += max(0, w.n-len(w.seen[id]))
	}
	return took, missed
}

func (w *watchers) stop() {
	w.cancel()
	w.done.Wait()
}

// summary is the spread of a set of durations in milliseconds.
type summary struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func summarise(ds []time.Duration) summary {
	if len(ds) == 0 {
		return summary{}
	}
	slices.Sort(ds)
	at := func(q float64) float64 {
		return float64(ds[min(len(ds)-1, int(q*float64(len(ds))))].Microseconds()) / 1000
	}
	return summary{P50: at(0.5), P95: at(0.95), P99: at(0.99), Max: at(1)}
}
