package app_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
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
	verify := func(heads ...chain.Witness) chain.Found {
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

// TestHeadsAreWrittenDown starts a service whose chain has an end, and cuts it off afterwards.
func TestHeadsAreWrittenDown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e := ledger.Entry{Time: time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC), Actor: "li", Method: "m", Result: ledger.OK}
	if err := errors.Join(db.Apply(t.Context(), "default", &ledger.Change{Audit: []ledger.Entry{e}}), db.Close()); err != nil {
		t.Fatal(err)
	}
	a, err := app.Start(t.Context(), app.Config{Data: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, app.HeadsFile)
	eventually(t, func() bool {
		text, err := os.ReadFile(file)
		return err == nil && strings.HasSuffix(string(text), "\n")
	})
	if err := a.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was read
	heads, err := chain.ReadWitnesses(f)
	if err != nil || len(heads) != 1 || heads[0].Org != "default" || heads[0].Sequence != 1 {
		t.Fatalf("got %v %v, want the head of one org", heads, err)
	}
	if found, err := app.VerifyAudit(t.Context(), dir, "", heads, e.Time); err != nil || len(found) != 1 || found[0].Broken != nil {
		t.Errorf("the chain does not hold: %+v %v", found, err)
	}
	heads[0].Sequence++
	if found, err := app.VerifyAudit(t.Context(), dir, "", heads, e.Time); err != nil || len(found) != 1 || found[0].Broken == nil {
		t.Errorf("a chain that ends before a head that was written down holds: %+v %v", found, err)
	}
}

// TestAuditIsPruned starts a service over a chain that began 200 days ago.
func TestAuditIsPruned(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	now := clock.System().Now()
	for _, days := range []int{400, 200, 181, 179, 1} {
		e := ledger.Entry{Time: now.AddDate(0, 0, -days).UTC(), Actor: "li", Method: "m", ID: fmt.Sprint(days), Kind: "k", Result: ledger.OK}
		if err := db.Apply(t.Context(), "default", &ledger.Change{Audit: []ledger.Entry{e}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := app.Start(t.Context(), app.Config{Data: dir, Listen: "127.0.0.1:0", AuditKeep: 179 * 24 * time.Hour}); err == nil {
		t.Fatal("a service keeps entries for less than 180 days")
	}
	a, err := app.Start(t.Context(), app.Config{Data: dir, Listen: "127.0.0.1:0", AuditKeep: 180 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	eventually(t, func() bool {
		found, err := app.VerifyAudit(t.Context(), dir, "", nil, now)
		return err == nil && len(found) == 1 && found[0].Broken == nil && found[0].Head.Sequence >= 6 && found[0].Links == found[0].Head.Sequence-3
	})
	var out strings.Builder
	if err := app.ExportAudit(t.Context(), dir, "", "default", &out); err != nil || !strings.Contains(out.String(), `"method":"audit.prune"`) {
		t.Errorf("pruning left no entry: %v %s", err, out.String())
	}
	if found, err := chain.VerifyFile(strings.NewReader(out.String()), nil, now); err != nil || len(found) != 1 || found[0].Broken != nil {
		t.Errorf("the file does not hold: %+v %v", found, err)
	}
}

// TestReasonsOfBefore erases the reason of an entry that was written before reasons were sealed: it is in clear, and the hash of the entry
// covers it. The chain holds with it, and without where an entry tells of it. Whoever takes it away otherwise, or changes what is left, is found.
func TestReasonsOfBefore(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // nothing is kept of it
	raw, err := sql.Open("sqlite", filepath.Join(dir, "fettle.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() }) // goes with its folder
	exec := func(text string, args ...any) {
		t.Helper()
		if _, err := raw.ExecContext(t.Context(), text, args...); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	old := ledger.Entry{Time: now, Actor: "li", Method: "m", Kind: "k", ID: "1", Result: ledger.OK, Reason: "canary"}
	genesis := chain.Genesis("o")
	l := chain.Seal(&ledger.Head{Hash: genesis}, []ledger.Entry{old})
	exec(`INSERT INTO audit_heads VALUES ('o', 0, ?, 0, ?, 0)`, genesis[:], genesis[:])
	exec(`UPDATE audit_heads SET sequence = 1, hash = ?`, l.Hash[:])
	exec(`INSERT INTO audit_links VALUES ('o', 1, ?, 1, ?, ?, ?)`, l.Time.UnixMicro(), l.Previous[:], l.Root[:], l.Hash[:])
	exec(`INSERT INTO audit_entries (org, sequence, position, happened_at, actor, method, kind, object_id, result, reason, request_id, fields)
VALUES ('o', 1, 0, ?, 'li', 'm', 'k', '1', 'OK', 'canary', '', '[]')`, now.UnixMicro())
	verify := func(erased int64) error {
		t.Helper()
		found, err := app.VerifyAudit(t.Context(), dir, "", nil, now)
		if err != nil || len(found) != 1 || found[0].Broken == nil && found[0].Erased != erased {
			t.Fatalf("got %+v, %v, want %d erased", found, err, erased)
		}
		return found[0].Broken
	}
	page, err := db.AuditReasons(t.Context(), "o", ledger.AuditPlace{}, 5)
	if broken := verify(0); err != nil || broken != nil || len(page) != 1 || page[0].Reason != "canary" {
		t.Fatalf("as it was written: %+v, %v, %v", page, err, broken)
	}
	e := page[0]
	chain.Forget(&e)
	err = db.Apply(t.Context(), "o", &ledger.Change{Audit: []ledger.Entry{{
		Time: now, Actor: "service", Method: ledger.ReasonErased, Kind: ledger.AuditEvents, ID: e.Name(), Result: ledger.OK, Fields: []string{chain.Rest(&e)},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.EraseReasons(t.Context(), "o", []ledger.Entry{e}); err != nil {
		t.Fatal(err)
	}
	if broken := verify(1); broken != nil {
		t.Errorf("after the erasure: %v", broken)
	}
	exec(`DROP TRIGGER audit_entries_no_update`)
	for text, what := range map[string]string{
		`UPDATE audit_entries SET reason = 'other' WHERE sequence = 1`:          "the reason of an entry was changed",
		`UPDATE audit_entries SET reason = '', actor = 'wu' WHERE sequence = 1`: "an entry was changed whose reason is erased",
	} {
		exec(text)
		if broken := verify(1); broken == nil || !strings.Contains(broken.Error(), what) {
			t.Errorf("%s: %v, want %s", text, broken, what)
		}
		exec(`UPDATE audit_entries SET reason = '', actor = 'li' WHERE sequence = 1`)
	}
}
