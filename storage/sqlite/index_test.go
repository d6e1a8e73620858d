package sqlite_test

import (
	"errors"
	"strings"
	"testing"

	"fettle/ledger"
	"fettle/storage/sqlite"
)

// S25: an index that somebody has dropped is missed while the service runs, and at its next start.
func TestHealthyMissesAnIndex(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := open(t, dir, sqlite.Options{})
	other := raw(t, dir)
	if _, err := other.ExecContext(t.Context(), `DROP INDEX record_keys_by_record`); err != nil {
		t.Fatal(err)
	}
	if err := db.Healthy(t.Context()); !errors.Is(err, ledger.ErrNoIndex) || !strings.Contains(err.Error(), "record_keys_by_record") {
		t.Errorf("got %v, want ErrNoIndex with its name", err)
	}
	if _, err := other.ExecContext(t.Context(), `CREATE INDEX record_keys_by_record ON record_keys (org, kind, id)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Healthy(t.Context()); err != nil {
		t.Errorf("with the index again: %v", err)
	}
}
