package outside

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// dial opens a connection of its own, and returns the lines of a head that every request has.
func (s *service) dial() (net.Conn, string) {
	s.t.Helper()
	host := strings.TrimPrefix(s.url, "http://")
	conn, err := net.DialTimeout("tcp", host, 30*time.Second)
	if err != nil {
		s.t.Fatal(err)
	}
	return conn, fmt.Sprintf("Host: %s\r\nAuthorization: Bearer %s\r\n", host, s.token)
}

// say writes to a connection.
func say(t testing.TB, conn net.Conn, format string, args ...any) {
	t.Helper()
	if _, err := fmt.Fprintf(conn, format, args...); err != nil {
		t.Fatal(err)
	}
}

// readAnswer reads one answer off a connection.
func readAnswer(conn net.Conn) answer {
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return answer{err: err}
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return answer{err: err}
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	a := answer{status: res.StatusCode, header: res.Header}
	a.body, a.err = io.ReadAll(res.Body)
	return a
}
