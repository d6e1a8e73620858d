package sqlite_test

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"fettle/storage/sqlite"
	"fettle/storage/storagetest"
)

// shape is what programs use of the schema.
const shape = `
SELECT 'column ' || m.name || '.' || p.name,
    p.type || CASE WHEN p."notnull" = 1 AND p.dflt_value IS NULL THEN ' required' ELSE '' END
FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'
UNION ALL SELECT 'index ' || name, 'there' FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL`

// TestMigrationsAreCompatible: R-D10.
func TestMigrationsAreCompatible(t *testing.T) {
	t.Parallel()
	db := raw(t, t.TempDir())
	files, err := fs.Sub(os.DirFS("."), "migrations")
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		t.Fatal(err)
	}
	m := &storagetest.Migrations{
		Up: func(t *testing.T, version int64) {
			t.Helper()
			if _, err := p.UpTo(t.Context(), version); err != nil {
				t.Fatal(err)
			}
		},
		Exec:  func(statement string) error { _, err := db.ExecContext(t.Context(), statement); return err },
		Shape: func(t *testing.T) map[string]string { t.Helper(); return shapeOf(t, db) },
		Lowest: func(t *testing.T) (v int64) {
			t.Helper()
			if err := db.QueryRowContext(t.Context(), `SELECT lowest_version FROM schema_compatible`).Scan(&v); err != nil {
				t.Fatal(err)
			}
			return v
		},
	}
	for _, s := range p.ListSources() {
		if s.Version >= 6 { // which has the table
			m.Versions = append(m.Versions, s.Version)
		}
	}
	storagetest.RunCompatible(t, m)
}

func shapeOf(t *testing.T, db *sql.DB) map[string]string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), shape)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // read to its end
	out := map[string]string{}
	for rows.Next() {
		var name, is string
		if err := rows.Scan(&name, &is); err != nil {
			t.Fatal(err)
		}
		out[name] = is
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestNewerSchema opens a directory that a newer program has migrated: one that has only added, and one that has taken away.
func TestNewerSchema(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := open(t, dir, sqlite.Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	for _, s := range storagetest.NextRelease() {
		if _, err := raw(t, dir).ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	db := open(t, dir, sqlite.Options{})
	if err := errors.Join(db.Commit(t.Context(), "o", batch(1, "w1")), db.Healthy(t.Context()), db.Close()); err != nil {
		t.Errorf("on a schema that has more: %v", err)
	}
	if _, err := raw(t, dir).ExecContext(t.Context(), storagetest.Contract); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), dir, sqlite.Options{}); !errors.Is(err, sqlite.ErrNewer) || !strings.Contains(err.Error(), "needs a program that knows schema 9999") {
		t.Errorf("got %v, want ErrNewer and what it takes", err)
	}
}
