package sqlite_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"fettle/dispatch/engine"
	"fettle/storage/sqlite"
	"fettle/storage/storagetest"
)

// BenchmarkStore measures the store, and beside it two plain inserts in one transaction of a file that flushes as much.
func BenchmarkStore(b *testing.B) {
	var bare *sql.DB
	storagetest.Bench(b, func(b *testing.B) engine.Store {
		b.Helper()
		dir := b.TempDir()
		var err error
		bare, err = sql.Open("sqlite", "file:"+filepath.Join(dir, "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = bare.Close() }) // goes with its folder
		bare.SetMaxOpenConns(1)
		if _, err := bare.ExecContext(b.Context(), `CREATE TABLE bare (id INTEGER PRIMARY KEY, text TEXT)`); err != nil {
			b.Fatal(err)
		}
		return open(b, dir, sqlite.Options{})
	}, func(ctx context.Context, _ engine.Store, n int) error {
		_, err := bare.ExecContext(ctx, `INSERT INTO bare VALUES (?1, 'x'), (?2, 'y')`, 2*n, 2*n+1)
		return err
	})
}
