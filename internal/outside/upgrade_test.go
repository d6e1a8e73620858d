package outside

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestUpgradeAndBack changes between two versions of the program under load, there and back (R-D10): 0 lost, at most one answer in
// 1,000 is a 5xx. In the long run the older version is a program without the last migration; in a normal run, which builds no
// second program, it is this one on a schema that a newer one has added to. A schema that has lost something is refused.
func TestUpgradeAndBack(t *testing.T) {
	dir := t.TempDir()
	upgradeAndBack(t, dir, nil, func(statements []string) {
		name := url.URL{Scheme: "file", Path: filepath.Join(dir, "fettle.db")}
		db, err := sql.Open("sqlite", name.String())
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range statements {
			if _, err := db.ExecContext(t.Context(), text); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestUpgradeAndBackBesidePostgres is the same with the rows in PostgreSQL, which is migrated while the older program serves.
func TestUpgradeAndBackBesidePostgres(t *testing.T) {
	database := postgres.Database(t, "")
	upgradeAndBack(t, t.TempDir(), []string{"--db", database}, func(statements []string) {
		c, err := pgx.Connect(t.Context(), database)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range statements {
			if _, err := c.Exec(t.Context(), text); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
		if err := c.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

func upgradeAndBack(t *testing.T, dir string, db []string, migrate func(statements []string)) {
	t.Helper()
	older, flips := binary, 1
	if full() {
		older, flips = withoutLastMigration(t), 5
	}
	seen := &answers{}
	var l *ledger
	serve := func(program string, while func()) {
		t.Helper()
		s := startProgram(t, program, dir, db...)
		seen.of(s)
		if l == nil {
			l = newLedger(t, hire(s, 16))
		} else {
			l.audit(s, false)
		}
		stop, acked := l.run(s), l.acked.Load()
		while()
		eventually(t, time.Minute, "100 more are acknowledged", func() bool { return l.acked.Load() >= acked+100 || t.Failed() })
		s.signal(syscall.SIGTERM) // while they write
		<-s.ended
		stop()
	}
	next := func() {
		switch {
		case !full():
			migrate(nextRelease())
		case db != nil: // a directory belongs to one process
			program(t, append([]string{"migrate"}, db...)...)
		}
	}
	serve(older, func() {
		if db != nil {
			next()
		}
	})
	if db == nil {
		next()
	}
	for range flips {
		serve(binary, func() {})
		serve(older, func() {})
	}
	s := startProgram(t, binary, dir, db...)
	l.settle(s)
	l.audit(s, true)
	s.kill()
	bad, all := seen.bad.Load(), seen.all.Load()
	t.Logf("%d times there and back: %s; %d of %d answers were 5xx", flips, l.summary(), bad, all)
	if bad*1000 > all {
		t.Errorf("%d of %d answers are 5xx, want one in 1,000 at most", bad, all)
	}
	migrate([]string{newerSchema, `UPDATE schema_compatible SET lowest_version = 9999`})
	refused(t, dir, db)
}

// newerSchema says that the schema is of version 9999.
const newerSchema = `INSERT INTO goose_db_version (version_id, is_applied) SELECT 9999, is_applied FROM goose_db_version WHERE version_id = 1`

// nextRelease is a migration that only adds, by a program that does not exist yet.
func nextRelease() []string {
	return []string{
		`ALTER TABLE work_orders ADD COLUMN of_the_next TEXT NOT NULL DEFAULT 'x'`,
		`ALTER TABLE records ADD COLUMN of_the_next TEXT`,
		`CREATE TABLE of_the_next (org TEXT NOT NULL)`,
		newerSchema,
	}
}

// refused wants the program to say that it does not start on a schema, and what would.
func refused(t *testing.T, dir string, db []string) {
	t.Helper()
	out, err := exec.Command(binary, append([]string{"doctor", "--data", dir}, db...)...).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "needs a program that knows schema 9999") {
		t.Errorf("NOT REFUSED: on a schema that has lost something the program says %v: %s", err, out)
	}
}

// beforeLast takes out of the source what the last migrations have added: reasons of the audit lie in clear, in the column they had.
func beforeLast() []edit {
	const audit, seal = "storage/internal/row/audit.go", "storage/internal/row/seal.go"
	return []edit{
		{seal, `{"audit_entries", reasonSealed, []string{"sequence"}, "", nil, 0, true},`, ""},
		{audit, "request_id, fields, ` +\n\t`reason_rule, reason_hash, reason_sealed`", "request_id, fields`"},
		{audit, "$10,$11,$12,$13,$14)`", "$10,$11)`"},
		{audit, `if out[i].Reason != "" {`, "if false {"},
		{audit, `e.Result, "", e.RequestID, fields, int64(e.Cover.Rule), hash, sealed,`, "e.Result, e.Reason + string(hash) + sealed, e.RequestID, fields,"},
		{audit, "&fields,\n\t\t&e.Cover.Rule, &hash, &sealed)", "&fields)"},
	}
}

// withoutLastMigration builds the program as it was before the last migration of each store.
func withoutLastMigration(t *testing.T) string {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(overlay(t, beforeLast()))
	if err != nil {
		t.Fatal(err)
	}
	var changed struct{ Replace map[string]string }
	if err := json.Unmarshal(text, &changed); err != nil {
		t.Fatal(err)
	}
	gone := changed.Replace
	for _, store := range []string{"sqlite", "postgres"} {
		files, err := filepath.Glob(filepath.Join(root, "storage", store, "migrations", "*.sql"))
		if err != nil || len(files) < 2 {
			t.Fatalf("%d migrations of %s: %v", len(files), store, err)
		}
		gone[slices.Max(files)] = "" // is not there, for go build
	}
	list, out := filepath.Join(t.TempDir(), "overlay.json"), filepath.Join(t.TempDir(), "fettle")
	if err := os.WriteFile(list, encode(map[string]any{"Replace": gone}), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := build(t.Context(), out, "-overlay", list); err != nil {
		t.Fatal(err)
	}
	return out
}

// answers counts what services have answered.
type answers struct {
	all, bad atomic.Int64 // bad are 5xx
}

// of counts those of a service from now on.
func (a *answers) of(s *service) {
	s.client.Transport = counting{a, s.client.Transport}
}

type counting struct {
	to   *answers
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (c counting) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := c.next.RoundTrip(r)
	if err == nil {
		c.to.all.Add(1)
		if res.StatusCode >= http.StatusInternalServerError {
			c.to.bad.Add(1)
		}
	}
	return res, err
}

// CloseIdleConnections lets http.Client close what it keeps.
func (c counting) CloseIdleConnections() {
	if t, ok := c.next.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}

// TestTheOlderProgramHasItsPlaces keeps beforeLast in step with the source.
func TestTheOlderProgramHasItsPlaces(t *testing.T) {
	t.Parallel()
	overlay(t, beforeLast())
}
