package outside

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// readyWithin is how long a process may take until it is ready; the figure that is promised is measured, not asserted.
const readyWithin = time.Minute

// service is a running process with how to talk to it.
type service struct {
	t          testing.TB
	dir        string
	url, admin string
	token      string
	client     *http.Client
	cmd        *exec.Cmd
	ready      time.Duration // from start to the first 200 of /readyz
	output     *tail
	ended      chan struct{} // closed when the process is gone
	exit       error         // of the process, once ended
}

// start runs the program on a data directory, with more flags if there are any, and waits until it is ready. The process
// dies with the test.
func start(t testing.TB, dir string, flags ...string) *service {
	t.Helper()
	return startProgram(t, binary, dir, flags...)
}

// startProgram is start of another program than the one under test.
func startProgram(t testing.TB, program, dir string, flags ...string) *service {
	t.Helper()
	for range 5 {
		s, err := tryStart(t, program, dir, flags...)
		if err == nil {
			return s
		}
		if s == nil || !strings.Contains(s.output.String(), "address already in use") {
			t.Fatalf("the service does not start on %s: %v\n%s", dir, err, output(s))
		}
	}
	t.Fatal("five ports were taken by others before the service had them")
	return nil
}

func output(s *service) string {
	if s == nil {
		return ""
	}
	return s.output.String()
}

func tryStart(t testing.TB, program, dir string, flags ...string) (*service, error) {
	listen, err := freePort()
	if err != nil {
		return nil, err
	}
	admin, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &service{
		t: t, dir: dir, url: "http://" + listen, admin: "http://" + admin, output: &tail{}, ended: make(chan struct{}),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 512}, Timeout: 30 * time.Second},
	}
	s.cmd = exec.Command(program, append([]string{"serve", "--data", dir, "--listen", listen, "--admin", admin}, flags...)...)
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	s.cmd.Env = append(os.Environ(), "GORACE=halt_on_error=1")
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return s, err
	}
	go func() {
		s.exit = s.cmd.Wait()
		close(s.ended)
	}()
	t.Cleanup(func() {
		last := !hasEnded(s) || s.crashed()
		s.kill()
		if t.Failed() && last {
			t.Logf("the service said on %s:\n%s", dir, s.output)
		}
	})
	if err := s.await(began); err != nil {
		s.kill()
		return s, err
	}
	token, err := os.ReadFile(filepath.Join(dir, "admin.token"))
	s.token = strings.TrimSpace(string(token))
	return s, err
}

// await polls /readyz until it answers 200.
func (s *service) await(began time.Time) error {
	for {
		status, _, err := s.get(s.url + "/readyz")
		if err == nil && status == http.StatusOK {
			s.ready = time.Since(began)
			return nil
		}
		if err == nil {
			err = fmt.Errorf("readyz says %d", status)
		}
		select {
		case <-s.ended:
			return fmt.Errorf("ended before it was ready: %w", s.exit)
		case <-time.After(2 * time.Millisecond):
		}
		if time.Since(began) > readyWithin {
			return fmt.Errorf("not ready after %v: %w", readyWithin, err)
		}
	}
}

// get reads an address without credentials.
func (s *service) get(url string) (int, []byte, error) {
	res, err := s.client.Get(url)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, body, err
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// kill ends the process as a crash does, and waits until it is gone.
func (s *service) kill() {
	_ = s.cmd.Process.Kill() // an error says that it is gone
	<-s.ended
	s.client.CloseIdleConnections()
}

// signal sends a signal to the process.
func (s *service) signal(sig os.Signal) {
	if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Errorf("send %v: %v", sig, err)
	}
}

// alive fails the test when the process has ended.
func (s *service) alive() {
	s.t.Helper()
	select {
	case <-s.ended:
		s.t.Fatalf("the service has ended: %v\n%s", s.exit, s.output)
	default:
	}
	if status, body, err := s.get(s.url + "/livez"); err != nil || status != http.StatusOK {
		s.t.Fatalf("livez: status %d, %v: %s", status, err, body)
	}
}

// crashed reports that the process ended by itself, other than by our SIGKILL.
func (s *service) crashed() bool {
	select {
	case <-s.ended:
	default:
		return false
	}
	var exit *exec.ExitError
	if errors.As(s.exit, &exit) {
		if w, ok := exit.Sys().(syscall.WaitStatus); ok && w.Signaled() && w.Signal() == syscall.SIGKILL {
			return false
		}
	}
	return true
}

// residentMB is the memory that the process holds now, in MiB; 0 where the system does not tell.
func (s *service) residentMB() float64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}

// goroutines is how many the process has, by its profile on the admin listener.
func (s *service) goroutines() int {
	s.t.Helper()
	status, body, err := s.get(s.admin + "/debug/pprof/goroutine?debug=1")
	if err != nil || status != http.StatusOK {
		s.t.Fatalf("goroutine profile: status %d, %v", status, err)
	}
	var n int
	line, _ := bufio.NewReader(bytes.NewReader(body)).ReadString('\n')
	if _, err := fmt.Sscanf(line, "goroutine profile: total %d", &n); err != nil {
		s.t.Fatalf("goroutine profile begins with %q", line)
	}
	return n
}

// liveMB is the memory that is in use after a collection, heap and stacks, in MiB.
func (s *service) liveMB() float64 {
	s.t.Helper()
	status, body, err := s.get(s.admin + "/debug/pprof/heap?gc=1&debug=1")
	if err != nil || status != http.StatusOK {
		s.t.Fatalf("heap profile: status %d, %v", status, err)
	}
	var total float64
	for _, name := range []string{"# HeapInuse = ", "# Stack = "} {
		_, rest, ok := strings.Cut(string(body), name)
		if !ok {
			s.t.Fatalf("heap profile has no %q", name)
		}
		digits, _, _ := strings.Cut(rest, "\n")
		n, err := strconv.ParseFloat(strings.Fields(digits)[0], 64)
		if err != nil {
			s.t.Fatal(err)
		}
		total += n
	}
	return total / (1 << 20)
}

// eventually polls until ok, or fails the test when the time has passed.
func eventually(t testing.TB, within time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}

// tail keeps the last of what a process writes.
type tail struct {
	mu   sync.Mutex
	data []byte
}

// Write implements io.Writer.
func (o *tail) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.data = append(o.data, p...)
	const keep = 16 << 10
	if n := len(o.data); n > 2*keep {
		o.data = append(o.data[:0], o.data[n-keep:]...)
	}
	return len(p), nil
}

// String is what was kept.
func (o *tail) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.data)
}

// command runs a tool of the system and fails the test when it fails.
func command(t testing.TB, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(context.Background(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}
