package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Standby starts a second server that follows this one. From then on this one acknowledges only what the other has flushed too. This
// one is stopped and started for it. Stop the standby when all tests have run.
func (s *Server) Standby(t testing.TB) *Server {
	t.Helper()
	if s.cluster == nil || s.cluster.server == nil {
		t.Skip("the server of FETTLE_TEST_POSTGRES cannot be followed")
	}
	next, err := s.cluster.follow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := &Server{cluster: next}
	out.once.Do(func() {}) // it is there
	return out
}

// follow copies the cluster, which rests meanwhile.
func (c *cluster) follow(ctx context.Context) (*cluster, error) {
	_ = c.server.Process.Signal(syscall.SIGINT) // ends what is open, and writes all
	_ = c.server.Wait()
	dir, err := os.MkdirTemp("", "fettle-postgres-")
	if err != nil {
		return nil, err
	}
	if err := own(dir); err != nil {
		return nil, err
	}
	if out, err := exec.CommandContext(ctx, "cp", "-a", filepath.Join(c.dir, "data"), dir).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("copy the cluster: %w: %s", err, out)
	}
	next := &cluster{bin: c.bin, dir: dir, admin: c.admin}
	next.admin.RawQuery = "host=" + url.QueryEscape(dir)
	next.ends()
	err = errors.Join(
		touch(filepath.Join(dir, "data", "standby.signal")),
		// The last of a setting counts: the copy may come from one that was followed itself.
		set(dir, "synchronous_standby_names", ""),
		set(dir, "primary_conninfo", "host="+c.dir+" user=postgres application_name=standby"),
		set(c.dir, "synchronous_standby_names", "*"),
	)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(c.serve(), next.serve()); err != nil {
		return nil, err
	}
	return next, c.awaitFollower(ctx)
}

// touch makes an empty file that belongs to the cluster's user.
func touch(path string) error {
	return errors.Join(os.WriteFile(path, nil, 0o600), own(path))
}

// set adds a setting to a cluster that rests.
func set(dir, name, value string) error {
	f, err := os.OpenFile(filepath.Join(dir, "data", "postgresql.auto.conf"), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("set %s: %w", name, err)
	}
	_, err = fmt.Fprintf(f, "%s = '%s'\n", name, value)
	return errors.Join(err, f.Close())
}

// awaitFollower waits until what is acknowledged is flushed by the standby.
func (c *cluster) awaitFollower(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.admin.String())
	if err != nil {
		return err
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing was written
	for range 600 {
		var n int
		if err := conn.QueryRow(ctx, `SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'`).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return nil
		}
		time.Sleep(50 * time.Millisecond) //nolint:forbidigo // the server says nowhere else that it is followed
	}
	return errors.New("the standby does not follow within 30 s")
}

// Promote makes a standby take over.
func (s *Server) Promote(t testing.TB) {
	t.Helper()
	if err := s.cluster.run(t.Context(), "SELECT pg_promote()"); err != nil {
		t.Fatal(err)
	}
}

// At is the URL of a database of that name on this server.
func (s *Server) At(name string) string { return s.cluster.database(name) }

// Alone makes a server that has crashed acknowledge by itself again, whoever follows it.
func (s *Server) Alone(t testing.TB) {
	t.Helper()
	if err := set(s.cluster.dir, "synchronous_standby_names", ""); err != nil {
		t.Fatal(err)
	}
}
