package outside

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// What may be left of clients that have gone (R-L9).
const (
	leftGoroutines = 10
	leftFiles      = 10
	leftMB         = 4 // of memory in use, over a whole run: what a leak of 1 MiB an hour is lost in
)

// leavers are the ways in which clients go: in the middle, without a word, while they wait. Each returns when it has gone.
func leavers() map[string]func(c *leaver) error {
	return map[string]func(c *leaver) error{
		"a stream of events that is cancelled": func(c *leaver) error {
			return c.begin(http.MethodGet, "/v1/events:stream?positions=true", map[string]string{"Last-Event-ID": "1"}, nil, 1)
		},
		"a gRPC stream of events that is cancelled": func(c *leaver) error {
			return c.grpc("dispatch.v1.EventService/WatchEvents", bytes.NewReader([]byte{0, 0, 0, 0, 2, 8, 1}), 5)
		},
		"a gRPC stream of positions that stops in a message": func(c *leaver) error {
			return c.grpc("dispatch.v1.PositionService/StreamPositions", &partial{data: []byte{0, 0, 0, 1, 0, 1, 2, 3}}, 0)
		},
		"a call that waits and is cancelled": func(c *leaver) error {
			return c.begin(http.MethodGet, c.list, map[string]string{"Prefer": "wait=60", "If-None-Match": c.etag}, nil, 0)
		},
		"a body that stops": func(c *leaver) error {
			head := map[string]string{"Idempotency-Key": "stops", "Content-Type": "application/json"}
			return c.begin(http.MethodPost, "/v1/workOrders", head, &partial{data: []byte(`{"unitId": "`)}, 0)
		},
		"a stream that is closed on one side": func(c *leaver) error {
			return c.half("GET /v1/events:stream HTTP/1.1\r\n%sLast-Event-ID: 1\r\n\r\n", (*net.TCPConn).CloseWrite)
		},
		"a stream whose connection is reset": func(c *leaver) error {
			return c.half("GET /v1/events:stream HTTP/1.1\r\n%sLast-Event-ID: 1\r\n\r\n", func(conn *net.TCPConn) error { return conn.SetLinger(0) })
		},
		"an upload whose connection is reset": func(c *leaver) error {
			return c.half("POST /v1/workOrders/wo_1/photos HTTP/1.1\r\n%sIdempotency-Key: k\r\nContent-Type: image/png\r\nContent-Length: 1000000\r\n\r\nxxxx",
				func(conn *net.TCPConn) error { return conn.SetLinger(0) })
		},
	}
}

// partial is a body that stops in the middle until its client has gone.
type partial struct {
	data []byte
	gone <-chan struct{}
}

// Read implements io.Reader.
func (p *partial) Read(to []byte) (int, error) {
	if n := copy(to, p.data); n > 0 {
		p.data = p.data[n:]
		return n, nil
	}
	<-p.gone
	return 0, io.ErrUnexpectedEOF
}

// leaver is a client that goes.
type leaver struct {
	s          *service
	rng        *rand.Rand
	list, etag string
	mu         sync.Mutex
	conns      []net.Conn      // of calls, closed when the client goes
	two        *http.Transport // HTTP/2: calls share its connection, and go one by one
}

// newLeaver makes a client that is told apart by two numbers.
func newLeaver(s *service, list, etag string, round, worker int) *leaver {
	c := &leaver{s: s, rng: rand.New(rand.NewPCG(uint64(round), uint64(worker))), list: list, etag: etag}
	c.two = c.transport()
	c.two.Protocols = new(http.Protocols)
	c.two.Protocols.SetUnencryptedHTTP2(true)
	return c
}

// transport keeps its connections where they can be closed, whatever they are used for.
func (c *leaver) transport() *http.Transport {
	var d net.Dialer
	return &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := d.DialContext(ctx, network, address)
		if err == nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.conns = append(c.conns, conn)
		}
		return conn, err
	}}
}

// leave closes all connections.
func (c *leaver) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		_ = conn.Close()
	}
}

// gone is how long a client stays: nothing waits for the moment.
func (c *leaver) gone() time.Duration { return time.Duration(c.rng.IntN(8)) * time.Millisecond }

// begin makes a call, reads as many bytes of its answer, and goes.
func (c *leaver) begin(method, path string, header map[string]string, body io.Reader, read int64) error {
	return c.call(c.transport(), method, path, header, body, read)
}

// grpc calls a method by HTTP/2 and frames of its own, reads as many bytes, and ends the call alone.
func (c *leaver) grpc(method string, body io.Reader, read int64) error {
	return c.call(c.two, http.MethodPost, "/fettle."+method, map[string]string{"Content-Type": "application/grpc", "TE": "trailers"}, body, read)
}

func (c *leaver) call(t *http.Transport, method, path string, header map[string]string, body io.Reader, read int64) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if p, ok := body.(*partial); ok {
		p.gone = ctx.Done()
	}
	req, err := http.NewRequestWithContext(ctx, method, c.s.url+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.s.token)
	for name, value := range header {
		req.Header.Set(name, value)
	}
	if read == 0 { // no answer is waited for
		timer := time.AfterFunc(c.gone()+time.Millisecond, cancel)
		defer timer.Stop()
	}
	res, err := t.RoundTrip(req)
	if err != nil {
		if read == 0 && ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("%s: %w", path, err)
	}
	defer res.Body.Close() //nolint:errcheck // it goes in the middle
	if _, err = io.CopyN(io.Discard, res.Body, read); err != nil {
		return fmt.Errorf("%s: %s, %w", path, res.Status, err)
	}
	time.Sleep(c.gone()) // the moment of the fault: nothing waits for it
	return nil
}

// half sends a request on a connection of its own, does something to that, and goes.
func (c *leaver) half(text string, do func(*net.TCPConn) error) error {
	conn, head := c.s.dial()
	defer conn.Close() //nolint:errcheck // it is broken
	if _, err := fmt.Fprintf(conn, text, head); err != nil {
		return err
	}
	if strings.HasPrefix(text, "GET") {
		if _, err := bufio.NewReader(conn).ReadByte(); err != nil {
			return err
		}
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return fmt.Errorf("a connection of type %T", conn)
	}
	err := do(tcp)
	time.Sleep(c.gone()) // the moment of the fault: nothing waits for it
	return err
}

// files is how many files and connections a process has open; -1 where the system does not tell.
func (s *service) files() int {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid))
	if err != nil {
		return -1
	}
	return len(entries)
}

// TestNothingIsLeftOfWhoLeaves is row R-L9: clients come and go, in each way in which one can go, and afterwards the service has as
// many goroutines and open files as before, and as much memory. In the long run that goes on for five minutes, with a program that counts
// goroutines which can never go on.
func TestNothingIsLeftOfWhoLeaves(t *testing.T) {
	if full() && os.Getenv("FETTLE_OUTSIDE_BINARY") == "" && !raceEnabled {
		saved := binary
		binary = leakProgram(t)
		t.Cleanup(func() { binary = saved })
	}
	s := start(t, t.TempDir())
	id := hire(s, 1)[0]
	rng := rand.New(rand.NewPCG(seed(t), 41))
	for i := range 3 {
		report(s, rng, fmt.Sprint("soak-", i))
	}
	list := "/v1/technicians/" + id + "/assignments"
	etag := s.send(request{method: http.MethodGet, path: list}).header.Get("ETag")
	soak := func(name string, rounds int, until time.Time) int {
		t.Helper()
		n := 0
		for round := 0; round < rounds || time.Now().Before(until); round++ {
			add, check := failures(t)
			together(8, func(w int) {
				c := newLeaver(s, list, etag, round, w)
				defer c.leave()
				for way, leave := range leavers() {
					if err := leave(c); err != nil {
						add("%s, %s: %v", name, way, err)
					}
				}
			})
			n += 8 * len(leavers())
			check()
			if t.Failed() {
				t.FailNow()
			}
		}
		return n
	}
	before, opened := s.goroutines(), s.files()
	soak("warm", 2, time.Time{})
	rested := func(goroutines, files int) func() bool {
		return func() bool {
			s.client.CloseIdleConnections()
			return s.goroutines() <= goroutines+leftGoroutines && s.files() <= files+leftFiles
		}
	}
	eventually(t, time.Minute, "LEAK: goroutines and files of clients that warmed up are gone", rested(before, opened))
	goroutines, files, memory := s.goroutines(), s.files(), s.liveMB()
	var until time.Time
	if full() {
		until = time.Now().Add(5 * time.Minute)
	}
	n := soak("soak", count(16, 64, "FETTLE_TORTURE_SOAK"), until)
	deadline := time.Now().Add(time.Minute)
	for ok := rested(goroutines, files); !ok() && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond) // they go by themselves
	}
	nowGoroutines, nowFiles, nowMemory := s.goroutines(), s.files(), s.liveMB()
	t.Logf("%d clients left: goroutines %d -> %d, files %d -> %d, memory %.1f -> %.1f MiB", n, goroutines, nowGoroutines, files, nowFiles, memory, nowMemory)
	if nowGoroutines > goroutines+leftGoroutines || nowFiles > files+leftFiles {
		_, body, _ := s.get(s.admin + "/debug/pprof/goroutine?debug=1")
		t.Errorf("LEAK: %d goroutines and %d files are left of %d clients:\n%.4000s", nowGoroutines-goroutines, nowFiles-files, n, body)
	}
	if nowMemory > memory+leftMB && !raceEnabled {
		t.Errorf("LEAK: %.1f MiB are left of %d clients", nowMemory-memory, n)
	}
	if binary == s.cmd.Path && full() {
		stuck(t, s)
	}
	s.alive()
}

// leakProgram is the program with a profile of goroutines that nothing can wake.
func leakProgram(t *testing.T) string {
	t.Helper()
	t.Setenv("GOEXPERIMENT", "goroutineleakprofile")
	to := filepath.Join(t.TempDir(), "fettle")
	if err := build(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	return to
}

// stuck wants no goroutine in that profile, where the program has it.
func stuck(t *testing.T, s *service) {
	t.Helper()
	status, body, err := s.get(s.admin + "/debug/pprof/goroutineleak?debug=1")
	if err != nil || status == http.StatusNotFound {
		t.Logf("no profile of leaks: %d, %v", status, err)
		return
	}
	head, _, _ := bytes.Cut(body, []byte("\n"))
	t.Logf("%s", head)
	if !bytes.HasSuffix(head, []byte("total 0")) {
		t.Errorf("LEAK: goroutines that nothing can wake:\n%.3000s", body)
	}
}
