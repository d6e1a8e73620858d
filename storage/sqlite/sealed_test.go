package sqlite_test

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"fettle/dispatch/engine"
	"fettle/storage/internal/row"
	"fettle/storage/sqlite"
	"fettle/storage/storagetest"
)

// sealer is nil without keys: a nil *Keys in the interface would not be.
func sealer(k *storagetest.Keys) row.Sealer {
	if k == nil {
		return nil
	}
	return k
}

// dirOf is the data directory of a store.
func dirOf(t *testing.T, s engine.Store) string {
	t.Helper()
	db, ok := s.(*sqlite.DB)
	if !ok {
		t.Fatalf("%T is no store of this package", s)
	}
	return db.Dir()
}

func TestSealed(t *testing.T) {
	t.Parallel()
	storagetest.RunSealed(t, &storagetest.Sealed{
		Open: func(t *testing.T, k *storagetest.Keys) storagetest.SealedStore {
			t.Helper()
			return open(t, t.TempDir(), sqlite.Options{Seal: sealer(k)})
		},
		Raw: func(t *testing.T, s engine.Store) []byte {
			t.Helper()
			var all bytes.Buffer
			files, err := filepath.Glob(filepath.Join(dirOf(t, s), "*")) // with the WAL
			if err != nil || len(files) < 2 {
				t.Fatalf("files are %v, %v", files, err)
			}
			for _, f := range files {
				data, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				all.Write(data)
			}
			return all.Bytes()
		},
		Swap: func(t *testing.T, s engine.Store, from, to string) {
			t.Helper()
			db, err := sql.Open("sqlite", filepath.Join(dirOf(t, s), "fettle.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			if _, err := db.ExecContext(t.Context(), `UPDATE work_orders SET detail =
coalesce((SELECT detail FROM work_orders WHERE id = ?), '{}') WHERE id = ?`, from, to); err != nil {
				t.Fatal(err)
			}
		},
	})
}
