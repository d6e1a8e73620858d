package app_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/ledger"
	"fettle/ledger/chain"
	"fettle/storage/sqlite"
)

// TestVerifyAudit changes the file of a store behind its back.
func TestVerifyAudit(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		e := ledger.Entry{Time: now, Actor: "li", Method: "m", Kind: "k", ID: fmt.Sprint(i), Result: ledger.OK, Fields: []string{"a"}}
		if err := db.Apply(t.Context(), "o", &ledger.Change{Audit: []ledger.Entry{e, e}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	verify := func(heads ...chain.Witness) app.Audited {
		t.Helper()
		found, err := app.VerifyAudit(t.Context(), dir, "", heads, now)
		if err != nil || len(found) != 1 {
			t.Fatalf("got %v, %v, want one org", found, err)
		}
		return found[0]
	}
	whole := verify()
	if whole.Broken != nil || whole.Links != 5 || whole.Entries != 10 || whole.Head.Sequence != 5 {
		t.Fatalf("a whole chain: %+v", whole)
	}
	raw, err := sql.Open("sqlite", filepath.Join(dir, "fettle.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() }) // goes with its folder
	for _, step := range []struct {
		statement string
		heads     []chain.Witness
		sequence  int64 // 0 where nothing is found
	}{
		{`DROP TRIGGER audit_entries_no_update; DROP TRIGGER audit_entries_no_delete; DROP TRIGGER audit_links_no_delete;
DROP TRIGGER audit_heads_step; UPDATE audit_entries SET actor = 'wu' WHERE sequence = 3 AND position = 1`, nil, 3},
		{`UPDATE audit_entries SET actor = 'li'`, nil, 0},
		{`DELETE FROM audit_entries WHERE sequence = 5; DELETE FROM audit_links WHERE sequence = 5`, nil, 5},
		{`UPDATE audit_heads SET sequence = 4, hash = (SELECT hash FROM audit_links WHERE sequence = 4)`, nil, 0},
		{`SELECT 1`, []chain.Witness{whole.Head}, 5}, // the end was cut off and the head mended: only a head outside tells
	} {
		if _, err := raw.ExecContext(t.Context(), step.statement); err != nil {
			t.Fatalf("%s: %v", step.statement, err)
		}
		got := verify(step.heads...).Broken
		var broken *chain.Error
		if step.sequence == 0 && got != nil || step.sequence > 0 && (!errors.As(got, &broken) || broken.Sequence != step.sequence) {
			t.Errorf("%s: got %v, want sequence %d", step.statement, got, step.sequence)
		}
	}
}
