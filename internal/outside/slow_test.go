package outside

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestSlowWatchers opens 120 streams that are never read beside 12 that are (R-L10): those who read get every event, the
// others cost no memory to speak of, and when all have hung up nothing of them is left.
func TestSlowWatchers(t *testing.T) {
	s := start(t, t.TempDir())
	hire(s, 16)
	orders := count(400, 3000, "FETTLE_TORTURE_EVENTS")
	postMany(s, "warm", orders) // what orders cost without streams
	s.client.CloseIdleConnections()
	before, memory, resident := s.goroutines(), s.liveMB(), s.residentMB()
	frozen := make([]net.Conn, count(120, 400, "FETTLE_TORTURE_FROZEN"))
	for i := range frozen {
		frozen[i] = s.freeze()
	}
	readers := make([]*reader, 12)
	for i := range readers {
		readers[i] = &reader{stream: s.watch(request{method: http.MethodGet, path: "/v1/events:stream?positions=true"}), seen: map[string]time.Time{}}
		readers[i].done.Go(readers[i].read)
	}
	posted := postMany(s, "many", orders)
	eventually(t, 30*time.Second, "every reader has every order", func() bool {
		return !slices.ContainsFunc(readers, func(r *reader) bool { return r.missing(posted) > 0 })
	})
	grown := s.liveMB() - memory
	if during := s.goroutines(); during > before+4*(len(frozen)+len(readers))+50 {
		t.Errorf("%d goroutines for %d streams", during-before, len(frozen)+len(readers))
	}
	var late []time.Duration
	for _, r := range readers {
		late = append(late, r.delays(posted)...)
	}
	slices.Sort(late)
	t.Logf("%d frozen, %d readers, %d orders: seen after p50 %v p99 %v; memory +%.1f MiB live, +%.1f resident", len(frozen), len(readers), len(posted),
		late[len(late)/2].Round(time.Millisecond), late[len(late)*99/100].Round(time.Millisecond), grown, s.residentMB()-resident)
	if limit := 50.0; grown > limit {
		t.Errorf("memory grew by %.0f MiB, want at most %.0f", grown, limit)
	}
	for _, r := range readers {
		r.stream.close()
		r.done.Wait()
		if r.gap != "" {
			t.Error(r.gap)
		}
	}
	for _, c := range frozen {
		_ = c.Close()
	}
	s.client.CloseIdleConnections()
	// The goroutines of streams end with their connections; a few of the profile's own may come and go.
	eventually(t, 30*time.Second, "goroutines of streams are gone", func() bool {
		s.client.CloseIdleConnections()
		return s.goroutines() <= before+5
	})
	s.alive()
}

// freeze opens a stream with the smallest window that the system gives, and never reads from it.
func (s *service) freeze() net.Conn { return s.freezeFrom("") }

// freezeFrom is freeze with more lines in the head of the request.
func (s *service) freezeFrom(lines string) net.Conn {
	s.t.Helper()
	conn := s.narrow()
	say(s.t, conn, "GET /v1/events:stream?positions=true HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n%s\r\n",
		strings.TrimPrefix(s.url, "http://"), s.token, lines)
	return conn
}

// narrow connects with the smallest window that the system gives.
func (s *service) narrow() net.Conn {
	s.t.Helper()
	d := net.Dialer{Timeout: 30 * time.Second, Control: func(_, _ string, c syscall.RawConn) error {
		var fault error
		err := c.Control(func(fd uintptr) { fault = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 1) })
		if err == nil {
			err = fault
		}
		return err
	}}
	conn, err := d.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// reader reads a stream and notes when it sees each order.
type reader struct {
	stream *stream
	done   sync.WaitGroup
	mu     sync.Mutex
	seen   map[string]time.Time
	last   int
	gap    string
}

func (r *reader) read() {
	for e := range r.stream.events(time.Minute) {
		now := time.Now()
		r.mu.Lock()
		if e.id > 0 && r.last > 0 && e.id != r.last+1 {
			r.gap = fmt.Sprintf("event %d follows %d", e.id, r.last)
		}
		if e.id > 0 {
			r.last = e.id
		}
		if e.kind == "work_order.created" {
			_, rest, _ := strings.Cut(string(e.data), `"workOrderId"`)
			if _, rest, ok := strings.Cut(rest, `"`); ok {
				id, _, _ := strings.Cut(rest, `"`)
				r.seen[id] = now
			}
		}
		r.mu.Unlock()
	}
}

func (r *reader) missing(posted map[string]time.Time) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for id := range posted {
		if _, ok := r.seen[id]; !ok {
			n++
		}
	}
	return n
}

// delays are the times from the request of each order until it was seen.
func (r *reader) delays(posted map[string]time.Time) []time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []time.Duration
	for id, at := range posted {
		out = append(out, r.seen[id].Sub(at))
	}
	return out
}

// postMany posts orders, four at a time, and returns when the request of each went out. Most are canceled at once, so that
// routes stay short and there is more to tell.
func postMany(s *service, name string, n int) map[string]time.Time {
	s.t.Helper()
	var mu sync.Mutex
	posted := map[string]time.Time{}
	fail, check := failures(s.t)
	together(4, func(w int) {
		rng := rand.New(rand.NewPCG(5, uint64(w)))
		for i := w; i < n; i += 4 {
			body := newOrder(rng, fmt.Sprintf("%s-%d", name, i))
			body["description"] = strings.Repeat("a long story. ", 100)
			at := time.Now()
			a := s.send(request{method: http.MethodPost, path: "/v1/workOrders", key: fmt.Sprintf("%s-%d", name, i), body: encode(body)})
			var o order
			if err := decode(a, &o); err != nil {
				fail("post: %v", err)
				return
			}
			mu.Lock()
			posted[o.ID] = at
			mu.Unlock()
			if i%8 != 0 {
				if a := s.send(verb(o.ID, "cancel", fmt.Sprintf("%s-cancel-%d", name, i), map[string]any{"reason": "test"})); !a.ok() {
					fail("cancel: %v", a)
				}
			}
		}
	})
	check()
	return posted
}

// TestLateWatchers lets 120 watchers that never read come back after a restart, when the past is in the log alone, and ask for
// all of it: what the service reads for each of them is bounded.
func TestLateWatchers(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	hire(s, 16)
	postMany(s, "past", count(400, 2000, "FETTLE_TORTURE_EVENTS"))
	s.kill()
	s = start(t, dir)
	var marker order
	s.must(request{method: http.MethodPost, path: "/v1/workOrders", key: "late", body: encode(newOrder(rand.New(rand.NewPCG(7, 7)), "late"))}, &marker)
	before, memory := s.goroutines(), s.liveMB()
	frozen := make([]net.Conn, count(120, 400, "FETTLE_TORTURE_FROZEN"))
	for i := range frozen {
		frozen[i] = s.freezeFrom("Last-Event-ID: 1\r\n")
	}
	st := s.watch(request{method: http.MethodGet, path: "/v1/events:stream", header: map[string]string{"Last-Event-ID": "1"}})
	defer st.close()
	events := 0
	for e := range st.events(30 * time.Second) {
		events++
		if strings.Contains(string(e.data), marker.ID) {
			break
		}
	}
	if n := s.goroutines() - before; n < len(frozen) {
		t.Errorf("%d goroutines for %d streams: they are not open", n, len(frozen))
	}
	grown := s.liveMB() - memory
	t.Logf("%d frozen at the beginning of %d events: memory +%.1f MiB live", len(frozen), events, grown)
	if limit := 50.0; grown > limit {
		t.Errorf("memory grew by %.0f MiB, want at most %.0f", grown, limit)
	}
	s.alive()
}
