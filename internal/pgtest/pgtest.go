// Package pgtest gives tests a PostgreSQL of their own: that of FETTLE_TEST_POSTGRES (a URL whose user may make databases),
// else a cluster in a folder of its own, made with the programs found in FETTLE_POSTGRES_BIN, in PATH or where Debian and
// scripts/postgres put them. The cluster flushes as in production, listens on a socket in its folder only, and ends with the
// process, however that ends.
package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// errNone says that no programs were found.
var errNone = errors.New("no PostgreSQL programs: install PostgreSQL 15 or newer, or set FETTLE_TEST_POSTGRES")

// Server is a PostgreSQL that starts when the first database is wanted.
type Server struct {
	once    sync.Once
	cluster *cluster
	err     error
	made    atomic.Int64
}

// Database makes an empty database and returns its URL. It is a copy of the database named by template, unless that is "".
// The test is skipped where there are no programs, which make test never lets happen.
func (s *Server) Database(t testing.TB, template string) string {
	t.Helper()
	s.once.Do(func() { s.cluster, s.err = find() })
	if errors.Is(s.err, errNone) {
		t.Skip(s.err)
	}
	if s.err != nil {
		t.Fatal(s.err)
	}
	name := fmt.Sprintf("fettle_test_%d_%d", os.Getpid(), s.made.Add(1))
	made := "CREATE DATABASE " + name
	if template != "" {
		made += " TEMPLATE " + template
	}
	if err := s.cluster.run(t.Context(), made); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	return s.cluster.database(name)
}

// Stop ends the cluster that was started, if any. Call it when all tests have run.
func (s *Server) Stop() {
	if s.cluster != nil && s.cluster.stop != nil { // ours
		s.cluster.stop()
	}
}

// Crash ends the server at once, as a crash does: what it had not flushed is gone. Restart starts it again on its data. Both
// are for a server that this process has started.
func (s *Server) Crash(t testing.TB) {
	t.Helper()
	if s.cluster == nil || s.cluster.crash == nil {
		t.Skip("the server of FETTLE_TEST_POSTGRES cannot be made to crash")
	}
	s.cluster.crash()
}

// Freeze stops all processes of the server, which then keeps its connections and answers nobody. Thaw lets them go on.
func (s *Server) Freeze(t testing.TB) { s.signal(t, syscall.SIGSTOP) }

// Thaw ends Freeze.
func (s *Server) Thaw(t testing.TB) { s.signal(t, syscall.SIGCONT) }

func (s *Server) signal(t testing.TB, sig syscall.Signal) {
	t.Helper()
	if s.cluster == nil || s.cluster.server == nil {
		t.Skip("the server of FETTLE_TEST_POSTGRES cannot be stopped")
	}
	main := s.cluster.server.Process.Pid
	for _, pid := range append(children(main), main) {
		_ = syscall.Kill(pid, sig) // one that has ended needs none
	}
}

// Restart starts a server that has crashed.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.cluster.serve(); err != nil {
		t.Fatal(err)
	}
}

// Name is that of the database of a URL.
func Name(database string) string {
	u, err := url.Parse(database)
	if err != nil {
		return ""
	}
	return u.Path[1:]
}

// cluster is a server with databases.
type cluster struct {
	admin    url.URL
	bin, dir string // of the programs, and the cluster's own; "" for a server of somebody else
	server   *exec.Cmd
	crash    func()
	stop     func()
}

func find() (*cluster, error) {
	if given := os.Getenv("FETTLE_TEST_POSTGRES"); given != "" {
		u, err := url.Parse(given)
		if err != nil {
			return nil, fmt.Errorf("FETTLE_TEST_POSTGRES is no URL: %w", err)
		}
		return &cluster{admin: *u}, nil
	}
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	return start(bin)
}

// programs finds the folder of initdb and postgres.
func programs() (string, error) {
	candidates := []string{os.Getenv("FETTLE_POSTGRES_BIN")}
	if found, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(found); err == nil {
			candidates = append(candidates, filepath.Dir(real))
		}
	}
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is right
	slices.Reverse(debian)
	candidates = append(candidates, debian...)
	for _, dir := range candidates {
		if dir == "" {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, "postgres")); err == nil {
			return dir, nil
		}
	}
	return "", errNone
}

// start makes a cluster and waits until it answers.
func start(bin string) (*cluster, error) {
	dir, err := os.MkdirTemp("", "fettle-postgres-")
	if err != nil {
		return nil, err
	}
	if err := own(dir); err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	var said bytes.Buffer
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.Dir, initdb.Stdout, initdb.Stderr, initdb.SysProcAttr = dir, &said, &said, unprivileged()
	if err := initdb.Run(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, said.String())
	}
	c := &cluster{
		bin: bin, dir: dir,
		admin: url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/postgres", RawQuery: "host=" + url.QueryEscape(dir)},
	}
	c.ends()
	return c, c.serve()
}

// ends says how a cluster of ours crashes and stops.
func (c *cluster) ends() {
	c.crash = func() {
		_ = c.server.Process.Signal(syscall.SIGQUIT)
		_ = c.server.Wait()
	}
	c.stop = func() {
		c.crash() // nobody needs the data any more
		_ = os.RemoveAll(c.dir)
	}
}

// serve starts the server and waits until it answers.
func (c *cluster) serve() error {
	c.server = exec.Command(filepath.Join(c.bin, "postgres"), "-D", filepath.Join(c.dir, "data"), "-k", c.dir, "-c", "listen_addresses=",
		"-c", "max_connections=300", "-c", "shared_buffers=128MB", "-c", "log_destination=stderr", "-c", "logging_collector=off")
	log, err := os.OpenFile(filepath.Join(c.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644) //nolint:gosec // read by people
	if err != nil {
		return err
	}
	c.server.Dir, c.server.Stdout, c.server.Stderr, c.server.SysProcAttr = c.dir, log, log, unprivileged()
	if err := launch(c.server); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	if err := log.Close(); err != nil {
		return err
	}
	for range 600 {
		if err = c.run(context.Background(), "SELECT 1"); err == nil { //nolint:forbidigo // shared by tests, it outlives the first
			return nil
		}
		time.Sleep(50 * time.Millisecond) //nolint:forbidigo // the server says nowhere else that it has started
	}
	text, _ := os.ReadFile(log.Name())
	c.stop()
	return fmt.Errorf("postgres does not answer: %w: %s", err, text)
}

// launch starts a process that gets a signal when this one dies. The signal is tied to the thread that starts it, which is
// therefore kept.
func launch(c *exec.Cmd) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := c.Start()
		started <- err
		if err == nil {
			select {} // as long as the process lives
		}
	}()
	return <-started
}

func (c *cluster) database(name string) string {
	u := c.admin
	u.Path = "/" + name
	return u.String()
}

// run executes a statement outside of any database's tables.
func (c *cluster) run(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, c.admin.String())
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}
