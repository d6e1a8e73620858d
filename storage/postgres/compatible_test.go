package postgres_test

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"fettle/storage/postgres"
	"fettle/storage/storagetest"
)

// shape is what programs use of the schema. Partitions are made by the service.
const shape = `
SELECT 'column ' || c.table_name || '.' || c.column_name,
    c.data_type || CASE WHEN c.is_nullable = 'NO' AND c.column_default IS NULL AND c.is_identity = 'NO' THEN ' required' ELSE '' END
FROM information_schema.columns AS c JOIN pg_class AS k ON k.oid = format('%I', c.table_name)::regclass
WHERE c.table_schema = current_schema() AND NOT k.relispartition
UNION ALL SELECT 'index ' || i.indexname, 'there' FROM pg_indexes AS i JOIN pg_class AS k ON k.oid = format('%I', i.indexname)::regclass
WHERE i.schemaname = current_schema() AND NOT k.relispartition
UNION ALL SELECT 'function ' || proname || '(' || pg_get_function_identity_arguments(oid) || ')', pg_get_function_result(oid)
FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND pg_get_function_result(oid) <> 'trigger'`

// TestMigrationsAreCompatible: R-D10.
func TestMigrationsAreCompatible(t *testing.T) {
	t.Parallel()
	url := server.Database(t, "")
	conn := raw(t, url)
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	files, err := fs.Sub(os.DirFS("."), "migrations")
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files)
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
		Exec:  func(statement string) error { _, err := conn.Exec(t.Context(), statement); return err },
		Shape: func(t *testing.T) map[string]string { t.Helper(); return shapeOf(t, conn) },
		Lowest: func(t *testing.T) (v int64) {
			t.Helper()
			if err := conn.QueryRow(t.Context(), `SELECT lowest_version FROM schema_compatible`).Scan(&v); err != nil {
				t.Fatal(err)
			}
			return v
		},
	}
	for _, s := range p.ListSources() {
		if s.Version >= 7 { // which has the table
			m.Versions = append(m.Versions, s.Version)
		}
	}
	storagetest.RunCompatible(t, m)
}

func shapeOf(t *testing.T, conn *pgx.Conn) map[string]string {
	t.Helper()
	rows, err := conn.Query(t.Context(), shape)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	var name, is string
	if _, err := pgx.ForEachRow(rows, []any{&name, &is}, func() error { out[name] = is; return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestNewerSchema opens a database that a newer program has migrated: one that has only added, and one that has taken away.
func TestNewerSchema(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	run(t, raw(t, url), storagetest.NextRelease()...)
	if err := errors.Join(postgres.Migrate(t.Context(), url), open(t, url, postgres.Options{}).Healthy(t.Context())); err != nil {
		t.Errorf("on a schema that has more: %v", err)
	}
	run(t, raw(t, url), storagetest.Contract)
	if _, err := postgres.Open(t.Context(), url, postgres.Options{}); !errors.Is(err, postgres.ErrNewer) ||
		!strings.Contains(err.Error(), "needs a program that knows schema 9999") {
		t.Errorf("got %v, want ErrNewer and what it takes", err)
	}
}
