package postgres_test

import (
	"errors"
	"testing"

	"fettle/ledger"
	"fettle/storage/postgres"
)

// S25: an index that somebody has dropped is missed while the service runs.
func TestHealthyMissesAnIndex(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	store := open(t, url, postgres.Options{})
	if err := store.Healthy(t.Context()); err != nil {
		t.Fatal(err)
	}
	run(t, raw(t, url), `DROP INDEX due_work_by_wake`)
	if err := store.Healthy(t.Context()); !errors.Is(err, ledger.ErrNoIndex) {
		t.Errorf("got %v, want ErrNoIndex", err)
	}
}
