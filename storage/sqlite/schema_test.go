package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fettle/dispatch/engine"
	"fettle/storage/sqlite"
	"fettle/storage/storagetest"
)

// raw opens the file of a store beside it, to go around the code that writes.
func raw(t *testing.T, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "fettle.db")+"?_pragma=foreign_keys(1)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	db.SetMaxOpenConns(1)
	return db
}

// TestSchema writes by SQL what the code never would.
func TestSchema(t *testing.T) {
	t.Parallel()
	storagetest.RunSchema(t, storagetest.Schema{
		Bytes: "zeroblob(32)", OtherBytes: "randomblob(32)",
		Names: map[string]string{
			"work_orders_one_started": "work_orders.technician_id", "idempotency_keys_pkey": "idempotency_keys.key",
			"due_work_pkey": "due_work.key", "work_orders_org_check": "org <> ''",
			"records_pkey": "records.id", "record_keys_unique": "record_keys.value", "record_keys_of_a_record": "FOREIGN KEY",
		},
		Open: func(t *testing.T) func(string) error {
			t.Helper()
			dir := t.TempDir()
			open(t, dir, sqlite.Options{})
			db := raw(t, dir)
			return func(statement string) error {
				_, err := db.Exec(statement)
				return err
			}
		},
	})
}

// TestPlans shows that no query of the hot paths reads a whole table.
func TestPlans(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := open(t, dir, sqlite.Options{})
	if err := store.Commit(t.Context(), "o", &engine.Batch{Orders: []*engine.Order{storagetest.Order("w", "NEW", "")}}); err != nil {
		t.Fatal(err)
	}
	db := raw(t, dir)
	for name, q := range sqlite.Queries() {
		plan := explain(t, db, q)
		page := strings.HasPrefix(name, "audit entries") && slices.Contains(plan, "SCAN page") // sorts what was limited before
		for _, step := range plan {
			whole := strings.HasPrefix(step, "SCAN ") && !strings.HasPrefix(step, "SCAN (subquery") && !slices.Contains(pages, step)
			sorts := strings.Contains(step, "TEMP B-TREE FOR ORDER BY") && !strings.HasPrefix(name, "states") &&
				name != "due" && name != "next due" && name != "audit prunable" && !page // a page a rank; what is limited before
			if whole || sorts || len(plan) == 0 {
				t.Errorf("%s: %q\n%s", name, step, strings.Join(plan, "\n"))
			}
		}
		if want := sqlite.AuditIndexes()[name]; !strings.Contains(strings.Join(plan, "\n"), want) {
			t.Errorf("%s is not answered by %s:\n%s", name, want, strings.Join(plan, "\n"))
		}
	}
}

// pages are what a query of several pages reads of each, and what steps before have limited.
var pages = []string{"SCAN page", "SCAN pages", "SCAN first", "SCAN firsts", "SCAN oldest", "SCAN several", "SCAN counted"}

// explain returns the steps by which SQLite would answer a query.
func explain(t *testing.T, db *sql.DB, q sqlite.Query) []string {
	t.Helper()
	rows, err := db.Query("EXPLAIN QUERY PLAN "+q.SQL, q.Args...)
	if err != nil {
		t.Fatalf("%s: %v", q.SQL, err)
	}
	defer func() {
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan
}

// TestReplacedEvent: SQLite can insert a row in place of another, which is no update to it.
func TestReplacedEvent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := open(t, dir, sqlite.Options{})
	if err := store.Commit(t.Context(), "o", &engine.Batch{Events: []engine.Event{storagetest.Event(1, "w", "NEW")}}); err != nil {
		t.Fatal(err)
	}
	_, err := raw(t, dir).Exec(`INSERT OR REPLACE INTO events SELECT * FROM events`)
	if err == nil || !strings.Contains(err.Error(), "events_follow") {
		t.Errorf("got %v, want refusal by events_follow", err)
	}
}
