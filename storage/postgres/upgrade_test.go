package postgres_test

import (
	"database/sql"
	"io/fs"
	"os"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver that goose uses
	"github.com/pressly/goose/v3"

	"fettle/dispatch/engine"
	"fettle/ledger"
	"fettle/storage/postgres"
	"fettle/storage/storagetest"
)

// TestUpgrade opens a database whose schema is that of the first release, with data in it.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	url := server.Database(t, "")
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
	if _, err := p.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	for _, s := range storagetest.FirstRelease("decode(repeat('00', 32), 'hex')") {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	storagetest.Upgraded(t, func() (engine.Store, ledger.Store) {
		s := open(t, url, postgres.Options{})
		return s, s
	})
}
