package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// server is a running service with how to talk to it.
type server struct {
	url, token string
	client     *http.Client
	cmd        *exec.Cmd
	address    string
	log        *os.File      // of the service, in its folder
	ready      time.Duration // from start to the first 200 of /readyz
}

// startServer runs the binary, beside a PostgreSQL database when db is not "", and waits until it is ready.
func startServer(ctx context.Context, binary, dir, db string) (*server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	s := &server{url: "http://" + address, address: address, client: &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: 512}, Timeout: time.Minute,
	}}
	began := time.Now()
	s.cmd = exec.CommandContext(ctx, binary, "serve", "--data", dir, "--listen", address, "--org-rate", "100000", "--log-level", "warn")
	if db != "" {
		s.cmd.Args = append(s.cmd.Args, "--db", db)
	}
	if s.log, err = os.Create(filepath.Join(dir, "service.log")); err != nil {
		return nil, err
	}
	s.cmd.Stderr = s.log
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for {
		res, err := s.client.Get(s.url + "/readyz")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				break
			}
		}
		if time.Since(began) > time.Minute {
			s.kill()
			return nil, fmt.Errorf("not ready after a minute: %w", err)
		}
		time.Sleep(2 * time.Millisecond)
	}
	s.ready = time.Since(began)
	data, err := os.ReadFile(filepath.Join(dir, "admin.token"))
	s.token = strings.TrimSpace(string(data))
	return s, err
}

// kill ends the process as a crash does.
func (s *server) kill() {
	if s.cmd.Process != nil && s.cmd.ProcessState == nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		_ = s.log.Close()
	}
}

// peakMegabytes is the largest resident memory of the process so far; 0 where the system does not tell.
func (s *server) peakMegabytes() float64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}

// cpuSeconds is how long processors have worked for the process so far; 0 where the system does not tell.
func (s *server) cpuSeconds() float64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	_, fields, found := strings.Cut(string(data), ") ")
	if err != nil || !found {
		return 0
	}
	const user, system, ticks = 11, 12, 100 // of what follows the name; ticks a second
	parts := strings.Fields(fields)
	if len(parts) <= system {
		return 0
	}
	a, _ := strconv.ParseFloat(parts[user], 64)
	b, _ := strconv.ParseFloat(parts[system], 64)
	return (a + b) / ticks
}

// refusal is an answer that is no success.
type refusal struct {
	path   string
	status int
	answer []byte
}

func (r *refusal) Error() string { return fmt.Sprintf("%s: %d: %s", r.path, r.status, r.answer) }

// send posts a body under an idempotency key and decodes the answer into out when that is not nil.
func (s *server) send(ctx context.Context, path, key string, body, out any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, bytes.NewReader(data))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	return s.do(req, out)
}

// get reads what is at a path.
func (s *server) get(ctx context.Context, path string, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		return err
	}
	return s.do(req, out)
}

// do sends a request as the administrator and decodes the answer.
func (s *server) do(req *http.Request, out any) error {
	req.Header.Set("Authorization", "Bearer "+s.token)
	res, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return &refusal{path: req.URL.Path, status: res.StatusCode, answer: answer}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}
