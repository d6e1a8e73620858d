package sqlite_test

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"fettle/dispatch/engine"
	"fettle/ledger"
	"fettle/storage/sqlite"
	"fettle/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a store that is closed with the test.
func open(t testing.TB, dir string, o sqlite.Options) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

func TestStore(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(t *testing.T) engine.Store {
		t.Helper()
		return open(t, t.TempDir(), sqlite.Options{Seal: &storagetest.Keys{}})
	})
}

func TestEngineIsNeverRefused(t *testing.T) {
	t.Parallel()
	storagetest.RunEngine(t, func() (engine.Store, func() error, error) {
		db, err := sqlite.Open(context.Background(), t.TempDir(), sqlite.Options{})
		if err != nil {
			return nil, nil, err
		}
		return db, db.Close, nil
	})
}

func TestLedger(t *testing.T) {
	t.Parallel()
	storagetest.RunLedger(t, func(t *testing.T) ledger.Store {
		t.Helper()
		return open(t, t.TempDir(), sqlite.Options{})
	})
}
