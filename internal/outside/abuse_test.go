package outside

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// beside makes ordinary calls until stop, and returns how many there were and the first that failed.
func beside(s *service, stop <-chan struct{}) (calls int, failed string) {
	for {
		select {
		case <-stop:
			return calls, failed
		case <-time.After(5 * time.Millisecond):
		}
		calls++
		if a := s.send(request{method: http.MethodGet, path: "/v1/workOrders?pageSize=1"}); !a.ok() && failed == "" {
			failed = a.String()
		}
	}
}

// cut reports that the other end has ended a connection, or answered it, within a while.
func cut(conn net.Conn, within time.Duration) bool {
	_ = conn.SetReadDeadline(time.Now().Add(within))
	_, err := io.Copy(io.Discard, conn)
	return !errors.Is(err, os.ErrDeadlineExceeded)
}

// TestSlowLoris is row R-G1: connections that send a byte a second of their head, or of their body, are cut within 15 s and
// some, and others notice nothing.
func TestSlowLoris(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	goroutines := s.goroutines()
	stop := make(chan struct{})
	var calls int
	var failed string
	var normal, slow sync.WaitGroup
	normal.Go(func() { calls, failed = beside(s, stop) })
	add, check := failures(t)
	n := count(60, 5000, "FETTLE_TORTURE_SLOW")
	for i := range n {
		conn, head := s.dial()
		begin := "GET /v1/workOrders HTTP/1.1\r\n" + head + "X-Slow: "
		if i%2 == 1 {
			begin = "POST /v1/workOrders HTTP/1.1\r\n" + head + "Idempotency-Key: slow\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
		}
		slow.Go(func() {
			defer conn.Close() //nolint:errcheck // it is to be cut
			say(t, conn, "%s", begin)
			trickle := make(chan struct{})
			go func() {
				defer close(trickle)
				for {
					if _, err := conn.Write([]byte(" ")); err != nil {
						return
					}
					time.Sleep(time.Second)
				}
			}()
			if !cut(conn, 25*time.Second) { // 15 s, and what a busy machine takes
				add("connection %d is still open after 25 s", i)
			}
			_ = conn.Close()
			<-trickle
		})
	}
	slow.Wait()
	close(stop)
	normal.Wait()
	check()
	if failed != "" || calls == 0 {
		t.Errorf("of %d ordinary calls one failed: %s", calls, failed)
	}
	eventually(t, 30*time.Second, "the goroutines of slow connections end", func() bool { return s.goroutines() <= goroutines+10 })
}

// frame is one of HTTP/2 (RFC 9113, section 4.1).
func frame(kind, flags byte, stream uint32, payload []byte) []byte {
	out := make([]byte, 0, 9+len(payload))
	out = append(out, byte(len(payload)>>16), byte(len(payload)>>8), byte(len(payload)), kind, flags)
	out = append(out, byte(stream>>24), byte(stream>>16), byte(stream>>8), byte(stream))
	return append(out, payload...)
}

// The kinds of frames that are sent here, and their flags.
const (
	headersFrame, resetFrame, settingsFrame, pingFrame, continuationFrame byte = 1, 3, 4, 6, 9
	endStream, endHeaders                                                 byte = 1, 4
)

// h2Attacks write frames without end; each is one connection.
func h2Attacks() map[string]func(w io.Writer, i int) error {
	get := append([]byte{0x82, 0x86, 0x84, 0x41, 1}, 'x') // GET http / of host x (RFC 7541)
	long := bytes.Repeat([]byte{0x40, 1, 'a', 1, 'b'}, 200)
	write := func(w io.Writer, frames ...[]byte) error {
		_, err := w.Write(bytes.Join(frames, nil))
		return err
	}
	return map[string]func(w io.Writer, i int) error{
		"rapid reset": func(w io.Writer, i int) error {
			id := uint32(2*i + 1)
			return write(w, frame(headersFrame, endHeaders|endStream, id, get), frame(resetFrame, 0, id, []byte{0, 0, 0, 8}))
		},
		"streams without end": func(w io.Writer, i int) error {
			return write(w, frame(headersFrame, endHeaders, uint32(2*i+1), get))
		},
		"continuation": func(w io.Writer, i int) error {
			if i == 0 {
				return write(w, frame(headersFrame, endStream, 1, get))
			}
			return write(w, frame(continuationFrame, 0, 1, long))
		},
		"pings":    func(w io.Writer, _ int) error { return write(w, frame(pingFrame, 0, 0, make([]byte, 8))) },
		"settings": func(w io.Writer, _ int) error { return write(w, frame(settingsFrame, 0, 0, nil)) },
	}
}

// TestHTTP2Abuse is row R-G4: floods of frames on connections of their own end those, or are worked off; others are served
// all the while, and nothing is left of it.
func TestHTTP2Abuse(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	goroutines, memory := s.goroutines(), s.liveMB()
	stop := make(chan struct{})
	var calls int
	var failed string
	var normal sync.WaitGroup
	normal.Go(func() { calls, failed = beside(s, stop) })
	frames := count(10_000, 100_000, "FETTLE_TORTURE_FRAMES")
	for name, attack := range h2Attacks() {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close() //nolint:errcheck // it may be cut already
			go func() { _, _ = io.Copy(io.Discard, conn) }()
			say(t, conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n%s", frame(settingsFrame, 0, 0, nil))
			sent := 0
			_ = conn.SetWriteDeadline(time.Now().Add(20 * time.Second))
			for ; sent < frames; sent++ {
				if err := attack(conn, sent); err != nil {
					break // cut, or no longer read
				}
			}
			t.Logf("%d of %d frames were taken", sent, frames)
			if name == "continuation" && sent == frames {
				t.Error("a head of any size was taken")
			}
		})
	}
	close(stop)
	normal.Wait()
	if failed != "" || calls == 0 {
		t.Errorf("of %d ordinary calls one failed: %s", calls, failed)
	}
	eventually(t, 30*time.Second, "the goroutines of the floods end", func() bool { return s.goroutines() <= goroutines+10 })
	if now := s.liveMB(); now > memory+64 {
		t.Errorf("%.0f MiB are in use, %.0f were before", now, memory)
	}
}

// injections are texts that end a statement, a literal, a path or a header somewhere.
func injections() []string {
	return []string{
		`'`, `''`, `"`, `\`, "`", `';--`, `' OR '1'='1`, `" OR ""="`, `'; DROP TABLE work_orders;--`, `1; SELECT pg_sleep(10);--`,
		`'||(SELECT pg_sleep(10))||'`, `' UNION SELECT name, sql FROM sqlite_master;--`, `') OR 1=1;--`, `$1`, `$$; DROP TABLE events; $$`,
		`%`, `_`, `%%%`, `*`, `{"$gt":""}`, `{}`, `[]`, `null`, `${jndi:ldap://127.0.0.1/a}`, `{{7*7}}`, `<script>alert(1)</script>`,
		`../../admin.token`, `..%2f..%2fadmin.token`, `x' AND randomblob(1000000000) --`, `1e309`, `-1`, "a\tb", `a;b`, `a|b`, `&amp;`,
		`); VACUUM;--`, `x'; ATTACH DATABASE '/tmp/x' AS y;--`, `E'\\x27'`, `\u0027`, `' || current_user || '`,
	}
}

// TestInjection is row R-G5, for both stores: what looks like a statement is text in every field, id and parameter.
func TestInjection(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string]func(t *testing.T) []string{
		"file":       func(*testing.T) []string { return nil },
		"PostgreSQL": func(t *testing.T) []string { t.Helper(); return []string{"--db", postgres.Database(t, "")} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, t.TempDir(), flags(t)...)
			for i, text := range injections() {
				inject(s, i, text)
			}
			if got := len(s.orders("")); got != len(injections()) {
				t.Errorf("%d orders are there, want %d", got, len(injections()))
			}
		})
	}
}

// inject sends a text as every field of an order, as an id and as every parameter of its list.
func inject(s *service, i int, text string) {
	s.t.Helper()
	body := map[string]any{
		"location": map[string]any{"latitude": 30.2, "longitude": 120.2}, "unitId": text, "buildingId": text, "description": text, "territory": text,
	}
	began := time.Now()
	var made, read struct{ ID, UnitID, Description, Territory string }
	s.must(request{method: http.MethodPost, path: "/v1/workOrders", key: fmt.Sprintf("i-%d", i), body: encode(body)}, &made)
	s.read("/v1/workOrders/"+made.ID, &read)
	if read.UnitID != text || read.Description != text || read.Territory != text {
		s.t.Errorf("%q came back as %+v", text, read)
	}
	found := 0
	for _, o := range s.orders("") {
		if o.ID == made.ID {
			found++
		}
	}
	if found != 1 {
		s.t.Errorf("%q: the order is listed %d times", text, found)
	}
	escaped := escapeAll(text)
	for _, path := range []string{
		"/v1/workOrders/" + escaped, "/v1/technicians/" + escaped, "/v1/workOrders?pageToken=" + escaped, "/v1/workOrders?unitId=" + escaped,
		"/v1/workOrders?orderBy=" + escaped, "/v1/workOrders?filter=" + escaped, "/v1/workOrders?states=" + escaped,
		"/v1/technicians?pageToken=" + escaped, "/v1/events:stream?lastEventId=x" + escaped,
	} {
		if a := s.send(request{method: http.MethodGet, path: path}); a.err != nil || a.status >= 500 || a.status == http.StatusOK && !strings.Contains(path, "unitId") {
			s.t.Errorf("%s: %v", path, a)
		}
	}
	if took := time.Since(began); took > 9*time.Second { // a statement that sleeps takes 10
		s.t.Errorf("%q took %v", text, took)
	}
}

// escapeAll escapes every byte of a text.
func escapeAll(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}
