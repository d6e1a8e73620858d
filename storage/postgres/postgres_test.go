package postgres_test

import (
	"context"
	"os"
	"testing"

	"fettle/dispatch/engine"
	"fettle/internal/pgtest"
	"fettle/ledger"
	"fettle/storage/postgres"
	"fettle/storage/storagetest"
)

// server is that of all tests here.
var server = &pgtest.Server{}

func TestMain(m *testing.M) {
	code := m.Run()
	server.Stop()
	os.Exit(code)
}

// open opens a store that is closed with the test.
func open(t testing.TB, url string, o postgres.Options) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url, o)
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
	template := migrated(t)
	storagetest.Run(t, func(t *testing.T) engine.Store {
		t.Helper()
		return open(t, server.Database(t, pgtest.Name(template)), postgres.Options{Connections: 4, Seal: &storagetest.Keys{}})
	})
}

func TestEngineIsNeverRefused(t *testing.T) {
	t.Parallel()
	template := migrated(t)
	storagetest.RunEngine(t, func() (engine.Store, func() error, error) {
		db, err := postgres.Open(context.Background(), server.Database(t, pgtest.Name(template)), postgres.Options{Connections: 2})
		if err != nil {
			return nil, nil, err
		}
		return db, db.Close, nil
	})
}

func TestLedger(t *testing.T) {
	t.Parallel()
	template := migrated(t)
	storagetest.RunLedger(t, func(t *testing.T) ledger.Store {
		t.Helper()
		return open(t, server.Database(t, pgtest.Name(template)), postgres.Options{Connections: 4})
	})
}
