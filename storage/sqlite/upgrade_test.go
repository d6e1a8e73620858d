package sqlite_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"

	"fettle/dispatch/engine"
	"fettle/ledger"
	"fettle/storage/sqlite"
	"fettle/storage/storagetest"
)

// TestUpgrade opens a directory whose schema is that of the first release, with data in it.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := raw(t, dir)
	files, err := fs.Sub(os.DirFS("."), "migrations")
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	for _, s := range storagetest.FirstRelease("zeroblob(32)") {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "fettle.db")); err != nil {
		t.Fatal(err)
	}
	storagetest.Upgraded(t, func() (engine.Store, ledger.Store) {
		s := open(t, dir, sqlite.Options{})
		return s, s
	})
}
