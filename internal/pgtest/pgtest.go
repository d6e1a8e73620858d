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
// The test fails where no server can be had, and is skipped where there is none to be had without FETTLE_TEST_STRICT.
func (s *Server) Database(t testing.TB, template string) string {
	t.Helper()
	s.once.Do(func() { s.cluster, s.err = find() })
	if errors.Is(s.err, errNone) && os.Getenv("FETTLE_TEST_STRICT") == "" {
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
	if s.cluster != nil && s.cluster.stop != nil {
		s.cluster.stop()
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
	admin url.URL
	stop  func() // nil for a server of somebody else
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
	server := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "max_connections=300",
		"-c", "shared_buffers=128MB", "-c", "log_destination=stderr", "-c", "logging_collector=off")
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	server.Dir, server.Stdout, server.Stderr, server.SysProcAttr = dir, log, log, unprivileged()
	if err := launch(server); err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	c := &cluster{admin: url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/postgres", RawQuery: "host=" + url.QueryEscape(dir)}}
	c.stop = sync.OnceFunc(func() {
		_ = server.Process.Signal(syscall.SIGQUIT) // at once: nobody needs the data any more
		_ = server.Wait()
		_ = os.RemoveAll(dir)
	})
	for range 600 {
		if err = c.run(context.Background(), "SELECT 1"); err == nil { //nolint:forbidigo // shared by tests, it outlives the first
			return c, nil
		}
		time.Sleep(50 * time.Millisecond) //nolint:forbidigo // the server says nowhere else that it has started
	}
	text, _ := os.ReadFile(log.Name())
	c.stop()
	return nil, fmt.Errorf("postgres does not answer: %w: %s", err, text)
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
