package postgres_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"fettle/dispatch/engine"
	"fettle/internal/pgtest"
	"fettle/ledger"
	"fettle/org"
	"fettle/storage/postgres"
	"fettle/storage/storagetest"
)

// raw connects to a database as its owner, to go around the code that writes.
func raw(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) }) // the context has ended, and with it the connection
	return conn
}

func run(t *testing.T, conn *pgx.Conn, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := conn.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// migrated makes an empty database with the schema.
func migrated(t *testing.T) string {
	t.Helper()
	url := server.Database(t, "")
	if err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	return url
}

// TestSchema writes by SQL what the code never would.
func TestSchema(t *testing.T) {
	t.Parallel()
	template := migrated(t)
	storagetest.RunSchema(t, storagetest.Schema{
		Bytes: "decode(repeat('00', 32), 'hex')", OtherBytes: "decode(repeat('01', 32), 'hex')",
		Open: func(t *testing.T) func(string) error {
			t.Helper()
			conn := raw(t, server.Database(t, pgtest.Name(template)))
			return func(statement string) error {
				_, err := conn.Exec(t.Context(), statement)
				return err
			}
		},
	})
}

// TestRowLevelSecurity asks for the rows of all orgs in the role of the service.
func TestRowLevelSecurity(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	store := open(t, url, postgres.Options{})
	for _, o := range []org.ID{"org-NEW", "org-CANCELED"} {
		b := &engine.Batch{
			Orders: []*engine.Order{storagetest.Order("w", "NEW", "")}, Technicians: []*engine.Technician{storagetest.Technician("t")},
			Events: []engine.Event{storagetest.Event(1, "w", "NEW")}, Keys: []engine.IdempotencyRecord{storagetest.Key("k", storagetest.Event(1, "", "").Time)},
			DueSet: []engine.DueWork{{Kind: "k", Key: "1"}}, Audit: []ledger.Entry{storagetest.Entry("li", "1", 1)},
		}
		record := storagetest.Record("1", 1, ledger.Key{Name: "n", Value: "v"})
		if err := store.Apply(t.Context(), o, &ledger.Change{Records: []ledger.Record{record}}); err != nil {
			t.Fatal(err)
		}
		if err := store.Commit(t.Context(), o, b); err != nil {
			t.Fatal(err)
		}
		if err := store.SavePositions(t.Context(), o, []engine.Position{{Technician: "t"}}); err != nil {
			t.Fatal(err)
		}
	}
	conn := raw(t, url)
	tables := []string{
		"leads", "logs", "events", "work_orders", "technicians", "due_work", "idempotency_keys", "positions",
		"records", "record_keys", "audit_heads", "audit_links", "audit_entries",
	}
	count := func(table string) (n int) {
		if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, table := range tables {
		if n := count(table); n != 2 {
			t.Errorf("the administrator sees %d rows of %s, want 2", n, table)
		}
	}
	run(t, conn, "SET ROLE fettle_service")
	for _, table := range tables {
		if n := count(table); n != 0 {
			t.Errorf("without an org the service sees %d rows of %s", n, table)
		}
	}
	run(t, conn, "SET fettle.org = 'org-NEW'")
	for _, table := range tables {
		if n := count(table); n != 1 {
			t.Errorf("the service sees %d rows of %s, want those of its org", n, table)
		}
	}
	for _, s := range []string{
		`INSERT INTO technicians VALUES ('org-CANCELED', 'x', 1, 0, 0, '{}')`,
		`UPDATE technicians SET org = 'org-CANCELED'`,
		`UPDATE events SET actor = 'x'`, `UPDATE events SET reason = repeat('x', 999)`, `DELETE FROM events`, `TRUNCATE work_orders`, `DELETE FROM work_orders`,
		`UPDATE records SET org = 'org-CANCELED', version = 2`, `UPDATE audit_entries SET actor = 'x'`, `UPDATE audit_entries SET reason = ''`, `DELETE FROM audit_entries`,
		`UPDATE audit_links SET made_at = 1`, `DELETE FROM audit_heads`, `TRUNCATE audit_entries`,
		`SELECT * FROM events_other`, `ALTER TABLE work_orders DISABLE ROW LEVEL SECURITY`,
	} {
		if _, err := conn.Exec(t.Context(), s); err == nil {
			t.Errorf("%s: was done", s)
		}
	}
}

// TestPlans shows that no query of the hot paths reads a whole table.
func TestPlans(t *testing.T) {
	t.Parallel()
	conn := raw(t, migrated(t))
	run(
		t, conn, `SET session_replication_role = replica`, // no triggers: rows of no importance
		`INSERT INTO work_orders SELECT 'o', 'w' || n, 1, CASE n % 40 WHEN 0 THEN 'NEW' ELSE 'COMPLETED' END, 'NORMAL', 'u' || n % 5000,
CASE n % 40 WHEN 0 THEN NULL ELSE 't' || n % 500 END, 0, 0, 0, 0, 0, 0, '{}' FROM generate_series(1, 40000) AS n`,
		`INSERT INTO events SELECT 'o', n, 'x', n, '', 'w' || n % 9000, '', '', 'NEW', 1, '{}' FROM generate_series(1, 40000) AS n`,
		`INSERT INTO due_work (org, kind, key, due_at, payload) SELECT 'o', 'k', n, n * 1000, '' FROM generate_series(1, 20000) AS n`,
		`INSERT INTO due_outcomes SELECT 'o', 'k', n, n * 1000, 0, 'DONE', 1, '' FROM generate_series(1, 20000) AS n`,
		`INSERT INTO idempotency_keys SELECT 'o', n, '', decode(repeat('00', 32), 'hex'), '', n * 1000 FROM generate_series(1, 20000) AS n`,
		`INSERT INTO technicians SELECT 'o', 't' || n, 1, 0, 0, '{}' FROM generate_series(1, 5000) AS n`,
		`INSERT INTO records SELECT 'o', CASE n % 40 WHEN 0 THEN 'k' ELSE 'other' END, n, 1, '', 0, 0, '{}' FROM generate_series(1, 40000) AS n`,
		`INSERT INTO record_keys SELECT 'o', CASE n % 40 WHEN 0 THEN 'k' ELSE 'other' END, n, 'n', n % 4000, 0 FROM generate_series(1, 40000) AS n`,
		`INSERT INTO audit_links SELECT 'o', n, n, 1, sha256(''), sha256(''), sha256('') FROM generate_series(1, 40000) AS n`,
		`INSERT INTO audit_entries SELECT 'o', n, 0, n, 'a' || n % 300, 'm' || n % 40, 'k', 'i' || n % 5000, 'OK', '', '', '[]'
FROM generate_series(1, 40000) AS n`,
		`ANALYZE`, `SET ROLE fettle_service`, `SET fettle.org = 'o'`, `SET plan_cache_mode = force_generic_plan`,
	)
	for name, q := range postgres.Queries() {
		rows, err := conn.Query(t.Context(), "EXPLAIN "+q.SQL, q.Args...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		plan := strings.Join(lines, "\n")
		small := name == "positions" || name == "audit head" // a row a technician or an org
		_, page, _ := strings.Cut(plan, "Limit")             // what is sorted before is one page
		sorts := strings.HasPrefix(name, "audit entries") && strings.Contains(page, "Sort") && !strings.Contains(page, "Incremental Sort")
		if !small && (strings.Contains(strings.ReplaceAll(plan, "Seq Scan on pg_", ""), "Seq Scan on") || sorts) {
			t.Errorf("%s reads a whole table:\n%s", name, plan)
		}
		if want := postgres.AuditIndexes()[name]; !strings.Contains(plan, want) {
			t.Errorf("%s is not answered by %s:\n%s", name, want, plan)
		}
	}
}

// TestMonths shows that events lie in the partition of their month.
func TestMonths(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	store := open(t, url, postgres.Options{})
	var events []engine.Event
	for i := range 5 {
		e := storagetest.Event(int64(i+1), "w", "NEW")
		e.Time = e.Time.AddDate(0, i/2*9, 0)
		events = append(events, e)
	}
	if err := store.Commit(t.Context(), "o", &engine.Batch{Events: events}); err != nil {
		t.Fatal(err)
	}
	rows, err := raw(t, url).Query(t.Context(), `SELECT tableoid::regclass::text || ' ' || count(*) FROM events GROUP BY tableoid ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if want := "[events_2026_03 2 events_2026_12 2 events_2027_09 1]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
